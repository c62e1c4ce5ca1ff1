#include "probe/web/metrics.h"

static void write_spread(struct exposition *e, const struct tally_calls *calls,
                         enum tally_what what, const char *family, const char *help)
{
    const struct tally_spread *s = &calls->spreads[what];

    exposition_begin(e, family, EXPOSITION_HISTOGRAM, help);
    exposition_buckets(e, tally_bounds[what], s->buckets, s->sum, s->count);
}

static void write_outcomes(struct exposition *e, const struct tally_calls *calls)
{
    exposition_begin(e, "earshot_calls", EXPOSITION_COUNTER,
                     "Calls whose outcome is known, by outcome.");
    for (unsigned i = 0; i < TALLY_OUTCOMES; i++) {
        exposition_label(e, 0, "outcome", slice_of_text(tally_outcome_name(i)));
        exposition_count(e, calls->outcomes[i]);
    }
    exposition_begin(e, "earshot_calls_effective", EXPOSITION_COUNTER,
                     "Of these, those for which the network did its part (ITU-T E.425): "
                     "answered, busy, given up while ringing, refused by the callee.");
    exposition_count(e, calls->effective);
    exposition_begin(e, "earshot_calls_one_way", EXPOSITION_COUNTER,
                     "Calls that ended and were heard in one direction only.");
    exposition_count(e, calls->one_way);
}

static void write_responses(struct exposition *e, const struct tally_calls *calls)
{
    static const char *const classes[] = { NULL, NULL, "2xx", "3xx", "4xx", "5xx", "6xx" };

    exposition_begin(e, "earshot_sip_responses", EXPOSITION_COUNTER,
                     "Final responses to INVITE, by method and class.");
    for (size_t i = 2; i < sizeof classes / sizeof classes[0]; i++) {
        exposition_label(e, 0, "method", SLICE("INVITE"));
        exposition_label(e, 1, "class", slice_of_text(classes[i]));
        exposition_count(e, calls->statuses[i]);
    }
    exposition_begin(e, "earshot_sip_unanswered", EXPOSITION_COUNTER,
                     "Calls without any final response.");
    exposition_count(e, calls->statuses[0]);
}

static void label_trunk(struct exposition *e, const struct tally_trunk *t)
{
    exposition_label(e, 0, "trunk", slice_of_text(t->name));
    exposition_label(e, 1, "direction", t->is_outbound ? SLICE("out") : SLICE("in"));
}

static void write_trunk_counts(struct exposition *e, const struct tally_calls *calls)
{
    static const struct {
        const char *family, *help;
        size_t offset;
    } rows[] = {
        { "earshot_trunk_calls", "Calls by a trunk whose outcome is known.",
          offsetof(struct tally_trunk, settled) },
        { "earshot_trunk_calls_answered", "Of these, those that were answered: ASR is their share.",
          offsetof(struct tally_trunk, answered) },
        { "earshot_trunk_calls_effective",
          "Of these, those for which the network did its part: NER is their share (ITU-T E.425).",
          offsetof(struct tally_trunk, effective) },
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        exposition_begin(e, rows[r].family, EXPOSITION_COUNTER, rows[r].help);
        for (size_t i = 0; i < calls->trunk_count; i++) {
            const struct tally_trunk *t = &calls->trunks[i];
            uint64_t count;

            memcpy(&count, (const char *)t + rows[r].offset, sizeof count);
            label_trunk(e, t);
            exposition_count(e, count);
        }
    }
}

static void write_trunk_sums(struct exposition *e, const struct tally_calls *calls)
{
    static const struct {
        const char *family, *help;
        size_t offset;
    } rows[] = {
        { "earshot_trunk_post_dial_delay_seconds",
          "From INVITE to the first ringing, of calls by a trunk.",
          offsetof(struct tally_trunk, delay_s) },
        { "earshot_trunk_mos", "MOS of the worst stream of each call by a trunk.",
          offsetof(struct tally_trunk, mos) },
        { "earshot_trunk_call_duration_seconds",
          "Talking time of answered calls by a trunk: ACD is their mean.",
          offsetof(struct tally_trunk, duration_s) },
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        exposition_begin(e, rows[r].family, EXPOSITION_SUMMARY, rows[r].help);
        for (size_t i = 0; i < calls->trunk_count; i++) {
            const struct tally_trunk *t = &calls->trunks[i];
            struct tally_sum sum;

            memcpy(&sum, (const char *)t + rows[r].offset, sizeof sum);
            label_trunk(e, t);
            exposition_sum(e, sum.sum, sum.count);
        }
    }
}

void metrics_write_calls(struct exposition *e, const struct tally_calls *calls)
{
    write_outcomes(e, calls);
    write_responses(e, calls);
    write_spread(e, calls, TALLY_DURATION_S, "earshot_call_duration_seconds",
                 "Talking time of answered calls that ended.");
    write_spread(e, calls, TALLY_DELAY_S, "earshot_post_dial_delay_seconds",
                 "From INVITE to the first ringing (180, 183, or the answer).");
    write_spread(e, calls, TALLY_MOS, "earshot_call_mos",
                 "MOS (listening quality, ITU-T G.107) of the worst stream of each call.");
    write_spread(e, calls, TALLY_LOSS, "earshot_rtp_loss_ratio",
                 "Lost of expected packets of the worst stream of each call.");
    write_spread(e, calls, TALLY_JITTER_S, "earshot_rtp_jitter_seconds",
                 "95th percentile of the jitter (RFC 3550) of the worst stream of each call.");
    exposition_begin(e, "earshot_rtp_packets", EXPOSITION_COUNTER,
                     "RTP packets of the calls that ended.");
    exposition_count(e, calls->rtp_packets);
    write_trunk_counts(e, calls);
    write_trunk_sums(e, calls);
}
