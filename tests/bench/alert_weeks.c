/*
 * alert_weeks - do the shipped rules wake the right person, and nobody else?
 *
 *     alert_weeks [--rules DIR] [--load CALLS_PER_S]... [--learn WEEKS] [--weeks WEEKS]
 *                 [--seed N] [--no-troubles] [--only-troubles] [--only TROUBLE] [--quick] [--all]
 *
 * Makes up weeks of a provider's records (week_traffic.h) and shows them to the rules in packet time.
 * First nothing is wrong: whatever fires is a false alert, and is listed. Then 40 troubles come one at
 * a time (week_trouble.c): each is to be found within two windows of the rule that finds it, with who is
 * guilty in the alert's labels. What was normal in past weeks is given back a minute ahead of
 * each quarter of an hour, as the probe does from its store.
 *
 * --quick is what ./check runs: one week, one load, ten troubles, in strides of four minutes.
 * --all tells the alerts beside the right one as well. Exit 1: a goal was missed.
 */
#include "tests/bench/week_memory.h"
#include "tests/bench/week_traffic.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_WEEK (7 * WEEK_DAY_S * WEEK_NS_PER_S)
#define AHEAD_NS    (60 * WEEK_NS_PER_S)

enum {
    LOADS_MAX = 8,
    TEXT_MAX = 160,
    AFTER_MIN = 150 /* troubles leave longer talks, late resolves */
};

struct told {
    char rule[64], severity[12], group[TEXT_MAX], labels[TEXT_MAX * 2], summary[TEXT_MAX * 2];
    int64_t fired_ns, window_s;
    bool is_muted;
};

struct run {
    struct rule_set *rules;
    struct week_memory *memory;
    struct week_traffic *traffic;
    struct told *told;
    size_t told_count, told_room;
    int64_t asked_quarter;
};

struct goals {
    const char *rules_dir;
    double loads[LOADS_MAX];
    size_t load_count;
    int learn_weeks, weeks, step_s;
    int only; /* of the troubles; −1: all */
    bool quick;
    uint64_t seed;
    bool no_troubles, only_troubles, all;
};

static void copy_text(char *to, size_t room, struct slice from)
{
    size_t len = from.len < room - 1 ? from.len : room - 1;

    if (len)
        memcpy(to, from.p, len);
    to[len] = '\0';
}

static void on_alert(void *ctx, const struct alert_record *alert)
{
    struct run *run = ctx;
    struct told *t;

    if (!slice_eq(alert->state, SLICE("firing")) || alert->changed_time != alert->fired_time)
        return; /* the first word of each counts */
    if (run->told_count == run->told_room) {
        size_t room = run->told_room ? 2 * run->told_room : 64;
        struct told *more = realloc(run->told, room * sizeof *more);

        if (!more)
            abort();
        run->told = more;
        run->told_room = room;
    }
    t = &run->told[run->told_count++];
    *t = (struct told){ .fired_ns = alert->fired_time,
                        .window_s = alert->window_s,
                        .is_muted = alert->muted_by != 0 };
    copy_text(t->rule, sizeof t->rule, alert->rule);
    copy_text(t->severity, sizeof t->severity, alert->severity);
    copy_text(t->group, sizeof t->group, alert->group);
    copy_text(t->labels, sizeof t->labels, alert->labels);
    copy_text(t->summary, sizeof t->summary, alert->summary);
}

static void on_baseline(void *ctx, const struct baseline_record *baseline)
{
    struct run *run = ctx;

    week_memory_keep(run->memory, baseline);
}

static void on_record(void *ctx, enum rule_occasion occasion, const struct record_type *type,
                      const void *record, int64_t now_ns)
{
    struct run *run = ctx;

    rule_set_record(run->rules, occasion, type, record, now_ns);
}

static void on_past(void *ctx, const struct baseline_record *past)
{
    struct run *run = ctx;

    rule_set_history(run->rules, past);
}

static void on_tick(void *ctx, int64_t now_ns)
{
    struct run *run = ctx;
    int64_t quarter = (now_ns + AHEAD_NS) / WEEK_NS_PER_S / WEEK_QUARTER_S;

    if (quarter != run->asked_quarter) {
        run->asked_quarter = quarter;
        week_memory_recall(run->memory, quarter, on_past, run);
    }
    rule_set_tick(run->rules, now_ns);
}

static int run_open(struct run *run, const struct goals *g, double load)
{
    char error[512] = "";
    const struct rule_set_options rules = {
        .dir = g->rules_dir, .alert = on_alert, .baseline = on_baseline, .ctx = run
    };
    const struct week_options traffic = { .calls_per_s = load,
                                          .seed = g->seed,
                                          .start_ns = WEEK_START_NS,
                                          .step_s = g->step_s,
                                          .record = on_record,
                                          .tick = on_tick,
                                          .ctx = run };

    memset(run, 0, sizeof *run);
    if (rule_set_load(&run->rules, &rules, error, sizeof error) != 0) {
        fprintf(stderr, "%s\n", error);
        return -EINVAL;
    }
    run->memory = week_memory_new();
    if (!run->memory || week_traffic_new(&run->traffic, &traffic) != 0) {
        fprintf(stderr, "out of memory\n");
        return -ENOMEM;
    }
    return 0;
}

static void run_close(struct run *run)
{
    week_traffic_free(run->traffic);
    week_memory_free(run->memory);
    rule_set_free(run->rules);
    free(run->told);
}

static void write_time(int64_t time_ns)
{
    static const char *const days[7] = { "Mo", "Tu", "We", "Th", "Fr", "Sa", "Su" };
    int64_t s = time_ns / WEEK_NS_PER_S % WEEK_DAY_S;

    printf("week %d %s %02d:%02d", 1 + (int)((time_ns - WEEK_START_NS) / NS_PER_WEEK),
           days[week_day_of(time_ns)], (int)(s / 3600), (int)(s / 60 % 60));
}

static void write_told(const struct told *t)
{
    printf("    ");
    write_time(t->fired_ns);
    printf("  %s %s%s: %s\n", t->severity, t->rule, t->is_muted ? " (muted)" : "", t->summary);
}

/* --- nothing is wrong ----------------------------------------------------------------------- */

/* How many were told since, by rule. */
static size_t write_false(const struct run *run, size_t from)
{
    size_t count = 0;

    for (size_t i = from; i < run->told_count; i++) {
        count += !run->told[i].is_muted;
        write_told(&run->told[i]);
    }
    return count;
}

static bool run_normal(struct run *run, const struct goals *g, double load)
{
    int64_t learnt_ns = WEEK_START_NS + g->learn_weeks * NS_PER_WEEK;
    struct rule_set_stats stats;
    size_t learnt, count;
    uint64_t calls;

    week_traffic_run(run->traffic, learnt_ns);
    learnt = run->told_count;
    if (g->all && learnt) {
        printf("%g calls/s: while it learns:\n", load);
        write_false(run, 0);
    }
    calls = week_traffic_calls(run->traffic);
    week_traffic_run(run->traffic, learnt_ns + g->weeks * NS_PER_WEEK);
    rule_set_read_stats(run->rules, &stats);
    printf("%g calls/s: %d weeks, %llu calls; %llu groups in %.1f MB\n", load, g->weeks,
           (unsigned long long)(week_traffic_calls(run->traffic) - calls),
           (unsigned long long)stats.groups, (double)stats.bytes / 1e6);
    count = write_false(run, learnt);
    printf("%g calls/s: %zu false alerts in %d weeks (goal: at most %d); %zu in the %d before\n\n",
           load, count, g->weeks, g->weeks, learnt, g->learn_weeks);
    fflush(stdout);
    return count <= (size_t)g->weeks;
}

/* --- one thing after the other is wrong ------------------------------------------------------ */

static bool is_right_rule(const struct week_trouble *t, const char *rule)
{
    if (!t->rules[0])
        return true;
    for (int i = 0; i < WEEK_RULES_MAX && t->rules[i]; i++) {
        if (strcmp(t->rules[i], rule) == 0)
            return true;
    }
    return false;
}

/* The first alert that is right; NULL: there is none. */
static const struct told *find_right(const struct run *run, size_t from,
                                     const struct week_trouble *t)
{
    for (size_t i = from; i < run->told_count; i++) {
        const struct told *told = &run->told[i];

        if (is_right_rule(t, told->rule) && !told->is_muted &&
            (!t->guilty || strstr(told->labels, t->guilty)))
            return told;
    }
    return NULL;
}

static bool run_trouble(struct run *run, const struct week_trouble *t, int64_t begin_ns, bool all)
{
    size_t from, until;
    const struct told *right;
    double after_s = 0;
    bool found = false;

    week_traffic_run(run->traffic, begin_ns);
    from = run->told_count;
    week_traffic_trouble(run->traffic, t);
    week_traffic_run(run->traffic, begin_ns + (int64_t)(t->minutes * 60) * WEEK_NS_PER_S);
    week_traffic_trouble(run->traffic, NULL);
    until = run->told_count;
    right = find_right(run, from, t);
    if (right) {
        after_s = (double)(right->fired_ns - begin_ns) / 1e9;
        found = after_s <= 2 * (double)right->window_s + t->lead_min * 60;
    }
    printf("| %s | ", t->name);
    write_time(begin_ns);
    if (right)
        printf(" | %s | %.0f s of %lld | %s |%s\n", right->rule, after_s,
               2 * (long long)right->window_s, right->group, found ? "" : " LATE");
    else
        printf(" | | | | MISSED\n");
    for (size_t i = from; i < until && (all || !right); i++)
        write_told(&run->told[i]);
    fflush(stdout);
    return found;
}

/* Those that show in a few calls, one after the other: for --quick. */
static const uint8_t quick_troubles[] = { 7, 8, 11, 19, 22, 27, 28, 31, 33, 37 };

static size_t trouble_count(const struct goals *g)
{
    return g->only >= 0 ? 1 : g->quick ? sizeof quick_troubles : WEEK_TROUBLES;
}

static const struct week_trouble *trouble_at(const struct goals *g, size_t i)
{
    return &week_troubles[g->only >= 0 ? (size_t)g->only : g->quick ? quick_troubles[i] : i];
}

/* Three a day at their hours; quickly: as soon as may be. */
static int64_t next_time(const struct goals *g, const struct week_trouble *t, int64_t begin_ns,
                         int64_t over_ns, int *turn)
{
    int64_t at_ns;

    if (g->quick)
        return over_ns;
    do
        at_ns = begin_ns + ((*turn)++ / 3 * WEEK_DAY_S + (int64_t)(t->hour * 3600)) * WEEK_NS_PER_S;
    while (at_ns < over_ns);
    return at_ns;
}

static size_t write_strays(const struct run *run, size_t from, int64_t since_ns)
{
    size_t count = 0;

    for (size_t i = from; i < run->told_count; i++) {
        if (run->told[i].fired_ns <= since_ns || run->told[i].is_muted)
            continue;
        count++;
        write_told(&run->told[i]);
    }
    return count;
}

static bool run_troubles(struct run *run, const struct goals *g, double load)
{
    int64_t begin_ns = WEEK_START_NS + (g->learn_weeks + g->quick) * NS_PER_WEEK;
    int64_t over_ns = begin_ns;
    size_t found = 0, count = trouble_count(g), strays = 0, least = (count * 38 + 39) / 40;
    int turn = 0;

    week_traffic_run(run->traffic, begin_ns);
    printf("%g calls/s: troubles one at a time\n\n", load);
    printf(
        "| trouble | when | found by | after, of two windows | group |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        const struct week_trouble *t = trouble_at(g, i);
        int64_t at_ns = next_time(g, t, begin_ns, over_ns, &turn);
        size_t from = run->told_count;

        week_traffic_run(run->traffic, at_ns);
        strays += write_strays(run, from, over_ns);
        found += run_trouble(run, t, at_ns, g->all);
        over_ns = at_ns + (int64_t)(t->minutes + AFTER_MIN) * 60 * WEEK_NS_PER_S;
    }
    printf("\n%g calls/s: %zu of %zu found (goal: %zu); %zu alerts when nothing was wrong\n\n",
           load, found, count, least, strays);
    fflush(stdout);
    return found >= least;
}

static bool each_load(const struct goals *g, double load, bool normal, bool troubles)
{
    struct run run;
    bool good = run_open(&run, g, load) == 0;

    if (good && normal)
        good = run_normal(&run, g, load);
    if (run.traffic && troubles)
        good &= run_troubles(&run, g, load);
    run_close(&run);
    return good;
}

static bool read_options(struct goals *g, int argc, char **argv)
{
    static const struct option options[] = {
        { "rules", required_argument, NULL, 'r' },
        { "load", required_argument, NULL, 'l' },
        { "learn", required_argument, NULL, 'n' },
        { "weeks", required_argument, NULL, 'w' },
        { "seed", required_argument, NULL, 's' },
        { "no-troubles", no_argument, NULL, 'N' },
        { "only-troubles", no_argument, NULL, 'O' },
        { "quick", no_argument, NULL, 'q' },
        { "only", required_argument, NULL, 'o' },
        { "all", no_argument, NULL, 'a' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'r')
            g->rules_dir = optarg;
        else if (c == 'l' && g->load_count < LOADS_MAX)
            g->loads[g->load_count++] = strtod(optarg, NULL);
        else if (c == 'n')
            g->learn_weeks = (int)strtol(optarg, NULL, 10);
        else if (c == 'w')
            g->weeks = (int)strtol(optarg, NULL, 10);
        else if (c == 's')
            g->seed = strtoull(optarg, NULL, 10);
        else if (c == 'o') {
            g->only = (int)strtol(optarg, NULL, 10);
            g->only_troubles = true;
        } else if (c == 'N')
            g->no_troubles = true;
        else if (c == 'O')
            g->only_troubles = true;
        else if (c == 'a')
            g->all = true;
        else if (c == 'q') {
            g->quick = true;
            g->learn_weeks = 0;
            g->weeks = 1;
            g->step_s = 240;
            g->loads[0] = 0.03;
            g->load_count = 1;
        } else
            return false;
    }
    return optind == argc && g->only < WEEK_TROUBLES;
}

int main(int argc, char **argv)
{
    struct goals g = {
        .rules_dir = "rules", .learn_weeks = 2, .weeks = 4, .step_s = 1, .only = -1, .seed = 1
    };
    bool good = true;

    if (!read_options(&g, argc, argv)) {
        fprintf(stderr, "alert_weeks: see the head of tests/bench/alert_weeks.c\n");
        return 2;
    }
    if (!g.load_count) {
        const double loads[] = { 0.05, 1, 20 };

        memcpy(g.loads, loads, sizeof loads);
        g.load_count = 3;
    }
    if (g.quick)
        return each_load(&g, g.loads[0], true, true) ? 0 : 1;
    for (size_t i = 0; i < g.load_count && !g.only_troubles; i++)
        good &= each_load(&g, g.loads[i], true, false);
    for (size_t i = 0; i < g.load_count && !g.no_troubles; i++)
        good &= each_load(&g, g.loads[i], false, true);
    return good ? 0 : 1;
}
