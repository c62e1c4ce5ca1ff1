/*
 * store_recover - opens a store to write, as the probe does when it starts again, then looks at it.
 *
 *     store_recover STORE      adds a packet to the newest day, closes, verifies: "ok", or the faults of
 *                              'earshot store check', one a line; exit status 1
 *
 * The probe's own start without what has nothing to do with the store, so that hundreds are cheap.
 */
#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/packets/packet_log.h"
#include "storage/store_dir.h"
#include "storage/upkeep/verify.h"
#include "storage/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, int err)
{
    fprintf(stderr, "store_recover: %s: %s\n", what, strerror(-err));
    return 1;
}

/* A packet of each kind brings the recovery of the day's segments about. */
static void add_packets(struct packet_log *log, int32_t day)
{
    static const uint8_t bytes[64] = { 0 };
    struct frame frame = { .time_ns = (int64_t)day * 86400 * 1000000000,
                           .data = bytes,
                           .captured_bytes = sizeof bytes,
                           .wire_bytes = sizeof bytes,
                           .link_type = 1 };
    void *keeper = NULL;

    packet_log_add(log, &keeper, record_id_make(frame.time_ns, 1), PACKET_SIP, &frame);
    packet_log_add(log, &keeper, record_id_make(frame.time_ns, 1), PACKET_MEDIA, &frame);
    packet_log_close_keeper(log, &keeper);
}

static int recover(const char *dir)
{
    struct packet_log_options options = { .store_dir = dir, .wait_when_full = true };
    struct packet_log *log;
    struct writer_stats stats;
    int32_t *days;
    size_t count;
    int err = writer_start(&options.writer,
                           &(struct writer_options){ .store_dir = dir, .wait_when_full = true });

    if (err)
        return err;
    err = store_dir_days(dir, &days, &count);
    if (err == 0)
        err = packet_log_start(&log, &options);
    if (err == 0) {
        if (count)
            add_packets(log, days[count - 1]);
        packet_log_stop(log);
    }
    writer_flush(options.writer);
    writer_read_stats(options.writer, &stats);
    writer_stop(options.writer);
    if (err == 0)
        free(days);
    return err ? err : stats.last_error;
}

static void tell(void *ctx, const struct verify_finding *f)
{
    (void)ctx;
    if (f->is_fault)
        printf("%s/%s at %lld: %s\n", f->day, f->file, (long long)f->offset, f->what);
}

static void progress(void *ctx, const struct verify_progress *p)
{
    (void)ctx;
    (void)p;
}

int main(int argc, char **argv)
{
    struct verify_options options = { .found = tell, .progress = progress };
    struct verify_result result;
    int err;

    if (argc != 2) {
        fputs("usage: store_recover STORE\n", stderr);
        return 2;
    }
    log_set_level(LOG_LEVEL_ERROR);
    err = recover(argv[1]);
    if (err)
        return fail(argv[1], err);
    options.store_dir = argv[1];
    err = verify_store(&options, &result);
    if (err)
        return fail(argv[1], err);
    if (result.faults == 0)
        puts("ok");
    return result.faults > 0;
}
