/*
 * server - the web process: HTTP API, live feed and static files, as docs/API.md says.
 *
 * Ownership  web_server_open/close. Borrows the strings of its options until close.
 * Thread     Everything happens in web_server_run, on the caller's thread, and on the workers that
 *            it owns. web_server_stop may be called from any thread and from a signal handler.
 * Errors     −EINVAL: `listen` is no address and port; −EADDRINUSE, −EACCES, −EADDRNOTAVAIL as
 *            bind() has them. libwebsockets ignores SIGPIPE for the whole process.
 */
#ifndef PROBE_WEB_SERVER_H
#define PROBE_WEB_SERVER_H

struct web_server;

struct web_options {
    const char *store_dir;
    const char *web_root; /* NULL: the API alone */
    const char *listen;   /* "127.0.0.1:8080", "[::1]:0"; port 0: any free one */
    const char *const
        *host_names; /* NULL-terminated: also right in Host, behind a proxy; or NULL */
};

/* Listens from here on. */
int web_server_open(struct web_server **sp, const struct web_options *options);
void web_server_close(struct web_server *s);

/* "127.0.0.1:8080", with the real port. */
const char *web_server_address(const struct web_server *s);

/* Serves until web_server_stop; 0 or −errno. */
int web_server_run(struct web_server *s);
void web_server_stop(struct web_server *s);

#endif
