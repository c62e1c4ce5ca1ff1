/*
 * test_leg_score - what speaks for two calls being legs of one conversation, and what against it.
 */
#include "analyzer/legs/leg_score.h"
#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)
#define START_NS  INT64_C(1795255200000000000)

static const struct siphash_key key = { { 3, 4 } };
static const struct leg_hosts nobody; /* is known yet */

static struct addr host(uint8_t last)
{
    return addr_v4((const uint8_t[]){ 192, 0, 2, last }, 5060);
}

static struct leg_number number(const char *text)
{
    return leg_number_of(&key, slice_of_text(text));
}

/* Both legs of an ordinary call, through 192.0.2.2. */
struct legs_pair {
    struct leg_call *a, *b;
};

static struct leg_call *new_leg(uint64_t id, const char *call_id, const char *from, const char *to)
{
    struct leg_call *c = leg_call_new(id, slice_of_text(call_id), START_NS);

    assert_non_null(c);
    c->from = number(from);
    c->to = c->request = number(to);
    c->ring = START_NS + 2 * NS_PER_S;
    c->answer = c->settled = START_NS + 7 * NS_PER_S;
    c->end = START_NS + 60 * NS_PER_S;
    c->ended_by = LEG_CALLER;
    c->final_status = 200;
    c->phase = LEG_CLOSED;
    return c;
}

static struct legs_pair open_pair(void)
{
    struct legs_pair p = { new_leg(1, "one@a", "030111222", "030333444"),
                           new_leg(2, "two@b", "+4930111222", "+4930333444") };

    p.a->src = host(1);
    p.a->dst = p.b->src = host(2);
    p.b->dst = host(3);
    p.b->start += 20 * NS_PER_MS;
    p.b->ring -= 10 * NS_PER_MS;
    p.b->answer -= 10 * NS_PER_MS;
    p.b->settled = p.b->answer;
    p.b->end += 10 * NS_PER_MS;
    return p;
}

static void close_pair(struct legs_pair p)
{
    leg_call_free(p.a);
    leg_call_free(p.b);
}

static void as_they_are(struct legs_pair p)
{
    (void)p;
}
static void another_number(struct legs_pair p)
{
    p.b->to = p.b->request = number("+4930333445");
}
static void an_extension(struct legs_pair p)
{
    p.b->to = p.b->request = number("3444");
}
static void diverted(struct legs_pair p)
{
    p.b->to = p.b->request = number("+4930999999");
    p.b->diverted = number("+4930333444");
}
static void caller_differs(struct legs_pair p)
{
    p.b->from = number("+4930111223");
}
static void caller_asserted(struct legs_pair p)
{
    p.b->from = number("anonymous");
    p.b->asserted = number("+4930111222");
}
static void caller_hidden(struct legs_pair p)
{
    p.b->from = number("anonymous");
}
static void starts_late(struct legs_pair p)
{
    p.b->start += 4 * NS_PER_S;
}
static void starts_after_answer(struct legs_pair p)
{
    p.b->start = p.a->answer + NS_PER_S;
}
static void side_by_side(struct legs_pair p)
{
    p.b->src = p.a->src;
    p.b->dst = p.a->dst;
}
static void same_target(struct legs_pair p)
{
    p.b->src = host(9);
    p.b->dst = p.a->dst;
}
static void one_host(struct legs_pair p)
{
    p.a->src = p.a->dst = p.b->src = p.b->dst = host(1);
    p.a->src.port = 5061;
    p.b->dst.port = 5062;
}
static void one_host_side_by_side(struct legs_pair p)
{
    one_host(p);
    p.b->src.port = 5061;
    p.b->dst.port = 5060;
}
static void hosts_apart(struct legs_pair p)
{
    p.b->src = host(9);
}
static void rings_late(struct legs_pair p)
{
    p.b->ring += 3 * NS_PER_S;
}
static void answered_late(struct legs_pair p)
{
    p.b->answer += 3 * NS_PER_S;
}
static void answered_in_wrong_order(struct legs_pair p)
{
    p.b->answer = p.a->answer + 40 * NS_PER_MS;
}
static void never_answered(struct legs_pair p)
{
    p.b->answer = p.b->end = RECORD_NONE;
    p.b->settled = p.a->answer + 5 * NS_PER_S;
}
static void given_up_on_answer(struct legs_pair p)
{
    p.b->answer = p.b->end = RECORD_NONE;
    p.b->settled = p.a->answer + 30 * NS_PER_MS;
    p.b->final_status = 487;
}
static void only_b_answered(struct legs_pair p)
{
    p.a->answer = p.a->end = RECORD_NONE;
}
static void both_refused(struct legs_pair p)
{
    p.a->answer = p.a->end = p.b->answer = p.b->end = RECORD_NONE;
    p.a->final_status = p.b->final_status = 486;
}
static void refused_apart(struct legs_pair p)
{
    both_refused(p);
    p.b->settled += 3 * NS_PER_S;
}
static void ends_elsewhen(struct legs_pair p)
{
    p.b->end += 20 * NS_PER_S;
}
static void other_side_hung_up(struct legs_pair p)
{
    p.b->ended_by = LEG_CALLEE;
}
static void same_media(struct legs_pair p)
{
    p.a->offer.media = p.b->offer.media = 5;
}
static void same_relay(struct legs_pair p)
{
    p.a->answered.host = p.b->offer.host = 5;
}
static void same_origin(struct legs_pair p)
{
    p.a->offer.origin = p.b->offer.origin = 5;
}

static void test_facts(void **state)
{
    static const struct {
        void (*change)(struct legs_pair);
        enum leg_fact fact;
        int expected; /* sign of its weight */
    } rows[] = {
        { as_they_are, LEG_FACT_DIALLED, 1 },
        { as_they_are, LEG_FACT_CALLER, 1 },
        { as_they_are, LEG_FACT_START, 1 },
        { as_they_are, LEG_FACT_CHAIN, 1 },
        { as_they_are, LEG_FACT_RING, 1 },
        { as_they_are, LEG_FACT_ANSWER, 1 },
        { as_they_are, LEG_FACT_END, 1 },
        { as_they_are, LEG_FACT_ENDED_BY, 1 },
        { as_they_are, LEG_FACT_DURATION, 1 },
        { as_they_are, LEG_FACT_FAILURE, 0 },
        { as_they_are, LEG_FACT_MEDIA_ADDRESS, 0 },
        { as_they_are, LEG_FACT_CALL_ID, 0 },
        { another_number, LEG_FACT_DIALLED, -1 }, /* translated: all else agrees */
        { an_extension, LEG_FACT_DIALLED, 1 },
        { diverted, LEG_FACT_DIALLED, 1 },
        { caller_differs, LEG_FACT_CALLER, -1 },
        { caller_asserted, LEG_FACT_CALLER, 1 },
        { caller_hidden, LEG_FACT_CALLER, 0 },
        { starts_late, LEG_FACT_START, -1 },
        { starts_after_answer, LEG_FACT_START, -1 },
        { side_by_side, LEG_FACT_CHAIN, -1 },
        { same_target, LEG_FACT_CHAIN, -1 },
        { hosts_apart, LEG_FACT_CHAIN, -1 },
        { one_host, LEG_FACT_CHAIN, 1 },
        { one_host_side_by_side, LEG_FACT_CHAIN, -1 },
        { rings_late, LEG_FACT_RING, -1 },
        { answered_late, LEG_FACT_ANSWER, -1 },
        { answered_in_wrong_order, LEG_FACT_ANSWER, -1 },
        { never_answered, LEG_FACT_ANSWER, -1 },
        { given_up_on_answer, LEG_FACT_ANSWER, 1 },
        { only_b_answered, LEG_FACT_ANSWER, -1 },
        { both_refused, LEG_FACT_FAILURE, 1 },
        { refused_apart, LEG_FACT_FAILURE, -1 },
        { ends_elsewhen, LEG_FACT_END, -1 },
        { other_side_hung_up, LEG_FACT_ENDED_BY, -1 },
        { same_media, LEG_FACT_MEDIA_ADDRESS, 1 },
        { same_relay, LEG_FACT_MEDIA_HOST, 1 },
        { same_origin, LEG_FACT_ORIGIN, 1 },
    };
    struct legs_pair plain = open_pair();
    struct leg_score plain_score, score;

    (void)state;
    leg_score_pair(&plain_score, &nobody, plain.a, plain.b);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct legs_pair p = open_pair();
        double weight;
        int sign;

        rows[i].change(p);
        leg_score_pair(&score, &nobody, p.b, p.a);
        weight = score.facts[rows[i].fact].weight;
        sign = (weight > 0) - (weight < 0);
        if (sign != rows[i].expected)
            fail_msg("row %zu: weight %f", i, weight);
        assert_ptr_equal(score.a, p.a);
        if (rows[i].change != as_they_are && sign < 0)
            assert_true(score.sum < plain_score.sum);
        close_pair(p);
    }
    close_pair(plain);
}

/* Strangers may share one thing, or two: never enough. */
static void test_strangers_stay_apart(void **state)
{
    static void (*const changes[][3])(struct legs_pair) = {
        { another_number, caller_differs, answered_late },
        { caller_differs, answered_late, ends_elsewhen },
        { side_by_side, answered_late, ends_elsewhen },
        { caller_hidden, never_answered, as_they_are },
        { another_number, caller_differs, refused_apart },
        { side_by_side, caller_hidden, refused_apart },
        { caller_hidden, only_b_answered, rings_late },
    };

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct legs_pair p = open_pair();
        struct leg_score score;

        for (int k = 0; k < 3; k++)
            changes[i][k](p);
        leg_score_pair(&score, &nobody, p.a, p.b);
        if (leg_score_likelihood(score.sum) >= 0.98)
            fail_msg("row %zu: %f", i, leg_score_likelihood(score.sum));
        close_pair(p);
    }
}

static void test_call_id_contained(void **state)
{
    static const struct {
        const char *a, *b;
        bool expected;
    } rows[] = {
        { "3c26700c1adf@192.0.2.1", "3c26700c1adf@192.0.2.1-b2b_1", true },
        { "3c26700c1adf@192.0.2.1", "B2B.12.3c26700c1adf@192.0.2.1", true },
        { "1-12345@192.0.2.1", "21-12345@192.0.2.1", false }, /* a counter that goes on */
        { "1-12345@192.0.2.1", "1-12345@192.0.2.12", false },
        { "abc", "abc-b2b", false },                                   /* too short to mean it */
        { "3c26700c1adf@192.0.2.1", "3c26700c1adf@192.0.2.1", false }, /* used again */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct leg_call *a = new_leg(1, rows[i].a, "1", "2"), *b = new_leg(2, rows[i].b, "1", "2");
        struct leg_score score;

        leg_score_pair(&score, &nobody, a, b);
        if ((score.facts[LEG_FACT_CALL_ID].weight > 0) != rows[i].expected)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
        leg_call_free(a);
        leg_call_free(b);
    }
}

/* Where both began at once the hosts tell which one was made of the other. */
static void test_order_by_the_chain(void **state)
{
    struct legs_pair p = open_pair();
    struct leg_score score;

    (void)state;
    p.b->start = p.a->start - 10 * NS_PER_MS;
    leg_score_pair(&score, &nobody, p.a, p.b);
    assert_ptr_equal(score.a, p.a);
    p.b->start = p.a->start - 3 * NS_PER_S;
    leg_score_pair(&score, &nobody, p.a, p.b);
    assert_ptr_equal(score.a, p.b);
    close_pair(p);
}

/* A machine with two addresses: once it was seen often enough they count as one. */
static void test_hosts_are_learned(void **state)
{
    struct legs_pair p = open_pair();
    struct leg_hosts hosts = { .key = { { 1, 2 } } };
    struct leg_score score;

    (void)state;
    hosts_apart(p);
    for (int i = 0; i < LEG_HOSTS_SURE; i++) {
        leg_score_pair(&score, &hosts, p.a, p.b);
        assert_true(score.facts[LEG_FACT_CHAIN].weight < 0);
        leg_hosts_learn(&hosts, &p.a->dst, &p.b->src);
    }
    leg_score_pair(&score, &hosts, p.a, p.b);
    assert_true(score.facts[LEG_FACT_CHAIN].weight > 0);
    assert_false(leg_hosts_known(&hosts, &p.b->src, &p.a->dst)); /* not the other way round */
    /* Many others that are seen once do not drive it out. */
    for (unsigned i = 0; i < 1000; i++) {
        struct addr other =
            addr_v4((const uint8_t[]){ 10, 0, (uint8_t)(i >> 8), (uint8_t)i }, 5060);

        leg_hosts_learn(&hosts, &p.a->dst, &p.b->src);
        leg_hosts_learn(&hosts, &other, &p.a->dst);
    }
    assert_true(leg_hosts_known(&hosts, &p.a->dst, &p.b->src));
    close_pair(p);
}

static int64_t any_time(struct random *r)
{
    static const int64_t odd[] = { RECORD_NONE,   0, START_NS, START_NS + NS_PER_S, INT64_MAX / 4,
                                   -INT64_MAX / 4 };

    return odd[random_below(r, sizeof odd / sizeof odd[0])];
}

/* Whatever was captured: a likelihood, the same both ways. */
static void test_random(void **state)
{
    struct random r = { 5 };

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct legs_pair p = open_pair();
        struct leg_call *both[] = { p.a, p.b };
        struct leg_score there, back;

        for (int k = 0; k < 2; k++) {
            struct leg_call *c = both[k];

            c->start = START_NS + (int64_t)random_below(&r, 5000) * NS_PER_MS;
            c->ring = any_time(&r);
            c->answer = any_time(&r);
            c->end = any_time(&r);
            c->settled = c->answer != RECORD_NONE ? c->answer : START_NS;
            c->phase = (uint8_t)random_below(&r, 3);
            c->ended_by = (uint8_t)random_below(&r, 3);
        }
        leg_score_pair(&there, &nobody, p.a, p.b);
        leg_score_pair(&back, &nobody, p.b, p.a);
        assert_true(fabs(there.sum - back.sum) < 1e-9);
        assert_true(leg_score_likelihood(there.sum) >= 0 && leg_score_likelihood(there.sum) <= 1);
        close_pair(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_strangers_stay_apart),
        cmocka_unit_test(test_call_id_contained),
        cmocka_unit_test(test_order_by_the_chain),
        cmocka_unit_test(test_hosts_are_learned),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
