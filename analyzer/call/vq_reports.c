#include "analyzer/call/vq_reports.h"

#include "analyzer/sip/sip_uri.h"

enum { SIDE_UNKNOWN = -1, CODEC_TEXT_MAX = 32, TEXT_MAX_BYTES = 4096 };

struct vq_entry {
    struct vq_entry *next;
    uint64_t hash;
    struct slice json;
};

/* Whose address is it, by what SDP announced? */
static int side_of_address(const struct call *call, const struct addr *addr)
{
    for (const struct media_endpoint *e = call->endpoints; addr->port && e; e = e->next_in_call) {
        if (addr_eq(&e->addr, addr))
            return e->side;
    }
    return SIDE_UNKNOWN;
}

static int side_of_ssrc(const struct call *call, uint32_t ssrc)
{
    for (uint8_t i = 0; ssrc && i < call->stream_count; i++) {
        const struct media_stream *s = call->streams[i];

        if (s->key.ssrc != ssrc || s->foreign || s->direction == DIRECTION_UNKNOWN)
            continue;
        return s->direction == DIRECTION_CALLER_TO_CALLEE ? SIDE_CALLER : SIDE_CALLEE;
    }
    return SIDE_UNKNOWN;
}

/* It fits one of the two: else it says nothing. */
static int one_of(bool is_caller, bool is_callee)
{
    if (is_caller == is_callee)
        return SIDE_UNKNOWN;
    return is_caller ? SIDE_CALLER : SIDE_CALLEE;
}

static int side_of_id(const struct call *call, struct slice id)
{
    struct sip_name_addr name;
    struct sip_uri uri;

    if (!id.p || !sip_name_addr_parse(&name, id) || !sip_uri_parse(&uri, name.uri) ||
        uri.user.len == 0)
        return SIDE_UNKNOWN;
    return one_of(sip_escaped_eq(uri.user, call->from_user),
                  sip_escaped_eq(uri.user, call->to_user));
}

static struct slice reporter(const struct call *call, const struct vq_report *r,
                             const struct datagram *d)
{
    int side = side_of_address(call, &r->local);

    if (side == SIDE_UNKNOWN)
        side = side_of_ssrc(call, r->local_ssrc);
    if (side == SIDE_UNKNOWN)
        side = side_of_id(call, r->local_id);
    if (side == SIDE_UNKNOWN)
        side = one_of(addr_ip_eq(&d->src, &call->src), addr_ip_eq(&d->src, &call->dst));
    if (side == SIDE_UNKNOWN)
        return SLICE_ABSENT;
    return side == SIDE_CALLER ? SLICE("caller") : SLICE("callee");
}

static void write_real(struct jsonw *j, const char *key, double value, int decimals)
{
    jsonw_key(j, key);
    jsonw_real(j, value, decimals);
}

static void write_ssrc(struct jsonw *j, const char *key, uint32_t ssrc)
{
    static const char hex[] = "0123456789abcdef";
    char text[10] = "0x";

    for (int i = 0; i < 8; i++)
        text[2 + i] = hex[ssrc >> (28 - 4 * i) & 15];
    jsonw_key(j, key);
    jsonw_text(j, ssrc ? slice_of(text, sizeof text) : SLICE_ABSENT);
}

static void write_metrics(struct jsonw *j, const struct vq_metrics *m)
{
    struct slice codec = m->codec;

    if (codec.len > CODEC_TEXT_MAX)
        codec.len = CODEC_TEXT_MAX;
    jsonw_key(j, "codec");
    jsonw_text(j, codec);
    write_real(j, "loss_ratio", m->loss_ratio, 4);
    write_real(j, "discard_ratio", m->discard_ratio, 4);
    write_real(j, "burst_density_ratio", m->burst_density_ratio, 4);
    write_real(j, "burst_duration_ms", m->burst_ms, 0);
    write_real(j, "gap_density_ratio", m->gap_density_ratio, 4);
    write_real(j, "gap_duration_ms", m->gap_ms, 0);
    write_real(j, "jitter_ms", m->jitter_ms, 1);
    write_real(j, "jb_nominal_ms", m->jb_nominal_ms, 0);
    write_real(j, "round_trip_ms", m->round_trip_ms, 1);
    write_real(j, "end_system_delay_ms", m->end_system_ms, 1);
    write_real(j, "signal_dbm", m->signal_dbm, 0);
    write_real(j, "noise_dbm", m->noise_dbm, 0);
    write_real(j, "mos_lq", m->mos_lq, 2);
    write_real(j, "mos_cq", m->mos_cq, 2);
    write_real(j, "r_lq", m->r_lq, 1);
    write_real(j, "r_cq", m->r_cq, 1);
}

static void write_report(const struct call *call, const struct vq_report *r,
                         const struct datagram *d, struct strbuf *out)
{
    struct jsonw j = jsonw_to(out);

    jsonw_object_open(&j);
    jsonw_key(&j, "time");
    jsonw_time(&j, d->time_ns);
    jsonw_key(&j, "by");
    jsonw_text(&j, reporter(call, r, d));
    jsonw_key(&j, "kind");
    jsonw_text(&j, r->kind);
    jsonw_key(&j, "final");
    jsonw_bool(&j, r->call_term);
    write_ssrc(&j, "local_ssrc", r->local_ssrc);
    write_ssrc(&j, "remote_ssrc", r->remote_ssrc);
    write_metrics(&j, &r->local_metrics);
    jsonw_key(&j, "remote");
    if (r->remote_metrics.present) {
        jsonw_object_open(&j);
        write_metrics(&j, &r->remote_metrics);
        jsonw_object_close(&j);
    } else {
        jsonw_null(&j);
    }
    jsonw_object_close(&j);
}

void vq_reports_add(struct call *call, const struct vq_report *report, uint64_t hash,
                    const struct datagram *d, struct counters *counters)
{
    struct strbuf text = { .max_bytes = TEXT_MAX_BYTES };
    struct vq_entry **end = &call->vq_reports, *entry;
    bool cut = false;
    int count = 0;

    for (; *end; end = &(*end)->next, count++) {
        if ((*end)->hash == hash)
            return;
    }
    if (count == VQ_REPORTS_MAX) {
        counters->refusals[REFUSAL_VQ_REPORTS]++;
        return;
    }
    write_report(call, report, d, &text);
    entry = text.failed ? NULL : arena_take(&call->arena, sizeof *entry);
    if (entry) {
        *entry = (struct vq_entry){ .hash = hash };
        entry->json = arena_copy(&call->arena, strbuf_slice(&text), TEXT_MAX_BYTES, &cut);
    }
    if (entry && entry->json.p)
        *end = entry;
    else
        counters->refusals[REFUSAL_MEMORY]++;
    strbuf_fini(&text);
}

void vq_reports_write(const struct call *call, struct strbuf *out)
{
    struct jsonw j = jsonw_to(out);

    jsonw_array_open(&j);
    for (const struct vq_entry *e = call->vq_reports; e; e = e->next)
        jsonw_raw(&j, e->json);
    jsonw_array_close(&j);
}
