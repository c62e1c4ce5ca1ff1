/*
 * What messages tell. Answers are judged, not requests: who is refused is told by the answer, and a
 * mirror that shows no answers shows no refusals either.
 */
#include "analyzer/security/scanner_agents.h"
#include "analyzer/security/security_state.h"

#include <errno.h>
#include <stdlib.h>

enum {
    SOURCE_HALF_LIFE_S = 60,
    /* Phones of an office that come back after a power cut are all challenged in one second, and are
     * all registered a few seconds later; a call rings within that. */
    HOLD_S = 8,
    USER_TRIES = 60,       /* for one user from anywhere, in the window of the fact */
    USER_TRIES_USUAL = 10, /* below that nothing is kept of who tries where it registered before */
};

int security_new(struct security **out, const struct security_options *options)
{
    struct security *s = calloc(1, sizeof *s);

    if (!s)
        return -ENOMEM;
    s->options = *options;
    s->key = (struct siphash_key){ { options->hash_key[0], options->hash_key[1] } };
    expiry_init(&s->holds);
    if (fact_board_init(&s->board, &s->key, options->counters, options->record, options->ctx) !=
            0 ||
        watch_pool_init(&s->sources, options->max_sources, sizeof(struct source_watch),
                        SOURCE_HALF_LIFE_S) != 0 ||
        watch_pool_init(&s->users, KNOWN_USERS_MAX, sizeof(struct known_user),
                        KNOWN_USER_HALF_LIFE_S) != 0 ||
        watch_pool_init(&s->subjects, SUBJECT_WATCH_MAX, sizeof(struct subject_watch),
                        SUBJECT_WATCH_HALF_LIFE_S) != 0) {
        security_free(s);
        return -ENOMEM;
    }
    *out = s;
    return 0;
}

void security_free(struct security *s)
{
    if (!s)
        return;
    watch_pool_fini(&s->sources, source_watch_fini);
    watch_pool_fini(&s->users, NULL);
    watch_pool_fini(&s->subjects, NULL);
    destinations_fini(&s->destinations);
    fact_board_fini(&s->board);
    free(s);
}

enum security_outcome security_state_outcome(int64_t status)
{
    /* The number or user is not there, or not for this one. Busy, not answering, cancelled and
     * trouble of servers say nothing of who asks; the first three even that the number is right. */
    static const uint16_t refused[] = { 401, 402, 403, 404, 407, 410, 416,
                                        484, 485, 603, 604, 606, 607, 608 };
    static const uint16_t right[] = { 480, 486, 487, 600 };

    if ((status >= 180 && status < 300) || status == RECORD_NONE)
        return status == RECORD_NONE ? OUTCOME_NONE : OUTCOME_ACCEPTED;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (refused[i] == status)
            return OUTCOME_REFUSED;
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        if (right[i] == status)
            return OUTCOME_ACCEPTED;
    }
    return OUTCOME_NONE;
}

struct source_watch *security_state_source(struct security *s, const struct addr *ip,
                                           int64_t time_ns)
{
    return source_watch_find(&s->sources, &s->key, ip, time_ns / SECURITY_NS_PER_S,
                             &s->options.counters->refusals[REFUSAL_SOURCES]);
}

uint64_t security_state_hash(const struct security *s, char kind, struct slice name)
{
    struct siphash_key key = s->key;

    key.k[0] ^= (uint64_t)(unsigned char)kind << 56;
    return siphash(&key, name.p ? name.p : "", name.len);
}

/* An address of record as it is spelled, without parameters. */
static uint64_t hash_user(const struct security *s, struct slice uri)
{
    uri.len = slice_find(uri, ';');
    return security_state_hash(s, 'u', uri);
}

/* What the evidence of a suspicion needs. */
struct sweep {
    struct source_watch *watch;
    enum source_kind kind;
    uint32_t refused, accepted;
};

static void write_sweep(struct jsonw *j, const void *ctx)
{
    static const char *const keys[KIND_COUNT] = { "user", "number" };
    const struct sweep *sweep = ctx;

    jsonw_key(j, "refused");
    jsonw_int(j, sweep->refused);
    jsonw_key(j, "accepted");
    jsonw_int(j, sweep->accepted);
    jsonw_key(j, "top");
    if (sweep->watch->suspected)
        top_list_write(&sweep->watch->suspicion->top[sweep->kind], j, keys[sweep->kind]);
    else
        jsonw_null(j);
}

static void tell_sweep(struct security *s, enum fact fact, const struct sweep *sweep,
                       int64_t time_ns)
{
    struct source_watch *w = sweep->watch;
    struct suspicion *suspicion = w->suspicion;
    const struct fact_news news = {
        .source = &w->ip,
        .trunk = s->options.plan ? source_watch_trunk(w, s->options.plan, &w->ip, 0) : NULL,
        .time_ns = time_ns,
        .count = sweep->refused,
        .distinct = fact == FACT_REGISTER_BRUTEFORCE ? 0 : sweep->refused,
        .user_agent = slice_of(suspicion->agent, suspicion->agent_len),
        .evidence = write_sweep,
        .ctx = sweep,
    };

    suspicion->over_ns[fact] = time_ns + fact_find(fact)->window_s * SECURITY_NS_PER_S;
    watch_pool_touch(&w->watched, time_ns / SECURITY_NS_PER_S, 16); /* it shall not be let go now */
    fact_board_tell(&s->board, fact, &news);
}

/* Is the source over the threshold of that fact? */
static bool is_over(struct source_watch *w, enum fact fact, struct sweep *sweep, int64_t now_s)
{
    uint32_t threshold = fact_find(fact)->threshold;

    *sweep =
        (struct sweep){ .watch = w, .kind = fact == FACT_INVITE_SWEEP ? KIND_NUMBER : KIND_USER };
    if (fact == FACT_REGISTER_BRUTEFORCE) {
        sweep->refused = source_watch_sum(w, TALLY_REGISTER_TRIES, now_s);
        sweep->accepted = source_watch_sum(w, TALLY_REGISTER_ACCEPTED, now_s);
        return sweep->refused >= threshold && sweep->accepted * 10 <= sweep->refused &&
               source_watch_sum(w, TALLY_REGISTER_REFUSED, now_s) * 2 >= sweep->refused;
    }
    sweep->refused = source_watch_refused(w, sweep->kind, now_s);
    if (sweep->refused < threshold)
        return false;
    sweep->accepted = source_watch_accepted(w, sweep->kind, now_s);
    return sweep->accepted * 4 <= sweep->refused;
}

static const enum fact held_facts[] = { FACT_EXTENSION_SWEEP, FACT_INVITE_SWEEP,
                                        FACT_REGISTER_BRUTEFORCE };

/* All that is over its threshold is told; `only_known`: those alone that go on. True: some is. */
static bool judge(struct security *s, struct source_watch *w, int64_t time_ns, bool only_known)
{
    bool over = false;

    for (size_t i = 0; i < sizeof held_facts / sizeof held_facts[0]; i++) {
        struct sweep sweep;

        if (!is_over(w, held_facts[i], &sweep, time_ns / SECURITY_NS_PER_S))
            continue;
        if (!only_known || w->suspicion->over_ns[held_facts[i]] > time_ns)
            tell_sweep(s, held_facts[i], &sweep, time_ns);
        else
            over = true;
    }
    return over;
}

void security_state_judge(struct security *s, struct source_watch *w, int64_t time_ns)
{
    if (!w->suspected)
        return;
    if (judge(s, w, time_ns, true) && !w->suspicion->hold.next)
        expiry_set(&s->holds, &w->suspicion->hold, time_ns + HOLD_S * SECURITY_NS_PER_S);
}

static void write_sources(struct jsonw *j, const void *ctx)
{
    const struct subject_watch *u = ctx;

    jsonw_key(j, "sources");
    top_list_write(&u->top, j, "source");
}

/* A user whose password is tried from anywhere. */
static void judge_user(struct security *s, struct subject_watch *u, struct slice user,
                       int64_t time_ns)
{
    const uint32_t window_s = fact_find(FACT_REGISTER_BRUTEFORCE)->window_s;
    int64_t now_s = time_ns / SECURITY_NS_PER_S;
    uint32_t tried = sliding_count(&u->tried, window_s, now_s);
    const struct fact_news news = {
        .source = u->one_source ? &u->source : NULL,
        .subject = user,
        .time_ns = time_ns,
        .count = tried,
        .distinct = distinct_count(&u->sources, window_s, now_s),
        .threshold = USER_TRIES,
        .evidence = write_sources,
        .ctx = u,
    };

    if (tried >= USER_TRIES && sliding_count(&u->accepted, window_s, now_s) * 10 <= tried &&
        sliding_count(&u->refused, window_s, now_s) * 2 >= tried)
        fact_board_tell(&s->board, FACT_REGISTER_BRUTEFORCE, &news);
}

/* A REGISTER with credentials: somebody says that he knows the password. */
static void take_try(struct security *s, struct source_watch *w, const struct sip_msg *msg,
                     const struct datagram *d)
{
    const uint32_t window_s = fact_find(FACT_REGISTER_BRUTEFORCE)->window_s;
    int64_t now_s = d->time_ns / SECURITY_NS_PER_S;
    uint64_t user = hash_user(s, msg->to_uri);
    struct known_user *known = known_user_find(&s->users, user);
    struct subject_watch *u;

    source_watch_retry(w, KIND_USER, security_state_hash(s, 'e', msg->to_user));
    if (known && known_user_is_at(known, &s->key, &d->src)) {
        sliding_add(&known->tries, window_s, now_s);
        if (sliding_count(&known->tries, window_s, now_s) < USER_TRIES_USUAL)
            return;
    } else {
        source_watch_count(w, TALLY_REGISTER_TRIES, now_s);
    }
    u = subject_watch_find(&s->subjects, user, now_s);
    if (!u)
        return;
    sliding_add(&u->tried, window_s, now_s);
    subject_watch_ask(u, &s->key, &d->src, window_s, now_s);
}

static void tell_message(struct security *s, enum fact fact, struct source_watch *w,
                         const struct sip_msg *msg, const struct datagram *d, uint64_t call,
                         struct slice subject, void (*evidence)(struct jsonw *j, const void *ctx),
                         const void *ctx)
{
    const struct fact_news news = {
        .source = &w->ip,
        .subject = subject,
        .trunk = s->options.plan ? source_watch_trunk(w, s->options.plan, &d->src, 0) : NULL,
        .time_ns = d->time_ns,
        .call = call,
        .call_id = msg->call_id,
        .user_agent = msg->user_agent,
        .evidence = evidence,
        .ctx = ctx,
    };

    fact_board_tell(&s->board, fact, &news);
}

/* Encrypted trunk that the message comes from or goes to; NULL: none. */
static const struct plan_trunk *encrypted_trunk(struct security *s, struct source_watch *w,
                                                const struct datagram *d)
{
    const struct plan_trunk *from, *to;

    if (!s->options.plan)
        return NULL;
    from = source_watch_trunk(w, s->options.plan, &d->src, 0);
    if (from && from->encrypted)
        return from;
    to = source_watch_trunk(w, s->options.plan, &d->dst, 1);
    return to && to->encrypted ? to : NULL;
}

struct credentials {
    struct slice scheme, target;
};

static void write_credentials(struct jsonw *j, const void *ctx)
{
    const struct credentials *c = ctx;

    jsonw_key(j, "scheme");
    jsonw_text(j, c->scheme);
    jsonw_key(j, "target");
    jsonw_text(j, c->target);
}

/* The value of the credentials, which nothing here keeps. */
static struct slice scheme_of(const struct sip_msg *msg)
{
    bool own = msg->auth & SIP_AUTH_AUTHORIZATION;
    struct slice value =
        sip_msg_find_header(msg, own ? SLICE("authorization") : SLICE("proxy-authorization"));

    return slice_istarts_with(value, SLICE("basic ")) ? SLICE("basic") : SLICE("digest");
}

static void take_plain(struct security *s, struct source_watch *w, const struct sip_msg *msg,
                       const struct datagram *d, uint64_t call)
{
    const struct plan_trunk *trunk = encrypted_trunk(s, w, d);
    char target[ADDR_TEXT_MAX];
    struct credentials c = { SLICE_ABSENT, SLICE_ABSENT };
    bool basic = false;

    if (msg->is_request && msg->auth & SIP_AUTH_CREDENTIALS) {
        c.scheme = scheme_of(msg);
        basic = slice_eq(c.scheme, SLICE("basic"));
    }
    if (!basic && !trunk)
        return;
    c.target = slice_of(target, addr_format_ip(&d->dst, target));
    if (trunk)
        tell_message(s, FACT_DOWNGRADE, w, msg, d, call, SLICE("signalling"), write_credentials,
                     &c);
    if (basic || (trunk && c.scheme.p))
        tell_message(s, FACT_CLEAR_CREDENTIALS, w, msg, d, call, c.scheme, write_credentials, &c);
}

/* Requests that begin something: each costs who answers it some work. */
static bool opens(const struct sip_msg *msg)
{
    return msg->to_tag.len == 0 && msg->method != SIP_METHOD_ACK &&
           msg->method != SIP_METHOD_CANCEL;
}

static void write_rate(struct jsonw *j, const void *ctx)
{
    const struct sweep *rate = ctx;

    jsonw_key(j, "opened");
    jsonw_int(j, rate->refused);
    jsonw_key(j, "led_on");
    jsonw_int(j, rate->accepted);
}

static void take_opening(struct security *s, struct source_watch *w, const struct sip_msg *msg,
                         const struct datagram *d)
{
    const struct fact_rule *rule = fact_find(FACT_FLOOD);
    int64_t now_s = d->time_ns / SECURITY_NS_PER_S;
    struct sweep rate = { .watch = w };
    struct fact_news news = { .source = &w->ip, .time_ns = d->time_ns, .evidence = write_rate };

    source_watch_count(w, TALLY_OPENED, now_s);
    rate.refused = source_watch_sum(w, TALLY_OPENED, now_s);
    if (rate.refused < rule->threshold)
        return;
    rate.accepted = source_watch_sum(w, TALLY_LED_ON, now_s);
    if (rate.accepted * 5 > rate.refused)
        return;
    news.count = rate.refused;
    news.call_id = msg->call_id;
    news.user_agent = msg->user_agent;
    news.ctx = &rate;
    fact_board_tell(&s->board, FACT_FLOOD, &news);
}

static void take_request(struct security *s, struct source_watch *w, const struct sip_msg *msg,
                         const struct datagram *d, uint64_t call)
{
    struct slice tool = scanner_agents_find(msg->user_agent);

    if (opens(msg))
        take_opening(s, w, msg, d);
    else if (msg->method != SIP_METHOD_ACK && msg->method != SIP_METHOD_CANCEL)
        source_watch_count(w, TALLY_LED_ON, d->time_ns / SECURITY_NS_PER_S);
    if (tool.p)
        tell_message(s, FACT_SCANNER_AGENT, w, msg, d, call, tool, NULL, NULL);
    if (msg->auth & SIP_AUTH_CREDENTIALS) {
        if (msg->method == SIP_METHOD_REGISTER)
            take_try(s, w, msg, d);
        else if (msg->method == SIP_METHOD_INVITE)
            source_watch_retry(w, KIND_NUMBER, security_state_hash(s, 'n', msg->to_user));
    }
    if (w->suspected && msg->user_agent.len) {
        struct suspicion *suspicion = w->suspicion;
        size_t len =
            msg->user_agent.len < SOURCE_AGENT_MAX ? msg->user_agent.len : SOURCE_AGENT_MAX;

        memcpy(suspicion->agent, msg->user_agent.p, len);
        suspicion->agent_len = (uint8_t)len;
    }
}

/* The answer to a REGISTER, for the password's sake. */
static void take_register_answer(struct security *s, struct source_watch *w,
                                 const struct sip_msg *msg, int64_t time_ns,
                                 enum security_outcome outcome)
{
    const uint32_t window_s = fact_find(FACT_REGISTER_BRUTEFORCE)->window_s;
    int64_t now_s = time_ns / SECURITY_NS_PER_S;
    struct subject_watch *u = subject_watch_known(&s->subjects, hash_user(s, msg->to_uri));

    source_watch_count(
        w, outcome == OUTCOME_REFUSED ? TALLY_REGISTER_REFUSED : TALLY_REGISTER_ACCEPTED, now_s);
    if (!u)
        return;
    sliding_add(outcome == OUTCOME_REFUSED ? &u->refused : &u->accepted, window_s, now_s);
    if (outcome == OUTCOME_REFUSED)
        judge_user(s, u, msg->to_user, time_ns);
}

/* w: who asked. */
static void take_answer(struct security *s, struct source_watch *w, const struct sip_msg *msg,
                        int64_t time_ns)
{
    enum security_outcome outcome = security_state_outcome(msg->status);
    bool invite = msg->cseq_method == SIP_METHOD_INVITE;
    enum source_kind kind = invite ? KIND_NUMBER : KIND_USER;
    int64_t now_s = time_ns / SECURITY_NS_PER_S;
    uint64_t hash;

    if (outcome == OUTCOME_NONE)
        return;
    if (outcome == OUTCOME_ACCEPTED)
        source_watch_count(w, TALLY_LED_ON, now_s);
    if (msg->cseq_method == SIP_METHOD_BYE || msg->cseq_method == SIP_METHOD_CANCEL)
        return;
    if (msg->cseq_method == SIP_METHOD_REGISTER)
        take_register_answer(s, w, msg, time_ns, outcome);
    hash = security_state_hash(s, invite ? 'n' : 'e', msg->to_user);
    if (outcome == OUTCOME_ACCEPTED) {
        source_watch_accept(w, kind, hash, now_s);
        return;
    }
    /* Whoever has a name here is no guess, whatever is wrong with the password today. */
    source_watch_refuse(
        w, kind, msg->to_user, hash,
        kind == KIND_NUMBER || !known_user_find(&s->users, hash_user(s, msg->to_uri)), now_s);
    security_state_judge(s, w, time_ns);
}

void security_message(struct security *s, const struct sip_msg *msg, const struct datagram *d,
                      uint64_t call)
{
    struct source_watch *w =
        security_state_source(s, msg->is_request ? &d->src : &d->dst, d->time_ns);

    if (!w)
        return;
    if (msg->is_request)
        take_request(s, w, msg, d, call);
    else
        take_answer(s, w, msg, d->time_ns);
    if (msg->is_request && d->transport != TRANSPORT_TLS &&
        (s->options.plan || msg->auth & SIP_AUTH_CREDENTIALS))
        take_plain(s, w, msg, d, call);
}

static void write_network(struct jsonw *j, const void *ctx)
{
    const struct transaction_record *t = ctx;
    char network[ADDR_TEXT_MAX + 4];

    jsonw_key(j, "network");
    jsonw_text(j, slice_of(network, known_user_network(&t->src, network)));
    jsonw_key(j, "address_of_record");
    jsonw_text(j, slice_of(t->to_uri.p, t->to_uri.len < 128 ? t->to_uri.len : 128));
}

void security_transaction(struct security *s, const struct transaction_record *t)
{
    struct fact_news news = { .source = &t->src,
                              .subject = t->user,
                              .trunk = s->options.plan ? plan_find_trunk(s->options.plan, &t->src)
                                                       : NULL,
                              .time_ns = t->time,
                              .call_id = t->call_id,
                              .user_agent = t->user_agent,
                              .evidence = write_network,
                              .ctx = t };

    if (!slice_eq(t->method, SLICE("register")) || t->final_status < 200 || t->final_status >= 300)
        return;
    if (known_user_registered(&s->users, &s->key, hash_user(s, t->to_uri), &t->src,
                              t->time / SECURITY_NS_PER_S))
        fact_board_tell(&s->board, FACT_NEW_NETWORK, &news);
}

static void end_hold(struct security *s, struct expiry_link *link, int64_t now_ns)
{
    struct suspicion *suspicion =
        (struct suspicion *)(void *)((char *)link - offsetof(struct suspicion, hold));

    judge(s, suspicion->watch, now_ns, false);
}

void security_tick(struct security *s, int64_t now_ns)
{
    struct expiry_link *link;

    while ((link = expiry_pop(&s->holds, now_ns)) != NULL)
        end_hold(s, link, now_ns);
    fact_board_tick(&s->board, now_ns);
}

void security_finish(struct security *s)
{
    struct expiry_link *link;

    /* The packets end: what did not turn out well by now is told as it stands. */
    while ((link = expiry_pop_any(&s->holds)) != NULL)
        end_hold(s, link, link->deadline_ns - HOLD_S * SECURITY_NS_PER_S);
    fact_board_finish(&s->board);
}
