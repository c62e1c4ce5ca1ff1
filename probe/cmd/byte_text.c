#include "probe/cmd/byte_text.h"

#include "analyzer/record.h"

#include <stdio.h>

enum { TEXT_MAX = 32 };

static void format(char out[TEXT_MAX], int64_t bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
    double value = (double)bytes;
    size_t u = 0;

    if (bytes == RECORD_NONE) {
        snprintf(out, TEXT_MAX, "-");
        return;
    }
    while (value >= 1000 && u + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        u++;
    }
    snprintf(out, TEXT_MAX, "%.*f %s", u > 0 && value < 99.95 ? 1 : 0, value, units[u]);
}

void byte_text_add(struct strbuf *out, int64_t bytes)
{
    char text[TEXT_MAX];

    format(text, bytes);
    strbuf_add_text(out, text);
}

void byte_text_add_right(struct strbuf *out, int64_t bytes, size_t width)
{
    char text[TEXT_MAX];

    format(text, bytes);
    strbuf_addf(out, "%*s", (int)width, text);
}
