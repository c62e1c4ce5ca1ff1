/*
 * bench_rules - what the rules cost: time a record, and memory for ten thousand groups.
 *
 *     bench_rules [DIR]        rules of that folder; default: those that are shipped
 *
 * Each call is told as opened, settled and closed, as the engine does it, over 40 trunks at 1,000
 * calls a second with a tick each second, and nothing much wrong. Best of several rounds: the noise
 * of a shared machine only ever makes a round slower. For the memory every call has its own hosts,
 * trunk, user and destination until there are ten thousand groups, each with 50 calls, a tenth of
 * them bad.
 */
#include "analyzer/record_id.h"
#include "rules/rule_set.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define START    (INT64_C(1795256100) * NS_PER_S)

enum { ROUNDS = 5, CALLS = 200000, TRUNKS = 40, CALLS_A_SECOND = 1000 };
enum { GROUPS_WANTED = 10000, CALLS_A_GROUP = 50 };

struct names {
    char trunk[24], user[24], destination[24];
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void count_alert(void *ctx, const struct alert_record *alert)
{
    (void)alert;
    ++*(uint64_t *)ctx;
}

static struct rule_set *load(const char *dir, uint64_t *alerts)
{
    struct rule_set_options options = { .dir = dir, .alert = count_alert, .ctx = alerts };
    struct rule_set *set = NULL;
    char error[512];

    if (rule_set_load(&set, &options, error, sizeof error) != 0) {
        fprintf(stderr, "bench_rules: %s\n", error);
        exit(1);
    }
    return set;
}

/* The host's; good, or bad in all that a call can be bad in. */
static void make_call(struct call_record *call, struct names *names, uint32_t host, uint64_t n,
                      bool is_bad, int64_t now_ns)
{
    const uint8_t ip[4] = { 10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host };

    snprintf(names->trunk, sizeof names->trunk, "trunk-%u", host);
    snprintf(names->user, sizeof names->user, "+4930%08u", (unsigned)(host * 7919u));
    snprintf(names->destination, sizeof names->destination, "Country %u", host);
    record_clear(&record_type_call, call);
    call->id = record_id_make(now_ns, n);
    call->src = call->dst = addr_v4(ip, 5060);
    call->trunk_in = call->trunk_out = slice_of_text(names->trunk);
    call->from_user = call->to_user = slice_of_text(names->user);
    call->from_number = call->to_number = slice_of_text(names->user);
    call->destination = slice_of_text(names->destination);
    call->destination_prefix = SLICE("+4930");
    call->server = SLICE("Example Trunk 9");
    call->user_agent = SLICE("Example PBX 4.2");
    call->invite_time = call->settled_time = call->closed_time = now_ns;
    call->final_status = is_bad ? 503 : 200;
    call->final_reason = is_bad ? SLICE("Service Unavailable") : SLICE("OK");
    call->outcome = is_bad ? SLICE("failure") : SLICE("success");
    call->ended_how = is_bad ? SLICE("rejected") : SLICE("bye");
    call->state = is_bad ? SLICE("failed") : SLICE("completed");
    call->capture_confidence = SLICE("high");
    call->media_verdict = is_bad ? SLICE("one_way") : SLICE("ok");
    call->codecs = SLICE("[\"PCMA\"]");
    call->one_way = is_bad;
    call->emergency = 0;
    call->retransmissions = is_bad ? 9 : 0;
    call->invite_count = 1;
    call->post_dial_delay_ms = is_bad ? 9000 : 800.0 + (double)(n % 400);
    call->duration_ms = is_bad ? 2000 : 60000.0 + (double)(n % 100000);
    call->mos_lq = is_bad ? 2.2 : 4.3;
    call->loss_ratio = is_bad ? 0.09 : 0.001;
    call->jitter_ms_p95 = is_bad ? 90 : 4;
    call->bad_seconds = is_bad ? 30 : 0;
    call->worst_10s_mos_lq = is_bad ? 1.5 : 4.1;
    call->silence_ratio = 0.4;
}

static void tell(struct rule_set *set, const struct call_record *call, int64_t now_ns)
{
    rule_set_record(set, RULE_CALL_OPENED, &record_type_call, call, now_ns);
    rule_set_record(set, RULE_CALL_SETTLED, &record_type_call, call, now_ns);
    rule_set_record(set, RULE_CALL_CLOSED, &record_type_call, call, now_ns);
}

static void bench_time(const char *dir)
{
    struct call_record *calls = malloc(TRUNKS * sizeof *calls);
    struct names *names = malloc(TRUNKS * sizeof *names);
    double best = 1e9;
    size_t rules = 0;
    uint64_t alerts = 0;

    if (!calls || !names)
        exit(1);
    for (uint32_t i = 0; i < TRUNKS; i++)
        make_call(&calls[i], &names[i], i, i, false, START);
    for (int round = 0; round < ROUNDS; round++) {
        struct rule_set *set = load(dir, &alerts);
        double began = now_s();

        for (int64_t n = 0; n < CALLS; n++) {
            int64_t now_ns = START + n * NS_PER_S / CALLS_A_SECOND;

            if (n % CALLS_A_SECOND == 0)
                rule_set_tick(set, now_ns);
            tell(set, &calls[n % TRUNKS], now_ns);
        }
        best = fmin(best, (now_s() - began) / CALLS);
        rules = rule_set_count(set);
        rule_set_free(set);
    }
    printf("%zu rules: %.0f ns a call (opened, settled, closed), %.0f ns a record, %llu alerts\n",
           rules, best * 1e9, best * 1e9 / 3, (unsigned long long)alerts / ROUNDS);
    free(names);
    free(calls);
}

static void bench_memory(const char *dir)
{
    struct rule_set_stats stats = { 0 };
    uint64_t alerts = 0;
    struct rule_set *set = load(dir, &alerts);
    uint32_t host = 0;

    for (; host < GROUPS_WANTED && stats.groups < GROUPS_WANTED; host++) {
        for (uint64_t n = 0; n < CALLS_A_GROUP; n++) {
            int64_t now_ns = START + (int64_t)n * (NS_PER_S / 50);
            struct call_record call;
            struct names names;

            make_call(&call, &names, host, n, n % 10 == 9, now_ns);
            tell(set, &call, now_ns);
        }
        rule_set_read_stats(set, &stats);
    }
    printf("%llu groups of %u hosts: %.1f MB, %.1f kB a group\n", (unsigned long long)stats.groups,
           host, (double)stats.bytes / 1e6,
           stats.groups ? (double)stats.bytes / 1e3 / (double)stats.groups : 0);
    rule_set_free(set);
}

int main(int argc, char **argv)
{
    const char *dir = argc > 1 ? argv[1] : EARSHOT_RULES;

    bench_time(dir);
    bench_memory(dir);
    return 0;
}
