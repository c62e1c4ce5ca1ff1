/*
 * slice - a run of bytes that somebody else owns.
 *
 * Ownership  Borrows: valid as long as the bytes it points into.
 * A slice is "absent" when p is NULL and "empty" when only len is 0. Bytes are a stranger's: no
 * NUL is promised, none is forbidden.
 */
#ifndef ANALYZER_BASE_SLICE_H
#define ANALYZER_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *p;
    size_t len;
};

/* clang-format off */
#define SLICE_INIT(literal) { (literal), sizeof(literal) - 1 }
#define SLICE(literal) ((struct slice)SLICE_INIT(literal))
#define SLICE_ABSENT ((struct slice){ NULL, 0 })
/* clang-format on */

static inline struct slice slice_of(const void *p, size_t len)
{
    return (struct slice){ (const char *)p, len };
}

static inline struct slice slice_of_text(const char *text)
{
    return (struct slice){ text, text ? strlen(text) : 0 };
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Equal but for the case of ASCII letters. */
bool slice_ieq(struct slice a, struct slice b);
bool slice_starts_with(struct slice s, struct slice head);
bool slice_istarts_with(struct slice s, struct slice head);

/* Without the spaces, tabs, CR and LF at both ends. */
struct slice slice_trim(struct slice s);

/* Takes what stands before the first `at` off *rest, and the separator too. All of it if there is none. */
struct slice slice_cut(struct slice *rest, char at);

/* The position of c, or s.len when it is not there. */
size_t slice_find(struct slice s, char c);

/* Decimal digits only, at least one; false (and *value untouched) on anything else or past max. */
bool slice_to_u64(struct slice s, uint64_t max, uint64_t *value);

#endif
