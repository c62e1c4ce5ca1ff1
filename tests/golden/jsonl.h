/*
 * jsonl - files of JSON lines, and values by their path.
 *
 * Ownership  jsonl_load gives an array to be json_decref'd; the others borrow.
 * Errors     A file that cannot be read, or a line that is no JSON object, ends the program with a
 *            word on stderr: a test has nothing better to do.
 */
#ifndef TESTS_GOLDEN_JSONL_H
#define TESTS_GOLDEN_JSONL_H

#include <jansson.h>
#include <stdbool.h>

json_t *jsonl_load(const char *path);

/* "jitter_ms.mean" of {"jitter_ms":{"mean":…}}; NULL when it is missing. */
json_t *jsonl_at(const json_t *object, const char *path);

/* A number, or NaN where there is null or nothing. */
double jsonl_real(const json_t *object, const char *path);

/* A text, or "" where there is null or nothing. */
const char *jsonl_text(const json_t *object, const char *path);

/* Is "type" this? */
bool jsonl_is(const json_t *object, const char *type);

#endif
