/*
 * test_sighting - the same message again, or the same message elsewhere.
 */
#include "analyzer/call/sighting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define NS_PER_S INT64_C(1000000000)
#define NOW      (INT64_C(1795255200) * NS_PER_S)

struct where {
    const char *branch;
    uint8_t from, to; /* last byte of the address */
    uint32_t network;
};

static struct sip_msg message(enum sip_method method, uint16_t status, uint32_t cseq,
                              const char *to_tag)
{
    struct sip_msg msg = { .is_request = status == 0,
                           .has_cseq = true,
                           .method = (uint8_t)method,
                           .cseq_method = (uint8_t)method,
                           .status = status,
                           .cseq = cseq,
                           .from_tag = SLICE_INIT("alice") };

    msg.to_tag = slice_of_text(to_tag);
    return msg;
}

static struct sighting_mark mark_at(struct sip_msg msg, struct where where)
{
    struct datagram d = { .time_ns = NOW, .network = where.network };

    d.src.ip[15] = where.from;
    d.dst.ip[15] = where.to;
    d.src.port = d.dst.port = 5060;
    msg.via_branch = slice_of_text(where.branch);
    msg.via_sent_by = where.from == 1 ? SLICE("one") : SLICE("two");
    return sighting_mark_of(&msg, &d);
}

static void a_message_is_told_from_others(void **state)
{
    static const struct where here = { "z9hG4bK-a", 1, 2, 0 };
    static const struct {
        struct where where;
        bool opens; /* an INVITE without To-tag; else a BYE */
        enum sighting expected;
    } rows[] = {
        { { "z9hG4bK-a", 1, 2, 0 }, true, SIGHTING_AGAIN },
        { { "z9hG4bK-b", 2, 3, 0 }, true, SIGHTING_ELSEWHERE },  /* behind a proxy */
        { { "z9hG4bK-a", 5, 2, 0 }, true, SIGHTING_ELSEWHERE },  /* behind a NAT */
        { { "z9hG4bK-a", 1, 2, 42 }, true, SIGHTING_ELSEWHERE }, /* in another VLAN */
        { { "z9hG4bK-b", 1, 2, 0 }, true, SIGHTING_ELSEWHERE },  /* it comes by two ways */
        { { "z9hG4bK-a", 1, 2, 0 }, false, SIGHTING_AGAIN },
        { { "z9hG4bK-b", 1, 2, 0 }, false, SIGHTING_AGAIN }, /* sent again as another transaction */
        { { "z9hG4bK-b", 2, 3, 0 }, false, SIGHTING_ELSEWHERE },
        { { NULL, 1, 2, 0 }, true, SIGHTING_ELSEWHERE },
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, NULL, 0, 4096);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sip_msg msg = rows[i].opens ? message(SIP_METHOD_INVITE, 0, 1, NULL)
                                           : message(SIP_METHOD_BYE, 0, 2, "bob");
        struct sightings s = { 0 };
        struct sighting_mark first = mark_at(msg, here), second = mark_at(msg, rows[i].where);

        assert_int_equal(sighting_look(&s, &first, rows[i].opens, NOW), SIGHTING_NEW);
        sighting_keep(&s, &arena, &first, NOW);
        if (sighting_look(&s, &second, rows[i].opens, NOW) != rows[i].expected)
            fail_msg("row %zu", i);
        assert_true(sighting_has(&s, second.event, first.via));
    }
    arena_fini(&arena);
}

/* Whatever differs in what it says makes it another message. */
static void another_message_is_new(void **state)
{
    static const struct where here = { "z9hG4bK-a", 1, 2, 0 };
    struct sip_msg first = message(SIP_METHOD_INVITE, 183, 1, "bob"), others[7];
    struct sighting_mark mark = mark_at(first, here);
    struct sightings s = { 0 };
    struct arena arena;

    (void)state;
    arena_init(&arena, NULL, 0, 4096);
    sighting_keep(&s, &arena, &mark, NOW);
    for (size_t i = 0; i < 7; i++)
        others[i] = first;
    others[0].cseq = 2;
    others[1].status = 180;
    others[2].to_tag = SLICE("mobile");
    others[3].from_tag = SLICE("bob");
    others[4].rseq = SLICE("2");
    others[5].body = SLICE("v=0");
    others[6].method = others[6].cseq_method = SIP_METHOD_UPDATE;
    for (size_t i = 0; i < 7; i++) {
        mark = mark_at(others[i], here);
        if (sighting_look(&s, &mark, false, NOW) != SIGHTING_NEW)
            fail_msg("other %zu", i);
    }
    arena_fini(&arena);
}

/* RFC 2543 has no branch; the cookie alone is none. Then the sender's name must do. */
static void without_a_branch_the_sender_tells(void **state)
{
    static const char *const branches[] = { NULL, "", "z9hG4bK", "Z9HG4BK" };
    struct sip_msg msg = message(SIP_METHOD_INVITE, 0, 1, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof branches / sizeof branches[0]; i++) {
        struct sighting_mark a = mark_at(msg, (struct where){ branches[i], 1, 2, 0 });
        struct sighting_mark b = mark_at(msg, (struct where){ branches[i], 2, 1, 0 });

        assert_true(a.via != b.via);
    }
}

static void keep_some(struct sightings *s, struct arena *arena, uint32_t from, uint32_t to,
                      int64_t time_ns)
{
    for (uint32_t cseq = from; cseq < to; cseq++) {
        struct sighting_mark mark = mark_at(message(SIP_METHOD_INFO, 0, cseq, "bob"),
                                            (struct where){ "z9hG4bK-i", 1, 2, 0 });

        assert_int_equal(sighting_look(s, &mark, false, time_ns), SIGHTING_NEW);
        sighting_keep(s, arena, &mark, time_ns);
    }
}

static bool knows(const struct sightings *s, uint32_t cseq)
{
    struct sighting_mark mark =
        mark_at(message(SIP_METHOD_INFO, 0, cseq, "bob"), (struct where){ "z9hG4bK-i", 1, 2, 0 });

    return sighting_look(s, &mark, false, NOW) == SIGHTING_AGAIN;
}

/* A repeat is known after many other messages; a flood of them takes no more room than the cap. */
static void the_memory_is_long_and_bounded(void **state)
{
    struct sightings s = { 0 };
    struct arena arena;
    size_t grown;

    (void)state;
    arena_init(&arena, NULL, 0, 65536);
    keep_some(&s, &arena, 1, SIGHTINGS_MAX + 1, NOW);
    for (uint32_t cseq = 1; cseq <= SIGHTINGS_MAX; cseq++)
        assert_true(knows(&s, cseq));
    grown = arena.total_bytes;
    keep_some(&s, &arena, SIGHTINGS_MAX + 1, 5000, NOW);
    assert_true(arena.total_bytes == grown);
    assert_false(knows(&s, 1));
    for (uint32_t cseq = 5000 - SIGHTINGS_MAX; cseq < 5000; cseq++)
        assert_true(knows(&s, cseq));
    arena_fini(&arena);
}

/* What is old makes room: a call that says one thing a minute for hours takes nothing more. */
static void what_is_old_makes_room(void **state)
{
    struct sightings s = { 0 };
    struct arena arena;

    (void)state;
    arena_init(&arena, NULL, 0, 65536);
    for (uint32_t n = 0; n < 1000; n++)
        keep_some(&s, &arena, n, n + 1, NOW + n * 60 * NS_PER_S);
    assert_true(arena.total_bytes == 0);
    arena_fini(&arena);
}

/* Two points of one path are passed within seconds; without memory only the newest are known. */
static void elsewhere_is_soon_or_not_at_all(void **state)
{
    struct sip_msg msg = message(SIP_METHOD_INVITE, 0, 1, NULL);
    struct sighting_mark first = mark_at(msg, (struct where){ "z9hG4bK-a", 1, 2, 0 });
    struct sighting_mark next = mark_at(msg, (struct where){ "z9hG4bK-b", 2, 3, 0 });
    struct sightings s = { 0 };
    struct arena none;

    (void)state;
    arena_init(&none, NULL, 0, 0);
    sighting_keep(&s, &none, &first, NOW);
    assert_int_equal(sighting_look(&s, &next, true, NOW + 32 * NS_PER_S), SIGHTING_ELSEWHERE);
    assert_int_equal(sighting_look(&s, &next, true, NOW - 2 * NS_PER_S), SIGHTING_ELSEWHERE);
    assert_int_equal(sighting_look(&s, &next, true, NOW + 34 * NS_PER_S), SIGHTING_NEW);
    assert_int_equal(sighting_look(&s, &first, true, NOW + 34 * NS_PER_S), SIGHTING_AGAIN);
    keep_some(&s, &none, 1, 100, NOW);
    assert_true(knows(&s, 99) && knows(&s, 100 - SIGHTINGS_FIRST));
    assert_false(knows(&s, 99 - SIGHTINGS_FIRST));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_told_from_others),
        cmocka_unit_test(another_message_is_new),
        cmocka_unit_test(without_a_branch_the_sender_tells),
        cmocka_unit_test(the_memory_is_long_and_bounded),
        cmocka_unit_test(what_is_old_makes_room),
        cmocka_unit_test(elsewhere_is_soon_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
