/*
 * test_shuffle - dialogs whose messages come doubled, out of order, or not at all: whatever is made of
 * them, each is one call, nothing is negative, and who was answered stays answered.
 */
#include "tests/unit/call_words.h"
#include "tests/unit/random.h"

#include <math.h>

enum { ROUNDS = 200, DIALOGS = 3, STEPS_MAX = 32, PLAN_MAX = DIALOGS * STEPS_MAX * 4, REACH = 3 };

/* A message of a script, as it passes one point of its path. */
struct step {
    struct message m;
    int hop;
};

struct planned {
    struct step step;
    int dialog;
    uint32_t place; /* in the order of sending, shaken */
    bool copy;
};

struct expected {
    bool opened;   /* something came by that begins a call */
    bool answered; /* … a 2xx to its INVITE */
    int copies, sightings;
};

/* clang-format off */
#define STEP(...) { .m = { .what = __VA_ARGS__ } }
/* clang-format on */

static const struct step plain[] = {
    STEP("INVITE", .sdp = ALICE_SDP),
    STEP("100"),
    STEP("180", .to_tag = "b"),
    STEP("183", .to_tag = "b", .sdp = BOB_SDP),
    STEP("200", .to_tag = "b", .sdp = BOB_SDP),
    STEP("ACK", .to_tag = "b", .branch = "z9hG4bK-ack"),
    STEP("INFO", .to_tag = "b", .cseq = 2),
    STEP("200", .of = "INFO", .to_tag = "b", .cseq = 2),
    STEP("INVITE", .to_tag = "b", .cseq = 3, .sdp = SDP("203.0.113.1", "4000", "a=sendonly\r\n")),
    STEP("200", .to_tag = "b", .cseq = 3, .sdp = SDP("198.51.100.1", "6000", "a=recvonly\r\n")),
    STEP("ACK", .to_tag = "b", .cseq = 3, .branch = "z9hG4bK-ack3"),
    STEP("UPDATE", .to_tag = "b", .cseq = 1, .by_bob = true, .extra = "Session-Expires: 90\r\n"),
    STEP("200", .of = "UPDATE", .to_tag = "b", .cseq = 1, .by_bob = true,
         .extra = "Session-Expires: 90\r\n"),
    STEP("REFER", .to_tag = "b", .cseq = 4, .extra = "Refer-To: <sip:x@example>\r\n"),
    STEP("202", .of = "REFER", .to_tag = "b", .cseq = 4),
    STEP("BYE", .to_tag = "b", .cseq = 2, .by_bob = true),
    STEP("200", .of = "BYE", .to_tag = "b", .cseq = 2, .by_bob = true),
};

static const struct step challenged[] = {
    STEP("INVITE"),
    STEP("407", .to_tag = "p"),
    STEP("ACK", .to_tag = "p"),
    STEP("INVITE", .cseq = 2),
    STEP("180", .to_tag = "b", .cseq = 2),
    STEP("200", .to_tag = "b", .cseq = 2),
    STEP("ACK", .to_tag = "b", .cseq = 2, .branch = "z9hG4bK-ack"),
    STEP("BYE", .to_tag = "b", .cseq = 3),
    STEP("200", .of = "BYE", .to_tag = "b", .cseq = 3),
};

static const struct step forked[] = {
    STEP("INVITE"),
    STEP("180", .to_tag = "b1"),
    STEP("180", .to_tag = "b2"),
    STEP("200", .to_tag = "b2"),
    STEP("200", .to_tag = "b1"),
    STEP("ACK", .to_tag = "b2", .branch = "z9hG4bK-ack2"),
    STEP("ACK", .to_tag = "b1", .branch = "z9hG4bK-ack1"),
    STEP("BYE", .to_tag = "b1", .cseq = 2),
    STEP("200", .of = "BYE", .to_tag = "b1", .cseq = 2),
};

static const struct step cancelled[] = {
    STEP("INVITE"),
    STEP("180", .to_tag = "b"),
    STEP("CANCEL"),
    STEP("200", .of = "CANCEL"),
    STEP("487", .to_tag = "b"),
    STEP("ACK", .to_tag = "b"),
};

static const struct step redirected[] = {
    STEP("INVITE"),
    STEP("302", .to_tag = "r"),
    STEP("ACK", .to_tag = "r"),
    STEP("INVITE", .cseq = 2),
    STEP("486", .to_tag = "b", .cseq = 2),
    STEP("ACK", .to_tag = "b", .cseq = 2),
};

#define SCRIPT(name)                                                                               \
    {                                                                                              \
        name, sizeof name / sizeof name[0]                                                         \
    }
static const struct {
    const struct step *steps;
    size_t count;
} scripts[] = { SCRIPT(plain), SCRIPT(challenged), SCRIPT(forked), SCRIPT(cancelled),
                SCRIPT(redirected) };

static uint64_t round_seed; /* of the round that is played, for whoever reads of a failure */

static int by_place(const void *a, const void *b)
{
    const struct planned *x = a, *y = b;

    return (x->place > y->place) - (x->place < y->place);
}

/* One dialog of the round: what of its script comes by, how often and where, when about. */
static size_t plan_dialog(struct random *r, struct planned *out, int dialog)
{
    size_t script = random_below(r, sizeof scripts / sizeof scripts[0]), count = 0;
    double lost = random_below(r, 2) ? 0 : 0.2, copied = 0.3 * random_share(r);
    bool proxy = random_below(r, 2);

    for (size_t i = 0; i < scripts[script].count; i++) {
        for (int hop = 0; hop < 1 + proxy; hop++) {
            struct planned p = { scripts[script].steps[i], dialog, 0, false };
            uint32_t place = (uint32_t)i * 64;

            p.step.hop = hop;
            p.place = place + random_below(r, REACH * 64);
            if (random_hits(r, lost))
                continue;
            out[count++] = p;
            p.copy = true;
            for (; count < STEPS_MAX * 4 && random_hits(r, copied);) {
                p.place = place + 64 + random_below(r, 8 * 64);
                out[count++] = p;
            }
        }
    }
    return count;
}

static void play(struct scene *s, const struct planned *p)
{
    static const char *const ids[DIALOGS] = { "one@example", "two@example", "three@example" };
    static const char *const tags[DIALOGS] = { "a1", "a2", "a3" };
    struct message m = p->step.m;
    bool response = m.what[0] <= '6', from_bob = m.by_bob != response;
    char branch[64];

    m.call_id = ids[p->dialog];
    m.from_tag = tags[p->dialog];
    if (p->step.hop) {
        snprintf(branch, sizeof branch, "z9hG4bK-hop-%s-%u-%s-%d", m.of ? m.of : m.what, m.cseq,
                 m.branch ? m.branch : "", m.by_bob);
        if (response && !m.of)
            snprintf(branch, sizeof branch, "z9hG4bK-hop-INVITE-%u--%d", m.cseq, m.by_bob);
        m.branch = branch;
        m.src = from_bob ? "192.0.2.8:5060" : "192.0.2.9:5060";
    }
    send_message(s, &m);
}

static bool begins(const struct message *m)
{
    return strcmp(m->what, "INVITE") == 0 || (m->what[0] <= '6' && !m->of);
}

static bool answers(const struct message *m)
{
    return m->what[0] == '2' && !m->of && m->cseq != 3;
}

static void check_call(const struct call_record *c, const struct expected *e)
{
    static const char *const ends[] = { "bye",        "cancel",  "rejected",
                                        "redirected", "timeout", "ack_timeout" };
    size_t end = 0;

    assert_true(c->invite_count >= 0 && c->reinvite_count >= 0 && c->reinvite_count <= 1);
    assert_in_range(c->retransmissions, 0, e->copies);
    assert_in_range(c->sightings, 0, e->sightings);
    assert_in_range(c->branches, 0, 2);
    assert_in_range(c->hold_count, 0, 1);
    assert_true(c->hold_ms >= 0);
    assert_false(c->post_dial_delay_ms < 0 || c->setup_ms < 0 || c->duration_ms < 0 ||
                 c->ring_ms < 0 || c->disconnect_delay_ms < 0);
    if (e->answered) {
        expect_text(c->outcome, "success");
        assert_int_equal(c->final_status, 200);
        assert_true(c->settled_time == c->answer_time && c->answer_time != RECORD_NONE);
    }
    if (c->ended_how.p) {
        while (end < 6 && !slice_eq(c->ended_how, slice_of_text(ends[end])))
            end++;
        assert_true(end < 6);
        assert_true(c->closed_time != RECORD_NONE);
    }
}

static void check_round(struct scene *s, const struct expected expected[DIALOGS])
{
    static const char *const ids[DIALOGS] = { "one@example", "two@example", "three@example" };
    size_t opened = 0;

    for (int i = 0; i < DIALOGS; i++) {
        opened += expected[i].opened;
        if (expected[i].opened)
            check_call(call_named(s, ids[i]), &expected[i]);
    }
    assert_int_equal(s->call_count, opened);
}

static int tell_seed(void **state)
{
    (void)state;
    if (round_seed < ROUNDS)
        print_error("in round %llu\n", (unsigned long long)round_seed);
    return 0;
}

static void play_round(uint64_t seed)
{
    static struct planned plan[PLAN_MAX];
    struct expected expected[DIALOGS] = { { 0 } };
    struct scene *s = scene_open(NULL);
    struct random r = { seed };
    size_t count = 0;

    for (int i = 0; i < DIALOGS; i++)
        count += plan_dialog(&r, plan + count, i);
    qsort(plan, count, sizeof plan[0], by_place);
    for (size_t i = 0; i < count; i++) {
        struct expected *e = &expected[plan[i].dialog];

        play(s, &plan[i]);
        scene_wait_ms(s, 5 + random_below(&r, 30));
        e->opened = e->opened || begins(&plan[i].step.m);
        e->answered = e->answered || answers(&plan[i].step.m);
        e->copies += plan[i].copy;
        e->sightings += plan[i].step.hop || plan[i].copy;
    }
    scene_finish(s);
    check_round(s, expected);
    scene_close(s);
}

static void shaken_dialogs_stay_calls(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        round_seed = seed;
        play_round(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_teardown(shaken_dialogs_stay_calls,
                                                                  tell_seed) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
