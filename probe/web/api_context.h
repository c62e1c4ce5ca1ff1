/*
 * api_context - a request on its way through a handler, and what all handlers of the API share.
 *
 * A handler fills in the answer of c->x: JSON through c->json, then api_finish_json; or a failure.
 *
 * Thread  A worker's.
 */
#ifndef PROBE_WEB_API_CONTEXT_H
#define PROBE_WEB_API_CONTEXT_H

#include "probe/web/api.h"
#include "probe/web/api_media.h"

struct api {
    struct api_options options;
    struct query *query; /* NULL: not open */
};

struct api_context {
    struct api *api;
    struct exchange *x;
    struct jsonw json;
    struct asked asked;
    uint64_t id; /* of the path */
    struct api_media_call media;

    const struct record_type *listed; /* its first field is the id */
    size_t rows;
    uint64_t last_id;
    bool more_rows;
    bool cut;
};

typedef void api_handler(struct api_context *c);

/* What went wrong, for a person. */
void api_fail_store(struct api_context *c, int err);
void api_fail_no_call(struct api_context *c);

/* The JSON is whole. */
void api_finish_json(struct api_context *c);

void api_write_id(struct jsonw *j, uint64_t id); /* 0: null */
void api_write_key_text(struct jsonw *j, const char *key, struct slice text);
void api_write_key_time(struct jsonw *j, const char *key, int64_t time); /* RECORD_NONE: null */

api_handler api_get_calls, api_get_alerts, api_get_certificates;    /* api_lists.c */
api_handler api_get_registrations, api_get_peers, api_get_security; /* api_lists.c */
api_handler api_get_transactions, api_get_deviations;               /* api_lists.c */
api_handler api_get_call, api_get_messages;                         /* api_call.c */
api_handler api_get_trunks;                                         /* api_trunks.c */
api_handler api_get_stats;                                          /* api_stats.c */

#endif
