#include "tests/bench/week_trouble.h"

#include <math.h>

#define ALL      -1, -1, -1
#define TRUNK(n) n, -1, -1
#define TO(n)    -1, n, -1
#define SBC(n)   -1, -1, n

enum { A, B, C, D, E, F };
enum {
    GERMANY,
    MOBILE,
    AUSTRIA,
    SWITZERLAND,
    BRITAIN,
    BRITAIN_MOBILE,
    FRANCE,
    TURKEY = 11,
    USA = 13
};

/* name, kind, hour, minutes, lead, trunk, destination, SBC, strength, code, text, rules, guilty. Three a
 * day, in this order. */
/* clang-format off */
const struct week_trouble week_troubles[WEEK_TROUBLES] = {
    { "half of carrier-a's calls get 503", WEEK_REFUSE, 9.6, 30, 0, TRUNK(A), .5, 503, NULL, { "sip-503-spike", "sip-5xx-trunk" }, "carrier-a" },
    { "carrier-b's ASR from 55 to 33 %", WEEK_CAUSE, 14.3, 60, 0, TRUNK(B), .4, 480, NULL, { "asr-drop", "asr-drop-slow" }, "carrier-b" },
    { "talks to Germany half as long", WEEK_TALK, 15, 90, 0, TO(GERMANY), .5, 0, NULL, { "acd-drop", "acd-drop-slow" }, "Germany" },
    { "a quarter one way through SBC 2", WEEK_VERDICT, 10.2, 45, 0, SBC(1), .25, 0, "one_way", { "one-way-audio" }, "192.0.2.12" },
    { "jitter of 60 ms on carrier-b", WEEK_JITTER, 15.1, 45, 0, TRUNK(B), 60, 0, NULL, { "jitter-bursts", "mos-low" }, "carrier-b" },
    { "carrier-a's calls go to carrier-c", WEEK_MOVE, 20, 60, 0, TRUNK(A), 1, C, NULL, { "trunk-moved", "trunk-took-over" }, "carrier-" },
    { "the registrar is dead", WEEK_REGISTRAR_DEAD, 8.4, 80, 0, ALL, 0, 0, NULL, { "registrar-silent", "registration-mass-loss" }, "192.0.2.20" },
    { "passwords tried, 2 a second", WEEK_BRUTE_FORCE, 13, 20, 0, ALL, 2, 0, NULL, { "registration-bruteforce" }, "45.95.147.13" },
    { "toll fraud to Cuba at night", WEEK_FRAUD, 23.4, 60, 0, ALL, .05, 0, NULL, { "new-expensive-destination", "out-of-hours-calls" }, "Cuba" },
    { "a third of carrier-a's calls time out", WEEK_REFUSE, 9, 30, 0, TRUNK(A), .33, 408, NULL, { "sip-408-spike", "sip-5xx-trunk" }, "carrier-a" },
    { "500 from intl-d", WEEK_REFUSE, 11.4, 45, 0, TRUNK(D), .6, 500, NULL, { "sip-5xx-trunk" }, "intl-d" },
    { "small-e is dead", WEEK_DEAD, 16.7, 30, 0, TRUNK(E), 1, 0, NULL, { "trunk-down", "sip-408-spike" }, "small-e" },
    { "post-dial delay of 5 s more on intl-d", WEEK_PDD, 17.5, 45, 0, TRUNK(D), 5000, 0, NULL, { "pdd-rise" }, "intl-d" },
    { "half of carrier-b's talks under 5 s", WEEK_SHORT, 10.9, 45, 0, TRUNK(B), .5, 0, NULL, { "short-calls" }, "carrier-b" },
    { "a third of the mobile numbers unknown", WEEK_CAUSE, 14.8, 45, 0, TO(MOBILE), .33, 404, NULL, { "nos-not-found" }, "Germany mobile" },
    { "carrier-a fills up", WEEK_MORE_CALLS, 9.9, 60, 10, TRUNK(A), 2.2, 0, NULL, { "trunk-channels" }, "carrier-a" },
    { "no RTP on carrier-b, one in six", WEEK_VERDICT, 13.6, 40, 0, TRUNK(B), .16, 0, "no_rtp", { "no-rtp" }, "carrier-b" },
    { "6 % loss on carrier-a", WEEK_LOSS, 19.7, 40, 0, TRUNK(A), .06, 0, NULL, { "mos-low", "loss-bursts" }, "carrier-a" },
    { "media stops on carrier-b", WEEK_MEDIA_TIMEOUT, 11, 60, 0, TRUNK(B), .3, 0, NULL, { "media-timeout" }, "carrier-b" },
    { "answers of carrier-b without ACK", WEEK_ACK_TIMEOUT, 15.5, 40, 0, TRUNK(B), .2, 0, NULL, { "ack-timeout" }, "carrier-b" },
    { "488 from carrier-b", WEEK_CODEC_REFUSED, 18, 40, 0, TRUNK(B), .2, 488, NULL, { "codec-refused" }, "carrier-b" },
    { "codec changes that nobody announced", WEEK_CODEC_CHANGE, 10, 40, 0, TRUNK(D), .3, 0, NULL, { "codec-change" }, "intl-d" },
    { "pings of carrier-c get 503", WEEK_PINGS_REFUSED, 3.5, 20, 0, TRUNK(C), 1, 503, NULL, { "trunk-down" }, "carrier-c" },
    { "one machine redials, 2 a second", WEEK_RETRIES, 21, 20, 0, TRUNK(A), 2, 486, NULL, { "retry-storm" }, "192.0.2.11" },
    { "all phones register at once", WEEK_REGISTER_STORM, 7.2, 15, 0, ALL, 6, 0, NULL, { "registration-storm" }, "192.0.2.20" },
    { "the registrar refuses all", WEEK_REGISTER_REFUSED, 12.3, 80, 0, ALL, 1, 403, NULL, { "registrar-silent", "registration-mass-loss" }, "192.0.2.20" },
    { "a scanner", WEEK_SCANNER, 2.2, 10, 0, ALL, 0, 0, NULL, { "scanner-seen" }, "45.95.147.13" },
    { "a stranger tries numbers", WEEK_SWEEP, 4.1, 20, 0, ALL, 1, 404, NULL, { "invite-sweep" }, "45.95.147.13" },
    { "one number, again and again, refused", WEEK_REDIAL, 1.3, 30, 0, ALL, .1, 403, NULL, { "toll-fraud-probing" }, "972599012345" },
    { "a flood of INVITEs", WEEK_FLOOD, 22.5, 3, 0, ALL, 200, 403, NULL, { "sip-flood" }, "45.95.147.13" },
    { "somebody else's RTP in a call", WEEK_HIJACK, 12.8, 30, 0, ALL, 1, 0, "foreign_rtp", { "hijack-suspicion" }, "45.95.147.13" },
    { "a call to 112 that fails", WEEK_EMERGENCY, 18.6, 10, 0, TRUNK(A), 1, 503, NULL, { "emergency-call-failed" }, "192.0.2.1" },
    { "national caller-ids refused by carrier-c", WEEK_FORMAT, 11.8, 60, 0, TRUNK(C), .5, 403, NULL, { "caller-id-refused" }, "carrier-c" },
    { "a certificate with 9 days left", WEEK_CERTIFICATE, 6, 30, 0, ALL, 9, 0, NULL, { "certificate-expiring" }, "192.0.2.30" },
    { "a certificate with another name", WEEK_CERTIFICATE_NAME, 14, 60, 0, ALL, 0, 0, NULL, { "certificate-name" }, "192.0.2.30" },
    { "the disk is 92 % full", WEEK_DISK, 5, 30, 0, ALL, .92, 0, NULL, { "disk-space" }, NULL },
    { "the disk lasts two days", WEEK_DISK_DAYS, 13.2, 30, 0, ALL, 2, 0, NULL, { "store-days-left" }, NULL },
    { "one packet in 500 is dropped", WEEK_DROPS, 16, 20, 0, ALL, .002, 0, NULL, { "capture-drops" }, "eth1" },
    { "the mirror shows one direction", WEEK_BLIND, 9.3, 30, 0, ALL, 1, 0, NULL, { "mirror-one-way" }, "eth1" },
    { "the clock is set by 4 s", WEEK_CLOCK, 20.4, 10, 0, ALL, 4000, 0, NULL, { "probe-clock-set" }, NULL },
};
/* clang-format on */

static bool is_about(const struct week_trouble *t, const struct week_fate *f)
{
    return !f->from.port && (t->trunk == WEEK_ANY || (t->trunk == f->trunk && !f->is_in)) &&
           (t->destination == WEEK_ANY ||
            (t->destination == f->destination && (!f->is_in || t->kind == WEEK_TALK))) &&
           (t->sbc == WEEK_ANY || t->sbc == f->sbc);
}

/* That share of all. */
static void end_with(const struct week_trouble *t, struct week_fate *f, struct week_random *r)
{
    f->status = (int16_t)t->code;
    f->reason = NULL;
    f->ring_s = t->code == 404 ? 0 : week_between(r, 15, 35);
}

static void bend_media(const struct week_trouble *t, struct week_fate *f, struct week_random *r)
{
    if (t->kind == WEEK_LOSS)
        f->loss = t->strength * week_between(r, 0.5, 1.5);
    else if (t->kind == WEEK_JITTER)
        f->jitter_ms = week_lognormal(r, t->strength, 0.3);
    else if (t->kind == WEEK_VERDICT && f->talk_s >= 3 && week_chance(r, t->strength))
        f->verdict = t->text;
    else if (t->kind == WEEK_MEDIA_TIMEOUT && f->talk_s > 70)
        f->media_timeouts = week_chance(r, t->strength);
    else if (t->kind == WEEK_CODEC_CHANGE && week_chance(r, t->strength))
        f->codec_changes = 1;
}

static void bend_length(const struct week_trouble *t, struct week_fate *f, struct week_random *r)
{
    if (t->kind == WEEK_TALK)
        f->talk_s *= t->strength;
    else if (t->kind == WEEK_SHORT && week_chance(r, t->strength))
        f->talk_s = week_between(r, 1, 5);
    else if (t->kind == WEEK_PDD)
        f->pdd_ms += t->strength * week_between(r, 0.7, 1.3);
    else if (t->kind == WEEK_ACK_TIMEOUT && f->status == 200 && week_chance(r, t->strength)) {
        f->ended_how = "ack_timeout";
        f->talk_s = 32;
    }
}

void week_trouble_bend(const struct week_trouble *t, struct week_fate *f, struct week_random *r)
{
    if (!is_about(t, f))
        return;
    switch (t->kind) {
    case WEEK_REFUSE:
        if (week_chance(r, t->strength))
            week_call_refuse(f, t->code, NULL);
        if (f->status == 408 && t->code == 408)
            f->pdd_ms = 20000; /* that is what a timeout is */
        break;
    case WEEK_CAUSE:
        if (week_chance(r, t->strength))
            end_with(t, f, r);
        break;
    case WEEK_CODEC_REFUSED:
        if (week_chance(r, t->strength)) {
            week_call_refuse(f, 488, NULL);
            f->codec_refused = true;
        }
        break;
    case WEEK_FORMAT:
        if (week_chance(r, t->strength)) {
            f->user = "03055512345";
            week_call_refuse(f, t->code, "Caller not allowed");
        }
        break;
    case WEEK_MOVE:
        f->trunk = t->code;
        break;
    case WEEK_DEAD:
        f->status = 0;
        break;
    default:
        bend_length(t, f, r);
        bend_media(t, f, r);
        break;
    }
}
