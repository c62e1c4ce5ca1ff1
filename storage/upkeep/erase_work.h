/*
 * erase_work - what the steps of erase.h share.
 *
 * Errors  0 or −errno.
 */
#ifndef STORAGE_UPKEEP_ERASE_WORK_H
#define STORAGE_UPKEEP_ERASE_WORK_H

#include "storage/upkeep/erase.h"

#include <stddef.h>

struct sqlite3;
struct segment_set;

struct erase {
    const struct erase_options *options;
    struct erase_result *result;
    const char *dir;
    const struct number_forms *forms;
    int32_t *days;
    size_t day_count;
    uint64_t *ids; /* of calls and streams that go; sorted by erase_ids_sort */
    size_t id_count, id_room;
    struct segment_set *segments; /* NULL: none was opened yet */
    struct sqlite3 *db;           /* of the day at hand; NULL: it has none, or a dry run */
    uint64_t done_bytes, total_bytes;
};

int erase_ids_add(struct erase *e, uint64_t id);
void erase_ids_sort(struct erase *e);
bool erase_has_id(const struct erase *e, uint64_t id);

void erase_progress(struct erase *e, const char *step, uint64_t more_bytes);

/* Rows: the ids of a day's calls and streams; then the day without them. *changed: something went. */
int erase_rows_find(struct erase *e, int32_t day);
int erase_rows_remove(struct erase *e, struct sqlite3 *db, bool *changed);
/* Of another database: every text that names the number. */
int erase_rows_mask(struct erase *e, struct sqlite3 *db, uint64_t *rows);
/* What was deleted leaves no trace in the file. */
int erase_rows_compact(struct sqlite3 *db);

/* The packets of a day, whose database is e->db. */
int erase_packets(struct erase *e, int32_t day);

/* Damaged databases and pins of the day, audit.jsonl and state.sqlite. */
int erase_files_set_aside(struct erase *e, int32_t day);
int erase_files_pins(struct erase *e, int32_t day);
int erase_files_audit(struct erase *e);
int erase_files_state(struct erase *e);

/* Does the file name the number, as it is? */
int erase_files_names(const struct erase *e, const char *path, bool *names);

/* Every file, and every chunk unpacked. */
int erase_proof_make(struct erase *e);

#endif
