#include "analyzer/call/loss_windows.h"

#include <string.h>

void loss_windows_look(struct loss_windows *w, int64_t now_ns, uint64_t dropped)
{
    int64_t from_ns = w->looked_ns;
    struct loss_window *last = w->count ? &w->at[w->count - 1] : NULL;

    w->looked_ns = now_ns;
    if (!dropped)
        return;
    if (last && (last->to_ns >= from_ns || now_ns < last->to_ns)) {
        last->to_ns = now_ns > last->to_ns ? now_ns : last->to_ns;
        last->dropped += dropped;
        return;
    }
    if (w->count == LOSS_WINDOWS) {
        w->at[1].from_ns = w->at[0].from_ns;
        w->at[1].dropped += w->at[0].dropped;
        memmove(w->at, w->at + 1, sizeof w->at - sizeof w->at[0]);
        w->count--;
    }
    w->at[w->count++] = (struct loss_window){ from_ns, now_ns, dropped };
}

uint64_t loss_windows_sum(const struct loss_windows *w, int64_t from_ns, int64_t to_ns)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < w->count; i++) {
        if (w->at[i].from_ns < to_ns && from_ns < w->at[i].to_ns)
            sum += w->at[i].dropped;
    }
    return sum;
}
