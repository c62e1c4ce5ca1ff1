/*
 * search_build - makes the blocks of the search index while a day is written.
 *
 * Whoever writes calls notes each in the same transaction, and lets the index do a piece of work now
 * and then. A block is made of the next SEARCH_BLOCK_CALLS calls when hardly any of them is still
 * open; the ids that blocks cover have no gap between them, so a call that is written at or before the
 * last covered id has changed since its block was made, and is put on the list of those (search_stale).
 * A block of which many changed is made anew, and so is a short one at the end of the day when the
 * day is opened again.
 *
 * All of it can be thrown away and made anew from `calls`; a failure here costs no row.
 *
 * Ownership  search_build_open/close.
 * Thread     The connection's.
 * Memory     Some 30 MiB while a block is made, nothing between two.
 * Errors     −errno.
 */
#ifndef STORAGE_SEARCH_SEARCH_BUILD_H
#define STORAGE_SEARCH_SEARCH_BUILD_H

#include "storage/search/search_column.h"

struct sqlite3;
struct search_build;

/* Of a day that is open for writing, outside of a transaction; what an older version of the index
 * left is thrown away. */
int search_build_open(struct search_build **bp, struct sqlite3 *db);

/* Smaller blocks than SEARCH_BLOCK_CALLS, so that a test has several. */
void search_build_set_calls(struct search_build *b, uint32_t calls);

/* Writes nothing. */
void search_build_close(struct search_build *b);

/* The call's row was written, in the transaction that is open. */
int search_build_note(struct search_build *b, uint64_t id);

/* The work that is due, in transactions of its own: `most` blocks at most. Returns how many were made,
 * or −errno: then the index stays as it is. */
int search_build_some(struct search_build *b, int most);

/* Of a day that is left: its last calls too, where there are `least` of them, and what changed. */
int search_build_rest(struct search_build *b, int most, uint64_t least);

/* Return false to stop. */
typedef bool (*search_progress_fn)(void *ctx, uint64_t calls_done);

/* Everything anew, of a day that is open for writing and outside of a transaction. */
int search_build_all(struct sqlite3 *db, search_progress_fn progress, void *ctx);

/* The block that holds the call goes, in the transaction that is open: nothing of the call is left
 * in the index. Its rows are read instead until it is made anew. */
int search_build_forget(struct sqlite3 *db, uint64_t id);

#endif
