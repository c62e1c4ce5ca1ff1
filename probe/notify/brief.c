#include "probe/notify/brief.h"

#include "analyzer/base/json_item.h"
#include "analyzer/base/utc.h"
#include "probe/notify/safe_text.h"
#include "probe/secret/signed_link.h"
#include "rules/rule_unit.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define NS_PER_S INT64_C(1000000000)

/* What Alertmanager sends in place of a time that is not known yet. */
#define NO_TIME "0001-01-01T00:00:00Z"

enum {
    ARENA_MAX_BYTES = 64 * 1024,
    LABELS_MAX = 6,
    TOP_VALUES_MAX = 3,
    TOP_FIELDS_MAX = 3,
    SERIES_MAX = 8,
    NUMBER_MAX = 32,
    UNIT_MAX = 24,
    NAME_MAX_CHARS = 40,
    /* Texts of our own rules may be longer than what a stranger says. */
    DESCRIPTION_TIMES = 3,
    RUNBOOK_TIMES = 4,
    FILTER_MAX_BYTES = 1000, /* a longer one makes no link that survives a mail */
    ID_TEXT_MAX = 24,
};

/* ---- times ---- */

void brief_format_time(char out[BRIEF_TIME_MAX], int64_t time_ns)
{
    char utc[UTC_TEXT_MAX];

    if (time_ns < 0) {
        snprintf(out, BRIEF_TIME_MAX, NO_TIME);
        return;
    }
    utc_format_ms(time_ns, utc);
    utc[10] = 'T';
    snprintf(out, BRIEF_TIME_MAX, "%sZ", utc);
}

static void add_duration(struct strbuf *out, double s)
{
    int64_t whole = (int64_t)(s + 0.5);

    if (s < 120)
        strbuf_addf(out, "%" PRId64 " s", whole);
    else if (s < 7200)
        strbuf_addf(out, "%" PRId64 " min", whole / 60);
    else if (s < 172800)
        strbuf_addf(out, "%" PRId64 " h %" PRId64 " min", whole / 3600, whole / 60 % 60);
    else
        strbuf_addf(out, "%" PRId64 " days", whole / 86400);
}

/* ---- links ---- */

void brief_add_link(struct strbuf *out, const char *base_url, const char *path, struct slice filter)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t len = strlen(base_url);

    while (len && base_url[len - 1] == '/')
        len--;
    strbuf_add(out, base_url, len);
    strbuf_add_text(out, path);
    for (size_t i = 0; i < filter.len; i++) {
        unsigned char c = (unsigned char)filter.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     c == '-' || c == '_' || c == '.';

        if (plain) {
            strbuf_add_char(out, (char)c);
        } else {
            strbuf_add_char(out, '%');
            strbuf_add_char(out, digits[c >> 4]);
            strbuf_add_char(out, digits[c & 15]);
        }
    }
}

/* ---- building ---- */

struct builder {
    struct brief *b;
    const struct notify_message *message;
    const struct alert_record *alert;
    const struct dialect_room *room;
    struct strbuf text; /* what is being said */
    bool failed;
};

/* What was said so far, as a text that stays. */
static struct slice keep(struct builder *w)
{
    bool cut = false;
    struct slice kept = arena_copy(&w->b->arena, strbuf_slice(&w->text), w->text.len, &cut);

    w->failed = w->failed || cut || w->text.failed;
    strbuf_reset(&w->text);
    return cut ? SLICE("") : kept;
}

/* What was said is the value of that fact. */
static void keep_fact(struct builder *w, struct slice name)
{
    struct brief *b = w->b;
    struct slice value = keep(w);

    if (value.len && b->fact_count < BRIEF_FACTS_MAX)
        b->facts[b->fact_count++] = (struct brief_fact){ name, value };
}

static void add_json_text(struct builder *w, struct slice value)
{
    struct strbuf plain = { .max_bytes = 4096 };

    if (value.len && value.p[0] == '"')
        json_item_add_raw(&plain, value);
    else
        strbuf_add_slice(&plain, value);
    safe_text_add_unlinked(&w->text, strbuf_slice(&plain), w->room->text);
    strbuf_fini(&plain);
}

/* "trunk_out" as people say it; nothing but letters, digits and '-' is left of it. */
static struct slice keep_name(struct builder *w, const char *before, struct slice name)
{
    strbuf_add_text(&w->text, before);
    for (size_t i = 0; i < name.len && i < NAME_MAX_CHARS; i++) {
        char c = name.p[i];
        bool plain =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';

        strbuf_add_char(&w->text, plain ? c : ' ');
    }
    return keep(w);
}

static void add_labels(struct builder *w)
{
    struct slice rest = w->alert->labels, name, value;

    for (size_t n = 0; n < LABELS_MAX && json_item_next_member(&rest, &name, &value);) {
        struct slice kept;

        if (slice_eq(name, SLICE("rule")) || slice_eq(name, SLICE("severity")) ||
            slice_eq(value, SLICE("null")))
            continue;
        kept = keep_name(w, "", name);
        add_json_text(w, value);
        keep_fact(w, kept);
        n++;
    }
    if (w->b->fact_count == 0 && w->alert->group.len) {
        safe_text_add_unlinked(&w->text, w->alert->group, w->room->text);
        keep_fact(w, SLICE("where"));
    }
}

static void add_utc(struct strbuf *out, int64_t time_ns)
{
    char utc[UTC_TEXT_MAX];

    utc_format_ms(time_ns, utc);
    strbuf_add(out, utc, 19); /* to the second */
    strbuf_add_text(out, " UTC");
}

static void add_times(struct builder *w)
{
    const struct alert_record *a = w->alert;
    int64_t since = a->since != RECORD_NONE ? a->since : a->time;

    if (since == RECORD_NONE)
        return;
    add_utc(&w->text, since);
    keep_fact(w, SLICE("since"));
    if (a->ended_time == RECORD_NONE)
        return;
    add_utc(&w->text, a->ended_time);
    if (a->ended_time > since) {
        strbuf_add_text(&w->text, ", after ");
        add_duration(&w->text, (double)(a->ended_time - since) / 1e9);
    }
    keep_fact(w, SLICE("until"));
}

static void add_amount(struct builder *w, double value)
{
    struct slice unit = w->alert->unit;

    unit.len = unit.len < UNIT_MAX ? unit.len : UNIT_MAX;
    if (value == 0 && slice_eq(unit, SLICE("days")))
        strbuf_add_text(&w->text, "0 days");
    else
        rule_unit_write(&w->text, value, unit);
}

static void add_labelled(struct builder *w, const char *words, double value)
{
    if (!isfinite(value))
        return;
    strbuf_add_text(&w->text, w->text.len ? ", " : "");
    strbuf_add_text(&w->text, words);
    add_amount(w, value);
}

static void add_measure(struct builder *w)
{
    const struct alert_record *a = w->alert;

    add_labelled(w, a->ended_time != RECORD_NONE ? "at worst " : "", a->value);
    /* What is left until a day does not happen within a window. */
    if (w->text.len && a->window_s > 0 && !slice_eq(a->unit, SLICE("days"))) {
        strbuf_add_text(&w->text, " in ");
        add_duration(&w->text, (double)a->window_s);
    }
    add_labelled(w, "normally ", a->baseline);
    add_labelled(w, "before ", a->before);
    add_labelled(w, "limit ", a->threshold);
    keep_fact(w, SLICE("measured"));
    if (a->matching > 0 && a->samples > 0 && a->matching <= a->samples)
        strbuf_addf(&w->text, "%" PRId64 " of %" PRId64, a->matching, a->samples);
    keep_fact(w, SLICE("counted"));
    if (a->flaps > 0)
        strbuf_addf(&w->text, "%" PRId64 " times", a->flaps);
    keep_fact(w, SLICE("came back"));
}

/* The measure's last steps: how fast it came. */
static void add_series(struct builder *w)
{
    struct slice rest = json_item_get(w->alert->evidence, "series"), last = rest, item;
    double step_s = json_item_number(w->alert->evidence, "step_s");
    size_t count = 0, skipped = 0;

    while (json_item_next(&rest, &item))
        count++;
    if (count < 2 || !isfinite(step_s))
        return;
    while (json_item_next(&last, &item)) {
        char text[NUMBER_MAX], *end;
        double value;

        if (count - skipped > SERIES_MAX) {
            skipped++;
            continue;
        }
        snprintf(text, sizeof text, "%.*s", item.len < sizeof text ? (int)item.len : 0, item.p);
        value = strtod(text, &end);
        strbuf_add_text(&w->text, w->text.len ? ", " : "");
        if (end > text && *end == '\0' && isfinite(value))
            add_amount(w, value);
        else
            strbuf_add_char(&w->text, '-');
    }
    strbuf_add_text(&w->text, " (every ");
    add_duration(&w->text, step_s);
    strbuf_add_char(&w->text, ')');
    keep_fact(w, SLICE("course"));
}

/* {"field":"final_reason","values":[{"value":"Busy","count":12},…]} */
static void add_top_field(struct builder *w, struct slice item)
{
    struct slice values = json_item_get(item, "values"), field = json_item_get(item, "field");
    struct slice one, name = SLICE("mostly");

    if (field.len > 2)
        name = keep_name(w, "mostly ", slice_of(field.p + 1, field.len - 2));
    for (size_t n = 0; n < TOP_VALUES_MAX && json_item_next(&values, &one); n++) {
        double count = json_item_number(one, "count");

        strbuf_add_text(&w->text, n ? ", " : "");
        add_json_text(w, json_item_get(one, "value"));
        if (isfinite(count))
            strbuf_addf(&w->text, " (%.0f)", count);
    }
    keep_fact(w, name);
}

static void add_top(struct builder *w)
{
    struct slice top = json_item_get(w->alert->evidence, "top"), item;

    for (size_t n = 0; n < TOP_FIELDS_MAX && json_item_next(&top, &item); n++)
        add_top_field(w, item);
}

/* ---- calls ---- */

static struct slice keep_packets_link(struct builder *w, const char *id)
{
    const struct notify_message *m = w->message;
    struct strbuf path = { .max_bytes = 512 };

    if (m->link_key && m->link_hours > 0) {
        strbuf_addf(&path, "/api/v1/calls/%s/pcap", id);
        brief_add_link(&w->text, m->base_url, "", SLICE(""));
        signed_link_write(&w->text, m->link_key, strbuf_slice(&path),
                          m->now_s + m->link_hours * 3600);
    }
    strbuf_fini(&path);
    return w->text.len ? keep(w) : SLICE_ABSENT;
}

/* An id as Earshot writes it, with its quotes. */
static bool read_id(struct slice item, char id[ID_TEXT_MAX])
{
    if (item.len != 18 || item.p[0] != '"' || item.p[17] != '"')
        return false;
    for (size_t i = 0; i < 16; i++) {
        char c = item.p[i + 1];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        id[i] = c;
    }
    id[16] = '\0';
    return true;
}

static void add_calls(struct builder *w)
{
    struct slice rest = w->alert->calls, item;
    struct brief *b = w->b;
    char id[ID_TEXT_MAX], path[ID_TEXT_MAX + 16];

    while (json_item_next(&rest, &item)) {
        struct brief_call *call = &b->calls[b->call_count];

        if (!read_id(item, id))
            continue;
        b->calls_in_all++;
        if (b->call_count == BRIEF_CALLS_MAX || b->call_count == w->room->calls)
            continue;
        b->call_count++;
        strbuf_add_text(&w->text, id);
        call->id = keep(w);
        call->page = call->packets = SLICE_ABSENT;
        if (!w->message->base_url)
            continue;
        snprintf(path, sizeof path, "/#/call/%s", id);
        brief_add_link(&w->text, w->message->base_url, path, SLICE(""));
        call->page = keep(w);
        call->packets = keep_packets_link(w, id);
    }
}

static void add_links(struct builder *w)
{
    const struct alert_record *a = w->alert;
    char path[64];

    if (!w->message->base_url)
        return;
    if (a->id) {
        snprintf(path, sizeof path, "/#/alerts/%016" PRIx64, a->id);
        brief_add_link(&w->text, w->message->base_url, path, SLICE(""));
        w->b->page = keep(w);
    }
    if (a->search.len && a->search.len <= FILTER_MAX_BYTES) {
        brief_add_link(&w->text, w->message->base_url, "/#/calls?filter=", a->search);
        w->b->search = keep(w);
    }
}

/* ---- the whole ---- */

static struct slice begin_with(const struct notify_message *message, const struct alert_record *a)
{
    static const struct slice words[] = { SLICE_INIT("info"), SLICE_INIT("warning"),
                                          SLICE_INIT("critical") };

    if (message->is_test)
        return SLICE("test");
    if (slice_eq(a->state, SLICE("resolved")))
        return SLICE("resolved");
    for (size_t i = 0; i < COUNT(words); i++) {
        if (slice_eq(a->severity, words[i]))
            return words[i];
    }
    return SLICE("alert");
}

bool brief_make(struct brief *b, const struct notify_message *message,
                const struct alert_record *alert, const struct dialect_room *room)
{
    struct builder w = { .b = b, .message = message, .alert = alert, .room = room };

    *b = (struct brief){ .word = begin_with(message, alert) };
    arena_init(&b->arena, NULL, 0, ARENA_MAX_BYTES);
    safe_text_add_unlinked(&w.text, alert->summary.len ? alert->summary : alert->rule, room->text);
    b->title = keep(&w);
    add_labels(&w);
    add_times(&w);
    add_measure(&w);
    add_series(&w);
    add_top(&w);
    safe_text_add(&w.text, alert->description, DESCRIPTION_TIMES * room->text);
    keep_fact(&w, SLICE("meaning"));
    safe_text_add_unlinked(&w.text, alert->rule, room->text);
    keep_fact(&w, SLICE("rule"));
    add_calls(&w);
    add_links(&w);
    safe_text_add(&w.text, alert->runbook, RUNBOOK_TIMES * room->text);
    if (w.text.len)
        b->runbook = keep(&w);
    strbuf_fini(&w.text);
    return !w.failed;
}

void brief_fini(struct brief *b)
{
    arena_fini(&b->arena);
}

void brief_add_upper(struct strbuf *out, struct slice word)
{
    for (size_t i = 0; i < word.len; i++)
        strbuf_add_char(out,
                        word.p[i] >= 'a' && word.p[i] <= 'z' ? (char)(word.p[i] - 32) : word.p[i]);
}

static void add_line(struct strbuf *out, struct slice name, struct slice value)
{
    if (!value.len)
        return;
    strbuf_addf(out, "%-12.*s  ", (int)name.len, name.p);
    strbuf_add_slice(out, value);
    strbuf_add_char(out, '\n');
}

void brief_write_plain(struct strbuf *out, const struct brief *b)
{
    brief_add_upper(out, b->word);
    strbuf_add_text(out, ": ");
    strbuf_add_slice(out, b->title);
    strbuf_add_text(out, "\n\n");
    for (size_t i = 0; i < b->fact_count; i++)
        add_line(out, b->facts[i].name, b->facts[i].value);
    add_line(out, SLICE("do first"), b->runbook);
    if (b->call_count)
        strbuf_addf(out, "\n%zu of %zu calls that show it:\n", b->call_count, b->calls_in_all);
    for (size_t i = 0; i < b->call_count; i++) {
        add_line(out, b->calls[i].id,
                 b->calls[i].page.p ? b->calls[i].page : SLICE("in the store"));
        add_line(out, SLICE("  packets"), b->calls[i].packets);
    }
    if (b->page.len || b->search.len)
        strbuf_add_char(out, '\n');
    add_line(out, SLICE("this alert"), b->page);
    add_line(out, SLICE("its calls"), b->search);
}
