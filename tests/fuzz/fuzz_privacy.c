/*
 * fuzz_privacy - any bytes as a SIP message that is masked, as a name, as JSON of a record.
 *
 * What it holds the room to: nothing is read or written outside (the sanitizers), what was filed
 * before can be filed after, and its body lies where it lay.
 */
#include "analyzer/privacy/privacy_record.h"
#include "analyzer/privacy/sip_scrub.h"
#include "analyzer/sip/sip_msg.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static struct privacy way_of(uint8_t bits)
{
    struct privacy p = { .numbers = bits % 3,
                         .names = bits / 3 % 3,
                         .digits = (uint8_t)(1 + bits % PRIVACY_DIGITS_MAX),
                         .blank = bits >> 4 };

    privacy_set_key(&p, SLICE("0123456789abcdef0123456789ABCDEF"));
    return p;
}

static void scrub(const struct privacy *p, char *text, size_t size)
{
    struct scrub_counts counts = { { 0 } };
    struct sip_msg before, after;
    enum sip_parse result = sip_msg_parse(&before, slice_of(text, size));
    size_t head = before.header_block.p ? before.header_block.len : 0;

    sip_scrub(p, text, size, &counts);
    if (result != SIP_PARSE_OK)
        return;
    must(sip_msg_parse(&after, slice_of(text, size)) == SIP_PARSE_OK);
    must(after.header_block.len == head && after.method == before.method);
    must(after.call_id.p == before.call_id.p && after.call_id.len == before.call_id.len);
}

static void mask_record(const struct privacy *p, struct slice text)
{
    struct privacy_scratch scratch = { NULL, 0 };
    struct call_record call;
    const struct call_record *copy;

    record_clear(&record_type_call, &call);
    call.from_user = call.from_uri = call.call_id = call.user_agent = call.history = text;
    copy = privacy_record(p, &record_type_call, &call, &scratch);
    must(copy && copy->history.len == text.len && copy->from_uri.len == text.len);
    privacy_scratch_fini(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct privacy p;
    char *copy;

    if (size < 1)
        return 0;
    p = way_of(data[0]);
    mask_record(&p, slice_of(data + 1, size - 1));
    copy = malloc(size);
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    copy = realloc(copy, size - 1 ? size - 1 : 1);
    must(copy != NULL);
    scrub(&p, copy, size - 1);
    free(copy);
    return 0;
}
