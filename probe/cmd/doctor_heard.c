#include "probe/cmd/doctor_heard.h"

#include "probe/cmd/ledger_text.h"

enum { NUMBER_BYTES = 32, COUNT_WIDTH = 14, LISTED_MAX = 12, CUT_SHARE = 100 /* one in so many */ };

void doctor_heard_fini(struct doctor_heard *h)
{
    struct strbuf *const texts[] = { &h->capture_json, &h->mirror_json, &h->bins,
                                     &h->protocols,    &h->vlans,       &h->tunnels };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        strbuf_fini(texts[i]);
}

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

int64_t doctor_heard_count(const struct strbuf *json, const char *wanted)
{
    struct slice rest = strbuf_slice(json), name;
    int64_t count;

    while (ledger_text_next(&rest, &name, &count)) {
        if (slice_eq(name, slice_of_text(wanted)))
            return count;
    }
    return 0;
}

static bool has_tunnels(const struct doctor_heard *h)
{
    return h->tunnels.len > 2; /* more than {} */
}

static void judge_traffic(const struct doctor_heard *h, struct doctor_report *r)
{
    if (h->packets == 0)
        doctor_report_add(r, DOCTOR_WRONG, "traffic",
                          "is it the right interface? Is the mirror session on, and its cable in?",
                          "nothing came in %.0f s", h->seconds);
    else if (h->is_ethernet && h->unicast == 0)
        doctor_report_add(
            r, DOCTOR_WRONG, "traffic",
            "switch the mirror session on, and name this port as its destination",
            "only broadcasts and multicasts: the switch mirrors nothing to this port");
    else if (h->sip + h->rtp == 0)
        doctor_report_add(r, DOCTOR_WRONG, "traffic",
                          "mirror the ports of the telephones, of the PBX or of the trunk; on a "
                          "quiet line, listen longer: --seconds 60",
                          "no SIP and no RTP among %lld packets", (long long)h->packets);
    else if (h->sip == 0)
        doctor_report_add(r, DOCTOR_NOTE, "traffic",
                          "mirror the port that the signalling takes, too; SIP over TLS cannot be "
                          "read",
                          "voices, but no SIP: nothing says who speaks with whom");
    else if (h->rtp == 0)
        doctor_report_add(r, DOCTOR_NOTE, "traffic", NULL,
                          "SIP, but no RTP: nobody spoke, or the voices take another way");
    else
        doctor_report_add(r, DOCTOR_FINE, "traffic", NULL, "SIP and RTP are heard");
    if (h->is_ethernet && h->unicast > 0 && h->to_here + h->from_here >= h->unicast &&
        !has_tunnels(h))
        doctor_report_add(r, DOCTOR_NOTE, "traffic", NULL,
                          "all packets are from or to this machine: no port is mirrored");
}

static void judge_losses(const struct doctor_heard *h, const char *interface,
                         struct doctor_report *r)
{
    char fix[64];

    if (h->kernel_dropped > 0)
        doctor_report_add(r, DOCTOR_WRONG, "drops",
                          "a larger ring (capture.ring_mib), or a filter (capture.filter)",
                          "the kernel dropped %lld packets: its ring was full",
                          (long long)h->kernel_dropped);
    snprintf(fix, sizeof fix, "ethtool -G %s rx 4096", interface);
    if (h->interface_dropped > 0)
        doctor_report_add(r, DOCTOR_WRONG, "drops", fix,
                          "the interface dropped %lld packets: nobody fetched them in time",
                          (long long)h->interface_dropped);
    if (h->packets > 0 && h->kernel_dropped <= 0 && h->interface_dropped <= 0)
        doctor_report_add(r, DOCTOR_FINE, "drops", NULL, "none");
    if (h->clock_steps > 0)
        doctor_report_add(r, DOCTOR_WRONG, "clock",
                          "let one program alone set the clock, and let it slew",
                          "it was set while we listened: times before and after do not fit");
}

/* A switch that cuts what it mirrors leaves packets that are shorter than their headers say. */
static void judge_lengths(const struct doctor_heard *h, struct doctor_report *r)
{
    static const char *const bins[] = { "ip_length", "ip_short", "udp_length", "udp_short",
                                        "link_short" };
    int64_t cut = 0;

    for (size_t i = 0; i < sizeof bins / sizeof bins[0]; i++)
        cut += doctor_heard_count(&h->bins, bins[i]);
    if (cut * CUT_SHARE > h->packets)
        doctor_report_add(r, DOCTOR_WRONG, "cut",
                          "on the switch, switch the truncation of mirrored packets off, and give "
                          "the way here an MTU that fits them",
                          "%.1f %% of the packets are shorter than their headers say",
                          percent(cut, h->packets));
}

static void judge_mirror(const struct doctor_heard *h, struct doctor_report *r)
{
    if (h->was_blamed)
        return;
    if (h->cut > 0)
        doctor_report_add(r, DOCTOR_NOTE, "cut", NULL, "%lld packets are cut", (long long)h->cut);
    if (h->conversations > 0)
        doctor_report_add(r, DOCTOR_FINE, "mirror", NULL, "%lld pairs of hosts, heard both ways",
                          (long long)h->conversations);
}

void doctor_heard_judge(const struct doctor_heard *h, const char *interface,
                        struct doctor_report *report)
{
    judge_traffic(h, report);
    judge_losses(h, interface, report);
    judge_lengths(h, report);
    judge_mirror(h, report);
}

/* 1234567 as "1,234,567". */
static const char *grouped(char out[NUMBER_BYTES], int64_t value)
{
    char digits[NUMBER_BYTES];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)value), n = 0;

    for (int i = 0; i < len && n < NUMBER_BYTES - 2; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[n++] = ',';
        out[n++] = digits[i];
    }
    out[n] = '\0';
    return out;
}

static int64_t sum_of(const struct strbuf *json)
{
    struct slice rest = strbuf_slice(json), name;
    int64_t count, sum = 0;

    while (ledger_text_next(&rest, &name, &count))
        sum += count;
    return sum;
}

/* What is counted of some packets only is an estimate: its share is shown alone. */
struct table {
    const char *heading, *before;
    const struct strbuf *json;
    int64_t whole;
    bool is_estimate;
};

static void print_row(FILE *out, const struct table *t, struct slice name, int64_t count)
{
    const char *known = *t->before ? NULL : ledger_text_word(name);
    struct strbuf word = { 0 };
    char number[NUMBER_BYTES];

    if (known)
        strbuf_add_text(&word, known);
    else
        strbuf_add_printable(&word, name);
    fprintf(out, "  %*s  %5.1f %%  %s%s\n", COUNT_WIDTH,
            t->is_estimate ? "" : grouped(number, count), percent(count, t->whole),
            slice_eq(name, SLICE("untagged")) ? "" : t->before, word.p ? word.p : "");
    strbuf_fini(&word);
}

/* As many as a person reads. */
static void print_table(FILE *out, const struct table *t)
{
    struct slice rest = strbuf_slice(t->json), name;
    int64_t count;
    int rows = 0;

    while (rows <= LISTED_MAX && ledger_text_next(&rest, &name, &count)) {
        if (rows++ == 0)
            fprintf(out, "  %s\n", t->heading);
        if (rows > LISTED_MAX)
            fprintf(out, "  %*s           and more\n", COUNT_WIDTH, "");
        else
            print_row(out, t, name, count);
    }
}

void doctor_heard_print(const struct doctor_heard *h, FILE *out)
{
    double seconds = h->seconds > 0 ? h->seconds : 1;
    char packets[NUMBER_BYTES], rate[NUMBER_BYTES], calls[NUMBER_BYTES];
    int64_t judged = sum_of(&h->vlans); /* every packet that is looked at has a tag, or none */
    const struct table tables[] = {
        { "packets", "", &h->bins, h->packets, false },
        { "VLANs", "VLAN ", &h->vlans, judged, true },
        { "tunnels", "in ", &h->tunnels, judged, true },
        { "seen, not analysed", "", &h->protocols, h->packets, false },
    };

    fprintf(out, "\nHeard in %.0f s: %s packets, %s a second, %.1f Mbit/s; %s calls\n", h->seconds,
            grouped(packets, h->packets), grouped(rate, (int64_t)((double)h->packets / seconds)),
            (double)h->bytes * 8 / 1e6 / seconds, grouped(calls, h->calls));
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        print_table(out, &tables[i]);
    fputc('\n', out);
}

static void write_known(struct jsonw *j, const char *key, int64_t value)
{
    jsonw_key(j, key);
    if (value == RECORD_NONE)
        jsonw_null(j);
    else
        jsonw_int(j, value);
}

static void write_text(struct jsonw *j, const char *key, const struct strbuf *json)
{
    jsonw_key(j, key);
    if (json->len)
        jsonw_raw(j, strbuf_slice(json));
    else
        jsonw_null(j);
}

void doctor_heard_write_json(const struct doctor_heard *h, struct jsonw *j)
{
    double seconds = h->seconds > 0 ? h->seconds : 1;

    jsonw_key(j, "heard");
    jsonw_object_open(j);
    jsonw_key(j, "seconds");
    jsonw_real(j, h->seconds, 3);
    write_known(j, "packets", h->packets);
    write_known(j, "bytes", h->bytes);
    jsonw_key(j, "packets_per_s");
    jsonw_real(j, (double)h->packets / seconds, 1);
    jsonw_key(j, "bits_per_s");
    jsonw_real(j, (double)h->bytes * 8 / seconds, 0);
    write_known(j, "unicast", h->is_ethernet ? h->unicast : RECORD_NONE);
    write_known(j, "sip", h->sip);
    write_known(j, "rtp", h->rtp);
    jsonw_key(j, "sip_share");
    jsonw_real(j, percent(h->sip, h->packets) / 100, 6);
    jsonw_key(j, "rtp_share");
    jsonw_real(j, percent(h->rtp, h->packets) / 100, 6);
    write_known(j, "calls", h->calls);
    write_known(j, "cut", h->cut);
    write_known(j, "kernel_dropped", h->kernel_dropped);
    write_known(j, "interface_dropped", h->interface_dropped);
    write_known(j, "clock_steps", h->clock_steps);
    write_text(j, "vlans", &h->vlans);
    write_text(j, "tunnels", &h->tunnels);
    write_text(j, "capture", &h->capture_json);
    write_text(j, "mirror", &h->mirror_json);
    jsonw_object_close(j);
}
