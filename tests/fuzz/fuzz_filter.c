/*
 * fuzz_filter - any bytes as a filter: read, asked of a call, printed back, read again.
 *
 * What is printed must be read as itself; what is refused must point into the text.
 */
#include "analyzer/filter/filter.h"
#include "analyzer/record_id.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 2026-11-21T16:00:00Z */
#define NOW_NS (INT64_C(1795276800) * 1000000000)

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool has_alert(void *ctx, const struct filter_test *test, uint64_t call)
{
    (void)ctx;
    return call && (test->shape == FILTER_ANY || filter_test_text(test, SLICE("low-mos")));
}

static void fill(struct call_record *call)
{
    record_clear(&record_type_call, call);
    call->id = record_id_make(NOW_NS - INT64_C(3600) * 1000000000, 7);
    call->call_id = SLICE("a84b4c76e66710@pc33");
    call->from_user = SLICE("alice");
    call->to_number = SLICE("+49301234567");
    call->user_agent = SLICE("Yealink SIP-T46S 66.84");
    call->final_status = 486;
    call->codecs = SLICE("[\"PCMA\",\"x\\\"y\"]");
    call->deviations = SLICE("[{\"t\":1,\"deviation\":\"ack_missing\"}]");
    call->fax = 1;
    call->mos_lq = 3.4567;
    must(addr_parse(SLICE("10.1.2.3:5060"), &call->src));
}

static void check_error(const struct filter_error *error, struct slice text)
{
    struct strbuf shown = { 0 };

    must(error->column >= 1 && error->length >= 1 && error->text[0]);
    must(error->column + error->length <= text.len + 2);
    filter_error_point(error, text, "", &shown);
    must(!shown.failed);
    strbuf_fini(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    const struct filter_world world = { NULL, has_alert };
    struct strbuf once = { 0 }, twice = { 0 };
    struct filter *f, *again;
    struct filter_error error;
    struct call_record call;
    bool match;

    if (filter_parse(&f, text, NOW_NS, &error) != 0) {
        check_error(&error, text);
        return 0;
    }
    must(f->node_count <= FILTER_NODES_MAX && f->test_count <= FILTER_TESTS_MAX);
    fill(&call);
    match = filter_match(f, &call, &world);
    filter_print(f, &once);
    must(!once.failed);
    /* Lists and words alone are longer when they are printed. */
    if (once.len <= FILTER_TEXT_MAX) {
        must(filter_parse(&again, strbuf_slice(&once), NOW_NS, &error) == 0);
        must(filter_match(again, &call, &world) == match);
        filter_print(again, &twice);
        must(slice_eq(strbuf_slice(&once), strbuf_slice(&twice)));
        filter_free(again);
    }
    strbuf_fini(&once);
    strbuf_fini(&twice);
    filter_free(f);
    return 0;
}
