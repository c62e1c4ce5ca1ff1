/*
 * check_truth [OPTION]... TRUTH ANALYZED - holds the records of `earshot analyze --json` against the
 * truth of the traffic generator.
 *
 * Counts must be equal, times within a millisecond, jitter within 0.1 ms, and each MOS within 0.02
 * of the E-model applied to the truth's loss. What is compared is in the tables below. Everything
 * of the truth must have been found, and nothing else.
 *
 *     --frames N       the capture was wrapped anew (earshot-rewrap), and has so many frames now
 *     --transport T    of every call; with tcp and ws frames are not messages, and there is more TCP
 *     --duplicates N   frames that must have been left out as copies of the mirror
 *     --vlan TEXT      of every call; without it there must be none
 *     --tunnel TEXT    likewise; TEXT|TEXT: one of the two
 *     --media-alone    SIP was cut off: the streams are there, without calls
 *     --ledger-alone   some of it was lost: all that can be held is that the bins add up
 */
#include "analyzer/quality/codec_ie.h"
#include "analyzer/quality/emodel.h"
#include "tests/golden/jsonl.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 60, MOS_PACKETS_MIN = 100 };

#define MOS_WITHIN 0.02

/* within 0: equal, of whatever type. Else numbers, or null on both sides. */
struct comparison {
    const char *path;
    double within;
};

static const struct comparison of_call[] = {
    { "final_status", 0 },
    { "from_user", 0 },
    { "to_user", 0 },
    { "src", 0 },
    { "dst", 0 },
    { "auth_challenged", 0 },
    { "invite_count", 0 },
    { "reinvite_count", 0 },
    { "retransmissions", 0 },
    { "invite_time", 0.001 },
    { "first_18x_time", 0.001 },
    { "answer_time", 0.001 },
    { "end_time", 0.001 },
    { "post_dial_delay_ms", 1 },
    { "setup_ms", 1 },
    { "duration_ms", 1 },
};

static const struct comparison of_answered[] = {
    { "ended_by", 0 },
};

static const struct comparison of_stream[] = {
    { "direction", 0 },
    { "codec", 0 },
    { "payload_type", 0 },
    { "clock_rate_hz", 0 },
    { "ptime_ms", 0.001 },
    { "start_time", 0.001 },
    { "end_time", 0.001 },
    { "packets", 0 },
    { "expected", 0 },
    { "lost", 0 },
    { "duplicates", 0 },
    { "out_of_order", 0 },
    { "jitter_ms.mean", 0.1 },
    { "jitter_ms.max", 0.1 },
    { "delta_ms.mean", 0.1 },
    { "delta_ms.max", 0.1 },
    { "playout.jb50.late", 0 },
    { "playout.jb50.lost_total", 0 },
    { "playout.jb200.late", 0 },
    { "playout.jb200.lost_total", 0 },
    { "rtcp.reports", 0 },
    { "rtcp.lost_cumulative", 0 },
    { "rtcp.fraction_lost_max", 0.001 },
    { "rtcp.jitter_ms_max", 0.2 }, /* whole units of the RTP clock */
    { "rtcp.rtt_ms", 1 },
};

/* METRICS §3: a burst is made of lost and of discarded packets, and what is discarded depends on the
 * playout model: the headline's, jb200. The truth has bursts of losses alone, so they are the same
 * only where nothing came late. */
static const struct comparison of_bursts[] = {
    { "burst.bursts", 0 },
    { "burst.longest_run", 0 },
    { "burst.density_ratio", 0.001 },
    { "burst.burst_ratio", 0.001 },
};

static const struct comparison of_transaction[] = {
    { "user", 0 },     { "src", 0 },          { "dst", 0 },
    { "time", 0.001 }, { "final_status", 0 }, { "auth_challenged", 0 },
};

static const struct comparison of_first_answers[] = {
    { "round_trip_ms", 1 },
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* Without SDP: what the packets say themselves. */
static const struct comparison of_lone_stream[] = {
    { "payload_type", 0 },    { "start_time", 0.001 }, { "end_time", 0.001 }, { "packets", 0 },
    { "expected", 0 },        { "lost", 0 },           { "duplicates", 0 },   { "out_of_order", 0 },
    { "delta_ms.mean", 0.1 }, { "delta_ms.max", 0.1 },
};

struct check {
    const char *transport, *vlan, *tunnel;
    long long frames, duplicates; /* −1: as in the truth; not compared */
    bool media_alone, ledger_alone;
    json_t *truth, *analyzed;
    unsigned calls, streams, transactions, compared, wrong;
};

static void complain(struct check *c, const char *who, const char *path, const json_t *expected,
                     const json_t *actual)
{
    char *wanted =
        expected ? json_dumps(expected, JSON_ENCODE_ANY | JSON_REAL_PRECISION(16)) : NULL;
    char *got = actual ? json_dumps(actual, JSON_ENCODE_ANY | JSON_REAL_PRECISION(16)) : NULL;

    if (c->wrong++ < SHOWN_MAX)
        fprintf(stderr, "%s: %s is %.120s, the truth is %.120s\n", who, path, got ? got : "missing",
                wanted ? wanted : "that there is none");
    free(wanted);
    free(got);
}

static bool agree(const json_t *expected, const json_t *actual, double within)
{
    if (!actual || !expected)
        return false;
    if (within > 0 && json_is_number(expected) && json_is_number(actual))
        return fabs(json_number_value(expected) - json_number_value(actual)) <= within;
    return json_equal(expected, actual);
}

static void compare(struct check *c, const char *who, const struct comparison *table, size_t count,
                    const json_t *truth, const json_t *actual)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *expected = jsonl_at(truth, table[i].path);
        const json_t *value = jsonl_at(actual, table[i].path);

        c->compared++;
        if (!agree(expected, value, table[i].within))
            complain(c, who, table[i].path, expected, value);
    }
}

/* One MOS against the E-model of what was lost; null where the stream is too thin to say. */
static void compare_mos(struct check *c, const char *who, const json_t *truth, const json_t *stream,
                        const char *path, double lost, double burst_ratio)
{
    const char *codec = jsonl_text(truth, "codec");
    const struct codec_ie *row = codec_ie_for_sdp(
        slice_of_text(codec), (int64_t)jsonl_real(truth, "clock_rate_hz"), SLICE_ABSENT);
    double percent = 100 * lost / jsonl_real(truth, "expected");
    json_t *expected = json_null();

    c->compared++;
    if (row && jsonl_real(truth, "packets") >= MOS_PACKETS_MIN)
        expected =
            json_real(emodel_of_loss(row->scale, row->ie, row->bpl, percent, burst_ratio, 0).mos);
    if (!agree(expected, jsonl_at(stream, path), MOS_WITHIN))
        complain(c, who, path, expected, jsonl_at(stream, path));
    json_decref(expected);
}

static json_t *find_stream(const json_t *streams, const json_t *wanted)
{
    static const char *const keys[] = { "ssrc", "src", "dst" };
    json_t *stream;
    size_t i;

    json_array_foreach(streams, i, stream)
    {
        bool same = true;

        for (size_t k = 0; k < COUNT(keys); k++)
            same = same && json_equal(jsonl_at(stream, keys[k]), jsonl_at(wanted, keys[k]));
        if (same)
            return stream;
    }
    return NULL;
}

static void check_stream(struct check *c, const char *call_id, const json_t *truth,
                         const json_t *streams)
{
    const json_t *stream = find_stream(streams, truth);
    char who[160];

    snprintf(who, sizeof who, "%s %s", call_id, jsonl_text(truth, "ssrc"));
    c->streams++;
    if (!stream) {
        complain(c, who, "the stream", truth, NULL);
        return;
    }
    compare(c, who, of_stream, COUNT(of_stream), truth, stream);
    if (jsonl_real(truth, "playout.jb200.late") == 0)
        compare(c, who, of_bursts, COUNT(of_bursts), truth, stream);
    compare_mos(c, who, truth, stream, "mos_lq.raw", jsonl_real(truth, "lost"),
                jsonl_real(truth, "burst.burst_ratio"));
    compare_mos(c, who, truth, stream, "mos_lq.jb50", jsonl_real(truth, "playout.jb50.lost_total"),
                jsonl_real(truth, "playout.jb50.burst_ratio"));
    compare_mos(c, who, truth, stream, "mos_lq.jb200",
                jsonl_real(truth, "playout.jb200.lost_total"),
                jsonl_real(truth, "playout.jb200.burst_ratio"));
}

/* The records of a type by Call-ID; a second one of the same is an error of its own. */
static json_t *by_call_id(struct check *c, const json_t *records, const char *type)
{
    json_t *index = json_object(), *record;
    size_t i;

    json_array_foreach(records, i, record)
    {
        const char *call_id = jsonl_text(record, "call_id");

        if (!jsonl_is(record, type))
            continue;
        if (json_object_get(index, call_id))
            complain(c, call_id, type, NULL, record);
        json_object_set(index, call_id, record);
    }
    return index;
}

static json_t *only_one(const json_t *records, const char *type)
{
    json_t *record, *found = NULL;
    size_t i;

    json_array_foreach(records, i, record)
    {
        if (jsonl_is(record, type))
            found = record;
    }
    return found;
}

/* The truth knows that nobody will ever answer. An observer waits (60 s from the last of the INVITEs,
 * which are repeated for 32 s), and the capture may end before that: still trying, or ringing. */
static void check_state(struct check *c, const char *call_id, const json_t *truth,
                        const json_t *call)
{
    const char *expected = jsonl_text(truth, "state"), *state = jsonl_text(call, "state");
    double left_s =
        jsonl_real(only_one(c->truth, "totals"), "last_time") - jsonl_real(truth, "invite_time");
    bool may_wait = strcmp(expected, "abandoned") == 0 && left_s < 92;

    c->compared++;
    if (strcmp(expected, state) != 0 &&
        !(may_wait && (strcmp(state, "trying") == 0 || strcmp(state, "ringing") == 0)))
        complain(c, call_id, "state", jsonl_at(truth, "state"), jsonl_at(call, "state"));
}

/* null where `expected` is NULL, otherwise one of its texts. */
static void check_text(struct check *c, const char *call_id, const json_t *call, const char *path,
                       const char *expected)
{
    const json_t *actual = jsonl_at(call, path);
    struct slice rest = slice_of_text(expected);
    bool good = expected ? false : json_is_null(actual);

    c->compared++;
    while (!good && rest.len)
        good = slice_eq(slice_cut(&rest, '|'), slice_of_text(jsonl_text(call, path)));
    if (!good) {
        json_t *wanted = expected ? json_string(expected) : json_null();

        complain(c, call_id, path, wanted, actual);
        json_decref(wanted);
    }
}

static void check_call(struct check *c, const char *call_id, const json_t *truth,
                       const json_t *call)
{
    const json_t *wanted = jsonl_at(truth, "streams"), *streams = jsonl_at(call, "streams");
    json_t *stream;
    size_t i;

    c->calls++;
    check_state(c, call_id, truth, call);
    check_text(c, call_id, call, "transport", c->transport);
    check_text(c, call_id, call, "vlan", c->vlan);
    check_text(c, call_id, call, "tunnel", c->tunnel);
    compare(c, call_id, of_call, COUNT(of_call), truth, call);
    /* Who gave a call up that was never answered is not in the truth. */
    if (!json_is_null(jsonl_at(truth, "answer_time")))
        compare(c, call_id, of_answered, COUNT(of_answered), truth, call);
    /* one_way is null for a call that had no media to judge by; it must never be true wrongly. */
    if (json_is_true(jsonl_at(truth, "one_way")) != json_is_true(jsonl_at(call, "one_way")))
        complain(c, call_id, "one_way", jsonl_at(truth, "one_way"), jsonl_at(call, "one_way"));
    if (json_array_size(jsonl_at(truth, "dtmf")) != json_array_size(jsonl_at(call, "dtmf")))
        complain(c, call_id, "dtmf", jsonl_at(truth, "dtmf"), jsonl_at(call, "dtmf"));
    if (json_array_size(wanted) != json_array_size(streams))
        complain(c, call_id, "streams", wanted, streams);
    json_array_foreach(wanted, i, stream) check_stream(c, call_id, stream, streams);
}

static void check_transaction(struct check *c, const char *call_id, const json_t *truth,
                              const json_t *record)
{
    int attempts = json_is_true(jsonl_at(truth, "auth_challenged")) ? 2 : 1;

    c->transactions++;
    compare(c, call_id, of_transaction, COUNT(of_transaction), truth, record);
    /* The truth counts every request; an attempt is one with a CSeq of its own, the same sent again
     * is none. Without such repeats the last response is also the first. */
    if (json_integer_value(jsonl_at(record, "attempts")) != attempts)
        complain(c, call_id, "attempts", jsonl_at(truth, "attempts"), jsonl_at(record, "attempts"));
    if (json_integer_value(jsonl_at(truth, "attempts")) == attempts)
        compare(c, call_id, of_first_answers, COUNT(of_first_answers), truth, record);
}

/* Every record of a type on either side must have its match. */
static void check_type(struct check *c, const char *type)
{
    json_t *wanted = by_call_id(c, c->truth, type), *found = by_call_id(c, c->analyzed, type);
    const char *call_id;
    json_t *record;

    json_object_foreach(wanted, call_id, record)
    {
        const json_t *other = json_object_get(found, call_id);

        if (!other) {
            complain(c, call_id, type, record, NULL);
        } else if (jsonl_is(record, "call")) {
            check_call(c, call_id, record, other);
        } else {
            check_transaction(c, call_id, record, other);
        }
    }
    json_object_foreach(found, call_id, record)
    {
        if (!json_object_get(wanted, call_id))
            complain(c, call_id, type, NULL, record);
    }
    json_decref(wanted);
    json_decref(found);
}

enum ledger_rule { EXACTLY, AT_MOST };

static void check_count(struct check *c, const json_t *ledger, const char *path,
                        enum ledger_rule rule, json_int_t expected)
{
    json_int_t actual = json_integer_value(jsonl_at(ledger, path)); /* an empty bin is not named */
    json_t *wanted;

    c->compared++;
    if (rule == EXACTLY ? actual == expected : actual <= expected)
        return;
    wanted = json_integer(expected);
    complain(c, "capture", path, wanted, jsonl_at(ledger, path));
    json_decref(wanted);
}

/* The ledger: what was received, bin by bin, and that the bins add up. */
static void check_ledger(struct check *c)
{
    /* Over a stream messages may share frames. */
    static const struct {
        const char *truth, *ledger;
        enum ledger_rule of_streams;
    } rows[] = {
        { "sip_messages", "bins.sip", AT_MOST },  { "rtp_packets", "bins.rtp", EXACTLY },
        { "rtcp_packets", "bins.rtcp", EXACTLY }, { "icmp_packets", "bins.icmp", EXACTLY },
        { "arp_packets", "bins.arp", EXACTLY },   { "calls", "calls", EXACTLY },
    };
    const json_t *totals = only_one(c->truth, "totals"), *ledger = only_one(c->analyzed, "capture");
    json_int_t noise = json_integer_value(jsonl_at(totals, "tcp_packets")), tcp;
    bool streams = strcmp(c->transport, "udp") != 0;
    const char *name;
    json_int_t sum = 0;
    json_t *bin;

    check_count(c, ledger, "received", EXACTLY,
                c->frames >= 0 ? c->frames : json_integer_value(jsonl_at(totals, "packets")));
    if (c->duplicates >= 0) {
        check_count(c, ledger, "bins.duplicate", EXACTLY, c->duplicates);
        check_count(c, ledger, "duplicate_frames", EXACTLY, c->duplicates);
    }
    for (size_t i = 0; i < COUNT(rows) && !c->media_alone && !c->ledger_alone; i++) {
        check_count(c, ledger, rows[i].ledger, streams ? rows[i].of_streams : EXACTLY,
                    json_integer_value(jsonl_at(totals, rows[i].truth)));
    }
    /* Some of the noise says that it is TLS. */
    tcp = json_integer_value(jsonl_at(ledger, "bins.tcp")) +
          json_integer_value(jsonl_at(ledger, "bins.tls"));
    if (!c->ledger_alone && (streams ? tcp < noise : tcp != noise))
        complain(c, "capture", "TCP and TLS", jsonl_at(totals, "tcp_packets"),
                 jsonl_at(ledger, "bins"));
    json_object_foreach(jsonl_at(ledger, "bins"), name, bin) sum += json_integer_value(bin);
    if (sum != json_integer_value(jsonl_at(ledger, "received")))
        complain(c, "capture", "the sum of the bins", jsonl_at(ledger, "received"),
                 jsonl_at(ledger, "bins"));
}

/* All media was announced by SDP: a stream without a call is one that was not matched. */
static void check_orphans(struct check *c)
{
    json_t *record;
    size_t i;

    json_array_foreach(c->analyzed, i, record)
    {
        if (jsonl_is(record, "stream"))
            complain(c, jsonl_text(record, "ssrc"), "a stream without a call", NULL, record);
    }
}

/* Every stream of every call, as one that no SDP announced; and no other. */
static void check_media(struct check *c)
{
    json_t *lone = json_array(), *record, *wanted;
    size_t i, k, count = 0;

    json_array_foreach(c->analyzed, i, record)
    {
        if (jsonl_is(record, "stream"))
            json_array_append(lone, record);
        if (jsonl_is(record, "call"))
            complain(c, jsonl_text(record, "call_id"), "a call", NULL, record);
    }
    json_array_foreach(c->truth, i, record)
    {
        json_array_foreach(jsonl_at(record, "streams"), k, wanted)
        {
            const json_t *stream = find_stream(lone, wanted);
            const char *ssrc = jsonl_text(wanted, "ssrc");

            count++;
            c->streams++;
            if (stream)
                compare(c, ssrc, of_lone_stream, COUNT(of_lone_stream), wanted, stream);
            else
                complain(c, ssrc, "the stream", wanted, NULL);
        }
    }
    if (count != json_array_size(lone))
        complain(c, "capture", "streams", NULL, lone);
    json_decref(lone);
}

static bool read_options(struct check *c, int argc, char **argv)
{
    static const struct option options[] = {
        { "frames", required_argument, NULL, 'f' },
        { "transport", required_argument, NULL, 't' },
        { "duplicates", required_argument, NULL, 'd' },
        { "vlan", required_argument, NULL, 'v' },
        { "tunnel", required_argument, NULL, 'u' },
        { "media-alone", no_argument, NULL, 'm' },
        { "ledger-alone", no_argument, NULL, 'l' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'f':
            c->frames = strtoll(optarg, NULL, 10);
            break;
        case 'd':
            c->duplicates = strtoll(optarg, NULL, 10);
            break;
        case 't':
            c->transport = optarg;
            break;
        case 'v':
            c->vlan = optarg;
            break;
        case 'u':
            c->tunnel = optarg;
            break;
        case 'm':
            c->media_alone = true;
            break;
        case 'l':
            c->ledger_alone = true;
            break;
        default:
            return false;
        }
    }
    return argc - optind == 2;
}

int main(int argc, char **argv)
{
    struct check c = { .transport = "udp", .frames = -1, .duplicates = -1 };

    if (!read_options(&c, argc, argv)) {
        fprintf(stderr, "usage: check_truth [OPTION]... TRUTH ANALYZED\n");
        return 2;
    }
    c.truth = jsonl_load(argv[optind]);
    c.analyzed = jsonl_load(argv[optind + 1]);
    if (c.media_alone) {
        check_media(&c);
    } else if (!c.ledger_alone) {
        check_type(&c, "call");
        check_type(&c, "register");
        check_type(&c, "options");
        check_orphans(&c);
    }
    check_ledger(&c);
    printf("%u calls, %u streams, %u transactions: %u values compared, %u wrong\n", c.calls,
           c.streams, c.transactions, c.compared, c.wrong);
    json_decref(c.truth);
    json_decref(c.analyzed);
    return c.wrong || c.compared == 0;
}
