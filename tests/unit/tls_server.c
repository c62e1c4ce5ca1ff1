#include "tests/unit/tls_server.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { DAY_S = 86400, PATIENCE_S = 5 };

struct tls_server {
    pthread_t thread;
    pthread_mutex_t mutex;
    SSL_CTX *ctx;
    int fd;
    uint16_t port;
    atomic_bool stopping;
    char name[256];
    unsigned handshakes;
    size_t bytes;
};

static X509 *make_certificate(EVP_PKEY *key, const struct tls_server_options *o)
{
    X509 *x = X509_new();
    X509_NAME *subject = X509_get_subject_name(x);
    char alt[300];
    X509_EXTENSION *names;

    snprintf(alt, sizeof alt, "DNS:%s", o->name);
    names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alt);
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    X509_time_adj_ex(X509_getm_notBefore(x), (int)o->from_days, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(x), (int)o->to_days, 0, NULL);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)o->name, -1, -1,
                               0);
    X509_set_issuer_name(x, subject);
    X509_add_ext(x, names, -1);
    X509_EXTENSION_free(names);
    X509_set_pubkey(x, key);
    X509_sign(x, key, EVP_sha256());
    return x;
}

static bool make_context(struct tls_server *s, const struct tls_server_options *o)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = make_certificate(key, o);
    bool ok;

    s->ctx = SSL_CTX_new(TLS_server_method());
    ok = s->ctx && SSL_CTX_use_certificate(s->ctx, x) == 1 &&
         SSL_CTX_use_PrivateKey(s->ctx, key) == 1;
    if (ok && o->old_version)
        SSL_CTX_set_max_proto_version(s->ctx, TLS1_2_VERSION);
    if (ok && o->wants_certificate)
        SSL_CTX_set_verify(s->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_free(x);
    EVP_PKEY_free(key);
    return ok;
}

static void serve(struct tls_server *s, int fd)
{
    SSL *ssl = SSL_new(s->ctx);
    const struct timeval patience = { PATIENCE_S, 0 };
    const char *name;
    char ignored[256];
    int n;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        pthread_mutex_lock(&s->mutex);
        s->handshakes++;
        snprintf(s->name, sizeof s->name, "%s", name ? name : "");
        pthread_mutex_unlock(&s->mutex);
        while ((n = SSL_read(ssl, ignored, sizeof ignored)) > 0) {
            pthread_mutex_lock(&s->mutex);
            s->bytes += (size_t)n;
            pthread_mutex_unlock(&s->mutex);
        }
    }
    SSL_free(ssl);
    ERR_clear_error();
    close(fd);
}

static void *run(void *ctx)
{
    struct tls_server *s = ctx;

    while (!atomic_load(&s->stopping)) {
        int fd = accept(s->fd, NULL, NULL);

        if (fd >= 0)
            serve(s, fd);
    }
    return NULL;
}

struct tls_server *tls_server_start(const struct tls_server_options *options)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct tls_server *s = calloc(1, sizeof *s);
    socklen_t len = sizeof at;

    signal(SIGPIPE, SIG_IGN);
    pthread_mutex_init(&s->mutex, NULL);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!make_context(s, options) || s->fd < 0 ||
        bind(s->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(s->fd, 16) != 0 ||
        getsockname(s->fd, (struct sockaddr *)&at, &len) != 0 ||
        pthread_create(&s->thread, NULL, run, s) != 0)
        abort();
    s->port = ntohs(at.sin_port);
    return s;
}

void tls_server_stop(struct tls_server *s)
{
    atomic_store(&s->stopping, true);
    shutdown(s->fd, SHUT_RDWR); /* wakes accept */
    pthread_join(s->thread, NULL);
    close(s->fd);
    SSL_CTX_free(s->ctx);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

uint16_t tls_server_port(const struct tls_server *s)
{
    return s->port;
}

void tls_server_read(struct tls_server *s, char name[256], unsigned *handshakes, size_t *bytes)
{
    pthread_mutex_lock(&s->mutex);
    snprintf(name, 256, "%s", s->name);
    *handshakes = s->handshakes;
    *bytes = s->bytes;
    pthread_mutex_unlock(&s->mutex);
}
