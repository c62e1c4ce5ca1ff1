#include "probe/web/api.h"

#include "analyzer/base/log.h"
#include "analyzer/base/siphash.h"
#include "analyzer/privacy/privacy_json.h"
#include "analyzer/record_id.h"
#include "probe/access/access.h"
#include "probe/web/api_context.h"
#include "probe/web/api_trail.h"
#include "probe/web/body.h"
#include "probe/web/files.h"
#include "probe/web/gate.h"
#include "probe/web/routes.h"
#include "storage/upkeep/store_size.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int api_open(struct api **ap, const struct api_options *options)
{
    struct api *a = calloc(1, sizeof *a);

    if (!a)
        return -ENOMEM;
    a->options = *options;
    a->view = privacy_of_viewer(options->privacy);
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
    privacy_scratch_fini(&a->scratch);
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

int api_try_store(struct api_context *c)
{
    return c->api->query ? 0 : query_open(&c->api->query, c->api->options.store_dir);
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

void api_fail_state(struct api_context *c, int err)
{
    char why[128];

    if (strerror_r(-err, why, sizeof why) != 0)
        snprintf(why, sizeof why, "error %d", -err);
    log_warn("web: state.sqlite: %s", why);
    exchange_fail(c->x, err == -ENOSPC ? 507 : 503, "state.sqlite cannot be used: %s", why);
}

bool api_has_state(struct api_context *c)
{
    if (c->api->options.state && c->api->options.outbox)
        return true;
    exchange_fail(c->x, 503,
                  "acknowledgements, silences and deliveries are another process's: ask the one "
                  "that sends this store's alerts");
    return false;
}

bool api_read_body(struct api_context *c, struct body *body, const struct body_field *fields,
                   size_t count)
{
    struct strbuf error = { 0 };
    bool ok = body_read(body, strbuf_slice(&c->x->asked), fields, count, &error);

    if (!ok)
        exchange_fail(c->x, 400, "%s", error.p ? error.p : "bad body");
    strbuf_fini(&error);
    return ok;
}

int64_t api_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void api_tell_handled(struct api_context *c, const char *what, uint64_t alert)
{
    const struct api_options *o = &c->api->options;
    struct strbuf line = { 0 };
    struct jsonw j = jsonw_to(&line);

    if (o->wake)
        o->wake(o->wake_ctx);
    if (!o->tell)
        return;
    jsonw_object_open(&j);
    api_write_key_text(&j, "type", SLICE("handled"));
    api_write_key_text(&j, "what", slice_of_text(what));
    jsonw_key(&j, "alert");
    api_write_id(&j, alert);
    jsonw_object_close(&j);
    if (!line.failed)
        o->tell(o->tell_ctx, strbuf_slice(&line));
    strbuf_fini(&line);
}

/* A tag of the bytes, for programs that ask again and again: who has them already gets 304. Browsers are
 * to keep nothing of calls, tag or not. */
static void tag_answer(struct exchange *x)
{
    static const struct siphash_key keys[] = { { { 1, 2 } }, { { 3, 4 } } };

    if (x->method != EXCHANGE_GET || x->etag[0] ||
        !slice_starts_with(slice_of_text(x->path), SLICE("/api/")))
        return;
    x->private = true;
    snprintf(x->etag, sizeof x->etag, "\"%016" PRIx64 "%016" PRIx64 "\"",
             siphash(&keys[0], x->body.p, x->body.len), siphash(&keys[1], x->body.p, x->body.len));
    if (strcmp(x->etag, x->if_none_match) != 0)
        return;
    x->status = 304;
    strbuf_reset(&x->body);
}

void api_finish_json(struct api_context *c)
{
    c->x->status = 200;
    if (c->x->body.failed)
        exchange_fail(c->x, 500, "the answer is over %d MiB: ask for less, with limit",
                      EXCHANGE_BODY_MAX >> 20);
    else
        tag_answer(c->x);
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

void api_write_key_ms(struct jsonw *j, const char *key, int64_t time_ms)
{
    api_write_key_time(j, key, time_ms ? time_ms * 1000000 : RECORD_NONE);
}

void api_write_key_int(struct jsonw *j, const char *key, int64_t value)
{
    jsonw_key(j, key);
    if (value == RECORD_NONE)
        jsonw_null(j);
    else
        jsonw_int(j, value);
}

/* ---- its packets and its sound ---- */

void api_get_packets(struct api_context *c)
{
    int err = api_media_packets(&c->api->options, c->api->query, c->id, &c->asked, c->x);

    if (err)
        api_fail_store(c, err);
}

void api_get_export(struct api_context *c)
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

void api_get_sound(struct api_context *c)
{
    if (find_sound(c))
        api_media_sound(&c->api->options, &c->media, &c->asked, c->x);
}

void api_get_peaks(struct api_context *c)
{
    if (find_sound(c))
        api_media_peaks(&c->api->options, &c->media, &c->asked, c->x);
}

/* ---- routes ---- */

/* Of rules and receivers: what may be the name of a file. */
static bool is_name(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.p[i];

        if (ch != '-' && ch != '_' && ch != '.' && (ch < '0' || ch > '9') &&
            ((ch | 0x20) < 'a' || (ch | 0x20) > 'z'))
            return false;
    }
    return text.len > 0 && text.len <= 64 && text.p[0] != '.';
}

static bool read_variable(struct api_context *c, const struct route_variable *v,
                          const char **expected)
{
    uint64_t number = 0;

    switch (v->kind) {
    case '*':
        *expected = "an id is 16 hex digits";
        return params_parse_id(v->text, &c->id);
    case '#':
        *expected = "a silence, a delivery or a token has a number";
        if (!slice_to_u64(v->text, INT64_MAX, &number))
            return false;
        c->number = (int64_t)number;
        return number > 0;
    case '@':
        *expected = "a name is of letters, digits, '-', '_' and '.'";
        c->name = v->text;
        return is_name(v->text);
    default:
        return true;
    }
}

static void answer_route(struct api_context *c, const struct route *route,
                         const struct route_variable *v)
{
    struct strbuf error = { 0 };
    const char *expected = NULL;

    if (!read_variable(c, v, &expected))
        exchange_fail(c->x, 400, "%s", expected);
    else if (!params_read(&c->x->params, route->params, &c->asked, &error))
        exchange_fail(c->x, 400, "%s", error.p ? error.p : "bad parameters");
    else if ((route->no_store || open_store(c)) && api_trail_begin(c, route))
        route->handle(c);
    api_trail_end(c, route);
    strbuf_fini(&error);
    params_fini(&c->asked);
}

static void answer_file(struct api *a, struct exchange *x)
{
    x->route = TALLY_ROUTE_FILE;
    files_answer(a->options.web_root, x);
}

static void answer_first(struct api *a, struct exchange *x)
{
    struct api_context c = { .api = a, .x = x, .json = jsonw_to(&x->body) };
    struct slice path = slice_of_text(x->path);
    struct route_variable v;
    const struct route *route = routes_find(path, x->method, &v);

    x->route = route ? routes_index(route) + 1 : 0;
    if (!route && !slice_starts_with(path, SLICE("/api/")))
        answer_file(a, x);
    else if (gate_admit(&a->options, route, x))
        answer_route(&c, route, &v);
    else if (route)
        api_trail_end(&c, route);
}

static void answer_seed(struct api *a, struct exchange *x)
{
    struct api_context c = { .api = a, .x = x };

    if (open_store(&c))
        api_alerts_write_open(&c);
}

void api_answer(struct api *a, struct exchange *x)
{
    if (x->is_look)
        access_needs_setup(a->options.access);
    else if (x->is_seed)
        answer_seed(a, x);
    else if (x->more)
        exchange_read_piece(x);
    else
        answer_first(a, x);
}
