/*
 * api_health_of_trunks - which targets were up, and how fast they answered OPTIONS.
 */
#include "probe/web/api_context.h"

#include "probe/web/moment.h"
#include "probe/web/trunk_health.h"
#include "storage/query_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum {
    PEERS_MAX = 100000,
    /* Among 100,000 phones that register anew every hour a day of OPTIONS takes most of a second to be
     * found: beyond this what is older stays without its round trips. */
    LOOK_MS_MAX = 1500,
};

#define HOUR_NS INT64_C(3600000000000)
#define DAY_NS  (24 * HOUR_NS)

struct health {
    struct trunk_health sums;
    bool no_memory;
};

static bool on_peer(void *ctx, const void *record)
{
    struct health *h = ctx;

    h->no_memory = !trunk_health_add_peer(&h->sums, record);
    return !h->no_memory;
}

static bool on_ask(void *ctx, const void *record)
{
    struct health *h = ctx;

    h->no_memory = !trunk_health_add_ask(&h->sums, record);
    return !h->no_memory;
}

/* A row is named after the first report of its day: the day of `from` counts from its beginning. */
static int read_peers(struct query *q, struct health *h)
{
    const struct query_scan scan = { .type = &record_type_peer,
                                     .since = h->sums.from - h->sums.from % DAY_NS,
                                     .until = h->sums.until,
                                     .rows_max = PEERS_MAX,
                                     .row = on_peer,
                                     .ctx = h };
    bool cut = false;
    int err = query_scan_rows(q, &scan, &cut);

    h->sums.cut = h->sums.cut || cut;
    return err;
}

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Those of a part of the time. */
static int read_some_asks(struct query *q, struct health *h, int64_t since, int64_t until)
{
    static const char *const fields[] = { "src",          "dst",           "time",
                                          "final_status", "round_trip_ms", NULL };
    const struct query_scan scan = { .type = &record_type_transaction,
                                     .fields = fields,
                                     .texts = { { "method = ?", SLICE_INIT("options") } },
                                     .since = since,
                                     .until = until,
                                     .rows_max = TRUNK_HEALTH_ASKS_MAX,
                                     .row = on_ask,
                                     .ctx = h };
    bool cut = false;
    int err = query_scan_rows(q, &scan, &cut);

    h->sums.cut = h->sums.cut || cut;
    return err;
}

/* Hour by hour, the newest first. */
static int read_asks(struct query *q, struct health *h)
{
    int64_t end_ms = monotonic_ms() + LOOK_MS_MAX, until = h->sums.until;
    int err = 0;

    while (err == 0 && until > h->sums.from && !h->sums.cut) {
        int64_t since = until - HOUR_NS > h->sums.from ? until - HOUR_NS : h->sums.from;

        err = read_some_asks(q, h, since, until);
        until = since;
        h->sums.cut = h->sums.cut || (until > h->sums.from && monotonic_ms() > end_ms);
    }
    return err;
}

void api_health_of_trunks_get(struct api_context *c)
{
    struct health *h = calloc(1, sizeof *h);
    int64_t until = c->asked.until;
    struct jsonw *j = &c->json;
    int err = h ? 0 : -ENOMEM;

    if (err == 0 && until == RECORD_NONE) {
        err = moment_of_store(c->api->query, &until);
        until++; /* the newest packet is one of them */
    }
    if (err == 0)
        err = trunk_health_init(&h->sums, until - (int64_t)c->asked.hours * HOUR_NS, until);
    if (err) {
        free(h);
        api_fail_store(c, err);
        return;
    }
    err = read_peers(c->api->query, h);
    if (err == 0)
        err = read_asks(c->api->query, h);
    if (err == 0 && h->no_memory)
        err = -ENOMEM;
    if (err == 0) {
        jsonw_object_open(j);
        api_write_key_time(j, "from", h->sums.from);
        api_write_key_time(j, "until", h->sums.until);
        trunk_health_write(&h->sums, j);
        jsonw_object_close(j);
        api_finish_json(c);
    } else {
        api_fail_store(c, err);
    }
    trunk_health_fini(&h->sums);
    free(h);
}
