/*
 * api_context - a request on its way through a handler, and what all handlers of the API share.
 *
 * A handler fills in the answer of c->x: JSON through c->json, then api_finish_json; or a failure.
 *
 * Thread  A worker's.
 */
#ifndef PROBE_WEB_API_CONTEXT_H
#define PROBE_WEB_API_CONTEXT_H

#include "analyzer/privacy/privacy_record.h"
#include "probe/web/api.h"
#include "probe/web/api_media.h"
#include "probe/web/tally.h"
#include "probe/web/tls.h"

struct api {
    struct api_options options;
    struct query *query;     /* NULL: not open */
    struct store_size *size; /* NULL: nobody asked yet */
    struct privacy view;     /* of who is not to see numbers and names, see api_view.h */
    struct privacy_scratch scratch;
};

struct api_context {
    struct api *api;
    struct exchange *x;
    struct jsonw json;
    struct asked asked;
    uint64_t id;       /* of the path */
    int64_t number;    /* likewise: of a silence, a delivery */
    struct slice name; /* likewise: of a rule, a receiver */
    struct api_media_call media;
    char subject[72];   /* for the audit trail: the name in the body of a change or a login, */
    struct strbuf told; /* and what else may be told of it; see api_trail.h */

    const struct record_type *listed; /* its first field is the id */
    size_t rows;
    uint64_t last_id;
    bool more_rows;
    bool cut;
};

typedef void api_handler(struct api_context *c);

/* What went wrong, for a person. */
void api_fail_store(struct api_context *c, int err);
/* For who goes on without it: 0 when it is open, or −errno. */
int api_try_store(struct api_context *c);
void api_fail_no_call(struct api_context *c);

void api_fail_state(struct api_context *c, int err);
/* False, and a failure: acknowledgements, silences and deliveries are another process's. */
bool api_has_state(struct api_context *c);

/* The JSON is whole. */
void api_finish_json(struct api_context *c);

/* Something was done: tells who listens, and the notifier. what: "ack" "silences" "deliveries";
 * alert: 0: of none. */
void api_tell_handled(struct api_context *c, const char *what, uint64_t alert);
int64_t api_now_ms(void);

void api_write_id(struct jsonw *j, uint64_t id); /* 0: null */
void api_write_key_text(struct jsonw *j, const char *key, struct slice text);
void api_write_key_time(struct jsonw *j, const char *key, int64_t time);  /* RECORD_NONE: null */
void api_write_key_ms(struct jsonw *j, const char *key, int64_t time_ms); /* 0: null */
void api_write_key_int(struct jsonw *j, const char *key, int64_t value);  /* RECORD_NONE: null */
/* Some fields of a record, by name. */
void api_call_write_fields(struct jsonw *j, const struct record_type *type, const void *record,
                           const char *const *names, size_t count);
struct outbox_row;
void api_deliveries_write_one(struct jsonw *j, const struct outbox_row *row);

/* What is asked for as one filter, in the words of the store; false: the answer says what is wrong. */
bool api_search_read_filter(struct api_context *c, struct filter **out);

struct body;
struct body_field;
/* The body of the request; false: the answer says what is wrong with it. body_fini either way. */
bool api_read_body(struct api_context *c, struct body *body, const struct body_field *fields,
                   size_t count);

/* Each in the file of its name. */
api_handler api_session_get, api_session_login, api_session_logout, api_session_setup,
    api_session_password, api_session_live_ticket;
api_handler api_users_get, api_users_add, api_users_change, api_users_remove;
api_handler api_tokens_get, api_tokens_add, api_tokens_end;
api_handler api_call_get, api_call_get_messages, api_stats_get, api_store_get, api_trunks_get;
api_handler api_search_get_calls, api_search_get_fields, api_facets_get;
api_handler api_get_packets, api_get_export, api_get_sound, api_get_peaks;
/* The alerts that are not over, as lines. */
api_handler api_alerts_write_open;
api_handler api_alerts_get_list, api_alerts_get_one, api_alerts_ack, api_alerts_unack;
api_handler api_silences_get, api_silences_add, api_silences_end;
api_handler api_deliveries_get, api_deliveries_replay, api_deliveries_replay_all;
api_handler api_deliveries_get_receivers, api_deliveries_test_receiver, api_rules_get,
    api_rules_test;
api_handler api_registrations_get_now, api_health_of_trunks_get, api_security_get_sources;
api_handler api_overview_get, api_openapi_get, api_audit_get;
api_handler api_certificates_get, api_transactions_get, api_probe_get;
api_handler api_lists_get_registrations, api_lists_get_peers, api_lists_get_security;
api_handler api_lists_get_deviations;

api_handler api_metrics_get, api_health_get, api_health_get_ready;

#endif
