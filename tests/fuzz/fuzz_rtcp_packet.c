/*
 * fuzz_rtcp_packet - any bytes as a datagram of RTCP, and every block of what passes.
 *
 * Each walk must end within as many steps as there are bytes, and what it lends must lie inside the
 * datagram.
 */
#include "analyzer/rtp/rtcp_packet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static size_t walk_xr(const struct rtcp_packet *p)
{
    struct rtcp_iter blocks = rtcp_xr_blocks(p), reports;
    struct rtcp_voip_metrics m;
    struct rtcp_xr_block x;
    struct rtcp_dlrr d;
    uint64_t ntp;
    size_t steps = 0;

    while (rtcp_xr_next(&blocks, &x)) {
        steps++;
        if (rtcp_xr_voip(&x, &m))
            must(m.loss_ratio < 1 && m.mos_lq_x10 <= 50 && m.r_factor <= 100);
        rtcp_xr_rrtr(&x, &ntp);
        reports = rtcp_xr_dlrr(&x);
        while (rtcp_dlrr_next(&reports, &d))
            steps++;
    }
    return steps;
}

static size_t walk_packet(const struct rtcp_packet *p, const uint8_t *data, size_t size)
{
    struct rtcp_iter reports = rtcp_report_blocks(p), chunks = rtcp_sdes_chunks(p), byes;
    struct rtcp_report_block r;
    struct rtcp_sender_info info;
    struct slice text;
    uint32_t ssrc;
    int64_t rtt_ns;
    size_t steps = 1;

    if (rtcp_sender_info(p, &info))
        must(p->type == RTCP_SR && rtcp_sender_ssrc(p, &ssrc) && ssrc == info.ssrc);
    for (; rtcp_report_block_next(&reports, &r); steps++) {
        must(r.lost >= -0x800000 && r.lost <= 0x7fffff);
        if (rtcp_rtt_ns((int64_t)r.lsr << 31, (int64_t)r.jitter << 31, r.dlsr, &rtt_ns))
            must(rtt_ns >= 0);
    }
    for (; rtcp_cname_next(&chunks, &ssrc, &text); steps++)
        must((const uint8_t *)text.p >= data && (const uint8_t *)text.p + text.len <= data + size);
    byes = rtcp_bye_ssrcs(p, &text);
    if (text.p)
        must((const uint8_t *)text.p + text.len <= data + size);
    while (rtcp_bye_next(&byes, &ssrc))
        steps++;
    return steps + walk_xr(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice datagram = slice_of(data, size);
    struct rtcp_iter packets;
    struct rtcp_packet p, alone;
    size_t steps = 0;

    if (rtcp_parse_datagram(datagram, true, &packets) == RTCP_PARSE_OK) {
        must(rtcp_looks_like(datagram));
        while (rtcp_next(&packets, &p))
            steps += walk_packet(&p, data, size);
    }
    /* The iterators trust nobody, not even rtcp_parse_datagram. */
    if (size >= 2) {
        alone = (struct rtcp_packet){ .type = data[0],
                                      .count = data[1] & 0x1f,
                                      .body = bytes_of(data + 2, size - 2) };
        steps += walk_packet(&alone, data, size);
    }
    must(steps <= 2 * size + 2);
    return 0;
}
