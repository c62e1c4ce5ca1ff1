/*
 * fuzz_analyzer - a sequence of datagrams through the analyzer, with the sink as its witness.
 *
 * One byte of limits; then for each datagram: how many ms later (2 bytes), source and destination
 * (4 bits each, of a small set, so that media meets its call), flags, length (2 bytes), the bytes.
 */
#include "analyzer/analyzer.h"
#include "analyzer/base/bytes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEEN_MAX = 4096, TICK = 1, LEAP = 2, CUT = 4, LOSS = 8, BACK = 16 };

struct witness {
    uint64_t closed[SEEN_MAX];
    size_t closed_count, settled;
};

static void demand(bool truth)
{
    if (!truth)
        abort();
}

/* Every byte of a record must be readable, and JSON come of it. */
static void write_out(const struct record_type *type, const void *record)
{
    struct strbuf out = { 0 };
    struct jsonw j = jsonw_to(&out);

    record_write_json(&j, type, record);
    demand(out.failed || (out.p[0] == '{' && out.p[out.len - 1] == '}'));
    strbuf_fini(&out);
}

static void check_stream(const struct stream_record *r)
{
    demand(r->packets > 0 && r->expected >= 0);
    demand(r->lost >= 0 && r->lost <= r->expected);
    demand(r->duplicates >= 0 && r->out_of_order >= 0 && r->restarts >= 0);
    demand(r->jb200.lost_total == RECORD_NONE || r->jb200.lost_total >= r->lost);
    demand(!(r->mos_lq_raw < 1 || r->mos_lq_raw > 4.5));
    demand(!(r->mos_lq_jb200 > r->mos_lq_raw + 1e-9));
    demand(!(r->jitter_ms_max < 0));
    demand(!(r->jitter_ms_p95 > r->jitter_ms_max));
    demand(r->rtcp_reports >= 0 && r->rtcp_sender_reports >= 0);
    demand(!(r->rtcp_rtt_receiver_ms < 0) && !(r->rtcp_rtt_ms < r->rtcp_rtt_receiver_ms));
    demand(!(r->rtcp_fraction_lost_max > 1) && !(r->rtcp_jitter_ms_max > 60000));
    demand(r->rtcp_lost_before_probe == RECORD_NONE || r->rtcp_lost_before_probe >= 0);
    demand(r->rtcp_lost_after_probe == RECORD_NONE || r->rtcp_lost_after_probe >= 0);
}

static void on_call(void *ctx, const struct call_record *call, enum record_event event,
                    void **keeper)
{
    struct witness *w = ctx;

    for (size_t i = 0; i < w->closed_count; i++)
        demand(w->closed[i] != call->id); /* nothing follows the last word */
    write_out(&record_type_call, call);
    for (size_t i = 0; i < call->stream_count; i++)
        check_stream(&call->streams[i]);
    demand(!(call->duration_ms < 0) && !(call->post_dial_delay_ms < 0));
    w->settled += event == RECORD_SETTLED;
    if (event != RECORD_CLOSED)
        return;
    if (w->closed_count < SEEN_MAX)
        w->closed[w->closed_count] = call->id;
    w->closed_count++;
    demand(w->closed_count < SEEN_MAX);
    free(*keeper);
    *keeper = NULL;
}

static void on_stream(void *ctx, const struct stream_record *stream, void **keeper)
{
    (void)ctx;
    if (stream) {
        write_out(&record_type_stream, stream);
        check_stream(stream);
    }
    free(*keeper);
    *keeper = NULL;
}

static void on_adopted(void *ctx, uint64_t orphan, uint64_t call, void **keeper)
{
    (void)ctx;
    demand(orphan && call);
    free(*keeper);
    *keeper = NULL;
}

static void on_transaction(void *ctx, const struct transaction_record *t)
{
    (void)ctx;
    write_out(&record_type_transaction, t);
}

static void *open_ear(void)
{
    return calloc(1, sizeof(uint64_t));
}

/* Hears keys where nobody pressed any: which, when and how long is in the sound. */
static void lend_ear(void *listener, const int16_t *samples, size_t count, tone_fn found, void *ctx)
{
    uint64_t *fed = listener;

    demand(count > 0);
    *fed += count;
    if (samples[0] & 8)
        found(ctx, "159D"[samples[0] >> 4 & 3], *fed - count, samples[0] & 256 ? 160 : 0);
}

static struct addr addr_number(unsigned n)
{
    static const uint16_t ports[4] = { 5060, 4000, 4001, 6000 };
    const uint8_t ip[4] = { 10, 0, 0, (uint8_t)(1 + (n >> 2 & 3)) };

    return addr_v4(ip, ports[n & 3]);
}

/* False at the end of the input. */
static bool play_one(struct analyzer *a, struct bytes *in, int64_t *now_ns, uint64_t *bins,
                     bool keep)
{
    uint32_t delta_ms = bytes_u16(in);
    uint8_t ends = bytes_u8(in), flags = bytes_u8(in);
    uint16_t len = bytes_u16(in);
    struct datagram d = { .src = addr_number(ends >> 4), .dst = addr_number(ends & 15) };
    struct claim claim;
    enum packet_bin bin;
    uint8_t *copy;

    if (len > in->len)
        len = (uint16_t)in->len;
    if (!bytes_ok(in))
        return false;
    *now_ns += (int64_t)delta_ms * (flags & BACK ? -1000000 : 1000000) *
               (flags & LEAP ? INT64_C(100000) : 1);
    if (*now_ns < 0 || *now_ns > INT64_C(4000000000000000000))
        *now_ns = 0;
    if (flags & TICK)
        analyzer_tick(a, *now_ns);
    if (flags & LOSS)
        analyzer_note_capture_loss(a, 1);
    copy = malloc(len ? len : 1);
    demand(copy != NULL);
    memcpy(copy, bytes_take(in, len), len);
    d.time_ns = *now_ns;
    d.payload = slice_of(copy, len);
    d.wire_bytes = len + (flags & CUT ? 100u : 0u);
    d.network = flags >> 6;
    bin = analyzer_datagram(a, &d, &claim);
    free(copy);
    demand(bin < BIN_COUNT);
    bins[bin]++;
    demand((claim.kind == CLAIM_NONE) == (claim.keeper == NULL));
    if (keep && claim.keeper && !*claim.keeper)
        *claim.keeper = malloc(1);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct witness witness; /* of one run: made anew below */
    struct bytes in = bytes_of(data, size);
    uint8_t limits = bytes_u8(&in);
    struct analyzer_options options;
    struct analyzer_sink sink = { .ctx = &witness,
                                  .call = on_call,
                                  .stream = on_stream,
                                  .adopted = on_adopted,
                                  .transaction = on_transaction,
                                  .closed_only = limits & 1 };
    uint64_t bins[BIN_COUNT] = { 0 }, datagrams = 0, binned = 0;
    int64_t now_ns = INT64_C(1795255200000000000);
    struct analyzer_totals totals;
    struct analyzer *a = NULL;

    memset(&witness, 0, sizeof witness);
    analyzer_options_default(&options);
    if (limits & 2)
        options.max_calls = options.max_streams = options.max_transactions = 2;
    if (limits & 4)
        options.max_orphans = 1;
    if (limits & 16) {
        options.tones = (struct tone_listener){ open_ear, lend_ear, free };
        options.inband_dtmf = INBAND_ALWAYS;
        options.max_tone_listeners = 3;
        options.keep_digits = true;
    }
    demand(analyzer_new(&a, &options, &sink) == 0);
    while (in.len && datagrams < SEEN_MAX - 1 && play_one(a, &in, &now_ns, bins, !(limits & 8)))
        datagrams++;
    if (!(limits & 8)) {
        analyzer_finish(a);
        analyzer_totals(a, &totals);
        demand(totals.open_calls == 0 && totals.calls == witness.closed_count);
        demand(witness.settled <= witness.closed_count);
    }
    for (int i = 0; i < BIN_COUNT; i++)
        binned += bins[i];
    demand(binned == datagrams);
    analyzer_free(a);
    return 0;
}
