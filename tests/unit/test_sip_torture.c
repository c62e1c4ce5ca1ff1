/*
 * The torture messages of RFC 4475 (49) and RFC 5118 (12), in words of our own: data/torture/NAME.sip
 * tests what the RFC's message of that name tests. None is refused for being odd: what is wrong has
 * a name, what is readable is read. tests/hostile sends the same files through the whole probe.
 */
#include "analyzer/base/strbuf.h"
#include "analyzer/sip/sdp.h"
#include "analyzer/sip/sip_msg.h"
#include "analyzer/sip/sip_uri.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define F(name) (UINT64_C(1) << SIP_ANOMALY_##name)

enum { MESSAGE_BYTES_MAX = 16384 };

/* A message, what it must be taken for, and "field=value|…" ("-" for absent) of what must be read. */
struct expected {
    const char *name;
    enum sip_parse result;
    uint64_t anomalies;
    const char *fields;
};

/* clang-format off */
static const struct expected rfc_4475[] = {
    /* §3.1.1: in order, whatever they look like */
    { "wsinv", SIP_PARSE_OK, F(FOLDED) | F(RFC2543),
      "method=INVITE|ruri=sip:hazel@oak.example.org;grain=fine|to_user=hazel|to_tag=4471n|from_user=rowan|"
      "from_tag=88rw|max_forwards=68|cseq=9|branch=390oakbark|sent_by=192.0.2.2|contact=sip:rowan@example.net|"
      "media=192.0.2.31:41000" },
    { "intmeth", SIP_PARSE_OK, 0,
      "method=OTHER|method_text=!curious-Method0123456789_*+`.%so'~|max_forwards=255|cseq=139122385|"
      "ruri_user=1_odd.User~(of-a!kind)&it's+all$/legal?,/;;*|ruri_host=example.org|"
      "to_user=1_odd.User~(of-a!kind)&it's+all$/legal?,/;;*|from_user=plain|from_tag=_token~1'+`*%!-.|"
      "call_id=intmeth.word%%4475'-(<.*.+~_)|branch=z9hG4bK-.!%66*_+`'~" },
    { "esc01", SIP_PARSE_OK, 0,
      "method=INVITE|ruri_user=sips%3Ahazel%40example.org|ruri_host=example.net|to_user=%68azel|"
      "from_user=I%20am%20rowan|contact=sip:%63%61%6C%6C%65%72@pine.example.net;%6C%72;n%61me=v%61lue%25%34%31|"
      "media=192.0.2.31:41000" },
    { "escnull", SIP_PARSE_OK, 0,
      "method=REGISTER|to_user=zero-%00-zero|from_user=zero-%00-zero|contact=sip:%00@pine.example.net" },
    { "esc02", SIP_PARSE_OK, 0, "method=OTHER|method_text=RE%47IST%45R|to_user=hazel|cseq=29344" },
    { "lwsdisp", SIP_PARSE_OK, 0, "method=OPTIONS|from_user=rowan|from_tag=323" },
    { "longreq", SIP_PARSE_OK, 0, "method=INVITE|to_user=hazel|cseq=3882340|sent_by=tree0.example.com|media=192.0.2.31:41000" },
    { "dblreq", SIP_PARSE_OK, F(EXTRA_BYTES), "method=REGISTER|call_id=dblreq.4475@grove.example|body=0|cseq=8" },
    { "semiuri", SIP_PARSE_OK, 0, "method=OPTIONS|ruri_user=hazel;par=h%40example.org|ruri_host=example.org|to_user=h_id" },
    { "transports", SIP_PARSE_OK, 0, "method=OPTIONS|sent_by=t1.example.com|branch=z9hG4bKkdjuw" },
    { "mpart01", SIP_PARSE_OK, 0, "method=INVITE|body=665|media=192.0.2.31:41000" },
    { "unreason", SIP_PARSE_OK, 0,
      "status=200|method=INVITE|reason== 7**2 * 3**5 \xe3\x81\x82\xe3\x82\x8a\xe3\x81\x8c\xe3\x81\xa8\xe3\x81\x86|"
      "to_tag=hz1|media=192.0.2.31:41000" },
    { "noreason", SIP_PARSE_OK, 0, "status=100|reason=|cseq=35" },
    /* §3.1.2: wrong, and named */
    { "badinv01", SIP_PARSE_OK, F(BAD_VIA) | F(RFC2543) | F(BAD_CONTACT),
      "method=INVITE|sent_by=192.0.2.15|branch=-|contact=sip:rowan@pine.example.net|media=192.0.2.31:41000" },
    { "clerr", SIP_PARSE_OK, F(CL_GT_BODY), "method=INVITE|content_length=9999|body=120|media=192.0.2.31:41000" },
    { "ncl", SIP_PARSE_OK, F(CL_NEGATIVE), "method=INVITE|content_length=-1|body=120|media=192.0.2.31:41000" },
    { "scalar02", SIP_PARSE_OK, F(SCALAR_OVERFLOW),
      "method=REGISTER|cseq=-1|cseq_text=36893488147419103232 REGISTER|max_forwards=-1|expires=-1" },
    { "scalarlg", SIP_PARSE_OK, F(SCALAR_OVERFLOW),
      "status=503|method=OPTIONS|cseq=-1|retry_after=-1|warning=1812 oak \"In Progress\"" },
    { "quotbal", SIP_PARSE_OK, F(BAD_TO), "method=INVITE|to_user=-|to_uri=-|from_user=rowan|media=192.0.2.31:41000" },
    { "ltgtruri", SIP_PARSE_OK, F(BAD_RURI), "method=INVITE|ruri=sip:hazel@example.org|ruri_user=hazel|media=192.0.2.31:41000" },
    { "lwsruri", SIP_PARSE_OK, F(BAD_RURI), "method=INVITE|ruri=sip:hazel@example.org; lr|call_id=lwsruri.4475@grove.example" },
    { "lwsstart", SIP_PARSE_OK, F(BAD_START_LINE), "method=INVITE|ruri=sip:hazel@example.org" },
    { "trws", SIP_PARSE_OK, F(BAD_START_LINE), "method=OPTIONS|ruri=sip:hazel@example.org|cseq=238" },
    { "escruri", SIP_PARSE_OK, F(RURI_HEADERS), "method=INVITE|ruri_user=hazel|ruri_host=example.org" },
    { "baddate", SIP_PARSE_OK, F(BAD_DATE), "method=INVITE|media=192.0.2.31:41000" },
    { "regbadct", SIP_PARSE_OK, F(BAD_CONTACT), "method=REGISTER|contact=sip:rowan@example.net?Route=%3Csip:elm.example.com%3E" },
    { "badaspec", SIP_PARSE_OK, F(BAD_TO), "method=OPTIONS|to_user=hazel" },
    { "baddn", SIP_PARSE_OK, F(BAD_FROM), "method=OPTIONS|from_user=rowan|from_tag=43" },
    { "badvers", SIP_PARSE_UNKNOWN_VERSION, F(UNKNOWN_VERSION), "method=OPTIONS|call_id=badvers.4475@grove.example" },
    { "mismatch01", SIP_PARSE_OK, F(CSEQ_METHOD_MISMATCH), "method=OPTIONS|cseq=8" },
    { "mismatch02", SIP_PARSE_OK, F(CSEQ_METHOD_MISMATCH), "method=OTHER|method_text=NEWMETHOD|cseq=8" },
    { "bigcode", SIP_PARSE_BAD_STATUS, F(BAD_STATUS), "status=0|call_id=bigcode.4475@grove.example" },
    /* §3.2, §3.3 */
    { "badbranch", SIP_PARSE_OK, F(BAD_BRANCH), "method=OPTIONS|branch=z9hG4bK" },
    { "insuf", SIP_PARSE_NO_CALL_ID, F(MISSING_HEADER), "method=INVITE|call_id=-|cseq=193942|sent_by=pine.example.net:5060" },
    { "unkscm", SIP_PARSE_OK, 0, "method=OPTIONS|ruri=nobodyHasHeardOf:somethingopaque|ruri_user=-" },
    { "novelsc", SIP_PARSE_OK, 0, "method=OPTIONS|ruri=soap.beep://192.0.2.103:3002|ruri_user=-" },
    { "unksm2", SIP_PARSE_OK, 0, "method=REGISTER|to_user=-|from_user=-|from_tag=3234233|contact=name:Rowan_Berry" },
    { "bext01", SIP_PARSE_OK, 0, "method=OPTIONS|cseq=8" },
    { "invut", SIP_PARSE_OK, 0, "method=INVITE|content_type=application/unheardof|media=" },
    { "regaut01", SIP_PARSE_OK, 0, "method=REGISTER|cseq=9338" },
    { "multi01", SIP_PARSE_OK, F(DUP_SINGLETON),
      "method=INVITE|cseq=5|max_forwards=70|from_user=rowan|from_tag=39291|call_id=multi01.4475@grove.example|to_user=hazel|"
      "media=192.0.2.31:41000" },
    { "mcl01", SIP_PARSE_OK, F(DUP_SINGLETON) | F(EXTRA_BYTES), "method=OPTIONS|content_length=13|body=13" },
    { "bcast", SIP_PARSE_OK, 0, "status=200|method=INVITE|sent_by=192.0.2.198|media=192.0.2.31:41000" },
    { "zeromf", SIP_PARSE_OK, 0, "method=OPTIONS|max_forwards=0" },
    { "cparam01", SIP_PARSE_OK, 0, "method=REGISTER|contact=sip:+15555550122@gw.example.net" },
    { "cparam02", SIP_PARSE_OK, 0, "method=REGISTER|contact=sip:+15555550122@gw.example.net;unheardof" },
    { "regescrt", SIP_PARSE_OK, 0, "method=REGISTER|contact=sip:rowan@example.net?Route=%3Csip:elm.example.com%3E" },
    { "sdp01", SIP_PARSE_OK, 0, "method=INVITE|media=192.0.2.31:41000" },
    /* §3.4 */
    { "inv2543", SIP_PARSE_OK, F(RFC2543),
      "method=INVITE|from_tag=-|branch=-|max_forwards=-1|content_length=-1|body=120|media=192.0.2.31:41000" },
};

static const struct expected rfc_5118[] = {
    { "ipv6-good", SIP_PARSE_OK, 0, "method=REGISTER|ruri_host=2001:db8::10|ruri_port=0|sent_by=[2001:db8::9:1]|contact_ip=2001:db8::1" },
    { "ipv6-bad", SIP_PARSE_OK, F(BAD_RURI), "method=REGISTER|sent_by=[2001:db8::9:1]|contact_ip=2001:db8::1" },
    { "port-ambiguous", SIP_PARSE_OK, 0, "ruri_host=2001:db8::10:5070|ruri_ip=2001:db8::10:5070|ruri_port=0" },
    { "port-unambiguous", SIP_PARSE_OK, 0, "ruri_ip=2001:db8::10|ruri_port=5070" },
    { "via-received-param-with-delim", SIP_PARSE_OK, 0, "method=BYE|received_ip=2001:db8::9:255" },
    { "via-received-param-no-delim", SIP_PARSE_OK, 0, "method=OPTIONS|received_ip=2001:db8::9:255" },
    { "ipv6-in-sdp", SIP_PARSE_OK, 0, "method=INVITE|media=[2001:db8::20]:41002" },
    { "mult-ip-in-header", SIP_PARSE_OK, 0, "method=BYE|sent_by=[2001:db8::9:1]:6050|branch=z9hG4bKas3-111" },
    { "mult-ip-in-sdp", SIP_PARSE_OK, 0, "method=INVITE|media=192.0.2.33:41004,[2001:db8::33]:41006" },
    { "ipv4-mapped-ipv6", SIP_PARSE_OK, 0, "method=INVITE|contact_ip=192.0.2.2|media=192.0.2.2:41008" },
    { "ipv6-bug-abnf-3-colons", SIP_PARSE_OK, F(BAD_RURI), "ruri_ip=2001:db8::c000:201|contact_ip=2001:db8::c000:207" },
    { "ipv6-correct-abnf-2-colons", SIP_PARSE_OK, 0, "ruri_ip=2001:db8::c000:201|contact_ip=2001:db8::c000:207" },
};

/* What is checked as it stands in the message. */
static const struct {
    const char *name;
    size_t offset;
} texts[] = {
#define X(field, member) { field, offsetof(struct sip_msg, member) }
    X("method_text", method_text), X("ruri", request_uri), X("ruri_user", request_user), X("reason", reason),
    X("call_id", call_id), X("from_user", from_user), X("to_user", to_user), X("to_uri", to_uri),
    X("from_tag", from_tag), X("to_tag", to_tag), X("cseq_text", cseq_text), X("branch", via_branch),
    X("sent_by", via_sent_by), X("contact", contact_uri), X("warning", warning), X("content_type", content_type),
#undef X
};
/* clang-format on */

static struct slice read_message(const char *name)
{
    char path[512], bytes[MESSAGE_BYTES_MAX];
    size_t n;
    FILE *file;

    snprintf(path, sizeof path, "%s/torture/%s.sip", TEST_DATA, name);
    file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened", path);
    n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(n > 0 && n < sizeof bytes);
    return heap_block(slice_of(bytes, n));
}

static void add_ip(struct strbuf *out, struct slice host)
{
    char text[ADDR_TEXT_MAX];
    struct addr addr = { 0 };

    if (sip_host_to_addr(host, &addr))
        strbuf_add(out, text, addr_format_ip(&addr, text));
    else
        strbuf_add_char(out, '-');
}

static void add_media(struct strbuf *out, const struct sip_msg *msg)
{
    static struct sdp sdp;
    char text[ADDR_TEXT_MAX];
    struct slice body = sdp_find_body(msg->content_type, msg->body);

    if (!body.p || sdp_parse(&sdp, body) != SDP_PARSE_OK)
        return;
    for (unsigned i = 0; i < sdp.media_count; i++) {
        if (i)
            strbuf_add_char(out, ',');
        strbuf_add(out, text, addr_format(&sdp.media[i].rtp, text));
    }
}

/* False: no number of that name. */
static bool add_number(struct strbuf *out, const struct sip_msg *msg, struct slice name)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        { "status", msg->status },
        { "cseq", msg->has_cseq ? (int64_t)msg->cseq : -1 },
        { "max_forwards", msg->max_forwards },
        { "content_length", msg->content_length },
        { "expires", msg->expires },
        { "retry_after", msg->retry_after },
        { "body", (int64_t)msg->body.len },
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (!slice_eq(name, slice_of_text(numbers[i].name)))
            continue;
        strbuf_addf(out, "%lld", (long long)numbers[i].value);
        return true;
    }
    return false;
}

/* Those that are made of several, or of a part of one. */
static void add_derived(struct strbuf *out, const struct sip_msg *msg, struct slice name)
{
    struct sip_uri ruri, contact;

    sip_uri_parse(&ruri, msg->request_uri);
    sip_uri_parse(&contact, msg->contact_uri);
    if (slice_eq(name, SLICE("method")))
        strbuf_add_text(out, sip_method_text((enum sip_method)msg->method));
    else if (slice_eq(name, SLICE("media")))
        add_media(out, msg);
    else if (slice_eq(name, SLICE("ruri_host")))
        strbuf_add_slice(out, ruri.host);
    else if (slice_eq(name, SLICE("ruri_port")))
        strbuf_addf(out, "%u", ruri.port);
    else if (slice_eq(name, SLICE("ruri_ip")))
        add_ip(out, ruri.host);
    else if (slice_eq(name, SLICE("contact_ip")))
        add_ip(out, contact.host);
    else if (slice_eq(name, SLICE("received_ip")))
        add_ip(out, msg->via_received);
    else
        fail_msg("no field '%.*s'", (int)name.len, name.p);
}

static void add_field(struct strbuf *out, const struct sip_msg *msg, struct slice name)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct slice text;

        if (!slice_eq(name, slice_of_text(texts[i].name)))
            continue;
        memcpy(&text, (const char *)msg + texts[i].offset, sizeof text);
        strbuf_add_slice(out, text.p ? text : SLICE("-"));
        return;
    }
    if (!add_number(out, msg, name))
        add_derived(out, msg, name);
}

static void check_fields(const struct expected *e, const struct sip_msg *msg)
{
    struct slice rest = slice_of_text(e->fields);
    struct strbuf is = { 0 };

    while (rest.len) {
        struct slice wanted = slice_cut(&rest, '|'), name = slice_cut(&wanted, '=');

        strbuf_reset(&is);
        add_field(&is, msg, name);
        if (!slice_eq(strbuf_slice(&is), wanted))
            fail_msg("%s: %.*s is '%.*s', not '%.*s'", e->name, (int)name.len, name.p, (int)is.len,
                     strbuf_slice(&is).p, (int)wanted.len, wanted.p);
    }
    strbuf_fini(&is);
}

static void check_anomalies(const struct expected *e, uint64_t is)
{
    for (unsigned i = 0; i < SIP_ANOMALY_COUNT; i++) {
        if ((is >> i & 1) != (e->anomalies >> i & 1))
            fail_msg("%s: %s is %s", e->name, sip_anomaly_text((enum sip_anomaly)i),
                     is >> i & 1 ? "flagged and must not be" : "not flagged");
    }
}

/* Cut anywhere, nothing is read behind the end: the sanitizers see to that. */
static void check_cut(struct slice whole)
{
    for (size_t n = 0; n < whole.len; n++) {
        struct slice block = heap_block(slice_of(whole.p, n));
        struct sip_msg msg;

        sip_msg_parse(&msg, block);
        assert_true(!msg.call_id.p ||
                    (msg.call_id.p > block.p && msg.call_id.p + msg.call_id.len <= block.p + n));
        heap_block_free(block);
    }
}

static void check(const struct expected *e)
{
    struct slice block = read_message(e->name);
    struct sip_msg msg;

    print_message("  %s\n", e->name);
    assert_true(sip_msg_looks_like(block));
    assert_string_equal(sip_parse_text(sip_msg_parse(&msg, block)), sip_parse_text(e->result));
    check_anomalies(e, msg.anomalies);
    check_fields(e, &msg);
    check_cut(block);
    heap_block_free(block);
}

static void test_rfc_4475(void **state)
{
    (void)state;
    assert_int_equal(sizeof rfc_4475 / sizeof rfc_4475[0], 49);
    for (size_t i = 0; i < sizeof rfc_4475 / sizeof rfc_4475[0]; i++)
        check(&rfc_4475[i]);
}

static void test_rfc_5118(void **state)
{
    (void)state;
    assert_int_equal(sizeof rfc_5118 / sizeof rfc_5118[0], 12);
    for (size_t i = 0; i < sizeof rfc_5118 / sizeof rfc_5118[0]; i++)
        check(&rfc_5118[i]);
}

/* A binding of one NUL is not one of two, and a parameter in the URI is not one behind it. */
static void test_contacts_differ(void **state)
{
    (void)state;
    assert_false(sip_escaped_eq(SLICE("%00"), SLICE("%00%00")));
    assert_false(sip_escaped_eq(SLICE("%00"), SLICE("")));
    assert_true(sip_escaped_eq(SLICE("%68azel"), SLICE("hazel")));
    assert_false(sip_escaped_eq(SLICE("%Z%45"), SLICE("E")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_4475),
        cmocka_unit_test(test_rfc_5118),
        cmocka_unit_test(test_contacts_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
