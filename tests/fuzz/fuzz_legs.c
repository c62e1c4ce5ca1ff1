/*
 * fuzz_legs - any messages of two calls, and then how they go: NUL bytes stand between messages.
 *
 * What is told of legs must hold together, and be told of those two calls.
 */
#include "analyzer/legs/legs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CALLS = 2, CALL_A = 0x1000, HEADERS = 3 };

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void take(void *ctx, const struct record_type *type, const void *record)
{
    const struct leg_record *r = record;

    (void)ctx;
    must(type == &record_type_leg);
    must(r->call_a == CALL_A && r->call_b == CALL_A + 1);
    must(r->leg_group == 0 || r->leg_group == CALL_A);
    must(r->score >= 0 && r->score <= 1);
    must(r->evidence.len >= 2 && r->evidence.p[0] == '[');
}

static void close_call(struct legs *l, uint64_t id, int64_t time_ns)
{
    struct call_record r;

    record_clear(&record_type_call, &r);
    r.id = id;
    r.call_id = SLICE("fuzz");
    r.invite_time = time_ns;
    r.answer_time = r.settled_time = time_ns + 1;
    r.end_time = time_ns + 2;
    r.final_status = 200;
    legs_call(l, &r, RECORD_SETTLED);
    legs_call(l, &r, RECORD_CLOSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct slice headers[HEADERS] = { SLICE_INIT("X-CID"), SLICE_INIT("X-Call-ID"),
                                                   SLICE_INIT("In-Reply-To") };
    struct counters counters = { 0 };
    const struct legs_options options = { .headers = headers,
                                          .header_count = HEADERS,
                                          .max_calls = 16,
                                          .counters = &counters,
                                          .record = take };
    struct slice rest = slice_of(data, size);
    struct legs *l = NULL;
    unsigned count = 0;

    if (legs_new(&l, &options) != 0)
        return 0;
    while (rest.len && count < 16) {
        struct slice text = slice_cut(&rest, '\0');
        struct datagram d = { .time_ns = count, .src = { .port = 5060 } };
        struct sip_msg msg;

        if (sip_msg_parse(&msg, text) != SIP_PARSE_OK)
            continue;
        d.src.ip[15] = (uint8_t)(count % CALLS + 1);
        d.dst.ip[15] = (uint8_t)(count % CALLS + 2);
        legs_message(l, CALL_A + count % CALLS, msg.call_id, &msg, &d);
        count++;
    }
    for (uint64_t i = 0; i < CALLS; i++)
        close_call(l, CALL_A + i, (int64_t)i);
    legs_finish(l);
    legs_free(l);
    return 0;
}
