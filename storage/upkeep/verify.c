#include "storage/day_db.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment_file.h"
#include "storage/upkeep/verify_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { REPORT_BYTES = 1 << 20 };

const char verify_rebuild_advice[] = "'earshot store rebuild-index' makes it anew from the packets";

static void tell(struct verify *v, bool is_fault, const char *file, int64_t offset,
                 const char *what, const char *advice)
{
    struct verify_finding finding = { is_fault, v->day_name, file, offset, what, advice };

    if (is_fault)
        v->result->faults++;
    else
        v->result->notes++;
    v->options->found(v->options->ctx, &finding);
}

void verify_fault(struct verify *v, const char *file, int64_t offset, const char *what,
                  const char *advice)
{
    tell(v, true, file, offset, what, advice);
}

void verify_note(struct verify *v, const char *file, int64_t offset, const char *what)
{
    tell(v, false, file, offset, what, "");
}

void verify_done(struct verify *v, uint64_t bytes)
{
    v->progress.done_bytes += bytes;
    if (v->progress.done_bytes - v->reported_bytes < REPORT_BYTES)
        return;
    v->reported_bytes = v->progress.done_bytes;
    v->options->progress(v->options->ctx, &v->progress);
}

static uint64_t file_bytes(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static uint64_t database_bytes(const struct verify *v, int32_t day)
{
    char path[STORE_PATH_MAX];

    return store_dir_path(path, v->options->store_dir, day, DAY_DB_FILE) == 0 ? file_bytes(path)
                                                                              : 0;
}

/* Payloads are read once more from their chunk of headers, and walked over. */
static uint64_t day_bytes(const struct verify *v, int32_t day)
{
    uint64_t bytes = database_bytes(v, day);

    for (uint8_t kind = 0; kind < PACKET_KINDS; kind++) {
        uint32_t *numbers;
        size_t count;

        if (segment_file_list(v->options->store_dir, day, kind, &numbers, &count) != 0)
            continue;
        for (size_t i = 0; i < count; i++) {
            char path[STORE_PATH_MAX];

            if (segment_file_path(path, v->options->store_dir, day, kind, numbers[i]) == 0)
                bytes += file_bytes(path) * (kind == PACKET_AUDIO ? 2 : 1);
        }
        free(numbers);
    }
    return bytes;
}

static bool has_segments(const struct verify *v)
{
    uint32_t newest = 0;

    for (uint8_t kind = 0; kind < PACKET_KINDS && newest == 0; kind++)
        segment_file_newest(v->options->store_dir, v->day, kind, &newest);
    return newest > 0;
}

/* The database of the day, as far as it can be read. */
static int check_database(struct verify *v)
{
    int err = day_db_open_read(&v->db, v->options->store_dir, v->day);

    if (err == -ENOENT) {
        if (has_segments(v))
            verify_fault(v, DAY_DB_FILE, -1, "there are packets and no rows",
                         verify_rebuild_advice);
        return 0;
    }
    if (err == 0)
        err = verify_rows_tables(v);
    if (err == 0)
        err = verify_rows_load(v);
    if (err == -ENOMEM)
        return err;
    if (err)
        verify_fault(v, DAY_DB_FILE, -1, day_db_error_text(err),
                     err == -EPROTO ? "" : verify_rebuild_advice);
    verify_done(v, database_bytes(v, v->day));
    return 0;
}

static int check_day(struct verify *v, int32_t day)
{
    int err;

    v->day = day;
    store_dir_day_name(day, v->day_name);
    v->row_count = v->payload_count = 0;
    v->db = NULL;
    err = check_database(v);
    if (err == 0)
        err = verify_segments(v);
    if (v->db)
        day_db_close(v->db);
    v->result->days++;
    return err;
}

static int check_days(struct verify *v)
{
    int32_t *days = NULL;
    size_t count = 0;
    int err = store_dir_days(v->options->store_dir, &days, &count);

    for (size_t i = 0; i < count; i++)
        v->progress.total_bytes += day_bytes(v, days[i]);
    for (size_t i = 0; i < count && err == 0; i++)
        err = check_day(v, days[i]);
    free(days);
    return err;
}

int verify_store(const struct verify_options *options, struct verify_result *result)
{
    struct verify v = { .options = options, .result = result, .day_name = "" };
    struct stat st;
    int err;

    *result = (struct verify_result){ .days = 0 };
    if (stat(options->store_dir, &st) != 0)
        return -errno;
    err = store_dir_check(options->store_dir);
    if (err)
        return err;
    chunk_loader_init(&v.loader, options->store_dir);
    v.stored = malloc(CHUNK_STORED_MAX);
    v.raw = malloc(CHUNK_RAW_MAX);
    err = v.stored && v.raw ? check_days(&v) : -ENOMEM;
    free(v.stored);
    free(v.raw);
    free(v.rows);
    free(v.payloads);
    chunk_loader_fini(&v.loader);
    return err;
}
