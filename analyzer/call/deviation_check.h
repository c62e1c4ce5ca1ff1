/*
 * deviation_check - what the checks of deviation.h share: the message that is looked at, and who
 * takes part in its dialog.
 */
#ifndef ANALYZER_CALL_DEVIATION_CHECK_H
#define ANALYZER_CALL_DEVIATION_CHECK_H

#include "analyzer/call/call.h"

struct deviation_look {
    struct call *call;
    struct deviation_watch *watch;
    const struct sip_msg *msg;
    const struct datagram *d;
    struct counters *counters;
    enum call_side side; /* who sent it */
};

/* Notes it with the text, which is emptied and freed. by: the sender of the message. */
void deviation_look_note(const struct deviation_look *look, enum deviation deviation,
                         struct strbuf *detail);
/* Was it noted of this side? Then its details need not be made again: it is counted. */
bool deviation_look_again(const struct deviation_look *look, enum deviation deviation);

/* "BYE from 192.0.2.1:5060", "200 to INVITE from …". */
void deviation_look_name(const struct deviation_look *look, struct strbuf *out);

uint32_t deviation_hash(const void *p, size_t len, uint32_t seed);

/* deviation_dialog.c: tags, CSeq and the hosts of the dialog. */
void deviation_check_dialog(const struct deviation_look *look);

#endif
