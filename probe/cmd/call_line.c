#include "probe/cmd/call_line.h"

#include "analyzer/base/utc.h"

#include <math.h>

void call_line_time(struct strbuf *out, int64_t time_ns)
{
    char text[UTC_TEXT_MAX];

    if (time_ns == RECORD_NONE) {
        strbuf_add_char(out, '-');
        return;
    }
    utc_format_ms(time_ns, text);
    strbuf_add(out, text, UTC_TEXT_MAX - 1);
}

void call_line_id(struct strbuf *out, uint64_t id)
{
    static const char digits[] = "0123456789abcdef";
    char text[16];

    for (int i = 15; i >= 0; i--, id >>= 4)
        text[i] = digits[id & 15];
    strbuf_add(out, text, sizeof text);
}

void call_line_real(struct strbuf *out, double value, int decimals)
{
    if (isnan(value))
        strbuf_add_char(out, '-');
    else
        strbuf_addf(out, "%.*f", decimals, value);
}

/* Columns a piece of UTF-8 takes: one a character is near enough. */
static size_t columns(struct slice s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

static void add_spaces(struct strbuf *out, size_t n)
{
    static const char spaces[] = "                                ";

    for (; n >= sizeof spaces - 1; n -= sizeof spaces - 1)
        strbuf_add(out, spaces, sizeof spaces - 1);
    strbuf_add(out, spaces, n);
}

void call_line_cell(struct strbuf *out, struct slice text, size_t width)
{
    struct strbuf shown = { 0 };
    struct slice s;
    size_t used;

    if (text.p)
        strbuf_add_printable(&shown, text);
    else
        strbuf_add_char(&shown, '-');
    s = strbuf_slice(&shown);
    used = columns(s);
    if (used > width) {
        while (columns(s) > width - 1)
            s.len--;
        while (s.len && ((unsigned char)s.p[s.len] & 0xc0) == 0x80)
            s.len--;
        strbuf_add_slice(out, s);
        strbuf_add_text(out, "…");
    } else {
        strbuf_add_slice(out, s);
        add_spaces(out, width - used);
    }
    strbuf_add_char(out, ' ');
    strbuf_fini(&shown);
}

static void add_real_cell(struct strbuf *out, double value, int decimals, const char *unit,
                          size_t width)
{
    struct strbuf cell = { 0 };

    call_line_real(&cell, value, decimals);
    if (!isnan(value))
        strbuf_add_text(&cell, unit);
    add_spaces(out, width > cell.len ? width - cell.len : 0);
    strbuf_add_slice(out, strbuf_slice(&cell));
    strbuf_add_char(out, ' ');
    strbuf_fini(&cell);
}

void call_line_heading(struct strbuf *out)
{
    strbuf_add_text(out, "ID               BEGAN (UTC)             FROM           TO             "
                         "STATE     STATUS  TALK s   LOSS %  JITTER ms  MOS  CODEC      MEDIA\n");
}

/* ["PCMU","PCMA"] as PCMU,PCMA: the names hold no quotes or brackets (they were cleaned). */
static void add_codecs(struct strbuf *out, struct slice json)
{
    struct strbuf text = { 0 };

    for (size_t i = 0; i < json.len; i++) {
        if (json.p[i] != '[' && json.p[i] != ']' && json.p[i] != '"')
            strbuf_add_char(&text, json.p[i]);
    }
    call_line_cell(out, text.len ? strbuf_slice(&text) : SLICE_ABSENT, 10);
    strbuf_fini(&text);
}

static void add_status(struct strbuf *out, int64_t status)
{
    struct jsonw j = jsonw_to(out);

    strbuf_add_text(out, "   ");
    jsonw_int(&j, status); /* 100 to 699 */
    strbuf_add_char(out, ' ');
}

void call_line_add(struct strbuf *out, const struct call_record *c)
{
    struct strbuf cell = { 0 };

    call_line_id(out, c->id);
    strbuf_add_char(out, ' ');
    call_line_time(&cell, c->invite_time);
    call_line_cell(out, strbuf_slice(&cell), 23);
    call_line_cell(out, c->from_user, 14);
    call_line_cell(out, c->to_user, 14);
    call_line_cell(out, c->state, 9);
    if (c->final_status == RECORD_NONE)
        strbuf_add_text(out, "     - ");
    else
        add_status(out, c->final_status);
    add_real_cell(out, c->duration_ms / 1000, 1, c->duration_open == 1 ? "+" : " ", 8);
    add_real_cell(out, c->loss_ratio * 100, 2, "", 7);
    add_real_cell(out, c->jitter_ms_p95, 2, "", 9);
    add_real_cell(out, c->mos_lq, 2, "", 5);
    strbuf_add_char(out, ' ');
    add_codecs(out, c->codecs);
    call_line_cell(out, c->media_verdict, 15);
    while (out->len && out->p[out->len - 1] == ' ')
        strbuf_chop(out, 1);
    strbuf_add_char(out, '\n');
    strbuf_fini(&cell);
}

void call_line_orphan(struct strbuf *out, const struct stream_record *s)
{
    char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

    addr_format(&s->src, src);
    addr_format(&s->dst, dst);
    call_line_id(out, s->id);
    strbuf_add_char(out, ' ');
    call_line_time(out, s->start_time);
    strbuf_addf(out, " RTP without SIP 0x%08x %s > %s %lld packets, %lld lost, jitter ",
                (unsigned)s->ssrc, src, dst, (long long)s->packets, (long long)s->lost);
    call_line_real(out, s->jitter_ms_p95, 2);
    strbuf_add_text(out, " ms, MOS ");
    call_line_real(out, s->mos_lq_jb200, 2);
    strbuf_add_text(out, ", ");
    strbuf_add_printable(out, s->codec.p ? s->codec : SLICE("codec not known"));
    strbuf_add_char(out, '\n');
}
