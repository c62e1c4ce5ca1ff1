/*
 * api_silences - what nobody wants to hear of until a time, by label.
 */
#include "probe/web/api_context.h"
#include "probe/web/api_view.h"

#include "analyzer/base/log.h"
#include "probe/state/silences.h"
#include "probe/web/body.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum { LISTED_MAX = 2 * SILENCES_MAX };
#define DAY_MS INT64_C(86400000)

static void write_silence(struct jsonw *j, const struct silence *s, int64_t now_ms)
{
    jsonw_object_open(j);
    api_write_key_int(j, "id", s->id);
    api_write_key_text(j, "labels", slice_of_text(s->match.text));
    api_write_key_ms(j, "from", s->from_ms);
    api_write_key_ms(j, "until", s->until_ms);
    api_write_key_ms(j, "created", s->created_ms);
    api_write_key_text(j, "state",
                       s->until_ms <= now_ms  ? SLICE("over")
                       : s->from_ms <= now_ms ? SLICE("active")
                                              : SLICE("to come"));
    api_write_key_text(j, "by", s->by[0] ? slice_of_text(s->by) : SLICE_ABSENT);
    api_write_key_text(j, "comment", slice_of_text(s->comment));
    jsonw_object_close(j);
}

struct listing {
    struct api_context *c;
    int64_t now_ms;
};

static bool on_silence(void *ctx, const struct silence *silence)
{
    struct listing *l = ctx;
    size_t from = l->c->x->body.len;

    write_silence(&l->c->json, silence, l->now_ms);
    api_view_json(l->c, from);
    return ++l->c->rows < LISTED_MAX && !l->c->x->body.failed;
}

void api_silences_get(struct api_context *c)
{
    struct listing l = { c, api_now_ms() };
    int err;

    if (!api_has_state(c))
        return;
    jsonw_object_open(&c->json);
    jsonw_key(&c->json, "silences");
    jsonw_array_open(&c->json);
    err = silences_list(c->api->options.state, c->asked.over, l.now_ms, on_silence, &l);
    jsonw_array_close(&c->json);
    jsonw_object_close(&c->json);
    if (err)
        api_fail_state(c, err);
    else
        api_finish_json(c);
}

/* False: the answer says why. */
static bool check(struct api_context *c, struct silence *s, struct slice labels)
{
    char error[LABEL_MATCH_ERROR_MAX];

    if (label_match_parse(&s->match, labels, error) != 0)
        exchange_fail(c->x, 400, "labels: %s", error);
    else if (s->match.count == 0)
        exchange_fail(c->x, 400,
                      "labels: a silence needs one at least, as rule=trunk-down: it is never of "
                      "every alert");
    else if (s->until_ms <= s->from_ms || s->until_ms <= s->created_ms)
        exchange_fail(c->x, 400, "'until' must be later than 'from', and than now");
    else if (s->until_ms > s->created_ms + SILENCE_LONGEST_DAYS * DAY_MS)
        exchange_fail(c->x, 400, "'until' is more than %d days ahead", SILENCE_LONGEST_DAYS);
    else
        return true;
    return false;
}

static void add(struct api_context *c, struct silence *s)
{
    s->id = silences_add(c->api->options.state, s);
    if (s->id == -ENOSPC) {
        exchange_fail(c->x, 409, "%d silences are in force already: end some", SILENCES_MAX);
    } else if (s->id < 0) {
        api_fail_state(c, (int)s->id);
    } else {
        log_info("web: silence %" PRId64 ": %s", s->id, log_text(slice_of_text(s->match.text)));
        jsonw_object_open(&c->json);
        jsonw_key(&c->json, "silence");
        write_silence(&c->json, s, s->created_ms);
        jsonw_object_close(&c->json);
        api_finish_json(c);
        c->x->status = 201;
        api_tell_handled(c, "silences", 0);
    }
}

void api_silences_add(struct api_context *c)
{
    struct silence s = { .created_ms = api_now_ms() };
    struct slice labels, comment;
    const struct body_field fields[] = {
        { "labels", BODY_TEXT, true, LABEL_MATCH_TEXT_MAX - 1, &labels, NULL },
        { "until", BODY_TIME, true, 0, NULL, &s.until_ms },
        { "from", BODY_TIME, false, 0, NULL, &s.from_ms },
        { "comment", BODY_TEXT, false, SILENCE_TEXT_MAX - 1, &comment, NULL },
    };
    struct body body;

    if (!api_has_state(c))
        return;
    snprintf(s.by, sizeof s.by, "%s", c->x->who.name);
    if (api_read_body(c, &body, fields, sizeof fields / sizeof *fields)) {
        if (s.from_ms == 0)
            s.from_ms = s.created_ms;
        if (comment.len)
            memcpy(s.comment, comment.p, comment.len);
        if (check(c, &s, labels))
            add(c, &s);
    }
    body_fini(&body);
}

void api_silences_end(struct api_context *c)
{
    int err;

    if (!api_has_state(c))
        return;
    err = silences_end(c->api->options.state, c->number, api_now_ms());
    if (err == -ENOENT) {
        exchange_fail(c->x, 404, "no silence %" PRId64 " is in force", c->number);
    } else if (err) {
        api_fail_state(c, err);
    } else {
        jsonw_object_open(&c->json);
        api_write_key_int(&c->json, "ended", c->number);
        jsonw_object_close(&c->json);
        api_finish_json(c);
        api_tell_handled(c, "silences", 0);
    }
}
