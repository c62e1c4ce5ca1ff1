#include "probe/watch/tls_look.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    SLICE_MS = 100,
    DER_MAX_BYTES = 64 * 1024,
    SERVER_NAME_ROOM = 256
}; /* how often it is asked whether to stop */

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool fail(struct tls_look *out, const char *what, const char *why)
{
    snprintf(out->error, sizeof out->error, "%s%s%s", what, why ? ": " : "", why ? why : "");
    return false;
}

/* Until the descriptor is ready: false when time is up, or somebody wants us to stop. */
static bool wait_for(struct tls_look *out, int fd, short events, int64_t deadline_ms,
                     const struct tls_look_options *o)
{
    struct pollfd p = { .fd = fd, .events = events };

    for (;;) {
        int n;

        if (o->stopping && atomic_load(o->stopping))
            return fail(out, "broken off", NULL);
        if (now_ms() >= deadline_ms)
            return fail(out, "no answer in time", NULL);
        n = poll(&p, 1, SLICE_MS);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return fail(out, "poll", strerror(errno));
    }
}

/* ---- TCP ---- */

static socklen_t fill_in(const struct addr *a, struct sockaddr_storage *to)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(a->port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };

    if (addr_is_v4(a)) {
        memcpy(&v4.sin_addr, a->ip + 12, 4);
        memcpy(to, &v4, sizeof v4);
        return sizeof v4;
    }
    memcpy(&v6.sin6_addr, a->ip, 16);
    memcpy(to, &v6, sizeof v6);
    return sizeof v6;
}

/* A connected socket that does not block, or −1. */
static int connect_to(struct tls_look *out, const struct tls_look_options *o, int64_t deadline_ms)
{
    struct sockaddr_storage to = { .ss_family = AF_UNSPEC };
    socklen_t len = fill_in(&o->server, &to), err_len = sizeof(int);
    int err = 0, fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        fail(out, "socket", strerror(errno));
        return -1;
    }
    if (connect(fd, (struct sockaddr *)&to, len) != 0) {
        if (errno != EINPROGRESS) {
            fail(out, "connect", strerror(errno));
            goto close_socket;
        }
        if (!wait_for(out, fd, POLLOUT, deadline_ms, o))
            goto close_socket;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &err_len) != 0 || err) {
            fail(out, "connect", strerror(err));
            goto close_socket;
        }
    }
    return fd;

close_socket:
    close(fd);
    return -1;
}

/* ---- TLS ---- */

static SSL *new_session(const struct tls_look_options *o, SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);
    char name[SERVER_NAME_ROOM]; /* the macro below casts a const away */

    if (!ssl)
        return NULL;
    snprintf(name, sizeof name, "%s", o->server_name ? o->server_name : "");
    if (SSL_set_fd(ssl, fd) != 1 || (o->server_name && SSL_set_tlsext_host_name(ssl, name) != 1)) {
        SSL_free(ssl);
        return NULL;
    }
    return ssl;
}

static SSL_CTX *new_context(void)
{
    SSL_CTX *ctx;

    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx)
        return NULL;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0") != 1) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

/* What OpenSSL complained of first, in its words. */
static bool fail_tls(struct tls_look *out, int err)
{
    unsigned long code = ERR_get_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    if (!reason)
        reason = err == SSL_ERROR_SYSCALL && errno ? strerror(errno) : "the other side hung up";
    return fail(out, "no TLS handshake", reason);
}

static bool shake_hands(struct tls_look *out, SSL *ssl, int fd, int64_t deadline_ms,
                        const struct tls_look_options *o)
{
    for (;;) {
        int done, err;

        ERR_clear_error();
        errno = 0;
        done = SSL_connect(ssl);
        if (done == 1)
            return true;
        err = SSL_get_error(ssl, done);
        if (err != SSL_ERROR_WANT_READ && err != SSL_ERROR_WANT_WRITE)
            return fail_tls(out, err);
        if (!wait_for(out, fd, err == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline_ms, o))
            return false;
    }
}

/* Seen even where the handshake failed later: for want of a certificate of ours, say. */
static bool take_certificate(struct tls_look *out, const SSL *ssl)
{
    X509 *leaf = SSL_get1_peer_certificate(ssl);
    int len;

    if (!leaf)
        return false;
    len = i2d_X509(leaf, &out->der);
    X509_free(leaf);
    if (len <= 0 || len > DER_MAX_BYTES)
        return fail(out, "a certificate that cannot be read", NULL);
    out->der_len = (size_t)len;
    out->chain_length = sk_X509_num(SSL_get_peer_cert_chain(ssl));
    out->version = (uint16_t)SSL_version(ssl);
    out->error[0] = '\0';
    return true;
}

bool tls_look(struct tls_look *out, const struct tls_look_options *o)
{
    int64_t deadline_ms = now_ms() + o->timeout_ms;
    SSL_CTX *ctx = NULL;
    SSL *ssl = NULL;
    bool seen = false;
    int fd;

    *out = (struct tls_look){ .der = NULL };
    fd = connect_to(out, o, deadline_ms);
    if (fd < 0)
        return false;
    ctx = new_context();
    ssl = ctx ? new_session(o, ctx, fd) : NULL;
    if (!ssl) {
        fail(out, "out of memory", NULL);
        goto close;
    }
    if (shake_hands(out, ssl, fd, deadline_ms, o))
        fail(out, "it showed no certificate", NULL);
    seen = take_certificate(out, ssl);
    if (SSL_is_init_finished(ssl))
        SSL_shutdown(ssl); /* says goodbye, waits for none */
close:
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    ERR_clear_error();
    return seen;
}

void tls_look_fini(struct tls_look *look)
{
    OPENSSL_free(look->der);
    look->der = NULL;
    look->der_len = 0;
}
