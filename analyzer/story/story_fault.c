/*
 * story_fault - why it failed, by whose word, and where its messages break the standard.
 */
#include "analyzer/base/json_item.h"
#include "analyzer/deviation_table.h"
#include "analyzer/story/story_part.h"

#include <math.h>

enum { DEVIATIONS_TOLD_MAX = 5 };

/* Who says it is the evidence: nobody is blamed beyond that. */
static void tell_status(const struct call_record *c, struct strbuf *out)
{
    const char *words = story_status_words(c->final_status);

    if (!words)
        return;
    story_sentence(out);
    if (story_knows(&c->dst))
        story_add_addr(out, &c->dst);
    else
        strbuf_add_text(out, "The other side");
    strbuf_addf(out, " says: %s", words);
    if (c->final_status == 401 || c->final_status == 407)
        strbuf_addf(out, " (%lld INVITE%s)", (long long)c->invite_count,
                    c->invite_count == 1 ? " was sent" : "s were sent");
    strbuf_add_char(out, '.');
}

/* Nothing final, and nothing at all maybe. */
static void tell_no_response(const struct call_record *c, struct strbuf *out)
{
    bool nothing = isnan(c->post_dial_delay_ms) && c->first_18x_time == RECORD_NONE;

    if (c->invite_time == RECORD_NONE || !story_knows(&c->dst))
        return;
    story_sentence(out);
    strbuf_add_text(out, nothing ? "No answer of " : "No final answer of ");
    story_add_addr(out, &c->dst);
    strbuf_add_text(out, " passed the probe");
    if (c->retransmissions > 0) {
        strbuf_add_text(out, ", though messages were repeated ");
        story_add_counted(out, c->retransmissions, "time");
    }
    strbuf_add_char(out, '.');
}

void story_fault_failure(const struct story_tale *t, struct strbuf *out)
{
    const struct call_record *c = t->call;

    if (c->answer_time != RECORD_NONE || story_is(c->state, "cancelled") ||
        story_is(c->state, "completed") || story_is(c->state, "in_call"))
        return;
    if (c->final_status != RECORD_NONE)
        tell_status(c, out);
    else if (story_is(c->state, "abandoned") || story_is(c->ended_how, "timeout"))
        tell_no_response(c, out);
}

/* before: the one that was told just now, of the other side maybe; NULL: none. */
static void tell_deviation(struct slice item, const struct deviation_row *row,
                           const struct deviation_row *before, struct strbuf *out)
{
    struct slice detail = json_item_get(item, "detail");
    double count = json_item_number(item, "count");
    size_t len = strlen(row->sentence);

    story_sentence(out);
    if (row == before)
        strbuf_add_text(out, "The other side does the same");
    else
        strbuf_add(out, row->sentence, len - 1); /* its full stop comes behind */
    strbuf_add_text(out, " (");
    if (detail.len > 2) {
        json_item_add_raw(out, detail);
        strbuf_add_text(out, "; ");
    }
    if (count > 1)
        strbuf_addf(out, "%.0f times; ", count);
    strbuf_addf(out, "%s).", row->clause);
}

void story_fault_deviations(const struct story_tale *t, struct strbuf *out)
{
    struct slice array = t->call->deviations, item;
    const struct deviation_row *before = NULL;
    unsigned told = 0, left = 0;

    while (json_item_next(&array, &item)) {
        struct slice name = json_item_get(item, "deviation");
        const struct deviation_row *row =
            name.len > 2 ? deviation_find(slice_of(name.p + 1, name.len - 2)) : NULL;

        if (!row)
            continue;
        if (told == DEVIATIONS_TOLD_MAX) {
            left++;
            continue;
        }
        told++;
        tell_deviation(item, row, before, out);
        before = row;
    }
    if (left) {
        story_sentence(out);
        strbuf_addf(out, "It breaks the standard in %u more way%s.", left, left == 1 ? "" : "s");
    }
}
