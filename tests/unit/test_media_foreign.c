/*
 * test_media_foreign - who is somebody else at the call's port, and who only looks like it.
 */
#include "tests/unit/media_scene.h"

#define THIRD "192.0.2.66:7000"
#define NAT   "192.0.2.77:7700"

/* Who sends to Alice's port, from when to when, in tenths of a second. */
struct source {
    const char *src;
    uint32_t ssrc;
    int from, to;
    int pause_from, pause_to;
    bool foreign;
};

enum { SOURCES = 3 };

struct row {
    const char *what;
    const char *branch; /* SDP of another branch of Bob's */
    const char *alice_sends_to;
    struct source sources[SOURCES];
};

static void run(struct scene *s, const struct row *row)
{
    struct talker talkers[SOURCES] = { { .src = NULL } }, alice = ALICE_TALKS;

    alice.dst = row->alice_sends_to;
    for (int i = 0; i < SOURCES; i++)
        talkers[i] = (struct talker){ .src = row->sources[i].src,
                                      .dst = ALICE_RTP,
                                      .ssrc = row->sources[i].ssrc,
                                      .seq = (uint16_t)(i * 9000) };
    for (int n = 0; n < 20 * 50; n++) {
        if (alice.dst)
            say(s, &alice);
        for (int i = 0; i < SOURCES; i++) {
            const struct source *p = &row->sources[i];
            bool pauses = n >= p->pause_from * 5 && n < p->pause_to * 5;

            if (p->src && n >= p->from * 5 && n < p->to * 5 && !pauses)
                say(s, &talkers[i]);
            else
                talkers[i].timestamp += 160;
        }
        scene_wait_ms(s, 20);
    }
}

static void each_source_is_whose_it_is(void **state)
{
    static const struct row rows[] = {
        { "only Bob", NULL, BOB_RTP, { { BOB_RTP, 1, 0, 200, 0, 0, false } } },
        { "a third beside Bob",
          NULL,
          BOB_RTP,
          { { BOB_RTP, 1, 0, 200, 0, 0, false }, { THIRD, 2, 50, 150, 0, 0, true } } },
        { "a third who sends more, and first",
          NULL,
          BOB_RTP,
          { { THIRD, 2, 0, 200, 0, 0, true }, { BOB_RTP, 1, 50, 150, 0, 0, false } } },
        { "two thirds",
          NULL,
          BOB_RTP,
          { { BOB_RTP, 1, 0, 200, 0, 0, false },
            { THIRD, 2, 50, 150, 0, 0, true },
            { NAT, 3, 20, 70, 0, 0, true } } },
        { "Bob behind a NAT, alone", NULL, NULL, { { NAT, 1, 0, 200, 0, 0, false } } },
        { "Bob behind a NAT to whom Alice answers, and a third",
          NULL,
          NAT,
          { { NAT, 1, 0, 100, 0, 0, false }, { THIRD, 2, 0, 200, 0, 0, true } } },
        { "two whom nobody announced: who sends more",
          NULL,
          NULL,
          { { NAT, 1, 0, 200, 0, 0, false }, { THIRD, 2, 50, 150, 0, 0, true } } },
        { "one after the other",
          NULL,
          BOB_RTP,
          { { BOB_RTP, 1, 0, 100, 0, 0, false }, { THIRD, 2, 100, 200, 0, 0, false } } },
        { "a hand-over that overlaps for half a second",
          NULL,
          BOB_RTP,
          { { BOB_RTP, 1, 0, 105, 0, 0, false }, { THIRD, 2, 100, 200, 0, 0, false } } },
        { "music while Bob holds",
          NULL,
          BOB_RTP,
          { { BOB_RTP, 1, 0, 200, 60, 130, false }, { THIRD, 2, 61, 129, 0, 0, false } } },
        { "a branch that SDP announced",
          SDP("192.0.2.66", "7000", ""),
          BOB_RTP,
          { { BOB_RTP, 1, 0, 200, 0, 0, false }, { THIRD, 2, 0, 200, 0, 0, false } } },
        { "two SSRCs of one address",
          NULL,
          BOB_RTP,
          { { BOB_RTP, 1, 0, 200, 0, 0, false }, { BOB_RTP, 2, 0, 200, 0, 0, false } } },
        { "the SSRC of Bob from a third",
          NULL,
          BOB_RTP,
          { { BOB_RTP, 1, 0, 200, 0, 0, false }, { THIRD, 1, 50, 150, 0, 0, true } } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        int64_t foreign = 0;

        send(s, "INVITE", .sdp = ALICE_SDP);
        if (rows[i].branch)
            send(s, "183", .to_tag = "bob-2", .sdp = rows[i].branch);
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
        run(s, &rows[i]);
        hang_up(s);
        scene_finish(s);
        for (size_t n = 0; n < s->stream_count; n++) {
            const struct stream_record *r = s->streams[n];

            for (int k = 0; k < SOURCES; k++) {
                const struct source *p = &rows[i].sources[k];
                struct addr src;

                if (!p->src)
                    continue;
                src = addr_of(p->src);
                if (r->ssrc == p->ssrc && addr_eq(&r->src, &src) && r->foreign_source != p->foreign)
                    fail_msg("%s: source %d, foreign %d", rows[i].what, k, r->foreign_source);
            }
            foreign += r->foreign_source == 1;
        }
        if (s->calls[0]->foreign_sources != foreign)
            fail_msg("%s: %d foreign sources", rows[i].what, (int)s->calls[0]->foreign_sources);
        scene_close(s);
    }
}

/* Who listens to somebody else does not hear the other side. */
static void a_third_is_not_the_other_side(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, nat = BOB_TALKS, third = BOB_TALKS;
    const struct call_record *c;

    (void)state;
    nat.src = NAT;
    third.src = THIRD;
    third.ssrc = 7;
    third.seq = 20000;
    set_up_call(s);
    for (int i = 0; i < 600; i++) {
        if (i % 10 == 0) /* the third loses half of what it sends */
            third.seq = (uint16_t)(third.seq + 10);
        say(s, &a);
        say(s, &nat);
        if (i < 500)
            say(s, &third);
        scene_wait_ms(s, 20);
    }
    hang_up(s);
    c = only_call(s);
    assert_int_equal(c->foreign_sources, 1);
    expect_text(c->media_verdict, "ok");
    expect_real(c->loss_ratio, 0); /* of the call's own */
    assert_true(stream_of(s, 7)->lost > 0);
    assert_true(c->mos_lq > 4.3);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_source_is_whose_it_is),
        cmocka_unit_test(a_third_is_not_the_other_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
