#include "probe/cmd/doctor_heard.h"

#include "probe/cmd/ledger_text.h"

enum { NUMBER_BYTES = 32, COUNT_WIDTH = 14, LISTED_MAX = 12 };

void doctor_heard_fini(struct doctor_heard *h)
{
    struct strbuf *const texts[] = { &h->capture_json, &h->mirror_json, &h->bins,
                                     &h->protocols,    &h->vlans,       &h->tunnels };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        strbuf_fini(texts[i]);
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

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void print_row(FILE *out, int64_t count, int64_t whole, struct slice word)
{
    char number[NUMBER_BYTES];

    fprintf(out, "  %*s  %5.1f %%  %.*s\n", COUNT_WIDTH, grouped(number, count),
            percent(count, whole), (int)word.len, word.p);
}

/* A heading, and the counts of the JSON object under it, as many as a person reads. */
static void print_counts(FILE *out, const struct doctor_heard *h, const char *heading,
                         const struct strbuf *json, const char *before)
{
    struct slice rest = strbuf_slice(json), name;
    int64_t count;
    int rows = 0;

    while (ledger_text_next(&rest, &name, &count)) {
        struct strbuf word = { 0 };
        const char *known = ledger_text_word(name);

        if (rows++ == 0)
            fprintf(out, "  %s\n", heading);
        if (rows > LISTED_MAX) {
            fprintf(out, "  %*s  and more\n", COUNT_WIDTH, "");
            return;
        }
        if (known && !*before)
            strbuf_add_text(&word, known);
        else {
            strbuf_add_text(&word, slice_eq(name, SLICE("untagged")) ? "" : before);
            strbuf_add_printable(&word, name);
        }
        print_row(out, count, h->packets, strbuf_slice(&word));
        strbuf_fini(&word);
    }
}

void doctor_heard_print(const struct doctor_heard *h, FILE *out)
{
    double seconds = h->seconds > 0 ? h->seconds : 1;
    char packets[NUMBER_BYTES], rate[NUMBER_BYTES], calls[NUMBER_BYTES];

    fprintf(out, "\nHeard in %.0f s: %s packets, %s a second, %.1f Mbit/s; %s calls\n", h->seconds,
            grouped(packets, h->packets), grouped(rate, (int64_t)((double)h->packets / seconds)),
            (double)h->bytes * 8 / 1e6 / seconds, grouped(calls, h->calls));
    print_counts(out, h, "packets", &h->bins, "");
    print_counts(out, h, "VLANs", &h->vlans, "VLAN ");
    print_counts(out, h, "tunnels", &h->tunnels, "in ");
    print_counts(out, h, "seen, not analysed", &h->protocols, "");
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
