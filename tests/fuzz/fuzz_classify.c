/*
 * fuzz_classify - packets of unknown flows, some of them of the same flow.
 *
 * For each packet its length (2 bytes) and the bytes from the IP header on.
 */
#include "analyzer/base/bytes.h"
#include "probe/decap/classify.h"
#include "probe/decap/classify_packet.h"
#include "tests/unit/heap_block.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth)
        abort();
}

/* A plain copy must say what the packet said. */
static void check_plain(struct slice ip_packet)
{
    struct classify_packet packet, again;
    uint8_t plain[CLASSIFY_PACKET_PLAIN_BYTES];
    size_t len;

    if (!classify_packet_read(ip_packet, &packet))
        return;
    demand(packet.payload.len < ip_packet.len);
    len = classify_packet_write_plain(&packet, plain);
    demand(len + CLASSIFY_PACKET_SLACK_BYTES <= sizeof plain);
    demand(classify_packet_read(slice_of(plain, len), &again));
    demand(addr_eq(&packet.src, &again.src) && addr_eq(&packet.dst, &again.dst));
    demand(packet.tcp == again.tcp && packet.v6 == again.v6);
    demand(packet.payload.len > CLASSIFY_PACKET_PAYLOAD_MAX
               ? again.payload.len == CLASSIFY_PACKET_PAYLOAD_MAX
               : slice_eq(packet.payload, again.payload));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t hash_key[2] = { 1, 2 };
    static struct classify *c; /* kept: nDPI takes 10 ms to start */
    static struct counters counters;
    struct bytes in = bytes_of(data, size);
    struct strbuf out = { 0 };
    struct jsonw j = jsonw_to(&out);
    int64_t now_ns = 0;

    if (!c)
        demand(classify_new(&c, hash_key, &counters) == 0);
    while (in.len) {
        size_t len = bytes_u16(&in);
        struct slice block;

        if (len > in.len)
            len = in.len;
        block = heap_block(slice_of(bytes_take(&in, len), len));
        classify_see(c, now_ns, block);
        check_plain(block);
        now_ns += 20000000;
        heap_block_free(block);
    }
    classify_write(&j, c);
    demand(out.p[0] == '{' && out.p[out.len - 1] == '}');
    strbuf_fini(&out);
    return 0;
}
