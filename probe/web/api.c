#include "probe/web/api.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "probe/web/api_context.h"
#include "probe/web/files.h"
#include "storage/upkeep/store_size.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int api_open(struct api **ap, const struct api_options *options)
{
    struct api *a = calloc(1, sizeof *a);

    if (!a)
        return -ENOMEM;
    a->options = *options;
    *ap = a;
    return 0;
}

void api_close(struct api *a)
{
    if (!a)
        return;
    query_close(a->query);
    if (a->size)
        store_size_fini(a->size);
    free(a->size);
    free(a);
}
/* ---- what went wrong, for a person ---- */

void api_fail_store(struct api_context *c, int err)
{
    char why[128];

    /* A store that has failed is opened anew by the next request. */
    query_close(c->api->query);
    c->api->query = NULL;
    if (err == -EPROTO) {
        exchange_fail(c->x, 500, "the store was made by a newer version of Earshot than this one");
        return;
    }
    if (strerror_r(-err, why, sizeof why) != 0)
        snprintf(why, sizeof why, "error %d", -err);
    log_warn("web: store not readable, %s", why);
    exchange_fail(c->x, 503, "the store cannot be read: %s", why);
}

static bool open_store(struct api_context *c)
{
    int err;

    if (c->api->query)
        return true;
    err = query_open(&c->api->query, c->api->options.store_dir);
    if (err)
        api_fail_store(c, err);
    return err == 0;
}

void api_fail_no_call(struct api_context *c)
{
    exchange_fail(c->x, 404, "no call %016" PRIx64, c->id);
}

void api_finish_json(struct api_context *c)
{
    c->x->status = 200;
    if (c->x->body.failed)
        exchange_fail(c->x, 500, "the answer is over %d MiB: ask for less, with limit",
                      EXCHANGE_BODY_MAX >> 20);
}

void api_write_id(struct jsonw *j, uint64_t id)
{
    char text[RECORD_ID_TEXT_LEN + 1];

    if (id == 0) {
        jsonw_null(j);
        return;
    }
    snprintf(text, sizeof text, "%016" PRIx64, id);
    jsonw_text(j, slice_of_text(text));
}

void api_write_key_text(struct jsonw *j, const char *key, struct slice text)
{
    jsonw_key(j, key);
    jsonw_text(j, text);
}

void api_write_key_time(struct jsonw *j, const char *key, int64_t time)
{
    jsonw_key(j, key);
    if (time == RECORD_NONE)
        jsonw_null(j);
    else
        jsonw_time(j, time);
}

/* ---- its packets and its sound ---- */

static void get_packets(struct api_context *c)
{
    int err = api_media_packets(&c->api->options, c->api->query, c->id, &c->asked, c->x);

    if (err)
        api_fail_store(c, err);
}

static void get_export(struct api_context *c)
{
    int err = api_media_export(&c->api->options, &c->asked, c->x);

    if (err)
        api_fail_store(c, err);
}

static bool on_call_of_sound(void *ctx, const void *record)
{
    static const struct slice over[] = { SLICE_INIT("completed"), SLICE_INIT("cancelled"),
                                         SLICE_INIT("failed"), SLICE_INIT("abandoned"),
                                         SLICE_INIT("interrupted") };
    const struct call_record *call = record;
    struct api_context *c = ctx;
    struct api_media_call *m = &c->media;

    m->id = call->id;
    m->call_id_len = call->call_id.len < sizeof m->call_id ? call->call_id.len : sizeof m->call_id;
    if (m->call_id_len)
        memcpy(m->call_id, call->call_id.p, m->call_id_len);
    for (size_t i = 0; i < sizeof over / sizeof *over; i++)
        m->is_over = m->is_over || slice_eq(call->state, over[i]);
    return false;
}

/* The call, before its sound is made: false when there is none, or nobody may hear it. */
static bool find_sound(struct api_context *c)
{
    int err;

    if (api_media_refuse_sound(&c->api->options, c->x))
        return false;
    err = query_call(c->api->query, c->id, on_call_of_sound, c);
    if (err && err != -ENOENT)
        api_fail_store(c, err);
    else if (c->media.id == 0)
        api_fail_no_call(c);
    return c->media.id != 0;
}

static void get_sound(struct api_context *c)
{
    if (find_sound(c))
        api_media_sound(&c->api->options, &c->media, &c->asked, c->x);
}

static void get_peaks(struct api_context *c)
{
    if (find_sound(c))
        api_media_peaks(&c->api->options, &c->media, &c->asked, c->x);
}

/* ---- routes ---- */

/* A '*' part is the id of a call. */
static const struct {
    const char *path;
    unsigned params; /* enum params_set */
    api_handler *get;
} routes[] = {
    { "/api/v1/calls", PARAMS_SEARCH, api_search_get_calls },
    { "/api/v1/calls/*", PARAMS_NONE, api_call_get },
    { "/api/v1/calls/*/messages", PARAMS_LEGS, api_call_get_messages },
    { "/api/v1/calls/*/pcap", PARAMS_PACKETS, get_packets },
    { "/api/v1/calls/*/audio", PARAMS_SOUND, get_sound },
    { "/api/v1/calls/*/audio/peaks", PARAMS_PEAKS, get_peaks },
    { "/api/v1/export", PARAMS_EXPORT, get_export },
    { "/api/v1/alerts", PARAMS_PAGE, api_lists_get_alerts },
    { "/api/v1/certificates", PARAMS_PAGE, api_lists_get_certificates },
    { "/api/v1/trunks", PARAMS_WINDOW, api_trunks_get },
    { "/api/v1/registrations", PARAMS_PAGE, api_lists_get_registrations },
    { "/api/v1/peers", PARAMS_PAGE, api_lists_get_peers },
    { "/api/v1/security", PARAMS_PAGE, api_lists_get_security },
    { "/api/v1/transactions", PARAMS_PAGE, api_lists_get_transactions },
    { "/api/v1/deviations", PARAMS_NONE, api_lists_get_deviations },
    { "/api/v1/fields", PARAMS_NONE, api_search_get_fields },
    { "/api/v1/stats", PARAMS_NONE, api_stats_get },
    { "/api/v1/store", PARAMS_NONE, api_store_get },
};
enum { ROUTES = sizeof routes / sizeof *routes };

static bool route_matches(const char *pattern, struct slice path, struct slice *id)
{
    struct slice p = slice_of_text(pattern);

    while (p.len && path.len) {
        struct slice want = slice_cut(&p, '/');
        struct slice have = slice_cut(&path, '/');

        if (slice_eq(want, SLICE("*")))
            *id = have;
        else if (!slice_eq(want, have))
            return false;
    }
    return p.len == 0 && path.len == 0;
}

static void answer_route(struct api_context *c, size_t route, struct slice id)
{
    struct strbuf error = { 0 };

    if (id.p && !params_parse_id(id, &c->id))
        exchange_fail(c->x, 400, "the id of a call is 16 hex digits");
    else if (!params_read(&c->x->params, routes[route].params, &c->asked, &error))
        exchange_fail(c->x, 400, "%s", error.p ? error.p : "bad parameters");
    else if (open_store(c))
        routes[route].get(c);
    strbuf_fini(&error);
    params_fini(&c->asked);
}

static void answer_first(struct api *a, struct exchange *x)
{
    struct api_context c = { .api = a, .x = x, .json = jsonw_to(&x->body) };
    struct slice path = slice_of_text(x->path);

    for (size_t i = 0; i < ROUTES; i++) {
        struct slice id = SLICE_ABSENT;

        if (route_matches(routes[i].path, path, &id)) {
            answer_route(&c, i, id);
            return;
        }
    }
    if (slice_starts_with(path, SLICE("/api/")))
        exchange_fail(x, 404, "nothing at %s", x->path);
    else
        files_answer(a->options.web_root, x);
}

void api_answer(struct api *a, struct exchange *x)
{
    if (x->more)
        exchange_read_piece(x);
    else
        answer_first(a, x);
}
