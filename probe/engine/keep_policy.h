/*
 * keep_policy - what of a call's packets is kept, and who said so.
 *
 * Twice it is decided. While a call is set up, by what store.policy says of its record as far as that is
 * known, over store.keep: from its first report on, a tick after its first packet, until it is answered
 * or has failed; what was gathered meanwhile is still in memory, so that a stricter level leaves nothing
 * on the disk. And when it has ended, by what its media was worth: without what store.media_of asks
 * for, its media is forgotten. Where there are rules this waits for a minute of packet time, because
 * an alert may yet name the call.
 *
 * Ownership  keep_policy_new/free. The packet log outlives it, options and what they point to too.
 * Thread     The analysis thread.
 */
#ifndef PROBE_ENGINE_KEEP_POLICY_H
#define PROBE_ENGINE_KEEP_POLICY_H

#include "analyzer/filter/filter.h"
#include "analyzer/sink.h"
#include "storage/packets/packet_log.h"

struct keep_rule {
    enum packet_keep keep;
    const struct filter *filter;
};

struct keep_options {
    enum packet_keep keep; /* of calls that no rule fits */
    const struct keep_rule *rules;
    size_t rule_count;
    const struct filter *const *media_of; /* any of them; none: the media of every call stays */
    size_t media_of_count;
    uint64_t media_sample; /* of one call in that many it stays as well; 0: of none */
};

/* The most that any call may be kept: what a call is gathered at before it is decided. */
enum packet_keep keep_options_most(const struct keep_options *options);

struct keep_policy;

/* store_dir: where pins lie. alerts: there are rules. 0 or −ENOMEM. */
int keep_policy_new(struct keep_policy **kp, struct packet_log *log, const char *store_dir,
                    const struct keep_options *options, bool alerts);
void keep_policy_free(struct keep_policy *k);

/* Decides as far as it can be decided, and says so in the record: kept, kept_by. */
void keep_policy_call(struct keep_policy *k, struct call_record *call, enum record_event event,
                      void **keeper);

/* The call has ended, its last record has been through keep_policy_call: *keeper becomes NULL. */
void keep_policy_close(struct keep_policy *k, const struct call_record *call, void **keeper,
                       int64_t now_ns);

/* The calls that prove it stay. */
void keep_policy_alert(struct keep_policy *k, const struct alert_record *alert);

/* Packet time passes. */
void keep_policy_tick(struct keep_policy *k, int64_t now_ns);

/* The end of the packets: what waits is decided. */
void keep_policy_finish(struct keep_policy *k);

#endif
