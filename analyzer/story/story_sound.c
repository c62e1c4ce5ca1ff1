/*
 * story_sound - how each side was heard, where losses lie, and who else sent.
 */
#include "analyzer/story/story_part.h"

#include <math.h>

/* A share of packets under which nobody is told where it was lost. */
#define WORTH_SAYING_RATIO 0.01

/* The audio of that direction that has most packets; NULL: none. */
static const struct stream_record *find_main(const struct call_record *c, const char *direction)
{
    const struct stream_record *found = NULL;

    for (size_t i = 0; i < c->stream_count; i++) {
        const struct stream_record *s = &c->streams[i];

        if (s->foreign_source == 1 || !story_is(s->media, "audio") ||
            !story_is(s->direction, direction) || s->packets <= 0)
            continue;
        if (!found || s->packets > found->packets)
            found = s;
    }
    return found;
}

static void add_loss(struct strbuf *out, const struct stream_record *s)
{
    if (s->expected <= 0)
        return;
    if (s->lost > 0) {
        story_add_percent(out, (double)s->lost / (double)s->expected);
        strbuf_add_text(out, " lost");
    } else {
        strbuf_add_text(out, "nothing lost");
    }
}

static void add_figures(struct strbuf *out, const struct stream_record *s)
{
    if (s->codec.len)
        story_add_name(out, s->codec);
    else
        strbuf_add_text(out, "codec not known");
    if (s->srtp == 1)
        strbuf_add_text(out, ", encrypted");
    if (!isnan(s->mos_lq_jb200))
        strbuf_addf(out, ", MOS %.2f", s->mos_lq_jb200);
    if (s->expected > 0) {
        strbuf_add_text(out, ", ");
        add_loss(out, s);
    }
}

/* What the receiver misses besides what the probe misses. */
static void tell_behind(const struct stream_record *s, const char *listener, struct strbuf *out)
{
    double share = s->expected > 0 && s->rtcp_lost_after_probe > 0
                       ? (double)s->rtcp_lost_after_probe / (double)s->expected
                       : 0;

    if (story_is(s->rtcp_loss_side, "before_probe") && s->expected > 0 &&
        (double)s->lost / (double)s->expected >= WORTH_SAYING_RATIO)
        strbuf_add_text(out, " It was lost on the sender's side of the probe.");
    if (share < WORTH_SAYING_RATIO)
        return;
    strbuf_addf(out, " Behind the probe the %s lost another ", listener);
    story_add_percent(out, share);
    strbuf_add_text(out, ": it heard worse than that.");
}

/* Where somebody was not heard at all, no figure is what the other one heard. */
static void tell_direction(const struct call_record *c, const struct stream_record *s,
                           const char *speaker, const char *listener, struct strbuf *out)
{
    if (!s)
        return;
    story_sentence(out);
    if (c->one_way == 1) {
        strbuf_addf(out, "The %s's sound as it passed the probe: ", speaker);
        add_figures(out, s);
    } else if (isnan(s->mos_lq_jb200)) {
        strbuf_addf(out, "The %s's sound: ", speaker);
        add_figures(out, s);
    } else {
        strbuf_addf(out, "The %s heard the %s %s (", listener, speaker,
                    story_mos_word(s->mos_lq_jb200));
        add_figures(out, s);
        strbuf_add_char(out, ')');
    }
    strbuf_add_char(out, '.');
    tell_behind(s, listener, out);
}

static void tell_worst(const struct call_record *c, struct strbuf *out)
{
    if (c->bad_seconds <= 0)
        return;
    story_sentence(out);
    strbuf_add_text(out, "For ");
    story_add_counted(out, c->bad_seconds, "second");
    strbuf_add_text(out, " it was bad");
    if (!isnan(c->worst_10s_mos_lq))
        strbuf_addf(out, "; the worst ten in a row had MOS %.2f", c->worst_10s_mos_lq);
    strbuf_add_char(out, '.');
}

void story_sound_tell(const struct story_tale *t, struct strbuf *out)
{
    const struct call_record *c = t->call;

    tell_direction(c, find_main(c, "caller_to_callee"), "caller", "callee", out);
    tell_direction(c, find_main(c, "callee_to_caller"), "callee", "caller", out);
    tell_worst(c, out);
    if (c->fax == 1) {
        story_sentence(out);
        strbuf_add_text(out, "It carried a fax (T.38).");
    }
    if (c->foreign_sources > 0) {
        story_sentence(out);
        strbuf_add_text(out, "Somebody else sent to its ports too: ");
        story_add_counted(out, c->foreign_sources, "stream");
        strbuf_add_text(out, " that the SDP does not explain.");
    }
}
