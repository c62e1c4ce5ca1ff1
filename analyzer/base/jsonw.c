#include "analyzer/base/jsonw.h"

#include "analyzer/base/utf8.h"

#include <inttypes.h>
#include <math.h>

struct jsonw jsonw_to(struct strbuf *out)
{
    return (struct jsonw){ out, false };
}

static void before_value(struct jsonw *j)
{
    if (j->need_comma)
        strbuf_add_char(j->out, ',');
    j->need_comma = true;
}

static void open_with(struct jsonw *j, char bracket)
{
    before_value(j);
    strbuf_add_char(j->out, bracket);
    j->need_comma = false;
}

static void close_with(struct jsonw *j, char bracket)
{
    strbuf_add_char(j->out, bracket);
    j->need_comma = true;
}

void jsonw_object_open(struct jsonw *j)
{
    open_with(j, '{');
}

void jsonw_object_close(struct jsonw *j)
{
    close_with(j, '}');
}

void jsonw_array_open(struct jsonw *j)
{
    open_with(j, '[');
}

void jsonw_array_close(struct jsonw *j)
{
    close_with(j, ']');
}

void jsonw_key(struct jsonw *j, const char *key)
{
    jsonw_text(j, slice_of_text(key));
    strbuf_add_char(j->out, ':');
    j->need_comma = false;
}

void jsonw_null(struct jsonw *j)
{
    jsonw_raw(j, SLICE("null"));
}

void jsonw_bool(struct jsonw *j, bool value)
{
    jsonw_raw(j, value ? SLICE("true") : SLICE("false"));
}

void jsonw_int(struct jsonw *j, int64_t value)
{
    char digits[24];
    char *p = digits + sizeof digits;
    uint64_t v = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        *--p = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    if (value < 0)
        *--p = '-';
    jsonw_raw(j, slice_of(p, (size_t)(digits + sizeof digits - p)));
}

void jsonw_real(struct jsonw *j, double value, int decimals)
{
    static const double scales[] = { 1, 10, 100, 1e3, 1e4, 1e5, 1e6 };
    double scaled;
    uint64_t whole, part;
    char digits[32];
    int n = 0;

    if (!isfinite(value)) {
        jsonw_null(j);
        return;
    }
    if (decimals < 0 || decimals > 6 || fabs(value) > 1e12) {
        before_value(j);
        strbuf_addf(j->out, "%.6g", value);
        return;
    }
    /* By hand, since printf of doubles is a third of the time of a record. */
    scaled = round(fabs(value) * scales[decimals]);
    whole = (uint64_t)(scaled / scales[decimals]);
    part = (uint64_t)(scaled - (double)whole * scales[decimals]);
    before_value(j);
    if (value < 0 && scaled > 0)
        strbuf_add_char(j->out, '-');
    do {
        digits[n++] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole);
    while (n > 0)
        strbuf_add_char(j->out, digits[--n]);
    if (decimals == 0)
        return;
    digits[0] = '.';
    for (n = decimals; n > 0; n--, part /= 10)
        digits[n] = (char)('0' + part % 10);
    strbuf_add(j->out, digits, (size_t)decimals + 1);
}

void jsonw_time(struct jsonw *j, int64_t time_ns)
{
    int64_t us = time_ns / 1000;
    char digits[8];

    if (us < 0)
        us = 0;
    jsonw_int(j, us / 1000000);
    digits[0] = '.';
    us %= 1000000;
    for (int i = 6; i > 0; i--, us /= 10)
        digits[i] = (char)('0' + us % 10);
    strbuf_add(j->out, digits, 7);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void add_special(struct strbuf *out, uint32_t code, const char *p, size_t n)
{
    if (n == 0)
        strbuf_add_text(out, "\xef\xbf\xbd"); /* U+FFFD */
    else if (code == '"' || code == '\\')
        strbuf_addf(out, "\\%c", (char)code);
    else if (code == '\n')
        strbuf_add_text(out, "\\n");
    else if (code == '\r')
        strbuf_add_text(out, "\\r");
    else if (code == '\t')
        strbuf_add_text(out, "\\t");
    else if (code < 0x20 || code == 0x7f || code == 0x2028 || code == 0x2029)
        strbuf_addf(out, "\\u%04" PRIx32, code);
    else
        strbuf_add(out, p, n);
}

void jsonw_text(struct jsonw *j, struct slice s)
{
    if (!s.p) {
        jsonw_null(j);
        return;
    }
    before_value(j);
    strbuf_add_char(j->out, '"');
    for (size_t i = 0; i < s.len;) {
        size_t run = i;
        uint32_t code = 0;
        size_t n;

        while (run < s.len && is_plain((unsigned char)s.p[run]))
            run++;
        strbuf_add(j->out, s.p + i, run - i);
        i = run;
        if (i >= s.len)
            break;
        n = utf8_decode(s.p + i, s.len - i, &code);
        add_special(j->out, code, s.p + i, n);
        i += n ? n : 1;
    }
    strbuf_add_char(j->out, '"');
}

void jsonw_raw(struct jsonw *j, struct slice s)
{
    before_value(j);
    strbuf_add_slice(j->out, s);
}
