/*
 * fuzz_sdp - the first line of the input is a Content-Type, the rest a body; and all of it is SDP.
 */
#include "analyzer/sip/sdp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void must_be_inside(struct slice s, struct slice whole)
{
    must(!s.p ||
         (s.p >= whole.p && s.len <= whole.len && (size_t)(s.p - whole.p) <= whole.len - s.len));
}

static void check_media(const struct sdp *sdp, const struct sdp_media *m, struct slice body)
{
    const struct sdp_format *format = sdp_media_formats(sdp, m);

    must_be_inside(m->type_text, body);
    must_be_inside(m->proto, body);
    must_be_inside(m->address_text, body);
    must(m->format_count <= SDP_FORMATS_PER_MEDIA);
    must(m->first_format + m->format_count <= sdp->format_count);
    must_be_inside(m->mid, body);
    must(m->first_candidate + m->candidate_count <= sdp->candidate_count);
    must(m->first_ssrc + m->ssrc_count <= sdp->ssrc_count);
    must(m->bundle <= sdp->bundle_count && (m->bundle == 0 || m->mid.len));
    for (unsigned i = 0; i < m->candidate_count; i++) {
        const struct sdp_candidate *c = &sdp->candidates[m->first_candidate + i];

        must(c->addr.port != 0 && !addr_is_unspecified(&c->addr));
        must(c->component >= 1 && c->component <= 2 && c->kind <= SDP_CANDIDATE_REMOTE);
    }
    must(m->disabled == (m->rtp.port == 0));
    must(m->direction <= SDP_INACTIVE && m->type <= SDP_IMAGE);
    for (unsigned i = 0; i < m->format_count; i++) {
        const struct sdp_static_payload *known = sdp_static_payload(format[i].payload_type);

        must_be_inside(format[i].fmtp, body);
        if (!known || format[i].name.p != known->name.p)
            must_be_inside(format[i].name, body);
        must(format[i].payload_type < 128 || format[i].payload_type == SDP_PAYLOAD_NONE);
    }
}

static void check_body(struct slice body)
{
    struct sdp sdp;

    memset(&sdp, 0xa5, sizeof sdp);
    sdp_parse(&sdp, body);
    must(sdp.media_count <= SDP_MEDIA_MAX && sdp.format_count <= SDP_FORMATS_MAX);
    must(sdp.candidate_count <= SDP_CANDIDATES_MAX && sdp.ssrc_count <= SDP_SSRCS_MAX &&
         sdp.bundle_count <= SDP_BUNDLES_MAX);
    must_be_inside(sdp.session_name, body);
    for (unsigned i = 0; i < sdp.media_count; i++)
        check_media(&sdp, &sdp.media[i], body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = slice_of(data, size), type = SLICE_ABSENT, found;

    check_body(body);
    if (size)
        type = slice_cut(&body, '\n');
    found = sdp_find_body(type, body);
    must_be_inside(found, body);
    check_body(found);
    return 0;
}
