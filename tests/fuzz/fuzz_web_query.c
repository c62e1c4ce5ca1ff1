/*
 * fuzz_web_query - a request's path, host, range and decoded parameters, up to what they ask for.
 *
 * Input: path NUL host NUL parameters, joined by '&'. Beyond not crashing: what is accepted keeps
 * its limits, and what is refused says why.
 */
#include "probe/web/files.h"
#include "probe/web/guard.h"
#include "probe/web/params.h"
#include "probe/web/range.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* What older parameters mean is a filter, or the name of something that there is none of. */
static void check_older(struct slice words)
{
    struct filter_error error;
    struct filter *f;

    if (filter_parse(&f, words, 0, &error) == 0)
        filter_free(f);
    else
        must(error.column >= 1 && error.text[0]);
}

static void check_asked(const struct asked *a)
{
    must(a->limit >= 1 && a->limit <= PARAMS_LIMIT_MAX);
    must(a->since == RECORD_NONE || a->since >= 0);
    must(a->until == RECORD_NONE || a->until >= 0);
    must(a->sort.len == 0 || a->sort.len <= PARAMS_VALUE_MAX_BYTES);
    check_older(strbuf_slice(&a->older));
    must(a->buckets >= 1 && a->buckets <= PARAMS_BUCKETS_MAX);
    must(params_format_name(a->format) && params_gaps_name(a->gaps));
}

/* What is to be sent lies in what there is. */
static void check_range(struct slice header)
{
    enum { SIZE = 1000 };
    struct range part;

    switch (range_parse(header, SIZE, &part)) {
    case RANGE_WHOLE:
        must(part.first == 0 && part.count == SIZE);
        return;
    case RANGE_PART:
        must(part.count > 0 && part.first < SIZE && part.count <= SIZE - part.first);
        return;
    case RANGE_OUTSIDE:
        must(part.count == 0);
        return;
    }
}

static void check_name(struct slice path)
{
    char name[EXCHANGE_PATH_MAX];

    if (!files_name(path, name))
        return;
    must(name[0] != '/' && name[0] != '.' && name[0] != '\0');
    must(strstr(name, "..") == NULL || strstr(name, "/..") == NULL);
    must(strstr(name, "/.") == NULL && strstr(name, "//") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of(data, size);
    struct slice path = slice_cut(&rest, '\0');
    struct slice host = slice_cut(&rest, '\0');
    struct addr loopback = addr_v4((const uint8_t[4]){ 127, 0, 0, 1 }, 80);
    struct params params = { 0 };
    struct strbuf error = { 0 };
    struct asked asked;

    check_name(path);
    guard_allows_origin(path, host);
    if (guard_allows_host(host, &loopback, NULL))
        must(guard_host_name(host).len > 0);
    while (rest.len)
        params_add(&params, slice_cut(&rest, '&'));
    check_range(host);
    if (params_read(&params, PARAMS_SEARCH | PARAMS_SOUND | PARAMS_PEAKS, &asked, &error))
        check_asked(&asked);
    else
        must(error.len > 0 && error.len < 400);
    params_fini(&asked);
    strbuf_fini(&error);
    return 0;
}
