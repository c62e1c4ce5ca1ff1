#include "probe/web/trunk_health.h"

#include "analyzer/base/json_item.h"
#include "analyzer/base/siphash.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHANGES_MAX = 512, TRUNK_NAME_MAX = 64, NOT_IMPLEMENTED = 501, REQUEST_TIMEOUT = 408 };

#define NS_PER_S INT64_C(1000000000)
/* As the analyzer has it: so long after the last ping nothing is known any more. */
#define SILENT_NS (600 * NS_PER_S)

enum pair_word { WORD_NONE, WORD_UP, WORD_DOWN, WORD_SILENT };

struct pair_change {
    int64_t time;
    uint8_t word; /* enum pair_word; SILENT: unknown, as the analyzer says */
};

struct trunk_pair {
    struct addr source, target;
    char trunk[TRUNK_NAME_MAX + 1]; /* empty: it has no name */
    struct pair_change *changes;
    size_t change_count, change_room;
    int64_t begun;     /* of the object whose rows are being read: its first_seen */
    int64_t last_good; /* RECORD_NONE: never */
    uint32_t at;       /* its place */
    /* Made from these. */
    size_t first_ask, asks; /* in the sorted list */
    unsigned answered, flaps;
    uint8_t word;
    int64_t since;
};

int trunk_health_init(struct trunk_health *t, int64_t from, int64_t until)
{
    t->from = from;
    t->until = until;
    t->pair_count = t->ask_count = t->ask_room = 0;
    t->asks = NULL;
    t->cut = false;
    return table_init(&t->by_hosts, TRUNK_HEALTH_PAIRS_MAX);
}

void trunk_health_fini(struct trunk_health *t)
{
    for (size_t i = 0; i < t->pair_count; i++) {
        free(t->pairs[i]->changes);
        free(t->pairs[i]);
    }
    free(t->asks);
    table_fini(&t->by_hosts);
}

/* ---- pairs ---- */

struct pair_key {
    const struct addr *source, *target;
};

static bool same_pair(const void *item, const void *key)
{
    const struct trunk_pair *pair = item;
    const struct pair_key *k = key;

    return addr_ip_eq(&pair->source, k->source) && addr_ip_eq(&pair->target, k->target);
}

/* Who could invent hosts meets the cap, whatever they hash to. */
static uint64_t hash_of(const struct pair_key *k)
{
    static const struct siphash_key key = { { 0, 0 } };
    char bytes[32];

    memcpy(bytes, k->source->ip, 16);
    memcpy(bytes + 16, k->target->ip, 16);
    return siphash(&key, bytes, sizeof bytes);
}

/* NULL: no memory, or no room (then `cut` is true). */
static struct trunk_pair *find_pair(struct trunk_health *t, const struct addr *source,
                                    const struct addr *target)
{
    const struct pair_key key = { source, target };
    uint64_t hash = hash_of(&key);
    struct trunk_pair *pair = table_find(&t->by_hosts, hash, same_pair, &key);

    if (pair)
        return pair;
    if (t->pair_count == TRUNK_HEALTH_PAIRS_MAX) {
        t->cut = true;
        return NULL;
    }
    pair = calloc(1, sizeof *pair);
    if (!pair)
        return NULL;
    pair->source = *source;
    pair->target = *target;
    pair->begun = pair->last_good = RECORD_NONE;
    pair->at = (uint32_t)t->pair_count;
    if (table_put(&t->by_hosts, hash, pair) != 0) {
        free(pair);
        return NULL;
    }
    t->pairs[t->pair_count++] = pair;
    return pair;
}

static bool add_change(struct trunk_pair *pair, int64_t time, enum pair_word word)
{
    if (time == RECORD_NONE || pair->change_count == CHANGES_MAX)
        return true;
    if (pair->change_count == pair->change_room) {
        size_t room = pair->change_room ? 2 * pair->change_room : 16;
        struct pair_change *changes = realloc(pair->changes, room * sizeof *changes);

        if (!changes)
            return false;
        pair->changes = changes;
        pair->change_room = room;
    }
    pair->changes[pair->change_count++] = (struct pair_change){ time, (uint8_t)word };
    return true;
}

static enum pair_word word_of(struct slice json)
{
    if (slice_eq(json, SLICE("\"up\"")) || slice_eq(json, SLICE("up")))
        return WORD_UP;
    return slice_eq(json, SLICE("\"down\"")) || slice_eq(json, SLICE("down")) ? WORD_DOWN
                                                                              : WORD_SILENT;
}

/* What a row remembers of its changes; the state itself where it remembers none. */
static bool add_history(struct trunk_pair *pair, const struct peer_record *peer)
{
    struct slice rest = peer->history, item;
    bool ok = add_change(pair, peer->since, word_of(peer->state));

    while (ok && json_item_next(&rest, &item))
        ok = add_change(pair, json_item_time(json_item_number(item, "t")),
                        word_of(json_item_get(item, "state")));
    return ok;
}

bool trunk_health_add_peer(struct trunk_health *t, const struct peer_record *peer)
{
    struct addr source, target;
    struct trunk_pair *pair;
    bool ok = true;

    if (peer->pings <= 0 || !addr_parse_ip(peer->source, &source) ||
        !addr_parse_ip(peer->target, &target))
        return true;
    pair = find_pair(t, &source, &target);
    if (!pair)
        return t->cut;
    if (peer->trunk.len && !pair->trunk[0])
        snprintf(pair->trunk, sizeof pair->trunk, "%.*s", (int)peer->trunk.len, peer->trunk.p);
    if (peer->last_good > pair->last_good)
        pair->last_good = peer->last_good;
    /* The newest row of a run of the probe: what it said holds no longer than it could know. */
    if (peer->first_seen != pair->begun) {
        int64_t end = peer->last_seen == RECORD_NONE ? RECORD_NONE : peer->last_seen + SILENT_NS;

        ok = add_change(pair, peer->first_seen, WORD_SILENT);
        if (ok && (pair->begun == RECORD_NONE || end < pair->begun))
            ok = add_change(pair, end, WORD_NONE);
        pair->begun = peer->first_seen;
    }
    return ok && add_history(pair, peer);
}

bool trunk_health_add_ask(struct trunk_health *t, const struct transaction_record *ask)
{
    bool answered = ask->final_status != RECORD_NONE;
    struct trunk_pair *pair;

    if (t->ask_count == TRUNK_HEALTH_ASKS_MAX) {
        t->cut = true;
        return true;
    }
    pair = find_pair(t, &ask->src, &ask->dst);
    if (!pair)
        return t->cut;
    if (t->ask_count == t->ask_room) {
        size_t room = t->ask_room ? 2 * t->ask_room : 1024;
        struct trunk_ask *asks = realloc(t->asks, room * sizeof *asks);

        if (!asks)
            return false;
        t->asks = asks;
        t->ask_room = room;
    }
    t->asks[t->ask_count++] =
        (struct trunk_ask){ ask->time, answered ? ask->round_trip_ms : NAN,
                            answered ? (int32_t)ask->final_status : 0, pair->at };
    return true;
}

/* ---- what they come to ---- */

/* As analyzer/peer/pairs.h has it. */
static bool is_good(int32_t status)
{
    return status && status != REQUEST_TIMEOUT &&
           (status < 500 || status == NOT_IMPLEMENTED || status >= 600);
}

static int compare_asks(const void *a, const void *b)
{
    const struct trunk_ask *x = a, *y = b;

    if (x->pair != y->pair)
        return x->pair < y->pair ? -1 : 1;
    return (x->time > y->time) - (x->time < y->time);
}

static int compare_changes(const void *a, const void *b)
{
    const struct pair_change *x = a, *y = b;

    /* Of the same instant: that it began, then what it was. */
    if (x->time == y->time)
        return (y->word == WORD_SILENT) - (x->word == WORD_SILENT);
    return x->time > y->time ? 1 : -1;
}

/* The state that a change leads to, in order of time; rows of several days say the same of most. */
static void settle_changes(struct trunk_pair *pair)
{
    size_t n = 0;

    if (pair->change_count)
        qsort(pair->changes, pair->change_count, sizeof *pair->changes, compare_changes);
    for (size_t i = 0; i < pair->change_count; i++) {
        if (n > 0 && pair->changes[n - 1].word == pair->changes[i].word)
            continue;
        if (n > 0 && pair->changes[n - 1].time == pair->changes[i].time)
            n--; /* the later word of the same instant */
        pair->changes[n++] = pair->changes[i];
    }
    pair->change_count = n;
}

static bool has_ask(const struct trunk_health *t, const struct trunk_pair *pair, int64_t from,
                    int64_t until)
{
    for (size_t i = 0; i < pair->asks; i++) {
        const struct trunk_ask *ask = &t->asks[pair->first_ask + i];

        if (ask->time >= from && ask->time < until)
            return true;
    }
    return false;
}

struct pair_span {
    int64_t from, until;
    uint8_t word;
    int32_t status; /* what was answered last while it was down; 0: nothing */
};

/* The next one within the time that is asked for, from the change *at on. */
static bool next_span(const struct trunk_health *t, const struct trunk_pair *pair, size_t *at,
                      struct pair_span *span)
{
    while (*at < pair->change_count) {
        const struct pair_change *change = &pair->changes[*at];
        int64_t end = ++*at < pair->change_count ? change[1].time : t->until;

        *span = (struct pair_span){ change->time < t->from ? t->from : change->time,
                                    end > t->until ? t->until : end, change->word, 0 };
        if (span->from >= span->until || change->word == WORD_NONE ||
            (change->word == WORD_SILENT && !has_ask(t, pair, span->from, span->until)))
            continue;
        for (size_t i = 0; i < pair->asks && change->word == WORD_DOWN; i++) {
            const struct trunk_ask *ask = &t->asks[pair->first_ask + i];

            if (ask->time >= span->from - SILENT_NS && ask->time < span->until &&
                !is_good(ask->status))
                span->status = ask->status;
        }
        return true;
    }
    return false;
}

static void judge(const struct trunk_health *t, struct trunk_pair *pair)
{
    struct pair_span span;
    size_t at = 0;
    uint8_t before = WORD_NONE;

    settle_changes(pair);
    pair->word = WORD_SILENT;
    pair->since = RECORD_NONE;
    for (size_t i = 0; i < pair->asks; i++)
        pair->answered += t->asks[pair->first_ask + i].status != 0;
    while (next_span(t, pair, &at, &span)) {
        pair->flaps += before == WORD_DOWN && span.word == WORD_UP;
        before = span.word;
    }
    /* As it stands at the end, whenever that began. */
    for (size_t i = 0; i < pair->change_count && pair->changes[i].time < t->until; i++) {
        pair->word = pair->changes[i].word;
        pair->since = pair->changes[i].time;
    }
    if (pair->word == WORD_NONE)
        pair->word = WORD_SILENT;
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Nearest rank; NaN: nothing was answered. Puts the values in order. */
static double rank(double *values, size_t n, double share)
{
    size_t at = n ? (size_t)ceil(share * (double)n) : 0;

    if (n == 0)
        return NAN;
    qsort(values, n, sizeof *values, compare_reals);
    return values[at ? at - 1 : 0];
}

static void write_rounds(struct jsonw *j, double *values, size_t n, const char *p50,
                         const char *p95)
{
    jsonw_key(j, p50);
    jsonw_real(j, rank(values, n, 0.5), 3);
    jsonw_key(j, p95);
    jsonw_real(j, rank(values, n, 0.95), 3);
}

static void write_status(struct jsonw *j, int32_t status)
{
    jsonw_key(j, "status");
    if (status)
        jsonw_int(j, status);
    else
        jsonw_null(j);
}

static void write_key_time(struct jsonw *j, const char *key, int64_t time)
{
    jsonw_key(j, key);
    if (time == RECORD_NONE)
        jsonw_null(j);
    else
        jsonw_time(j, time);
}

static void write_key_int(struct jsonw *j, const char *key, int64_t value)
{
    jsonw_key(j, key);
    jsonw_int(j, value);
}

static struct slice word_text(uint8_t word)
{
    return word == WORD_UP ? SLICE("up") : word == WORD_DOWN ? SLICE("down") : SLICE("silent");
}

static void write_spans(struct jsonw *j, const struct trunk_health *t,
                        const struct trunk_pair *pair)
{
    struct pair_span span;
    size_t at = 0;

    jsonw_key(j, "spans");
    jsonw_array_open(j);
    while (next_span(t, pair, &at, &span)) {
        jsonw_object_open(j);
        write_key_time(j, "from", span.from);
        write_key_time(j, "until", span.until);
        jsonw_key(j, "state");
        jsonw_text(j, word_text(span.word));
        write_status(j, span.status);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}

/* Those of one piece of the time. status: the last that was bad, else the last. */
static void write_point(struct jsonw *j, const struct trunk_ask *asks, size_t n, int64_t time,
                        double *values)
{
    size_t answered = 0, timed = 0;
    int32_t status = 0;
    bool any_bad = false;

    for (size_t i = 0; i < n; i++) {
        answered += asks[i].status != 0;
        if (!isnan(asks[i].round_trip_ms))
            values[timed++] = asks[i].round_trip_ms;
        if (!is_good(asks[i].status) || !any_bad)
            status = asks[i].status;
        any_bad = any_bad || !is_good(asks[i].status);
    }
    jsonw_object_open(j);
    write_key_time(j, "time", time);
    write_key_int(j, "asked", (int64_t)n);
    write_key_int(j, "answered", (int64_t)answered);
    write_rounds(j, values, timed, "round_trip_ms", "round_trip_ms_p95");
    write_status(j, status);
    jsonw_object_close(j);
}

static void write_points(struct jsonw *j, const struct trunk_health *t,
                         const struct trunk_pair *pair, double *values)
{
    const struct trunk_ask *asks = t->asks + pair->first_ask;
    int64_t step = (t->until - t->from) / TRUNK_HEALTH_POINTS;
    size_t i = 0;

    jsonw_key(j, "points");
    jsonw_array_open(j);
    while (i < pair->asks && step > 0) {
        int64_t time = asks[i].time - (asks[i].time - t->from) % step;
        size_t n = 1;

        while (i + n < pair->asks && asks[i + n].time < time + step)
            n++;
        write_point(j, asks + i, n, time, values);
        i += n;
    }
    jsonw_array_close(j);
}

static void write_pair(struct jsonw *j, const struct trunk_health *t, const struct trunk_pair *pair,
                       double *values)
{
    const struct trunk_ask *asks = t->asks + pair->first_ask;
    char text[ADDR_TEXT_MAX];
    size_t timed = 0;

    for (size_t i = 0; i < pair->asks; i++) {
        if (!isnan(asks[i].round_trip_ms))
            values[timed++] = asks[i].round_trip_ms;
    }
    jsonw_object_open(j);
    jsonw_key(j, "trunk");
    jsonw_text(j, pair->trunk[0] ? slice_of_text(pair->trunk) : SLICE_ABSENT);
    jsonw_key(j, "address");
    jsonw_text(j, slice_of(text, addr_format_ip(&pair->target, text)));
    jsonw_key(j, "source");
    jsonw_text(j, slice_of(text, addr_format_ip(&pair->source, text)));
    jsonw_key(j, "state");
    jsonw_text(j, word_text(pair->word));
    write_key_time(j, "since", pair->since);
    write_key_time(j, "last_answer", pair->last_good);
    write_key_time(j, "last_asked", pair->asks ? asks[pair->asks - 1].time : RECORD_NONE);
    write_key_int(j, "flaps", pair->flaps);
    write_key_int(j, "asked", (int64_t)pair->asks);
    write_key_int(j, "answered", pair->answered);
    write_rounds(j, values, timed, "round_trip_ms_p50", "round_trip_ms_p95");
    write_spans(j, t, pair);
    write_points(j, t, pair, values);
    jsonw_object_close(j);
}

/* Trunks with a name, then what is down, flaps, or is asked most. */
static int compare_pairs(const void *a, const void *b)
{
    const struct trunk_pair *x = *(const struct trunk_pair *const *)a;
    const struct trunk_pair *y = *(const struct trunk_pair *const *)b;
    int order = (x->trunk[0] == '\0') - (y->trunk[0] == '\0');

    if (order == 0)
        order = (y->word == WORD_DOWN) - (x->word == WORD_DOWN);
    if (order == 0)
        order = (y->flaps > x->flaps) - (y->flaps < x->flaps);
    if (order == 0)
        order = strcmp(x->trunk, y->trunk);
    if (order == 0)
        order = (y->asks > x->asks) - (y->asks < x->asks);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

void trunk_health_write(struct trunk_health *t, struct jsonw *j)
{
    double *values = calloc(t->ask_count + 1, sizeof *values);
    size_t shown = 0;

    if (t->ask_count)
        qsort(t->asks, t->ask_count, sizeof *t->asks, compare_asks);
    for (size_t i = t->ask_count; i-- > 0;) {
        struct trunk_pair *pair = t->pairs[t->asks[i].pair];

        pair->first_ask = i;
        pair->asks++;
    }
    for (size_t i = 0; i < t->pair_count; i++)
        judge(t, t->pairs[i]);
    if (t->pair_count)
        qsort(t->pairs, t->pair_count, sizeof(struct trunk_pair *), compare_pairs);
    jsonw_key(j, "targets");
    jsonw_array_open(j);
    for (size_t i = 0; i < t->pair_count && values && !j->out->failed; i++) {
        /* A row of another day, of a target that nobody asked in this time. */
        if (t->pairs[i]->asks == 0 && !t->pairs[i]->trunk[0])
            continue;
        if (shown++ == TRUNK_HEALTH_SHOWN_MAX) {
            t->cut = true;
            break;
        }
        write_pair(j, t, t->pairs[i], values);
    }
    jsonw_array_close(j);
    if (t->cut) {
        jsonw_key(j, "cut");
        jsonw_bool(j, true);
    }
    j->out->failed = j->out->failed || !values;
    free(values);
}
