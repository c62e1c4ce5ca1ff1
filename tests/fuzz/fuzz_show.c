/*
 * fuzz_show - what 'earshot show' and the story make of the JSON and the intervals of a damaged store.
 *
 * Input: taken for each of them in turn. Beyond not crashing: an array has no more elements than
 * bytes, and the strip no more columns than it was given.
 */
#include "analyzer/base/json_item.h"
#include "probe/cmd/show_call.h"
#include "probe/cmd/show_story.h"
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

/* Every verdict of an answered call and of one that failed, with the same JSON everywhere. */
static void tell(struct slice bytes, size_t size)
{
    static const struct slice verdicts[] = {
        SLICE_INIT("ok"),
        SLICE_INIT("no_rtp"),
        SLICE_INIT("one_way"),
        SLICE_INIT("silent"),
        SLICE_INIT("on_hold"),
        SLICE_INIT("wrong_address"),
        SLICE_INIT("early_only"),
        SLICE_INIT("unknown"),
        SLICE_INIT("nat_unreachable"),
        SLICE_INIT("capture_blind"),
    };
    struct leg_record leg;
    struct story_scene scene = { &leg, 1, false };
    struct call_record call;
    struct strbuf out = { 0 };

    record_clear(&record_type_leg, &leg);
    leg.evidence = leg.call_id_b = bytes;
    record_clear(&record_type_call, &call);
    call.id = leg.call_a = 1;
    call.state = SLICE("failed");
    call.final_status = 486;
    call.final_reason = call.from_user = call.to_number = bytes;
    call.media_evidence = call.media_timeouts = call.deviations = bytes;
    call.history = call.links = call.capture_confidence_reasons = bytes;
    call.capture_confidence = SLICE("low");
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        call.media_verdict = verdicts[i];
        call.answer_time = i % 2 ? 1 : RECORD_NONE;
        strbuf_reset(&out);
        show_story_add(&out, &call, &scene, WIDTH);
        show_story_evidence(&out, &call, &scene);
        must(!out.failed && out.len <= 20000 + 256 * size);
    }
    strbuf_fini(&out);
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
    tell(bytes, size);
    record_clear(&record_type_stream, &stream);
    stream.events = stream.rtcp_xr = stream.intervals = bytes;
    show_stream_add(&out, &stream, WIDTH);
    strbuf_fini(&out);
    return 0;
}
