#include "analyzer/sip/sip_contacts.h"

#include "analyzer/sip/sip_fields.h"
#include "analyzer/sip/sip_uri.h"

/* The same contact, as a registrar may spell it again: parameters of the URI come and go. */
static bool same_contact(struct slice a, struct slice b)
{
    struct sip_uri x, y;

    if (slice_eq(a, b))
        return true;
    return sip_uri_parse(&x, a) && sip_uri_parse(&y, b) && x.port == y.port &&
           slice_ieq(x.host, y.host) && sip_escaped_eq(x.user, y.user);
}

/* s, as a parameter has it; −1: none that can be read. */
static int64_t read_expires(struct slice params)
{
    uint64_t value;

    return slice_to_u64(sip_param_find(params, SLICE("expires")), UINT32_MAX, &value)
               ? (int64_t)value
               : -1;
}

static void take_values(struct sip_contacts *out, struct slice value, struct slice uri, bool *found)
{
    while (value.len && out->count < SIP_CONTACTS_MAX) {
        struct sip_name_addr contact;
        struct slice rest, name, text;
        bool wanted;

        if (slice_eq(slice_trim(value), SLICE("*"))) {
            out->star = true;
            return;
        }
        if (!sip_name_addr_parse(&contact, value))
            return; /* where the next one begins cannot be told */
        out->count++;
        rest = contact.params;
        while (sip_param_next(&rest, &name, &text))
            ;
        wanted = uri.p && !*found && same_contact(contact.uri, uri);
        if (wanted || out->count == 1) {
            *found |= wanted;
            out->value = slice_trim(slice_of(value.p, (size_t)(rest.p - value.p)));
            out->expires_s = read_expires(contact.params);
        }
        value = sip_list_next(rest);
    }
}

void sip_contacts_read(struct sip_contacts *out, struct slice header_block, struct slice uri)
{
    struct slice name, value;
    bool found = false;

    *out = (struct sip_contacts){ .expires_s = -1 };
    while (out->count < SIP_CONTACTS_MAX && sip_fields_next(&header_block, &name, &value)) {
        if (slice_ieq(name, SLICE("contact")) || slice_ieq(name, SLICE("m")))
            take_values(out, value, uri, &found);
    }
    if (!found && out->count != 1) {
        out->value = SLICE_ABSENT;
        out->expires_s = -1;
    }
}
