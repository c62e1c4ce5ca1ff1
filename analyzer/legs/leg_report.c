#include "analyzer/legs/leg_report.h"

#include "analyzer/legs/leg_media.h"
#include "analyzer/legs/leg_score.h"
#include "analyzer/record_id.h"

#include <stdio.h>

#define NS_PER_S INT64_C(1000000000)
/* A machine may let one leg linger while it sets up the next (a transfer). */
#define LINGER_NS (2 * NS_PER_S)

static void write_evidence(struct jsonw *j, struct slice by, struct slice detail)
{
    jsonw_object_open(j);
    jsonw_key(j, "by");
    jsonw_text(j, by);
    jsonw_key(j, "weight");
    jsonw_int(j, 1);
    jsonw_key(j, "detail");
    jsonw_text(j, detail);
    jsonw_object_close(j);
}

/* A name outlives no conversation: in a later call it is another's, or a constant. */
static bool overlap(const struct leg_call *x, const struct leg_call *y)
{
    const struct leg_call *earlier = x->start <= y->start ? x : y;
    const struct leg_call *later = earlier == x ? y : x;

    return earlier->end == RECORD_NONE || later->start <= earlier->end + LINGER_NS;
}

/* A value that all calls of a trunk carry while there are few of them: the hosts are the same, and
 * what was dialled is not. */
static bool is_side_by_side(const struct leg_call *x, const struct leg_call *y)
{
    return !addr_is_unspecified(&x->src) && addr_ip_eq(&x->src, &y->src) &&
           addr_ip_eq(&x->dst, &y->dst) &&
           leg_number_compare(x->request, y->request) == LEG_DIFFERENT;
}

static bool counts(const struct leg_book *b, const struct leg_key *x, const struct leg_key *y)
{
    if (!leg_key_ties(x, y) || leg_key_is_common(&b->keys, x))
        return false;
    return x->kind != LEG_KEY_HEADER || y->kind != LEG_KEY_HEADER ||
           !is_side_by_side(x->call, y->call);
}

static void write_name(const struct leg_book *b, const struct leg_key *x, const struct leg_key *y,
                       struct jsonw *j)
{
    const struct leg_key *key = x->kind == LEG_KEY_HEADER ? x : y;

    if (key->kind == LEG_KEY_HEADER)
        write_evidence(j, b->options.headers[key->header],
                       x->kind != y->kind ? SLICE("names the other's Call-ID")
                                          : SLICE("the same value in both"));
    else
        write_evidence(j, slice_of_text(leg_key_text((enum leg_key_kind)key->kind)),
                       SLICE("the same in both"));
}

bool leg_report_names(const struct leg_book *b, const struct leg_call *x, const struct leg_call *y,
                      struct jsonw *j)
{
    const struct leg_keys *k = &b->keys;
    bool found = false;

    if (!overlap(x, y))
        return false;
    for (uint32_t i = x->first_key; i; i = k->keys[i].next_of_call) {
        for (uint32_t n = y->first_key; n; n = k->keys[n].next_of_call) {
            if (!counts(b, &k->keys[i], &k->keys[n]))
                continue;
            found = true;
            if (j)
                write_name(b, &k->keys[i], &k->keys[n], j);
        }
    }
    return found;
}

static void write_all_evidence(struct leg_book *b, const struct leg_pair *p,
                               const struct leg_score *score)
{
    struct jsonw j = jsonw_to(&b->evidence);
    char detail[64];
    unsigned prints;

    strbuf_reset(&b->evidence);
    jsonw_array_open(&j);
    leg_report_names(b, p->calls[0], p->calls[1], &j);
    if (leg_media_proves(p, &prints)) {
        snprintf(detail, sizeof detail, "%u equal pieces of sound, in order", prints);
        write_evidence(&j, SLICE("sound"), slice_of_text(detail));
    }
    leg_score_write(score, &j);
    jsonw_array_close(&j);
}

/* The same whoever is told first, and every time. */
static uint64_t pair_id(const struct leg_pair *p, int64_t time_ns)
{
    static const struct siphash_key fixed = { { 0, 0 } };
    uint64_t ids[2] = { p->calls[0]->id, p->calls[1]->id };

    return record_id_make(time_ns, siphash(&fixed, ids, sizeof ids));
}

void leg_report_tell(struct leg_book *b, struct leg_pair *p)
{
    const struct leg_call *older = p->calls[0], *younger = p->calls[1];
    struct leg_record record;
    struct leg_media_worst worst;
    struct leg_score score;
    struct jsonw j = jsonw_to(&b->media);
    unsigned streams;

    p->told_group = p->joined ? older->group : 0;
    if (!b->options.record)
        return;
    leg_score_pair(&score, &b->hosts, older, younger);
    record_clear(&record_type_leg, &record);
    record.time = younger->start > older->start ? younger->start : older->start;
    record.id = pair_id(p, record.time);
    record.leg_group = p->told_group;
    record.call_a = older->id;
    record.call_b = younger->id;
    record.call_id_a = leg_call_call_id(older);
    record.call_id_b = leg_call_call_id(younger);
    record.certain = p->certain;
    record.score = p->certain ? 1 : p->score;
    write_all_evidence(b, p, &score);
    record.evidence = strbuf_slice(&b->evidence);
    strbuf_reset(&b->media);
    jsonw_array_open(&j);
    streams = leg_media_write(p, &j, &worst);
    jsonw_array_close(&j);
    if (streams) {
        record.media = strbuf_slice(&b->media);
        record.loss_added_ratio = worst.loss_added_ratio;
        record.delay_added_ms = worst.delay_added_ms;
    }
    if (!b->evidence.failed && !b->media.failed)
        b->options.record(b->options.ctx, &record_type_leg, &record);
}
