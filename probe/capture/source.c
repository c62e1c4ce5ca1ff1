#include "probe/capture/source.h"

#include "analyzer/record.h"

#include <stdarg.h>
#include <stdio.h>

int source_poll(struct source *s, int max_frames, frame_fn fn, void *ctx)
{
    if (atomic_load_explicit(&s->interrupted, memory_order_relaxed))
        return SOURCE_END;
    return s->ops->poll(s, max_frames < 1 ? 1 : max_frames, fn, ctx);
}

int source_peek(struct source *s, struct frame *out)
{
    if (atomic_load_explicit(&s->interrupted, memory_order_relaxed))
        return SOURCE_END;
    return s->ops->peek(s, out);
}

void source_stats_read(struct source *s, struct source_stats *out)
{
    *out = (struct source_stats){
        .frames = s->frames,
        .bytes = s->bytes,
        .truncated = s->truncated,
        .received = RECORD_NONE,
        .kernel_dropped = RECORD_NONE,
        .interface_dropped = RECORD_NONE,
        .bytes_read = RECORD_NONE,
        .bytes_total = RECORD_NONE,
    };
    s->ops->stats(s, out);
}

void source_interrupt(struct source *s)
{
    atomic_store_explicit(&s->interrupted, true, memory_order_relaxed);
}

void source_close(struct source *s)
{
    if (s)
        s->ops->close(s);
}

int source_exit_status(enum source_fault fault)
{
    switch (fault) {
    case SOURCE_FAULT_NONE:
        return 0;
    case SOURCE_FAULT_DATA:
        return 65;
    case SOURCE_FAULT_OPEN:
        return 66;
    case SOURCE_FAULT_INTERFACE:
        return 69;
    case SOURCE_FAULT_PERMISSION:
        return 77;
    case SOURCE_FAULT_FILTER:
        return 2;
    case SOURCE_FAULT_READ:
    case SOURCE_FAULT_SYSTEM:
        break;
    }
    return 1;
}

int source_fail(struct source_error *error, enum source_fault fault, int errno_value,
                const char *format, ...)
{
    va_list args;

    error->fault = fault;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return -errno_value;
}

uint32_t source_link_type(int dlt)
{
    static const struct {
        int dlt;
        uint32_t link_type;
    } differing[] = {
        { 11, 100 }, /* ATM_RFC1483 */
        { 12, 101 }, /* RAW */
        { 14, 101 }, /* RAW on OpenBSD */
        { 15, 102 }, /* SLIP_BSDOS */
        { 16, 103 }, /* PPP_BSDOS */
        { 19, 106 }, /* ATM_CLIP */
    };

    for (size_t i = 0; i < sizeof differing / sizeof differing[0]; i++) {
        if (differing[i].dlt == dlt)
            return differing[i].link_type;
    }
    return (uint32_t)dlt;
}
