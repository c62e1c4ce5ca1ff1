#include "analyzer/base/log.h"

#include "analyzer/base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024, TEXT_MAX_BYTES = 120, TEXT_BUFFERS = 4 };

static enum log_level shown = LOG_LEVEL_WARN;

void log_set_level(enum log_level level)
{
    shown = level;
}

__attribute__((format(printf, 2, 0))) static void write_line(enum log_level level,
                                                             const char *format, va_list args)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    char line[LINE_MAX_BYTES];
    int n, m;
    size_t len;

    if (level > shown)
        return;
    n = snprintf(line, sizeof line, "earshot: %s: ", names[level]);
    if (n < 0)
        return;
    m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    if (m < 0)
        return;
    len = strlen(line);
    line[len++] = '\n';
    /* One write a line, so that lines of two threads do not mix. */
    if (write(STDERR_FILENO, line, len) < 0)
        return;
}

#define LOG_AT(name, level)                                                                        \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        va_list args;                                                                              \
                                                                                                   \
        va_start(args, format);                                                                    \
        write_line(level, format, args);                                                           \
        va_end(args);                                                                              \
    }

LOG_AT(log_error, LOG_LEVEL_ERROR)
LOG_AT(log_warn, LOG_LEVEL_WARN)
LOG_AT(log_info, LOG_LEVEL_INFO)
LOG_AT(log_debug, LOG_LEVEL_DEBUG)

const char *log_text(struct slice s)
{
    static _Thread_local char buffers[TEXT_BUFFERS][TEXT_MAX_BYTES + 1];
    static _Thread_local unsigned turn;
    char *out = buffers[turn++ % TEXT_BUFFERS];
    struct strbuf b = { 0 };

    strbuf_add_printable(&b,
                         slice_of(s.p, s.len < TEXT_MAX_BYTES / 2 ? s.len : TEXT_MAX_BYTES / 2));
    snprintf(out, TEXT_MAX_BYTES + 1, "%s", b.p ? b.p : "");
    strbuf_fini(&b);
    return out;
}
