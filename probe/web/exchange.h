/*
 * exchange - one request and its answer, on their way between the service thread and a worker.
 *
 * Ownership  Belongs to one thread at a time: the service thread fills in the request and queues
 *            it, a worker fills in the answer and hands it back. Of a long answer (`more`) it goes
 *            back and forth, one piece each time.
 */
#ifndef PROBE_WEB_EXCHANGE_H
#define PROBE_WEB_EXCHANGE_H

#include "probe/web/params.h"
#include "storage/pcap_export.h"

enum {
    EXCHANGE_PATH_MAX = 512,
    EXCHANGE_TAG_MAX = 48,
    EXCHANGE_NAME_MAX = 48,
    EXCHANGE_BODY_MAX = 16 << 20,
    EXCHANGE_PIECE_BYTES = 64 * 1024, /* of a download, in one go */
};

struct exchange {
    /* The request. */
    bool head_only;
    bool chunked;                 /* HTTP/1.1: the client knows how to read that */
    char path[EXCHANGE_PATH_MAX]; /* decoded, no NUL inside */
    struct params params;
    struct strbuf fragments;              /* what params point into */
    char if_none_match[EXCHANGE_TAG_MAX]; /* cut if longer: then it matches nothing */

    /* The answer. */
    int status;
    const char *content_type;
    struct strbuf body;                /* the whole, or one piece */
    char etag[EXCHANGE_TAG_MAX];       /* empty: Cache-Control: no-store */
    char file_name[EXCHANGE_NAME_MAX]; /* not empty: a download */
    struct pcap_export *pcap;
    bool streamed; /* of unknown length */
    bool more;     /* and there is another piece to come */
    bool broken;   /* the rest cannot be had: cut the connection, so that the client sees it */

    /* The service thread's own, but for `abandoned`, which goes with the queue. */
    void *connection; /* NULL: it has gone meanwhile */
    bool abandoned;   /* a worker has nothing to do but to free it */
    size_t sent;      /* of body */
    size_t held_bytes;
    bool head_sent;
    bool close_after;
};

struct exchange *exchange_new(void);
void exchange_free(struct exchange *x);

/* An error as docs/API.md has it; replaces whatever the answer was. */
void exchange_fail(struct exchange *x, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
