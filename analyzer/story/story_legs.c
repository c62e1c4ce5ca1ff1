/*
 * story_legs - other calls that belong to it.
 */
#include "analyzer/base/json_item.h"
#include "analyzer/story/story_part.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { LEGS_TOLD_MAX = 4, LINKS_TOLD_MAX = 4, EVIDENCE_TOLD_MAX = 3 };

static void tell_links(const struct call_record *c, struct strbuf *out)
{
    static const struct {
        const char *link, *words;
    } kinds[] = {
        { "replaces", "It takes the place of call " },
        { "replaced_by", "Its place was taken by call " },
        { "joins", "It enters as a third party call " },
        { "joined_by", "It was entered as a third party by call " },
        { "transfers_to", "Its transfer became call " },
        { "referred_from", "It came of a transfer in call " },
    };
    struct slice array = c->links, item;

    for (unsigned n = 0; n < LINKS_TOLD_MAX && json_item_next(&array, &item); n++) {
        for (size_t i = 0; i < COUNT(kinds); i++) {
            if (!story_says(json_item_get(item, "link"), kinds[i].link))
                continue;
            story_sentence(out);
            strbuf_add_text(out, kinds[i].words);
            story_add_json(out, json_item_get(item, "call_id"));
            strbuf_add_text(out, json_item_get(item, "call").p ? "." : ", which was not seen.");
        }
    }
}

/* What a name that both carry is called; else the detail says it in words. */
static const char *name_of(struct slice by)
{
    static const struct {
        const char *by, *words;
    } names[] = {
        { "session_id", "the same Session-ID" }, { "icid", "the same charging id" },
        { "header", "a header names it" },       { "call_id", "a header names its Call-ID" },
        { "sound", "the same sound" },
    };

    for (size_t i = 0; i < COUNT(names); i++) {
        if (story_says(by, names[i].by))
            return names[i].words;
    }
    return NULL;
}

/* "dialled number: equal". */
static void add_fact(struct strbuf *out, struct slice by, struct slice detail)
{
    size_t from = out->len;

    story_add_json(out, by);
    for (; from < out->len; from++) {
        if (out->p[from] == '_')
            out->p[from] = ' ';
    }
    if (detail.len <= 2)
        return;
    strbuf_add_text(out, ": ");
    story_add_json(out, detail);
}

/* What speaks for it; what speaks against it stands beside the story. Where something is certain the
 * rest does not matter. */
static void add_evidence(struct slice array, bool certain, struct strbuf *out)
{
    struct slice item;
    unsigned told = 0;

    while (told < EVIDENCE_TOLD_MAX && json_item_next(&array, &item)) {
        struct slice by = json_item_get(item, "by"), detail = json_item_get(item, "detail");
        const char *words = name_of(by);

        if (!by.p || json_item_number(item, "weight") <= 0 || (certain && told && !words))
            continue;
        strbuf_add_text(out, told++ ? "; " : ": ");
        if (words)
            strbuf_add_text(out, words);
        else
            add_fact(out, by, detail);
    }
}

/* Which side of the machine between the two hurts. */
static void tell_added(const struct leg_record *leg, struct strbuf *out)
{
    bool loss = leg->loss_added_ratio > 0, delay = leg->delay_added_ms > 0;

    if (!loss && !delay)
        return;
    strbuf_add_text(out, " Between the two ");
    if (loss) {
        story_add_percent(out, leg->loss_added_ratio);
        strbuf_add_text(out, " of the packets are lost");
    }
    if (delay) {
        strbuf_add_text(out, loss ? " and " : "");
        story_add_duration(out, leg->delay_added_ms);
        strbuf_add_text(out, " are added");
    }
    strbuf_add_char(out, '.');
}

static void tell_leg(const struct call_record *c, const struct leg_record *leg, struct strbuf *out)
{
    bool first = leg->call_a == c->id;

    story_sentence(out);
    strbuf_add_text(out, "Call ");
    story_add_name(out, first ? leg->call_id_b : leg->call_id_a);
    strbuf_add_text(out, first ? " goes on from it: another leg of the same conversation"
                               : " stands before it: another leg of the same conversation");
    if (leg->certain == 1)
        strbuf_add_text(out, " (certain");
    else if (!isnan(leg->score))
        strbuf_addf(out, " (likely, %.2f", leg->score);
    else
        strbuf_add_text(out, " (likely");
    add_evidence(leg->evidence, leg->certain == 1, out);
    strbuf_add_text(out, ").");
    tell_added(leg, out);
}

void story_legs_tell(const struct story_tale *t, struct strbuf *out)
{
    const struct call_record *c = t->call;
    unsigned told = 0;

    for (size_t i = 0; t->scene && i < t->scene->leg_count && told < LEGS_TOLD_MAX; i++) {
        const struct leg_record *leg = &t->scene->legs[i];

        if (leg->call_a != c->id && leg->call_b != c->id)
            continue;
        tell_leg(c, leg, out);
        told++;
    }
    tell_links(c, out);
    if (c->sightings > 0) {
        story_sentence(out);
        story_add_counted(out, c->sightings, "message");
        strbuf_add_text(out, c->sightings == 1 ? " of it was" : " of it were");
        strbuf_add_text(out, " seen at another point of the path as well.");
    }
}
