#include "probe/engine/probe_watch.h"

#include "analyzer/analyzer.h"

#include <math.h>
#include <sys/timex.h>

#define NS_PER_S  INT64_C(1000000000)
#define MINUTE_NS (60 * NS_PER_S)

void probe_watch_start(struct probe_watch *w, int64_t boot_ns)
{
    *w = (struct probe_watch){ .start_boot_ns = boot_ns };
}

void probe_watch_see(struct probe_sight *sight, const struct ledger *ledger,
                     const struct analyzer *analyzer)
{
    size_t hosts;

    *sight = (struct probe_sight){
        .clock_synchronised = probe_watch_is_synchronised(),
        .newest_packet_ns = ledger->received ? ledger->last_time : RECORD_NONE,
        .received = (int64_t)ledger->received,
        .kernel_dropped = ledger->kernel_dropped,
        .interface_dropped = ledger->interface_dropped,
        .own_dropped = (int64_t)ledger->store_dropped,
        .store_queued = ledger->has_store ? (int64_t)ledger->rows.queued : RECORD_NONE,
    };
    if (!analyzer_sip_dates(analyzer, &sight->sip_date_offset_ms, &hosts))
        sight->sip_date_offset_ms = NAN;
    sight->sip_dates = (int64_t)hosts;
}

/* By how much the clock had been set a minute ago. */
static int64_t moved_before(const struct probe_watch *w, int64_t boot_ns)
{
    int64_t moved = 0, newest = INT64_MIN;

    for (unsigned i = 0; i < w->count; i++) {
        if (w->beats[i].boot_ns <= boot_ns - MINUTE_NS && w->beats[i].boot_ns > newest) {
            newest = w->beats[i].boot_ns;
            moved = w->beats[i].moved_ns;
        }
    }
    return moved;
}

static void note(struct probe_watch *w, const struct probe_sight *sight)
{
    w->beats[w->next].boot_ns = sight->boot_ns;
    w->beats[w->next].moved_ns = sight->clock_moved_ns;
    w->next = (w->next + 1) % PROBE_WATCH_BEATS;
    if (w->count < PROBE_WATCH_BEATS)
        w->count++;
}

static int64_t sum_known(const struct probe_sight *sight)
{
    int64_t sum = sight->own_dropped;

    if (sight->kernel_dropped != RECORD_NONE)
        sum += sight->kernel_dropped;
    if (sight->interface_dropped != RECORD_NONE)
        sum += sight->interface_dropped;
    return sum;
}

void probe_watch_look(struct probe_watch *w, const struct probe_sight *sight,
                      struct probe_record *out)
{
    record_clear(&record_type_probe, out);
    out->time = sight->wall_ns;
    out->uptime_s = (sight->boot_ns - w->start_boot_ns) / NS_PER_S;
    out->clock_step_ms = (double)(sight->clock_moved_ns - moved_before(w, sight->boot_ns)) / 1e6;
    out->clock_synchronised = sight->clock_synchronised;
    if (sight->newest_packet_ns != RECORD_NONE)
        out->packet_age_ms = (double)(sight->wall_ns - sight->newest_packet_ns) / 1e6;
    out->sip_date_offset_ms = sight->sip_date_offset_ms;
    out->sip_dates = sight->sip_dates;
    out->received = sight->received;
    out->dropped = sum_known(sight);
    out->store_queued = sight->store_queued;
    note(w, sight);
}

int8_t probe_watch_is_synchronised(void)
{
    struct timex state = { .modes = 0 }; /* only asks */
    int clock = adjtimex(&state);

    if (clock < 0)
        return -1;
    return clock != TIME_ERROR && !(state.status & STA_UNSYNC);
}
