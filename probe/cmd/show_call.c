#include "probe/cmd/show_call.h"

#include "analyzer/base/json_item.h"
#include "analyzer/base/utc.h"
#include "probe/cmd/call_line.h"

#include <math.h>

enum { NAME_WIDTH = 12, KEYS_SHOWN_MAX = 32 };
enum { DATE_LENGTH = 11 }; /* "2026-11-21 " */

void show_call_fact(struct strbuf *out, const char *name)
{
    strbuf_addf(out, "%-*s ", NAME_WIDTH, name);
}

void show_call_clock(struct strbuf *out, int64_t time_ns)
{
    char text[UTC_TEXT_MAX];

    if (time_ns == RECORD_NONE) {
        strbuf_add_char(out, '-');
        return;
    }
    utc_format_ms(time_ns, text);
    strbuf_add_text(out, text + DATE_LENGTH);
}

const char *show_call_sender(struct slice direction)
{
    if (slice_eq(direction, SLICE("caller_to_callee")))
        return "caller";
    return slice_eq(direction, SLICE("callee_to_caller")) ? "callee" : NULL;
}

const char *show_call_receiver(struct slice direction)
{
    if (slice_eq(direction, SLICE("caller_to_callee")))
        return "callee";
    return slice_eq(direction, SLICE("callee_to_caller")) ? "caller" : NULL;
}

static void add_fact(struct strbuf *out, const char *name, struct slice text)
{
    show_call_fact(out, name);
    if (text.p)
        strbuf_add_printable(out, text);
    else
        strbuf_add_char(out, '-');
    strbuf_add_char(out, '\n');
}

static void add_real(struct strbuf *out, const char *before, double value, int decimals,
                     const char *after)
{
    strbuf_add_text(out, before);
    call_line_real(out, value, decimals);
    strbuf_add_text(out, after);
}

/* Nothing where there was none. */
static void add_way(struct strbuf *out, const char *before, struct slice text)
{
    if (!text.p)
        return;
    strbuf_add_text(out, before);
    strbuf_add_printable(out, text);
}

static void add_signalling(struct strbuf *out, const struct call_record *c)
{
    char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

    addr_format(&c->src, src);
    addr_format(&c->dst, dst);
    show_call_fact(out, "Signalling");
    strbuf_addf(out, "%s > %s (%.*s)", src, dst, (int)c->transport.len,
                c->transport.p ? c->transport.p : "");
    add_way(out, ", VLAN ", c->vlan);
    add_way(out, ", in ", c->tunnel);
    strbuf_add_char(out, '\n');
}

static void add_state(struct strbuf *out, const struct call_record *c)
{
    show_call_fact(out, "State");
    strbuf_add_slice(out, c->state);
    if (c->final_status != RECORD_NONE) {
        strbuf_addf(out, ", %lld ", (long long)c->final_status);
        strbuf_add_printable(out, c->final_reason);
    }
    if (c->ended_by.p) {
        strbuf_add_text(out, ", ended by the ");
        strbuf_add_slice(out, c->ended_by);
    }
    strbuf_add_char(out, '\n');
}

static void add_media(struct strbuf *out, const struct call_record *c)
{
    show_call_fact(out, "Media");
    if (c->media_verdict.p)
        strbuf_add_printable(out, c->media_verdict);
    else
        strbuf_add_char(out, '-');
    if (c->fax == 1)
        strbuf_add_text(out, ", fax (T.38)");
    if (!isnan(c->mos_lq))
        add_real(out, ", MOS ", c->mos_lq, 2, "");
    if (!isnan(c->worst_10s_mos_lq))
        add_real(out, ", worst 10 s ", c->worst_10s_mos_lq, 2, "");
    if (c->bad_seconds > 0)
        strbuf_addf(out, ", %lld bad second%s", (long long)c->bad_seconds,
                    c->bad_seconds == 1 ? "" : "s");
    strbuf_add_char(out, '\n');
    if (c->codec_changes_unannounced > 0) {
        show_call_fact(out, "");
        strbuf_addf(out, "%lld codec change%s that no SDP announced\n",
                    (long long)c->codec_changes_unannounced,
                    c->codec_changes_unannounced == 1 ? "" : "s");
    }
    if (c->foreign_sources > 0) {
        show_call_fact(out, "");
        strbuf_addf(out, "%lld stream%s of somebody else to the call's ports\n",
                    (long long)c->foreign_sources, c->foreign_sources == 1 ? "" : "s");
    }
}

void show_call_heading(struct strbuf *out, const struct call_record *c)
{
    add_fact(out, "Call-ID", c->call_id);
    add_fact(out, "From", c->from_uri);
    add_fact(out, "To", c->to_uri);
    add_signalling(out, c);
    show_call_fact(out, "Began");
    call_line_time(out, c->invite_time);
    strbuf_add_text(out, " UTC\n");
    add_state(out, c);
    show_call_fact(out, "Times");
    add_real(out, "post-dial delay ", c->post_dial_delay_ms, 0, " ms, ");
    add_real(out, "ringing ", c->ring_ms / 1000, 1, " s, ");
    add_real(out, "talking ", c->duration_ms / 1000, 1, " s\n");
    add_media(out, c);
    show_call_fact(out, "Confidence");
    strbuf_add_slice(out, c->capture_confidence);
    if (c->capture_confidence_reasons.len > 2) {
        strbuf_add_char(out, ' ');
        strbuf_add_slice(out, c->capture_confidence_reasons);
    }
    strbuf_add_char(out, '\n');
}

/* ---- keys ---- */

/* Keys of one direction that came in the same way, one after another. */
struct key_row {
    struct slice direction, method; /* JSON values */
    struct strbuf keys;
    double first_s, last_s;
    size_t count;
};

static void add_key_row(struct strbuf *out, struct key_row *row, const char *name)
{
    struct slice direction = row->direction;
    const char *sender;

    if (row->count == 0)
        return;
    if (direction.len > 2)
        direction = slice_of(direction.p + 1, direction.len - 2);
    sender = show_call_sender(direction);
    show_call_fact(out, name);
    strbuf_add_slice(out, strbuf_slice(&row->keys));
    strbuf_addf(out, "  %zu key%s", row->count, row->count == 1 ? "" : "s");
    if (sender)
        strbuf_addf(out, " of the %s", sender);
    strbuf_add_text(out, ", ");
    json_item_add_text(out, row->method);
    strbuf_add_text(out, ", ");
    show_call_clock(out, json_item_time(row->first_s));
    if (row->count > 1) {
        strbuf_add_text(out, " to ");
        show_call_clock(out, json_item_time(row->last_s));
    }
    strbuf_add_char(out, '\n');
    strbuf_reset(&row->keys);
    row->count = 0;
}

static void add_key(struct key_row *row, struct slice key)
{
    struct slice digit = json_item_get(key, "digit");

    if (row->count == 0)
        row->first_s = json_item_number(key, "time");
    row->last_s = json_item_number(key, "time");
    if (row->count < KEYS_SHOWN_MAX) {
        if (digit.p)
            json_item_add_text(&row->keys, digit);
        else
            strbuf_add_text(&row->keys, "•");
    } else if (row->count == KEYS_SHOWN_MAX) {
        strbuf_add_text(&row->keys, "…");
    }
    row->count++;
}

void show_call_keys(struct strbuf *out, const struct call_record *c)
{
    struct slice array = c->dtmf, key;
    struct key_row row = { .count = 0 };
    const char *name = "Keys";

    while (json_item_next(&array, &key)) {
        struct slice direction = json_item_get(key, "direction");
        struct slice method = json_item_get(key, "method");

        if (row.count && (!slice_eq(direction, row.direction) || !slice_eq(method, row.method))) {
            add_key_row(out, &row, name);
            name = "";
        }
        row.direction = direction;
        row.method = method;
        add_key(&row, key);
    }
    add_key_row(out, &row, name);
    strbuf_fini(&row.keys);
}

/* ---- what phones say ---- */

static void add_figure(struct strbuf *out, const char *word, double value, int decimals,
                       const char *unit)
{
    if (isnan(value))
        return;
    strbuf_addf(out, ", %s %.*f%s", word, decimals, value, unit);
}

/* Its own, or those that it was told by the other end. */
static void add_metrics(struct strbuf *out, struct slice metrics, const char *of)
{
    size_t before;

    show_call_fact(out, "");
    strbuf_add_text(out, of);
    before = out->len;
    add_figure(out, "MOS", json_item_number(metrics, "mos_lq"), 1, "");
    add_figure(out, "talking", json_item_number(metrics, "mos_cq"), 1, "");
    add_figure(out, "lost", 100 * json_item_number(metrics, "loss_ratio"), 2, " %");
    add_figure(out, "discarded", 100 * json_item_number(metrics, "discard_ratio"), 2, " %");
    add_figure(out, "jitter", json_item_number(metrics, "jitter_ms"), 0, " ms");
    add_figure(out, "round trip", json_item_number(metrics, "round_trip_ms"), 0, " ms");
    strbuf_add_text(out, out->len > before ? "\n" : ", no figures\n");
}

void show_call_reports(struct strbuf *out, const struct call_record *c)
{
    struct slice array = c->vq_reports, report;

    while (json_item_next(&array, &report)) {
        struct slice by = json_item_get(report, "by"), remote = json_item_get(report, "remote");

        show_call_fact(out, "Phone says");
        show_call_clock(out, json_item_time(json_item_number(report, "time")));
        strbuf_add_text(out, ", the ");
        if (by.p)
            json_item_add_text(out, by);
        else
            strbuf_add_text(out, "one or the other");
        strbuf_add_text(out, " of the ");
        json_item_add_text(out, json_item_get(report, "kind"));
        strbuf_add_text(
            out, slice_eq(json_item_get(report, "final"), SLICE("true")) ? ", at its end\n" : "\n");
        add_metrics(out, report, "heard here");
        if (remote.p)
            add_metrics(out, remote, "heard there");
    }
}
