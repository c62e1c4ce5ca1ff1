/*
 * story_call - who called whom, and how it went, from INVITE to BYE.
 */
#include "analyzer/base/json_item.h"
#include "analyzer/story/story_part.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct call_record *call_of(const struct story_tale *t)
{
    return t->call;
}

/* ---- who ---- */

static void add_party(struct strbuf *out, struct slice user, struct slice uri,
                      const struct addr *addr)
{
    if (user.len)
        story_add_name(out, user);
    else if (uri.len)
        story_add_name(out, uri);
    else if (story_knows(addr))
        story_add_addr(out, addr);
    else
        strbuf_add_text(out, "somebody");
}

/* The number as all the world dials it, where that is known; and what was dialled, if it differs. */
static void add_callee(struct strbuf *out, const struct call_record *c)
{
    struct slice number = c->to_number, digits = number;

    if (!number.len) {
        add_party(out, c->to_user, c->to_uri, &c->dst);
    } else {
        story_add_name(out, number);
        if (digits.p[0] == '+')
            digits = slice_of(digits.p + 1, digits.len - 1);
        if (c->to_user.len && !slice_eq(c->to_user, number) && !slice_eq(c->to_user, digits)) {
            strbuf_add_text(out, ", dialled as ");
            story_add_name(out, c->to_user);
        }
    }
    if (c->destination.len) {
        strbuf_add_text(out, " (");
        story_add_name(out, c->destination);
        strbuf_add_char(out, ')');
    }
}

static void add_trunks(struct strbuf *out, const struct call_record *c)
{
    if (c->trunk_in.len) {
        strbuf_add_text(out, ", in from trunk ");
        story_add_name(out, c->trunk_in);
    }
    if (c->trunk_out.len) {
        strbuf_add_text(out, c->trunk_in.len ? " and out over trunk " : " over trunk ");
        story_add_name(out, c->trunk_out);
    }
}

void story_call_who(const struct story_tale *t, struct strbuf *out)
{
    const struct call_record *c = call_of(t);

    add_party(out, c->from_user, c->from_uri, &c->src);
    strbuf_add_text(out, " called ");
    add_callee(out, c);
    add_trunks(out, c);
    strbuf_add_text(out, c->invite_time == RECORD_NONE ? "; the beginning was not seen." : ".");
}

/* ---- what ---- */

static double ms_between(int64_t from, int64_t to)
{
    return from == RECORD_NONE || to == RECORD_NONE || to < from ? (double)NAN
                                                                 : (double)(to - from) / 1e6;
}

/* " (Q.850 cause 17, user busy)": but for the normal end, which says nothing. */
static void add_cause(struct strbuf *out, const struct call_record *c)
{
    const char *words = story_cause_words(c->q850_cause);

    if (c->q850_cause == RECORD_NONE || c->q850_cause == 16)
        return;
    strbuf_addf(out, " (Q.850 cause %lld", (long long)c->q850_cause);
    if (words)
        strbuf_addf(out, ", %s", words);
    strbuf_add_char(out, ')');
}

static void add_hang_up(struct strbuf *out, const struct call_record *c)
{
    static const struct {
        const char *how, *words;
    } ends[] = {
        { "ack_timeout", "; the callee hung up, because no ACK reached it" },
        { "session_timeout", "; its session timer ran out" },
        { "replaced", "; another call took its place" },
        { "interrupted", "; its end was not seen" },
    };

    if (story_is(c->state, "interrupted")) {
        strbuf_add_text(out, "; the probe stopped in the middle of it");
        return;
    }
    for (size_t i = 0; i < COUNT(ends); i++) {
        if (story_is(c->ended_how, ends[i].how)) {
            strbuf_add_text(out, ends[i].words);
            return;
        }
    }
    if (c->ended_by.len) {
        strbuf_add_text(out, "; the ");
        strbuf_add_slice(out, c->ended_by);
        strbuf_add_text(out, " hung up");
    } else if (c->duration_open == 1) {
        strbuf_add_text(out, "; no end of it was seen");
    }
}

static void tell_talk(const struct call_record *c, struct strbuf *out)
{
    bool open = c->duration_open == 1;

    strbuf_add_text(out, "It ");
    if (!isnan(c->ring_ms) && c->ring_ms > 0) {
        strbuf_add_text(out, "rang for ");
        story_add_duration(out, c->ring_ms);
        strbuf_add_text(out, ", ");
    }
    strbuf_add_text(out, "was answered");
    if (!isnan(c->setup_ms)) {
        strbuf_add_text(out, " after ");
        story_add_duration(out, c->setup_ms);
    }
    if (!isnan(c->duration_ms)) {
        strbuf_add_text(out, open ? " and lasted at least " : " and lasted ");
        story_add_duration(out, c->duration_ms);
    }
    add_hang_up(out, c);
    add_cause(out, c);
    strbuf_add_char(out, '.');
}

/* Seen from its middle on, or its answer was not. */
static void tell_unknown_talk(const struct call_record *c, struct strbuf *out)
{
    strbuf_add_text(out, c->invite_time == RECORD_NONE ? "It was under way already"
                                                       : "That it was answered was not seen");
    add_hang_up(out, c);
    add_cause(out, c);
    strbuf_add_char(out, '.');
}

static void add_status(struct strbuf *out, const struct call_record *c)
{
    if (c->final_status == RECORD_NONE)
        return;
    strbuf_addf(out, ": %lld", (long long)c->final_status);
    if (c->final_reason.len) {
        strbuf_add_char(out, ' ');
        story_add_name(out, c->final_reason);
    }
    if (story_knows(&c->dst)) {
        strbuf_add_text(out, " from ");
        story_add_addr(out, &c->dst);
    }
}

static void add_after(struct strbuf *out, const char *word, double ms)
{
    if (isnan(ms))
        return;
    strbuf_add_text(out, word);
    story_add_duration(out, ms);
}

/* The first place that a redirection named. */
static struct slice find_event(const struct call_record *c, const char *name, struct slice *by)
{
    struct slice array = c->history, item;

    while (json_item_next(&array, &item)) {
        if (!story_says(json_item_get(item, "event"), name))
            continue;
        if (by)
            *by = json_item_get(item, "by");
        return json_item_get(item, "detail");
    }
    return SLICE_ABSENT;
}

static void tell_refusal(const struct call_record *c, struct strbuf *out)
{
    bool redirected =
        story_is(c->ended_how, "redirected") || (c->final_status >= 300 && c->final_status < 400);
    bool nothing = c->final_status == RECORD_NONE;
    struct slice where = redirected ? find_event(c, "redirect", NULL) : SLICE_ABSENT;

    strbuf_add_text(out, redirected ? "It was sent elsewhere"
                         : nothing  ? "It failed without a final response"
                                    : "It was refused");
    add_after(out, " after ", ms_between(c->invite_time, c->end_time));
    if (!isnan(ms_between(c->first_18x_time, c->end_time)))
        add_after(out, ", having rung for ", ms_between(c->first_18x_time, c->end_time));
    add_status(out, c);
    if (where.p) {
        strbuf_add_text(out, ", to ");
        story_add_json(out, where);
    }
    add_cause(out, c);
    strbuf_add_char(out, '.');
}

static void tell_cancel(const struct call_record *c, struct strbuf *out)
{
    double rang = ms_between(c->first_18x_time, c->end_time);

    if (story_is(c->ended_how, "replaced")) {
        strbuf_add_text(out, "It ended");
        add_after(out, " after ", ms_between(c->invite_time, c->end_time));
        strbuf_add_text(out, ", because another call took its place.");
        return;
    }
    strbuf_add_text(out, "The caller gave up");
    add_after(out, " after ", ms_between(c->invite_time, c->end_time));
    if (!isnan(rang))
        add_after(out, ", of which it rang for ", rang);
    else
        strbuf_add_text(out, ", before it rang");
    add_cause(out, c);
    strbuf_add_char(out, '.');
}

static void tell_silence(const struct call_record *c, struct strbuf *out)
{
    strbuf_add_text(out, c->first_18x_time == RECORD_NONE
                             ? "Nobody answered, and it never rang"
                             : "It rang, and nothing more was heard of it");
    add_cause(out, c);
    strbuf_add_char(out, '.');
}

/* Nobody knows yet how it ends; or nobody ever will. */
static void tell_open(const struct story_tale *t, struct strbuf *out)
{
    bool rings = story_is(t->call->state, "ringing");

    if (story_is(t->call->state, "interrupted"))
        strbuf_add_text(out, t->call->first_18x_time != RECORD_NONE
                                 ? "It was ringing when the probe stopped."
                                 : "Nobody had answered when the probe stopped.");
    else if (t->scene && t->scene->over)
        strbuf_add_text(out, rings ? "It was ringing when the capture ended."
                                   : "Nobody had answered when the capture ended.");
    else
        strbuf_add_text(out, rings ? "It is ringing." : "Nobody has answered yet.");
}

static void tell_challenge(const struct call_record *c, struct strbuf *out)
{
    bool unanswered = c->final_status == 401 || c->final_status == 407;

    if (c->auth_challenged != 1 || unanswered)
        return;
    story_sentence(out);
    if (story_knows(&c->challenged_by)) {
        story_add_addr(out, &c->challenged_by);
        strbuf_add_text(out, " asked for credentials first.");
    } else {
        strbuf_add_text(out, "Credentials were asked for first.");
    }
}

void story_call_what(const struct story_tale *t, struct strbuf *out)
{
    const struct call_record *c = call_of(t);

    if (c->answer_time != RECORD_NONE)
        tell_talk(c, out);
    else if (story_is(c->state, "completed") || story_is(c->state, "in_call"))
        tell_unknown_talk(c, out);
    else if (story_is(c->state, "cancelled"))
        tell_cancel(c, out);
    else if (story_is(c->state, "failed"))
        tell_refusal(c, out);
    else if (story_is(c->state, "abandoned"))
        tell_silence(c, out);
    else
        tell_open(t, out);
    tell_challenge(c, out);
}

/* ---- what happened in between ---- */

static void tell_holds(const struct call_record *c, struct strbuf *out)
{
    if (c->hold_count <= 0)
        return;
    story_sentence(out);
    strbuf_add_text(out, "It was on hold ");
    if (c->hold_count == 1)
        strbuf_add_text(out, "once");
    else if (c->hold_count == 2)
        strbuf_add_text(out, "twice");
    else
        story_add_counted(out, c->hold_count, "time");
    if (!isnan(c->hold_ms)) {
        strbuf_add_text(out, c->hold_count == 1 ? ", for " : ", in all for ");
        story_add_duration(out, c->hold_ms);
    }
    strbuf_add_char(out, '.');
}

/* Those that hold and resume are told of as such. */
static void tell_reinvites(const struct call_record *c, struct strbuf *out)
{
    if (c->reinvite_count <= 0 || c->hold_count > 0)
        return;
    story_sentence(out);
    strbuf_add_text(out, "The session was negotiated anew ");
    if (c->reinvite_count == 1)
        strbuf_add_text(out, "once");
    else
        story_add_counted(out, c->reinvite_count, "time");
    strbuf_add_text(out, " (re-INVITE).");
}

/* Events that are worth a sentence: {} is who, or nobody. */
static const struct event_words {
    const char *event;
    const char *by_somebody, *by_nobody; /* before the detail */
} event_words[] = {
    { "refer", " asked to transfer it", "A transfer was asked for" },
    { "transferred", " handed it over", "The transfer came about" },
    { "transfer_failed", "'s transfer failed", "The transfer failed" },
    { "joined", " was joined by a third one", "A third one joined" },
    { "media_moved", " moved its media", "Media moved" },
    { "fax", " went over to fax (T.38)", "It went over to fax (T.38)" },
    { "session_expired", " let the session timer run out", "The session timer ran out" },
    { "merged", " got the INVITE by two ways (482)", "The INVITE came by two ways (482)" },
};

static const char *detail_before(const char *event)
{
    if (strcmp(event, "transfer_failed") == 0)
        return " with ";
    return strcmp(event, "fax") == 0 ? ", " : " to ";
}

/* Without the headers that a URI may carry: a Replaces is in the links. */
static void add_address(struct strbuf *out, struct slice detail)
{
    size_t end = slice_find(detail, '?');

    if (end == detail.len) {
        story_add_json(out, detail);
    } else {
        struct strbuf cut = { .max_bytes = 8192 };

        strbuf_add(&cut, detail.p, end);
        strbuf_add_char(&cut, '"');
        story_add_json(out, strbuf_slice(&cut));
        strbuf_fini(&cut);
    }
}

static void tell_event(struct slice item, const struct event_words *w, struct strbuf *out)
{
    struct slice by = json_item_get(item, "by"), detail = json_item_get(item, "detail");

    story_sentence(out);
    if (by.p) {
        strbuf_add_text(out, "The ");
        json_item_add_raw(out, by);
        strbuf_add_text(out, w->by_somebody);
    } else {
        strbuf_add_text(out, w->by_nobody);
    }
    if (detail.p) {
        strbuf_add_text(out, detail_before(w->event));
        add_address(out, detail);
    }
    strbuf_add_char(out, '.');
}

/* Of one kind only the first: the list beside the story has them all. */
static void tell_events(const struct call_record *c, struct strbuf *out)
{
    struct slice array = c->history, item;
    bool told[COUNT(event_words)] = { false };

    while (json_item_next(&array, &item)) {
        struct slice event = json_item_get(item, "event");

        for (size_t i = 0; i < COUNT(event_words); i++) {
            if (told[i] || !story_says(event, event_words[i].event))
                continue;
            told[i] = true;
            tell_event(item, &event_words[i], out);
        }
    }
}

void story_call_history(const struct story_tale *t, struct strbuf *out)
{
    const struct call_record *c = call_of(t);

    if (c->branches > 1) {
        story_sentence(out);
        strbuf_addf(out, "It rang in %lld places.", (long long)c->branches);
    }
    tell_holds(c, out);
    tell_reinvites(c, out);
    tell_events(c, out);
}
