#include "probe/web/live_state.h"

#include "analyzer/base/json_item.h"

#include <errno.h>
#include <stdlib.h>

enum {
    ALERTS_AT = LIVE_STATE_FIGURES_MAX,
    CALLS_AT = ALERTS_AT + LIVE_STATE_ALERTS_MAX,
};

static const struct slice figures[LIVE_STATE_FIGURES_MAX] = {
    SLICE_INIT("stats"),
    SLICE_INIT("mirror"),
    SLICE_INIT("store"),
    SLICE_INIT("rules"),
};

int live_state_init(struct live_state *s)
{
    *s = (struct live_state){ .places = calloc(LIVE_STATE_PLACES, sizeof *s->places) };
    return s->places ? 0 : -ENOMEM;
}

static void clear(struct live_state *s, struct live_place *p)
{
    s->bytes -= p->len;
    free(p->text);
    *p = (struct live_place){ 0 };
}

void live_state_fini(struct live_state *s)
{
    for (size_t i = 0; s->places && i < LIVE_STATE_PLACES; i++)
        clear(s, &s->places[i]);
    free(s->places);
    *s = (struct live_state){ 0 };
}

/* A text without its quotes; absent: it is none. */
static struct slice word(struct slice message, const char *key)
{
    struct slice value = json_item_get(message, key);

    return value.len >= 2 && value.p[0] == '"' ? slice_of(value.p + 1, value.len - 2)
                                               : SLICE_ABSENT;
}

/* FNV-1a: these are our own ids, nobody chooses them. */
static uint64_t hash(struct slice a, struct slice b)
{
    uint64_t h = 14695981039346656037u;

    for (size_t i = 0; i < a.len; i++)
        h = (h ^ (unsigned char)a.p[i]) * 1099511628211u;
    h = (h ^ '/') * 1099511628211u;
    for (size_t i = 0; i < b.len; i++)
        h = (h ^ (unsigned char)b.p[i]) * 1099511628211u;
    return h ? h : 1;
}

uint64_t live_state_key(struct slice message)
{
    struct slice type = word(message, "type"), id = word(message, "id");

    if (!id.p || (!slice_eq(type, SLICE("call")) && !slice_eq(type, SLICE("alert"))))
        return 0;
    return hash(type, id);
}

static void put(struct live_state *s, struct live_place *p, uint64_t key, struct slice message)
{
    char *text = NULL;

    if (s->bytes - p->len + message.len <= LIVE_STATE_BYTES_MAX)
        text = malloc(message.len);
    if (!text) {
        /* An older version of it would be wrong. */
        clear(s, p);
        s->left_out++;
        return;
    }
    memcpy(text, message.p, message.len);
    clear(s, p);
    *p = (struct live_place){ key, text, message.len };
    s->bytes += message.len;
}

/* The place of that key, else a free one, else NULL. */
static struct live_place *find(struct live_state *s, size_t from, size_t to, uint64_t key)
{
    struct live_place *free_one = NULL;

    for (size_t i = from; i < to; i++) {
        if (s->places[i].key == key)
            return &s->places[i];
        if (s->places[i].key == 0 && !free_one)
            free_one = &s->places[i];
    }
    return free_one;
}

static void keep(struct live_state *s, size_t from, size_t to, bool is_over, struct slice message)
{
    uint64_t key = live_state_key(message);
    struct live_place *p;

    if (key == 0)
        return;
    p = find(s, from, to, key);
    if (is_over && p && p->key == key)
        clear(s, p);
    else if (!is_over && p)
        put(s, p, key, message);
    else if (!is_over)
        s->left_out++;
}

static bool is_alert_over(struct slice alert)
{
    struct slice state = word(alert, "state");

    return !slice_eq(state, SLICE("firing")) && !slice_eq(state, SLICE("pending"));
}

void live_state_take(struct live_state *s, struct slice message)
{
    struct slice type = word(message, "type");

    if (slice_eq(type, SLICE("call"))) {
        keep(s, CALLS_AT, LIVE_STATE_PLACES, slice_eq(word(message, "event"), SLICE("closed")),
             message);
        return;
    }
    if (slice_eq(type, SLICE("alert"))) {
        keep(s, ALERTS_AT, CALLS_AT, is_alert_over(message), message);
        return;
    }
    for (size_t i = 0; i < LIVE_STATE_FIGURES_MAX; i++) {
        if (slice_eq(type, figures[i]))
            put(s, &s->places[i], 1, message);
    }
}

void live_state_seed(struct live_state *s, struct slice alert)
{
    uint64_t key = live_state_key(alert);
    struct live_place *p = find(s, ALERTS_AT, CALLS_AT, key);

    if (key && p && p->key == 0 && !is_alert_over(alert))
        put(s, p, key, alert);
}

void live_state_forget(struct live_state *s)
{
    for (size_t i = 0; i < LIVE_STATE_PLACES; i++) {
        if (i < ALERTS_AT || i >= CALLS_AT)
            clear(s, &s->places[i]);
    }
    s->left_out = 0;
}

void live_state_forget_alerts(struct live_state *s)
{
    for (size_t i = ALERTS_AT; i < CALLS_AT; i++)
        clear(s, &s->places[i]);
}

bool live_state_next(const struct live_state *s, size_t *at, struct slice *message)
{
    while (*at < LIVE_STATE_PLACES) {
        const struct live_place *p = &s->places[(*at)++];

        if (p->key) {
            *message = slice_of(p->text, p->len);
            return true;
        }
    }
    return false;
}
