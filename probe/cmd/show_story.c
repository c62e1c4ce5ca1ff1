#include "probe/cmd/show_story.h"

#include "analyzer/base/json_item.h"
#include "analyzer/deviation_table.h"
#include "probe/cmd/call_line.h"
#include "probe/cmd/show_call.h"

#include <math.h>

enum { WIDTH_LEAST = 40, WIDTH_MOST = 110 };

/* ---- the story ---- */

static size_t columns(struct slice word)
{
    size_t n = 0;

    for (size_t i = 0; i < word.len; i++)
        n += ((unsigned char)word.p[i] & 0xc0) != 0x80;
    return n;
}

static void add_wrapped(struct strbuf *out, struct slice text, size_t width)
{
    size_t used = 0;

    while (text.len) {
        struct slice word = slice_cut(&text, ' ');
        size_t len = columns(word);

        if (used && used + 1 + len > width) {
            strbuf_add_char(out, '\n');
            used = 0;
        }
        if (used)
            strbuf_add_char(out, ' ');
        strbuf_add_slice(out, word);
        used += len + (used > 0);
    }
    strbuf_add_char(out, '\n');
}

void show_story_add(struct strbuf *out, const struct call_record *call,
                    const struct story_scene *scene, size_t width)
{
    width = width < WIDTH_LEAST ? WIDTH_LEAST : width > WIDTH_MOST ? WIDTH_MOST : width;
    for (int part = 0; part < STORY_PART_COUNT; part++) {
        struct strbuf text = { 0 }, shown = { 0 };

        story_add_part(&text, (enum story_part)part, call, scene);
        strbuf_add_printable(&shown, strbuf_slice(&text));
        if (shown.len)
            add_wrapped(out, strbuf_slice(&shown), width);
        strbuf_fini(&text);
        strbuf_fini(&shown);
    }
}

/* ---- what the verdict rests on ---- */

static void add_place(struct strbuf *out, const char *before, struct slice object, const char *side)
{
    struct slice addr = json_item_get(object, side);

    if (!addr.p)
        return;
    strbuf_add_text(out, before);
    json_item_add_text(out, addr);
}

static void add_side(struct strbuf *out, struct slice evidence, const char *side, const char *name)
{
    double packets = json_item_number(json_item_get(evidence, "packets"), side);
    double early = json_item_number(json_item_get(evidence, "early_packets"), side);

    show_call_fact(out, name);
    strbuf_addf(out, "%s sent %.0f packet%s", side, isnan(packets) ? 0 : packets,
                packets == 1 ? "" : "s");
    if (early > 0)
        strbuf_addf(out, " (and %.0f before the answer)", early);
    add_place(out, " from ", json_item_get(evidence, "arrived_from"), side);
    add_place(out, " to ", json_item_get(evidence, "went_to"), side);
    add_place(out, "; its SDP asks for ", json_item_get(evidence, "announced"), side);
    add_place(out, ", ", json_item_get(evidence, "directions"), side);
    strbuf_add_char(out, '\n');
}

static void add_verdict(struct strbuf *out, const struct call_record *call)
{
    struct slice evidence = call->media_evidence, why = json_item_get(evidence, "why");

    if (!evidence.p)
        return;
    show_call_fact(out, "Verdict");
    strbuf_add_printable(out, call->media_verdict.p ? call->media_verdict : SLICE("-"));
    if (why.p) {
        strbuf_add_text(out, ": ");
        json_item_add_text(out, why);
    }
    if (json_item_is_true(evidence, "provisional"))
        strbuf_add_text(out, " (may be judged otherwise when it ends)");
    strbuf_add_char(out, '\n');
    add_side(out, evidence, "caller", "");
    add_side(out, evidence, "callee", "");
}

/* ---- lists ---- */

static void add_by(struct strbuf *out, struct slice item)
{
    struct slice by = json_item_get(item, "by");

    if (!by.p)
        return;
    strbuf_add_text(out, "  by the ");
    json_item_add_text(out, by);
}

static void add_detail(struct strbuf *out, const char *before, struct slice item)
{
    struct slice detail = json_item_get(item, "detail");

    if (detail.len <= 2)
        return;
    strbuf_add_text(out, before);
    json_item_add_text(out, detail);
}

static void add_time(struct strbuf *out, struct slice item)
{
    show_call_clock(out, json_item_time(json_item_number(item, "t")));
    strbuf_add_text(out, "  ");
}

static void add_deviations(struct strbuf *out, const struct call_record *call)
{
    struct slice array = call->deviations, item;
    const char *name = "Deviations";

    for (; json_item_next(&array, &item); name = "") {
        struct slice what = json_item_get(item, "deviation");
        double count = json_item_number(item, "count");
        const struct deviation_row *row =
            what.len > 2 ? deviation_find(slice_of(what.p + 1, what.len - 2)) : NULL;

        show_call_fact(out, name);
        add_time(out, item);
        json_item_add_text(out, what);
        if (row)
            strbuf_addf(out, " (%s)", row->clause);
        add_by(out, item);
        if (count > 1)
            strbuf_addf(out, ", %.0f times", count);
        strbuf_add_char(out, '\n');
        if (row) {
            show_call_fact(out, "");
            strbuf_addf(out, "  %s\n", row->sentence);
        }
        if (json_item_get(item, "detail").len > 2) {
            show_call_fact(out, "");
            add_detail(out, "  ", item);
            strbuf_add_char(out, '\n');
        }
    }
}

static void add_history(struct strbuf *out, const struct call_record *call)
{
    struct slice array = call->history, item;
    const char *name = "History";

    for (; json_item_next(&array, &item); name = "") {
        show_call_fact(out, name);
        add_time(out, item);
        json_item_add_text(out, json_item_get(item, "event"));
        add_by(out, item);
        add_detail(out, ": ", item);
        strbuf_add_char(out, '\n');
    }
}

static void add_links(struct strbuf *out, const struct call_record *call)
{
    struct slice array = call->links, item;
    const char *name = "Links";

    for (; json_item_next(&array, &item); name = "") {
        struct slice id = json_item_get(item, "call");

        show_call_fact(out, name);
        json_item_add_text(out, json_item_get(item, "link"));
        strbuf_add_char(out, ' ');
        json_item_add_text(out, json_item_get(item, "call_id"));
        if (id.p) {
            strbuf_add_text(out, ", call ");
            json_item_add_text(out, id);
        } else {
            strbuf_add_text(out, ", not seen");
        }
        strbuf_add_char(out, '\n');
    }
}

static void add_leg_evidence(struct strbuf *out, const struct leg_record *leg)
{
    struct slice array = leg->evidence, item;

    while (json_item_next(&array, &item)) {
        double weight = json_item_number(item, "weight");

        show_call_fact(out, "");
        strbuf_addf(out, "  %+.2f ", isnan(weight) ? 0 : weight);
        json_item_add_text(out, json_item_get(item, "by"));
        add_detail(out, ": ", item);
        strbuf_add_char(out, '\n');
    }
}

static void add_legs(struct strbuf *out, const struct call_record *call,
                     const struct story_scene *scene)
{
    const char *name = "Legs";

    for (size_t i = 0; scene && i < scene->leg_count; i++, name = "") {
        const struct leg_record *leg = &scene->legs[i];
        bool second = leg->call_b == call->id;

        show_call_fact(out, name);
        if (!second && leg->call_a != call->id) { /* two others of the conversation */
            call_line_id(out, leg->call_a);
            strbuf_add_text(out, " with ");
        }
        call_line_id(out, second ? leg->call_a : leg->call_b);
        strbuf_add_char(out, ' ');
        strbuf_add_printable(out, second ? leg->call_id_a : leg->call_id_b);
        if (leg->certain == 1)
            strbuf_add_text(out, ", certain");
        else if (!isnan(leg->score))
            strbuf_addf(out, ", score %.2f", leg->score);
        if (!isnan(leg->loss_added_ratio))
            strbuf_addf(out, ", loss added %.2f %%", leg->loss_added_ratio * 100);
        if (!isnan(leg->delay_added_ms))
            strbuf_addf(out, ", delay added %.1f ms", leg->delay_added_ms);
        strbuf_add_char(out, '\n');
        add_leg_evidence(out, leg);
    }
}

void show_story_evidence(struct strbuf *out, const struct call_record *call,
                         const struct story_scene *scene)
{
    add_verdict(out, call);
    add_deviations(out, call);
    add_history(out, call);
    add_links(out, call);
    add_legs(out, call, scene);
}
