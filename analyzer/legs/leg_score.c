#include "analyzer/legs/leg_score.h"

#include <math.h>
#include <stdio.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)
/* A mirror may deliver the two sides in another order, by as much. */
#define SKEW_NS (20 * NS_PER_MS)
/* From the caller's INVITE to the next one: look-ups, credentials, a trunk that is tried first. */
#define REACH_NS (5 * NS_PER_S)

/* What a distance in time is worth: the first row that it lies within. */
struct nearness {
    int64_t within_ns;
    double weight;
    const char *detail;
};

/*
 * Of legs some 85 % follow within a quarter of a second; of strangers within reach 5 %. From two
 * seconds on it is the other way round.
 */
static const struct nearness start_nearness[] = {
    { 250 * NS_PER_MS, 0.30, "begins at once" },
    { NS_PER_S, 0.15, "begins soon after" },
    { 2 * NS_PER_S, 0, "begins after" },
    { INT64_MAX, -0.15, "begins long after" },
};
/* 180 is passed on at once, unless the machine rings by itself before it has asked anybody. */
static const struct nearness ring_nearness[] = {
    { 250 * NS_PER_MS, 0.20, "rings together" },
    { NS_PER_S, 0.05, "rings nearly together" },
    { 2 * NS_PER_S, 0, "rings about the same time" },
    { INT64_MAX, -0.10, "rings at another time" },
};
/* 200 is passed on at once; people answer at any second of thirty. */
static const struct nearness answer_nearness[] = {
    { 250 * NS_PER_MS, 0.35, "answered together" },
    { NS_PER_S, 0.15, "answered nearly together" },
    { 2 * NS_PER_S, -0.10, "answered one after the other" },
    { INT64_MAX, -0.50, "answered at another time" },
};
static const struct nearness failure_nearness[] = {
    { 250 * NS_PER_MS, 0.25, "refused together" },
    { NS_PER_S, 0.10, "refused nearly together" },
    { 2 * NS_PER_S, -0.10, "refused one after the other" },
    { INT64_MAX, -0.40, "refused at another time" },
};
/* BYE is passed on at once, too; and calls last for seconds to hours. */
static const struct nearness end_nearness[] = {
    { 250 * NS_PER_MS, 0.35, "end together" },
    { NS_PER_S, 0.20, "end nearly together" },
    { 2 * NS_PER_S, -0.10, "end one after the other" },
    { INT64_MAX, -0.50, "end at another time" },
};
/* Once answer and end agree it follows; where a capture shows one of them late it helps. */
static const struct nearness duration_nearness[] = {
    { 300 * NS_PER_MS, 0.05, "as long" },
    { 2 * NS_PER_S, 0, "nearly as long" },
    { INT64_MAX, -0.10, "longer or shorter" },
};

/* Of a few hundred numbers in use a stranger dials the same once in hundreds; the shorter what
 * agrees, the more there are. A machine may translate what was dialled (hunt groups, 0800). */
static const double dialled_weights[LEG_LIKENESS_COUNT] = {
    [LEG_DIFFERENT] = -0.40, [LEG_ENDS_ALIKE] = 0.25, [LEG_SHORT] = 0.30,
    [LEG_TAIL] = 0.45,       [LEG_EQUAL] = 0.55,
};
/* Callers are often written over with the trunk's main number: a difference says little, and an
 * equal one may be that main number. */
static const double caller_weights[LEG_LIKENESS_COUNT] = {
    [LEG_DIFFERENT] = -0.20, [LEG_ENDS_ALIKE] = 0.20, [LEG_SHORT] = 0.20,
    [LEG_TAIL] = 0.35,       [LEG_EQUAL] = 0.45,
};

enum { CALL_ID_CONTAINED_BYTES = 12, SIP_CANCELLED = 487 };

static void set(struct leg_score *s, enum leg_fact fact, double weight, const char *detail)
{
    s->facts[fact] = (struct leg_fact_found){ detail, weight, RECORD_NONE };
}

static void set_near(struct leg_score *s, enum leg_fact fact, const struct nearness *rows,
                     int64_t apart_ns)
{
    int64_t distance = apart_ns < 0 ? -apart_ns : apart_ns;

    while (distance > rows->within_ns)
        rows++;
    s->facts[fact] = (struct leg_fact_found){ rows->detail, rows->weight, apart_ns };
}

static enum leg_likeness best(const struct leg_number *a, size_t count_a,
                              const struct leg_number *b, size_t count_b)
{
    enum leg_likeness found = LEG_UNKNOWN;

    for (size_t i = 0; i < count_a; i++) {
        for (size_t k = 0; k < count_b; k++) {
            enum leg_likeness likeness = leg_number_compare(a[i], b[k]);

            if (likeness > found)
                found = likeness;
        }
    }
    return found;
}

static void judge_numbers(struct leg_score *s)
{
    const struct leg_call *a = s->a, *b = s->b;
    const struct leg_number dialled_a[] = { a->request, a->to },
                            dialled_b[] = { b->request, b->to };
    const struct leg_number caller_a[] = { a->from, a->asserted };
    const struct leg_number caller_b[] = { b->from, b->asserted };
    enum leg_likeness likeness = best(dialled_a, 2, dialled_b, 2);
    enum leg_likeness diverted = best(dialled_a, 2, &b->diverted, 1);

    if (likeness < LEG_ENDS_ALIKE && diverted > LEG_DIFFERENT)
        set(s, LEG_FACT_DIALLED, 0.40, "diverted from what the other dialled");
    else if (likeness != LEG_UNKNOWN)
        set(s, LEG_FACT_DIALLED, dialled_weights[likeness], leg_likeness_text(likeness));
    likeness = best(caller_a, 2, caller_b, 2);
    if (likeness != LEG_UNKNOWN)
        set(s, LEG_FACT_CALLER, caller_weights[likeness], leg_likeness_text(likeness));
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Some machines make the new Call-ID of the old one, with something before it or behind. */
static bool contains(struct slice whole, struct slice part)
{
    if (part.len < CALL_ID_CONTAINED_BYTES || part.len >= whole.len)
        return false;
    for (size_t i = 0; i + part.len <= whole.len; i++) {
        size_t end = i + part.len;

        if (memcmp(whole.p + i, part.p, part.len) == 0 &&
            (i == 0 || !is_word(whole.p[i - 1]) || !is_word(part.p[0])) &&
            (end == whole.len || !is_word(whole.p[end]) || !is_word(part.p[part.len - 1])))
            return true;
    }
    return false;
}

static void judge_call_ids(struct leg_score *s)
{
    struct slice a = leg_call_call_id(s->a), b = leg_call_call_id(s->b);

    if (contains(a, b) || contains(b, a))
        set(s, LEG_FACT_CALL_ID, 0.60, "one Call-ID stands within the other");
}

/*
 * Who received a sends b. Calls that run side by side, from one host to one port of another, are no
 * legs of each other. Where all live on one host (a laboratory) the ports tell.
 */
static void judge_chain(struct leg_score *s, const struct leg_hosts *hosts)
{
    const struct leg_call *a = s->a, *b = s->b;
    bool same_source = addr_ip_eq(&a->src, &b->src), same_target = addr_ip_eq(&a->dst, &b->dst);

    if (addr_is_unspecified(&a->dst) || addr_is_unspecified(&b->src))
        return;
    if (same_source && addr_eq(&a->dst, &b->dst))
        set(s, LEG_FACT_CHAIN, -2, "side by side between the same hosts");
    else if (same_source && same_target ? addr_eq(&a->dst, &b->src) : addr_ip_eq(&a->dst, &b->src))
        set(s, LEG_FACT_CHAIN, 0.15, "who received the one sent the other");
    else if (leg_hosts_known(hosts, &a->dst, &b->src))
        set(s, LEG_FACT_CHAIN, 0.15, "who received the one is known to send on from there");
    else if (same_source)
        set(s, LEG_FACT_CHAIN, -0.25, "sent by the same host");
    else if (same_target)
        set(s, LEG_FACT_CHAIN, -0.25, "sent to the same host");
    else
        set(s, LEG_FACT_CHAIN, -0.05, "no host is in both");
}

/* Who leaves the media alone passes on its address; some pass on the session's name as well. Load
 * generators give all calls the same, so that it decides nothing alone. */
static void judge_sdp(struct leg_score *s)
{
    const struct leg_call *a = s->a, *b = s->b;

    if ((a->offer.media && a->offer.media == b->offer.media) ||
        (a->answered.media && a->answered.media == b->answered.media))
        set(s, LEG_FACT_MEDIA_ADDRESS, 0.50, "the same media address and port");
    else if (a->answered.host && a->answered.host == b->offer.host)
        set(s, LEG_FACT_MEDIA_HOST, 0.10, "one host relays the media of both");
    if (a->offer.origin && a->offer.origin == b->offer.origin)
        set(s, LEG_FACT_ORIGIN, s->facts[LEG_FACT_MEDIA_ADDRESS].detail ? 0.10 : 0.40,
            "the same SDP session");
}

/* One was answered and the other not: a branch that was tried before, or given up as another one
 * answered; or a stranger. */
static void judge_mismatch(struct leg_score *s)
{
    const struct leg_call *a = s->a, *b = s->b;
    int64_t apart = leg_call_answered(a) ? b->settled - a->answer : a->settled - b->answer;

    if (leg_call_answered(b))
        set(s, LEG_FACT_ANSWER, -0.60, "the later one was answered, the earlier one not");
    else if (apart > NS_PER_S)
        set(s, LEG_FACT_ANSWER, -0.60, "refused after the other was answered");
    else if (s->facts[LEG_FACT_CHAIN].weight <= 0) /* nobody is seen who could have tried both */
        set(s, LEG_FACT_ANSWER, -0.60, "one was answered, the other was not");
    else if (apart >= -SKEW_NS && b->final_status == SIP_CANCELLED)
        set(s, LEG_FACT_ANSWER, 0.10, "given up as the other was answered");
    else
        set(s, LEG_FACT_ANSWER, -0.10, "refused before the other was answered");
}

static void judge_failures(struct leg_score *s)
{
    const struct leg_call *a = s->a, *b = s->b;

    set_near(s, LEG_FACT_FAILURE, failure_nearness, b->settled - a->settled);
    if (a->final_status && b->final_status)
        s->facts[LEG_FACT_FAILURE].weight += a->final_status == b->final_status ? 0.10 : -0.05;
}

/* The 200 of b makes that of a, unless the machine answers by itself (an announcement, a queue). */
static void judge_answers(struct leg_score *s)
{
    int64_t apart = s->b->answer - s->a->answer;

    set_near(s, LEG_FACT_ANSWER, answer_nearness, apart);
    if (apart > SKEW_NS && s->facts[LEG_FACT_ANSWER].weight > -0.15) {
        s->facts[LEG_FACT_ANSWER].weight = -0.15;
        s->facts[LEG_FACT_ANSWER].detail = "answered in the wrong order";
    }
}

/* Both must have come so far; one that waits long for what the other has is no leg of it. */
static void judge_outcome(struct leg_score *s)
{
    const struct leg_call *a = s->a, *b = s->b;
    bool known_a = a->phase >= LEG_SETTLED, known_b = b->phase >= LEG_SETTLED;

    if (leg_call_answered(a) && leg_call_answered(b))
        judge_answers(s);
    else if (!known_a || !known_b)
        return;
    else if (leg_call_answered(a) || leg_call_answered(b))
        judge_mismatch(s);
    else
        judge_failures(s);
}

/* Who hung up is passed on in that order. */
static void judge_end(struct leg_score *s)
{
    const struct leg_call *a = s->a, *b = s->b;
    int64_t apart;

    if (!leg_call_answered(a) || !leg_call_answered(b) || a->end == RECORD_NONE ||
        b->end == RECORD_NONE)
        return;
    apart = b->end - a->end;
    set_near(s, LEG_FACT_END, end_nearness, apart);
    set_near(s, LEG_FACT_DURATION, duration_nearness, (b->end - b->answer) - (a->end - a->answer));
    if (!a->ended_by || !b->ended_by)
        return;
    if (a->ended_by != b->ended_by)
        set(s, LEG_FACT_ENDED_BY, -0.40, "another side hung up");
    else if (a->ended_by == LEG_CALLER ? apart >= -SKEW_NS : apart <= SKEW_NS)
        set(s, LEG_FACT_ENDED_BY, 0.05, "the same side hung up, in that order");
}

static void judge(struct leg_score *s, const struct leg_hosts *hosts, const struct leg_call *a,
                  const struct leg_call *b)
{
    memset(s, 0, sizeof *s);
    s->a = a;
    s->b = b;
    set_near(s, LEG_FACT_START, start_nearness, b->start - a->start);
    if (leg_call_answered(a) && b->start > a->answer + SKEW_NS)
        set(s, LEG_FACT_START, -0.30, "begins after the other was answered");
    judge_numbers(s);
    judge_call_ids(s);
    judge_chain(s, hosts);
    judge_sdp(s);
    if (a->ring != RECORD_NONE && b->ring != RECORD_NONE)
        set_near(s, LEG_FACT_RING, ring_nearness, b->ring - a->ring);
    judge_outcome(s);
    judge_end(s);
    s->sum = LEG_PRIOR;
    for (int i = 0; i < LEG_FACT_COUNT; i++)
        s->sum += s->facts[i].weight;
}

static bool begins_first(const struct leg_call *x, const struct leg_call *y)
{
    return x->start != y->start ? x->start < y->start : x->id < y->id;
}

void leg_score_pair(struct leg_score *out, const struct leg_hosts *hosts, const struct leg_call *x,
                    const struct leg_call *y)
{
    const struct leg_call *a = begins_first(x, y) ? x : y, *b = a == x ? y : x;
    struct leg_score turned;

    judge(out, hosts, a, b);
    if (b->start - a->start > SKEW_NS)
        return;
    judge(&turned, hosts, b, a);
    if (turned.facts[LEG_FACT_CHAIN].weight > out->facts[LEG_FACT_CHAIN].weight)
        *out = turned;
}

double leg_score_likelihood(double sum)
{
    return 1 / (1 + pow(10, -4 * sum));
}

int64_t leg_score_reach_ns(void)
{
    return REACH_NS;
}

void leg_score_write(const struct leg_score *s, struct jsonw *j)
{
    static const char *const names[LEG_FACT_COUNT] = {
#define X(name, text) text,
        LEG_FACTS(X)
#undef X
    };
    char detail[96];

    for (int i = 0; i < LEG_FACT_COUNT; i++) {
        const struct leg_fact_found *f = &s->facts[i];

        if (!f->detail)
            continue;
        jsonw_object_open(j);
        jsonw_key(j, "by");
        jsonw_text(j, slice_of_text(names[i]));
        jsonw_key(j, "weight");
        jsonw_real(j, f->weight, 2);
        jsonw_key(j, "detail");
        if (f->apart_ns == RECORD_NONE) {
            jsonw_text(j, slice_of_text(f->detail));
        } else {
            int64_t ms = (f->apart_ns < 0 ? -f->apart_ns : f->apart_ns) / NS_PER_MS;

            snprintf(detail, sizeof detail, "%s: %lld ms apart", f->detail, (long long)ms);
            jsonw_text(j, slice_of_text(detail));
        }
        jsonw_object_close(j);
    }
}
