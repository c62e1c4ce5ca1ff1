/*
 * story_words - figures, names and codes as a person says them.
 *
 * Strings of strangers are cut to STORY_NAME_MAX bytes, never inside a character; they are not escaped
 * here.
 *
 * Thread  Pure functions.
 * Source  ITU-T Q.850 (causes), RFC 3261 §21 (statuses), ITU-T G.107 Annex B (what a MOS means)
 */
#ifndef ANALYZER_STORY_STORY_WORDS_H
#define ANALYZER_STORY_STORY_WORDS_H

#include "analyzer/record.h"

enum { STORY_NAME_MAX = 80 };

/* "310 ms", "4.2 s", "3 min 5 s", "1 h 2 min". */
void story_add_duration(struct strbuf *out, double ms);
/* "1,500". */
void story_add_count(struct strbuf *out, int64_t count);
/* "1 packet", "1,500 packets". */
void story_add_counted(struct strbuf *out, int64_t count, const char *one);
/* "0.3 %", "12 %". */
void story_add_percent(struct strbuf *out, double ratio);

/* A stranger's text, cut. */
void story_add_name(struct strbuf *out, struct slice text);
void story_add_addr(struct strbuf *out, const struct addr *a);
/* The text of a JSON value, cut. */
void story_add_json(struct strbuf *out, struct slice value);

/* "well", "badly"; for a MOS. */
const char *story_mos_word(double mos);

/* NULL: no words of ours for it. */
const char *story_status_words(int64_t status);
const char *story_cause_words(int64_t q850_cause);

/* Is the JSON text that word? */
bool story_says(struct slice value, const char *word);

static inline bool story_knows(const struct addr *a)
{
    return a->port != 0 || !addr_is_unspecified(a);
}

#endif
