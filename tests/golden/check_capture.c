/*
 * check_capture TRUTH.tsv NAME ANALYZED - holds the records of `earshot analyze --json` of a capture
 * that others made against what tshark says of it.
 *
 * The calls (by Call-ID) and the final status of each, the same of other transactions, the packets of
 * each RTP stream, the number of SIP messages and the certificates must be as in the rows of that
 * capture. A stream more than tshark found is no error: tshark needs SDP or a heuristic of its own.
 * Where tshark is no truth, the table of differences says what is, and why.
 */
#include "analyzer/base/slice.h"
#include "tests/golden/jsonl.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 14, TEXT_MAX = 512 };

#define OF_T38 "switched to T.38 on the same ports, and tshark takes its RTP for malformed T.38"

#define NO_REQUEST "answers to requests that nobody saw make no record (the refusal sip_no_call)"

#define NO_CALL_ID "a message without Call-ID is none (the bin sip_malformed)"

/* key: that of a stream, with its packets, or of a transaction, of which there is no record; NULL: the
 * number of SIP messages. */
static const struct difference {
    const char *file, *key;
    json_int_t count;
    const char *why;
} differences[] = {
    /* Counted again with tshark's T.38 and SIP switched off and those ports decoded as RTP. */
    { "ALWISHARIFF-wireshark__Analysis_1_vega.pcap",
      "0x647e21a6 192.168.3.15:10338 162.244.97.41:16834", 143, OF_T38 },
    { "ALWISHARIFF-wireshark__Analysis_1_vega.pcap",
      "0xfe914803 192.168.3.15:10336 162.244.97.41:16834", 686, OF_T38 },
    { "ALWISHARIFF-wireshark__Analysis_1_vega.pcap",
      "0xe68656c0 162.244.97.41:16834 192.168.3.15:10336", 698, OF_T38 },
    { "CESNET-ipfixprobe__inputs_sip.pcap", NULL, 40,
      "tshark counts five messages that ICMP errors quote" },
    { "lab__snaplen64_g729.pcap", NULL, 0,
      "cut at 64 bytes: a start line alone is no message (6 in the bin sip_malformed)" },
    { "lab__span_duplicates_g729.pcap", NULL, 6, "mirrored twice, and tshark counts both" },
    { "lab__span_duplicates_g729.pcap", "0x044559a1 10.0.2.15:28120 10.0.2.20:6000", 425,
      "mirrored twice, and tshark counts both" },
    { "lab__sip_over_websocket_8090_busy.pcapng", "REGISTER lab-ws-reg", 0,
      "an answer whose Call-ID is not its request's" },
    { "seladb-PcapPlusPlus__sip_resp.pcap", "REGISTER 434981653", 0, NO_REQUEST },
    { "seladb-PcapPlusPlus__sip_resp.pcap", "REGISTER 198676278", 0, NO_REQUEST },
    { "seladb-PcapPlusPlus__sip_resp.pcap", "REGISTER 93803593", 0, NO_REQUEST },
    { "seladb-PcapPlusPlus__sip_resp.pcap", "REGISTER 1831883062", 0, NO_REQUEST },
    { "zeek-zeek__sip-junk-before-request.pcap", "REGISTER (none)", 0,
      "a message without Call-ID" },
    { "zeek-zeek__sip-junk-before-request.pcap", NULL, 0, NO_CALL_ID },
};

enum { DIFFERENCES = sizeof differences / sizeof differences[0] };

struct tally {
    unsigned good, all;
};

struct check {
    const char *name;
    json_t *analyzed;
    json_t *calls;        /* Call-ID → what the truth says: final status or null */
    json_t *transactions; /* "method Call-ID" → the same */
    json_t *packets;      /* "ssrc src dst" → packets by the truth */
    json_t *certificates; /* of objects: port, names, not_before */
    json_int_t messages;
    struct tally of_calls, of_transactions, of_streams, of_certificates;
    unsigned wrong;
};

static void complain(struct check *c, const char *who, const char *what, const json_t *expected,
                     const json_t *actual)
{
    char *wanted = expected ? json_dumps(expected, JSON_ENCODE_ANY) : NULL;
    char *got = actual ? json_dumps(actual, JSON_ENCODE_ANY) : NULL;

    c->wrong++;
    fprintf(stderr, "%s: %s: %s is %.120s, the truth is %.120s\n", c->name, who, what,
            got ? got : "missing", wanted ? wanted : "that there is none");
    free(wanted);
    free(got);
}

static void copy_text(struct slice s, char out[TEXT_MAX])
{
    snprintf(out, TEXT_MAX, "%.*s", (int)s.len, s.p);
}

/* SIP file call_id method final_status … A 1xx is no final response: the call has none. */
static void take_sip(struct check *c, const struct slice *column)
{
    static const char *const methods[] = { "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE" };
    char call_id[TEXT_MAX], key[TEXT_MAX + 16];
    uint64_t number;
    json_t *status = slice_to_u64(column[4], 699, &number) && number >= 200
                         ? json_integer((json_int_t)number)
                         : json_null();

    copy_text(column[2], call_id);
    if (slice_eq(column[3], SLICE("INVITE")))
        json_object_set(c->calls, call_id, status);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (!slice_eq(column[3], slice_of_text(methods[i])))
            continue;
        snprintf(key, sizeof key, "%s %s", methods[i], call_id);
        json_object_set(c->transactions, key, status);
    }
    json_decref(status);
}

/* "fd00::1:4000" of tshark is [fd00::1]:4000. */
static void copy_addr(struct slice text, char out[TEXT_MAX])
{
    size_t port = text.len;

    while (port && text.p[port - 1] != ':')
        port--;
    if (port && slice_find(text, ':') != port - 1)
        snprintf(out, TEXT_MAX, "[%.*s]:%.*s", (int)port - 1, text.p, (int)(text.len - port),
                 text.p + port);
    else
        copy_text(text, out);
}

static void stream_key(const char *ssrc, const char *src, const char *dst, char *out, size_t room)
{
    snprintf(out, room, "%s %s %s", ssrc, src, dst);
    for (char *p = out; *p; p++)
        *p = (char)tolower((unsigned char)*p);
}

static void add_packets(json_t *sums, const char *key, json_int_t packets)
{
    packets += json_integer_value(json_object_get(sums, key));
    json_object_set_new(sums, key, json_integer(packets));
}

/* RTP file ssrc src dst codec packets … */
static void take_rtp(struct check *c, const struct slice *column)
{
    char ssrc[TEXT_MAX], src[TEXT_MAX], dst[TEXT_MAX], key[3 * TEXT_MAX];
    uint64_t packets;

    copy_text(column[2], ssrc);
    copy_addr(column[3], src);
    copy_addr(column[4], dst);
    if (!slice_to_u64(column[6], INT32_MAX, &packets))
        return;
    stream_key(ssrc, src, dst, key, sizeof key);
    add_packets(c->packets, key, (json_int_t)packets);
}

/* Seconds since 1970 of "2024-01-01 00:00:00 (UTC)" or "(UTC+0530)"; NaN: none. */
static double read_time(struct slice text)
{
    static const int days_before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    uint64_t v[6], offset = 0;
    double days, seconds;

    for (size_t i = 0; i < 6; i++) {
        struct slice part = slice_cut(&text, i < 2 ? '-' : i == 2 || i == 5 ? ' ' : ':');

        if (!slice_to_u64(part, 9999, &v[i]) || (i == 1 && (v[i] < 1 || v[i] > 12)))
            return (double)NAN;
    }
    days = (double)((v[0] - 1970) * 365 + (v[0] - 1969) / 4) + days_before[v[1] - 1] +
           (v[1] > 2 && v[0] % 4 == 0) + (double)v[2] - 1;
    seconds = days * 86400 + (double)(v[3] * 3600 + v[4] * 60 + v[5]);
    if (slice_starts_with(text, SLICE("(UTC+")) && text.len >= 9 &&
        slice_to_u64(slice_of(text.p + 5, 4), 9999, &offset))
        seconds -= (double)(offset / 100 * 3600 + offset % 100 * 60);
    return seconds;
}

/* CERT file frame port names printable times: the first time is the server's own notBefore. */
static void take_certificate(struct check *c, const struct slice *column)
{
    struct slice times = column[6];
    char names[2 * TEXT_MAX + 8], port[TEXT_MAX];

    copy_text(column[3], port);
    snprintf(names, sizeof names, ",%.*s,%.*s,",
             (int)(column[4].len < TEXT_MAX ? column[4].len : TEXT_MAX), column[4].p,
             (int)(column[5].len < TEXT_MAX ? column[5].len : TEXT_MAX), column[5].p);
    json_array_append_new(c->certificates,
                          json_pack("{s:s, s:s, s:f}", "port", port, "names", names, "not_before",
                                    read_time(slice_cut(&times, ','))));
}

static void take_differences(struct check *c)
{
    for (size_t i = 0; i < DIFFERENCES; i++) {
        const struct difference *d = &differences[i];

        if (strcmp(c->name, d->file) != 0)
            continue;
        if (d->key && json_object_get(c->transactions, d->key))
            json_object_del(c->transactions, d->key);
        else if (d->key)
            json_object_set_new(c->packets, d->key, json_integer(d->count));
        else
            c->messages = d->count;
    }
}

static unsigned read_truth(struct check *c, const char *path)
{
    FILE *f = fopen(path, "r");
    unsigned rows = 0;
    uint64_t messages;
    char *text = NULL;
    size_t room = 0;

    if (!f) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    while (getline(&text, &room, f) > 0) {
        struct slice line = slice_of_text(text), column[COLUMNS];

        for (size_t i = 0; i < COLUMNS; i++)
            column[i] = slice_trim(slice_cut(&line, '\t'));
        if (!slice_eq(column[1], slice_of_text(c->name)))
            continue;
        rows++;
        if (slice_eq(column[0], SLICE("SIP")))
            take_sip(c, column);
        else if (slice_eq(column[0], SLICE("RTP")))
            take_rtp(c, column);
        else if (slice_eq(column[0], SLICE("CERT")))
            take_certificate(c, column);
        else if (slice_eq(column[0], SLICE("FILE")) &&
                 slice_to_u64(column[3], INT32_MAX, &messages))
            c->messages = (json_int_t)messages;
    }
    free(text);
    fclose(f);
    take_differences(c);
    return rows;
}

/* Each that the truth has, with what it says of it; counts. */
static void compare_all(struct check *c, json_t *truth, const json_t *found, const char *what,
                        struct tally *tally)
{
    const char *key;
    json_t *expected;

    json_object_foreach(truth, key, expected)
    {
        tally->all++;
        if (json_equal(json_object_get(found, key), expected))
            tally->good++;
        else
            complain(c, key, what, expected, json_object_get(found, key));
    }
}

static void check_calls(struct check *c)
{
    json_t *found = json_object(), *record;
    size_t i;

    json_array_foreach(c->analyzed, i, record)
    {
        const char *call_id = jsonl_text(record, "call_id");

        if (!jsonl_is(record, "call"))
            continue;
        json_object_set(found, call_id, jsonl_at(record, "final_status"));
        if (!json_object_get(c->calls, call_id))
            complain(c, call_id, "the call", NULL, jsonl_at(record, "final_status"));
    }
    compare_all(c, c->calls, found, "final_status", &c->of_calls);
    json_decref(found);
}

static json_int_t status_of(const json_t *found, const char *key)
{
    return json_integer_value(json_object_get(found, key));
}

static bool is_better(json_int_t status)
{
    return status != 0 && status != 401 && status != 407;
}

/* The truth has the last final response of a Call-ID and method, a challenge only if there was no
 * other. */
static void check_transactions(struct check *c)
{
    json_t *found = json_object(), *record;
    char key[TEXT_MAX + 16];
    size_t i;

    json_array_foreach(c->analyzed, i, record)
    {
        json_int_t status = json_integer_value(jsonl_at(record, "final_status"));
        const char *call_id = jsonl_text(record, "call_id");
        char method[16];

        snprintf(method, sizeof method, "%s", jsonl_text(record, "type"));
        for (char *p = method; *p; p++)
            *p = (char)toupper((unsigned char)*p);
        snprintf(key, sizeof key, "%s %s", method, call_id);
        if (status == 0 && !json_object_get(found, key))
            json_object_set_new(found, key, json_null());
        else if (status != 0 && (is_better(status) || !is_better(status_of(found, key))))
            json_object_set_new(found, key, json_integer(status));
    }
    compare_all(c, c->transactions, found, "final_status", &c->of_transactions);
    json_decref(found);
}

static void add_stream(json_t *sums, const json_t *stream)
{
    char key[3 * TEXT_MAX];

    stream_key(jsonl_text(stream, "ssrc"), jsonl_text(stream, "src"), jsonl_text(stream, "dst"),
               key, sizeof key);
    add_packets(sums, key, json_integer_value(jsonl_at(stream, "packets")));
}

static void check_streams(struct check *c)
{
    json_t *found = json_object(), *record, *stream;
    size_t i, k;

    json_array_foreach(c->analyzed, i, record)
    {
        if (jsonl_is(record, "stream"))
            add_stream(found, record);
        json_array_foreach(jsonl_at(record, "streams"), k, stream) add_stream(found, stream);
    }
    compare_all(c, c->packets, found, "packets", &c->of_streams);
    json_decref(found);
}

/* Does an attribute of a name (RFC 4514), or an alternative name, stand in the list? */
static bool shares_name(const json_t *record, const char *names)
{
    struct slice subject = slice_of_text(jsonl_text(record, "subject"));
    char wanted[TEXT_MAX + 2];
    json_t *name;
    size_t i;

    while (subject.len) {
        struct slice attribute = slice_cut(&subject, ',');

        slice_cut(&attribute, '=');
        snprintf(wanted, sizeof wanted, ",%.*s,", (int)attribute.len, attribute.p);
        if (strstr(names, wanted))
            return true;
    }
    json_array_foreach(jsonl_at(record, "subject_alt_names"), i, name)
    {
        snprintf(wanted, sizeof wanted, ",%s,", json_string_value(name));
        if (strstr(names, wanted))
            return true;
    }
    return false;
}

static bool is_certificate(const json_t *record, const json_t *truth)
{
    const char *port = jsonl_text(truth, "port"), *server = jsonl_text(record, "server");
    const char *colon = strrchr(server, ':');

    return jsonl_is(record, "certificate") && (!*port || (colon && strcmp(colon + 1, port) == 0)) &&
           fabs(jsonl_real(record, "not_before") - jsonl_real(truth, "not_before")) < 0.5 &&
           shares_name(record, jsonl_text(truth, "names"));
}

static void check_certificates(struct check *c)
{
    json_t *truth, *record;
    size_t i, k;

    json_array_foreach(c->certificates, i, truth)
    {
        bool found = false;

        json_array_foreach(c->analyzed, k, record) found = found || is_certificate(record, truth);
        c->of_certificates.all++;
        c->of_certificates.good += found;
        if (!found)
            complain(c, jsonl_text(truth, "port"), "a certificate", truth, NULL);
    }
}

static void check_ledger(struct check *c)
{
    json_t *record, *bin, *messages = json_integer(c->messages);
    const char *name;
    size_t i;

    json_array_foreach(c->analyzed, i, record)
    {
        json_int_t sum = 0, sip = json_integer_value(jsonl_at(record, "bins.sip"));

        if (!jsonl_is(record, "capture"))
            continue;
        json_object_foreach(jsonl_at(record, "bins"), name, bin) sum += json_integer_value(bin);
        if (sum != json_integer_value(jsonl_at(record, "received")))
            complain(c, "capture", "the sum of the bins", jsonl_at(record, "received"),
                     jsonl_at(record, "bins"));
        if (sip != c->messages)
            complain(c, "capture", "bins.sip", messages, jsonl_at(record, "bins.sip"));
    }
    json_decref(messages);
}

/* A row of a table: what is as the truth has it, of how many; and where tshark is none. */
static void report(const struct check *c)
{
    const char *why = "";

    for (size_t i = 0; i < DIFFERENCES; i++) {
        if (strcmp(c->name, differences[i].file) == 0)
            why = differences[i].why;
    }
    printf("%-56s %4u/%-4u %4u/%-4u %2u/%-2u %2u/%-2u %s%s\n", c->name, c->of_calls.good,
           c->of_calls.all, c->of_transactions.good, c->of_transactions.all, c->of_streams.good,
           c->of_streams.all, c->of_certificates.good, c->of_certificates.all,
           c->wrong ? "DIFFERS " : "", why);
}

int main(int argc, char **argv)
{
    struct check c = { .wrong = 0 };

    if (argc != 4) {
        fprintf(stderr, "usage: check_capture TRUTH.tsv NAME ANALYZED\n");
        return 2;
    }
    c.name = argv[2];
    c.calls = json_object();
    c.transactions = json_object();
    c.packets = json_object();
    c.certificates = json_array();
    if (read_truth(&c, argv[1]) == 0) {
        fprintf(stderr, "%s: the truth does not know it\n", c.name);
        return 1;
    }
    c.analyzed = jsonl_load(argv[3]);
    check_calls(&c);
    check_transactions(&c);
    check_streams(&c);
    check_certificates(&c);
    check_ledger(&c);
    report(&c);
    json_decref(c.analyzed);
    json_decref(c.calls);
    json_decref(c.transactions);
    json_decref(c.packets);
    json_decref(c.certificates);
    return c.wrong != 0;
}
