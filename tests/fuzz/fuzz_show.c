/*
 * fuzz_show - what 'earshot show' makes of the JSON and the intervals of a damaged store.
 *
 * Input: taken for each of them in turn. Beyond not crashing: an array has no more elements than
 * bytes, and the strip no more columns than it was given.
 */
#include "analyzer/base/json_item.h"
#include "probe/cmd/show_call.h"
#include "probe/cmd/show_stream.h"
#include "probe/cmd/sparkline.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WIDTH = 60, BLOCK_BYTES = 3 };

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_of(data, size), array = bytes, item;
    struct stream_record stream;
    struct call_record call;
    struct strbuf out = { 0 };
    size_t count = 0;

    while (json_item_next(&array, &item))
        must(++count <= size);
    sparkline_add_mos(&out, bytes, WIDTH);
    must(out.len <= WIDTH * BLOCK_BYTES);
    record_clear(&record_type_call, &call);
    call.dtmf = call.vq_reports = bytes;
    show_call_keys(&out, &call);
    show_call_reports(&out, &call);
    record_clear(&record_type_stream, &stream);
    stream.events = stream.rtcp_xr = stream.intervals = bytes;
    show_stream_add(&out, &stream, WIDTH);
    strbuf_fini(&out);
    return 0;
}
