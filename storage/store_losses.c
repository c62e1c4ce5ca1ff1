#include "storage/store_losses.h"

static void add(struct jsonw *j, const char *name, uint64_t n)
{
    if (n == 0)
        return;
    jsonw_key(j, name);
    jsonw_int(j, (int64_t)n);
}

void store_losses_write(struct jsonw *j, const struct packet_log_stats *packets,
                        const struct writer_stats *rows)
{
    jsonw_object_open(j);
    for (int i = 0; i < PACKET_LOSSES; i++)
        add(j, packet_loss_text((enum packet_loss)i), packets->losses[i]);
    add(j, "payload_pressure", packets->payload_pressure);
    add(j, "rows_queue_full", rows->refused);
    add(j, "rows_failed", rows->failed);
    add(j, "syncs_failed", packets->syncs_failed + rows->syncs_failed);
    add(j, "segments_removed", packets->segments_removed);
    add(j, "days_removed", rows->days_removed);
    jsonw_object_close(j);
}
