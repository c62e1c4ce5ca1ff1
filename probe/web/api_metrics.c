/*
 * api_metrics - what Prometheus asks for.
 */
#include "probe/state/outbox.h"
#include "probe/web/latest_line.h"
#include "probe/web/metrics.h"
#include "probe/web/routes.h"

#include <stdlib.h>
#include <time.h>

static void write_build(struct exposition *e)
{
    exposition_begin(e, "earshot_build_info", EXPOSITION_GAUGE, "Which Earshot this is: always 1.");
    exposition_label(e, 0, "version", SLICE(EARSHOT_VERSION));
    exposition_count(e, 1);
}

/* ---- who is told ---- */

struct receiver_family {
    struct exposition *e;
    int64_t now_ms;
};

static bool on_receiver(void *ctx, const struct outbox_receiver *r)
{
    struct exposition *e = ctx;

    exposition_label(e, 0, "receiver", slice_of_text(r->name));
    exposition_label(e, 1, "state", SLICE("waiting"));
    exposition_count(e, (uint64_t)r->waiting);
    exposition_label(e, 1, "state", SLICE("delivered"));
    exposition_count(e, (uint64_t)r->delivered);
    exposition_label(e, 1, "state", SLICE("dead"));
    exposition_count(e, (uint64_t)r->dead);
    return true;
}

static bool on_receiver_age(void *ctx, const struct outbox_receiver *r)
{
    struct receiver_family *f = ctx;

    exposition_label(f->e, 0, "receiver", slice_of_text(r->name));
    exposition_value(f->e,
                     r->oldest_waiting_ms ? (double)(f->now_ms - r->oldest_waiting_ms) / 1e3 : 0);
    return true;
}

static void write_deliveries(struct exposition *e, struct outbox *outbox)
{
    struct receiver_family ages = { e, api_now_ms() };

    if (!outbox)
        return;
    exposition_begin(e, "earshot_deliveries", EXPOSITION_GAUGE,
                     "Messages of alerts that are kept, by receiver and state.");
    (void)outbox_list_receivers(outbox, on_receiver, e);
    exposition_begin(e, "earshot_outbox_oldest_seconds", EXPOSITION_GAUGE,
                     "How long the oldest message waits to be delivered; 0: none waits.");
    (void)outbox_list_receivers(outbox, on_receiver_age, &ages);
}

/* ---- the web process ---- */

static struct slice method_name(uint8_t method)
{
    static const struct slice names[] = { [EXCHANGE_GET] = SLICE_INIT("GET"),
                                          [EXCHANGE_POST] = SLICE_INIT("POST"),
                                          [EXCHANGE_DELETE] = SLICE_INIT("DELETE") };

    return names[method];
}

/* A pattern of ours, never a path that somebody asked for. */
static void label_route(struct exposition *e, size_t number)
{
    const struct route *route = number ? routes_at(number - 1) : NULL;

    exposition_label(e, 0, "route",
                     route                        ? slice_of_text(route->path)
                     : number == TALLY_ROUTE_FILE ? SLICE("file")
                                                  : SLICE("none"));
    exposition_label(e, 1, "method", route ? method_name(route->method) : SLICE(""));
}

static void write_requests(struct exposition *e, struct tally *tally)
{
    static const char *const classes[TALLY_CLASSES] = { "", "1xx", "2xx", "3xx", "4xx", "5xx" };

    exposition_begin(e, "earshot_http_requests", EXPOSITION_COUNTER,
                     "Requests answered, by route, method and class of status.");
    for (size_t i = 0; i < TALLY_ROUTES_MAX; i++) {
        for (size_t k = 1; k < TALLY_CLASSES; k++) {
            uint64_t count = atomic_load(&tally->requests[i][k]);

            if (count == 0)
                continue;
            label_route(e, i);
            exposition_label(e, 2, "class", slice_of_text(classes[k]));
            exposition_count(e, count);
        }
    }
}

static void write_web(struct exposition *e, struct tally *tally)
{
    static const struct {
        const char *family, *help;
        enum exposition_type type;
    } rows[TALLY_FIGURES] = {
        [TALLY_CONNECTIONS] = { "earshot_http_connections", "Connections that are open.",
                                EXPOSITION_GAUGE },
        [TALLY_EVICTED] = { "earshot_http_connections_evicted",
                            "Idle connections that made room for others.", EXPOSITION_COUNTER },
        [TALLY_REFUSED] = { "earshot_http_connections_refused",
                            "Connections for which there was no room.", EXPOSITION_COUNTER },
        [TALLY_LIVE_CLIENTS] = { "earshot_live_clients", "Who listens to the live feed.",
                                 EXPOSITION_GAUGE },
        [TALLY_LIVE_MESSAGES] = { "earshot_live_messages", "Messages of the live feed.",
                                  EXPOSITION_COUNTER },
    };

    for (size_t i = 0; i < TALLY_FIGURES; i++) {
        exposition_begin(e, rows[i].family, rows[i].type, rows[i].help);
        exposition_count(e, atomic_load(&tally->figures[i]));
    }
    write_requests(e, tally);
}

/* ---- all of it ---- */

/* The newest line of its kind, while a probe is connected; absent: none. */
static struct slice newest(struct api_context *c, struct latest_line *line, struct strbuf *room)
{
    if (!line || !atomic_load(c->api->options.live))
        return SLICE_ABSENT;
    latest_line_add_to(line, room);
    return room->len && !room->failed ? strbuf_slice(room) : SLICE_ABSENT;
}

void api_metrics_get(struct api_context *c)
{
    struct exposition e = { .out = &c->x->body, .is_open = c->x->wants_openmetrics };
    const struct api_options *o = &c->api->options;
    struct tally_calls *calls = malloc(sizeof *calls);
    struct strbuf stats = { 0 }, rules = { 0 };

    if (!calls || !o->tally) {
        free(calls);
        exchange_fail(c->x, 503, "nothing is counted here");
        return;
    }
    tally_read(o->tally, calls);
    write_build(&e);
    metrics_write_stats(&e, newest(c, o->stats, &stats));
    metrics_write_calls(&e, calls);
    metrics_write_rules(&e, newest(c, o->rules, &rules));
    metrics_write_store(&e, c);
    write_deliveries(&e, o->outbox);
    write_web(&e, o->tally);
    exposition_end(&e);
    free(calls);
    strbuf_fini(&stats);
    strbuf_fini(&rules);
    api_finish_json(c);
    if (c->x->status == 200)
        c->x->content_type = e.is_open ? EXPOSITION_OPEN_TYPE : EXPOSITION_TEXT_TYPE;
}
