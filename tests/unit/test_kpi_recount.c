/*
 * test_kpi_recount - the minutes of calls by chance are what a count over the calls gives.
 */
#include "tests/unit/kpi_scene.h"

/* Calls by chance, told as a tracker would, against a count over their last records. */
enum { CALLS = 600, MINUTES = 12 };

struct call_run {
    struct call_record last;
    struct kpi_mark mark;
    struct call_record steps[4];
    int64_t when[4];
    enum record_event events[4];
    int count, next;
};

static uint32_t roll(uint64_t *dice, uint32_t below)
{
    *dice = *dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*dice >> 33) % below;
}

static const char *const trunk_names[] = { NULL, "a", "b" };
static const char *const destination_names[] = { NULL, "Germany", "France" };

static void add_step(struct call_run *c, int64_t when, enum record_event event)
{
    c->steps[c->count] = c->last;
    c->when[c->count] = when;
    c->events[c->count++] = event;
}

static void make_call(struct call_run *c, uint64_t *dice)
{
    static const struct {
        int status;
        const char *outcome, *cause;
    } failures[] = { { 486, "nos", "busy" },  { 487, "nos", "cancel" }, { 404, "nos", "not_found" },
                     { 480, "nos", "other" }, { 302, "nos", "other" },  { 503, "failure", NULL },
                     { 408, "nos", "other" }, { 0, "nos", "cancel" },   { 603, "nos", "other" } };
    int64_t at = BASE + (int64_t)roll(dice, (MINUTES - 3) * 60000) * (S / 1000);
    int kind = (int)roll(dice, 10);

    c->last = new_call(at);
    c->last.trunk_in = text(trunk_names[roll(dice, 3)]);
    c->last.destination = text(destination_names[roll(dice, 3)]);
    add_step(c, at + S / 2, RECORD_OPENED);
    c->last.trunk_out = text(trunk_names[roll(dice, 3)]); /* another hop, seen later */
    at += (int64_t)roll(dice, 30000) * (S / 1000);
    if (kind < 5) {
        const char *cause = failures[roll(dice, 9)].cause;
        size_t i = roll(dice, 9);

        cause = failures[i].cause;
        end_badly(&c->last, at, failures[i].status, failures[i].outcome, cause);
        c->last.post_dial_delay_ms = roll(dice, 3) ? roll(dice, 20000) / 7.0 : NAN;
        add_step(c, at, RECORD_SETTLED);
    }
    if (kind == 4 || kind > 5) { /* 4: answered after all */
        at += kind == 4 ? 20 * S : 0;
        answer(&c->last, at, roll(dice, 200000) / 13.0);
        c->last.closed_time = RECORD_NONE;
        add_step(c, at, kind == 4 ? RECORD_CHANGED : RECORD_SETTLED);
        at += (int64_t)roll(dice, 100000) * (S / 1000);
        hang_up(&c->last, at, roll(dice, 2) ? "caller" : "callee",
                roll(dice, 5) ? 1 + roll(dice, 3500) / 1000.0 : NAN);
        c->last.one_way = (int8_t)roll(dice, 2);
        if (roll(dice, 4) == 0)
            c->last.media_verdict = SLICE("unknown");
        if (roll(dice, 10) == 0)
            c->last.ended_how = SLICE("interrupted");
        if (roll(dice, 10) == 0)
            c->last.ended_how = SLICE("ack_timeout");
    }
    add_step(c, at + 5 * S, RECORD_CLOSED);
}

static bool in_minute(int64_t time, int64_t minute)
{
    return time != RECORD_NONE && time >= minute && time < minute + MIN;
}

static bool is_of(const struct call_record *c, const char *trunk, const char *direction,
                  const char *destination)
{
    if (destination && !same(c->destination, text(destination)))
        return false;
    if (!trunk)
        return true;
    return same(strcmp(direction, "in") == 0 ? c->trunk_in : c->trunk_out, text(trunk));
}

static int64_t at_once(const struct call_run *calls, const char *trunk, int64_t minute)
{
    int64_t most = 0;

    for (int64_t second = minute; second < minute + MIN; second += S) {
        int64_t n = 0;

        for (int i = 0; i < CALLS; i++) {
            const struct call_record *c = &calls[i].last;
            bool talks = c->answer_time != RECORD_NONE && c->answer_time / S <= second / S &&
                         c->closed_time / S >= second / S;

            if (talks && !trunk)
                n++;
            if (talks && trunk)
                n += is_of(c, trunk, "in", NULL) + is_of(c, trunk, "out", NULL);
        }
        most = n > most ? n : most;
    }
    return most;
}

static void check_row(const struct scene *s, const struct call_run *calls, int64_t minute,
                      const char *trunk, const char *direction, const char *destination)
{
    const struct kpi_record *r = row_of(s, minute, trunk, direction, destination);
    int64_t attempts = 0, answered = 0, failure = 0, nos = 0, ended = 0, us = 0, judged = 0,
            one = 0;
    int64_t effective = 0, completed = 0, redirected = 0, peak = RECORD_NONE;

    for (int i = 0; i < CALLS; i++) {
        const struct call_record *c = &calls[i].last;
        bool success = slice_eq(c->outcome, SLICE("success"));

        if (!is_of(c, trunk, direction, destination))
            continue;
        attempts += in_minute(c->invite_time, minute);
        if (in_minute(c->settled_time, minute)) {
            answered += success;
            failure += slice_eq(c->outcome, SLICE("failure"));
            nos += slice_eq(c->outcome, SLICE("nos"));
            effective += success || slice_eq(c->nos_cause, SLICE("busy")) ||
                         slice_eq(c->nos_cause, SLICE("cancel")) || c->final_status == 480 ||
                         c->final_status == 603;
            redirected += c->final_status / 100 == 3;
        }
        if (success && in_minute(c->closed_time, minute) &&
            !slice_eq(c->ended_how, SLICE("interrupted"))) {
            ended++;
            completed += slice_eq(c->ended_how, SLICE("bye"));
            us += llround(c->duration_ms * 1000);
            judged += !slice_eq(c->media_verdict, SLICE("unknown"));
            one += c->one_way && !slice_eq(c->media_verdict, SLICE("unknown"));
        }
    }
    if (!destination)
        peak = at_once(calls, trunk, minute);
    if (!r) {
        assert_int_equal(attempts + answered + failure + nos + ended, 0);
        return;
    }
    assert_int_equal(r->attempts, attempts);
    assert_int_equal(r->answered, answered);
    assert_int_equal(r->failure, failure);
    assert_int_equal(r->nos, nos);
    assert_int_equal(r->nos, r->nos_busy + r->nos_cancel + r->nos_not_found + r->nos_other);
    assert_int_equal(r->ended, ended);
    assert_true(r->duration_s == (double)us / 1e6);
    assert_int_equal(r->judged, judged);
    assert_int_equal(r->one_way, one);
    assert_true(r->concurrent_max == peak);
    if (answered + failure + nos) {
        double settled = (double)(answered + failure + nos);

        assert_true(r->asr_ratio == (double)answered / settled);
        assert_true(r->ner_ratio == (double)effective / settled);
        if (answered + failure + nos > redirected)
            assert_true(r->ser_ratio == (double)answered / (settled - (double)redirected));
    }
    if (ended + failure + nos)
        assert_true(r->scr_ratio == (double)completed / (double)(ended + failure + nos));
}

static void equals_a_count_over_the_calls(void **state)
{
    struct scene *s = *state;
    struct call_run *calls = calloc(CALLS, sizeof *calls);
    uint64_t dice = 4711;

    assert_non_null(calls);
    for (int i = 0; i < CALLS; i++)
        make_call(&calls[i], &dice);
    for (int64_t now = BASE; now < BASE + (MINUTES + 2) * MIN; now += S) {
        kpi_tick(s->kpi, now);
        for (int i = 0; i < CALLS; i++) {
            struct call_run *c = &calls[i];

            while (c->next < c->count && c->when[c->next] < now + S) {
                kpi_call(s->kpi, &c->mark, &c->steps[c->next], c->events[c->next]);
                c->next++;
            }
        }
    }
    kpi_finish(s->kpi);
    for (int64_t minute = BASE; minute < BASE + (MINUTES + 2) * MIN; minute += MIN) {
        for (int t = 0; t < 3; t++) {
            for (int d = 0; d < 3; d++) {
                check_row(s, calls, minute, trunk_names[t], t ? "in" : NULL, destination_names[d]);
                if (t)
                    check_row(s, calls, minute, trunk_names[t], "out", destination_names[d]);
            }
        }
    }
    assert_int_equal(s->counters.refusals[REFUSAL_KPI_LATE], 0);
    assert_int_equal(s->counters.refusals[REFUSAL_KPI_GROUPS], 0);
    free(calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equals_a_count_over_the_calls, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
