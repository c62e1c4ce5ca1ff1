/*
 * exchange - one request and its answer, on their way between the service thread and a worker.
 *
 * Ownership  Belongs to one thread at a time: the service thread fills in the request and queues
 *            it, a worker fills in the answer and hands it back. Of a long answer (`more`) it goes
 *            back and forth, one piece each time.
 */
#ifndef PROBE_WEB_EXCHANGE_H
#define PROBE_WEB_EXCHANGE_H

#include "probe/access/identity.h"
#include "probe/web/params.h"
#include "storage/export/export.h"

#include <stdatomic.h>

enum {
    EXCHANGE_PATH_MAX = 512,
    EXCHANGE_TAG_MAX = 48,
    EXCHANGE_NAME_MAX = EXPORT_NAME_MAX,
    EXCHANGE_BODY_MAX = 16 << 20,
    EXCHANGE_RANGE_MAX = 64,
    EXCHANGE_PIECE_BYTES = 64 * 1024, /* of a download, in one go */
    EXCHANGE_ASKED_MAX = 16 * 1024,   /* of the body of a request */
    EXCHANGE_ALLOW_MAX = 32,
    EXCHANGE_COOKIE_MAX = 192,
    EXCHANGE_CREDENTIAL_MAX = 128, /* a session or a token: longer is none of ours */
};

enum exchange_method { EXCHANGE_GET, EXCHANGE_POST, EXCHANGE_DELETE };

struct exchange {
    /* The request. */
    uint8_t method; /* enum exchange_method */
    bool is_seed;   /* of no client: what a live feed begins with, see live_state.h */
    bool is_look;   /* of no client: has another process changed who may? */
    bool head_only;
    bool chunked;                 /* HTTP/1.1: the client knows how to read that */
    char path[EXCHANGE_PATH_MAX]; /* decoded, no NUL inside */
    struct params params;
    struct strbuf fragments;              /* what params point into */
    char if_none_match[EXCHANGE_TAG_MAX]; /* empty if longer: then it matches nothing */
    char range[EXCHANGE_RANGE_MAX];       /* empty: none, or longer than one range can be */
    char if_range[EXCHANGE_TAG_MAX];
    struct addr peer;
    bool over_tls;
    bool wants_openmetrics;
    size_t route;        /* what /metrics counts it under, see tally.h; filled in by the worker */
    struct strbuf asked; /* the body of the request */
    char session[EXCHANGE_CREDENTIAL_MAX]; /* of its cookie; empty: none */
    char token[EXCHANGE_CREDENTIAL_MAX];   /* of Authorization: Bearer; empty: none */
    struct identity who; /* filled in by the worker, from one of them, before its handler runs */

    /* The answer. */
    char allow[EXCHANGE_ALLOW_MAX]; /* of 405 */
    int status;
    const char *content_type;
    struct strbuf body;                /* the whole, or one piece */
    char etag[EXCHANGE_TAG_MAX];       /* empty: Cache-Control: no-store */
    char file_name[EXCHANGE_NAME_MAX]; /* not empty: a download */
    bool inlined;                      /* … that a page may show, or play */
    bool private;                      /* never to be kept, though it has a tag */
    bool ranges;                       /* its parts can be asked for */
    char content_range[EXCHANGE_RANGE_MAX];
    char set_cookie[EXCHANGE_COOKIE_MAX]; /* empty: none */
    unsigned retry_after_s;               /* of 429 */
    struct export *export;                /* NULL: none; the body comes from it piece by piece */
    atomic_uint *exports; /* where it counts as one of those that run; NULL: nowhere */
    int file;             /* −1: none; the body comes from it piece by piece, `length` bytes */
    uint64_t file_at;     /* of the next piece */
    uint64_t file_left;   /* behind the piece at hand */
    uint64_t length;      /* of what is sent of it in all */
    bool streamed;        /* of unknown length */
    bool more;            /* and there is another piece to come */
    bool broken; /* the rest cannot be had: cut the connection, so that the client sees it */

    /* The service thread's own, but for `abandoned`, which goes with the queue. */
    void *connection; /* NULL: it has gone meanwhile */
    atomic_bool gone; /* the same, for the worker that has it */
    bool abandoned;   /* a worker has nothing to do but to free it */
    size_t sent;      /* of body */
    size_t held_bytes;
    bool head_sent;
    bool close_after;
};

struct exchange *exchange_new(void);
void exchange_free(struct exchange *x);

/* The rest of the answer comes from the descriptor, which it owns from now on. */
void exchange_send_file(struct exchange *x, int fd, uint64_t at, uint64_t length);

/* The next piece of export or file into the body, on a worker. */
void exchange_read_piece(struct exchange *x);

/* An error as problem details (RFC 9457); replaces whatever the answer was. */
void exchange_fail(struct exchange *x, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* 400: the parameter that holds a filter is none, with the column and the length of the word at fault
 * beside the detail. */
void exchange_fail_filter(struct exchange *x, const char *parameter,
                          const struct filter_error *error);

#endif
