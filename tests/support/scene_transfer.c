/* Scenes in which calls become others: transfer, pick-up, a third party joins. */
#include "tests/support/scenes.h"

enum { TALK_MS = 800, HEADER_MAX = 256 };

/* NOTIFY of the one who was sent away: how far it has come. */
static void notify(struct play_dialog *d, int from, const char *fragment, const char *state)
{
    char headers[HEADER_MAX];

    snprintf(headers, sizeof(headers), "Event: refer\r\nSubscription-State: %s\r\n", state);
    d->next.headers = headers;
    d->next.body = fragment;
    d->next.type = "message/sipfrag;version=2.0";
    play_exchange(d, from, "NOTIFY", 200);
}

static void refer(struct play_dialog *d, int from, const char *refer_to)
{
    const struct play_party *who = d->party[from];
    char headers[HEADER_MAX * 2];

    snprintf(headers, sizeof(headers), "Refer-To: <%s>\r\nReferred-By: <sip:%s@%s>\r\n", refer_to,
             who->user, who->host);
    d->next.headers = headers;
    play_exchange(d, from, "REFER", 202);
    notify(d, call_other(from), "SIP/2.0 100 Trying\r\n", "active;expires=60");
}

/* The caller sends the callee to somebody else. */
static void transfer_blind(struct play *p)
{
    struct play_dialog *first = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_dialog *second = play_dialog(p, ROLE_TRUNK, ROLE_PHONE2);
    char target[HEADER_MAX], referred[HEADER_MAX];

    play_answered_call(first);
    play_talk(first, TALK_MS);
    snprintf(target, sizeof(target), "sip:%s@%s", p->cast[ROLE_PHONE2].user,
             p->cast[ROLE_PHONE2].host);
    refer(first, CALL_CALLER, target);
    snprintf(referred, sizeof(referred), "Referred-By: <sip:%s@%s>\r\n", p->cast[ROLE_PHONE].user,
             p->cast[ROLE_PHONE].host);
    play_add_sdp(second, CALL_CALLER);
    second->next.headers = referred;
    second->next.uri = target;
    play_answered_call(second);
    notify(first, CALL_CALLEE, "SIP/2.0 200 OK\r\n", "terminated;reason=noresource");
    play_bye(first, CALL_CALLER);
    play_talk(second, TALK_MS);
    play_bye(second, CALL_CALLEE);
    first->truth.history = "refer transferred";
    play_tie(first, "transfers_to", second, "referred_from");
}

/* The one whom they are sent to is busy: the first call goes on. */
static void transfer_failed(struct play *p)
{
    struct play_dialog *first = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_dialog *second = play_dialog(p, ROLE_TRUNK, ROLE_PHONE2);
    char target[HEADER_MAX], referred[HEADER_MAX];

    play_answered_call(first);
    play_talk(first, TALK_MS);
    snprintf(target, sizeof(target), "sip:%s@%s", p->cast[ROLE_PHONE2].user,
             p->cast[ROLE_PHONE2].host);
    refer(first, CALL_CALLER, target);
    snprintf(referred, sizeof(referred), "Referred-By: <sip:%s@%s>\r\n", p->cast[ROLE_PHONE].user,
             p->cast[ROLE_PHONE].host);
    play_add_sdp(second, CALL_CALLER);
    second->next.headers = referred;
    second->next.uri = target;
    play_invite(second);
    play_refuse(second, 486);
    notify(first, CALL_CALLEE, "SIP/2.0 486 Busy Here\r\n", "terminated;reason=noresource");
    play_talk(first, TALK_MS);
    play_bye(first, CALL_CALLEE);
    first->truth.history = "refer transfer_failed";
    play_tie(first, "transfers_to", second, "referred_from");
}

/* "name: call-id;to-tag=…;from-tag=…", as the dialog's caller has it. */
static void name_dialog(char *out, size_t room, const char *name, const struct play_dialog *d,
                        bool as_callee, const char *end)
{
    uint32_t local = d->tag[as_callee ? CALL_CALLEE : CALL_CALLER];
    uint32_t remote = d->tag[as_callee ? CALL_CALLER : CALL_CALLEE];

    snprintf(out, room, "%s: %s;to-tag=%08x;from-tag=%08x%s\r\n", name, d->call_id, local, remote,
             end);
}

/* Hold, ask the colleague, then send the one on hold there in place of oneself. */
static void transfer_attended(struct play *p)
{
    struct play_dialog *first = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_dialog *second = play_dialog(p, ROLE_PHONE, ROLE_PHONE2);
    struct play_dialog *third = play_dialog(p, ROLE_TRUNK, ROLE_PHONE2);
    char target[HEADER_MAX * 2], replaces[HEADER_MAX], call_id[CALL_ID_MAX + 8];
    char *at;

    play_answered_call(first);
    play_talk(first, TALK_MS);
    play_reinvite(first, CALL_CALLER, "sendonly");
    play_answered_call(second);
    play_talk(second, TALK_MS);
    snprintf(call_id, sizeof(call_id), "%s", second->call_id);
    at = strchr(call_id, '@');
    memmove(at + 3, at + 1, strlen(at + 1) + 1);
    memcpy(at, "%40", 3);
    snprintf(target, sizeof(target), "sip:%s@%s?Replaces=%s%%3Bto-tag%%3D%08x%%3Bfrom-tag%%3D%08x",
             p->cast[ROLE_PHONE2].user, p->cast[ROLE_PHONE2].host, call_id,
             second->tag[CALL_CALLEE], second->tag[CALL_CALLER]);
    refer(first, CALL_CALLER, target);
    name_dialog(replaces, sizeof(replaces), "Replaces", second, true, "");
    play_add_sdp(third, CALL_CALLER);
    third->next.headers = replaces;
    play_invite(third);
    play_answer(third);
    play_bye(second, CALL_CALLEE);
    notify(first, CALL_CALLEE, "SIP/2.0 200 OK\r\n", "terminated;reason=noresource");
    play_bye(first, CALL_CALLER);
    play_talk(third, TALK_MS);
    play_bye(third, CALL_CALLER);
    first->truth.history = "hold refer transferred";
    first->truth.hold_count = 1;
    second->truth.history = "replaced";
    second->truth.ended_how = "replaced";
    play_tie(third, "replaces", second, "replaced_by");
    play_tie(first, "transfers_to", third, "referred_from");
}

/* It rings at a colleague's; the phone next to it takes the call: INVITE with Replaces to the caller,
 * who gives the ringing up. */
static void pick_up(struct play *p)
{
    struct play_dialog *first = play_dialog(p, ROLE_TRUNK, ROLE_PHONE);
    struct play_dialog *second = play_dialog(p, ROLE_PHONE2, ROLE_TRUNK);
    char replaces[HEADER_MAX];

    play_invite(first);
    play_reply(first, 180);
    play_wait(p, 600);
    name_dialog(replaces, sizeof(replaces), "Replaces", first, false, ";early-only");
    play_add_sdp(second, CALL_CALLER);
    second->next.headers = replaces;
    play_invite(second);
    play_answer(second);
    play_cancel(first);
    play_talk(second, TALK_MS);
    play_bye(second, CALL_CALLER);
    first->truth.ended_how = "replaced";
    first->truth.history = "cancel replaced";
    play_tie(second, "replaces", first, "replaced_by");
}

/* A third one enters a call that goes on. */
static void join(struct play *p)
{
    struct play_dialog *first = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_dialog *second = play_dialog(p, ROLE_PHONE2, ROLE_PHONE);
    char joins[HEADER_MAX];

    play_answered_call(first);
    play_talk(first, TALK_MS);
    name_dialog(joins, sizeof(joins), "Join", first, false, "");
    play_add_sdp(second, CALL_CALLER);
    second->next.headers = joins;
    play_invite(second);
    play_answer(second);
    play_talk(second, TALK_MS);
    play_bye(second, CALL_CALLER);
    play_talk(first, TALK_MS);
    play_bye(first, CALL_CALLER);
    first->truth.history = "joined";
    play_tie(second, "joins", first, "joined_by");
}

static const struct scene rows[] = {
    { "transfer_blind", transfer_blind, 5, 0 },
    { "transfer_failed", transfer_failed, 4, 0 },
    { "transfer_attended", transfer_attended, 5, 0 },
    { "pick_up", pick_up, 5, 0 },
    { "join", join, 4, 0 },
};

struct scene_table scene_transfer_table(void)
{
    return (struct scene_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
