#include "probe/capture/filter_wrap.h"

#include <ctype.h>

enum { TAGS_MAX = 2 };

static const char tagged[] = "ether proto 0x8100 or ether proto 0x88a8 or ether proto 0x9100";

/* What the kernel's filter cannot look through, at a place where no (more) tag is. */
static const char labelled[] = "ether proto 0x8847 or ether proto 0x8848" /* MPLS */
                               " or ether proto 0x8864"                   /* PPPoE session */
                               " or ether proto 0x8926";                  /* VN-Tag */
static const char tunnelled[] = "proto 47 or proto 4 or proto 41";        /* GRE, IPv4, IPv6 */

/* No ports, or not where they are looked for: fragments, and IPv6 behind extension headers. */
static const char portless[] = "ip[6:2] & 0x1fff != 0 or ip6[6] = 44"
                               " or ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 60";

/* Whether the word stands in the filter, and not as a part of another. */
static bool has_word(const char *filter, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = strstr(filter, word); at; at = strstr(at + 1, word)) {
        bool begins = at == filter || !isalnum((unsigned char)at[-1]);

        if (begins && !isalnum((unsigned char)at[len]))
            return true;
    }
    return false;
}

/* Whether the filter moves its own offsets: then it says itself where its packets are. */
static bool speaks_of_layers(const char *filter)
{
    static const char *const words[] = { "vlan", "mpls", "pppoes", "pppoed", "geneve", "vxlan" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (has_word(filter, words[i]))
            return true;
    }
    return false;
}

/* Hosts and protocols are told by every fragment, ports and bytes by the first one only. */
static bool needs_ports(const char *filter)
{
    return strstr(filter, "port") || strchr(filter, '[');
}

static void add_hiding(const char *filter, enum filter_wrap_reach reach,
                       const struct filter_wrap_ports *ports, struct strbuf *out)
{
    strbuf_addf(out, "%s", tunnelled);
    for (size_t i = 0; i < ports->count; i++)
        strbuf_addf(out, " or udp dst port %u", ports->ports[i]);
    if (needs_ports(filter))
        strbuf_addf(out, " or %s", portless);
    if (reach != FILTER_WRAP_IP)
        strbuf_addf(out, " or %s", labelled);
}

static void add_tagged(const char *filter, const struct filter_wrap_ports *ports,
                       struct strbuf *out)
{
    for (int tags = 1; tags <= TAGS_MAX; tags++) {
        strbuf_add_text(out, tags == 1 ? "vlan and (" : " or (vlan and (");
        if (!speaks_of_layers(filter))
            strbuf_addf(out, "(not (%s) and (%s)) or ", tagged, filter);
        add_hiding(filter, FILTER_WRAP_VLANS, ports, out);
    }
    strbuf_addf(out, " or %s", tagged); /* deeper ones pass whole */
    for (int tags = 1; tags <= TAGS_MAX; tags++)
        strbuf_add_text(out, tags == 1 ? ")" : "))");
}

void filter_wrap_text(const char *filter, enum filter_wrap_part part, enum filter_wrap_reach reach,
                      const struct filter_wrap_ports *ports, struct strbuf *out)
{
    if (part == FILTER_WRAP_HIDING)
        add_hiding(filter, reach, ports, out);
    else if (part == FILTER_WRAP_TAGGED && reach == FILTER_WRAP_VLANS)
        add_tagged(filter, ports, out);
    else if (part == FILTER_WRAP_OWN && reach == FILTER_WRAP_VLANS && !speaks_of_layers(filter))
        strbuf_addf(out, "not (%s) and (%s)", tagged, filter);
    else if (part == FILTER_WRAP_OWN)
        strbuf_addf(out, "%s", filter);
}
