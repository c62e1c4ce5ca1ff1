/*
 * deviation - finds where a call's messages break the standard.
 *
 * What there is to find stands in the table of deviation_table.h. What one message shows, alone or with
 * those before it, is looked for when it comes; what only the end shows, when the call closes. A
 * false alarm is worse than none: what may as well be another hop of a message, a forked branch, a
 * packet that the probe missed or the side of a path that it cannot see raises nothing.
 *
 * Ownership  struct deviation_watch lies in its call.
 * Thread     Analysis thread only.
 * Bounded    A few words a call; addresses and tags beyond the cap make the checks that need them
 *            fall silent.
 */
#ifndef ANALYZER_CALL_DEVIATION_H
#define ANALYZER_CALL_DEVIATION_H

#include "analyzer/base/addr.h"
#include "analyzer/deviation_table.h"

enum { DEVIATION_HOSTS_MAX = 12, DEVIATION_TAGS_MAX = 6 };

struct call;
struct counters;
struct datagram;
struct sdp;
struct sip_msg;

/* What is remembered of a call's messages. Two of each: by enum call_side. */
struct deviation_watch {
    int64_t last_sip_ns[2]; /* the last message of each side; 0: none */
    int64_t cseq_time_ns[2];
    uint64_t cseq_seen[2];  /* bit n: the highest less n came by */
    uint32_t cseq[2];       /* the highest in the dialog */
    uint32_t dialog;        /* … hash of its callee's tag; 0: none yet */
    uint32_t acked_cseq;    /* of the caller's last ACK to the call's INVITE */
    uint32_t answer, bye;   /* hash of the 2xx, of the BYE, at the hop where it was seen first */
    int64_t answer_time_ns; /* its last copy */
    int64_t ack_time_ns, bye_time_ns;
    struct addr ack_dst;
    struct slice media[2];               /* what each side's SDP named last, in words */
    uint32_t hosts[DEVIATION_HOSTS_MAX]; /* hashes of those that take part */
    uint32_t tags[DEVIATION_TAGS_MAX];   /* … of callees' tags */
    uint32_t answer_copies, answer_copies_acked, bye_copies;
    uint8_t host_count, tag_count;
    bool cseq_known[2], acked, ack_dst_known;
    bool hosts_unknown, tags_unknown; /* more than can be told */
};

/* Once for each kind and side: more of the same count up. by: enum call_side + 1, 0: not known.
 * detail: what shows it, a stranger's text maybe; absent: nothing to add. */
void deviation_note(struct call *call, enum deviation deviation, int64_t time_ns, uint8_t by,
                    struct slice detail, struct counters *counters);

/* What this message shows, alone or with what came before it. Before call_message takes it in. */
void deviation_message(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                       struct counters *counters);

/* An offer or answer of that side (enum call_side): what a refusal will be told with. */
void deviation_media(struct call *call, unsigned side, const struct sdp *sdp,
                     struct counters *counters);

/* What only the end shows. Once, before the last report. now_ns: how far the capture has come.
 * lossy: the probe lost packets meanwhile, so what it did not see may have been there. */
void deviation_close(struct call *call, int64_t now_ns, bool lossy, struct counters *counters);

#endif
