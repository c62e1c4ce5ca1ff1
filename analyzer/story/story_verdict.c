/*
 * story_verdict - what became of the media, and what shows it.
 *
 * What media_evidence says is told as evidence; a record without it is told by its verdict alone.
 */
#include "analyzer/base/json_item.h"
#include "analyzer/story/story_part.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct case_of {
    const struct call_record *call;
    struct slice evidence;
    const char *silent, *other; /* "caller", "callee"; NULL: not known */
};

static struct slice of_side(const struct case_of *m, const char *key, const char *side)
{
    return json_item_get(json_item_get(m->evidence, key), side);
}

static int64_t packets_of(const struct case_of *m, const char *side)
{
    double n = json_item_number(json_item_get(m->evidence, "packets"), side);

    return isnan(n) ? 0 : (int64_t)n;
}

static const char *opposite(const char *side)
{
    return strcmp(side, "caller") == 0 ? "callee" : "caller";
}

/* ", at 192.0.2.1:4000" */
static void add_place(struct strbuf *out, const char *before, struct slice addr)
{
    if (!addr.p)
        return;
    strbuf_add_text(out, before);
    story_add_json(out, addr);
}

static void add_packets(struct strbuf *out, int64_t count)
{
    story_add_counted(out, count, "packet");
}

static void tell_ok(const struct case_of *m, struct strbuf *out)
{
    if (story_says(json_item_get(m->evidence, "why"), "dtx"))
        strbuf_add_text(out, "Both sides were heard; one of them is quiet by comfort noise.");
    else
        strbuf_add_text(out, "Both sides were heard.");
}

static void tell_no_rtp(const struct case_of *m, struct strbuf *out)
{
    struct slice caller = of_side(m, "announced", "caller");
    struct slice callee = of_side(m, "announced", "callee");

    strbuf_add_text(out, "Neither side sent any sound that passed the probe");
    if (caller.p && callee.p) {
        add_place(out, ": it should have gone to ", caller);
        add_place(out, " (caller) and ", callee);
        strbuf_add_text(out, " (callee)");
    }
    strbuf_add_char(out, '.');
}

/* One side sent nothing: the other one heard nothing. */
static void tell_one_way(const struct case_of *m, struct strbuf *out)
{
    if (!m->silent) {
        strbuf_add_text(out, "Only one side was heard.");
        return;
    }
    strbuf_addf(out, "Nobody heard the %s: not one packet of its sound came by, while ", m->silent);
    add_packets(out, packets_of(m, m->other));
    strbuf_addf(out, " of the %s", m->other);
    add_place(out, " went to ", of_side(m, "went_to", m->other));
    strbuf_add_char(out, '.');
}

/* What that side sends goes where nobody listens. False: it does not. */
static bool tell_stray(const struct case_of *m, const char *side, struct strbuf *out)
{
    struct slice went = of_side(m, "went_to", side);
    struct slice wanted = of_side(m, "announced", opposite(side));

    if (!went.p || !wanted.p || slice_eq(went, wanted))
        return false;
    story_sentence(out);
    strbuf_addf(out, "Nobody heard the %s: ", side);
    add_packets(out, packets_of(m, side));
    add_place(out, " went to ", went);
    strbuf_addf(out, ", but the %s's SDP asked for ", opposite(side));
    story_add_json(out, wanted);
    strbuf_add_char(out, '.');
    return true;
}

static void add_silence(const struct case_of *m, struct strbuf *out)
{
    if (m->silent && packets_of(m, m->silent) == 0)
        strbuf_addf(out, " Nothing came from the %s.", m->silent);
}

/* Some of it strayed, while the rest went where it should. */
static bool tell_elsewhere(const struct case_of *m, struct strbuf *out)
{
    static const char *const sides[] = { "caller", "callee" };
    bool told = false;

    for (size_t i = 0; i < COUNT(sides); i++) {
        double stray = json_item_number(json_item_get(m->evidence, "elsewhere"), sides[i]);

        if (!(stray > 0))
            continue;
        story_sentence(out);
        story_add_count(out, (int64_t)stray);
        strbuf_add_text(out, " of ");
        add_packets(out, packets_of(m, sides[i]));
        strbuf_addf(out, " of the %s went where no SDP asked for them.", sides[i]);
        told = true;
    }
    return told;
}

static void tell_wrong_address(const struct case_of *m, struct strbuf *out)
{
    bool caller = tell_stray(m, "caller", out), callee = tell_stray(m, "callee", out);

    if (!caller && !callee && !tell_elsewhere(m, out))
        strbuf_add_text(out, "Sound went to another address than the SDP asked for, so that nobody "
                             "heard it.");
    add_silence(m, out);
}

/* The side whose packets cannot arrive, or are not even seen, and the private address in SDP. */
static void tell_nat(const struct case_of *m, struct strbuf *out)
{
    bool sent = story_says(json_item_get(m->evidence, "why"), "sent_to_private_address");
    const char *speaker = m->silent ? m->silent : "caller", *listener = opposite(speaker);
    struct slice wanted;

    if (sent) /* the one who is seen to send, in vain */
        speaker = m->silent ? m->other : speaker, listener = opposite(speaker);
    wanted = of_side(m, "announced", listener);
    if (!m->evidence.p || !wanted.p) {
        strbuf_add_text(out, "Nobody heard one side: the SDP asks for sound at a private address, "
                             "which the other side cannot reach.");
        return;
    }
    strbuf_addf(out, "Nobody heard the %s: ", speaker);
    if (sent || packets_of(m, speaker)) {
        strbuf_add_text(out, "it sent ");
        add_packets(out, packets_of(m, speaker));
        add_place(out, " to ", of_side(m, "went_to", speaker));
        strbuf_add_text(out, ", a private address that it cannot reach");
        add_place(out, "; the SDP named ", wanted);
    } else {
        strbuf_addf(out, "the %s's SDP asks for its sound", listener);
        add_place(out, " at ", wanted);
        strbuf_add_text(out, ", a private address out of its reach, and nothing came");
    }
    strbuf_add_char(out, '.');
}

static void tell_silent(const struct case_of *m, struct strbuf *out)
{
    if (m->silent)
        strbuf_addf(out, "Packets of both sides came, but the %s's hold nothing but silence.",
                    m->silent);
    else
        strbuf_add_text(out, "Packets came, but those of one side hold nothing but silence.");
}

static void add_directions(const struct case_of *m, struct strbuf *out)
{
    struct slice caller = of_side(m, "directions", "caller");
    struct slice callee = of_side(m, "directions", "callee");

    strbuf_add_text(out, "the SDP says so");
    add_place(out, " (caller: ", caller);
    add_place(out, caller.p ? ", callee: " : " (callee: ", callee);
    strbuf_add_text(out, caller.p || callee.p ? ")." : ".");
}

static void tell_hold(const struct case_of *m, struct strbuf *out)
{
    struct slice by = json_item_get(m->evidence, "held_by");

    strbuf_add_text(out, "That a side was not heard is meant: ");
    if (m->call->hold_count == 0) { /* so it was agreed on from the beginning */
        add_directions(m, out);
    } else if (story_says(by, "both")) {
        strbuf_add_text(out, "both put the call on hold.");
    } else if (by.p) {
        strbuf_add_text(out, "the ");
        json_item_add_raw(out, by);
        strbuf_add_text(out, " had put the call on hold.");
    } else {
        strbuf_add_text(out, "the SDP says so (hold, sendonly, recvonly or inactive).");
    }
}

static void tell_early(const struct case_of *m, struct strbuf *out)
{
    double callee = json_item_number(json_item_get(m->evidence, "early_packets"), "callee");
    double caller = json_item_number(json_item_get(m->evidence, "early_packets"), "caller");

    strbuf_add_text(out, "Sound was heard before the call was answered, and it never was");
    if (callee > 0 || caller > 0) {
        strbuf_add_text(out, ": ");
        add_packets(out, (int64_t)(callee > 0 ? callee : caller));
        strbuf_addf(out, " of the %s", callee > 0 ? "callee" : "caller");
    }
    strbuf_add_char(out, '.');
}

static void add_hosts(struct strbuf *out, struct slice hosts)
{
    struct slice host;

    for (unsigned i = 0; i < 2 && json_item_next(&hosts, &host); i++) {
        if (i)
            strbuf_add_text(out, " and ");
        story_add_json(out, host);
    }
}

static void tell_blind(const struct case_of *m, struct strbuf *out)
{
    struct slice pair = json_item_get(m->evidence, "pair");
    double calls = json_item_number(pair, "calls");

    if (story_says(json_item_get(m->evidence, "why"), "reports_of_unseen")) {
        strbuf_add_text(out, "The mirror hides a direction: receivers report (RTCP) on sound that "
                             "never passed the probe. The network is not to blame.");
        return;
    }
    strbuf_add_text(out, "The mirror hides a direction: ");
    if (calls > 0 && json_item_get(pair, "hosts").p) {
        strbuf_addf(out, "of %.0f calls between ", calls);
        add_hosts(out, json_item_get(pair, "hosts"));
        strbuf_add_text(out, " none was heard both ways");
    } else {
        strbuf_add_text(out, "no call between these hosts is heard both ways");
    }
    strbuf_add_text(out, ". The network is not to blame.");
}

static void tell_unknown(const struct case_of *m, struct strbuf *out)
{
    static const struct {
        const char *why, *words;
    } reasons[] = {
        { "too_short", "the call was too short" },
        { "no_media_anywhere", "the probe hears no sound of any call" },
        { "no_sdp", "no SDP was seen" },
        { "fax", "it was a fax" },
        { "direction_unknown", "whose sound it was cannot be told" },
        { "answer_unseen", "the answer was not seen" },
        { "pair_undecided",
          "one direction is missing, and it cannot be told yet whether it is the network or the "
          "mirror" },
    };
    struct slice why = json_item_get(m->evidence, "why");

    for (size_t i = 0; i < COUNT(reasons); i++) {
        if (story_says(why, reasons[i].why)) {
            strbuf_addf(out, "Whether both were heard is not known: %s.", reasons[i].words);
            return;
        }
    }
    strbuf_add_text(out, "Whether both were heard is not known.");
}

static const struct {
    const char *verdict;
    void (*tell)(const struct case_of *m, struct strbuf *out);
} verdicts[] = {
    { "ok", tell_ok },
    { "no_rtp", tell_no_rtp },
    { "one_way", tell_one_way },
    { "wrong_address", tell_wrong_address },
    { "nat_unreachable", tell_nat },
    { "silent", tell_silent },
    { "on_hold", tell_hold },
    { "early_only", tell_early },
    { "capture_blind", tell_blind },
    { "unknown", tell_unknown },
};

static void tell_timeouts(const struct call_record *c, struct strbuf *out)
{
    struct slice array = c->media_timeouts, item;
    unsigned count = 0;

    while (json_item_next(&array, &item)) {
        double from = json_item_number(item, "from"), to = json_item_number(item, "to");
        bool caller = story_says(json_item_get(item, "direction"), "caller_to_callee");

        if (count++ > 0)
            continue;
        story_sentence(out);
        strbuf_addf(out, "The %s fell silent", caller ? "caller" : "callee");
        if (to > from) {
            strbuf_add_text(out, " for ");
            story_add_duration(out, (to - from) * 1000);
        } else {
            strbuf_add_text(out, " and did not come back");
        }
        strbuf_add_text(out, ": not one packet came.");
    }
    if (count > 1)
        strbuf_addf(out, " That happened %u times.", count);
}

/* Of a record without the word: the side of which no stream tells. */
static const char *find_silent(const struct call_record *c)
{
    bool caller = false, callee = false;

    for (size_t i = 0; i < c->stream_count; i++) {
        const struct stream_record *s = &c->streams[i];

        if (s->foreign_source == 1 || !(s->packets > 0))
            continue;
        caller = caller || story_is(s->direction, "caller_to_callee");
        callee = callee || story_is(s->direction, "callee_to_caller");
    }
    if (caller == callee)
        return NULL;
    return caller ? "callee" : "caller";
}

void story_verdict_tell(const struct story_tale *t, struct strbuf *out)
{
    struct case_of m = { .call = t->call, .evidence = t->call->media_evidence };
    struct slice silent = json_item_get(m.evidence, "silent_side");
    struct strbuf text = { 0 };

    if (silent.p)
        m.silent = story_says(silent, "caller") ? "caller" : "callee";
    else if (!m.evidence.p)
        m.silent = find_silent(t->call);
    m.other = m.silent ? opposite(m.silent) : NULL;
    for (size_t i = 0; i < COUNT(verdicts); i++) {
        if (story_is(t->call->media_verdict, verdicts[i].verdict))
            verdicts[i].tell(&m, &text);
    }
    if (text.len) {
        story_sentence(out);
        strbuf_add_slice(out, strbuf_slice(&text));
    }
    strbuf_fini(&text);
    tell_timeouts(t->call, out);
}
