/*
 * play_say - what the cast says: SIP messages, one by one or as whole exchanges.
 *
 * Each message passes a few milliseconds after the one before it. What it has beside the usual stands
 * in the dialog's `next`, which it spends. The truth that follows from a message (its outcome, who
 * hung up) is noted as it is said; a scene corrects what a probe must say otherwise.
 */
#ifndef TESTS_SUPPORT_PLAY_SAY_H
#define TESTS_SUPPORT_PLAY_SAY_H

#include "tests/support/play.h"

/* A request of that side, with a CSeq and a branch of its own. */
void play_ask(struct play_dialog *d, int from, const char *method);
/* The answer to the request that was asked last, or to the INVITE. */
void play_reply(struct play_dialog *d, int status);
void play_reply_invite(struct play_dialog *d, int status);
/* Of the answer, or of a refusal. */
void play_ack(struct play_dialog *d);

/* `next` gets the SDP of that side. */
void play_add_sdp(struct play_dialog *d, int side);

/* INVITE with an offer; 100. */
void play_invite(struct play_dialog *d);
/* The same, 180, 200 with an answer, ACK. */
void play_answered_call(struct play_dialog *d);
/* 200 with an answer, ACK. */
void play_answer(struct play_dialog *d);
/* The final response, ACK. */
void play_refuse(struct play_dialog *d, int status);
/* CANCEL, 200, 487, ACK. */
void play_cancel(struct play_dialog *d);
/* BYE with a Reason, 200. */
void play_bye(struct play_dialog *d, int from);
/* A request in the dialog and its 200; with an offer and an answer of these directions. */
void play_exchange(struct play_dialog *d, int from, const char *method, int status);
void play_reinvite(struct play_dialog *d, int from, const char *direction);

/* Both ways: a is `kind` b, and b is `back` a. NULL: no link that way. */
void play_tie(struct play_dialog *a, const char *kind, struct play_dialog *b, const char *back);

#endif
