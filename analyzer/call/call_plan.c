#include "analyzer/call/call_plan.h"

#include "analyzer/call/call.h"
#include "analyzer/sip/sip_uri.h"

/* Max-Forwards of a message that has none: RFC 2543 knew of none, so it is near its sender. */
enum { HOPS_UNKNOWN = 70, HOPS_MAX = 255 };

static uint8_t hops_of(const struct sip_msg *msg)
{
    if (msg->max_forwards < 0)
        return HOPS_UNKNOWN;
    return msg->max_forwards < HOPS_MAX ? (uint8_t)msg->max_forwards : HOPS_MAX;
}

/* A hop of the INVITE. The trunk it came from is that of the hop nearest to the caller, the one it
 * goes to that of the farthest; at the same distance (the next carrier is tried) the later one. */
static void take_trunks(struct call *call, const struct plan *plan, const struct addr *from,
                        const struct addr *to, uint8_t hops)
{
    const struct plan_trunk *in = plan_find_trunk(plan, from), *out = plan_find_trunk(plan, to);

    if (in && (!call->trunk_in || hops > call->trunk_in_hops)) {
        call->trunk_in = in;
        call->trunk_in_hops = hops;
    }
    if (out && (!call->trunk_out || hops <= call->trunk_out_hops)) {
        call->trunk_out = out;
        call->trunk_out_hops = hops;
    }
}

static void keep_number(struct call *call, struct slice *kept, const char *number,
                        struct counters *counters)
{
    *kept = call_keep(call, slice_of_text(number), PLAN_NUMBER_MAX, counters);
}

/* The number in a URI: a whole tel:, or the user of a sip:. */
static bool number_of_uri(const struct plan *plan, struct slice uri, struct slice user,
                          char out[PLAN_NUMBER_MAX])
{
    if (slice_istarts_with(uri, SLICE("tel:")))
        return plan_number(plan, uri, out);
    return user.p && plan_number(plan, user, out);
}

/* The first identity that is a number: a network may assert two, a name and a number. */
static bool asserted_number(const struct plan *plan, struct slice value, char out[PLAN_NUMBER_MAX])
{
    enum { LOOK_AT_MOST = 4 };
    struct sip_name_addr identity;
    bool bad = false;

    for (int i = 0; i < LOOK_AT_MOST && value.len; i++) {
        struct slice name, parameter, rest;

        if (!sip_name_addr_parse(&identity, value))
            return false;
        if (number_of_uri(plan, identity.uri, sip_uri_user(identity.uri, &bad), out))
            return true;
        rest = identity.params;
        while (sip_param_next(&rest, &name, &parameter))
            continue;
        value = sip_list_next(rest);
    }
    return false;
}

static void take_numbers(struct call *call, const struct plan *plan, const struct sip_msg *msg,
                         struct counters *counters)
{
    char number[PLAN_NUMBER_MAX];

    if (!call->from_number.p &&
        ((msg->is_request && asserted_number(plan, msg->asserted_identity, number)) ||
         number_of_uri(plan, msg->from_uri, msg->from_user, number)))
        keep_number(call, &call->from_number, number, counters);
    if (!call->to_number.p &&
        ((msg->is_request && number_of_uri(plan, msg->request_uri, msg->request_user, number)) ||
         number_of_uri(plan, msg->to_uri, msg->to_user, number))) {
        keep_number(call, &call->to_number, number, counters);
        call->destination = plan_find_destination(plan, number);
    }
}

/* Whom the INVITE was for when it was seen first, or on a later hop: somewhere on its way the number
 * may become that of a call centre, or lose the digit that gets a line. */
static void take_emergency(struct call *call, const struct plan *plan, const struct sip_msg *msg)
{
    if (call->emergency == 1 || (!msg->request_uri.len && !msg->to_uri.len))
        return;
    call->emergency =
        plan_is_emergency(plan, msg->request_uri) || plan_is_emergency(plan, msg->to_uri);
}

void call_plan_message(struct call *call, const struct plan *plan, const struct sip_msg *msg,
                       const struct datagram *d, struct counters *counters)
{
    if (!plan || msg->cseq_method != SIP_METHOD_INVITE)
        return;
    if (msg->is_request && msg->method == SIP_METHOD_INVITE && msg->to_tag.len == 0) {
        take_trunks(call, plan, &d->src, &d->dst, hops_of(msg));
        take_numbers(call, plan, msg, counters);
        take_emergency(call, plan, msg);
    } else if (!msg->is_request && !call->invite_seen && !call->from_number.p &&
               !call->to_number.p) {
        take_trunks(call, plan, &d->dst, &d->src, HOPS_UNKNOWN);
        take_numbers(call, plan, msg, counters);
        take_emergency(call, plan, msg);
    }
}
