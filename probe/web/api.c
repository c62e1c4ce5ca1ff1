#include "probe/web/api.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "analyzer/sip/sdp.h"
#include "analyzer/sip/sip_msg.h"
#include "probe/web/api_media.h"
#include "probe/web/files.h"
#include "storage/call_messages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A ladder of this size cannot be read by anyone; the pcap has the rest. */
enum { MESSAGES_MAX_BYTES = 8 << 20 };

struct api {
    struct api_options options;
    struct query *query; /* NULL: not open */
};

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
    free(a);
}

/* A request on its way through a handler. */
struct context {
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

/* ---- what went wrong, for a person ---- */

static void fail_store(struct context *c, int err)
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

static bool open_store(struct context *c)
{
    int err;

    if (c->api->query)
        return true;
    err = query_open(&c->api->query, c->api->options.store_dir);
    if (err)
        fail_store(c, err);
    return err == 0;
}

static void fail_no_call(struct context *c)
{
    exchange_fail(c->x, 404, "no call %016" PRIx64, c->id);
}

static void finish_json(struct context *c)
{
    c->x->status = 200;
    if (c->x->body.failed)
        exchange_fail(c->x, 500, "the answer is over %d MiB: ask for less, with limit",
                      EXCHANGE_BODY_MAX >> 20);
}

/* ---- lists ---- */

static void write_hex_id(struct jsonw *j, uint64_t id)
{
    char text[RECORD_ID_TEXT_LEN + 1];

    snprintf(text, sizeof text, "%016" PRIx64, id);
    jsonw_text(j, slice_of_text(text));
}

/* One row more than the page holds is asked for: if it comes, there is a next page. */
static bool page_is_full(struct context *c, uint64_t id)
{
    if (c->rows == c->asked.calls.limit) {
        c->more_rows = true;
        return true;
    }
    c->rows++;
    c->last_id = id;
    return false;
}

static bool on_listed(void *ctx, const void *record)
{
    struct context *c = ctx;
    const uint64_t *id = record_at(record, &c->listed->fields[0]);

    if (page_is_full(c, *id))
        return false;
    record_write_alone(&c->json, c->listed, record);
    return !c->x->body.failed;
}

static void open_page(struct context *c, const char *key, const struct record_type *type)
{
    c->listed = type;
    jsonw_object_open(&c->json);
    jsonw_key(&c->json, key);
    jsonw_array_open(&c->json);
}

static void close_page(struct context *c, int err)
{
    if (err) {
        fail_store(c, err);
        return;
    }
    jsonw_array_close(&c->json);
    jsonw_key(&c->json, "next");
    if (c->more_rows)
        write_hex_id(&c->json, c->last_id);
    else
        jsonw_null(&c->json);
    jsonw_object_close(&c->json);
    finish_json(c);
}

static void get_calls(struct context *c)
{
    struct call_filter asked = c->asked.calls;

    asked.limit++;
    open_page(c, "calls", &record_type_call);
    close_page(c, query_calls(c->api->query, &asked, on_listed, c));
}

static void get_alerts(struct context *c)
{
    open_page(c, "alerts", &record_type_alert);
    close_page(c, query_alerts(c->api->query, c->asked.calls.before, c->asked.calls.limit + 1,
                               on_listed, c));
}

static void get_certificates(struct context *c)
{
    open_page(c, "certificates", &record_type_certificate);
    close_page(c, query_certificates(c->api->query, c->asked.calls.before, c->asked.calls.limit + 1,
                                     on_listed, c));
}

/* ---- one call ---- */

static bool on_call(void *ctx, const void *record)
{
    struct context *c = ctx;

    record_write_json(&c->json, &record_type_call, record);
    c->rows++;
    return false;
}

static void get_call(struct context *c)
{
    int err = query_call(c->api->query, c->id, on_call, c);

    if (err && err != -ENOENT)
        fail_store(c, err);
    else if (err || c->rows == 0)
        fail_no_call(c);
    else
        finish_json(c);
}

static void write_addr(struct jsonw *j, const struct addr *a)
{
    char text[ADDR_TEXT_MAX];

    jsonw_text(j, slice_of(text, addr_format(a, text)));
}

static void write_key_text(struct jsonw *j, const char *key, struct slice text)
{
    jsonw_key(j, key);
    jsonw_text(j, text);
}

static bool on_message(void *ctx, const struct stored_message *message)
{
    struct context *c = ctx;
    struct jsonw *j = &c->json;
    struct sip_msg sip;

    if (c->x->body.len > MESSAGES_MAX_BYTES) {
        c->cut = true;
        return false;
    }
    sip_msg_parse(&sip, message->raw);
    jsonw_object_open(j);
    jsonw_key(j, "time");
    jsonw_time(j, message->time_ns);
    jsonw_key(j, "src");
    write_addr(j, &message->src);
    jsonw_key(j, "dst");
    write_addr(j, &message->dst);
    write_key_text(j, "method", sip.is_request ? sip.method_text : SLICE_ABSENT);
    jsonw_key(j, "status");
    if (sip.status)
        jsonw_int(j, sip.status);
    else
        jsonw_null(j);
    write_key_text(j, "reason", sip.reason);
    write_key_text(j, "request_uri", sip.request_uri);
    write_key_text(j, "cseq", sip.cseq_text);
    write_key_text(j, "call_id", sip.call_id);
    write_key_text(j, "from_tag", sip.from_tag);
    write_key_text(j, "to_tag", sip.to_tag);
    jsonw_key(j, "has_sdp");
    jsonw_bool(j, sdp_find_body(sip.content_type, sip.body).p != NULL);
    write_key_text(j, "raw", message->raw);
    jsonw_object_close(j);
    return true;
}

static void get_messages(struct context *c)
{
    int err;

    jsonw_object_open(&c->json);
    jsonw_key(&c->json, "messages");
    jsonw_array_open(&c->json);
    err = call_messages_read(c->api->options.store_dir, c->id, on_message, c);
    jsonw_array_close(&c->json);
    if (c->cut) {
        jsonw_key(&c->json, "cut");
        jsonw_bool(&c->json, true);
    }
    jsonw_object_close(&c->json);
    if (err == -ENOENT)
        fail_no_call(c);
    else if (err)
        fail_store(c, err);
    else
        finish_json(c);
}

/* ---- its packets and its sound ---- */

static void get_pcap(struct context *c)
{
    int err = api_media_pcap(c->api->options.store_dir, c->id, c->x);

    if (err)
        fail_store(c, err);
}

static bool on_call_of_sound(void *ctx, const void *record)
{
    static const struct slice over[] = { SLICE_INIT("completed"), SLICE_INIT("cancelled"),
                                         SLICE_INIT("failed"), SLICE_INIT("abandoned") };
    const struct call_record *call = record;
    struct context *c = ctx;
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
static bool find_sound(struct context *c)
{
    int err;

    if (api_media_refuse_sound(&c->api->options, c->x))
        return false;
    err = query_call(c->api->query, c->id, on_call_of_sound, c);
    if (err && err != -ENOENT)
        fail_store(c, err);
    else if (c->media.id == 0)
        fail_no_call(c);
    return c->media.id != 0;
}

static void get_sound(struct context *c)
{
    if (find_sound(c))
        api_media_sound(&c->api->options, &c->media, &c->asked, c->x);
}

static void get_peaks(struct context *c)
{
    if (find_sound(c))
        api_media_peaks(&c->api->options, &c->media, &c->asked, c->x);
}

/* ---- totals ---- */

static void write_key_int(struct jsonw *j, const char *key, uint64_t value)
{
    jsonw_key(j, key);
    jsonw_int(j, (int64_t)value);
}

static void write_key_time(struct jsonw *j, const char *key, int64_t time)
{
    jsonw_key(j, key);
    if (time == RECORD_NONE)
        jsonw_null(j);
    else
        jsonw_time(j, time);
}

static bool on_newest(void *ctx, const void *record)
{
    struct context *c = ctx;

    record_write_alone(&c->json, c->listed, record);
    c->rows++;
    return false;
}

typedef int query_newest_fn(struct query *q, size_t limit, query_row_fn row, void *ctx);

/* The newest record of its type, or null. */
static int write_newest(struct context *c, const char *key, const struct record_type *type,
                        query_newest_fn *query)
{
    int err;

    c->listed = type;
    c->rows = 0;
    jsonw_key(&c->json, key);
    err = query(c->api->query, 1, on_newest, c);
    if (c->rows == 0)
        jsonw_null(&c->json);
    return err;
}

static void write_totals(struct jsonw *j, const struct store_totals *totals)
{
    jsonw_object_open(j);
    write_key_int(j, "calls", totals->calls);
    write_key_int(j, "alerts", totals->alerts);
    write_key_int(j, "days", totals->days);
    write_key_int(j, "bytes", totals->bytes);
    write_key_time(j, "first_time", totals->first_time);
    write_key_time(j, "last_time", totals->last_time);
    jsonw_object_close(j);
}

static void get_stats(struct context *c)
{
    struct jsonw *j = &c->json;
    struct store_totals totals;
    int err = query_totals(c->api->query, &totals);

    if (err) {
        fail_store(c, err);
        return;
    }
    jsonw_object_open(j);
    write_key_text(j, "version", SLICE(EARSHOT_VERSION));
    jsonw_key(j, "store");
    write_totals(j, &totals);
    err = write_newest(c, "capture", &record_type_capture, query_captures);
    if (err == 0)
        err = write_newest(c, "mirror", &record_type_mirror, query_mirrors);
    jsonw_key(j, "live");
    jsonw_bool(j, atomic_load(c->api->options.live));
    jsonw_key(j, "listen");
    jsonw_bool(j, c->api->options.sound != NULL);
    jsonw_object_close(j);
    if (err)
        fail_store(c, err);
    else
        finish_json(c);
}

/* ---- routes ---- */

/* A '*' part is the id of a call. */
static const struct {
    const char *path;
    unsigned params; /* enum params_set */
    void (*get)(struct context *c);
} routes[] = {
    { "/api/v1/calls", PARAMS_PAGE | PARAMS_FILTER, get_calls },
    { "/api/v1/calls/*", PARAMS_NONE, get_call },
    { "/api/v1/calls/*/messages", PARAMS_NONE, get_messages },
    { "/api/v1/calls/*/pcap", PARAMS_NONE, get_pcap },
    { "/api/v1/calls/*/audio", PARAMS_SOUND, get_sound },
    { "/api/v1/calls/*/audio/peaks", PARAMS_PEAKS, get_peaks },
    { "/api/v1/alerts", PARAMS_PAGE, get_alerts },
    { "/api/v1/certificates", PARAMS_PAGE, get_certificates },
    { "/api/v1/stats", PARAMS_NONE, get_stats },
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

static void answer_route(struct context *c, size_t route, struct slice id)
{
    struct strbuf error = { 0 };

    if (id.p && !params_parse_id(id, &c->id))
        exchange_fail(c->x, 400, "the id of a call is 16 hex digits");
    else if (!params_read(&c->x->params, routes[route].params, &c->asked, &error))
        exchange_fail(c->x, 400, "%s", error.p ? error.p : "bad parameters");
    else if (open_store(c))
        routes[route].get(c);
    strbuf_fini(&error);
}

static void answer_first(struct api *a, struct exchange *x)
{
    struct context c = { .api = a, .x = x, .json = jsonw_to(&x->body) };
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
