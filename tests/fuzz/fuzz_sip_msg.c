/*
 * fuzz_sip_msg - any bytes as a SIP message; its body as SDP, its parties as URIs.
 *
 * What it holds the parser to: nothing is read outside the datagram (the sanitizers), every slice
 * lies inside it, what is filed has a Call-ID and a start line, and a second reading says the same.
 */
#include "analyzer/sip/sdp.h"
#include "analyzer/sip/sip_msg.h"
#include "analyzer/sip/sip_uri.h"

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

static void check_slices(const struct sip_msg *m, struct slice d)
{
    const struct slice all[] = {
        m->method_text, m->request_uri,   m->request_user,
        m->reason,      m->call_id,       m->from,
        m->to,          m->from_uri,      m->to_uri,
        m->from_user,   m->to_user,       m->from_tag,
        m->to_tag,      m->cseq_text,     m->via_branch,
        m->via_sent_by, m->via_received,  m->contact,
        m->contact_uri, m->user_agent,    m->server,
        m->warning,     m->reason_header, m->content_type,
        m->body,        m->session_id,    m->asserted_identity,
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        must_be_inside(all[i], d);
}

static void check_meaning(const struct sip_msg *m, struct slice d)
{
    must(m->call_id.len > 0);
    must(sip_msg_looks_like(d));
    must(m->is_request ? m->status == 0 : m->status >= 100 && m->status <= 699);
    must(!m->is_request || m->method != SIP_METHOD_NONE);
    must(m->content_length < 0 || m->body.len <= (uint64_t)m->content_length);
}

static void read_on(const struct sip_msg *m, struct slice d)
{
    struct slice body = sdp_find_body(m->content_type, m->body);
    struct sip_uri uri;
    struct sdp sdp;

    must_be_inside(body, d);
    sdp_parse(&sdp, body);
    sip_uri_parse(&uri, m->contact_uri);
    must_be_inside(uri.host, d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice datagram = slice_of(data, size);
    struct sip_msg first, again;
    enum sip_parse result = sip_msg_parse(&first, datagram);

    check_slices(&first, datagram);
    if (result == SIP_PARSE_OK)
        check_meaning(&first, datagram);
    read_on(&first, datagram);
    must(sip_msg_parse(&again, datagram) == result);
    must(memcmp(&first, &again, sizeof first) == 0);
    return 0;
}
