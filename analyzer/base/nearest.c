#include "analyzer/base/nearest.h"

enum {
    WORD_MAX = 64, /* longer words are no typing mistakes of ours: no suggestion */
    EDITS_MAX = 3,
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance: three rows of the usual matrix are alive at a time. */
static size_t edits_between(struct slice a, struct slice b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before_last = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b.len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char ca = lower(a.p[i - 1]), cb = lower(b.p[j - 1]);
            size_t best = last[j - 1] + (ca != cb);

            best = smaller(best, smaller(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && ca == lower(b.p[j - 2]) && cb == lower(a.p[i - 2]))
                best = smaller(best, before_last[j - 2] + 1);
            now[j] = best;
        }
        size_t *spare = before_last;

        before_last = last;
        last = now;
        now = spare;
    }
    return last[b.len];
}

const char *nearest_name(struct slice word, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t limit = word.len / 3, best;

    if (word.len == 0 || word.len > WORD_MAX)
        return NULL;
    if (limit < 1)
        limit = 1;
    best = smaller(limit, EDITS_MAX) + 1;
    for (size_t i = 0; i < n; i++) {
        struct slice name = slice_of_text(names[i]);
        size_t edits;

        if (name.len == 0 || name.len > WORD_MAX)
            continue;
        edits = edits_between(word, name);
        if (edits < best) {
            best = edits;
            nearest = names[i];
        }
    }
    return nearest;
}
