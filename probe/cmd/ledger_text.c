#include "probe/cmd/ledger_text.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { COUNT_WIDTH = 12, WORD_WIDTH = 34 };

struct word {
    const char *name, *text;
};

/* clang-format off */
static const struct word words[] = {
    { "sip", "SIP messages" },
    { "sip_malformed", "SIP that cannot be read" },
    { "sip_keepalive", "SIP keep-alives" },
    { "rtp", "RTP of known streams" },
    { "rtp_unproven", "perhaps RTP, too few to be sure" },
    { "rtp_malformed", "RTP that does not fit" },
    { "rtcp", "RTCP" },
    { "rtcp_malformed", "RTCP damaged or encrypted" },
    { "stun", "STUN" },
    { "dtls", "DTLS" },
    { "zrtp", "ZRTP" },
    { "t38", "T.38 fax" },
    { "udp_other", "other UDP" },
    { "udp_empty", "empty UDP" },
    { "tcp", "TCP without SIP" },
    { "tcp_segment", "TCP that may be SIP, and completes no message" },
    { "tcp_malformed", "TCP that cannot be read" },
    { "tls", "TLS" },
    { "websocket", "WebSocket upgrades and pings" },
    { "icmp", "ICMP" },
    { "sctp", "SCTP" },
    { "tunnel", "tunnels not opened" },
    { "tunnel_malformed", "tunnels that cannot be read" },
    { "tunnel_depth", "too many layers of tunnels" },
    { "ip_other", "other IP protocols" },
    { "fragment", "parts of fragmented packets" },
    { "fragment_overlap", "fragments that contradict others" },
    { "fragment_malformed", "fragments that cannot be" },
    { "fragment_limit", "fragments over the limit" },
    { "duplicate", "copies made by the mirror port" },
    { "arp", "ARP" },
    { "link_other", "other Ethernet types" },
    { "link_unknown", "unknown link type" },
    { "link_short", "cut below IP" },
    { "vlan_depth", "too many VLAN tags" },
    { "ip_version", "wrong IP version" },
    { "ip_header", "IP header that does not fit" },
    { "ip_short", "cut inside the IP header" },
    { "ip_length", "IP length that lies" },
    { "ipv6_extensions", "IPv6 extensions too long" },
    { "udp_short", "cut inside the UDP header" },
    { "udp_length", "UDP length that lies" },
    { "filtered", "left out by the filter" },

    { "packets_queue_full", "packets: the disk is too slow for them" },
    { "packets_disk_full", "packets: the disk is full" },
    { "packets_io_error", "packets: the disk failed" },
    { "packets_memory", "packets: store.chunk_memory_mib is used up" },
    { "packets_too_large", "frames of more than 256 KiB" },
    { "media_pressure", "packets of media, to spare the disk" },
    { "payload_pressure", "packets cut to headers, to spare the disk" },
    { "rows_queue_full", "records: the disk is too slow for them" },
    { "rows_failed", "records: the database refused them" },

    { "calls", "calls over the limit" },
    { "streams", "streams over the limit" },
    { "streams_in_call", "streams of one call over the limit" },
    { "transactions", "transactions over the limit" },
    { "media_addresses", "media addresses over the limit" },
    { "branches", "branches of a call over the limit" },
    { "text_cut", "header values cut" },
    { "sdp_malformed", "SDP that cannot be read" },
    { "sip_no_call", "SIP of no known call" },
    { "rtp_out_of_window", "wild RTP sequence numbers" },
    { "intervals", "intervals over the limit" },
    { "fragmented", "fragmented packets over the limit" },
    { "tcp_streams", "TCP streams over the limit" },
    { "tcp_bytes", "TCP bytes waiting over the limit" },
    { "tcp_overlap", "TCP bytes sent twice, differing" },
    { "sip_resync", "SIP picked up after damage" },
    { "sip_too_long", "SIP messages over the limit" },
    { "websocket_malformed", "WebSocket frames that cannot be" },
    { "tls_malformed", "TLS handshakes that cannot be read" },
    { "certificate_malformed", "certificates that cannot be read" },
    { "certificates", "certificates over the limit" },
    { "handshakes", "TLS handshakes over the limit" },
    { "flows", "unknown flows over the limit" },
    { "conversations", "conversations over the limit" },
    { "stream_events", "changes in mid-stream over the limit" },
    { "payload_malformed", "codec frames that cannot be" },
    { "rtcp_foreign", "RTCP from hosts that take no part in the call" },
    { "xr_malformed", "RTCP XR blocks that do not fit" },
    { "vq_malformed", "quality reports that cannot be read" },
    { "vq_no_call", "quality reports of no known call" },
    { "vq_reports", "quality reports of a call over the limit" },
    { "dtmf_digits", "keypresses of a call over the limit" },
    { "dtmf_malformed", "keypresses that cannot be read" },
    { "tone_listeners", "streams heard for keys over the limit" },
    { "udptl_malformed", "not UDPTL on a fax address" },
    { "call_notes", "notes on a call over the limit" },
    { "links", "links between calls over the limit" },
    { "legs", "calls forgotten that may be legs" },
    { "kpi_groups", "trunks and destinations over the limit" },
    { "privacy_message_blanked", "messages stored blank: their head cannot be read" },
    { "privacy_header_blanked", "lines of messages stored blank: they have no name" },
    { "privacy_body_blanked", "message bodies stored blank: not text, or packed" },
    { "privacy_identity_blanked", "Identity headers stored blank" },
    { "privacy_piece_blanked", "packets stored blank: a part of a message" },
    { "privacy_frame_blanked", "packets stored blank: where their content begins was not found" },
    { "privacy_record_lost", "records not stored: no memory to mask them" },
    { "kpi_late", "calls told of after their minute was" },
    { "registrations", "registrations over the limit" },
    { "peers", "peers over the limit" },
    { "sources", "sources watched over the limit" },
    { "identity_malformed", "Identity headers that cannot be read" },
    { "media_pairs", "pairs of media hosts over the limit" },
    { "sdp_limit", "session descriptions with more lines than are read" },
    { "learned_addresses", "media addresses found without SDP, over the limit" },
    { "calls_unanswered", "unanswered calls that made room" },
    { "memory", "out of memory" },
};
/* clang-format on */

/* Others are shown as nDPI calls them. */
static const struct word protocol_words[] = {
    { "rtp", "rtp without SIP" },
    { "rtcp", "rtcp without SIP" },
    { "sip", "sip that is not read" },
};

static const char *find_word(const struct word *table, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(slice_of_text(table[i].name), name))
            return table[i].text;
    }
    return NULL;
}

const char *ledger_text_word(struct slice name)
{
    return find_word(words, COUNT(words), name);
}

static const char *protocol_word(struct slice name)
{
    return find_word(protocol_words, COUNT(protocol_words), name);
}

bool ledger_text_next(struct slice *json, struct slice *name, int64_t *count)
{
    const char *end = json->p + json->len, *at = json->p ? memchr(json->p, '"', json->len) : NULL;
    const char *close = at ? memchr(at + 1, '"', (size_t)(end - at - 1)) : NULL;

    if (!close)
        return false;
    *name = slice_of(at + 1, (size_t)(close - at - 1));
    *count = 0;
    for (at = close + 1; at < end && *at != ','; at++) {
        if (*at >= '0' && *at <= '9')
            *count = *count * 10 + (*at - '0');
    }
    *json = slice_of(at, (size_t)(end - at));
    return true;
}

static void add_line(struct strbuf *out, int64_t count, const char *word)
{
    strbuf_addf(out, "%*lld  %s\n", COUNT_WIDTH, (long long)count, word);
}

/* Says how many there were. */
static int64_t add_counts(struct strbuf *out, struct slice json,
                          const char *(*word_of)(struct slice name))
{
    struct slice name;
    int64_t count, sum = 0;

    while (ledger_text_next(&json, &name, &count)) {
        const char *word = word_of(name);

        sum += count;
        if (word) {
            add_line(out, count, word);
            continue;
        }
        strbuf_addf(out, "%*lld  ", COUNT_WIDTH, (long long)count);
        strbuf_add_printable(out, name);
        strbuf_add_char(out, '\n');
    }
    return sum;
}

static void add_bins(struct strbuf *out, const struct capture_record *c)
{
    int64_t sum;

    strbuf_addf(out, "%lld packets", (long long)c->received);
    if (c->start_time != RECORD_NONE && c->end_time > c->start_time)
        strbuf_addf(out, " in %.1f s", (double)(c->end_time - c->start_time) / 1e9);
    strbuf_add_text(out, c->received ? ", each in one of these bins:\n" : "\n");
    sum = add_counts(out, c->bins, ledger_text_word);
    if (sum != c->received)
        strbuf_addf(out, "%*lld  in no bin: this is a defect of earshot, please report it\n",
                    COUNT_WIDTH, (long long)(c->received - sum));
}

struct loss {
    size_t offset; /* of the count in the record */
    const char *word, *advice;
};

#define LOSS(field, word, advice)                                                                  \
    {                                                                                              \
        offsetof(struct capture_record, field), word, advice                                       \
    }

static const struct loss losses[] = {
    LOSS(kernel_dropped, "dropped by the kernel",
         "its ring was full: raise capture.ring_mib, or narrow capture.filter"),
    LOSS(interface_dropped, "dropped by the interface",
         "it had no room: raise its own ring with ethtool -G"),
    LOSS(truncated, "cut by the snap length",
         "capture whole packets: capture.snaplen, or tcpdump -s 0"),
    LOSS(duplicate_frames, "copies made by the mirror port",
         "left out of every figure: mirror each port once, or one direction of both"),
    LOSS(fragments_expired, "fragments never completed",
         "the others were lost, or pass where the mirror does not see them"),
    LOSS(tcp_gaps, "holes in TCP streams",
         "the mirror lost segments: SIP over TCP may lack messages"),
    LOSS(tracked_limit, "over a tracking limit", "named below: what came first was kept"),
    LOSS(store_dropped, "not stored", "analysed, but in no call's pcap; why is named below"),
    LOSS(not_kept, "packets not kept, as configured",
         "analysed; see store.keep, store.policy, store.video"),
};

static void add_losses(struct strbuf *out, const struct capture_record *c)
{
    bool any = false;

    for (size_t i = 0; i < COUNT(losses); i++) {
        const void *at = (const char *)c + losses[i].offset;
        int64_t count = *(const int64_t *)at;

        if (count == RECORD_NONE || count == 0)
            continue;
        if (!any)
            strbuf_add_text(out, "Lost, or left out:\n");
        any = true;
        strbuf_addf(out, "%*lld  %-*s  %s\n", COUNT_WIDTH, (long long)count, WORD_WIDTH,
                    losses[i].word, losses[i].advice);
    }
}

static bool has_counts(struct slice json)
{
    return json.p && json.len > 2;
}

static void add_share(struct strbuf *out, double ratio)
{
    strbuf_addf(out, ratio < 0.1 ? "%.2f %%" : "%.1f %%", ratio * 100);
}

static void add_doubled(struct strbuf *out, const struct mirror_record *m)
{
    add_share(out, m->duplicate_ratio);
    strbuf_add_text(out,
                    " of the packets came twice.\n    Mirror each port in one direction only, or "
                    "one port instead of both ends of a link.\n");
}

static void add_one_way(struct strbuf *out, const struct mirror_record *m)
{
    strbuf_addf(out,
                "%lld of %lld pairs of hosts are heard in one direction only.\n    Mirror both "
                "directions (rx and tx), or the port by which the answers return too.\n",
                (long long)m->one_way, (long long)m->conversations);
}

static void add_vlan_missing(struct strbuf *out, const struct mirror_record *m)
{
    strbuf_addf(out,
                "%lld of %lld pairs of hosts are tagged otherwise in one direction.\n    Let the "
                "mirror keep the tags ('encapsulation replicate'), or set decap.separate_vlans: "
                "no.\n",
                (long long)m->vlan_asymmetric, (long long)m->conversations);
}

static void add_cut(struct strbuf *out, const struct mirror_record *m)
{
    add_share(out, m->truncated_ratio);
    strbuf_add_text(out, " of the packets are cut.\n    Raise the snap length (capture.snaplen, "
                         "tcpdump -s 0), or the MTU of the tunnel that carries the mirror.\n");
}

static const struct complaint {
    const char *name;
    void (*add)(struct strbuf *out, const struct mirror_record *m);
} complaints[] = {
    { "doubled", add_doubled },
    { "one_way", add_one_way },
    { "vlan_missing", add_vlan_missing },
    { "cut", add_cut },
};

static void add_complaint(struct strbuf *out, struct slice name, const struct mirror_record *m)
{
    strbuf_add_text(out, "  - ");
    for (size_t i = 0; i < COUNT(complaints); i++) {
        if (slice_eq(slice_of_text(complaints[i].name), name)) {
            complaints[i].add(out, m);
            return;
        }
    }
    strbuf_add_printable(out, name);
    strbuf_add_char(out, '\n');
}

static void add_mirror(struct strbuf *out, const struct mirror_record *m)
{
    struct slice names = m->complaints, name;
    int64_t none;

    if (!has_counts(names)) {
        if (m->conversations > 0)
            strbuf_addf(out,
                        "The mirror looks right: nothing to say against %lld pair%s of hosts.\n",
                        (long long)m->conversations, m->conversations == 1 ? "" : "s");
        return;
    }
    strbuf_add_text(out, "The mirror does not look right:\n");
    while (ledger_text_next(&names, &name, &none))
        add_complaint(out, name, m);
}

void ledger_text_add_certificate(struct strbuf *out, const struct certificate_record *certificate)
{
    char server[ADDR_TEXT_MAX];
    double days = certificate->days_left;

    addr_format(&certificate->server, server);
    strbuf_addf(out, "%12s  ", "certificate");
    strbuf_add_text(out, server);
    if (certificate->server_name.p) {
        strbuf_add_text(out, " as ");
        strbuf_add_printable(out, certificate->server_name);
    }
    if (slice_eq(certificate->state, SLICE("not_observable"))) {
        strbuf_add_text(out, ": hidden by TLS ");
        strbuf_add_printable(out, certificate->tls_version);
        strbuf_add_text(out, ", cannot be observed\n");
        return;
    }
    strbuf_add_text(out, ": ");
    strbuf_add_printable(out, certificate->subject);
    if (isnan(days))
        strbuf_add_text(out, ", valid for nobody knows how long\n");
    else if (days < 0)
        strbuf_addf(out, ", EXPIRED %.0f days before\n", -days);
    else
        strbuf_addf(out, ", valid for %.0f more days\n", days);
}

void ledger_text_add(struct strbuf *out, const struct capture_record *capture,
                     const struct mirror_record *mirror)
{
    add_bins(out, capture);
    add_losses(out, capture);
    if (has_counts(capture->store_losses)) {
        strbuf_add_text(out, "The store could not take:\n");
        add_counts(out, capture->store_losses, ledger_text_word);
    }
    if (has_counts(capture->refusals)) {
        strbuf_add_text(out, "Refused, or not as it should be:\n");
        add_counts(out, capture->refusals, ledger_text_word);
    }
    if (has_counts(capture->sip_anomalies)) {
        strbuf_add_text(out, "SIP messages that are odd:\n");
        add_counts(out, capture->sip_anomalies, ledger_text_word);
    }
    if (has_counts(capture->protocols)) {
        strbuf_add_text(out, "Seen, not analysed (what nDPI takes it for):\n");
        add_counts(out, capture->protocols, protocol_word);
    }
    if (mirror)
        add_mirror(out, mirror);
}
