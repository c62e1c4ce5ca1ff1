#include "probe/web/tls.h"

#include "analyzer/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    FILE_BYTES_MAX = 256 * 1024, /* a chain of three is 6 KiB */
    CHAIN_MAX = 16,
};

/* What tells that a file is another now. */
struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
};

struct stamps {
    struct stamp certificate, key;
};

struct pair {
    X509 *certificate;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
    int64_t not_before_s, not_after_s;
};

struct tls {
    const char *certificate, *key;
    struct pair pair;
    struct stamps read, seen; /* when they were read; when they were looked at last */
    bool is_warned;           /* of the key's permissions */
    pthread_mutex_t lock;     /* of what follows */
    struct tls_state state;
};

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm tm = { 0 };

    return ASN1_TIME_to_tm(time, &tm) ? (int64_t)timegm(&tm) : 0;
}

static void free_pair(struct pair *p)
{
    X509_free(p->certificate);
    sk_X509_pop_free(p->chain, X509_free);
    EVP_PKEY_free(p->key);
    *p = (struct pair){ 0 };
}

/* ---- files ---- */

static bool say(char why[TLS_TEXT_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool say(char why[TLS_TEXT_MAX], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, TLS_TEXT_MAX, format, args);
    va_end(args);
    ERR_clear_error();
    return false;
}

static void take_stamp(const char *path, struct stamp *out)
{
    struct stat st;

    memset(out, 0, sizeof *out);
    if (stat(path, &st) != 0)
        return;
    out->device = st.st_dev;
    out->inode = st.st_ino;
    out->size = st.st_size;
    out->modified = st.st_mtim;
}

static void take_stamps(const struct tls *t, struct stamps *out)
{
    memset(out, 0, sizeof *out); /* compared byte by byte */
    take_stamp(t->certificate, &out->certificate);
    take_stamp(t->key, &out->key);
}

/* The file in memory, so that it cannot change under the parser; NULL: `why` says so. */
static BIO *read_file(const char *path, struct stat *st, char why[TLS_TEXT_MAX])
{
    /* Not to hang on a FIFO that somebody put there. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char bytes[4096];
    ssize_t n = -1;
    BIO *bio = NULL;

    if (fd < 0 || fstat(fd, st) != 0) {
        say(why, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(st->st_mode) || st->st_size > FILE_BYTES_MAX) {
        say(why, "%s: no file of PEM text", path);
    } else {
        bio = BIO_new(BIO_s_mem());
        for (size_t all = 0; bio && all <= FILE_BYTES_MAX; all += (size_t)n) {
            n = read(fd, bytes, sizeof bytes);
            if (n <= 0 || BIO_write(bio, bytes, (int)n) != n)
                break;
        }
        OPENSSL_cleanse(bytes, sizeof bytes);
        if (n != 0) {
            say(why, "%s: cannot be read", path);
            BIO_free(bio);
            bio = NULL;
        }
    }
    if (fd >= 0)
        close(fd);
    return bio;
}

static bool read_certificates(const char *path, struct pair *p, char why[TLS_TEXT_MAX])
{
    struct stat st;
    BIO *bio = read_file(path, &st, why);
    X509 *next;
    bool ok;

    if (!bio)
        return false;
    p->certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    p->chain = sk_X509_new_null();
    ok = p->certificate && p->chain;
    while (ok && (next = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        ok = sk_X509_num(p->chain) < CHAIN_MAX && sk_X509_push(p->chain, next) > 0;
        if (!ok)
            X509_free(next);
    }
    ERR_clear_error(); /* behind the last one there is none: no fault */
    BIO_free(bio);
    if (!ok)
        return say(why, "%s: holds no certificate in PEM, or more than %d", path, CHAIN_MAX);
    p->not_before_s = seconds_of(X509_get0_notBefore(p->certificate));
    p->not_after_s = seconds_of(X509_get0_notAfter(p->certificate));
    return true;
}

/* A server has nobody to ask. */
static int no_password(char *out, int room, int is_writing, void *ctx)
{
    (void)out;
    (void)room;
    (void)is_writing;
    (void)ctx;
    return -1;
}

static bool read_key(struct tls *t, struct pair *p, char why[TLS_TEXT_MAX])
{
    struct stat st;
    BIO *bio = read_file(t->key, &st, why);

    if (!bio)
        return false;
    p->key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    if (!p->key)
        return say(why, "%s: holds no private key in PEM, or one with a password", t->key);
    if (X509_check_private_key(p->certificate, p->key) != 1)
        return say(why, "%s: the key is of another certificate than %s", t->key, t->certificate);
    if ((st.st_mode & (S_IROTH | S_IWOTH)) && !t->is_warned) {
        log_warn("web: %s: everybody on this machine can read the private key: chmod o-rwx",
                 t->key);
        t->is_warned = true;
    }
    return true;
}

/* Whether OpenSSL would use it at all: it thinks little of short keys and of SHA-1. */
static bool is_usable(const struct tls *t, const struct pair *p, char why[TLS_TEXT_MAX])
{
    SSL_CTX *trial = SSL_CTX_new(TLS_server_method());
    bool ok = trial && SSL_CTX_use_cert_and_key(trial, p->certificate, p->key, p->chain, 1) == 1;

    if (!ok) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());

        say(why, "%s: OpenSSL will not use it: %s", t->certificate, reason ? reason : "no reason");
    }
    SSL_CTX_free(trial);
    return ok;
}

static bool read_pair(struct tls *t, struct pair *p, char why[TLS_TEXT_MAX])
{
    if (read_certificates(t->certificate, p, why) && read_key(t, p, why) && is_usable(t, p, why))
        return true;
    free_pair(p);
    return false;
}

/* ---- in use ---- */

static void set_state(struct tls *t, const char *trouble)
{
    pthread_mutex_lock(&t->lock);
    t->state.not_before_s = t->pair.not_before_s;
    t->state.not_after_s = t->pair.not_after_s;
    snprintf(t->state.trouble, sizeof t->state.trouble, "%s", trouble);
    pthread_mutex_unlock(&t->lock);
}

int tls_open(struct tls **tp, const char *certificate, const char *key, char why[TLS_TEXT_MAX])
{
    struct tls *t = calloc(1, sizeof *t);

    if (!t)
        return -ENOMEM;
    t->certificate = certificate;
    t->key = key ? key : certificate;
    take_stamps(t, &t->read);
    t->seen = t->read;
    if (pthread_mutex_init(&t->lock, NULL) != 0) {
        free(t);
        return -ENOMEM;
    }
    if (!read_pair(t, &t->pair, why)) {
        pthread_mutex_destroy(&t->lock);
        free(t);
        return -EINVAL;
    }
    if (t->pair.not_after_s < (int64_t)time(NULL))
        log_warn("web: %s: the certificate has expired: browsers will refuse it", certificate);
    set_state(t, "");
    *tp = t;
    return 0;
}

void tls_close(struct tls *t)
{
    if (!t)
        return;
    free_pair(&t->pair);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* With each handshake: so a connection keeps the pair that it began with. */
static int on_handshake(SSL *ssl, void *ctx)
{
    const struct tls *t = ctx;

    SSL_certs_clear(ssl);
    return SSL_use_cert_and_key(ssl, t->pair.certificate, t->pair.key, t->pair.chain, 1) == 1;
}

void tls_prepare(struct tls *t, void *ssl_ctx)
{
    SSL_CTX *ctx = ssl_ctx;

    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20"); /* of TLS 1.2 */
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_NO_COMPRESSION | SSL_OP_PRIORITIZE_CHACHA);
    /* A connection that is idle gives its 32 KiB of buffers back; who comes back brings a ticket, so
     * nothing is kept of those that have gone. */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_cert_cb(ctx, on_handshake, t);
}

static void read_anew(struct tls *t, const struct stamps *now)
{
    char why[TLS_TEXT_MAX];
    struct pair fresh = { 0 };

    t->read = *now;
    if (!read_pair(t, &fresh, why)) {
        log_error("web: the certificate is not read anew, the old one stays in use: %s", why);
        set_state(t, why);
        return;
    }
    free_pair(&t->pair);
    t->pair = fresh;
    set_state(t, "");
    log_info("web: %s: read anew", t->certificate);
}

void tls_refresh(struct tls *t, bool now)
{
    struct stamps stamps;
    bool is_still;

    take_stamps(t, &stamps);
    /* Two files are not written at once: they are read when they have stood still between two looks. */
    is_still = memcmp(&stamps, &t->seen, sizeof stamps) == 0;
    t->seen = stamps;
    if (now || (is_still && memcmp(&stamps, &t->read, sizeof stamps) != 0))
        read_anew(t, &stamps);
}

void tls_read_state(struct tls *t, struct tls_state *out)
{
    pthread_mutex_lock(&t->lock);
    *out = t->state;
    pthread_mutex_unlock(&t->lock);
}
