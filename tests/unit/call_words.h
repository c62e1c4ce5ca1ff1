/*
 * call_words - what a call's record says in its JSON texts, for tests: how often, and of whom.
 */
#ifndef TESTS_UNIT_CALL_WORDS_H
#define TESTS_UNIT_CALL_WORDS_H

#include "tests/unit/analyzer_scene.h"

static inline size_t words_in(struct slice text, const char *word)
{
    size_t len = strlen(word), found = 0;

    for (size_t i = 0; text.p && i + len <= text.len; i++)
        found += memcmp(text.p + i, word, len) == 0;
    return found;
}

static inline void expect_words(struct slice text, const char *word, size_t count)
{
    if (words_in(text, word) != count)
        fail_msg("'%s' stands %zu times in %.*s, expected %zu", word, words_in(text, word),
                 (int)text.len, text.p ? text.p : "", count);
}

/* Notes of that event, not how often it is counted in them. */
static inline void expect_event(const struct call_record *call, const char *event, size_t count)
{
    char word[64];

    snprintf(word, sizeof word, "\"event\":\"%s\"", event);
    expect_words(call->history, word, count);
}

static inline void expect_deviation(const struct call_record *call, const char *name, size_t count)
{
    char word[64];

    snprintf(word, sizeof word, "\"deviation\":\"%s\"", name);
    expect_words(call->deviations, word, count);
}

/* The call among those that closed, with that Call-ID. */
static inline const struct call_record *call_named(const struct scene *s, const char *call_id)
{
    for (size_t i = 0; i < s->call_count; i++) {
        if (slice_eq(s->calls[i]->call_id, slice_of_text(call_id)))
            return s->calls[i];
    }
    fail_msg("no call '%s'", call_id);
    return NULL;
}

/* A link of that kind to that other call, which the probe saw. */
static inline void expect_link(const struct call_record *call, const char *kind,
                               const struct call_record *other)
{
    char word[256];

    snprintf(word, sizeof word, "\"link\":\"%s\",\"call_id\":\"%.*s\",\"call\":\"%016llx\"", kind,
             (int)other->call_id.len, other->call_id.p, (unsigned long long)other->id);
    expect_words(call->links, word, 1);
}

#endif
