#include "tests/support/vq_writer.h"

#include "tests/support/rtp_source.h"

bool vq_writer_values(const struct call *c, struct vq_values *out)
{
    const struct media_leg *heard = c->legs[0][CALL_CALLEE];
    int64_t expected, lost;

    if (!heard || heard->rtp.received == 0)
        return false;
    expected = heard->rtp.received_highest - heard->rtp.received_first + 1;
    lost = expected > heard->rtp.received ? expected - heard->rtp.received : 0;
    out->loss_percent = (double)(lost * 1000 / expected) / 10;
    out->r_lq = (int)(lost * 100 / expected < 30 ? 92 - 2 * (lost * 100 / expected) : 32);
    out->mos_lq = (double)(43 - lost * 100 / expected) / 10;
    if (out->mos_lq < 1)
        out->mos_lq = 1;
    out->round_trip_ms =
        (int)(2 * (c->delay_ns[CALL_CALLER] + c->delay_ns[CALL_CALLEE]) / NS_PER_MS);
    return true;
}

static void add_end(const struct call *c, int side, const char *name, struct strbuf *out)
{
    const struct media_leg *leg = c->legs[0][side];
    char ip[ADDR_TEXT_MAX];

    addr_format_ip(&c->media[0][side], ip);
    strbuf_addf(out, "%sAddr:IP=%s PORT=%u SSRC=0x%08x\r\n", name, ip, c->media[0][side].port,
                leg ? leg->rtp.ssrc : 0);
}

void vq_writer_write(const struct call *c, struct strbuf *out)
{
    const struct audio_codec *codec = &audio_codecs[c->codec[0]];
    struct vq_values v;

    strbuf_addf(out, "VQSessionReport: CallTerm\r\nCallID: %s\r\n", c->call_id);
    strbuf_addf(out, "LocalID: <sip:%s@%s>\r\nRemoteID: <sip:%s@%s>\r\nOrigID: <sip:%s@%s>\r\n",
                c->user[CALL_CALLER], c->host[CALL_CALLER], c->user[CALL_CALLEE],
                c->host[CALL_CALLEE], c->user[CALL_CALLER], c->host[CALL_CALLER]);
    add_end(c, CALL_CALLER, "Local", out);
    add_end(c, CALL_CALLEE, "Remote", out);
    if (!vq_writer_values(c, &v))
        return;
    strbuf_addf(out,
                "LocalMetrics:\r\nSessionDesc:PT=%d PD=%s SR=%u FD=%d PLC=3 SSUP=off\r\n"
                "JitterBuffer:JBA=3 JBR=2 JBN=40 JBM=80 JBX=120\r\n"
                "PacketLoss:NLR=%.1f JDR=0.0\r\n"
                "BurstGapLoss:BLD=0.0 BD=0 GLD=%.1f GD=500 GMIN=16\r\n"
                "Delay:RTD=%d ESD=60 IAJ=2\r\nSignal:SL=-18 NL=-62 RERL=127\r\n"
                "QualityEst:RLQ=%d RCQ=%d MOSLQ=%.1f MOSCQ=%.1f\r\n",
                codec->payload_type, codec->name, codec->clock_hz, (int)c->world->options.ptime_ms,
                v.loss_percent, v.loss_percent, v.round_trip_ms, v.r_lq, v.r_lq - 1, v.mos_lq,
                v.mos_lq);
}
