/*
 * test_legs_random - legs by score alone, in a population whose conversations are known.
 *
 * 50 conversations a second through a machine that changes Call-ID and the way numbers are written;
 * 200 numbers are callers and callees at random, so that in reach of a call others dial the same.
 * No name and no sound is shared. Beside them calls that have no other leg.
 */
#include "tests/unit/legs_fixture.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    CALLS_PER_S = 50,
    SECONDS = 40,
    NUMBERS = 200,
    CALLS_MAX = CALLS_PER_S * SECONDS * 4,
    EVENTS_MAX = CALLS_MAX * 3,
    CLOSING_S = 5, /* after the last message of a call */
    MAIN_NUMBER = NUMBERS,
};

struct setting {
    const char *name;
    unsigned sbcs;         /* hosts it is made of */
    bool two_sided;        /* it sends from another address than it receives at */
    double strangers;      /* calls without a leg, to one conversation */
    double caller_hidden;  /* share of conversations whose second leg hides the caller */
    double caller_written; /* … writes the main number over it */
    double tried_before;   /* … tried another target first */
    double slow;           /* … took up to 1.5 s for a look-up */
};

struct event {
    int64_t time;
    unsigned call;
    uint8_t kind; /* 0 INVITE, 1 settled, 2 closed */
};

struct world {
    const struct setting *setting;
    struct random random;
    struct leg_plan *calls;
    unsigned *conversation; /* of each call; 0: none */
    unsigned *first_leg; /* of each conversation: index of the call, and its answered or last one */
    unsigned *last_leg;
    unsigned call_count, conversation_count;
};

static int64_t ms(struct random *r, unsigned from, unsigned below)
{
    return (int64_t)(from + random_below(r, below - from)) * NS_PER_MS +
           (int64_t)random_below(r, 1000000);
}

/* A subscriber as the one side writes it, and the other. */
static void write_number(char out[32], unsigned number, bool international)
{
    unsigned digits = 2000000 + number * 7919 % 7000000;

    snprintf(out, 32, international ? "+4930%u" : "030%u", digits);
}

static unsigned add_call(struct world *w, const struct leg_plan *plan, unsigned conversation)
{
    unsigned at = w->call_count++;

    if (at >= CALLS_MAX)
        abort();
    w->calls[at] = *plan;
    w->conversation[at] = conversation;
    leg_plan_name(&w->calls[at], at + 1);
    return at;
}

/* How it goes for the caller. */
static struct leg_plan first_leg(struct world *w, int64_t start)
{
    struct random *r = &w->random;
    unsigned caller = random_below(r, NUMBERS), callee = random_below(r, NUMBERS);
    double fate = random_share(r);
    struct leg_plan p = { .start = start, .ring = RECORD_NONE, .answer = RECORD_NONE };

    write_number(p.from, caller, false);
    write_number(p.to, callee, false);
    p.src = host((uint8_t)(10 + random_below(r, 40)));
    p.dst = host((uint8_t)(100 + random_below(r, w->setting->sbcs)));
    if (fate < 0.9)
        p.ring = start + ms(r, 300, 4000);
    if (fate < 0.65) {
        p.answer = p.ring + ms(r, 500, 15000);
        p.end = p.answer + ms(r, 500, 40000);
        p.final_status = 200;
        p.ended_by_callee = random_hits(r, 0.4);
    } else if (fate < 0.9) { /* given up, or nobody there */
        p.end = p.ring + ms(r, 500, 20000);
        p.final_status = fate < 0.8 ? 487 : 480;
    } else {
        p.end = start + ms(r, 200, 3000);
        p.final_status = fate < 0.97 ? 486 : 503;
    }
    return p;
}

/* Which way a message goes decides who has it first. */
static int64_t passed_on(struct random *r, int64_t time, bool towards_caller)
{
    return towards_caller ? time - ms(r, 1, 40) : time + ms(r, 1, 40);
}

/* What the machine makes of it. */
static struct leg_plan second_leg(struct world *w, const struct leg_plan *a, unsigned caller_hint)
{
    const struct setting *s = w->setting;
    struct random *r = &w->random;
    struct leg_plan b = *a;
    double caller = random_share(r);

    b.start = a->start + (random_hits(r, s->slow) ? ms(r, 200, 1500) : ms(r, 3, 120));
    b.src = a->dst;
    if (s->two_sided)
        b.src.ip[15] = (uint8_t)(b.src.ip[15] + 50);
    b.dst = host((uint8_t)(200 + random_below(r, 4)));
    snprintf(b.to, sizeof b.to, "+49%s", a->to + 1);
    snprintf(b.from, sizeof b.from, "+49%s", a->from + 1);
    if (caller < s->caller_hidden)
        snprintf(b.from, sizeof b.from, "anonymous");
    else if (caller < s->caller_hidden + s->caller_written)
        write_number(b.from, caller_hint, true);
    if (b.ring != RECORD_NONE)
        b.ring = random_hits(r, 0.1) ? RECORD_NONE : passed_on(r, a->ring, true);
    if (b.answer != RECORD_NONE)
        b.answer = passed_on(r, a->answer, true);
    b.end =
        passed_on(r, a->end, b.answer == RECORD_NONE ? b.final_status != 487 : b.ended_by_callee);
    if (b.final_status == 486 && random_hits(r, 0.3))
        b.final_status = 600;
    if (b.start > (b.answer == RECORD_NONE ? b.end : b.answer))
        b.start = a->start + 2 * NS_PER_MS;
    return b;
}

static void add_conversation(struct world *w, int64_t start)
{
    struct leg_plan a = first_leg(w, start), b = second_leg(w, &a, MAIN_NUMBER), tried;
    unsigned number = ++w->conversation_count;

    if (random_hits(&w->random, w->setting->tried_before) && b.end > b.start + 2 * NS_PER_S) {
        tried = b;
        tried.ring = tried.answer = RECORD_NONE;
        tried.dst = host(210);
        tried.end = tried.start + ms(&w->random, 20, 300);
        tried.final_status = 503;
        b.start = tried.end + ms(&w->random, 1, 10);
        add_call(w, &tried, number);
    }
    w->first_leg[number] = add_call(w, &a, number);
    w->last_leg[number] = add_call(w, &b, number);
}

/* Ends at the machine, or its other leg goes where nobody listens; or comes from there. */
static void add_stranger(struct world *w, int64_t start)
{
    struct leg_plan a = first_leg(w, start), b = second_leg(w, &a, MAIN_NUMBER);

    add_call(w, random_hits(&w->random, 0.5) ? &a : &b, 0);
}

static int by_time(const void *x, const void *y)
{
    const struct event *a = x, *b = y;

    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return a->call != b->call ? (a->call < b->call ? -1 : 1) : a->kind - b->kind;
}

static size_t make_events(const struct world *w, struct event *events)
{
    size_t n = 0;

    for (unsigned i = 0; i < w->call_count; i++) {
        const struct leg_plan *p = &w->calls[i];
        int64_t settled = p->answer != RECORD_NONE ? p->answer : p->end;

        events[n++] = (struct event){ p->start, i, 0 };
        events[n++] = (struct event){ settled, i, 1 };
        events[n++] = (struct event){ p->end + CLOSING_S * NS_PER_S, i, 2 };
    }
    qsort(events, n, sizeof *events, by_time);
    return n;
}

static void play(const struct world *w, struct legs *l)
{
    struct event *events = calloc(EVENTS_MAX, sizeof *events);
    size_t count = make_events(w, events);
    int64_t tick = START_NS;

    for (size_t i = 0; i < count; i++) {
        const struct leg_plan *p = &w->calls[events[i].call];

        for (; tick < events[i].time; tick += NS_PER_S)
            legs_tick(l, tick);
        if (events[i].kind == 0)
            tell_invite(l, p);
        else
            tell_call(l, p, events[i].kind == 1 ? RECORD_SETTLED : RECORD_CLOSED);
    }
    legs_finish(l);
    free(events);
}

static int by_id(const void *x, const void *y)
{
    const struct leg_plan *a = x, *b = y;

    return (a->id > b->id) - (a->id < b->id);
}

/* Ids are told; which call of the world it was is in its order. */
static unsigned find_call(const struct world *w, const struct leg_plan *sorted, uint64_t id)
{
    struct leg_plan wanted = { .id = id };
    const struct leg_plan *found = bsearch(&wanted, sorted, w->call_count, sizeof *sorted, by_id);

    assert_non_null(found);
    return (unsigned)found->final_status; /* see count_figures */
}

struct figures {
    unsigned joined, right, found;
};

static struct figures count_figures(const struct world *w, const struct told *told)
{
    struct leg_plan *sorted = calloc(w->call_count, sizeof *sorted);
    struct figures f = { 0 };

    for (unsigned i = 0; i < w->call_count; i++) {
        sorted[i].id = w->calls[i].id;
        sorted[i].final_status = i;
    }
    qsort(sorted, w->call_count, sizeof *sorted, by_id);
    for (size_t i = 0; i < told->count; i++) {
        const struct told_pair *p = &told->pairs[i];
        unsigned a = find_call(w, sorted, p->call_a), b = find_call(w, sorted, p->call_b);
        unsigned conversation = w->conversation[a];

        if (!p->group)
            continue;
        assert_false(p->certain);
        f.joined++;
        if (!conversation || conversation != w->conversation[b])
            continue;
        f.right++;
        f.found += w->first_leg[conversation] == a && w->last_leg[conversation] == b;
    }
    free(sorted);
    return f;
}

static void fill(struct world *w)
{
    double strangers = 0;

    for (int s = 0; s < SECONDS; s++) {
        for (int i = 0; i < CALLS_PER_S; i++) {
            int64_t second = START_NS + s * NS_PER_S;

            add_conversation(w, second + ms(&w->random, 0, 1000));
            for (strangers += w->setting->strangers; strangers >= 1; strangers--)
                add_stranger(w, second + ms(&w->random, 0, 1000));
        }
    }
}

/* clang-format off */
static const struct setting settings[] = {
    /* name                        hosts two  strangers hidden written tried slow */
    { "one SBC, one address",         1, false, 0,      0,     0,      0,    0.02 },
    { "one SBC, two addresses",       1, true,  0,      0,     0,      0,    0.02 },
    { "four SBCs",                    4, false, 0,      0,     0,      0,    0.02 },
    { "four SBCs, and strangers",     4, true,  0.3,    0,     0,      0,    0.02 },
    { "callers hidden or overwritten", 2, false, 0.2,   0.1,   0.1,    0,    0.05 },
    { "another target tried before",  2, false, 0.1,    0.05,  0.05,   0.1,  0.05 },
    { "no caller at all",             2, false, 0.1,    1,     0,      0,    0.05 },
};
/* clang-format on */

static void test_score(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        struct world w = { .setting = &settings[i], .random = { i + 1 } };
        struct legs_scene scene;
        struct figures f;
        double precision, recall;

        w.calls = calloc(CALLS_MAX, sizeof *w.calls);
        w.conversation = calloc(CALLS_MAX, sizeof *w.conversation);
        w.first_leg = calloc(CALLS_MAX, sizeof *w.first_leg);
        w.last_leg = calloc(CALLS_MAX, sizeof *w.last_leg);
        fill(&w);
        legs_scene_open(&scene, NULL, 0, CALLS_MAX);
        play(&w, scene.legs);
        f = count_figures(&w, &scene.told);
        precision = f.joined ? (double)f.right / f.joined : 0;
        recall = (double)f.found / w.conversation_count;
        printf("%-32s %u conversations, %u calls: precision %.4f recall %.4f\n", settings[i].name,
               w.conversation_count, w.call_count, precision, recall);
        assert_true(precision >= 0.99);
        assert_true(recall >= 0.95);
        legs_scene_close(&scene);
        free(w.calls);
        free(w.conversation);
        free(w.first_leg);
        free(w.last_leg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_score),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
