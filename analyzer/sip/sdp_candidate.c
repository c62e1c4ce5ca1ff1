#include "analyzer/sip/sdp_candidate.h"

/* RFC 8839: foundation, component, transport, priority, address, port, "typ", kind. */
enum { WORDS = 8, COMPONENT = 1, TRANSPORT = 2, ADDRESS = 4, PORT = 5, TYP = 6, KIND = 7 };

static struct slice cut_word(struct slice *s)
{
    struct slice word;

    while (s->len && s->p[0] == ' ')
        *s = slice_of(s->p + 1, s->len - 1);
    word = slice_cut(s, ' ');
    return slice_trim(word);
}

/* Port 9 is what an active TCP candidate says, port 0 nothing that media could go to. */
static enum sdp_candidate_parse read_place(struct slice component, struct slice address,
                                           struct slice port, struct sdp_candidate *out)
{
    uint64_t number;

    if (!slice_to_u64(component, 256, &number) || number == 0)
        return SDP_CANDIDATE_BAD;
    out->component = number > 2 ? 0 : (uint8_t)number;
    if (!slice_to_u64(port, UINT16_MAX, &number) || number == 0)
        return SDP_CANDIDATE_BAD;
    if (!addr_parse_ip(address, &out->addr) || addr_is_unspecified(&out->addr))
        return SDP_CANDIDATE_OTHER;
    out->addr.port = (uint16_t)number;
    return out->component ? SDP_CANDIDATE_OK : SDP_CANDIDATE_OTHER;
}

enum sdp_candidate_parse sdp_candidate_parse(struct slice s, struct sdp_candidate *out)
{
    static const struct slice kinds[] = {
        [SDP_CANDIDATE_HOST] = SLICE_INIT("host"),
        [SDP_CANDIDATE_SRFLX] = SLICE_INIT("srflx"),
        [SDP_CANDIDATE_PRFLX] = SLICE_INIT("prflx"),
        [SDP_CANDIDATE_RELAY] = SLICE_INIT("relay"),
    };
    struct slice words[WORDS];

    for (int i = 0; i < WORDS; i++)
        words[i] = cut_word(&s);
    if (words[KIND].len == 0 || !slice_ieq(words[TYP], SLICE("typ")))
        return SDP_CANDIDATE_BAD;
    if (!slice_ieq(words[TRANSPORT], SLICE("udp")))
        return SDP_CANDIDATE_OTHER;
    for (uint8_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!slice_ieq(words[KIND], kinds[i]))
            continue;
        out->kind = i;
        return read_place(words[COMPONENT], words[ADDRESS], words[PORT], out);
    }
    return SDP_CANDIDATE_OTHER;
}

enum sdp_candidate_parse sdp_candidate_cut_remote(struct slice *s, struct sdp_candidate *out)
{
    struct slice component = cut_word(s), address = cut_word(s), port = cut_word(s);

    out->kind = SDP_CANDIDATE_REMOTE;
    return read_place(component, address, port, out);
}
