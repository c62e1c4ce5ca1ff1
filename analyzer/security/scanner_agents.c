#include "analyzer/security/scanner_agents.h"

/* What the User-Agent begins with, in any case. Tools that people also use to measure and to test
 * (sipp, sipsak, baresip) are not here: they prove nothing. */
static const struct {
    struct slice head, tool;
} agents[] = {
    { SLICE_INIT("friendly-scanner"),
      SLICE_INIT("SIPVicious") }, /* svmap, svwar, svcrack as shipped */
    { SLICE_INIT("friendly-request"), SLICE_INIT("SIPVicious") },
    { SLICE_INIT("sipvicious"), SLICE_INIT("SIPVicious") },
    { SLICE_INIT("sundayddr"), SLICE_INIT("sundayddr") }, /* SIPVicious by another name */
    { SLICE_INIT("sipcli"), SLICE_INIT("sipcli") },       /* dials out through open PBXs */
    { SLICE_INIT("pplsip"), SLICE_INIT("pplsip") },
    { SLICE_INIT("sip-scan"), SLICE_INIT("sip-scan") },
    { SLICE_INIT("sipscan"), SLICE_INIT("sipscan") },
    { SLICE_INIT("smap "), SLICE_INIT("smap") },
    { SLICE_INIT("siparmyknife"), SLICE_INIT("SIP Army Knife") },
    { SLICE_INIT("sivus"), SLICE_INIT("SiVuS") },
    { SLICE_INIT("vaxsipuseragent"),
      SLICE_INIT("VaxSIPUserAgent") }, /* a toolkit; as sent by dialers */
    { SLICE_INIT("vaxipuseragent"), SLICE_INIT("VaxSIPUserAgent") },
    { SLICE_INIT("nm@nm"), SLICE_INIT("Nmap") },
    { SLICE_INIT("mr.sip"), SLICE_INIT("Mr.SIP") },
};

struct slice scanner_agents_find(struct slice user_agent)
{
    char first;

    if (user_agent.len < 4)
        return SLICE_ABSENT;
    first = (char)(user_agent.p[0] | 0x20);
    for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++) {
        if (agents[i].head.p[0] == first && slice_istarts_with(user_agent, agents[i].head))
            return agents[i].tool;
    }
    return SLICE_ABSENT;
}
