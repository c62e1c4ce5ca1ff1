/*
 * test_story - records, and what is told of them: one row a case.
 */
#include "analyzer/story/story.h"

#include "analyzer/deviation_table.h"
#include "tests/unit/heap_block.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define S  INT64_C(1000000000)
#define T0 (INT64_C(1795255200) * S)

static struct call_record new_call(void)
{
    struct call_record c;

    record_clear(&record_type_call, &c);
    c.id = 1;
    c.from_user = SLICE("1001");
    c.to_user = SLICE("2002");
    assert_true(addr_parse(SLICE("10.0.0.1:5060"), &c.src));
    assert_true(addr_parse(SLICE("10.0.0.2:5060"), &c.dst));
    c.invite_time = T0;
    c.capture_confidence = SLICE("high");
    return c;
}

static struct call_record answered_call(void)
{
    struct call_record c = new_call();

    c.state = SLICE("completed");
    c.answer_time = T0 + 6 * S;
    c.final_status = 200;
    c.ring_ms = 4200;
    c.setup_ms = 6100;
    c.duration_ms = 185000;
    c.duration_open = 0;
    c.ended_by = SLICE("callee");
    c.ended_how = SLICE("bye");
    return c;
}

static struct call_record refused_call(int64_t status, const char *reason)
{
    struct call_record c = new_call();

    c.state = SLICE("failed");
    c.ended_how = SLICE("rejected");
    c.final_status = status;
    c.final_reason = slice_of_text(reason);
    c.end_time = T0 + S / 4;
    c.invite_count = 1;
    return c;
}

static struct stream_record stream_of(const char *direction)
{
    struct stream_record s;

    record_clear(&record_type_stream, &s);
    s.media = SLICE("audio");
    s.direction = slice_of_text(direction);
    s.codec = SLICE("PCMA");
    s.packets = s.expected = 9000;
    s.lost = 0;
    s.foreign_source = 0;
    return s;
}

static void expect_story(const struct call_record *c, const struct story_scene *scene,
                         const char *expected)
{
    struct strbuf text = { 0 };

    story_add_text(&text, c, scene);
    assert_false(text.failed);
    if (!slice_eq(strbuf_slice(&text), slice_of_text(expected)))
        fail_msg("is:       %s\nexpected: %s", text.p, expected);
    strbuf_fini(&text);
}

/* Only that part of it. */
static void expect_part(const struct call_record *c, const struct story_scene *scene,
                        enum story_part part, const char *expected)
{
    struct strbuf text = { 0 };

    story_add_part(&text, part, c, scene);
    if (!slice_eq(strbuf_slice(&text), slice_of_text(expected)))
        fail_msg("is:       %s\nexpected: %s", text.p ? text.p : "", expected);
    strbuf_fini(&text);
}

static void who_called_whom(void **state)
{
    struct call_record c = new_call();

    (void)state;
    expect_part(&c, NULL, STORY_WHO, "1001 called 2002.");
    c.to_number = SLICE("+493012345");
    c.to_user = SLICE("03012345");
    c.destination = SLICE("Germany");
    c.trunk_out = SLICE("carrier-a");
    expect_part(&c, NULL, STORY_WHO,
                "1001 called +493012345, dialled as 03012345 (Germany) over trunk carrier-a.");
    c.to_user = SLICE("493012345");
    c.trunk_in = SLICE("pbx");
    c.invite_time = RECORD_NONE;
    expect_part(&c, NULL, STORY_WHO,
                "1001 called +493012345 (Germany), in from trunk pbx and out over trunk carrier-a; "
                "the beginning was not seen.");
    c.from_user = SLICE_ABSENT;
    c.to_number = c.to_user = c.destination = c.trunk_in = c.trunk_out = SLICE_ABSENT;
    expect_part(&c, NULL, STORY_WHO,
                "10.0.0.1:5060 called 10.0.0.2:5060; the beginning was not seen.");
}

static void names_of_strangers_are_cut(void **state)
{
    struct call_record c = new_call();
    struct strbuf text = { 0 };
    char name[200];

    (void)state;
    memset(name, 'x', sizeof name);
    memcpy(name + 78, "\xe2\x82\xac", 3); /* a character across the limit */
    c.from_user = heap_block(slice_of(name, sizeof name));
    story_add_part(&text, STORY_WHO, &c, NULL);
    assert_int_equal(text.len, 78 + strlen("… called 2002."));
    assert_int_equal(text.p[78], '\xe2');
    assert_memory_equal(text.p + 78, "…", 3);
    strbuf_fini(&text);
    heap_block_free(c.from_user);
}

static void how_it_went(void **state)
{
    struct call_record c = answered_call();

    (void)state;
    expect_story(&c, NULL,
                 "1001 called 2002. It rang for 4.2 s, was answered after 6.1 s and lasted 3 min 5 "
                 "s; the callee hung up.");
    c.auth_challenged = 1;
    c.challenged_by = c.dst;
    c.ring_ms = NAN;
    c.duration_open = 1;
    c.ended_by = c.ended_how = SLICE_ABSENT;
    expect_part(&c, NULL, STORY_WHAT,
                "It was answered after 6.1 s and lasted at least 3 min 5 s; no end of it was seen. "
                "10.0.0.2:5060 asked for credentials first.");
}

static void what_began_or_was_answered_unseen(void **state)
{
    struct call_record c = new_call();

    (void)state;
    c.state = SLICE("completed");
    c.ended_by = SLICE("caller");
    expect_part(&c, NULL, STORY_WHAT, "That it was answered was not seen; the caller hung up.");
    c.invite_time = RECORD_NONE;
    expect_part(&c, NULL, STORY_WHAT, "It was under way already; the caller hung up.");
}

static void how_it_ended(void **state)
{
    static const struct {
        const char *how, *words;
    } rows[] = {
        { "bye", "; the callee hung up." },
        { "ack_timeout", "; the callee hung up, because no ACK reached it." },
        { "session_timeout", "; its session timer ran out." },
        { "replaced", "; another call took its place." },
        { "interrupted", "; its end was not seen." },
    };
    char expected[200];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct call_record c = answered_call();

        c.ended_how = slice_of_text(rows[i].how);
        snprintf(expected, sizeof expected,
                 "It rang for 4.2 s, was answered after 6.1 s and lasted 3 min 5 s%s",
                 rows[i].words);
        expect_part(&c, NULL, STORY_WHAT, expected);
    }
}

/* A probe that was killed, or lost its power, knows no more of it. */
static void probe_stopped_in_the_middle(void **state)
{
    struct call_record c = answered_call(), open = new_call();

    (void)state;
    c.state = open.state = SLICE("interrupted");
    c.ended_how = open.ended_how = SLICE("interrupted");
    c.ended_by = SLICE_ABSENT;
    c.duration_open = 1;
    expect_part(
        &c, NULL, STORY_WHAT,
        "It rang for 4.2 s, was answered after 6.1 s and lasted at least 3 min 5 s; the probe "
        "stopped in the middle of it.");
    expect_part(&open, NULL, STORY_WHAT, "Nobody had answered when the probe stopped.");
    open.first_18x_time = open.invite_time;
    expect_part(&open, NULL, STORY_WHAT, "It was ringing when the probe stopped.");
}

static void what_it_was_refused_with(void **state)
{
    struct call_record c = refused_call(486, "Busy Here");

    (void)state;
    c.q850_cause = 17;
    expect_story(&c, NULL,
                 "1001 called 2002. It was refused after 250 ms: 486 Busy Here from 10.0.0.2:5060 "
                 "(Q.850 cause 17, user busy). 10.0.0.2:5060 says: busy.");
    c = refused_call(403, "Go away");
    c.auth_challenged = 1;
    expect_story(&c, NULL,
                 "1001 called 2002. It was refused after 250 ms: 403 Go away from 10.0.0.2:5060. "
                 "Credentials were asked for first. 10.0.0.2:5060 says: it is not allowed.");
    c = refused_call(407, "Proxy Authentication Required");
    c.auth_challenged = 1;
    c.invite_count = 2;
    expect_part(&c, NULL, STORY_FAULT,
                "10.0.0.2:5060 says: credentials were asked for, and no good ones came (2 INVITEs "
                "were sent).");
    c = refused_call(699, "Whatever");
    expect_part(&c, NULL, STORY_FAULT, "");
    c = refused_call(302, "Moved Temporarily");
    c.ended_how = SLICE("redirected");
    c.history = SLICE("[{\"t\":1,\"event\":\"redirect\",\"by\":\"callee\",\"count\":1,"
                      "\"detail\":\"sip:3003@b\"}]");
    expect_part(&c, NULL, STORY_WHAT,
                "It was sent elsewhere after 250 ms: 302 Moved Temporarily from 10.0.0.2:5060, to "
                "sip:3003@b.");
}

static void nobody_answered(void **state)
{
    struct call_record c = new_call();

    (void)state;
    c.state = SLICE("abandoned");
    c.retransmissions = 6;
    expect_story(&c, NULL,
                 "1001 called 2002. Nobody answered, and it never rang. No answer of 10.0.0.2:5060 "
                 "passed the probe, though messages were repeated 6 times.");
    c.state = SLICE("cancelled");
    c.first_18x_time = T0 + 2 * S;
    c.end_time = T0 + 14 * S;
    c.final_status = 487;
    expect_story(&c, NULL,
                 "1001 called 2002. The caller gave up after 14 s, of which it rang for 12 s.");
}

static void what_happened_in_between(void **state)
{
    struct call_record c = answered_call();

    (void)state;
    c.reinvite_count = 2;
    expect_part(&c, NULL, STORY_WHAT,
                "It rang for 4.2 s, was answered after 6.1 s and lasted 3 min 5 s; the callee hung "
                "up. The session was negotiated anew 2 times (re-INVITE).");
    c.branches = 3;
    c.hold_count = 2;
    c.hold_ms = 34000;
    c.history =
        SLICE("[{\"t\":1,\"event\":\"refer\",\"by\":\"callee\",\"count\":1,\"detail\":\"sip:3@b?"
              "Replaces=x\"},"
              "{\"t\":2,\"event\":\"transferred\",\"by\":null,\"count\":1,\"detail\":null},"
              "{\"t\":3,\"event\":\"reinvite\",\"by\":\"caller\",\"count\":1,\"detail\":null}]");
    expect_part(&c, NULL, STORY_WHAT,
                "It rang for 4.2 s, was answered after 6.1 s and lasted 3 min 5 s; the callee hung "
                "up. It rang in 3 places. It was on hold twice, in all for 34 s. The callee asked "
                "to transfer it to sip:3@b. The transfer came about.");
}

#define SIDES(key, a, b) "\"" key "\":{\"caller\":" a ",\"callee\":" b "}"

/* Somebody put it on hold, where the evidence names one. */
static int64_t story_holds(const char *evidence)
{
    return evidence && strstr(evidence, "held_by") ? 1 : 0;
}

static void what_became_of_the_media(void **state)
{
    static const struct {
        const char *verdict, *evidence, *words;
    } rows[] = {
        { "ok", "{\"why\":\"both_heard\"}", "Both sides were heard." },
        { "ok", NULL, "Both sides were heard." },
        { "no_rtp", "{" SIDES("announced", "\"10.0.0.1:4000\"", "\"10.0.0.2:6000\"") "}",
          "Neither side sent any sound that passed the probe: it should have gone to 10.0.0.1:4000 "
          "(caller) and 10.0.0.2:6000 (callee)." },
        { "one_way",
          "{\"silent_side\":\"callee\"," SIDES("packets", "1500", "0") "," SIDES(
              "went_to", "\"10.0.0.2:6000\"", "null") "}",
          "Nobody heard the callee: not one packet of its sound came by, while 1,500 packets of "
          "the caller went to 10.0.0.2:6000." },
        { "wrong_address",
          "{\"silent_side\":null," SIDES("packets", "1500", "1400") "," SIDES(
              "went_to", "\"10.0.0.9:6000\"",
              "\"10.0.0.1:4000\"") "," SIDES("announced", "\"10.0.0.1:4000\"",
                                             "\"10.0.0.2:6000\"") "}",
          "Nobody heard the caller: 1,500 packets went to 10.0.0.9:6000, but the callee's SDP "
          "asked for 10.0.0.2:6000." },
        { "nat_unreachable",
          "{\"why\":\"private_address\",\"silent_side\":\"callee\"," SIDES(
              "packets", "1500", "0") "," SIDES("announced", "\"192.168.1.5:4000\"",
                                                "\"198.51.100.1:6000\"") "}",
          "Nobody heard the callee: the caller's SDP asks for its sound at 192.168.1.5:4000, a "
          "private address out of its reach, and nothing came." },
        { "nat_unreachable",
          "{\"why\":\"sent_to_private_address\",\"silent_side\":\"callee\"," SIDES(
              "packets", "1500", "0") "," SIDES("went_to", "\"192.168.1.5:4000\"",
                                                "null") "," SIDES("announced",
                                                                  "\"203.0.113.1:4000\"",
                                                                  "\"192.168.1.5:4000\"") "}",
          "Nobody heard the caller: it sent 1,500 packets to 192.168.1.5:4000, a private address "
          "that it cannot reach; the SDP named 192.168.1.5:4000." },
        { "silent", "{\"silent_side\":\"caller\"}",
          "Packets of both sides came, but the caller's hold nothing but silence." },
        { "on_hold", "{" SIDES("directions", "\"recvonly\"", "\"sendonly\"") "}",
          "That a side was not heard is meant: the SDP says so (caller: recvonly, callee: "
          "sendonly)." },
        { "on_hold", NULL, "That a side was not heard is meant: the SDP says so." },
        { "on_hold", "{\"held_by\":\"callee\"}",
          "That a side was not heard is meant: the callee had put the call on hold." },
        { "wrong_address",
          "{\"silent_side\":\"callee\"," SIDES("packets", "1331", "0") "," SIDES(
              "elsewhere", "665", "0") "," SIDES("went_to", "\"10.0.0.2:6000\"",
                                                 "null") "," SIDES("announced", "\"10.0.0.1:4000\"",
                                                                   "\"10.0.0.2:6000\"") "}",
          "665 of 1,331 packets of the caller went where no SDP asked for them. Nothing came from "
          "the callee." },
        { "early_only", "{" SIDES("early_packets", "0", "50") "}",
          "Sound was heard before the call was answered, and it never was: 50 packets of the "
          "callee." },
        { "capture_blind",
          "{\"why\":\"pair_never_both_ways\",\"pair\":{\"kind\":\"media\",\"hosts\":[\"10.0.0.1\","
          "\"10.0.0.2\"],\"calls\":12,\"both_ways\":0}}",
          "The mirror hides a direction: of 12 calls between 10.0.0.1 and 10.0.0.2 none was heard "
          "both ways. The network is not to blame." },
        { "unknown", "{\"why\":\"too_short\"}",
          "Whether both were heard is not known: the call was too short." },
        { "unknown", NULL, "Whether both were heard is not known." },
        { "nat_unreachable", NULL,
          "Nobody heard one side: the SDP asks for sound at a private address, which the other "
          "side cannot reach." },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct call_record c = answered_call();

        c.media_verdict = slice_of_text(rows[i].verdict);
        c.media_evidence = slice_of_text(rows[i].evidence);
        c.hold_count = story_holds(rows[i].evidence);
        expect_part(&c, NULL, STORY_FAULT, rows[i].words);
    }
}

static void the_evidence_may_be_damaged(void **state)
{
    static const char evidence[] =
        "{\"why\":\"pair_never_both_ways\",\"silent_side\":\"callee\"," SIDES(
            "packets", "1500", "0") "," SIDES("went_to", "\"10.0.0.2:6000\"",
                                              "null") ",\"pair\":{\"hosts\":[\"10.0.0.1\","
                                                      "\"10.0.0.2\"],\"calls\":12}}";
    static const char *const verdicts[] = {
        "ok",      "no_rtp",     "one_way",         "wrong_address", "silent",
        "on_hold", "early_only", "nat_unreachable", "unknown",       "capture_blind"
    };

    (void)state;
    for (size_t len = 0; len < sizeof evidence - 1; len++) {
        for (size_t v = 0; v < sizeof verdicts / sizeof verdicts[0]; v++) {
            struct call_record c = answered_call();
            struct slice block = heap_block(slice_of(evidence, len));
            struct strbuf text = { 0 };

            c.media_verdict = slice_of_text(verdicts[v]);
            c.media_evidence = c.deviations = c.history = c.links = c.media_timeouts = block;
            story_add_text(&text, &c, NULL);
            assert_true(text.len > 0);
            strbuf_fini(&text);
            heap_block_free(block);
        }
    }
}

static void a_side_that_fell_silent(void **state)
{
    struct call_record c = answered_call();

    (void)state;
    c.media_timeouts = SLICE("[{\"from\":100.0,\"to\":175.0,\"direction\":\"callee_to_caller\"}]");
    expect_part(&c, NULL, STORY_FAULT,
                "The callee fell silent for 1 min 15 s: not one packet came.");
}

static void where_it_breaks_the_standard(void **state)
{
    struct call_record c = answered_call();

    (void)state;
    c.deviations =
        SLICE("[{\"t\":1,\"deviation\":\"answer_repeated\",\"by\":\"callee\",\"count\":9,"
              "\"detail\":\"200 to INVITE, though an ACK went to 10.0.0.9:5060\"},"
              "{\"t\":2,\"deviation\":\"of_tomorrow\",\"by\":null,\"count\":1,\"detail\":null},"
              "{\"t\":2,\"deviation\":\"glare\",\"by\":null,\"count\":1,\"detail\":null}]");
    expect_part(&c, NULL, STORY_STANDARD,
                "The answer was sent again and again: the ACK does not reach the one who answered "
                "(200 to INVITE, though an ACK went to 10.0.0.9:5060; 9 times; RFC 3261 "
                "§13.3.1.4). Both sides changed the session at once and had to try again (491) "
                "(RFC 3261 §14.1).");
}

static void what_was_heard(void **state)
{
    struct call_record c = answered_call();
    struct stream_record streams[2] = { stream_of("caller_to_callee"),
                                        stream_of("callee_to_caller") };

    (void)state;
    streams[0].mos_lq_jb200 = 4.41;
    streams[1].mos_lq_jb200 = 2.1;
    streams[1].lost = 720;
    streams[1].rtcp_lost_after_probe = 180;
    c.streams = streams;
    c.stream_count = 2;
    c.bad_seconds = 12;
    c.worst_10s_mos_lq = 1.9;
    c.foreign_sources = 1;
    c.fax = 1;
    expect_part(&c, NULL, STORY_SOUND,
                "The callee heard the caller well (PCMA, MOS 4.41, nothing lost). The caller heard "
                "the callee badly (PCMA, MOS 2.10, 8.0 % lost). Behind the probe the caller lost "
                "another 2.0 %: it heard worse than that. For 12 seconds it was bad; the worst ten "
                "in a row had MOS 1.90. It carried a fax (T.38). Somebody else sent to its ports "
                "too: 1 stream that the SDP does not explain.");
    c.stream_count = 1;
    c.bad_seconds = c.foreign_sources = 0;
    c.fax = 0;
    c.one_way = 1;
    expect_part(&c, NULL, STORY_SOUND,
                "The caller's sound as it passed the probe: PCMA, MOS 4.41, nothing lost.");
}

static void who_belongs_to_it(void **state)
{
    struct call_record c = answered_call();
    struct leg_record legs[2];
    struct story_scene scene = { legs, 2, false };

    (void)state;
    record_clear(&record_type_leg, &legs[0]);
    legs[0].call_a = 1;
    legs[0].call_b = 2;
    legs[0].call_id_b = SLICE("out@sbc");
    legs[0].certain = 1;
    legs[0].evidence =
        SLICE("[{\"by\":\"session_id\",\"weight\":1,\"detail\":\"ab12\"},"
              "{\"by\":\"start\",\"weight\":-0.15,\"detail\":\"begins long after\"},"
              "{\"by\":\"answer\",\"weight\":0.35,\"detail\":\"answered together\"}]");
    legs[0].loss_added_ratio = 0.012;
    legs[0].delay_added_ms = 30;
    legs[1] = legs[0];
    legs[1].call_a = 7; /* of others */
    legs[1].call_b = 8;
    c.links = SLICE("[{\"t\":1,\"link\":\"referred_from\",\"call_id\":\"a@b\",\"call\":null}]");
    c.sightings = 7;
    expect_part(&c, &scene, STORY_LEGS,
                "Call out@sbc goes on from it: another leg of the same conversation (certain: "
                "the same Session-ID). Between the two 1.2 % of the packets are "
                "lost and 30 ms are added. "
                "It came of a transfer in call a@b, which was not seen. 7 messages of it were seen "
                "at another point of the path as well.");
    legs[0].call_a = 9;
    legs[0].call_b = 1;
    legs[0].call_id_a = SLICE("in@pbx");
    legs[0].certain = 0;
    legs[0].score = 0.94;
    legs[0].loss_added_ratio = legs[0].delay_added_ms = NAN;
    c.links = SLICE_ABSENT;
    c.sightings = 0;
    expect_part(&c, &scene, STORY_LEGS,
                "Call in@pbx stands before it: another leg of the same conversation (likely, 0.94: "
                "the same Session-ID; answer: answered together).");
}

static void how_sure_it_is(void **state)
{
    struct call_record c = answered_call();

    (void)state;
    expect_part(&c, NULL, STORY_SURE, "");
    c.capture_confidence = SLICE("low");
    c.capture_confidence_reasons = SLICE("[\"capture_drops\",\"truncated_packets\",\"new_one\"]");
    expect_part(&c, NULL, STORY_SURE,
                "Do not trust the probe here: it lost packets itself meanwhile, packets were cut "
                "by the snap length.");
}

static void the_parts_are_an_array(void **state)
{
    struct call_record c = refused_call(404, "a \"b\"\x01");
    struct strbuf text = { 0 };
    struct jsonw j = jsonw_to(&text);

    (void)state;
    story_write(&c, NULL, &j);
    assert_string_equal(
        text.p, "[{\"part\":\"who\",\"text\":\"1001 called 2002.\"},{\"part\":\"what\",\"text\":"
                "\"It was refused after 250 ms: 404 a \\\"b\\\"\\u0001 from 10.0.0.2:5060.\"},"
                "{\"part\":\"fault\",\"text\":\"10.0.0.2:5060 says: nobody has that number "
                "there.\"}]");
    strbuf_fini(&text);
}

static void who_registered(void **state)
{
    static const struct {
        const char *state;
        int64_t status;
        const char *words;
    } rows[] = {
        { "registered", 200,
          "1001 is registered at 10.0.0.2, coming from 10.0.0.1. 3 attempts, 1 challenge, 2 "
          "refusals." },
        { "refused", 403,
          "1001 was refused registration at 10.0.0.2, coming from 10.0.0.1: 403 (it is not "
          "allowed). 3 attempts, 1 challenge, 2 refusals." },
        { "unknown", RECORD_NONE,
          "1001 asked to be registered at 10.0.0.2, coming from 10.0.0.1. 3 attempts, 1 "
          "challenge, 2 refusals." },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct registration_record r;
        struct strbuf text = { 0 };

        record_clear(&record_type_registration, &r);
        r.user = SLICE("1001");
        r.source = SLICE("10.0.0.1");
        r.registrar = SLICE("10.0.0.2");
        r.state = slice_of_text(rows[i].state);
        r.last_status = rows[i].status;
        r.attempts = 3;
        r.challenges = 1;
        r.failures = 2;
        r.successes = r.unanswered = 0;
        story_add_registration(&text, &r);
        assert_string_equal(text.p, rows[i].words);
        strbuf_fini(&text);
    }
}

static void every_deviation_is_told(void **state)
{
    (void)state;
    for (int i = 0; i < DEVIATION_COUNT; i++) {
        struct call_record c = answered_call();
        struct strbuf text = { 0 };
        char json[200];

        snprintf(json, sizeof json, "[{\"deviation\":\"%s\"}]", deviation_rows[i].name);
        c.deviations = slice_of_text(json);
        story_add_part(&text, STORY_STANDARD, &c, NULL);
        assert_true(text.len > strlen(deviation_rows[i].sentence));
        assert_non_null(strstr(text.p, deviation_rows[i].clause));
        strbuf_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_called_whom),
        cmocka_unit_test(names_of_strangers_are_cut),
        cmocka_unit_test(how_it_went),
        cmocka_unit_test(how_it_ended),
        cmocka_unit_test(probe_stopped_in_the_middle),
        cmocka_unit_test(what_began_or_was_answered_unseen),
        cmocka_unit_test(what_it_was_refused_with),
        cmocka_unit_test(nobody_answered),
        cmocka_unit_test(what_happened_in_between),
        cmocka_unit_test(what_became_of_the_media),
        cmocka_unit_test(the_evidence_may_be_damaged),
        cmocka_unit_test(a_side_that_fell_silent),
        cmocka_unit_test(where_it_breaks_the_standard),
        cmocka_unit_test(what_was_heard),
        cmocka_unit_test(who_belongs_to_it),
        cmocka_unit_test(how_sure_it_is),
        cmocka_unit_test(the_parts_are_an_array),
        cmocka_unit_test(who_registered),
        cmocka_unit_test(every_deviation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
