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
 *     --keys           the configuration keeps digits
 *     --media-alone    SIP was cut off: the streams are there, without calls
 *     --ledger-alone   some of it was lost: all that can be held is that the bins add up
 */
#include "analyzer/base/slice.h"
#include "tests/golden/truth_check.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct truth_comparison of_call[] = {
    { "final_status", 0, 0 },
    { "from_user", 0, 0 },
    { "to_user", 0, 0 },
    { "src", 0, 0 },
    { "dst", 0, 0 },
    { "auth_challenged", 0, 0 },
    { "invite_count", 0, 0 },
    { "reinvite_count", 0, 0 },
    { "retransmissions", 0, 0 },
    { "invite_time", 0.001, 0 },
    { "first_18x_time", 0.001, 0 },
    { "answer_time", 0.001, 0 },
    { "end_time", 0.001, 0 },
    { "post_dial_delay_ms", 1, 0 },
    { "setup_ms", 1, 0 },
    { "duration_ms", 1, 0 },
};

/* What became of its media; null where none was seen. */
static const struct truth_comparison of_manner[] = {
    { "foreign_sources", 0, 0 },
    { "codec_changes_unannounced", 0, 0 },
    { "fax", 0, 0 },
};

static const struct truth_comparison of_answered[] = {
    { "ended_by", 0, 0 },
};

static const struct truth_comparison of_transaction[] = {
    { "user", 0, 0 },     { "src", 0, 0 },          { "dst", 0, 0 },
    { "time", 0.001, 0 }, { "final_status", 0, 0 }, { "auth_challenged", 0, 0 },
};

static const struct truth_comparison of_first_answers[] = {
    { "round_trip_ms", 1, 0 },
};

/* Without SDP: what the packets say themselves. */
static const struct truth_comparison of_lone_stream[] = {
    { "payload_type", 0, 0 },   { "start_time", 0.001, 0 }, { "end_time", 0.001, 0 },
    { "packets", 0, 0 },        { "expected", 0, 0 },       { "lost", 0, 0 },
    { "duplicates", 0, 0 },     { "out_of_order", 0, 0 },   { "delta_ms.mean", 0.1, 0 },
    { "delta_ms.max", 0.1, 0 },
};

/* The records of a type by Call-ID; a second one of the same is an error of its own. */
static json_t *by_call_id(struct truth_check *c, const json_t *records, const char *type)
{
    json_t *index = json_object(), *record;
    size_t i;

    json_array_foreach(records, i, record)
    {
        const char *call_id = jsonl_text(record, "call_id");

        if (!jsonl_is(record, type))
            continue;
        if (json_object_get(index, call_id))
            truth_check_complain(c, call_id, type, NULL, record);
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
static void check_state(struct truth_check *c, const char *call_id, const json_t *truth,
                        const json_t *call)
{
    const char *expected = jsonl_text(truth, "state"), *state = jsonl_text(call, "state");
    double left_s =
        jsonl_real(only_one(c->truth, "totals"), "last_time") - jsonl_real(truth, "invite_time");
    bool may_wait = strcmp(expected, "abandoned") == 0 && left_s < 92;

    c->compared++;
    if (strcmp(expected, state) != 0 &&
        !(may_wait && (strcmp(state, "trying") == 0 || strcmp(state, "ringing") == 0)))
        truth_check_complain(c, call_id, "state", jsonl_at(truth, "state"),
                             jsonl_at(call, "state"));
}

/* null where `expected` is NULL, otherwise one of its texts. */
static void check_text(struct truth_check *c, const char *call_id, const json_t *call,
                       const char *path, const char *expected)
{
    const json_t *actual = jsonl_at(call, path);
    struct slice rest = slice_of_text(expected);
    bool good = expected ? false : json_is_null(actual);

    c->compared++;
    while (!good && rest.len)
        good = slice_eq(slice_cut(&rest, '|'), slice_of_text(jsonl_text(call, path)));
    if (!good) {
        json_t *wanted = expected ? json_string(expected) : json_null();

        truth_check_complain(c, call_id, path, wanted, actual);
        json_decref(wanted);
    }
}

/* Each key once, in order. Which it was is told only where the configuration keeps it. A tone is
 * heard within two blocks of 12.75 ms, and how long it was within four. */
static void check_keys(struct truth_check *c, const char *call_id, const json_t *wanted,
                       const json_t *found)
{
    static const struct truth_comparison of_event[] = {
        { "method", 0, 0 },
        { "direction", 0, 0 },
        { "time", 0.001, 0 },
        { "duration_ms", 0.01, 0 },
    };
    static const struct truth_comparison of_tone[] = {
        { "method", 0, 0 },
        { "direction", 0, 0 },
        { "time", 0.026, 0 },
        { "duration_ms", 51, 0 },
    };
    static const struct truth_comparison of_kept[] = { { "digit", 0, 0 } };
    json_t *key;
    size_t i;

    if (json_array_size(wanted) != json_array_size(found)) {
        truth_check_complain(c, call_id, "dtmf", wanted, found);
        return;
    }
    json_array_foreach(wanted, i, key)
    {
        const json_t *other = json_array_get(found, i);
        bool tone = strcmp(jsonl_text(key, "method"), "inband") == 0;

        truth_check_compare(c, call_id, tone ? of_tone : of_event, TRUTH_CHECK_COUNT(of_event), key,
                            other);
        if (c->keys)
            truth_check_compare(c, call_id, of_kept, 1, key, other);
        else if (!json_is_null(jsonl_at(other, "digit")))
            truth_check_complain(c, call_id, "a digit that nobody asked to keep", NULL, other);
    }
}

/* What a phone said of the call: as many reports, and what the last one said. */
static void check_vq(struct truth_check *c, const char *call_id, const json_t *wanted,
                     const json_t *found)
{
    static const struct truth_comparison of_report[] = {
        { "loss_ratio", 0.0005, 0 },
        { "mos_lq", 0.01, 0 },
        { "r_lq", 0.01, 0 },
        { "round_trip_ms", 0.01, 0 },
    };

    if (json_array_size(wanted) != json_array_size(found))
        truth_check_complain(c, call_id, "vq_reports", wanted, found);
    else if (json_array_size(wanted))
        truth_check_compare(c, call_id, of_report, TRUTH_CHECK_COUNT(of_report),
                            json_array_get(wanted, 0), json_array_get(found, 0));
}

static void check_call(struct truth_check *c, const char *call_id, const json_t *truth,
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
    truth_check_compare(c, call_id, of_call, TRUTH_CHECK_COUNT(of_call), truth, call);
    /* Who gave a call up that was never answered is not in the truth. */
    if (!json_is_null(jsonl_at(truth, "answer_time")))
        truth_check_compare(c, call_id, of_answered, TRUTH_CHECK_COUNT(of_answered), truth, call);
    /* one_way is null for a call that had no media to judge by; it must never be true wrongly. */
    if (json_is_true(jsonl_at(truth, "one_way")) != json_is_true(jsonl_at(call, "one_way")))
        truth_check_complain(c, call_id, "one_way", jsonl_at(truth, "one_way"),
                             jsonl_at(call, "one_way"));
    check_keys(c, call_id, jsonl_at(truth, "dtmf"), jsonl_at(call, "dtmf"));
    check_vq(c, call_id, jsonl_at(truth, "vq_reports"), jsonl_at(call, "vq_reports"));
    if (json_array_size(wanted))
        truth_check_compare(c, call_id, of_manner, TRUTH_CHECK_COUNT(of_manner), truth, call);
    if (json_array_size(wanted) != json_array_size(streams))
        truth_check_complain(c, call_id, "streams", wanted, streams);
    json_array_foreach(wanted, i, stream) truth_check_stream(c, call_id, stream, streams);
}

static void check_transaction(struct truth_check *c, const char *call_id, const json_t *truth,
                              const json_t *record)
{
    int attempts = json_is_true(jsonl_at(truth, "auth_challenged")) ? 2 : 1;

    c->transactions++;
    truth_check_compare(c, call_id, of_transaction, TRUTH_CHECK_COUNT(of_transaction), truth,
                        record);
    /* The truth counts every request; an attempt is one with a CSeq of its own, the same sent again
     * is none. Without such repeats the last response is also the first. */
    if (json_integer_value(jsonl_at(record, "attempts")) != attempts)
        truth_check_complain(c, call_id, "attempts", jsonl_at(truth, "attempts"),
                             jsonl_at(record, "attempts"));
    if (json_integer_value(jsonl_at(truth, "attempts")) == attempts)
        truth_check_compare(c, call_id, of_first_answers, TRUTH_CHECK_COUNT(of_first_answers),
                            truth, record);
}

/* Every record of a type on either side must have its match. */
static void check_type(struct truth_check *c, const char *type)
{
    json_t *wanted = by_call_id(c, c->truth, type), *found = by_call_id(c, c->analyzed, type);
    const char *call_id;
    json_t *record;

    json_object_foreach(wanted, call_id, record)
    {
        const json_t *other = json_object_get(found, call_id);

        if (!other) {
            truth_check_complain(c, call_id, type, record, NULL);
        } else if (jsonl_is(record, "call")) {
            check_call(c, call_id, record, other);
        } else {
            check_transaction(c, call_id, record, other);
        }
    }
    json_object_foreach(found, call_id, record)
    {
        if (!json_object_get(wanted, call_id))
            truth_check_complain(c, call_id, type, NULL, record);
    }
    json_decref(wanted);
    json_decref(found);
}

enum ledger_rule { EXACTLY, AT_MOST };

static void check_count(struct truth_check *c, const json_t *ledger, const char *path,
                        enum ledger_rule rule, json_int_t expected)
{
    json_int_t actual = json_integer_value(jsonl_at(ledger, path)); /* an empty bin is not named */
    json_t *wanted;

    c->compared++;
    if (rule == EXACTLY ? actual == expected : actual <= expected)
        return;
    wanted = json_integer(expected);
    truth_check_complain(c, "capture", path, wanted, jsonl_at(ledger, path));
    json_decref(wanted);
}

/* The ledger: what was received, bin by bin, and that the bins add up. */
static void check_ledger(struct truth_check *c)
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
    for (size_t i = 0; i < TRUTH_CHECK_COUNT(rows) && !c->media_alone && !c->ledger_alone; i++) {
        check_count(c, ledger, rows[i].ledger, streams ? rows[i].of_streams : EXACTLY,
                    json_integer_value(jsonl_at(totals, rows[i].truth)));
    }
    /* Some of the noise says that it is TLS. */
    tcp = json_integer_value(jsonl_at(ledger, "bins.tcp")) +
          json_integer_value(jsonl_at(ledger, "bins.tls"));
    if (!c->ledger_alone && (streams ? tcp < noise : tcp != noise))
        truth_check_complain(c, "capture", "TCP and TLS", jsonl_at(totals, "tcp_packets"),
                             jsonl_at(ledger, "bins"));
    json_object_foreach(jsonl_at(ledger, "bins"), name, bin) sum += json_integer_value(bin);
    if (sum != json_integer_value(jsonl_at(ledger, "received")))
        truth_check_complain(c, "capture", "the sum of the bins", jsonl_at(ledger, "received"),
                             jsonl_at(ledger, "bins"));
}

/* All media was announced by SDP: a stream without a call is one that was not matched. */
static void check_orphans(struct truth_check *c)
{
    json_t *record;
    size_t i;

    json_array_foreach(c->analyzed, i, record)
    {
        if (jsonl_is(record, "stream"))
            truth_check_complain(c, jsonl_text(record, "ssrc"), "a stream without a call", NULL,
                                 record);
    }
}

/* Every stream of every call, as one that no SDP announced; and no other. */
static void check_media(struct truth_check *c)
{
    json_t *lone = json_array(), *record, *wanted;
    size_t i, k, count = 0;

    json_array_foreach(c->analyzed, i, record)
    {
        if (jsonl_is(record, "stream"))
            json_array_append(lone, record);
        if (jsonl_is(record, "call"))
            truth_check_complain(c, jsonl_text(record, "call_id"), "a call", NULL, record);
    }
    json_array_foreach(c->truth, i, record)
    {
        json_array_foreach(jsonl_at(record, "streams"), k, wanted)
        {
            const json_t *stream = truth_check_find_stream(lone, wanted);
            const char *ssrc = jsonl_text(wanted, "ssrc");

            count++;
            c->streams++;
            if (stream)
                truth_check_compare(c, ssrc, of_lone_stream, TRUTH_CHECK_COUNT(of_lone_stream),
                                    wanted, stream);
            else
                truth_check_complain(c, ssrc, "the stream", wanted, NULL);
        }
    }
    if (count != json_array_size(lone))
        truth_check_complain(c, "capture", "streams", NULL, lone);
    json_decref(lone);
}

static bool read_options(struct truth_check *c, int argc, char **argv)
{
    static const struct option options[] = {
        { "frames", required_argument, NULL, 'f' },
        { "transport", required_argument, NULL, 't' },
        { "duplicates", required_argument, NULL, 'd' },
        { "vlan", required_argument, NULL, 'v' },
        { "tunnel", required_argument, NULL, 'u' },
        { "keys", no_argument, NULL, 'k' },
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
        case 'k':
            c->keys = true;
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
    struct truth_check c = { .transport = "udp", .frames = -1, .duplicates = -1 };

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
