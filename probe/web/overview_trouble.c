#include "probe/web/overview_trouble.h"

#include "rules/rule_chance.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* 99.5 % to one side: some hundred groups are looked at each time. */
#define Z 2.576
/* A network that does its part delivers more than that (rules/ner-drop.yaml looks from there). */
#define NER_GOOD 0.95
/* More than that is no single phone behind a NAT (rules/one-way-audio.yaml). */
#define ONE_WAY_BAD 0.02
/* By less nobody would look (rules/asr-drop.yaml: a quarter). */
#define ASR_DROP 0.15

enum { SETTLED_MIN = 20, SILENT_MIN = 30 };

static double share(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

static double low(int64_t part, int64_t whole)
{
    return rule_chance_share_low((double)part, (double)whole, Z);
}

static double high(int64_t part, int64_t whole)
{
    return rule_chance_share_high((double)part, (double)whole, Z);
}

static int percent(double ratio)
{
    return (int)lround(ratio * 100);
}

/* How many calls each costs, and the words for it. 0: it is not so. */
typedef double trouble(const struct overview_group *g, char *words, size_t room);

static double network_fails(const struct overview_group *g, char *words, size_t room)
{
    const struct overview_counts *now = &g->now, *before = &g->before;
    int64_t failed = now->settled - now->effective;
    char was[32] = "";

    if (now->settled < SETTLED_MIN || high(now->effective, now->settled) >= NER_GOOD)
        return 0;
    if (before->settled >= SETTLED_MIN)
        snprintf(was, sizeof was, ", %d %% before",
                 percent(share(before->effective, before->settled)));
    snprintf(words, room, "%" PRId64 " of %" PRId64 " calls failed in the network (NER %d %%%s)",
             failed, now->settled, percent(share(now->effective, now->settled)), was);
    return (double)failed;
}

static double fewer_answer(const struct overview_group *g, char *words, size_t room)
{
    const struct overview_counts *now = &g->now, *before = &g->before;
    double is = share(now->answered, now->settled), was = share(before->answered, before->settled);

    if (now->settled < SETTLED_MIN || before->settled < SETTLED_MIN ||
        high(now->answered, now->settled) >= low(before->answered, before->settled) ||
        is > was * (1 - ASR_DROP))
        return 0;
    snprintf(words, room, "ASR %d %% of %" PRId64 " calls, %d %% before", percent(is), now->settled,
             percent(was));
    return (was - is) * (double)now->settled;
}

static double hears_nothing(const struct overview_group *g, char *words, size_t room)
{
    const struct overview_counts *now = &g->now;

    if (now->judged < SETTLED_MIN || low(now->one_way, now->judged) <= ONE_WAY_BAD)
        return 0;
    snprintf(words, room, "one-way audio in %" PRId64 " of %" PRId64 " calls", now->one_way,
             now->judged);
    return (double)now->one_way;
}

/* Only what was busy enough that silence is no chance. */
static double falls_silent(const struct overview_group *g, char *words, size_t room)
{
    if (g->now.attempts > 0 || g->before.attempts < SILENT_MIN)
        return 0;
    snprintf(words, room, "no calls at all, %" PRId64 " before", g->before.attempts);
    return (double)g->before.attempts;
}

void overview_find_trouble(struct overview_group *g)
{
    static trouble *const all[] = { network_fails, fewer_answer, hears_nothing, falls_silent };

    g->lost = 0;
    g->trouble[0] = '\0';
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char words[OVERVIEW_TROUBLE_MAX];
        double lost = all[i](g, words, sizeof words);

        if (lost <= g->lost)
            continue;
        g->lost = lost;
        snprintf(g->trouble, sizeof g->trouble, "%s", words);
    }
}
