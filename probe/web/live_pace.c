#include "probe/web/live_pace.h"

#include <time.h>

enum {
    FROM_CLIENTS = 32,
    BURST_MAX = 8,
    SLICE_CLIENTS = 50,
    READ_EVERY_US = 5000,
    ROUND_MIN_US = 10000,
    ROUND_MAX_US = 500000,
};

static bool is_paced(const struct server *s)
{
    return s->live_clients >= FROM_CLIENTS;
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool is_behind(const struct server *s, const struct client *c)
{
    return c->is_live && (c->phase != CLIENT_FLOW || c->position != live_join(&s->live));
}

/* From the place `at` on up to `most` of them; where it stopped. */
static size_t wake_clients(struct server *s, size_t at, size_t most)
{
    for (; most && at < s->client_room; at++) {
        if (!is_behind(s, &s->clients[at]))
            continue;
        lws_callback_on_writable(s->clients[at].wsi);
        most--;
    }
    return at;
}

/* A slice of the clients at a time, so that the feed is read between. */
static void on_round(lws_sorted_usec_list_t *sul)
{
    struct server *s = lws_container_of(sul, struct server, pace.round);

    if (s->pace.at == 0) {
        s->pace.cpu_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
        s->pace.wall_us = clock_us(CLOCK_MONOTONIC);
    }
    s->pace.at = wake_clients(s, s->pace.at, SLICE_CLIENTS);
    if (s->pace.at < s->client_room) {
        lws_sul_schedule(s->context, 0, &s->pace.round, on_round, 1);
        return;
    }
    s->pace.at = 0;
    s->pace.is_round_due = false;
}

void live_pace_wake(struct server *s)
{
    int64_t spent, passed, wait;

    s->live.is_thin = is_paced(s);
    if (!is_paced(s)) {
        wake_clients(s, 0, s->client_room);
        return;
    }
    if (s->pace.is_round_due)
        return;
    /* As long again as the last round took of the processor, with all that came between. */
    spent = clock_us(CLOCK_THREAD_CPUTIME_ID) - s->pace.cpu_us;
    passed = clock_us(CLOCK_MONOTONIC) - s->pace.wall_us;
    wait = 2 * spent - passed;
    if (wait < ROUND_MIN_US - passed)
        wait = ROUND_MIN_US - passed;
    wait = wait < 1 ? 1 : wait > ROUND_MAX_US ? ROUND_MAX_US : wait;
    s->pace.is_round_due = true;
    lws_sul_schedule(s->context, 0, &s->pace.round, on_round, wait);
}

static void on_read_again(lws_sorted_usec_list_t *sul)
{
    struct server *s = lws_container_of(sul, struct server, pace.read);

    if (s->feed)
        lws_rx_flow_control(s->feed, 1);
}

void live_pace_read(struct server *s)
{
    if (!is_paced(s))
        return;
    lws_rx_flow_control(s->feed, 0);
    lws_sul_schedule(s->context, 0, &s->pace.read, on_read_again, READ_EVERY_US);
}

int live_pace_burst(const struct server *s)
{
    return is_paced(s) ? 1 : BURST_MAX;
}

void live_pace_again(struct server *s, struct client *c)
{
    if (is_paced(s) && c->phase == CLIENT_FLOW)
        live_pace_wake(s);
    else
        lws_callback_on_writable(c->wsi);
}
