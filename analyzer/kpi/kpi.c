#include "analyzer/kpi/kpi.h"

#include <errno.h>
#include <stdlib.h>

struct kpi {
    struct kpi_options options;
};

int kpi_new(struct kpi **out, const struct kpi_options *options)
{
    struct kpi *made = calloc(1, sizeof *made);

    if (!made)
        return -ENOMEM;
    made->options = *options;
    *out = made;
    return 0;
}

void kpi_free(struct kpi *gone)
{
    free(gone);
}

void kpi_call(struct kpi *k, struct kpi_mark *mark, const struct call_record *call,
              enum record_event event)
{
    (void)k;
    (void)mark;
    (void)call;
    (void)event;
}

void kpi_tick(struct kpi *k, int64_t now_ns)
{
    (void)k;
    (void)now_ns;
}

void kpi_finish(struct kpi *k)
{
    (void)k;
}
