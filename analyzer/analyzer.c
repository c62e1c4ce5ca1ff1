#include "analyzer/analyzer.h"

#include "analyzer/base/bytes.h"
#include "analyzer/call/media_fax.h"
#include "analyzer/call/tracker.h"
#include "analyzer/demux.h"

#include <errno.h>
#include <stdlib.h>

struct analyzer {
    struct tracker tracker;
};

void analyzer_options_default(struct analyzer_options *options)
{
    *options = (struct analyzer_options){
        .max_calls = 200000,
        .max_streams = 400000,
        .max_orphans = 20000,
        .max_transactions = 100000,
        .max_tone_listeners = 1000,
        .hash_key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u },
    };
}

int analyzer_new(struct analyzer **ap, const struct analyzer_options *options,
                 const struct analyzer_sink *sink)
{
    struct analyzer *a = calloc(1, sizeof *a);
    int err;

    if (!a)
        return -ENOMEM;
    err = tracker_init(&a->tracker, options, sink);
    if (err) {
        free(a);
        return err;
    }
    *ap = a;
    return 0;
}

void analyzer_free(struct analyzer *a)
{
    if (!a)
        return;
    a->tracker.sink = (struct analyzer_sink){ 0 };
    tracker_finish(&a->tracker); /* nobody listens any more: this frees what is open */
    tracker_fini(&a->tracker);
    free(a);
}

/* A datagram of DTLS is one record after the other; application data is whatever an application says. */
static uint32_t dtls_plain_bytes(const struct datagram *d)
{
    enum { HEADER_BYTES = 13, APPLICATION_DATA = 23 };
    struct bytes b = bytes_of(d->payload.p, d->payload.len);

    while (b.len) {
        uint8_t type = bytes_u8(&b);
        size_t length;

        bytes_take(&b, HEADER_BYTES - 3);
        length = bytes_u16(&b);
        if (type >= APPLICATION_DATA)
            return (uint32_t)(d->payload.len - b.len);
        bytes_take(&b, length);
        if (!bytes_ok(&b))
            break;
    }
    return CLAIM_ALL;
}

/* What is known not to be content, of what is neither SIP nor RTP nor RTCP. */
static uint32_t plain_bytes_of(const struct datagram *d, enum packet_bin bin)
{
    switch (bin) {
    case BIN_STUN:
    case BIN_ZRTP:
    case BIN_UDP_EMPTY:
        return CLAIM_ALL;
    case BIN_DTLS:
        return dtls_plain_bytes(d);
    default:
        return 0;
    }
}

/* What is neither SIP nor RTP, but may go to an address that a call announced. */
static enum packet_bin other_bin(struct tracker *t, const struct datagram *d, enum packet_bin bin,
                                 struct claim *claim)
{
    /* Numbers of fax packets begin like anything; DTLS is told by two bytes alone. */
    if (bin == BIN_UDP_OTHER || bin == BIN_DTLS) {
        enum fax_arrival fax = media_fax_packet(t, d, claim);

        if (fax == FAX_TAKEN || fax == FAX_REFUSED)
            return BIN_T38;
        if (fax == FAX_NOT_UDPTL && bin == BIN_UDP_OTHER)
            tracker_refuse(t, REFUSAL_UDPTL_MALFORMED);
    }
    if (tracker_claim_media(t, d, claim))
        claim->plain_bytes = plain_bytes_of(d, bin);
    return bin;
}

enum packet_bin analyzer_datagram(struct analyzer *a, const struct datagram *d, struct claim *claim)
{
    struct tracker *t = &a->tracker;

    *claim = (struct claim){ .kind = CLAIM_NONE };
    switch (demux_classify(d)) {
    case DEMUX_RTP:
        return tracker_rtp(t, d, claim);
    case DEMUX_SIP:
        return tracker_sip(t, d, claim);
    case DEMUX_RTCP:
        return tracker_rtcp(t, d, claim);
    case DEMUX_KEEPALIVE:
        return BIN_SIP_KEEPALIVE;
    case DEMUX_EMPTY:
        return other_bin(t, d, BIN_UDP_EMPTY, claim);
    case DEMUX_STUN:
        return other_bin(t, d, BIN_STUN, claim);
    case DEMUX_DTLS:
        return other_bin(t, d, BIN_DTLS, claim);
    case DEMUX_ZRTP:
        return other_bin(t, d, BIN_ZRTP, claim);
    case DEMUX_OTHER:
        break;
    }
    return other_bin(t, d, BIN_UDP_OTHER, claim);
}

bool analyzer_is_crowded(const struct analyzer *a)
{
    enum { CROWD = 4096 }; /* of some 500 bytes a packet touches: more than a second cache holds */

    return a->tracker.streams.used > CROWD;
}

void analyzer_look_ahead(const struct analyzer *a, struct datagram *d)
{
    d->stream_hash = demux_classify(d) == DEMUX_RTP ? tracker_look_ahead(&a->tracker, d) : 0;
}

void analyzer_look_closer(const struct analyzer *a, const struct datagram *d)
{
    if (d->stream_hash)
        tracker_look_closer(&a->tracker, d->stream_hash);
}

void analyzer_look_through(const struct analyzer *a, const struct datagram *d)
{
    if (d->stream_hash)
        tracker_look_through(&a->tracker, d->stream_hash);
}

void analyzer_tick(struct analyzer *a, int64_t now_ns)
{
    tracker_tick(&a->tracker, now_ns);
}

void analyzer_finish(struct analyzer *a)
{
    tracker_finish(&a->tracker);
}

void analyzer_note_capture_loss(struct analyzer *a, uint64_t dropped)
{
    struct tracker *t = &a->tracker;

    loss_windows_look(&t->losses, t->now_ns > t->heard_ns ? t->now_ns : t->heard_ns, dropped);
    if (dropped)
        t->loss_epoch++;
}

void analyzer_write_anomalies(const struct analyzer *a, struct jsonw *j)
{
    jsonw_object_open(j);
    for (int i = 0; i < SIP_ANOMALY_COUNT; i++) {
        if (a->tracker.anomalies[i] == 0)
            continue;
        jsonw_key(j, sip_anomaly_text((enum sip_anomaly)i));
        jsonw_int(j, (int64_t)a->tracker.anomalies[i]);
    }
    jsonw_object_close(j);
}

bool analyzer_sip_dates(const struct analyzer *a, double *offset_ms, size_t *hosts)
{
    return date_watch_read(&a->tracker.dates, a->tracker.heard_ns, offset_ms, hosts);
}

const struct counters *analyzer_counters(const struct analyzer *a)
{
    return &a->tracker.counters;
}

void analyzer_totals(const struct analyzer *a, struct analyzer_totals *totals)
{
    *totals = (struct analyzer_totals){ a->tracker.call_count, a->tracker.calls_total,
                                        a->tracker.streams_total };
}
