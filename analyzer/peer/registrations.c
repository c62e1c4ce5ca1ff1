#include "analyzer/peer/registrations.h"

#include "analyzer/sip/sip_uri.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define NS_PER_S                  INT64_C(1000000000)
#define OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

enum registration_state { UNKNOWN, REGISTERED, EXPIRED, REMOVED, REFUSED, CHALLENGED, STATES };

enum text { TEXT_USER, TEXT_DOMAIN, TEXT_CONTACT, TEXT_AGENT, TEXTS };

struct registration {
    struct expiry_link expiry;
    struct recency_link recency;
    struct told told;
    uint64_t hash;
    struct addr source, registrar; /* their IP addresses count */
    char *texts;                   /* one after the other */
    uint8_t text_len[TEXTS];
    uint8_t text_known;       /* bits 1 << enum text: absent is not empty */
    uint8_t state, last_word; /* enum registration_state; of the last answer alone */
    bool lost;                /* was registered, and its time ran out */
    uint16_t last_status;     /* 0: none */
    uint32_t attempts, successes, challenges, failures, unanswered, flaps;
    int64_t contacts;
    int64_t since, expires_ns, first_seen, last_seen, last_success;
    double round_trip_ms;
};

/* Who is looked for. */
struct registration_key {
    struct slice user, domain;
    const struct addr *source, *registrar;
};

static struct slice state_text(uint8_t state)
{
    static const struct slice texts[STATES] = {
        SLICE_INIT("unknown"), SLICE_INIT("registered"), SLICE_INIT("expired"),
        SLICE_INIT("removed"), SLICE_INIT("refused"),    SLICE_INIT("challenged"),
    };

    return texts[state];
}

static struct slice text_of(const struct registration *g, enum text which)
{
    const char *p = g->texts;

    if (!(g->text_known >> which & 1))
        return SLICE_ABSENT;
    for (unsigned i = 0; i < which; i++)
        p += g->text_len[i];
    return slice_of(p, g->text_len[which]);
}

static struct slice cut(struct slice s)
{
    s.len = s.len < REGISTRATIONS_TEXT_MAX ? s.len : REGISTRATIONS_TEXT_MAX;
    return s;
}

/* False without memory: the texts stay as they were. */
static bool keep_texts(struct registration *g, const struct slice texts[TEXTS])
{
    size_t total = 0, at = 0;
    char *block;

    for (int i = 0; i < TEXTS; i++)
        total += texts[i].len;
    block = malloc(total ? total : 1);
    if (!block)
        return false;
    g->text_known = 0;
    for (int i = 0; i < TEXTS; i++) {
        if (texts[i].len)
            memcpy(block + at, texts[i].p, texts[i].len);
        at += texts[i].len;
        g->text_len[i] = (uint8_t)texts[i].len;
        g->text_known |= (uint8_t)((texts[i].p != NULL) << i);
    }
    free(g->texts);
    g->texts = block;
    return true;
}

static bool same_registration(const void *item, const void *key)
{
    const struct registration *g = item;
    const struct registration_key *k = key;

    return addr_ip_eq(&g->source, k->source) && addr_ip_eq(&g->registrar, k->registrar) &&
           slice_eq(text_of(g, TEXT_USER), k->user) &&
           slice_ieq(text_of(g, TEXT_DOMAIN), k->domain);
}

static uint64_t hash_of(const struct siphash_key *key, const struct registration_key *k)
{
    char bytes[32 + 2 * REGISTRATIONS_TEXT_MAX];
    size_t at = 32;

    memcpy(bytes, k->source->ip, 16);
    memcpy(bytes + 16, k->registrar->ip, 16);
    if (k->user.len)
        memcpy(bytes + at, k->user.p, k->user.len);
    at += k->user.len;
    for (size_t i = 0; i < k->domain.len; i++) { /* hosts have no case */
        char c = k->domain.p[i];

        bytes[at++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return siphash(key, bytes, at);
}

static void tell(struct registrations *r, struct registration *g, int64_t now_ns)
{
    char source[ADDR_TEXT_MAX], registrar[ADDR_TEXT_MAX];
    struct registration_record out;

    record_clear(&record_type_registration, &out);
    out.id = told_now(r->room, &g->told, now_ns, (uint64_t)g->first_seen);
    out.user = text_of(g, TEXT_USER);
    out.domain = text_of(g, TEXT_DOMAIN);
    out.source = slice_of(source, addr_format_ip(&g->source, source));
    out.registrar = slice_of(registrar, addr_format_ip(&g->registrar, registrar));
    out.state = state_text(g->state);
    out.since = g->since;
    out.expires_time = g->expires_ns;
    out.contact = text_of(g, TEXT_CONTACT);
    out.user_agent = text_of(g, TEXT_AGENT);
    out.contacts = g->contacts;
    out.attempts = g->attempts;
    out.successes = g->successes;
    out.challenges = g->challenges;
    out.failures = g->failures;
    out.unanswered = g->unanswered;
    if (g->last_status)
        out.last_status = g->last_status;
    out.round_trip_ms = g->round_trip_ms;
    out.flaps = g->flaps;
    out.first_seen = g->first_seen;
    out.last_seen = g->last_seen;
    out.last_success = g->last_success;
    if (r->room->record)
        r->room->record(r->room->ctx, &record_type_registration, &out);
}

/* One that asked once and was turned away may be one of ten thousand that somebody tries out. */
static bool is_worth_telling(const struct registration *g)
{
    return g->successes || g->attempts > 1;
}

static void arm(struct registrations *r, struct registration *g, int64_t now_ns)
{
    int64_t deadline = INT64_MAX;

    if (g->state == REGISTERED && g->expires_ns != RECORD_NONE)
        deadline = g->expires_ns + REGISTRATIONS_GRACE_S * NS_PER_S;
    if (g->told.news && is_worth_telling(g)) {
        int64_t due = (g->told.id ? g->told.time_ns : now_ns) + TOLD_EVERY_S * NS_PER_S;

        deadline = due < deadline ? due : deadline;
    }
    if (deadline == INT64_MAX)
        expiry_cancel(&g->expiry);
    else
        expiry_set(&r->expiry, &g->expiry, deadline);
}

/* At once if its state is another and that state was ever good; else once a minute. */
static void tell_in_time(struct registrations *r, struct registration *g, int64_t now_ns,
                         bool changed)
{
    g->told.news = true;
    if (is_worth_telling(g) && (told_is_due(&g->told, now_ns) || (changed && g->successes)) &&
        told_may_begin(r->room, &g->told, now_ns))
        tell(r, g, now_ns);
    arm(r, g, now_ns);
}

static bool set_state(struct registration *g, enum registration_state state, int64_t time_ns)
{
    if (g->state == state)
        return false;
    g->state = (uint8_t)state;
    g->since = time_ns;
    return true;
}

static void drop(struct registrations *r, struct registration *g)
{
    expiry_cancel(&g->expiry);
    recency_take_out(&g->recency);
    table_remove(&r->table, g->hash, g);
    free(g->texts);
    free(g);
}

static bool make_room(struct registrations *r, bool for_proven)
{
    struct recency_link *victim;
    struct registration *g;

    if (r->table.used < r->max)
        return true;
    r->counters->refusals[REFUSAL_REGISTRATIONS]++;
    victim = recency_victim(&r->recency, for_proven);
    if (!victim)
        return false;
    g = OWNER(victim, struct registration, recency);
    if (g->told.news && is_worth_telling(g) && told_may_begin(r->room, &g->told, g->last_seen))
        tell(r, g, g->last_seen);
    drop(r, g);
    return true;
}

static struct registration *open_registration(struct registrations *r,
                                              const struct registration_key *k, uint64_t hash,
                                              const struct transaction_record *t, bool proven)
{
    const struct slice texts[TEXTS] = { k->user, k->domain, cut(t->contact), cut(t->user_agent) };
    struct registration *g;

    if (!make_room(r, proven))
        return NULL;
    g = calloc(1, sizeof *g);
    if (!g || !keep_texts(g, texts) || table_put(&r->table, hash, g) != 0) {
        r->counters->refusals[REFUSAL_MEMORY]++;
        if (g)
            free(g->texts);
        free(g);
        return NULL;
    }
    g->hash = hash;
    g->source = t->src;
    g->registrar = t->dst;
    g->since = g->first_seen = t->time;
    g->expires_ns = g->last_success = g->contacts = RECORD_NONE;
    g->round_trip_ms = NAN;
    return g;
}

static void renew_texts(struct registration *g, const struct transaction_record *t)
{
    const struct slice texts[TEXTS] = { text_of(g, TEXT_USER), text_of(g, TEXT_DOMAIN),
                                        cut(t->contact),
                                        t->user_agent.p ? cut(t->user_agent)
                                                        : text_of(g, TEXT_AGENT) };

    if (!slice_eq(texts[TEXT_CONTACT], text_of(g, TEXT_CONTACT)) ||
        !slice_eq(texts[TEXT_AGENT], text_of(g, TEXT_AGENT)))
        keep_texts(g, texts);
}

static bool take_success(struct registration *g, const struct transaction_record *t, int64_t now_ns)
{
    bool again = g->lost;

    g->successes++;
    g->last_success = now_ns;
    if (t->contacts != RECORD_NONE)
        g->contacts = t->contacts;
    if (!t->contact.p)
        return false; /* a question, who is registered: it binds nobody */
    renew_texts(g, t);
    if (t->expires_s == 0) {
        g->expires_ns = RECORD_NONE;
        g->lost = false;
        return set_state(g, REMOVED, now_ns);
    }
    g->expires_ns = t->expires_s == RECORD_NONE ? RECORD_NONE : now_ns + t->expires_s * NS_PER_S;
    g->lost = false;
    g->last_word = REGISTERED;
    if (!set_state(g, REGISTERED, now_ns))
        return false;
    g->flaps += again;
    return true;
}

static bool is_bound(const struct registration *g, int64_t now_ns)
{
    return g->state == REGISTERED && (g->expires_ns == RECORD_NONE || g->expires_ns > now_ns);
}

/* What the answer means. True: the state is another. */
static bool take_answer(struct registration *g, const struct transaction_record *t, int64_t now_ns)
{
    enum { INTERVAL_TOO_BRIEF = 423 }; /* asks to come again with a longer time: no refusal */
    bool challenge = t->final_status == 401 || t->final_status == 407;

    if (t->final_status == RECORD_NONE) {
        g->unanswered++;
        return false;
    }
    g->last_status = (uint16_t)t->final_status;
    g->round_trip_ms = t->round_trip_ms;
    if (t->final_status < 300)
        return take_success(g, t, now_ns);
    if (t->final_status == INTERVAL_TOO_BRIEF)
        return false;
    g->failures += !challenge;
    g->last_word = challenge ? CHALLENGED : REFUSED;
    return !is_bound(g, now_ns) && set_state(g, (enum registration_state)g->last_word, now_ns);
}

void registrations_take(struct registrations *r, const struct transaction_record *t,
                        int64_t asked_ns)
{
    bool answered = t->final_status != RECORD_NONE;
    bool proven = answered && t->final_status < 300;
    int64_t now_ns = asked_ns + (answered ? (int64_t)(t->round_trip_ms * 1e6) : 0);
    struct sip_uri uri;
    struct registration_key key = { cut(t->user), SLICE_ABSENT, &t->src, &t->dst };
    struct registration *g;
    uint64_t hash;
    bool changed;

    if (sip_uri_parse(&uri, t->to_uri))
        key.domain = cut(uri.host);
    hash = hash_of(&r->key, &key);
    g = table_find(&r->table, hash, same_registration, &key);
    if (!g)
        g = open_registration(r, &key, hash, t, proven);
    if (!g)
        return;
    g->attempts++;
    g->challenges += t->auth_challenged == 1;
    if (now_ns > g->last_seen || g->attempts == 1)
        g->last_seen = now_ns;
    changed = take_answer(g, t, now_ns);
    recency_touch(&r->recency, &g->recency, g->successes > 0);
    tell_in_time(r, g, now_ns, changed);
}

/* The time that was granted is over, and nobody asked for more. */
static bool expire(struct registration *g, int64_t now_ns)
{
    if (g->state != REGISTERED || g->expires_ns == RECORD_NONE ||
        g->expires_ns + REGISTRATIONS_GRACE_S * NS_PER_S > now_ns)
        return false;
    g->lost = true;
    return set_state(g,
                     g->last_word == REGISTERED ? EXPIRED : (enum registration_state)g->last_word,
                     g->expires_ns);
}

void registrations_tick(struct registrations *r, int64_t now_ns)
{
    struct expiry_link *link;

    while ((link = expiry_pop(&r->expiry, now_ns)) != NULL) {
        struct registration *g = OWNER(link, struct registration, expiry);
        bool changed = expire(g, now_ns);

        g->told.news |= changed;
        if (!g->told.news)
            arm(r, g, now_ns);
        else
            tell_in_time(r, g, now_ns, changed);
    }
}

int registrations_init(struct registrations *r, size_t max, const struct siphash_key *key,
                       struct told_room *room, struct counters *counters)
{
    r->max = max;
    r->key = *key;
    r->room = room;
    r->counters = counters;
    recency_init(&r->recency);
    expiry_init(&r->expiry);
    return table_init(&r->table, max);
}

static void finish_list(struct registrations *r, const struct recency_link *head)
{
    for (struct recency_link *link = head->next; link != head; link = link->next) {
        struct registration *g = OWNER(link, struct registration, recency);

        if (g->told.news)
            tell(r, g, g->last_seen);
    }
}

void registrations_finish(struct registrations *r)
{
    finish_list(r, &r->recency.proven);
    finish_list(r, &r->recency.tried);
}

void registrations_fini(struct registrations *r)
{
    struct recency_link *link;

    if (!r->table.slots)
        return;
    while ((link = recency_any(&r->recency)) != NULL)
        drop(r, OWNER(link, struct registration, recency));
    table_fini(&r->table);
}
