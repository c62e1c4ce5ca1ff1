/*
 * Pings of trunks, registrations of users, and the troubles that strangers make.
 */
#include "tests/bench/week_state.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PING_S = 30,
    SILENCE_S = 32, /* after which a request that nobody answers is over */
    GRANTED_S = 3600,
    OFFICE = 20, /* users behind one address */
};

static const uint8_t registrar_ip[4] = { 192, 0, 2, 20 };
static const uint8_t stranger_ip[4] = { 45, 95, 147, 13 };

static struct addr sbc_address(int sbc)
{
    const uint8_t ip[4] = { 192, 0, 2, (uint8_t)(11 + sbc) };

    return addr_v4(ip, 5060);
}

static int after(int seconds, struct week_random *r)
{
    return seconds + (int)week_below(r, 3) - 1;
}

static int64_t in_s(int64_t time_ns, double seconds)
{
    return time_ns + (int64_t)(seconds * 1e9);
}

/* --- pings ---------------------------------------------------------------------------------- */

static struct transaction_record new_transaction(const char *method, int64_t time_ns)
{
    struct transaction_record t;

    record_clear(&record_type_transaction, &t);
    t.method = slice_of_text(method);
    t.call_id = SLICE("transaction@192.0.2.1");
    t.time = time_ns;
    t.attempts = 1;
    t.auth_challenged = 0;
    return t;
}

void week_hosts_ping(struct week_traffic *w, int index, int64_t time_ns)
{
    int trunk = index / WEEK_SBCS, sbc = index % WEEK_SBCS;
    struct transaction_record t = new_transaction("options", time_ns);
    bool is_there = !w->trouble || w->trouble->trunk != trunk;
    int pause = w->options.step_s > PING_S ? w->options.step_s : PING_S;

    week_state_post(w, in_s(time_ns, after(pause, &w->random)), WEEK_PING, NULL, index);
    if (week_state_has(w, WEEK_SILENT))
        return;
    t.src = sbc_address(sbc);
    t.dst = addr_v4(week_trunks[trunk].ip, 5060);
    t.user_agent = SLICE("sbc");
    if ((week_state_has(w, WEEK_DEAD) && !is_there) || week_chance(&w->random, 0.0004)) {
        t.time = in_s(time_ns, -SILENCE_S); /* told when it is given up */
        t.attempts = 7;
        week_state_transaction(w, &t);
        return;
    }
    t.final_status = week_state_has(w, WEEK_PINGS_REFUSED) && !is_there ? 503 : 200;
    t.final_reason = t.final_status == 200 ? SLICE("OK") : SLICE("Service Unavailable");
    t.round_trip_ms = 4 + week_lognormal(&w->random, 8, 0.4);
    week_state_transaction(w, &t);
}

/* --- registrations -------------------------------------------------------------------------- */

static struct transaction_record new_register(const struct week_user *u, int64_t time_ns,
                                              struct week_random *r)
{
    struct transaction_record t = new_transaction("register", time_ns);

    t.user = slice_of_text(u->name);
    t.from_uri = t.to_uri = slice_of_text(u->uri);
    t.src = u->address;
    t.dst = addr_v4(registrar_ip, 5060);
    t.user_agent = SLICE("Phone/2.1");
    t.contact = slice_of_text(u->contact);
    t.expires_s = GRANTED_S;
    t.auth_challenged = 1;
    t.attempts = 2;
    t.round_trip_ms = 6 + week_lognormal(r, 10, 0.5);
    return t;
}

/* How long a phone waits until it comes again. */
static double pause_s(const struct week_user *u, bool went_well, struct week_random *r)
{
    if (u->is_wrong)
        return week_between(r, 60, 90);
    return went_well ? week_between(r, 0.45, 0.9) * GRANTED_S : week_between(r, 25, 40);
}

/* At night a laptop is closed. */
static bool is_asleep(const struct week_user *u, int64_t time_ns, struct week_random *r)
{
    double hour = week_hour_of(time_ns);
    bool is_free = week_day_of(time_ns) >= 5 || week_is_holiday(time_ns);

    if (!u->is_softphone)
        return false;
    return is_free || hour < 7 || (hour > 17 && week_chance(r, 0.6));
}

void week_hosts_register(struct week_traffic *w, int index, int64_t time_ns)
{
    struct week_user *u = &w->users[index];
    struct transaction_record t;
    double next_s;

    if (time_ns < u->off_until_ns || is_asleep(u, time_ns, &w->random) ||
        week_state_has(w, WEEK_SILENT)) {
        next_s = week_between(&w->random, 300, 1500);
        if (time_ns < u->off_until_ns)
            next_s = (double)(u->off_until_ns - time_ns) / 1e9 + week_between(&w->random, 1, 40);
        week_state_post(w, in_s(time_ns, next_s), WEEK_REGISTER, NULL, index);
        return;
    }
    t = new_register(u, time_ns, &w->random);
    t.final_status = u->is_wrong ? 403 : 200;
    if (week_state_has(w, WEEK_REGISTRAR_DEAD) || week_chance(&w->random, 0.0008)) {
        t.final_status = RECORD_NONE;
        t.round_trip_ms = NAN;
        t.attempts = 11;
    } else if (week_state_has(w, WEEK_REGISTER_REFUSED) &&
               week_chance(&w->random, w->trouble->strength)) {
        t.final_status = w->trouble->code;
    }
    if (t.final_status == 200)
        t.contacts = 1;
    t.final_reason = t.final_status == 200 ? SLICE("OK") : SLICE("Forbidden");
    if (t.final_status == RECORD_NONE)
        t.final_reason = SLICE_ABSENT;
    week_state_transaction(w, &t);
    next_s = pause_s(u, t.final_status == 200, &w->random);
    week_state_post(w, in_s(time_ns, next_s), WEEK_REGISTER, NULL, index);
}

/* An office loses its power or its line, and comes back. */
static void lose_office(struct week_traffic *w)
{
    int first = (int)week_below(&w->random, (unsigned)w->user_count) / OFFICE * OFFICE;
    int64_t until_ns = in_s(w->now_ns, week_between(&w->random, 120, 1800));
    int count = w->user_count / 20 > 3 ? w->user_count / 20 : 3;

    for (int i = first; i < w->user_count && i < first + count && i < first + OFFICE; i++)
        w->users[i].off_until_ns = until_ns;
}

int week_hosts_open(struct week_traffic *w)
{
    w->user_count = 60 + (int)(150 * w->options.calls_per_s);
    w->users = calloc((size_t)w->user_count, sizeof *w->users);
    if (!w->users)
        return -ENOMEM;
    for (int i = 0; i < w->user_count; i++) {
        struct week_user *u = &w->users[i];
        const uint8_t ip[4] = { 10, 20, (uint8_t)(i / OFFICE / 200), (uint8_t)(i / OFFICE % 200) };

        snprintf(u->name, sizeof u->name, "49305%05d", i);
        snprintf(u->uri, sizeof u->uri, "sip:49305%05d@pbx.example", i);
        snprintf(u->contact, sizeof u->contact, "<sip:%s@10.20.%u.%u>", u->name, ip[2], ip[3]);
        u->address = addr_v4(ip, (uint16_t)(5060 + i % OFFICE));
        u->is_softphone = i % 7 == 3;
        u->is_wrong = i % 500 == 42;
        week_state_post(w, in_s(w->now_ns, week_between(&w->random, 0, GRANTED_S * 0.8)),
                        WEEK_REGISTER, NULL, i);
    }
    for (int i = 0; i < WEEK_TRUNKS * WEEK_SBCS; i++)
        week_state_post(w, in_s(w->now_ns, week_between(&w->random, 0, PING_S)), WEEK_PING, NULL,
                        i);
    return 0;
}

void week_hosts_tick(struct week_traffic *w)
{
    if (week_chance(&w->random, w->options.step_s / (7.0 * WEEK_DAY_S)))
        lose_office(w);
}

/* --- strangers ------------------------------------------------------------------------------ */

static struct week_fate stranger(struct week_traffic *w)
{
    struct week_fate f;

    week_call_plan(&f, &w->mood, &w->random);
    f.is_in = true;
    f.from = addr_v4(stranger_ip, 5062);
    f.sbc = 0;
    f.user = "1001";
    f.agent = "friendly-scanner";
    week_call_refuse(&f, w->trouble->code ? w->trouble->code : 404, NULL);
    return f;
}

static void tell_fact(struct week_traffic *w, const char *fact, int64_t count, int64_t distinct,
                      int64_t window_s, int64_t threshold)
{
    struct security_record s;

    record_clear(&record_type_security, &s);
    s.id = (uint64_t)w->trouble_began_ns / 1000 << 11 | 1;
    s.fact = slice_of_text(fact);
    s.source = SLICE("45.95.147.13");
    s.first_seen = w->trouble_began_ns;
    s.last_seen = w->now_ns;
    s.count = count;
    s.distinct = distinct ? distinct : RECORD_NONE;
    s.window_s = window_s;
    s.threshold = threshold;
    s.user_agent = SLICE("friendly-scanner");
    s.evidence = SLICE("{}");
    week_state_tell(w, RULE_SECURITY, &record_type_security, &s);
}

static void send_strangers(struct week_traffic *w, double rate)
{
    unsigned n = week_poisson(&w->random, rate * w->options.step_s);

    for (unsigned i = 0; i < n; i++) {
        struct week_fate f = stranger(w);

        if (w->trouble->kind == WEEK_REDIAL)
            f.to = "+972599012345";
        week_state_begin_call(w, &f, week_state_soon(w));
    }
}

/* The machine of a customer is broken into. */
static void send_fraud(struct week_traffic *w)
{
    static const uint8_t ip[4] = { 192, 0, 2, 77 };
    static const struct week_destination cuba = { .name = "Cuba", .prefix = "53" };
    unsigned n = week_poisson(&w->random, w->trouble->strength * w->options.step_s);

    for (unsigned i = 0; i < n; i++) {
        struct week_fate f;

        week_call_plan(&f, &w->mood, &w->random);
        f.is_in = false;
        f.trunk = 3;
        f.from = addr_v4(ip, 5060);
        f.abroad = &cuba;
        f.user = "+49305557700";
        f.status = 200;
        f.ring_s = 2;
        f.talk_s = week_between(&w->random, 120, 900);
        week_state_begin_call(w, &f, week_state_soon(w));
    }
}

/* One that goes on dialling one number, whatever is said to it. */
static void send_retries(struct week_traffic *w)
{
    unsigned n = week_poisson(&w->random, w->trouble->strength * w->options.step_s);

    for (unsigned i = 0; i < n; i++) {
        struct week_fate f;

        week_call_plan(&f, &w->mood, &w->random);
        f.is_in = false;
        f.trunk = w->trouble->trunk;
        f.destination = 0;
        f.sbc = 0;
        f.number = 7654321;
        f.caller = 4242;
        week_call_refuse(&f, w->trouble->code, NULL);
        week_state_begin_call(w, &f, week_state_soon(w));
    }
}

static void send_emergency(struct week_traffic *w)
{
    struct week_fate f;

    week_call_plan(&f, &w->mood, &w->random);
    f.is_in = false;
    f.trunk = w->trouble->trunk;
    f.destination = 0;
    f.caller = 911;
    f.to = "112";
    f.is_emergency = true;
    f.status = 200;
    f.ring_s = 3;
    f.talk_s = 140;
    if (w->trouble->code)
        week_call_refuse(&f, w->trouble->code, NULL);
    week_state_begin_call(w, &f, w->now_ns);
}

static void try_passwords(struct week_traffic *w, int64_t elapsed_s)
{
    unsigned n = week_poisson(&w->random, w->trouble->strength * w->options.step_s);
    int64_t tries = (int64_t)(w->trouble->strength * (double)elapsed_s);

    for (unsigned i = 0; i < n; i++) {
        struct week_user u = w->users[week_below(&w->random, (unsigned)w->user_count)];
        struct transaction_record t;

        u.address = addr_v4(stranger_ip, 5062);
        t = new_register(&u, w->now_ns, &w->random);
        t.final_status = 403;
        t.final_reason = SLICE("Forbidden");
        week_state_transaction(w, &t);
    }
    if (tries >= 30 && elapsed_s % 20 == 0)
        tell_fact(w, "register_bruteforce", tries < 300 ? tries : 300, 0, 300, 30);
}

static void come_all(struct week_traffic *w)
{
    unsigned n =
        week_poisson(&w->random, w->trouble->strength * w->user_count / 60.0 * w->options.step_s);

    for (unsigned i = 0; i < n; i++) {
        struct week_user *u = &w->users[week_below(&w->random, (unsigned)w->user_count)];
        struct transaction_record t = new_register(u, w->now_ns, &w->random);

        if (u->is_wrong || is_asleep(u, w->now_ns, &w->random))
            continue;
        t.final_status = 200;
        t.final_reason = SLICE("OK");
        t.contacts = 1;
        week_state_transaction(w, &t);
    }
}

void week_hosts_trouble(struct week_traffic *w)
{
    const struct week_trouble *t = w->trouble;
    int64_t elapsed_s = (w->now_ns - w->trouble_began_ns) / WEEK_NS_PER_S;

    switch (t->kind) {
    case WEEK_RETRIES:
        send_retries(w);
        break;
    case WEEK_SWEEP:
        send_strangers(w, t->strength);
        if (t->strength * (double)elapsed_s >= 20 && elapsed_s % 20 == 0)
            tell_fact(w, "invite_sweep", (int64_t)(t->strength * (double)elapsed_s),
                      (int64_t)(t->strength * (double)elapsed_s), 600, 20);
        break;
    case WEEK_REDIAL:
        send_strangers(w, t->strength);
        break;
    case WEEK_FRAUD:
        send_fraud(w);
        break;
    case WEEK_SCANNER:
        if (elapsed_s % 20 == 0)
            tell_fact(w, "scanner_agent", elapsed_s + 1, 0, 60, 1);
        break;
    case WEEK_FLOOD:
        send_strangers(w, t->strength);
        if (elapsed_s >= 10 && elapsed_s % 20 == 0)
            tell_fact(w, "flood", (int64_t)(t->strength * 10), 0, 10, 1000);
        break;
    case WEEK_HIJACK:
        if (elapsed_s % 600 == 0)
            tell_fact(w, t->text, 1, 0, 3600, 1);
        break;
    case WEEK_EMERGENCY:
        if (elapsed_s == 0)
            send_emergency(w);
        break;
    case WEEK_BRUTE_FORCE:
        try_passwords(w, elapsed_s);
        break;
    case WEEK_REGISTER_STORM:
        come_all(w);
        break;
    default:
        break;
    }
}
