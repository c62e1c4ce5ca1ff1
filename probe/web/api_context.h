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
    struct query *query;     /* NULL: not open */
    struct store_size *size; /* NULL: nobody asked yet */
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

/* Each in the file of its name. */
api_handler api_call_get, api_call_get_messages, api_stats_get, api_store_get, api_trunks_get;
api_handler api_search_get_calls, api_search_get_fields;
api_handler api_lists_get_alerts, api_lists_get_certificates;
api_handler api_lists_get_registrations, api_lists_get_peers, api_lists_get_security;
api_handler api_lists_get_transactions, api_lists_get_deviations;

#endif
