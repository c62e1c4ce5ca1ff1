#include "analyzer/rtp/rtcp_packet.h"

enum {
    HEADER_BYTES = 4,
    REPORT_BLOCK_BYTES = 24,
    VERSION = 2,
    FIRST_TYPE = 192, /* RFC 5761 §4: types beside these collide with RTP's payload types */
    LAST_TYPE = 223,
    SDES_END = 0,
    SDES_CNAME = 1,
    XR_UNAVAILABLE = 127,
    XR_VOIP_BYTES = 32,
    XR_RRTR_BYTES = 8,
    XR_DLRR_BYTES = 12,
};

/* What a packet holds at least: RFC 3550 §6, RFC 4585 §6.1, RFC 3611 §2. */
static const struct {
    uint8_t type;
    uint8_t fixed_bytes; /* behind the header */
    uint8_t each_bytes;  /* for every block that the count announces */
} layouts[] = {
    { RTCP_SR, 24, REPORT_BLOCK_BYTES },
    { RTCP_RR, 4, REPORT_BLOCK_BYTES },
    { RTCP_BYE, 0, 4 },
    { RTCP_APP, 8, 0 },
    { RTCP_RTPFB, 8, 0 },
    { RTCP_PSFB, 8, 0 },
    { RTCP_XR, 4, 0 },
};

static bool is_rtcp_type(uint8_t type)
{
    return type >= FIRST_TYPE && type <= LAST_TYPE;
}

/* Bytes of a packet with its header, as its length field claims. */
static size_t claimed_bytes(const uint8_t *header)
{
    return ((size_t)(header[2] << 8 | header[3]) + 1) * 4;
}

static bool body_holds(const struct rtcp_packet *p)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        if (layouts[i].type == p->type)
            return p->body.len >= layouts[i].fixed_bytes + (size_t)layouts[i].each_bytes * p->count;
    }
    return true;
}

/* Takes one packet off *rest. RFC 3550 §6.4.1: padding is the last packet's alone, a multiple of 4. */
static enum rtcp_parse take_packet(struct bytes *rest, struct rtcp_packet *out)
{
    const uint8_t *header = rest->p;
    struct bytes packet;
    size_t padding;

    if (rest->len < HEADER_BYTES || header[0] >> 6 != VERSION || !is_rtcp_type(header[1]))
        return RTCP_PARSE_TRAILING;
    if (claimed_bytes(header) > rest->len)
        return RTCP_PARSE_LENGTH;
    packet = bytes_of(header, claimed_bytes(header));
    bytes_take(rest, packet.len);
    bytes_take(&packet, HEADER_BYTES);
    if (header[0] & 0x20) {
        padding = packet.len ? packet.p[packet.len - 1] : 0;
        if (rest->len || padding == 0 || padding % 4 || padding > packet.len)
            return RTCP_PARSE_PADDING;
        packet.len -= padding;
    }
    *out = (struct rtcp_packet){ .type = header[1], .count = header[0] & 0x1f, .body = packet };
    return body_holds(out) ? RTCP_PARSE_OK : RTCP_PARSE_BODY;
}

bool rtcp_looks_like(struct slice datagram)
{
    const uint8_t *p = (const uint8_t *)datagram.p;

    return datagram.len >= HEADER_BYTES && p[0] >> 6 == VERSION && is_rtcp_type(p[1]);
}

enum rtcp_parse rtcp_parse_datagram(struct slice datagram, bool reduced_size,
                                    struct rtcp_iter *packets)
{
    struct bytes all = bytes_of(datagram.p, datagram.len), rest = all;
    struct rtcp_packet packet;
    uint8_t type;

    if (all.len < HEADER_BYTES + 4)
        return RTCP_PARSE_SHORT;
    type = all.p[1];
    if (all.p[0] >> 6 != VERSION)
        return RTCP_PARSE_VERSION;
    if (!is_rtcp_type(type))
        return RTCP_PARSE_TYPE;
    if (!reduced_size && type != RTCP_SR && type != RTCP_RR)
        return RTCP_PARSE_FIRST;
    while (rest.len) {
        enum rtcp_parse why = take_packet(&rest, &packet);

        if (why != RTCP_PARSE_OK)
            return why;
    }
    *packets = (struct rtcp_iter){ .rest = all };
    return RTCP_PARSE_OK;
}

const char *rtcp_parse_text(enum rtcp_parse reason)
{
    static const char *const texts[RTCP_PARSE_REASONS] = {
        [RTCP_PARSE_OK] = "ok",           [RTCP_PARSE_SHORT] = "short",
        [RTCP_PARSE_VERSION] = "version", [RTCP_PARSE_TYPE] = "type",
        [RTCP_PARSE_FIRST] = "first",     [RTCP_PARSE_PADDING] = "padding",
        [RTCP_PARSE_LENGTH] = "length",   [RTCP_PARSE_TRAILING] = "trailing",
        [RTCP_PARSE_BODY] = "body",
    };

    return texts[reason];
}

bool rtcp_next(struct rtcp_iter *packets, struct rtcp_packet *out)
{
    return packets->rest.len && take_packet(&packets->rest, out) == RTCP_PARSE_OK;
}

bool rtcp_sender_info(const struct rtcp_packet *p, struct rtcp_sender_info *out)
{
    struct bytes b = p->body;
    struct rtcp_sender_info info;

    info.ssrc = bytes_u32(&b);
    info.ntp = bytes_u64(&b);
    info.rtp_timestamp = bytes_u32(&b);
    info.packets = bytes_u32(&b);
    info.octets = bytes_u32(&b);
    if (p->type != RTCP_SR || !bytes_ok(&b))
        return false;
    *out = info;
    return true;
}

bool rtcp_sender_ssrc(const struct rtcp_packet *p, uint32_t *ssrc)
{
    struct bytes b = p->body;
    uint32_t value = bytes_u32(&b);

    if ((p->type != RTCP_SR && p->type != RTCP_RR && p->type != RTCP_XR) || !bytes_ok(&b))
        return false;
    *ssrc = value;
    return true;
}

struct rtcp_iter rtcp_report_blocks(const struct rtcp_packet *p)
{
    struct rtcp_iter blocks = { .rest = p->body, .left = p->count };

    if (p->type != RTCP_SR && p->type != RTCP_RR)
        return (struct rtcp_iter){ .left = 0 };
    bytes_take(&blocks.rest, p->type == RTCP_SR ? 24 : 4);
    return blocks;
}

bool rtcp_report_block_next(struct rtcp_iter *blocks, struct rtcp_report_block *out)
{
    struct bytes *b = &blocks->rest;
    uint32_t lost;

    if (blocks->left == 0 || b->len < REPORT_BLOCK_BYTES)
        return false;
    blocks->left--;
    out->ssrc = bytes_u32(b);
    out->fraction_lost = bytes_u8(b);
    lost = bytes_u24(b);
    out->lost = lost & 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost;
    out->highest_seq = bytes_u32(b);
    out->jitter = bytes_u32(b);
    out->lsr = bytes_u32(b);
    out->dlsr = bytes_u32(b);
    return true;
}

struct rtcp_iter rtcp_sdes_chunks(const struct rtcp_packet *p)
{
    if (p->type != RTCP_SDES)
        return (struct rtcp_iter){ .left = 0 };
    return (struct rtcp_iter){ .rest = p->body, .left = p->count };
}

/*
 * Reads the items of one chunk up to its END and the padding behind it; *cname is absent when there
 * is none. False when an item runs past the packet: where the next chunk begins is then unknown.
 */
static bool sdes_items(struct bytes *b, struct slice *cname)
{
    const uint8_t *text;
    size_t before = b->len;
    uint8_t item, len;

    *cname = SLICE_ABSENT;
    while ((item = bytes_u8(b)) != SDES_END) {
        len = bytes_u8(b);
        text = bytes_take(b, len);
        if (!bytes_ok(b))
            return false;
        if (item == SDES_CNAME && !cname->p)
            *cname = slice_of(text, len);
    }
    if (!bytes_ok(b))
        return false;
    /* The SSRC is 4 bytes: to align the items is to align the chunk. */
    bytes_take(b, (4 - (before - b->len) % 4) % 4);
    return bytes_ok(b);
}

bool rtcp_cname_next(struct rtcp_iter *chunks, uint32_t *ssrc, struct slice *cname)
{
    while (chunks->left && chunks->rest.len) {
        uint32_t source = bytes_u32(&chunks->rest);
        struct slice name;

        chunks->left--;
        if (!sdes_items(&chunks->rest, &name))
            chunks->left = 0; /* what was read before the lie still counts */
        if (name.p) {
            *ssrc = source;
            *cname = name;
            return true;
        }
    }
    return false;
}

struct rtcp_iter rtcp_bye_ssrcs(const struct rtcp_packet *p, struct slice *reason)
{
    struct bytes b = p->body;
    const uint8_t *text;
    uint8_t len;

    *reason = SLICE_ABSENT;
    if (p->type != RTCP_BYE)
        return (struct rtcp_iter){ .left = 0 };
    bytes_take(&b, (size_t)p->count * 4);
    len = bytes_u8(&b);
    text = bytes_take(&b, len);
    if (bytes_ok(&b) && len)
        *reason = slice_of(text, len);
    return (struct rtcp_iter){ .rest = p->body, .left = p->count };
}

bool rtcp_bye_next(struct rtcp_iter *ssrcs, uint32_t *ssrc)
{
    if (ssrcs->left == 0 || ssrcs->rest.len < 4)
        return false;
    ssrcs->left--;
    *ssrc = bytes_u32(&ssrcs->rest);
    return true;
}

struct rtcp_iter rtcp_xr_blocks(const struct rtcp_packet *p)
{
    struct rtcp_iter blocks = { .rest = p->body };

    if (p->type != RTCP_XR)
        return (struct rtcp_iter){ .left = 0 };
    bytes_take(&blocks.rest, 4); /* the sender's SSRC */
    return blocks;
}

bool rtcp_xr_next(struct rtcp_iter *blocks, struct rtcp_xr_block *out)
{
    struct bytes *b = &blocks->rest;
    uint8_t type = bytes_u8(b), specific = bytes_u8(b);
    size_t len = (size_t)bytes_u16(b) * 4;
    const uint8_t *body = bytes_take(b, len);

    if (!bytes_ok(b))
        return false;
    *out =
        (struct rtcp_xr_block){ .type = type, .specific = specific, .body = bytes_of(body, len) };
    return true;
}

/* The value, or −1 when it is outside its range: 127 says unavailable, the rest is reserved. */
static int16_t within(uint8_t value, uint8_t low, uint8_t high)
{
    return value >= low && value <= high ? (int16_t)value : (int16_t)-1;
}

/* A level in two's complement; 127 is unavailable. */
static int16_t level_dbm(uint8_t value)
{
    if (value == XR_UNAVAILABLE)
        return INT16_MIN;
    return (int16_t)(value & 0x80 ? value - 0x100 : value);
}

static int32_t measured_ms(uint16_t value)
{
    return value ? value : -1;
}

bool rtcp_xr_voip(const struct rtcp_xr_block *block, struct rtcp_voip_metrics *out)
{
    struct bytes b = block->body;

    if (block->type != RTCP_XR_VOIP || b.len != XR_VOIP_BYTES)
        return false;
    out->ssrc = bytes_u32(&b);
    out->loss_ratio = bytes_u8(&b) / 256.0;
    out->discard_ratio = bytes_u8(&b) / 256.0;
    out->burst_density_ratio = bytes_u8(&b) / 256.0;
    out->gap_density_ratio = bytes_u8(&b) / 256.0;
    out->burst_duration_ms = bytes_u16(&b);
    out->gap_duration_ms = bytes_u16(&b);
    out->round_trip_ms = measured_ms(bytes_u16(&b));
    out->end_system_delay_ms = measured_ms(bytes_u16(&b));
    out->signal_dbm = level_dbm(bytes_u8(&b));
    out->noise_dbm = level_dbm(bytes_u8(&b));
    out->rerl_db = within(bytes_u8(&b), 0, XR_UNAVAILABLE - 1);
    out->gmin = within(bytes_u8(&b), 1, 255);
    out->r_factor = within(bytes_u8(&b), 0, 100);
    out->external_r_factor = within(bytes_u8(&b), 0, 100);
    out->mos_lq_x10 = within(bytes_u8(&b), 10, 50);
    out->mos_cq_x10 = within(bytes_u8(&b), 10, 50);
    out->rx_config = bytes_u8(&b);
    bytes_u8(&b); /* reserved */
    out->jb_nominal_ms = bytes_u16(&b);
    out->jb_maximum_ms = bytes_u16(&b);
    out->jb_abs_max_ms = bytes_u16(&b);
    return true;
}

bool rtcp_xr_rrtr(const struct rtcp_xr_block *block, uint64_t *ntp)
{
    struct bytes b = block->body;

    if (block->type != RTCP_XR_RRTR || b.len != XR_RRTR_BYTES)
        return false;
    *ntp = bytes_u64(&b);
    return true;
}

struct rtcp_iter rtcp_xr_dlrr(const struct rtcp_xr_block *block)
{
    if (block->type != RTCP_XR_DLRR || block->body.len % XR_DLRR_BYTES)
        return (struct rtcp_iter){ .left = 0 };
    return (struct rtcp_iter){ .rest = block->body };
}

bool rtcp_dlrr_next(struct rtcp_iter *reports, struct rtcp_dlrr *out)
{
    if (reports->rest.len < XR_DLRR_BYTES)
        return false;
    out->ssrc = bytes_u32(&reports->rest);
    out->lrr = bytes_u32(&reports->rest);
    out->dlrr = bytes_u32(&reports->rest);
    return true;
}

bool rtcp_rtt_ns(int64_t sr_ns, int64_t report_ns, uint32_t dlsr, int64_t *rtt_ns)
{
    const int64_t second = 1000000000, millisecond = 1000000;
    const int64_t longest = 60 * second, rested_ns = (int64_t)dlsr * second / 65536;
    uint64_t passed;

    if (report_ns < sr_ns)
        return false;
    passed = (uint64_t)report_ns - (uint64_t)sr_ns; /* cannot overflow, whatever the clocks say */
    if (passed > (uint64_t)(rested_ns + longest) || (int64_t)passed < rested_ns - millisecond)
        return false;
    *rtt_ns = (int64_t)passed > rested_ns ? (int64_t)passed - rested_ns : 0;
    return true;
}
