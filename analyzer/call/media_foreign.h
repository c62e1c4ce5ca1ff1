/*
 * media_foreign - whose stream does not belong to the call although it goes to the call's port.
 *
 * A third address that sends to a port of the call (an earlier call that went on, a scanner, somebody
 * who wants to be heard) is shown and stays out of the call's quality. It is told by comparison alone:
 * streams of one kind that go to one address at the same time for over a second are ranked. First comes
 * who sends from where SDP of the other side said, then whose address the listener sends to, then who
 * sent most. Whoever is behind the first, and has neither of the first two merits, is foreign.
 *
 * Not foreign, therefore: a source behind a NAT that is alone; sources that follow each other (a
 * re-INVITE, a failover); branches of a forked call; two SSRCs of one address; the same packets
 * seen twice.
 *
 * Thread  Analysis thread only.
 */
#ifndef ANALYZER_CALL_MEDIA_FOREIGN_H
#define ANALYZER_CALL_MEDIA_FOREIGN_H

#include "analyzer/call/call.h"

/* Sets `foreign` of each of the call's streams, from what is known now. */
void media_foreign_judge(struct call *call);

/* How many of them are. */
int64_t media_foreign_count(const struct call *call);

#endif
