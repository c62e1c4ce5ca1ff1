/*
 * fuzz_decap - frames in sequence, with all that waits between them: fragments, streams, handshakes.
 *
 * The first byte picks the link type and bends the options. Then for each frame: its length (2
 * bytes), the time since the last one (1 byte: unit, then how many of it, from −16 on), how much
 * more there was on the wire (1 byte), its bytes. Every frame is captured in a block of its exact
 * size, which is gone before the next one comes.
 */
#include "analyzer/base/bytes.h"
#include "probe/decap/decap.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    INPUT_MAX = 64 << 10,
    FRAMES_MAX = 256,
    UDP_PAYLOAD_MAX = 65535 - 8,
    VLAN_TAGS_MAX = 4,
    VLAN_ID_MAX = 0x0fff
};

#define MS  INT64_C(1000000)
#define NOW (INT64_C(1767225600000) * MS)

/* What the first byte says besides the link type, its lowest 4 bits. */
enum { FLAT_NETWORK = 0x10, NO_DUPLICATES = 0x20, SHALLOW = 0x40, NARROW = 0x80 };

struct run {
    struct decap *decap;
    struct decap_options options;
    struct frame sent[FRAMES_MAX]; /* as they stand in the input */
    size_t sent_count;             /* that at hand included */
    bool is_part[FRAMES_MAX];      /* of the unit at hand */
    int64_t now_ns;
    const struct frame *at_hand; /* NULL: time passes */
    unsigned in_frame;
    uint64_t sum; /* of all bytes handed over */
    struct decap_stats stats;
    struct counters counters;
};

static void demand(bool truth)
{
    if (!truth)
        abort();
}

/* The compiler must not find out that nobody wants to know. */
static void touch(struct run *r, const void *p, size_t len)
{
    const volatile uint8_t *byte = p;

    for (size_t i = 0; i < len; i++)
        r->sum += byte[i];
}

static void on_certificate(void *ctx, const struct certificate_record *c)
{
    struct run *r = ctx;
    struct strbuf out = { 0 };
    struct jsonw j = jsonw_to(&out);

    demand(c->id && c->seen_count > 0 && c->first_seen <= c->last_seen);
    record_write_json(&j, &record_type_certificate, c);
    demand(out.failed || (out.p[0] == '{' && out.p[out.len - 1] == '}'));
    touch(r, out.p, out.len);
    strbuf_fini(&out);
}

/* A part is a frame of the input that came before that at hand, whole; none is named twice. */
static void check_part(struct run *r, const struct frame *part)
{
    size_t before = r->at_hand ? r->sent_count - 1 : r->sent_count, i;

    touch(r, part->data, part->captured_bytes);
    for (i = 0; i < before; i++) {
        const struct frame *sent = &r->sent[i];

        if (!r->is_part[i] && sent->time_ns == part->time_ns &&
            sent->captured_bytes == part->captured_bytes && sent->wire_bytes == part->wire_bytes &&
            sent->link_type == part->link_type &&
            memcmp(sent->data, part->data, part->captured_bytes) == 0)
            break;
    }
    demand(i < before);
    r->is_part[i] = true;
}

static void check_path(const struct run *r, const struct path *path)
{
    struct strbuf text = { 0 };

    demand(path->vlan_count <= VLAN_TAGS_MAX && path->tunnel_count <= r->options.depth_max);
    demand(path->vlans[0] <= VLAN_ID_MAX && path->vlans[1] <= VLAN_ID_MAX);
    for (int i = 0; i < PATH_TUNNELS; i++)
        demand(path->tunnels[i] < TUNNEL_KIND_COUNT &&
               (path->tunnels[i] != TUNNEL_NONE) == (path->tunnel_count > i));
    path_add_vlan(&text, path);
    demand(text.len <= PATH_TEXT_MAX && (text.len > 0) == (path->vlan_count > 0));
    strbuf_reset(&text);
    path_add_tunnel(&text, path);
    demand(text.len <= PATH_TEXT_MAX && (text.len > 0) == (path->tunnel_count > 0));
    strbuf_fini(&text);
}

/* A datagram goes with the frame that completes it, and nothing else does. */
static void check_udp(struct run *r, const struct decap_unit *unit)
{
    const struct datagram *d = &unit->datagram;
    struct slice packet = decap_ip_packet(r->decap);
    uint32_t offset;

    demand(r->at_hand && unit->in_frame && r->in_frame == 1);
    demand(d->time_ns == r->at_hand->time_ns);
    demand(d->wire_bytes > 0 && d->wire_bytes <= UDP_PAYLOAD_MAX);
    if (unit->part_count) {
        demand(!packet.p);
        return;
    }
    demand(decap_payload_offset(r->at_hand, d, &offset));
    demand(d->wire_bytes <= r->at_hand->wire_bytes - offset);
    demand(packet.p && (uintptr_t)d->payload.p >= (uintptr_t)packet.p &&
           d->payload.p + d->payload.len <= packet.p + packet.len);
}

static void take_unit(void *ctx, const struct decap_unit *unit)
{
    struct run *r = ctx;
    const struct datagram *d = &unit->datagram;

    r->in_frame += unit->in_frame;
    demand(r->at_hand || !unit->in_frame);
    demand(unit->in_frame || unit->part_count > 0);
    demand(d->payload.len <= d->wire_bytes);
    touch(r, d->payload.p, d->payload.len);
    demand(d->dscp < 64 && (r->options.separate_vlans || d->network == 0));
    check_path(r, &d->path);
    memset(r->is_part, 0, sizeof r->is_part);
    for (size_t i = 0; i < unit->part_count; i++)
        check_part(r, &unit->parts[i]->frame);
    if (d->transport == TRANSPORT_UDP)
        check_udp(r, unit);
    else
        demand(d->transport == TRANSPORT_TCP || d->transport == TRANSPORT_WS);
}

/* What is counted grows, and stays within its limits. */
static void check_counts(struct run *r)
{
    const struct counters *counters = decap_counters(r->decap);
    struct decap_stats stats;

    decap_read_stats(r->decap, &stats);
    demand(stats.duplicate_frames >= r->stats.duplicate_frames);
    demand(stats.fragments_expired >= r->stats.fragments_expired);
    demand(stats.tcp_gaps >= r->stats.tcp_gaps);
    demand(stats.duplicate_frames + stats.fragments_expired <= r->sent_count);
    demand(stats.duplicate_frames == 0 || r->options.duplicate_window_ns > 0);
    demand(stats.tcp_streams <= r->options.tcp_streams_max);
    r->stats = stats;
    for (int i = 0; i < BIN_COUNT; i++)
        demand(counters->bins[i] == 0);
    for (int i = 0; i < REFUSAL_COUNT; i++)
        demand(counters->refusals[i] >= r->counters.refusals[i]);
    r->counters = *counters;
}

static void check_ip_packet(const struct run *r)
{
    struct slice packet = decap_ip_packet(r->decap);
    uintptr_t at = (uintptr_t)packet.p, data = (uintptr_t)r->at_hand->data;

    demand(!packet.p || (packet.len > 0 && at >= data && at - data <= r->at_hand->captured_bytes &&
                         packet.len <= r->at_hand->captured_bytes - (at - data)));
}

/* sent: its bytes in the input. */
static void play_frame(struct run *r, const struct frame *sent)
{
    uint8_t *block = malloc(sent->captured_bytes ? sent->captured_bytes : 1);
    struct frame frame = *sent;
    uint64_t duplicates = r->stats.duplicate_frames;
    enum packet_bin bin;

    if (!block)
        return;
    if (sent->captured_bytes)
        memcpy(block, sent->data, sent->captured_bytes);
    frame.data = block;
    r->at_hand = &frame;
    r->in_frame = 0;
    bin = decap_frame(r->decap, &frame, take_unit, r);
    demand(bin <= BIN_COUNT);
    demand((bin == BIN_COUNT) == (r->in_frame > 0));
    check_ip_packet(r);
    r->at_hand = NULL;
    free(block);
    check_counts(r);
    demand(r->stats.duplicate_frames == duplicates + (bin == BIN_DUPLICATE));
}

/* The unit of the step in the two highest bits; from −16 of it to 47. */
static int64_t step_of(uint8_t how)
{
    static const int64_t units_ns[] = { 1000, MS, 20 * MS, 1000 * MS };

    return ((how & 63) - 16) * units_ns[how >> 6];
}

static void play_frames(struct run *r, struct bytes in, uint32_t link_type)
{
    while (in.len >= 4 && r->sent_count < FRAMES_MAX) {
        struct frame *frame = &r->sent[r->sent_count];
        size_t len = bytes_u16(&in);
        uint8_t how = bytes_u8(&in), more = bytes_u8(&in);

        if (len > in.len)
            len = in.len;
        r->now_ns += step_of(how);
        frame->time_ns = r->now_ns;
        frame->captured_bytes = (uint32_t)len;
        frame->wire_bytes = (uint32_t)len + (more < 128 ? more : (more - 127u) * 512);
        frame->link_type = link_type;
        frame->data = bytes_take(&in, len);
        if (how >> 6) {
            decap_tick(r->decap, r->now_ns, take_unit, r);
            check_counts(r);
        }
        r->sent_count++;
        play_frame(r, frame);
    }
}

static void bend_options(struct decap_options *options, uint8_t how)
{
    bool narrow = how & NARROW;

    decap_options_default(options);
    options->separate_vlans = !(how & FLAT_NETWORK);
    options->duplicate_window_ns = how & NO_DUPLICATES ? 0 : 50 * MS;
    options->depth_max = how & SHALLOW ? 1 : 4;
    options->fragment_bytes_max = narrow ? 1536 : 128 << 10;
    options->fragmented_max = narrow ? 2 : 16;
    options->tcp_bytes_max = narrow ? 1536 : 64 << 10;
    options->tcp_stream_bytes_max = narrow ? 1024 : 16 << 10;
    options->tcp_streams_max = narrow ? 2 : 16;
    options->certificate = on_certificate;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Those of link.c, and one that there is not. */
    static const uint32_t link_types[16] = { 1, 113, 276, 101, 12, 14,  228, 229,
                                             0, 108, 9,   50,  51, 104, 1,   147 };
    static struct run r;
    struct bytes in = bytes_of(data, size);
    uint8_t how = bytes_u8(&in);

    if (size > INPUT_MAX)
        return 0;
    memset(&r, 0, sizeof r);
    bend_options(&r.options, how);
    r.options.certificate_ctx = &r;
    r.now_ns = NOW;
    demand(decap_new(&r.decap, &r.options) == 0);
    play_frames(&r, in, link_types[how & 15]);
    decap_finish(r.decap, take_unit, &r);
    check_counts(&r);
    demand(r.stats.tcp_streams == 0);
    decap_free(r.decap);
    return 0;
}
