/*
 * test_legs - which calls are joined: by names, by sound; what stays apart; how groups grow.
 */
#include "tests/unit/heap_block.h"
#include "tests/unit/legs_fixture.h"
#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define UUID_1 "ab30317f1a784dc48ff824d0d3715d86"
#define UUID_2 "47755a9de7794ba387653f2099600ef2"
#define UUID_3 "6d1c2e8ea10c4b5c9ca6b30317f1a784"
#define NIL    "00000000000000000000000000000000"

static const struct slice headers[] = { SLICE_INIT("X-CID"), SLICE_INIT("X-Call-ID"),
                                        SLICE_INIT("In-Reply-To") };

enum { HEADERS = sizeof headers / sizeof headers[0] };

static void open_scene(struct legs_scene *s)
{
    legs_scene_open(s, headers, HEADERS, 1000);
}

static void tell_answer_text(struct legs *l, const struct leg_plan *p, const char *lines)
{
    tell_text(l, p, "SIP/2.0 200 OK", ";tag=2", lines);
}

static void settle(struct legs *l, const struct leg_plan *p)
{
    legs_tick(l, p->answer);
    tell_call(l, p, RECORD_SETTLED);
}

static void close_and_finish(struct legs *l, const struct leg_plan *calls, size_t count)
{
    int64_t last = 0;

    for (size_t i = 0; i < count; i++) {
        if (calls[i].end > last)
            last = calls[i].end;
    }
    legs_tick(l, last + NS_PER_S);
    for (size_t i = 0; i < count; i++)
        tell_call(l, &calls[i], RECORD_CLOSED);
    legs_finish(l);
}

struct name_row {
    const char *a, *b; /* lines of the INVITEs; %s: the Call-ID of the other */
    const char *answer_a, *answer_b;
    const char *by; /* NULL: they stay apart */
};

static const struct name_row name_rows[] = {
    { "Session-ID: " UUID_1 ";remote=" NIL "\r\n", "Session-ID: " UUID_1 ";remote=" NIL "\r\n",
      NULL, NULL, "session_id" },
    { "Session-ID: " UUID_1 ";remote=" NIL "\r\n", "Session-ID: " UUID_2 ";remote=" NIL "\r\n",
      NULL, NULL, NULL },
    { "Session-ID: " NIL ";remote=" NIL "\r\n", "Session-ID: " NIL ";remote=" NIL "\r\n", NULL,
      NULL, NULL },
    /* The one leg tells it in its INVITE, the other in the answer, the other way round. */
    { "Session-ID: " UUID_1 ";remote=" NIL "\r\n", "", NULL,
      "Session-ID: " UUID_2 ";remote=" UUID_1 "\r\n", "session_id" },
    { "", "", "Session-ID: " UUID_2 ";remote=" UUID_1 "\r\n",
      "Session-ID: " UUID_3 ";remote=" UUID_1 "\r\n", "session_id" },
    /* Two calls to one conference: the callee's half is the same. */
    { "Session-ID: " UUID_1 ";remote=" NIL "\r\n", "Session-ID: " UUID_2 ";remote=" NIL "\r\n",
      "Session-ID: " UUID_3 ";remote=" UUID_1 "\r\n",
      "Session-ID: " UUID_3 ";remote=" UUID_2 "\r\n", NULL },
    /* What was the callee is the caller of the next leg. */
    { "Session-ID: " UUID_1 ";remote=" NIL "\r\n", "Session-ID: " UUID_3 ";remote=" NIL "\r\n",
      "Session-ID: " UUID_3 ";remote=" UUID_1 "\r\n", NULL, "session_id" },
    /* Of old, in any case, and with dashes. */
    { "Session-ID: " UUID_1 "\r\n", "session-id: AB30317F-1A78-4DC4-8FF8-24D0D3715D86\r\n", NULL,
      NULL, "session_id" },
    { "Session-ID: " UUID_1 "\r\n", "", NULL, "Session-ID: " UUID_1 "\r\n", "session_id" },
    { "Session-ID: 1234\r\n", "Session-ID: 1234\r\n", NULL, NULL, NULL },
    { "P-Charging-Vector: icid-value=\"a1b2c3d4\";icid-generated-at=192.0.2.1\r\n",
      "P-Charging-Vector: orig-ioi=x;icid-value=a1b2c3d4\r\n", NULL, NULL, "icid" },
    { "P-Charging-Vector: icid-value=a1b2c3d4\r\n",
      "P-Charging-Vector: icid-value=ffffffff1;related-icid=a1b2c3d4\r\n", NULL, NULL, "icid" },
    { "P-Charging-Vector: icid-value=a1b2c3d4\r\n", "P-Charging-Vector: icid-value=a1b2c3d5\r\n",
      NULL, NULL, NULL },
    { "P-Charging-Vector: icid-value\r\n", "P-Charging-Vector: icid-value\r\n", NULL, NULL, NULL },
    { "X-CID: 12345678\r\n", "x-cid:12345678\r\n", NULL, NULL, "X-CID" },
    { "X-CID: 12345678\r\n", "X-Call-ID: 12345678;leg=b\r\n", NULL, NULL, "X-C" },
    { "X-CID: 12345678\r\n", "", NULL, "X-CID: 12345678\r\n", "X-CID" },
    { "X-CID: 12345678\r\n", "X-CID: 12345679\r\n", NULL, NULL, NULL },
    { "", "X-CID: %s\r\n", NULL, NULL, "X-CID" },
    { "", "In-Reply-To: 4711@elsewhere.example, %s\r\n", NULL, NULL, "In-Reply-To" },
    { "X-CID: \"%s\"\r\n", "", NULL, NULL, "X-CID" },
    /* Not made for one call. */
    { "X-CID: 1\r\n", "X-CID: 1\r\n", NULL, NULL, NULL },
    { "X-CID: undefined\r\n", "X-CID: undefined\r\n", NULL, NULL, NULL },
    /* Not of the list. */
    { "X-Other: 12345678\r\n", "X-Other: 12345678\r\n", NULL, NULL, NULL },
    { "", "", NULL, NULL, NULL },
};

static const char *filled(char out[512], const char *lines, const char *call_id)
{
    const char *at = strstr(lines, "%s");

    if (!at)
        return lines;
    snprintf(out, 512, "%.*s%s%s", (int)(at - lines), lines, call_id, at + 2);
    return out;
}

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof name_rows / sizeof name_rows[0]; i++) {
        const struct name_row *row = &name_rows[i];
        struct leg_plan calls[] = { stranger(1), stranger(2) };
        struct legs_scene s;
        const struct told_pair *p;
        char by[64], lines[512];

        open_scene(&s);
        tell_invite_text(s.legs, &calls[0], filled(lines, row->a, calls[1].call_id));
        tell_invite_text(s.legs, &calls[1], filled(lines, row->b, calls[0].call_id));
        if (row->answer_a)
            tell_answer_text(s.legs, &calls[0], row->answer_a);
        if (row->answer_b)
            tell_answer_text(s.legs, &calls[1], row->answer_b);
        settle(s.legs, &calls[0]);
        settle(s.legs, &calls[1]);
        legs_tick(s.legs, calls[1].answer + 3 * NS_PER_S);
        p = told_find(&s.told, calls[0].id, calls[1].id);
        if (!p != !row->by)
            fail_msg("row %zu: %s", i, p ? p->evidence : "apart");
        assert_int_equal(legs_group(s.legs, calls[1].id), p ? calls[0].id : 0);
        if (p) {
            snprintf(by, sizeof by, "{\"by\":\"%s", row->by);
            assert_true(p->certain && p->score == 1);
            if (!strstr(p->evidence, by))
                fail_msg("row %zu: %s", i, p->evidence);
        }
        close_and_finish(s.legs, calls, 2);
        assert_int_equal(s.told.count, row->by != NULL);
        assert_int_equal(s.counters.refusals[REFUSAL_LEGS], 0);
        legs_scene_close(&s);
    }
}

/* What every call of a trunk carries joins none of them: many at a time, few at a time, and one
 * after the other. */
static void test_a_constant_is_no_name(void **state)
{
    enum { MANY = 30 };
    struct leg_plan calls[MANY];
    struct legs_scene s;

    (void)state;
    open_scene(&s);
    for (unsigned i = 0; i < MANY; i++) {
        calls[i] = stranger(i + 1);
        tell_invite_text(s.legs, &calls[i], "X-CID: gateway-01\r\n");
    }
    for (unsigned i = 0; i < MANY; i++)
        settle(s.legs, &calls[i]);
    close_and_finish(s.legs, calls, MANY);
    assert_int_equal(s.told.count, 0);
    legs_scene_close(&s);

    open_scene(&s);
    for (unsigned i = 0; i < 2; i++) {
        calls[i] = stranger(i + 1);
        calls[i].src = host(1);
        calls[i].dst = host(2);
        tell_invite_text(s.legs, &calls[i], "X-CID: gateway-01\r\n");
    }
    settle(s.legs, &calls[0]);
    settle(s.legs, &calls[1]);
    close_and_finish(s.legs, calls, 2);
    assert_int_equal(s.told.count, 0);
    legs_scene_close(&s);

    open_scene(&s);
    for (unsigned i = 0; i < 4; i++) {
        calls[i] = stranger(i + 1);
        calls[i].start = START_NS + i * 20 * NS_PER_S;
        calls[i].answer = calls[i].start + NS_PER_S;
        calls[i].end = calls[i].start + 10 * NS_PER_S;
        leg_plan_name(&calls[i], i + 1);
        tell_invite_text(s.legs, &calls[i], "X-CID: gateway-01\r\n");
        settle(s.legs, &calls[i]);
        legs_tick(s.legs, calls[i].end + NS_PER_S);
        tell_call(s.legs, &calls[i], RECORD_CLOSED);
    }
    legs_finish(s.legs);
    assert_int_equal(s.told.count, 0);
    legs_scene_close(&s);
}

/* phone -> SBC -> proxy -> SBC -> phone: each pair has its own name, and all are one. */
static void test_groups_grow_and_merge(void **state)
{
    struct leg_plan calls[] = { stranger(1), stranger(2), stranger(3), stranger(4) };
    struct legs_scene s;

    (void)state;
    open_scene(&s);
    tell_invite_text(s.legs, &calls[0], "X-CID: name-0001\r\n");
    tell_invite_text(s.legs, &calls[1], "X-CID: name-0001\r\n");
    tell_invite_text(s.legs, &calls[2], "X-CID: name-0003\r\n");
    tell_invite_text(s.legs, &calls[3], "X-CID: name-0003\r\n");
    for (int i = 0; i < 4; i++)
        settle(s.legs, &calls[i]);
    legs_tick(s.legs, calls[3].answer + 3 * NS_PER_S);
    assert_int_equal(s.told.count, 2);
    assert_int_equal(legs_group(s.legs, calls[1].id), calls[0].id);
    assert_int_equal(legs_group(s.legs, calls[3].id), calls[2].id);
    /* The one in the middle turns out to be of both. */
    tell_answer_text(s.legs, &calls[1], "X-Call-ID: name-0003\r\n");
    close_and_finish(s.legs, calls, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(legs_group(s.legs, calls[i].id), calls[0].id);
    for (size_t i = 0; i < s.told.count; i++)
        assert_int_equal(s.told.pairs[i].group, calls[0].id);
    assert_true(told_find(&s.told, calls[2].id, calls[3].id)->times >= 2);
    legs_scene_close(&s);
}

/* The same call through a machine, both numbers rewritten by nobody: calls[0] makes calls[1]. */
static void both_legs(struct leg_plan calls[2])
{
    calls[0] = stranger(1);
    calls[0].ring = calls[0].start + 2 * NS_PER_S;
    calls[1] = calls[0];
    calls[1].start += 30 * NS_PER_MS;
    calls[1].ring -= 5 * NS_PER_MS;
    calls[1].answer -= 5 * NS_PER_MS;
    calls[1].end += 5 * NS_PER_MS;
    calls[1].src = calls[0].dst;
    calls[1].dst = host(77);
    leg_plan_name(&calls[1], 2);
}

static void test_score_joins(void **state)
{
    struct leg_plan calls[2];
    const struct told_pair *p;
    struct legs_scene s;

    (void)state;
    both_legs(calls);
    open_scene(&s);
    tell_invite(s.legs, &calls[0]);
    tell_invite(s.legs, &calls[1]);
    settle(s.legs, &calls[1]);
    settle(s.legs, &calls[0]);
    assert_int_equal(s.told.count, 0); /* its rivals may still come */
    legs_tick(s.legs, calls[0].answer + 3 * NS_PER_S);
    assert_int_equal(s.told.count, 1);
    assert_int_equal(legs_group(s.legs, calls[0].id), calls[0].id);
    close_and_finish(s.legs, calls, 2);
    assert_int_equal(s.told.count, 1);
    p = &s.told.pairs[0];
    assert_int_equal(p->times, 2); /* again with how they ended */
    assert_true(!p->certain && p->score > 0.98 && p->score <= 1);
    assert_int_equal(p->call_a, calls[0].id);
    assert_non_null(strstr(p->evidence, "\"by\":\"dialled_number\",\"weight\":0.55"));
    assert_non_null(strstr(p->evidence, "\"by\":\"end\""));
    assert_string_equal(p->media, "");
    assert_true(isnan(p->loss_added_ratio));
    legs_scene_close(&s);
}

/* Two conversations that nothing tells apart: no pair is joined. */
static void test_ambiguous_stays_apart(void **state)
{
    struct leg_plan calls[4];
    struct legs_scene s;

    (void)state;
    both_legs(calls);
    both_legs(calls + 2);
    for (int i = 2; i < 4; i++) {
        calls[i].start += 10 * NS_PER_MS;
        leg_plan_name(&calls[i], (uint64_t)i + 1);
    }
    open_scene(&s);
    for (int i = 0; i < 4; i++)
        tell_invite(s.legs, &calls[i]);
    for (int i = 0; i < 4; i++)
        settle(s.legs, &calls[i]);
    close_and_finish(s.legs, calls, 4);
    assert_int_equal(s.told.count, 0);
    legs_scene_close(&s);
}

/* Looked alike while they went on; when they end it is seen that they are strangers. */
static void test_what_was_wrong_comes_apart(void **state)
{
    struct leg_plan calls[2];
    struct legs_scene s;

    (void)state;
    both_legs(calls);
    snprintf(calls[1].from, sizeof calls[1].from, "+49307654321");
    calls[1].end += 40 * NS_PER_S;
    calls[1].ring = RECORD_NONE;
    open_scene(&s);
    tell_invite(s.legs, &calls[0]);
    tell_invite(s.legs, &calls[1]);
    settle(s.legs, &calls[1]);
    settle(s.legs, &calls[0]);
    legs_tick(s.legs, calls[0].answer + 3 * NS_PER_S);
    assert_int_equal(s.told.count, 1);
    assert_int_equal(s.told.pairs[0].group, calls[0].id);
    close_and_finish(s.legs, calls, 2);
    assert_int_equal(s.told.count, 1);
    assert_int_equal(s.told.pairs[0].group, 0);
    assert_int_equal(legs_group(s.legs, calls[0].id), 0);
    legs_scene_close(&s);
}

/* One target is tried, refuses, and another one answers: both are legs of the one call. */
static void test_branches(void **state)
{
    struct leg_plan calls[3];
    struct legs_scene s;

    (void)state;
    both_legs(calls);
    calls[2] = calls[1];
    calls[1].ring = calls[1].answer = RECORD_NONE;
    calls[1].end = calls[1].start + 200 * NS_PER_MS;
    calls[1].final_status = 503;
    calls[2].start += 220 * NS_PER_MS;
    calls[2].dst = host(78);
    leg_plan_name(&calls[2], 3);
    open_scene(&s);
    for (int i = 0; i < 3; i++)
        tell_invite(s.legs, &calls[i]);
    legs_tick(s.legs, calls[1].end);
    tell_call(s.legs, &calls[1], RECORD_SETTLED);
    settle(s.legs, &calls[2]);
    settle(s.legs, &calls[0]);
    close_and_finish(s.legs, calls, 3);
    assert_int_equal(legs_group(s.legs, calls[1].id), calls[0].id);
    assert_int_equal(legs_group(s.legs, calls[2].id), calls[0].id);
    legs_scene_close(&s);
}

static void test_forgotten_after_a_minute(void **state)
{
    struct leg_plan calls[2];
    struct legs_scene s;

    (void)state;
    both_legs(calls);
    open_scene(&s);
    tell_invite(s.legs, &calls[0]);
    tell_invite(s.legs, &calls[1]);
    settle(s.legs, &calls[0]);
    settle(s.legs, &calls[1]);
    legs_tick(s.legs, calls[0].end);
    tell_call(s.legs, &calls[0], RECORD_CLOSED);
    legs_tick(s.legs, calls[0].end + 59 * NS_PER_S);
    assert_int_not_equal(legs_group(s.legs, calls[0].id), 0);
    legs_tick(s.legs, calls[0].end + 61 * NS_PER_S);
    assert_int_equal(legs_group(s.legs, calls[0].id), 0);
    assert_int_equal(legs_group(s.legs, calls[1].id), calls[0].id); /* it goes on, and knows */
    legs_scene_close(&s);
}

/* More calls than there is room for: what closed longest ago goes, and is counted. */
static void test_flood(void **state)
{
    enum { ROOM = 500, FLOOD = 20000, ALIVE = 20 };
    struct leg_plan alive[ALIVE];
    struct legs_scene s;
    char lines[1024];
    int used;

    (void)state;
    legs_scene_open(&s, headers, HEADERS, ROOM);
    for (unsigned i = 0; i < ALIVE; i++) {
        alive[i] = stranger(i + 1);
        snprintf(lines, sizeof lines, "X-CID: alive-%04u\r\n", i / 2);
        tell_invite_text(s.legs, &alive[i], lines);
        settle(s.legs, &alive[i]);
    }
    for (unsigned i = 0; i < FLOOD; i++) {
        struct leg_plan p = stranger(3);

        p.start = alive[ALIVE - 1].answer + i * NS_PER_MS / 50;
        p.answer = RECORD_NONE;
        p.end = p.start;
        p.final_status = 0;
        leg_plan_name(&p, 1000 + i);
        used = 0;
        for (unsigned k = 0; k < 12; k++)
            used += snprintf(lines + used, sizeof lines - (size_t)used,
                             "X-CID: flood-%u-%u,flood-%u\r\n", i, k, k);
        tell_invite_text(s.legs, &p, lines);
        tell_call(s.legs, &p, RECORD_CLOSED);
        if (i % 5000 == 0)
            legs_tick(s.legs, p.start);
    }
    assert_in_range(s.counters.refusals[REFUSAL_LEGS], FLOOD - ROOM, FLOOD + ALIVE);
    assert_int_equal(s.counters.refusals[REFUSAL_MEMORY], 0);
    close_and_finish(s.legs, alive, ALIVE);
    for (unsigned i = 0; i < ALIVE; i += 2) /* the live ones were not touched */
        assert_non_null(told_find(&s.told, alive[i].id, alive[i + 1].id));
    legs_scene_close(&s);
}

/* A header as large as a message can hold, of every form that a value has. */
static void test_huge_headers(void **state)
{
    static const char *const names[] = {
        "X-CID: ",          "Session-ID: ",   "P-Charging-Vector: icid-value=",
        "Diversion: <sip:", "History-Info: ", "P-Asserted-Identity: \""
    };
    static const char fill[] = { ',', ';', '"', '<', '1', ' ', '=', ':', 'a', '-' };
    enum { HUGE_BYTES = 60000 };
    char *lines = malloc(HUGE_BYTES + 1024);

    (void)state;
    assert_non_null(lines);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t k = 0; k < sizeof fill; k++) {
            struct leg_plan p = stranger(1);
            struct datagram d = { .time_ns = p.start };
            struct legs_scene s;
            struct sip_msg msg;
            struct slice block;
            int head = snprintf(lines, 1024, "INVITE sip:1@192.0.2.1 SIP/2.0\r\nCall-ID: %s\r\n%s",
                                p.call_id, names[i]);

            memset(lines + head, fill[k], HUGE_BYTES);
            memcpy(lines + head + HUGE_BYTES, "\r\n\r\n", 4);
            block = heap_block(slice_of(lines, (size_t)head + HUGE_BYTES + 4));
            assert_int_equal(sip_msg_parse(&msg, block), SIP_PARSE_OK);
            open_scene(&s);
            legs_message(s.legs, p.id, msg.call_id, &msg, &d);
            legs_message(s.legs, p.id + 1, msg.call_id, &msg, &d);
            legs_finish(s.legs);
            legs_scene_close(&s);
            heap_block_free(block);
        }
    }
    free(lines);
}

/* Any order of anything: what is told holds together. */
static void test_random(void **state)
{
    enum { CALLS = 40, STEPS = 20000 };
    struct random r = { 21 };
    struct leg_plan calls[CALLS];
    struct sound_way way = { 0, host(1), host(2), "caller_to_callee", 0 };
    struct legs_scene s;
    int64_t now = START_NS;

    (void)state;
    legs_scene_open(&s, headers, HEADERS, 30);
    for (unsigned i = 0; i < CALLS; i++)
        calls[i] = stranger(i % 7 + 1);
    for (int step = 0; step < STEPS; step++) {
        unsigned at = random_below(&r, CALLS);
        char lines[64];

        now += random_below(&r, 30) * NS_PER_MS;
        switch (random_below(&r, 8)) {
        case 0: /* closed for good, and another call in its place */
            tell_call(s.legs, &calls[at], RECORD_CLOSED);
            calls[at].start = now;
            calls[at].answer = random_hits(&r, 0.5) ? now + NS_PER_S : RECORD_NONE;
            calls[at].end = now + NS_PER_S * 2;
            leg_plan_name(&calls[at], random_next(&r));
            snprintf(lines, sizeof lines, "X-CID: name-%05u\r\n", random_below(&r, 20));
            tell_invite_text(s.legs, &calls[at], random_hits(&r, 0.3) ? lines : "");
            break;
        case 1:
            tell_call(s.legs, &calls[at], (enum record_event)random_below(&r, 4));
            break;
        case 2:
            legs_tick(s.legs, now);
            break;
        case 3:
            way.stream = at + 1;
            way.src = host((uint8_t)at);
            way.dst = host((uint8_t)(at + 1));
            if (calls[at].id)
                close_with(s.legs, &calls[at], &way, 1);
            break;
        default:
            legs_sound(s.legs, calls[at].id, at + 1, print_of(random_below(&r, 400)), now);
            break;
        }
    }
    legs_finish(s.legs);
    assert_in_range(s.told.count, 20, TOLD_MAX);
    for (size_t i = 0; i < s.told.count; i++) {
        const struct told_pair *p = &s.told.pairs[i];

        assert_true(p->call_a < p->call_b && p->group <= p->call_a);
        assert_true(p->score >= 0 && p->score <= 1);
        assert_true(p->evidence[0] == '[');
    }
    legs_scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_constant_is_no_name),
        cmocka_unit_test(test_groups_grow_and_merge),
        cmocka_unit_test(test_score_joins),
        cmocka_unit_test(test_ambiguous_stays_apart),
        cmocka_unit_test(test_what_was_wrong_comes_apart),
        cmocka_unit_test(test_branches),
        cmocka_unit_test(test_forgotten_after_a_minute),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_huge_headers),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
