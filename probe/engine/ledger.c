#include "probe/engine/ledger.h"

#include "storage/store_losses.h"

/* What is damage rather than another protocol. */
static const enum packet_bin malformed_bins[] = {
    BIN_SIP_MALFORMED,    BIN_RTP_MALFORMED, BIN_RTCP_MALFORMED,   BIN_TCP_MALFORMED,
    BIN_TUNNEL_MALFORMED, BIN_TUNNEL_DEPTH,  BIN_FRAGMENT_OVERLAP, BIN_FRAGMENT_MALFORMED,
    BIN_LINK_SHORT,       BIN_VLAN_DEPTH,    BIN_IP_VERSION,       BIN_IP_HEADER,
    BIN_IP_SHORT,         BIN_IP_LENGTH,     BIN_IPV6_EXTENSIONS,  BIN_UDP_SHORT,
    BIN_UDP_LENGTH,
};

/* Caps on what is followed at a time: beyond, something was not. */
static const enum refusal tracking_limits[] = {
    REFUSAL_CALLS,      REFUSAL_STREAMS,     REFUSAL_STREAMS_IN_CALL, REFUSAL_TRANSACTIONS,
    REFUSAL_FRAGMENTED, REFUSAL_TCP_STREAMS, REFUSAL_MEDIA_ADDRESSES,
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

void ledger_add_refusals(struct counters *all, const struct counters *more)
{
    for (int i = 0; i < REFUSAL_COUNT; i++)
        all->refusals[i] += more->refusals[i];
}

static int64_t tracked_limit(const struct counters *refusals)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < COUNT(tracking_limits); i++)
        sum += refusals->refusals[tracking_limits[i]];
    return (int64_t)sum;
}

static void write_malformed(struct jsonw *j, const struct ledger *l)
{
    jsonw_object_open(j);
    for (size_t i = 0; i < COUNT(malformed_bins); i++) {
        if (l->bins[malformed_bins[i]] == 0)
            continue;
        jsonw_key(j, packet_bin_text(malformed_bins[i]));
        jsonw_int(j, (int64_t)l->bins[malformed_bins[i]]);
    }
    jsonw_object_close(j);
}

/* Writes one piece of JSON behind those before it; says where it begins. */
static size_t begin_piece(struct strbuf *scratch, struct jsonw *j)
{
    *j = jsonw_to(scratch);
    return scratch->len;
}

void ledger_report(const struct ledger *l, const struct counters *refusals,
                   const struct analyzer *analyzer, const struct classify *classify,
                   const char *source, struct capture_record *out, struct strbuf *scratch)
{
    struct slice *const pieces[] = { &out->bins,          &out->malformed, &out->refusals,
                                     &out->sip_anomalies, &out->protocols, &out->store_losses };
    struct counters all = *refusals;
    size_t begins[COUNT(pieces) + 1];
    struct jsonw j;

    record_clear(&record_type_capture, out);
    memcpy(all.bins, l->bins, sizeof all.bins);
    strbuf_reset(scratch);
    begins[0] = begin_piece(scratch, &j);
    counters_write_bins(&j, &all);
    begins[1] = begin_piece(scratch, &j);
    write_malformed(&j, l);
    begins[2] = begin_piece(scratch, &j);
    counters_write_refusals(&j, &all);
    begins[3] = begin_piece(scratch, &j);
    if (analyzer)
        analyzer_write_anomalies(analyzer, &j);
    begins[4] = begin_piece(scratch, &j);
    if (classify)
        classify_write(&j, classify);
    begins[5] = begin_piece(scratch, &j);
    if (l->has_store)
        store_losses_write(&j, &l->packets, &l->rows);
    begins[6] = scratch->len;
    for (size_t i = 0; i < COUNT(pieces) && !scratch->failed; i++) {
        if (begins[i + 1] > begins[i])
            *pieces[i] = slice_of(scratch->p + begins[i], begins[i + 1] - begins[i]);
    }
    out->source = slice_of_text(source);
    if (l->received) {
        out->start_time = l->first_time;
        out->end_time = l->last_time;
    }
    out->received = (int64_t)l->received;
    out->received_bytes = (int64_t)l->received_bytes;
    out->kernel_dropped = l->kernel_dropped;
    out->interface_dropped = l->interface_dropped;
    out->truncated = (int64_t)l->truncated;
    out->duplicate_frames = (int64_t)l->decap.duplicate_frames;
    out->fragments_expired = (int64_t)l->decap.fragments_expired;
    out->tcp_gaps = (int64_t)l->decap.tcp_gaps;
    out->tracked_limit = tracked_limit(refusals);
    out->stored = (int64_t)l->stored;
    out->store_dropped = (int64_t)l->store_dropped;
    out->not_kept = (int64_t)l->not_kept;
}
