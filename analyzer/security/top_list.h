/*
 * top_list - the few texts that come most often, of any number of them.
 *
 * A text that is not in the list takes one off the count of the least, and its place once that is
 * nothing: what comes often stays, and no count is ever more than what happened.
 *
 * Ownership  Plain value; zeroed is empty. Texts are a stranger's, cut to TOP_LIST_TEXT_MAX bytes.
 * Source     Misra, Gries: Finding Repeated Elements (1982)
 */
#ifndef ANALYZER_SECURITY_TOP_LIST_H
#define ANALYZER_SECURITY_TOP_LIST_H

#include "analyzer/base/jsonw.h"

enum { TOP_LIST_ROOM = 6, TOP_LIST_TEXT_MAX = 64 };

struct top_entry {
    uint32_t hash, count, seen_s;
    uint8_t len;
    char text[TOP_LIST_TEXT_MAX];
};

struct top_list {
    struct top_entry entries[TOP_LIST_ROOM];
};

/* An entry that was not seen for window_s makes room at once. */
void top_list_add(struct top_list *t, struct slice text, uint64_t hash, uint32_t window_s,
                  int64_t now_s);

/* [{"<key>":"…","count":3},…], most often first. */
void top_list_write(const struct top_list *t, struct jsonw *j, const char *key);

#endif
