#include "probe/engine/keep_policy.h"

#include "analyzer/base/siphash.h"
#include "analyzer/record_id.h"
#include "storage/upkeep/pins.h"

#include <errno.h>
#include <stdlib.h>

enum {
    WAITING_MAX = 65536,  /* ended calls; beyond, the oldest is decided at once */
    NAMED_SLOTS = 65536,  /* a power of two: calls that an alert named */
    ALERT_CALLS_MAX = 64, /* more than a rule names */
};

#define WAIT_NS INT64_C(60000000000)

enum level_by { BY_DEFAULT, BY_POLICY };

/* What becomes of the media of a call that ends. */
enum value { VALUE_STAYS, VALUE_WAITS, VALUE_GOES };

/* An ended call whose media goes unless an alert names it. */
struct waiting {
    struct waiting *next;
    uint64_t id;
    int64_t until_ns;
    int32_t last_day;
    size_t stream_count;
    uint64_t
        streams[]; /* their packets lie under their own ids where they began before their call */
};

struct keep_policy {
    struct packet_log *log;
    const char *store_dir;
    struct keep_options options;
    bool alerts;
    enum value value; /* of the call that ends just now */
    struct waiting *first, *last;
    size_t waiting_count;
    uint64_t named[NAMED_SLOTS];
};

enum packet_keep keep_options_most(const struct keep_options *options)
{
    enum packet_keep most = options->keep;

    for (size_t i = 0; i < options->rule_count; i++) {
        if (options->rules[i].keep < most)
            most = options->rules[i].keep;
    }
    return most;
}

int keep_policy_new(struct keep_policy **kp, struct packet_log *log, const char *store_dir,
                    const struct keep_options *options, bool alerts)
{
    struct keep_policy *k = calloc(1, sizeof *k);

    if (!k)
        return -ENOMEM;
    k->log = log;
    k->store_dir = store_dir;
    k->options = *options;
    k->alerts = alerts;
    *kp = k;
    return 0;
}

void keep_policy_free(struct keep_policy *k)
{
    if (!k)
        return;
    while (k->first) {
        struct waiting *next = k->first->next;

        free(k->first);
        k->first = next;
    }
    free(k);
}

/* --- while it is set up --------------------------------------------------------------------- */

static void decide(const struct keep_policy *k, const struct call_record *call,
                   struct packet_level *level)
{
    level->keep = k->options.keep;
    level->by = BY_DEFAULT;
    for (size_t i = 0; i < k->options.rule_count; i++) {
        if (filter_match(k->options.rules[i].filter, call, NULL)) {
            level->keep = k->options.rules[i].keep;
            level->by = BY_POLICY;
            return;
        }
    }
}

static void level_of(struct keep_policy *k, const struct call_record *call, enum record_event event,
                     void **keeper, struct packet_level *level)
{
    packet_log_read_level(k->log, *keeper, level);
    if (k->options.rule_count == 0 || level->settled)
        return;
    decide(k, call, level);
    level->settled = event == RECORD_SETTLED || event == RECORD_CLOSED;
    packet_log_keep(k->log, keeper, call->id, level);
    packet_log_read_level(k->log, *keeper, level);
}

/* --- when it has ended ---------------------------------------------------------------------- */

static size_t slot_of(uint64_t id)
{
    return (size_t)((id * 0x9e3779b97f4a7c15u) >> 48) & (NAMED_SLOTS - 1);
}

/* Equal calls fare equally, in every replay. */
static bool is_sampled(const struct keep_policy *k, uint64_t id)
{
    static const struct siphash_key key = { { 0x6b6565705f6f6e65u, 0x5f696e5f6d616e79u } };

    return k->options.media_sample && siphash(&key, &id, sizeof id) % k->options.media_sample == 0;
}

static bool is_worth_it(const struct keep_policy *k, const struct call_record *call)
{
    if (k->options.media_of_count == 0 || is_sampled(k, call->id) ||
        k->named[slot_of(call->id)] == call->id)
        return true;
    for (size_t i = 0; i < k->options.media_of_count; i++) {
        if (filter_match(k->options.media_of[i], call, NULL))
            return true;
    }
    return false;
}

static enum value value_of(const struct keep_policy *k, const struct call_record *call,
                           enum packet_keep keep)
{
    if (keep >= PACKET_KEEP_SIGNALLING || is_worth_it(k, call))
        return VALUE_STAYS;
    if (k->alerts)
        return VALUE_WAITS;
    return pins_has(k->store_dir, call->id) ? VALUE_STAYS : VALUE_GOES;
}

void keep_policy_call(struct keep_policy *k, struct call_record *call, enum record_event event,
                      void **keeper)
{
    struct packet_level level;
    enum packet_keep kept;
    const char *by;

    level_of(k, call, event, keeper, &level);
    kept = level.least;
    by = level.least != level.keep ? "pressure" : level.by == BY_POLICY ? "policy" : "default";
    if (event == RECORD_CLOSED) {
        k->value = value_of(k, call, level.keep);
        if (k->value == VALUE_GOES) {
            kept = PACKET_KEEP_SIGNALLING;
            by = "value";
        }
    }
    call->kept = slice_of_text(packet_keep_text(kept));
    call->kept_by = slice_of_text(by);
}

static struct waiting *waiting_new(const struct call_record *call, int64_t now_ns)
{
    struct waiting *w = malloc(sizeof *w + call->stream_count * sizeof w->streams[0]);

    if (!w)
        return NULL;
    *w = (struct waiting){ .id = call->id,
                           .until_ns = now_ns + WAIT_NS,
                           .last_day = record_id_day(record_id_make(now_ns, 0)),
                           .stream_count = call->stream_count };
    for (size_t i = 0; i < call->stream_count; i++)
        w->streams[i] = call->streams[i].id;
    return w;
}

static void forget_streams(struct keep_policy *k, const struct waiting *w, bool secret)
{
    for (size_t i = 0; i < w->stream_count; i++)
        packet_log_forget(k->log, &(struct packet_forget){ .id = w->streams[i],
                                                           .last_day = w->last_day,
                                                           .unless_pin = secret ? 0 : w->id,
                                                           .is_secret = secret });
}

static void let_go(struct keep_policy *k, const struct waiting *w)
{
    if (k->named[slot_of(w->id)] == w->id)
        return;
    forget_streams(k, w, false);
    packet_log_forget(k->log, &(struct packet_forget){ .id = w->id,
                                                       .last_day = w->last_day,
                                                       .unless_pin = w->id,
                                                       .kept = "signalling",
                                                       .kept_by = "value" });
}

static void let_oldest_go(struct keep_policy *k)
{
    struct waiting *w = k->first;

    k->first = w->next;
    if (!k->first)
        k->last = NULL;
    k->waiting_count--;
    let_go(k, w);
    free(w);
}

static void wait_for_alerts(struct keep_policy *k, struct waiting *w)
{
    if (k->last)
        k->last->next = w;
    else
        k->first = w;
    k->last = w;
    if (++k->waiting_count > WAITING_MAX)
        let_oldest_go(k);
}

void keep_policy_close(struct keep_policy *k, const struct call_record *call, void **keeper,
                       int64_t now_ns)
{
    struct packet_level level;
    struct waiting *w = NULL;

    packet_log_read_level(k->log, *keeper, &level);
    if (k->value == VALUE_GOES)
        packet_log_close_without_media(k->log, keeper);
    else
        packet_log_close_keeper(k->log, keeper);
    /* What came before its call was kept by the default, for want of a call. */
    if (k->value != VALUE_STAYS || level.keep > k->options.keep)
        w = waiting_new(call, now_ns);
    if (!w)
        return;
    if (level.keep > k->options.keep)
        forget_streams(k, w, true);
    if (k->value == VALUE_WAITS) {
        wait_for_alerts(k, w);
        return;
    }
    if (k->value == VALUE_GOES && level.media_passed_on)
        let_go(k, w);
    else if (k->value == VALUE_GOES)
        forget_streams(k, w, false);
    free(w);
}

void keep_policy_alert(struct keep_policy *k, const struct alert_record *alert)
{
    uint64_t calls[ALERT_CALLS_MAX];
    size_t n = pins_read_calls(alert->calls, calls, ALERT_CALLS_MAX);

    for (size_t i = 0; i < n; i++)
        k->named[slot_of(calls[i])] = calls[i];
}

void keep_policy_tick(struct keep_policy *k, int64_t now_ns)
{
    /* A clock that jumped back does not keep them for ever: the list has a cap. */
    while (k->first && now_ns >= k->first->until_ns)
        let_oldest_go(k);
}

void keep_policy_finish(struct keep_policy *k)
{
    while (k->first)
        let_oldest_go(k);
}
