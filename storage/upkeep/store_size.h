/*
 * store_size - what a store takes on the disk, day by day and kind by kind.
 *
 * Blocks, not lengths: what was forgotten inside of a segment is a hole. A day that nobody writes to
 * is looked at again when its folder has changed, and each in turn once an hour, since holes do not
 * change a folder: 400 days of 1,000 segments cost under 10 ms a minute.
 *
 * Ownership  store_size_init/fini; the days are lent until the next look.
 * Thread     One.
 * Errors     −errno.
 */
#ifndef STORAGE_UPKEEP_STORE_SIZE_H
#define STORAGE_UPKEEP_STORE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* What is kept for a time of its own. */
enum store_kind { STORE_ROWS, STORE_SIGNALLING, STORE_MEDIA, STORE_AUDIO, STORE_KINDS };

/* "rows", "signalling", "media", "audio". */
const char *store_kind_name(enum store_kind kind);

/* Of segments: the enum packet_kind. Not for STORE_ROWS. */
uint8_t store_kind_packets(enum store_kind kind);

struct store_day {
    int32_t day;
    int64_t bytes[STORE_KINDS];
    int64_t
        newest_bytes[STORE_KINDS]; /* of the segment with the highest number, which may be open */
    uint32_t oldest[STORE_KINDS];  /* lowest number of a segment; 0: none */
    struct timespec pins_changed;  /* of its folder of pins; 0: it has none */
    size_t pins;
    /* The size's own. */
    struct timespec changed;
    bool is_live; /* its database is open somewhere */
    bool is_seen;
};

struct store_size {
    const char *store_dir;
    struct store_day *days; /* oldest first */
    size_t count;
    size_t turn;        /* whose turn it is to be looked at although nothing says so */
    uint64_t looked_at; /* folders that were read by the last look */
};

void store_size_init(struct store_size *s, const char *store_dir);
void store_size_fini(struct store_size *s);

/* 0 or −errno, the days then as they were. */
int store_size_look(struct store_size *s);

/* One day alone. */
int store_size_read_day(const char *store_dir, int32_t day, struct store_day *out);

int64_t store_size_total(const struct store_size *s, enum store_kind kind);

/* NULL: there is no such day. */
struct store_day *store_size_find(const struct store_size *s, int32_t day);

/* How far back a kind reaches, ns; RECORD_NONE: there is none. Opens a file. */
int64_t store_size_oldest(const struct store_size *s, enum store_kind kind);

#endif
