/*
 * page_store - a store of as many calls as page.mjs wants to scroll through.
 *
 *     page_store DIR [CALLS [DAYS]]
 *
 * Calls of store_mix.h, evenly over the days before now, each written once, as it ended; the search
 * index is made beside it, as a probe makes it. DIR must not be there.
 */
#include "storage/writer.h"
#include "tests/bench/store_mix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DAY_NS 86400000000000ll

static long argument(int argc, char **argv, int at, long otherwise)
{
    long value = at < argc ? strtol(argv[at], NULL, 10) : otherwise;

    return value > 0 ? value : otherwise;
}

static int write_calls(const char *dir, long calls, long days)
{
    struct writer_options options = { .store_dir = dir, .wait_when_full = true };
    int64_t start = ((int64_t)time(NULL) - 3600) * 1000000000 - days * DAY_NS;
    struct call_record call;
    struct mix_texts texts;
    struct writer *w;
    int err = writer_start(&w, &options);

    if (err)
        return err;
    for (long n = 0; n < calls; n++) {
        int64_t at = start + (int64_t)((double)n / (double)calls * (double)(days * DAY_NS));

        mix_begin(&call, &texts, n, at / 1000 * 1000);
        mix_end(&call, &texts, n);
        writer_submit(w, &record_type_call, &call);
        if (n % 500000 == 0)
            fprintf(stderr, "page_store: %ld calls\n", n);
    }
    writer_flush(w);
    writer_stop(w);
    return 0;
}

int main(int argc, char **argv)
{
    struct stat st;
    int err;

    if (argc < 2 || stat(argv[1], &st) == 0) {
        fprintf(stderr, "usage: page_store DIR [CALLS [DAYS]], with a DIR that is not there yet\n");
        return 2;
    }
    err = write_calls(argv[1], argument(argc, argv, 2, 10000000), argument(argc, argv, 3, 14));
    if (err)
        fprintf(stderr, "page_store: %s: %s\n", argv[1], strerror(-err));
    return err ? 1 : 0;
}
