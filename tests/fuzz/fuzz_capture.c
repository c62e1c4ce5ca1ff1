/*
 * fuzz_capture - a whole capture file through source, decap and analysis to its records.
 *
 * Whatever the file holds: the ledger comes last and once, and its bins add up to the frames.
 */
#include "probe/capture/source_file.h"
#include "probe/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct witness {
    int64_t frames, received, binned;
    int ledgers;
};

static void demand(bool truth)
{
    if (!truth)
        abort();
}

/* The sum of the numbers in a flat object. */
static int64_t sum_of(struct slice json)
{
    int64_t sum = 0, number = 0;

    for (size_t i = 0; i < json.len; i++) {
        bool digit = json.p[i] >= '0' && json.p[i] <= '9';

        if (json.p[i] == ':')
            number = 0;
        else if (json.p[i] == ',' || json.p[i] == '}')
            sum += number;
        else if (digit)
            number = number * 10 + (json.p[i] - '0');
    }
    return sum;
}

static void on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct witness *w = ctx;
    struct strbuf out = { 0 };
    struct jsonw j = jsonw_to(&out);

    demand(w->ledgers == 0); /* nothing follows it */
    record_write_json(&j, type, record);
    strbuf_fini(&out);
    if (type == &record_type_capture) {
        const struct capture_record *c = record;

        w->ledgers++;
        w->received = c->received;
        w->binned = c->received ? sum_of(c->bins) : 0;
    }
}

struct run {
    struct engine *engine;
    struct witness *witness;
};

static void on_frame(void *ctx, const struct frame *frame)
{
    struct run *run = ctx;

    run->witness->frames++;
    engine_frame(run->engine, frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct witness witness = { 0 };
    struct engine_options options = { .source = "", .record = on_record, .record_ctx = &witness };
    struct run run = { .witness = &witness };
    struct source_error source_error;
    struct engine_error error;
    struct source *source;
    FILE *file = tmpfile();
    char path[64];

    demand(file && fwrite(data, 1, size, file) == size && fflush(file) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    demand(engine_open(&run.engine, &options, &error) == 0);
    if (source_file_open(&source, path, &source_error) == 0) {
        while (source_poll(source, 1024, on_frame, &run) >= 0)
            continue;
        source_close(source);
    }
    engine_finish(run.engine);
    engine_close(run.engine);
    fclose(file);
    demand(witness.ledgers == 1);
    demand(witness.received == witness.frames && witness.binned == witness.frames);
    return 0;
}
