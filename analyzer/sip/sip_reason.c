#include "analyzer/sip/sip_reason.h"

#include "analyzer/sip/sip_header.h"
#include "analyzer/sip/sip_uri.h"

/* Of one header's value, a list. *left: how many more values are looked at. */
static int q850_of(struct slice value, unsigned *left)
{
    for (; value.len && *left; --*left) {
        size_t end = slice_find(value, ';'), comma = slice_find(value, ',');
        struct slice protocol, name, text, rest;
        uint64_t cause;

        if (comma < end)
            end = comma;
        protocol = slice_trim(slice_of(value.p, end));
        rest = slice_of(value.p + end, value.len - end);
        while (sip_param_next(&rest, &name, &text)) {
            if (slice_ieq(protocol, SLICE("Q.850")) && slice_ieq(name, SLICE("cause")) &&
                slice_to_u64(slice_trim(text), SIP_REASON_CAUSE_MAX, &cause))
                return (int)cause;
        }
        value = sip_list_next(rest);
    }
    return -1;
}

int sip_reason_q850(struct slice header_block)
{
    const char *end = header_block.p + header_block.len;
    unsigned left = SIP_REASON_VALUES_MAX;
    int cause = -1;

    while (cause < 0 && left) {
        struct slice value = sip_headers_find(header_block, SLICE("Reason"));

        if (!value.p)
            break;
        cause = q850_of(value, &left);
        left -= left > 0; /* an empty one costs too */
        header_block.p = value.p + value.len;
        header_block.len = (size_t)(end - header_block.p);
    }
    return cause;
}
