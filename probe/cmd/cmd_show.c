#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd.h"
#include "probe/cmd/ladder.h"
#include "probe/cmd/store_query.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

struct view {
    const char *store;
    bool json;
    struct strbuf out;
};

static void add_fact(struct strbuf *out, const char *name, struct slice text)
{
    strbuf_addf(out, "%-12s ", name);
    if (text.p)
        strbuf_add_printable(out, text);
    else
        strbuf_add_char(out, '-');
    strbuf_add_char(out, '\n');
}

static void add_real(struct strbuf *out, const char *before, double value, int decimals,
                     const char *after)
{
    strbuf_add_text(out, before);
    call_line_real(out, value, decimals);
    strbuf_add_text(out, after);
}

/* Nothing where there was none. */
static void add_way(struct strbuf *out, const char *before, struct slice text)
{
    if (!text.p)
        return;
    strbuf_add_text(out, before);
    strbuf_add_printable(out, text);
}

static void add_heading(struct strbuf *out, const struct call_record *c)
{
    char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

    addr_format(&c->src, src);
    addr_format(&c->dst, dst);
    add_fact(out, "Call-ID", c->call_id);
    add_fact(out, "From", c->from_uri);
    add_fact(out, "To", c->to_uri);
    strbuf_addf(out, "%-12s %s > %s (%.*s)", "Signalling", src, dst, (int)c->transport.len,
                c->transport.p ? c->transport.p : "");
    add_way(out, ", VLAN ", c->vlan);
    add_way(out, ", in ", c->tunnel);
    strbuf_add_char(out, '\n');
    strbuf_addf(out, "%-12s ", "Began");
    call_line_time(out, c->invite_time);
    strbuf_addf(out, " UTC\n%-12s ", "State");
    strbuf_add_slice(out, c->state);
    if (c->final_status != RECORD_NONE) {
        strbuf_addf(out, ", %lld ", (long long)c->final_status);
        strbuf_add_printable(out, c->final_reason);
    }
    if (c->ended_by.p) {
        strbuf_add_text(out, ", ended by the ");
        strbuf_add_slice(out, c->ended_by);
    }
    strbuf_addf(out, "\n%-12s ", "Times");
    add_real(out, "post-dial delay ", c->post_dial_delay_ms, 0, " ms, ");
    add_real(out, "ringing ", c->ring_ms / 1000, 1, " s, ");
    add_real(out, "talking ", c->duration_ms / 1000, 1, " s\n");
    add_fact(out, "Media", c->media_verdict);
    strbuf_addf(out, "%-12s ", "Confidence");
    strbuf_add_slice(out, c->capture_confidence);
    if (c->capture_confidence_reasons.len > 2) {
        strbuf_add_char(out, ' ');
        strbuf_add_slice(out, c->capture_confidence_reasons);
    }
    strbuf_add_text(out, "\n\n");
}

static void add_stream(struct strbuf *out, const struct stream_record *s)
{
    char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

    addr_format(&s->src, src);
    addr_format(&s->dst, dst);
    strbuf_addf(out, "%s > %s  SSRC 0x%08x  ", src, dst, (unsigned)s->ssrc);
    strbuf_add_printable(out, s->codec.p ? s->codec : SLICE("codec not known"));
    strbuf_add_text(out, "  ");
    strbuf_add_slice(out, s->direction);
    strbuf_addf(out, "\n  %lld packets, %lld lost of %lld", (long long)s->packets,
                (long long)s->lost, (long long)s->expected);
    if (s->expected > 0)
        add_real(out, " (", 100.0 * (double)s->lost / (double)s->expected, 2, " %)");
    strbuf_addf(out, ", %lld duplicates, %lld out of order\n", (long long)s->duplicates,
                (long long)s->out_of_order);
    add_real(out, "  jitter mean ", s->jitter_ms_mean, 2, " ms, ");
    add_real(out, "95 % ", s->jitter_ms_p95, 2, " ms, ");
    add_real(out, "max ", s->jitter_ms_max, 2, " ms; ");
    add_real(out, "longest wait ", s->delta_ms_max, 0, " ms; ");
    add_real(out, "round trip ", s->rtcp_rtt_ms, 0, " ms\n");
    add_real(out, "  MOS ", s->mos_lq_jb200, 2, " behind a 200 ms buffer, ");
    add_real(out, "", s->mos_lq_jb50, 2, " behind 50 ms, ");
    add_real(out, "", s->mos_lq_raw, 2, " by loss alone; ");
    add_real(out, "conversational ", s->mos_cq, 2, "\n");
}

static bool show_call(void *ctx, const void *record)
{
    const struct call_record *c = record;
    struct view *v = ctx;
    struct jsonw j = jsonw_to(&v->out);
    int err;

    if (v->json) {
        record_write_json(&j, &record_type_call, c);
        strbuf_add_char(&v->out, '\n');
        return false;
    }
    add_heading(&v->out, c);
    err = ladder_draw(&v->out, v->store, c->id);
    if (err)
        strbuf_addf(&v->out, "(no messages are stored: %s)\n",
                    err == -ENOENT ? "none were kept" : strerror(-err));
    for (size_t i = 0; i < c->stream_count; i++) {
        strbuf_add_char(&v->out, '\n');
        add_stream(&v->out, &c->streams[i]);
    }
    return false;
}

int cmd_show(int argc, char **argv)
{
    struct view v = { 0 };
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to read", &v.store, 0, 0 },
        { "json", 'j', CLI_FLAG, NULL, "the whole record as JSON", &v.json, 0, 0 },
    };
    const struct cli_command command = {
        "show",
        "CALL --store DIR",
        "prints one call: who, when, how it ended, its ladder, its streams",
        "CALL is the id that 'earshot calls' shows, or a Call-ID (the newest call that has it).\n",
        options,
        2,
    };
    struct query *q;
    uint64_t id;
    int err, first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (first == argc)
        return cli_fail(&command, EXIT_USAGE, "which call? its id or its Call-ID");
    status = store_query_open(&command, v.store, &q);
    if (status != -1)
        return status;
    status = store_query_find(&command, q, argv[first], &id);
    if (status == -1) {
        err = query_call(q, id, show_call, &v);
        status = err ? store_query_failed(&command, "the call", err) : EXIT_OK;
        fwrite(v.out.p ? v.out.p : "", 1, v.out.len, stdout);
    }
    strbuf_fini(&v.out);
    query_close(q);
    return fflush(stdout) == 0 ? status : EXIT_CANNOT_WRITE;
}
