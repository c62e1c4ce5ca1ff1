/*
 * api_deliveries - whom alerts are told, what has reached them, and what has not.
 */
#include "probe/web/api_context.h"

#include "probe/state/outbox.h"
#include "probe/web/body.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

void api_deliveries_write_one(struct jsonw *j, const struct outbox_row *row)
{
    bool is_waiting = strcmp(row->state, "waiting") == 0;

    jsonw_object_open(j);
    api_write_key_int(j, "id", row->id);
    api_write_key_text(j, "receiver", slice_of_text(row->receiver));
    api_write_key_text(j, "message", slice_of_text(row->message));
    api_write_key_text(j, "about", slice_of_text(row->about));
    api_write_key_text(j, "state", slice_of_text(row->state));
    api_write_key_int(j, "tries", row->tries);
    api_write_key_ms(j, "created", row->created_ms);
    api_write_key_ms(j, "next_try", is_waiting ? row->next_try_ms : 0);
    api_write_key_ms(j, "settled", row->settled_ms);
    jsonw_key(j, "status");
    if (row->status)
        jsonw_int(j, row->status);
    else
        jsonw_null(j);
    api_write_key_text(j, "reason", row->reason[0] ? slice_of_text(row->reason) : SLICE_ABSENT);
    jsonw_key(j, "alerts");
    jsonw_array_open(j);
    for (size_t i = 0; i < row->alert_count; i++)
        api_write_id(j, row->alerts[i]);
    jsonw_array_close(j);
    jsonw_object_close(j);
}

struct page {
    struct api_context *c;
    int64_t last; /* of those that are written */
};

/* One more than the page holds is asked for: if it comes, there is a next page. */
static bool on_delivery(void *ctx, const struct outbox_row *row)
{
    struct page *p = ctx;
    struct api_context *c = p->c;

    if (c->rows == c->asked.limit) {
        c->more_rows = true;
        return false;
    }
    c->rows++;
    p->last = row->id;
    api_deliveries_write_one(&c->json, row);
    return !c->x->body.failed;
}

void api_deliveries_get(struct api_context *c)
{
    struct page p = { .c = c };
    struct jsonw *j = &c->json;
    struct outbox_totals totals;
    struct outbox_query query = { .before = c->asked.before_number, .limit = c->asked.limit + 1 };
    char state[16] = "";
    int err;

    if (!api_has_state(c))
        return;
    if (c->asked.state.p) {
        snprintf(state, sizeof state, "%.*s", (int)c->asked.state.len, c->asked.state.p);
        query.state = state;
    }
    jsonw_object_open(j);
    jsonw_key(j, "deliveries");
    jsonw_array_open(j);
    err = outbox_list(c->api->options.outbox, &query, on_delivery, &p);
    jsonw_array_close(j);
    if (err == 0)
        err = outbox_read_totals(c->api->options.outbox, &totals);
    if (err) {
        api_fail_state(c, err);
        return;
    }
    jsonw_key(j, "next");
    if (c->more_rows)
        jsonw_int(j, p.last);
    else
        jsonw_null(j);
    api_write_key_int(j, "waiting", totals.waiting);
    api_write_key_int(j, "delivered", totals.delivered);
    api_write_key_int(j, "dead", totals.dead);
    api_write_key_ms(j, "oldest_waiting", totals.oldest_waiting_ms);
    jsonw_object_close(j);
    api_finish_json(c);
}

/* ---- again ---- */

/* Nothing is said in the body. False: the answer says what was wrong with it. */
static bool read_no_body(struct api_context *c)
{
    struct body body;
    bool ok = api_read_body(c, &body, NULL, 0);

    body_fini(&body);
    return ok;
}

static void replay(struct api_context *c, int64_t id)
{
    int64_t count;

    if (!api_has_state(c) || !read_no_body(c))
        return;
    count = outbox_replay(c->api->options.outbox, id, NULL, api_now_ms());
    if (count == -ENOENT && id) {
        exchange_fail(c->x, 404, "no delivery %" PRId64 " is dead", id);
        return;
    }
    if (count < 0 && count != -ENOENT) {
        api_fail_state(c, (int)count);
        return;
    }
    jsonw_object_open(&c->json);
    api_write_key_int(&c->json, "replayed", count > 0 ? count : 0);
    jsonw_object_close(&c->json);
    api_finish_json(c);
    if (count > 0)
        api_tell_handled(c, "deliveries", 0);
}

void api_deliveries_replay(struct api_context *c)
{
    replay(c, c->number);
}

void api_deliveries_replay_all(struct api_context *c)
{
    replay(c, 0);
}

/* ---- receivers ---- */

static bool on_receiver(void *ctx, const struct outbox_receiver *r)
{
    struct jsonw *j = ctx;

    jsonw_object_open(j);
    api_write_key_text(j, "name", slice_of_text(r->name));
    api_write_key_text(j, "kind", slice_of_text(r->kind));
    api_write_key_text(j, "place", slice_of_text(r->place));
    api_write_key_text(j, "state", slice_of_text(r->state));
    api_write_key_text(j, "reason", r->reason[0] ? slice_of_text(r->reason) : SLICE_ABSENT);
    api_write_key_ms(j, "next_try", r->next_try_ms);
    api_write_key_int(j, "waiting", r->waiting);
    api_write_key_int(j, "delivered", r->delivered);
    api_write_key_int(j, "dead", r->dead);
    api_write_key_ms(j, "oldest_waiting", r->oldest_waiting_ms);
    api_write_key_ms(j, "last_delivered", r->last_delivered_ms);
    jsonw_object_close(j);
    return true;
}

void api_deliveries_get_receivers(struct api_context *c)
{
    int err;

    if (!api_has_state(c))
        return;
    jsonw_object_open(&c->json);
    jsonw_key(&c->json, "receivers");
    jsonw_array_open(&c->json);
    err = outbox_list_receivers(c->api->options.outbox, on_receiver, &c->json);
    jsonw_array_close(&c->json);
    jsonw_object_close(&c->json);
    if (err)
        api_fail_state(c, err);
    else
        api_finish_json(c);
}

void api_deliveries_test_receiver(struct api_context *c)
{
    char name[OUTBOX_NAME_MAX + 8];
    int err;

    if (!api_has_state(c) || !read_no_body(c))
        return;
    snprintf(name, sizeof name, "%.*s", (int)c->name.len, c->name.p);
    if (!c->api->options.wake) {
        exchange_fail(c->x, 503, "nobody is told anything here: name one in notify.receivers");
        return;
    }
    err = outbox_ask_test(c->api->options.outbox, name);
    if (err == -ENOENT) {
        exchange_fail(c->x, 404, "no receiver is called '%s'", name);
    } else if (err) {
        api_fail_state(c, err);
    } else {
        jsonw_object_open(&c->json);
        api_write_key_text(&c->json, "asked", c->name);
        jsonw_object_close(&c->json);
        api_finish_json(c);
        api_tell_handled(c, "deliveries", 0);
    }
}
