#include "tests/support/world.h"

#include <stdlib.h>

void *world_alloc(size_t bytes)
{
    void *p = calloc(1, bytes);

    if (!p) {
        fputs("earshot-traffic: no memory\n", stderr);
        exit(71);
    }
    return p;
}

void world_count(struct world *w, enum world_frame kind, int64_t time_ns, size_t bytes)
{
    struct world_totals *t = &w->totals;

    if (t->packets == 0)
        t->first_ns = time_ns;
    t->last_ns = time_ns;
    t->packets++;
    t->bytes += (int64_t)bytes;
    t->frames[kind]++;
}

void world_write(struct world *w, enum world_frame kind, struct flow *flow, int64_t time_ns,
                 const struct flow_part *head, const struct flow_part *body)
{
    world_count(w, kind, time_ns, flow_write(flow, w->pcap, time_ns, head, body));
}
