/*
 * api_alerts - the alerts of the probe and those of the web process in one list, each with what people and
 * receivers did about it.
 */
#include "probe/web/api_context.h"
#include "probe/web/api_view.h"

#include "analyzer/base/json_item.h"
#include "analyzer/base/log.h"
#include "probe/state/acks.h"
#include "probe/state/outbox.h"
#include "probe/state/own_alerts.h"
#include "probe/state/silences.h"
#include "probe/web/body.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SCANNED_MAX = 20000,     /* alerts that one page looks at; the next one goes on behind them */
    OPEN_SCANNED_MAX = 5000, /* the newest, for those that are not over */
    OPEN_MAX = 1000,
    CALLS_MAX = 20,
    DELIVERIES_MAX = 100,
};

/* A list on its way. Both sources come newest first, by id. */
struct walk {
    struct api_context *c;
    struct alert_record **own; /* clones, all that fit */
    size_t own_count, own_at;
    struct silence *silences; /* in force */
    size_t silence_count;
    int64_t now_ms;
    size_t scanned;
    uint64_t looked_at; /* the last one that was scanned */
    int err;
};

static bool is_open(const struct alert_record *a)
{
    return slice_eq(a->state, SLICE("firing")) || slice_eq(a->state, SLICE("pending"));
}

/* ---- what is told with an alert ---- */

static bool keep_silence(void *ctx, const struct silence *silence)
{
    struct walk *w = ctx;

    if (silence->from_ms <= w->now_ms)
        w->silences[w->silence_count++] = *silence;
    return w->silence_count < SILENCES_MAX;
}

static int read_silences(struct walk *w)
{
    struct state_db *state = w->c->api->options.state;

    w->now_ms = api_now_ms();
    if (!state)
        return 0;
    w->silences = calloc(SILENCES_MAX, sizeof *w->silences);
    return w->silences ? silences_list(state, false, w->now_ms, keep_silence, w) : -ENOMEM;
}

/* The one that ends last. */
static void write_silence(struct walk *w, const struct alert_record *a)
{
    const struct silence *found = NULL;
    struct jsonw *j = &w->c->json;

    for (size_t i = 0; is_open(a) && i < w->silence_count; i++) {
        if (label_match_fits(&w->silences[i].match, a->labels) &&
            (!found || w->silences[i].until_ms > found->until_ms))
            found = &w->silences[i];
    }
    jsonw_key(j, "silence");
    if (!found) {
        jsonw_null(j);
        return;
    }
    jsonw_object_open(j);
    api_write_key_int(j, "id", found->id);
    api_write_key_ms(j, "until", found->until_ms);
    api_write_key_text(j, "comment", slice_of_text(found->comment));
    jsonw_object_close(j);
}

static void write_ack(struct jsonw *j, const struct ack *ack)
{
    jsonw_key(j, "ack");
    if (!ack) {
        jsonw_null(j);
        return;
    }
    jsonw_object_open(j);
    api_write_key_ms(j, "time", ack->time_ms);
    api_write_key_text(j, "by", ack->by[0] ? slice_of_text(ack->by) : SLICE_ABSENT);
    api_write_key_text(j, "comment", slice_of_text(ack->comment));
    jsonw_object_close(j);
}

struct deliveries {
    struct jsonw *json; /* NULL: they are only counted */
    int64_t waiting, delivered, dead;
};

static bool on_delivery(void *ctx, const struct outbox_row *row)
{
    struct deliveries *d = ctx;

    d->waiting += strcmp(row->state, "waiting") == 0;
    d->delivered += strcmp(row->state, "delivered") == 0;
    d->dead += strcmp(row->state, "dead") == 0;
    if (d->json)
        api_deliveries_write_one(d->json, row);
    return true;
}

static void on_told(void *ctx, const char *receiver, const struct outbox_told *told)
{
    static const char *const severities[] = { "info", "warning", "critical" };
    struct jsonw *j = ctx;

    jsonw_object_open(j);
    api_write_key_text(j, "receiver", slice_of_text(receiver));
    api_write_key_text(j, "severity",
                       told->severity >= 0 && told->severity < 3
                           ? slice_of_text(severities[told->severity])
                           : SLICE_ABSENT);
    jsonw_key(j, "resolved");
    jsonw_bool(j, told->is_over);
    api_write_key_text(j, "held",
                       told->held && told->held[0] ? slice_of_text(told->held) : SLICE_ABSENT);
    jsonw_object_close(j);
}

/* all: one by one, and what each receiver knows. */
static int write_deliveries(struct walk *w, const struct alert_record *a, bool all)
{
    const struct outbox_query query = { .alert = a->id, .limit = DELIVERIES_MAX };
    struct outbox *outbox = w->c->api->options.outbox;
    struct jsonw *j = &w->c->json;
    struct deliveries d = { .json = all ? j : NULL };
    int err;

    jsonw_key(j, "deliveries");
    jsonw_object_open(j);
    if (all) {
        jsonw_key(j, "list");
        jsonw_array_open(j);
    }
    err = outbox_list(outbox, &query, on_delivery, &d);
    if (all) {
        jsonw_array_close(j);
        jsonw_key(j, "told");
        jsonw_array_open(j);
        if (err == 0)
            err = outbox_read_told(outbox, a->id, on_told, j);
        jsonw_array_close(j);
    }
    api_write_key_int(j, "waiting", d.waiting);
    api_write_key_int(j, "delivered", d.delivered);
    api_write_key_int(j, "dead", d.dead);
    jsonw_object_close(j);
    return err;
}

/* The members of the open object. Without state.sqlite: null, which is not "none". */
static int write_alert(struct walk *w, const struct alert_record *a, bool all)
{
    struct state_db *state = w->c->api->options.state;
    struct jsonw *j = &w->c->json;
    struct ack ack;
    int found = state ? acks_find(state, a->id, &ack) : 0;

    record_write_members(j, &record_type_alert, a);
    write_ack(j, found == 1 ? &ack : NULL);
    write_silence(w, a);
    jsonw_key(j, "muted");
    jsonw_bool(j, a->muted_by != 0 && is_open(a));
    if (found < 0)
        return found;
    if (w->c->api->options.outbox)
        return write_deliveries(w, a, all);
    jsonw_key(j, "deliveries");
    jsonw_null(j);
    return 0;
}

/* ---- the list ---- */

static bool is_listed(struct slice list, struct slice word)
{
    while (list.len) {
        if (slice_eq(slice_cut(&list, ','), word))
            return true;
    }
    return false;
}

static bool fits(const struct asked *asked, const struct alert_record *a)
{
    return (!asked->state.p || is_listed(asked->state, a->state)) &&
           (!asked->severity.p || slice_eq(asked->severity, a->severity)) &&
           (!asked->rule.p || slice_eq(asked->rule, a->rule)) &&
           (asked->since == RECORD_NONE || a->ended_time == RECORD_NONE ||
            a->ended_time >= asked->since);
}

/* False: the page is full. */
static bool add_row(struct walk *w, const struct alert_record *a)
{
    struct api_context *c = w->c;
    size_t from;

    if (c->rows == c->asked.limit) {
        c->more_rows = true;
        return false;
    }
    c->rows++;
    c->last_id = a->id;
    from = c->x->body.len;
    jsonw_object_open(&c->json);
    w->err = write_alert(w, a, false);
    jsonw_object_close(&c->json);
    api_view_json(c, from);
    return w->err == 0 && !c->x->body.failed;
}

/* Those of the web process that come before it; 0: all that are left. */
static bool add_own_before(struct walk *w, uint64_t id)
{
    while (w->own_at < w->own_count && w->own[w->own_at]->id > id) {
        if (!add_row(w, w->own[w->own_at]))
            return false;
        w->own_at++;
    }
    return true;
}

static bool on_stored(void *ctx, const void *record)
{
    const struct alert_record *a = record;
    struct walk *w = ctx;

    if (w->scanned++ == SCANNED_MAX) {
        w->c->more_rows = true;
        w->c->last_id = w->looked_at;
        return false;
    }
    if (!add_own_before(w, a->id))
        return false;
    w->looked_at = a->id;
    return !fits(&w->c->asked, a) || add_row(w, a);
}

static bool keep_own(void *ctx, const struct alert_record *a)
{
    struct walk *w = ctx;

    if (!fits(&w->c->asked, a))
        return true;
    w->own[w->own_count] = record_clone(&record_type_alert, a);
    if (!w->own[w->own_count]) {
        w->err = -ENOMEM;
        return false;
    }
    return ++w->own_count <= w->c->asked.limit;
}

static int read_own(struct walk *w)
{
    struct state_db *state = w->c->api->options.state;
    int err;

    if (!state)
        return 0;
    w->own = calloc(w->c->asked.limit + 1, sizeof *w->own);
    if (!w->own)
        return -ENOMEM;
    err = own_alerts_list(state, w->c->asked.before, 0, keep_own, w);
    return err ? err : w->err;
}

static void walk_fini(struct walk *w)
{
    for (size_t i = 0; i < w->own_count; i++)
        free(w->own[i]);
    free(w->own);
    free(w->silences);
}

static void write_list(struct walk *w)
{
    struct api_context *c = w->c;
    struct jsonw *j = &c->json;
    int err;

    jsonw_object_open(j);
    jsonw_key(j, "alerts");
    jsonw_array_open(j);
    err = query_alerts(c->api->query, c->asked.before, 0, on_stored, w);
    if (err == 0 && w->err == 0 && !c->more_rows)
        add_own_before(w, 0);
    jsonw_array_close(j);
    jsonw_key(j, "next");
    api_write_id(j, c->more_rows ? c->last_id : 0);
    jsonw_object_close(j);
    if (err)
        api_fail_store(c, err);
    else if (w->err)
        api_fail_state(c, w->err);
    else
        api_finish_json(c);
}

void api_alerts_get_list(struct api_context *c)
{
    struct walk w = { .c = c };
    int err = read_silences(&w);

    if (err == 0)
        err = read_own(&w);
    if (err)
        api_fail_state(c, err);
    else
        write_list(&w);
    walk_fini(&w);
}

/* ---- one ---- */

struct found {
    uint64_t id;
    struct alert_record *alert; /* a clone; NULL: there is none */
};

static bool on_found(void *ctx, const void *record)
{
    const struct alert_record *a = record;
    struct found *f = ctx;

    if (a->id == f->id)
        f->alert = record_clone(&record_type_alert, a);
    return false;
}

/* NULL: there is none, and the answer says so. To be freed. */
static struct alert_record *find_alert(struct api_context *c, uint64_t id)
{
    struct found f = { .id = id };
    struct state_db *state = c->api->options.state;
    int err = query_alerts(c->api->query, id + 1, 1, on_found, &f);

    if (err) {
        api_fail_store(c, err);
        return NULL;
    }
    if (!f.alert && state) {
        err = own_alerts_find(state, id, &f.alert);
        if (err < 0) {
            api_fail_state(c, err);
            return NULL;
        }
        if (err == 0)
            f.alert = NULL;
    }
    if (!f.alert)
        exchange_fail(c->x, 404, "no alert %016" PRIx64, id);
    return f.alert;
}

static bool on_evidence_call(void *ctx, const void *record)
{
    static const char *const names[] = {
        "id",
        "call_id",
        "from_user",
        "to_user",
        "src",
        "dst",
        "invite_time",
        "state",
        "outcome",
        "final_status",
        "final_reason",
        "duration_ms",
        "post_dial_delay_ms",
        "mos_lq",
        "loss_ratio",
        "trunk_in",
        "jitter_ms_p95",
        "trunk_out",
        "media_verdict",
        "codecs",
    };
    struct api_context *c = ctx;
    struct jsonw *j = &c->json;

    record = api_view_record(c, &record_type_call, record);
    if (!record)
        return false;
    jsonw_object_open(j);
    api_call_write_fields(j, &record_type_call, record, names, sizeof names / sizeof *names);
    jsonw_object_close(j);
    return false;
}

/* Of a call that is gone with its day nothing is told. */
static int write_calls(struct api_context *c, struct slice calls)
{
    struct slice item;
    int err = 0;

    jsonw_key(&c->json, "call_records");
    jsonw_array_open(&c->json);
    for (int i = 0; i < CALLS_MAX && err == 0 && json_item_next(&calls, &item); i++) {
        uint64_t id;

        if (item.len < 2 || !params_parse_id(slice_of(item.p + 1, item.len - 2), &id))
            continue;
        err = query_call(c->api->query, id, on_evidence_call, c);
        if (err == -ENOENT)
            err = 0;
    }
    jsonw_array_close(&c->json);
    return err;
}

/* The alert that explains it, in short. */
static int write_parent(struct api_context *c, uint64_t id)
{
    static const char *const names[] = { "id", "rule", "severity", "state", "group", "summary" };
    struct found f = { .id = id };
    struct jsonw *j = &c->json;
    int err = id ? query_alerts(c->api->query, id + 1, 1, on_found, &f) : 0;

    jsonw_key(j, "muted_by_alert");
    if (f.alert) {
        jsonw_object_open(j);
        api_view_write_alert_fields(c, f.alert, names, sizeof names / sizeof *names);
        jsonw_object_close(j);
    } else {
        jsonw_null(j);
    }
    free(f.alert);
    return err;
}

static void write_one(struct walk *w, const struct alert_record *a)
{
    struct api_context *c = w->c;
    size_t from = c->x->body.len;
    int err;

    jsonw_object_open(&c->json);
    w->err = write_alert(w, a, true);
    /* What is there so far is an object but for its end. */
    strbuf_add_char(&c->x->body, '}');
    api_view_json(c, from);
    strbuf_chop(&c->x->body, 1);
    err = write_parent(c, a->muted_by);
    if (err == 0)
        err = write_calls(c, a->calls);
    jsonw_object_close(&c->json);
    if (err)
        api_fail_store(c, err);
    else if (w->err)
        api_fail_state(c, w->err);
    else
        api_finish_json(c);
}

void api_alerts_get_one(struct api_context *c)
{
    struct walk w = { .c = c };
    struct alert_record *a = find_alert(c, c->id);
    int err;

    if (!a)
        return;
    err = read_silences(&w);
    if (err)
        api_fail_state(c, err);
    else
        write_one(&w, a);
    walk_fini(&w);
    free(a);
}

/* ---- acknowledged ---- */

static void finish_ack(struct api_context *c, const struct ack *ack)
{
    jsonw_object_open(&c->json);
    write_ack(&c->json, ack);
    jsonw_object_close(&c->json);
    api_finish_json(c);
    if (ack)
        c->x->status = 201;
    api_tell_handled(c, "ack", c->id);
}

static void add_ack(struct api_context *c, const struct alert_record *a, struct slice comment)
{
    struct ack ack = { .alert = a->id, .time_ms = api_now_ms() };
    int err;

    snprintf(ack.by, sizeof ack.by, "%s", c->x->who.name);
    if (comment.len)
        memcpy(ack.comment, comment.p, comment.len);
    if (!is_open(a)) {
        exchange_fail(c->x, 409, "this alert is over: there is nothing to take care of");
        return;
    }
    err = acks_add(c->api->options.state, &ack);
    if (err == -EEXIST) {
        exchange_fail(c->x, 409, "this alert is acknowledged already");
    } else if (err) {
        api_fail_state(c, err);
    } else {
        log_info("web: alert %016" PRIx64 " is acknowledged", a->id);
        finish_ack(c, &ack);
    }
}

void api_alerts_ack(struct api_context *c)
{
    struct slice comment;
    const struct body_field fields[] = {
        { "comment", BODY_TEXT, false, sizeof((struct ack *)0)->comment - 1, &comment, NULL },
    };
    struct alert_record *a = NULL;
    struct body body;

    if (!api_has_state(c))
        return;
    if (api_read_body(c, &body, fields, sizeof fields / sizeof *fields)) {
        a = find_alert(c, c->id);
        if (a)
            add_ack(c, a, comment);
    }
    free(a);
    body_fini(&body);
}

void api_alerts_unack(struct api_context *c)
{
    int err;

    if (!api_has_state(c))
        return;
    err = acks_remove(c->api->options.state, c->id);
    if (err == -ENOENT)
        exchange_fail(c->x, 404, "alert %016" PRIx64 " is not acknowledged", c->id);
    else if (err)
        api_fail_state(c, err);
    else
        finish_ack(c, NULL);
}

/* ---- those that are not over, for who begins to listen ---- */

static bool on_open_alert(void *ctx, const void *record)
{
    struct walk *w = ctx;

    w->scanned++;
    if (is_open(record)) {
        struct jsonw j = jsonw_to(&w->c->x->body);

        record_write_json(&j, &record_type_alert, record);
        strbuf_add_char(&w->c->x->body, '\n');
        w->c->rows++;
    }
    return w->scanned < OPEN_SCANNED_MAX && w->c->rows < OPEN_MAX && !w->c->x->body.failed;
}

static bool on_open_own(void *ctx, const struct alert_record *alert)
{
    return on_open_alert(ctx, alert);
}

void api_alerts_write_open(struct api_context *c)
{
    struct walk w = { .c = c };
    int err = query_alerts(c->api->query, 0, 0, on_open_alert, &w);

    if (err == 0 && c->api->options.state)
        err = own_alerts_list(c->api->options.state, 0, 0, on_open_own, &w);
    if (err)
        log_warn("web: the open alerts cannot be read, error %d", -err);
    c->x->status = 200;
}
