#include "probe/syslog/syslog_line.h"

#include "analyzer/base/utc.h"

#include <unistd.h>

enum { HOST_MAX = 255, MESSAGE_ID_MAX = 32 };

/* PRINTUSASCII, at most max of them; "-" for nothing. */
static void add_name(struct strbuf *out, struct slice name, size_t max)
{
    if (!name.len)
        strbuf_add_char(out, '-');
    for (size_t i = 0; i < name.len && i < max; i++)
        strbuf_add_char(out, name.p[i] > 0x20 && name.p[i] < 0x7f ? name.p[i] : '_');
}

static void add_host(struct strbuf *out)
{
    char host[HOST_MAX + 1] = "";

    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    add_name(out, slice_of_text(host), HOST_MAX);
}

void syslog_line_begin(struct strbuf *out, enum syslog_facility facility, int level,
                       int64_t time_ns, struct slice message_id)
{
    char time[UTC_TEXT_MAX];

    utc_format_ms(time_ns, time);
    time[10] = 'T';
    strbuf_addf(out, "<%d>1 %sZ ", (int)facility * 8 + level, time);
    add_host(out);
    strbuf_add_text(out, " earshot - ");
    add_name(out, message_id, MESSAGE_ID_MAX);
    strbuf_add_char(out, ' ');
}

void syslog_line_param(struct strbuf *out, const char *name, struct slice value)
{
    if (!value.len)
        return;
    strbuf_addf(out, " %s=\"", name);
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\' || value.p[i] == ']')
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, value.p[i]);
    }
    strbuf_add_char(out, '"');
}

void syslog_line_mark(struct strbuf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.p[i] > 127) {
            strbuf_add_text(out, "\xef\xbb\xbf"); /* it is UTF-8, §6.4 */
            return;
        }
    }
}
