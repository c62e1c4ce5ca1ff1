#include "probe/cmd/call_line.h"

#include <math.h>
#include <time.h>

void call_line_time(struct strbuf *out, int64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / 1000000000);
    char text[32];
    struct tm tm;

    if (time_ns == RECORD_NONE || !gmtime_r(&seconds, &tm) ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) == 0) {
        strbuf_add_char(out, '-');
        return;
    }
    strbuf_addf(out, "%s.%03d", text, (int)(time_ns / 1000000 % 1000));
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

void call_line_cell(struct strbuf *out, struct slice text, size_t width)
{
    struct strbuf shown = { 0 };
    struct slice s;

    if (text.p)
        strbuf_add_printable(&shown, text);
    else
        strbuf_add_char(&shown, '-');
    s = strbuf_slice(&shown);
    if (columns(s) > width) {
        while (columns(s) > width - 1)
            s.len--;
        while (s.len && ((unsigned char)s.p[s.len] & 0xc0) == 0x80)
            s.len--;
        strbuf_add_slice(out, s);
        strbuf_add_text(out, "…");
    } else {
        strbuf_add_slice(out, s);
        for (size_t n = columns(s); n < width; n++)
            strbuf_add_char(out, ' ');
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
    for (size_t n = columns(strbuf_slice(&cell)); n < width; n++)
        strbuf_add_char(out, ' ');
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

void call_line_add(struct strbuf *out, const struct call_record *c)
{
    struct strbuf cell = { 0 };

    strbuf_addf(out, "%016llx ", (unsigned long long)c->id);
    call_line_time(&cell, c->invite_time);
    call_line_cell(out, strbuf_slice(&cell), 23);
    call_line_cell(out, c->from_user, 14);
    call_line_cell(out, c->to_user, 14);
    call_line_cell(out, c->state, 9);
    if (c->final_status == RECORD_NONE)
        strbuf_add_text(out, "     - ");
    else
        strbuf_addf(out, "%6lld ", (long long)c->final_status);
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
    strbuf_addf(out, "%016llx ", (unsigned long long)s->id);
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
