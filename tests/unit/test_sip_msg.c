#include "analyzer/sip/sip_msg.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define F(name) (UINT64_C(1) << SIP_ANOMALY_##name)

/* A message and how what is read of it differs from in_order: "field=value|…", "-" for absent. */
struct expected {
    const char *name;
    struct slice datagram;
    uint64_t anomalies;
    const char *differs;
};

/* What is read of a message that has nothing to be remarked. */
static const char in_order[] =
    "method=INVITE|method_text=INVITE|ruri=sip:bob@b.example|ruri_user=bob|call_id=c1|"
    "from_user=ann|to_user=bob|from_tag=f1|to_tag=-|branch=z9hG4bKq1|sent_by=192.0.2.7:5070|"
    "contact=-|status=0|cseq=1|max_forwards=70|content_length=0|body=0";

static void assert_text(const char *what, struct slice is, const char *expected)
{
    if (!expected) {
        if (is.p)
            fail_msg("%s is '%.*s', not absent", what, (int)is.len, is.p);
        return;
    }
    if (!is.p || !slice_eq(is, slice_of_text(expected)))
        fail_msg("%s is '%.*s', not '%s'", what, (int)is.len, is.p ? is.p : "", expected);
}

static void assert_anomalies(const char *name, uint64_t is, uint64_t expected)
{
    for (unsigned i = 0; i < SIP_ANOMALY_COUNT; i++) {
        if ((is >> i & 1) != (expected >> i & 1))
            fail_msg("%s: %s is %s", name, sip_anomaly_text((enum sip_anomaly)i),
                     is >> i & 1 ? "flagged and must not be" : "not flagged");
    }
}

/* The value of a field in "field=value|…"; absent when it is not there. */
static struct slice find_field(const char *fields, const char *name)
{
    struct slice rest = slice_of_text(fields), field;

    while (rest.len) {
        field = slice_cut(&rest, '|');
        if (slice_eq(slice_cut(&field, '='), slice_of_text(name)))
            return field;
    }
    return SLICE_ABSENT;
}

static void check_text(const struct expected *e, const char *name, struct slice is)
{
    struct slice wanted = find_field(e->differs, name);

    if (!wanted.p)
        wanted = find_field(in_order, name);
    assert_non_null(wanted.p);
    if (!is.p)
        is = SLICE("-");
    if (!slice_eq(is, wanted))
        fail_msg("%s: %s is '%.*s', not '%.*s'", e->name, name, (int)is.len, is.p, (int)wanted.len,
                 wanted.p);
}

static void check_number(const struct expected *e, const char *name, int64_t is)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)is);
    check_text(e, name, slice_of_text(text));
}

static void check(const struct expected *e)
{
    struct slice block = heap_block(e->datagram);
    struct sip_msg msg;

    print_message("  %s\n", e->name);
    assert_string_equal(sip_parse_text(sip_msg_parse(&msg, block)), "ok");
    assert_true(sip_msg_looks_like(block));
    assert_anomalies(e->name, msg.anomalies, e->anomalies);
    check_text(e, "method", slice_of_text(sip_method_text((enum sip_method)msg.method)));
    check_text(e, "method_text", msg.method_text);
    check_text(e, "ruri", msg.request_uri);
    check_text(e, "ruri_user", msg.request_user);
    check_text(e, "call_id", msg.call_id);
    check_text(e, "from_user", msg.from_user);
    check_text(e, "to_user", msg.to_user);
    check_text(e, "from_tag", msg.from_tag);
    check_text(e, "to_tag", msg.to_tag);
    check_text(e, "branch", msg.via_branch);
    check_text(e, "sent_by", msg.via_sent_by);
    check_text(e, "contact", msg.contact_uri);
    check_number(e, "status", msg.status);
    check_number(e, "cseq", msg.has_cseq ? (int64_t)msg.cseq : -1);
    check_number(e, "max_forwards", msg.max_forwards);
    check_number(e, "content_length", msg.content_length);
    check_number(e, "body", (int64_t)msg.body.len);
    heap_block_free(block);
}

/* The header fields of a message that is in order, but for what a test is about. */
#define VIA     "Via: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKq1\r\n"
#define FROM    "From: <sip:ann@a.example>;tag=f1\r\n"
#define TO      "To: <sip:bob@b.example>\r\n"
#define CALL_ID "Call-ID: c1\r\n"
#define MAXF    "Max-Forwards: 70\r\n"
#define CL0     "Content-Length: 0\r\n"
#define REST    VIA FROM TO CALL_ID MAXF
#define INVITE  "INVITE sip:bob@b.example SIP/2.0\r\n"

/* clang-format off */
/* RFC 4475 §3.1.1 and the like: messages that are in order, whatever they look like. */
static const struct expected valid[] = {
    { "plain", SLICE_INIT(INVITE REST "CSeq: 1 INVITE\r\n" CL0 "\r\n"), 0, "" },
    { "wsinv: folds, case, compact names, zeros",
      SLICE_INIT("INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\n"
                 "TO :\r\n  sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n"
                 "fRoM  : \"J \\\\\\\"quote\\\\\\\" <no>\" <sip:jd@example.com>\r\n"
                 "  ;\r\n  tag = 98asjd8\r\n"
                 "MaX-fOrWaRdS: 0068\r\n"
                 "i: wsinv.ndaksdj@192.0.2.1\r\n"
                 "Content-Length   : 4\r\n"
                 "cseq: 0009\r\n  INVITE\r\n"
                 "v  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n"
                 "s :\r\n"
                 "NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
                 "m:\"Quoted string \\\"\\\"\" <sip:jd@example.com> ; newparam = newvalue\r\n"
                 "v: SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9\r\n"
                 "\r\nbody"),
      F(FOLDED) | F(RFC2543),
      "ruri=sip:vivekg@chair-dnrc.example.com;unknownparam|ruri_user=vivekg|call_id=wsinv.ndaksdj@192.0.2.1|"
      "from_user=jd|to_user=vivekg|from_tag=98asjd8|to_tag=1918181833n|branch=390skdjuw|sent_by=192.0.2.2|"
      "contact=sip:jd@example.com|cseq=9|max_forwards=68|content_length=4|body=4" },
    { "intmeth: every character a method may have",
      SLICE_INIT("!weird'Method.*_+`-%~9 sip:1_x.!~*'()&=+$,;?/%3a:pw@[2001:db8::1]:6060 SIP/2.0\r\n"
                 REST "CSeq: 1 !weird'Method.*_+`-%~9\r\n" CL0 "\r\n"),
      0, "method=OTHER|method_text=!weird'Method.*_+`-%~9|ruri=sip:1_x.!~*'()&=+$,;?/%3a:pw@[2001:db8::1]:6060|ruri_user=1_x.!~*'()&=+$,;?/%3a" },
    { "esc02: a method with escapes is not the method it would be",
      SLICE_INIT("RE%47IST%45R sip:registrar.example SIP/2.0\r\n" REST "CSeq: 1 RE%47IST%45R\r\n"
                 CL0 "\r\n"),
      0, "method=OTHER|method_text=RE%47IST%45R|ruri=sip:registrar.example|ruri_user=-" },
    { "a method in lower case is another method",
      SLICE_INIT("invite sip:bob@b.example SIP/2.0\r\n" REST "CSeq: 1 invite\r\n" CL0 "\r\n"),
      0, "method=OTHER|method_text=invite" },
    { "escnull: %00 stays text",
      SLICE_INIT("REGISTER sip:b.example SIP/2.0\r\n" VIA "From: <sip:null-%00-null@a.example>;tag=f1\r\n"
                 TO CALL_ID MAXF "CSeq: 1 REGISTER\r\nContact: <sip:%00@h1.example>\r\n"
                 "Contact: <sip:%00%00@h2.example>\r\n" CL0 "\r\n"),
      0, "method=REGISTER|method_text=REGISTER|ruri=sip:b.example|ruri_user=-|from_user=null-%00-null|contact=sip:%00@h1.example" },
    { "lwsdisp: no space after the display name",
      SLICE_INIT(INVITE VIA "From: ann<sip:ann@a.example>;tag=f1\r\n" TO CALL_ID MAXF
                 "CSeq: 1 INVITE\r\n" CL0 "\r\n"), 0, "" },
    { "semiuri: semicolons in the user part",
      SLICE_INIT("OPTIONS sip:user;par=u%40example.net@b.example SIP/2.0\r\n" VIA
                 "From: <sip:ann;x=1@a.example;user=phone>;tag=f1\r\n" TO CALL_ID MAXF
                 "CSeq: 1 OPTIONS\r\n" CL0 "\r\n"),
      0, "method=OPTIONS|method_text=OPTIONS|from_user=ann;x=1|ruri=sip:user;par=u%40example.net@b.example|ruri_user=user;par=u%40example.net" },
    { "transports: a Via of a transport nobody knows",
      SLICE_INIT(INVITE "Via: SIP/2.0/UNKNOWN t5.example:99;branch=z9hG4bKq1\r\n" VIA FROM TO CALL_ID
                 MAXF "CSeq: 1 INVITE\r\n" CL0 "\r\n"), 0, "sent_by=t5.example:99" },
    { "several Vias on a line, a comma in quotes",
      SLICE_INIT(INVITE "v: SIP/2.0/UDP a.example;x=\";branch=no,\";branch=z9hG4bKq1, SIP/2.0/UDP b.example"
                 ";branch=z9hG4bKq2\r\n" FROM TO CALL_ID MAXF "CSeq: 1 INVITE\r\n" CL0 "\r\n"),
      0, "sent_by=a.example" },
    { "unreason: a reason phrase beyond ASCII",
      SLICE_INIT("SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe\r\n" VIA FROM
                 "To: <sip:bob@b.example>;tag=t1\r\n" CALL_ID "CSeq: 35 INVITE\r\n" CL0 "\r\n"),
      0, "ruri=-|ruri_user=-|to_tag=t1|status=200|cseq=35|max_forwards=-1" },
    { "noreason: none", SLICE_INIT("SIP/2.0 100 \r\n" VIA FROM TO CALL_ID "CSeq: 1 INVITE\r\n" CL0 "\r\n"),
      0, "ruri=-|ruri_user=-|status=100|max_forwards=-1" },
    { "zeromf", SLICE_INIT(INVITE VIA FROM TO CALL_ID "Max-Forwards: 0\r\nCSeq: 1 INVITE\r\n" CL0 "\r\n"),
      0, "max_forwards=0" },
    { "unksm2: foreign schemes in From, To and Contact",
      SLICE_INIT("REGISTER sip:b.example SIP/2.0\r\n" VIA "From: <http://www.example.com>;tag=f1\r\n"
                 "To: isbn:2983792873\r\n" CALL_ID MAXF "CSeq: 1 REGISTER\r\n"
                 "Contact: <name:John_Smith>\r\n" CL0 "\r\n"),
      0, "method=REGISTER|method_text=REGISTER|ruri=sip:b.example|ruri_user=-|from_user=-|to_user=-|contact=name:John_Smith" },
    { "novelsc: a scheme that is no SIP in the Request-URI",
      SLICE_INIT("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0\r\n" REST "CSeq: 1 OPTIONS\r\n" CL0 "\r\n"),
      0, "method=OPTIONS|method_text=OPTIONS|ruri=soap.beep://192.0.2.103:3002|ruri_user=-" },
    { "a tel: URI is a number",
      SLICE_INIT("INVITE tel:+49-30-5550;phone-context=x SIP/2.0\r\n" VIA
                 "From: tel:+4940555;tag=f1\r\n" TO CALL_ID MAXF "CSeq: 1 INVITE\r\n" CL0 "\r\n"),
      0, "ruri=tel:+49-30-5550;phone-context=x|ruri_user=+49-30-5550|from_user=+4940555" },
    { "cparam01: an unknown parameter of the Contact header",
      SLICE_INIT("REGISTER sip:b.example SIP/2.0\r\n" REST "CSeq: 1 REGISTER\r\n"
                 "Contact: sip:+1972@gw.example;unknownparam\r\n" CL0 "\r\n"),
      0, "method=REGISTER|method_text=REGISTER|ruri=sip:b.example|ruri_user=-|contact=sip:+1972@gw.example" },
    { "cparam02: the same inside the URI",
      SLICE_INIT("REGISTER sip:b.example SIP/2.0\r\n" REST "CSeq: 1 REGISTER\r\n"
                 "Contact: <sip:+1972@gw.example;unknownparam>\r\n" CL0 "\r\n"),
      0, "method=REGISTER|method_text=REGISTER|ruri=sip:b.example|ruri_user=-|contact=sip:+1972@gw.example;unknownparam" },
    { "regescrt: a Contact with an escaped header",
      SLICE_INIT("REGISTER sip:b.example SIP/2.0\r\n" REST "CSeq: 1 REGISTER\r\n"
                 "Contact: <sip:u@h.example?Route=%3Csip:p.example%3E>\r\n" CL0 "\r\n"),
      0, "method=REGISTER|method_text=REGISTER|ruri=sip:b.example|ruri_user=-|contact=sip:u@h.example?Route=%3Csip:p.example%3E" },
    { "bare LF, line ends in front", SLICE_INIT("\r\n\nBYE sip:bob@b.example SIP/2.0\nv:SIP/2.0/UDP a;branch=z9hG4bKq1\n"
                 "f:sip:ann@a.example;tag=f1\nt:\"B, <\\\"o\" <sip:bob@b.example>;tag=t1\ni:c1\nCSeq:2 BYE\nl:3\n\n a\n"),
      0, "method=BYE|method_text=BYE|cseq=2|sent_by=a|to_tag=t1|max_forwards=-1|content_length=3|body=3" },
    { "inv2543: no branch, From tag, Max-Forwards, Content-Length",
      SLICE_INIT("INVITE sip:bob@b.example SIP/2.0\r\nVia: SIP/2.0/UDP iftgw.example\r\n"
                 "From: <sip:+1012@a.example;user=phone>\r\n" TO CALL_ID "CSeq: 1 INVITE\r\n\r\nv=0\r\n"),
      F(RFC2543), "from_user=+1012|from_tag=-|branch=-|sent_by=iftgw.example|max_forwards=-1|"
      "content_length=-1|body=5" },
    { "RFC 5118 ipv6-good", SLICE_INIT("REGISTER sip:[2001:db8::10] SIP/2.0\r\n"
                 "Via: SIP/2.0/UDP [2001:db8::9:1]:5099;received=[2001:db8::9:255];branch=z9hG4bKq1\r\n"
                 FROM TO CALL_ID MAXF "CSeq: 1 REGISTER\r\nContact: \"Caller\" <sip:c@[2001:db8::1]>\r\n"
                 CL0 "\r\n"),
      0, "method=REGISTER|method_text=REGISTER|ruri=sip:[2001:db8::10]|ruri_user=-|sent_by=[2001:db8::9:1]:5099|contact=sip:c@[2001:db8::1]" },
    { "64 Accepts and a header without a value", SLICE_INIT(INVITE REST "Accept:a\r\nAccept:b\r\nSubject:\r\n"
                 "CSeq: 1 INVITE\r\n" CL0 "\r\n"), 0, "" },
};

/* RFC 4475 §3.1.2, 3.2, 3.3: what is wrong is flagged, what is readable is read. */
static const struct expected damaged[] = {
    { "badinv01: stray separators in Via and Contact",
      SLICE_INIT(INVITE "Via: SIP/2.0/UDP 192.0.2.15;;,;,,\r\n" FROM TO CALL_ID MAXF "CSeq: 1 INVITE\r\n"
                 "Contact: \"Joe\" <sip:joe@a.example>;;;;\r\n" CL0 "\r\n"),
      F(BAD_VIA) | F(RFC2543) | F(BAD_CONTACT), "branch=-|sent_by=192.0.2.15|contact=sip:joe@a.example" },
    { "a Via without a host", SLICE_INIT(INVITE "Via: SIP/2.0/UDP ;branch=z9hG4bKq1\r\n" FROM TO CALL_ID MAXF
                 "CSeq: 1 INVITE\r\n" CL0 "\r\n"), F(BAD_VIA), "sent_by=" },
    { "a Via that is none", SLICE_INIT(INVITE "Via: hello\r\n" FROM TO CALL_ID MAXF "CSeq: 1 INVITE\r\n"
                 CL0 "\r\n"), F(BAD_VIA), "branch=-|sent_by=-" },
    { "clerr: Content-Length beyond the datagram",
      SLICE_INIT(INVITE REST "CSeq: 1 INVITE\r\nContent-Length: 9999\r\n\r\nv=0\r\n"),
      F(CL_GT_BODY), "content_length=9999|body=5" },
    { "ncl: a negative one", SLICE_INIT(INVITE REST "CSeq: 1 INVITE\r\nContent-Length: -999\r\n\r\nv=0\r\n"),
      F(CL_NEGATIVE), "content_length=-1|body=5" },
    { "one that is no number", SLICE_INIT(INVITE REST "CSeq: 1 INVITE\r\nl: many\r\n\r\nv=0\r\n"),
      F(BAD_NUMBER), "content_length=-1|body=5" },
    { "mcl01: two that differ", SLICE_INIT(INVITE REST "CSeq: 1 INVITE\r\nl: 5\r\nContent-Length: 9\r\n\r\nv=0\r\n"),
      F(DUP_SINGLETON), "content_length=5|body=5" },
    { "one that is given twice is fine", SLICE_INIT(INVITE REST "CSeq: 1 INVITE\r\nl: 5\r\nl:5\r\n\r\nv=0\r\n"), 0,
      "content_length=5|body=5" },
    { "dblreq: a second request behind the first",
      SLICE_INIT(INVITE REST "CSeq: 1 INVITE\r\n" CL0 "\r\n" "BYE sip:x SIP/2.0\r\nCall-ID: c9\r\n\r\n"),
      F(EXTRA_BYTES), "" },
    { "scalar02: numbers beyond their range",
      SLICE_INIT(INVITE VIA FROM TO CALL_ID "CSeq: 36893488147419103232 INVITE\r\nMax-Forwards: 300\r\n"
                 "Expires: 10000000000000000000\r\nContact: <sip:a@b>;expires=280297596632815\r\n" CL0 "\r\n"),
      F(SCALAR_OVERFLOW), "cseq=-1|max_forwards=-1|contact=sip:a@b" },
    { "scalarlg: in a response, Retry-After and Warning too",
      SLICE_INIT("SIP/2.0 503 Service Unavailable\r\n" VIA FROM TO CALL_ID "CSeq: 9292394834772304023312 OPTIONS\r\n"
                 "Retry-After: 949302838503028349304023988 (busy)\r\nWarning: 1812 overture \"In Progress\"\r\n"
                 CL0 "\r\n"),
      F(SCALAR_OVERFLOW), "method=OPTIONS|method_text=OPTIONS|ruri=-|ruri_user=-|status=503|cseq=-1|max_forwards=-1" },
    { "quotbal: a display name that never ends",
      SLICE_INIT(INVITE VIA FROM "To: \"Mr. J. User <sip:j.user@example.com>\r\n" CALL_ID MAXF
                 "CSeq: 1 INVITE\r\n" CL0 "\r\n"), F(BAD_TO), "to_user=-" },
    { "a From without '>'", SLICE_INIT(INVITE VIA "From: <sip:ann@a.example;tag=f1\r\n" TO CALL_ID MAXF
                 "CSeq: 1 INVITE\r\n" CL0 "\r\n"), F(BAD_FROM) | F(RFC2543), "from_user=-|from_tag=-" },
    { "ltgtruri: <> around the Request-URI",
      SLICE_INIT("INVITE <sip:bob@b.example> SIP/2.0\r\n" REST "CSeq: 1 INVITE\r\n" CL0 "\r\n"),
      F(BAD_RURI), "" },
    { "lwsruri: a space inside it",
      SLICE_INIT("INVITE sip:bob@b.example; lr SIP/2.0\r\n" REST "CSeq: 1 INVITE\r\n" CL0 "\r\n"),
      F(BAD_RURI), "ruri=sip:bob@b.example; lr" },
    { "lwsstart: spaces in the start line",
      SLICE_INIT("INVITE  sip:bob@b.example  SIP/2.0\r\n" REST "CSeq: 1 INVITE\r\n" CL0 "\r\n"),
      F(BAD_START_LINE), "" },
    { "the same in a status line", SLICE_INIT("SIP/2.0   486  Busy\r\n" VIA FROM TO CALL_ID
                 "CSeq: 1 INVITE\r\n" CL0 "\r\n"), F(BAD_START_LINE), "ruri=-|ruri_user=-|status=486|max_forwards=-1" },
    { "trws: spaces behind it", SLICE_INIT("INVITE sip:bob@b.example SIP/2.0  \r\n" REST
                 "CSeq: 1 INVITE\r\n" CL0 "\r\n"), F(BAD_START_LINE), "" },
    { "no Request-URI at all", SLICE_INIT("INVITE  SIP/2.0\r\n" REST "CSeq: 1 INVITE\r\n" CL0 "\r\n"),
      F(BAD_START_LINE) | F(BAD_RURI), "ruri=|ruri_user=-" },
    { "escruri: headers in the Request-URI",
      SLICE_INIT("INVITE sip:bob@b.example?Route=%3Csip:x%3E SIP/2.0\r\n" REST "CSeq: 1 INVITE\r\n" CL0 "\r\n"),
      F(RURI_HEADERS), "ruri=sip:bob@b.example?Route=%3Csip:x%3E" },
    { "baddate: not GMT", SLICE_INIT(INVITE REST "CSeq: 1 INVITE\r\nDate: Fri, 01 Jan 2010 16:00:00 EST\r\n"
                 CL0 "\r\n"), F(BAD_DATE), "" },
    { "regbadct: a Contact with headers and no <>",
      SLICE_INIT(INVITE REST "CSeq: 1 INVITE\r\nContact: sip:user@a.example?Route=%3Csip:x%3E\r\n" CL0 "\r\n"),
      F(BAD_CONTACT), "contact=sip:user@a.example?Route=%3Csip:x%3E" },
    { "badaspec: spaces inside the addr-spec",
      SLICE_INIT(INVITE VIA FROM "To: \"Bob, B\" < sip:bob@b.example >\r\n" CALL_ID MAXF "CSeq: 1 INVITE\r\n"
                 CL0 "\r\n"), F(BAD_TO), "" },
    { "baddn: a comma in an unquoted display name is no list",
      SLICE_INIT(INVITE VIA "From: Bell, Alexander <sip:ann@a.example>;tag=f1\r\n" TO CALL_ID MAXF
                 "CSeq: 1 INVITE\r\n" CL0 "\r\n"), F(BAD_FROM), "" },
    { "a From that is a list", SLICE_INIT(INVITE VIA "From: <sip:ann@a.example>;tag=f1,<sip:eve@a>;tag=f2\r\n" TO
                 CALL_ID MAXF "CSeq: 1 INVITE\r\n" CL0 "\r\n"), F(BAD_FROM), "" },
    { "mismatch01: another method in CSeq", SLICE_INIT("OPTIONS sip:bob@b.example SIP/2.0\r\n" REST
                 "CSeq: 8 INVITE\r\n" CL0 "\r\n"), F(CSEQ_METHOD_MISMATCH), "method=OPTIONS|method_text=OPTIONS|cseq=8" },
    { "mismatch02: both unknown", SLICE_INIT("NEWMETHOD sip:bob@b.example SIP/2.0\r\n" REST
                 "CSeq: 8 NewMethod\r\n" CL0 "\r\n"), F(CSEQ_METHOD_MISMATCH), "method=OTHER|method_text=NEWMETHOD|cseq=8" },
    { "a CSeq of letters", SLICE_INIT(INVITE REST "CSeq: one INVITE\r\n" CL0 "\r\n"),
      F(BAD_CSEQ) | F(CSEQ_METHOD_MISMATCH), "cseq=-1" },
    { "a CSeq without method", SLICE_INIT(INVITE REST "CSeq: 7\r\n" CL0 "\r\n"),
      F(BAD_CSEQ) | F(CSEQ_METHOD_MISMATCH), "cseq=7" },
    { "badbranch: the cookie and nothing else",
      SLICE_INIT(INVITE "Via: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK\r\n" FROM TO CALL_ID MAXF
                 "CSeq: 1 INVITE\r\n" CL0 "\r\n"), F(BAD_BRANCH), "branch=z9hG4bK" },
    { "insuf: the headers that must be there are not",
      SLICE_INIT("INVITE sip:bob@b.example SIP/2.0\r\nCall-ID: c1\r\n" CL0 "\r\n"), F(MISSING_HEADER), "from_user=-|to_user=-|from_tag=-|branch=-|sent_by=-|cseq=-1|max_forwards=-1" },
    { "multi01: everything twice, the first counts",
      SLICE_INIT(INVITE VIA FROM "From: <sip:eve@e.example>;tag=f2\r\n" TO "To: <sip:mal@e.example>;tag=t2\r\n"
                 CALL_ID "Call-ID: c2\r\n" MAXF "Max-Forwards: 5\r\nCSeq: 1 INVITE\r\nCSeq: 2 OPTIONS\r\n"
                 CL0 "\r\n"), F(DUP_SINGLETON), "" },
    { "lines that are no headers", SLICE_INIT("INVITE sip:bob@b.example SIP/2.0\r\n leading\r\nno colon\r\n: none\r\n"
                 REST "CSeq: 1 INVITE\r\n" CL0 "\r\n"), F(BAD_HEADER), "" },
    { "names of one byte that is no letter", SLICE_INIT(INVITE "\354:3\r\n\211: x\r\n,:y\r\n9:\r\n" REST
                 "CSeq: 1 INVITE\r\n" CL0 "\r\n"), 0, "" },
    { "an empty Warning, as some send", SLICE_INIT("SIP/2.0 486 Busy Here\r\nWarning: \r\n" VIA FROM TO CALL_ID
                 "CSeq: 1 INVITE\r\n" CL0 "\r\n"), F(BAD_NUMBER), "ruri=-|ruri_user=-|status=486|max_forwards=-1" },
    { "a Warning without a code", SLICE_INIT("SIP/2.0 486 Busy Here\r\nWarning: CLI Should be set\r\n" VIA FROM TO
                 CALL_ID "CSeq: 1 INVITE\r\n" CL0 "\r\n"), F(BAD_NUMBER), "ruri=-|ruri_user=-|status=486|max_forwards=-1" },
    { "cut in a header: that line is not used", SLICE_INIT(INVITE VIA FROM CALL_ID "To: <sip:bob@b.exa"), F(CUT),
      "to_user=-|cseq=-1|max_forwards=-1|content_length=-1" },
    { "RFC 5118 ipv6-bad: no brackets", SLICE_INIT("REGISTER sip:2001:db8::10 SIP/2.0\r\n" REST
                 "CSeq: 1 REGISTER\r\n" CL0 "\r\n"), F(BAD_RURI), "method=REGISTER|method_text=REGISTER|ruri=sip:2001:db8::10|ruri_user=-" },
};
/* clang-format on */

static void test_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++)
        check(&valid[i]);
}

static void test_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++)
        check(&damaged[i]);
}

static void test_nul_cuts_nothing(void **state)
{
    static const char text[] = INVITE VIA "From: <sip:a\0n@a.example>;tag=f\0x\r\n" TO
                                          "Call-ID: c\0y\r\nCSeq: 1 INVITE\r\n\r\n";
    struct slice block = heap_block((struct slice)SLICE_INIT(text));
    struct sip_msg msg;

    (void)state;
    assert_int_equal(sip_msg_parse(&msg, block), SIP_PARSE_OK);
    assert_true(slice_eq(msg.call_id, slice_of("c\0y", 3)));
    assert_true(slice_eq(msg.from_user, slice_of("a\0n", 3)));
    assert_true(slice_eq(msg.from_tag, slice_of("f\0x", 3)));
    heap_block_free(block);
}

static void test_refusals(void **state)
{
    /* clang-format off */
    static const struct {
        const char *name;
        struct slice datagram;
        enum sip_parse result;
        bool looks_like;
    } rows[] = {
        { "nothing", { "", 0 }, SIP_PARSE_KEEPALIVE, false },
        { "line ends", SLICE_INIT("\r\n\r\n"), SIP_PARSE_KEEPALIVE, false },
        { "NULs", SLICE_INIT("\0\0\0\0"), SIP_PARSE_KEEPALIVE, false },
        { "NULs and more", SLICE_INIT("\0\0\0x"), SIP_PARSE_NOT_SIP, false },
        { "RTP", SLICE_INIT("\x80\x00\x12\x34\x00\x00\x00\xa0"), SIP_PARSE_NOT_SIP, false },
        { "HTTP", SLICE_INIT("GET /sip: HTTP/1.1\r\nCall-ID: x\r\n\r\n"), SIP_PARSE_NOT_SIP, false },
        { "HTTP response", SLICE_INIT("HTTP/1.1 200 OK\r\n\r\n"), SIP_PARSE_NOT_SIP, false },
        { "RTSP", SLICE_INIT("DESCRIBE rtsp://x/ RTSP/1.0\r\n\r\n"), SIP_PARSE_NOT_SIP, false },
        { "a line of words", SLICE_INIT("hello world\r\n\r\n"), SIP_PARSE_NOT_SIP, false },
        { "SIP/ and letters", SLICE_INIT("SIP/two 200 OK\r\nCall-ID: x\r\n\r\n"), SIP_PARSE_NOT_SIP, false },
        { "version alone", SLICE_INIT("SIP/2.0\r\n\r\n"), SIP_PARSE_BAD_STATUS, true },
        { "method and version", SLICE_INIT("INVITE SIP/2.0\r\n\r\n"), SIP_PARSE_NO_CALL_ID, true },
        { "badvers", SLICE_INIT("OPTIONS sip:t.example SIP/7.0\r\n" REST "CSeq: 1 OPTIONS\r\n\r\n"),
          SIP_PARSE_UNKNOWN_VERSION, true },
        { "badvers, response", SLICE_INIT("SIP/3.0 200 OK\r\n" REST "\r\n"), SIP_PARSE_UNKNOWN_VERSION, true },
        { "bigcode", SLICE_INIT("SIP/2.0 4294967301 better\r\n" REST "\r\n"), SIP_PARSE_BAD_STATUS, true },
        { "99", SLICE_INIT("SIP/2.0 99 x\r\n" REST "\r\n"), SIP_PARSE_BAD_STATUS, true },
        { "099", SLICE_INIT("SIP/2.0 099 x\r\n" REST "\r\n"), SIP_PARSE_BAD_STATUS, true },
        { "700", SLICE_INIT("SIP/2.0 700 x\r\n" REST "\r\n"), SIP_PARSE_BAD_STATUS, true },
        { "2xx", SLICE_INIT("SIP/2.0 2xx x\r\n" REST "\r\n"), SIP_PARSE_BAD_STATUS, true },
        { "no Call-ID", SLICE_INIT(INVITE VIA FROM TO "\r\n"), SIP_PARSE_NO_CALL_ID, true },
        { "an empty Call-ID", SLICE_INIT(INVITE VIA "Call-ID:  \r\n\r\n"), SIP_PARSE_NO_CALL_ID, true },
        { "empty lines only", SLICE_INIT(INVITE "\r\n\r\n\r\n\r\n"), SIP_PARSE_NO_CALL_ID, true },
        { "cut before its Call-ID", SLICE_INIT(INVITE VIA FROM), SIP_PARSE_TRUNCATED, true },
        { "cut in its Call-ID", SLICE_INIT(INVITE VIA "Call-ID: half"), SIP_PARSE_TRUNCATED, true },
        { "cut in its start line", SLICE_INIT("INVITE sip:bob@b.ex"), SIP_PARSE_TRUNCATED, true },
        { "cut in a status line", SLICE_INIT("SIP/2.0 200 O"), SIP_PARSE_TRUNCATED, true },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].datagram);
        struct sip_msg msg;

        print_message("  %s\n", rows[i].name);
        assert_string_equal(sip_parse_text(sip_msg_parse(&msg, block)),
                            sip_parse_text(rows[i].result));
        assert_int_equal(sip_msg_looks_like(block), rows[i].looks_like);
        assert_int_equal(msg.status, 0);
        if (rows[i].result == SIP_PARSE_UNKNOWN_VERSION)
            assert_text("call_id", msg.call_id, "c1");
        heap_block_free(block);
    }
}

static void test_lesser_headers(void **state)
{
    static const struct slice text = SLICE_INIT(
        "SIP/2.0 401 Unauthorized\r\n"
        "Via: SIP/2.0/UDP a;branch=z9hG4bKx;received=[2001:db8::9]\r\n" FROM TO CALL_ID
        "CSeq: 4 REGISTER\r\nWWW-Authenticate: Digest realm=\"x\"\r\n"
        "Proxy-Authenticate: Digest realm=\"y\"\r\nServer: S 1\r\nUser-Agent: U 2\r\n"
        "Reason: Q.850;cause=16\r\nWarning: 399 x \"y\"\r\nRetry-After: 18000;duration=3600\r\n"
        "Session-ID: ab;remote=cd\r\nP-Asserted-Identity: <sip:+49@x>\r\n"
        "Contact: <sip:a@b>;q=0.5;EXPIRES=60\r\nExpires: 3600\r\n"
        "c: text/plain;charset=x\r\nl: 2\r\n\r\nok");
    struct slice block = heap_block(text);
    struct sip_msg msg;

    (void)state;
    assert_int_equal(sip_msg_parse(&msg, block), SIP_PARSE_OK);
    assert_int_equal(msg.anomalies, 0);
    assert_int_equal(msg.auth, SIP_AUTH_CHALLENGE);
    assert_int_equal(msg.method, SIP_METHOD_REGISTER);
    assert_text("reason", msg.reason, "Unauthorized");
    assert_text("server", msg.server, "S 1");
    assert_text("user_agent", msg.user_agent, "U 2");
    assert_text("reason_header", msg.reason_header, "Q.850;cause=16");
    assert_text("warning", msg.warning, "399 x \"y\"");
    assert_text("session_id", msg.session_id, "ab;remote=cd");
    assert_text("asserted", msg.asserted_identity, "<sip:+49@x>");
    assert_text("received", msg.via_received, "[2001:db8::9]");
    assert_text("content_type", msg.content_type, "text/plain;charset=x");
    assert_text("body", msg.body, "ok");
    assert_text("contact", msg.contact, "<sip:a@b>;q=0.5;EXPIRES=60");
    assert_int_equal(msg.retry_after, 18000);
    assert_int_equal(msg.expires, 3600);
    assert_int_equal(msg.contact_expires, 60);
    assert_int_equal(sip_msg_expires(&msg), 60);
    assert_int_equal(msg.headers, 18);
    heap_block_free(block);

    block = heap_block(
        (struct slice)SLICE_INIT("REGISTER sip:r SIP/2.0\r\n" REST "CSeq: 1 REGISTER\r\n"
                                 "Authorization: NoOneKnows x=1\r\nProxy-Authorization: Digest\r\n"
                                 "Contact: *\r\nExpires: 0\r\n\r\n"));
    assert_int_equal(sip_msg_parse(&msg, block), SIP_PARSE_OK);
    assert_int_equal(msg.anomalies, 0);
    assert_int_equal(msg.auth, SIP_AUTH_CREDENTIALS);
    assert_text("contact_uri", msg.contact_uri, "*");
    assert_int_equal(sip_msg_expires(&msg), 0);
    heap_block_free(block);
}

static void test_methods(void **state)
{
    (void)state;
    for (unsigned i = SIP_METHOD_NONE + 1; i < SIP_METHOD_OTHER; i++) {
        const char *text = sip_method_text((enum sip_method)i);

        assert_true(strlen(text) >= 3);
        assert_int_equal(sip_method_find(slice_of_text(text)), i);
    }
    assert_int_equal(sip_method_find(SLICE("INVITES")), SIP_METHOD_OTHER);
    assert_int_equal(sip_method_find(SLICE("INVIT")), SIP_METHOD_OTHER);
    assert_int_equal(sip_method_find(SLICE_ABSENT), SIP_METHOD_NONE);
    assert_string_equal(sip_method_text(SIP_METHOD_NONE), "");
    assert_false(sip_anomaly_is_defect(SIP_ANOMALY_FOLDED));
    assert_true(sip_anomaly_is_defect(SIP_ANOMALY_BAD_TO));
}

/* --- big and cut messages --- */

static void inside(struct slice s, struct slice whole)
{
    if (s.p)
        assert_true(s.p >= whole.p && s.p + s.len <= whole.p + whole.len);
}

/* Whatever the bytes, what is read lies in them. */
static void assert_inside(const struct sip_msg *m, struct slice d)
{
    const struct slice all[] = {
        m->method_text,
        m->request_uri,
        m->request_user,
        m->reason,
        m->call_id,
        m->from,
        m->to,
        m->from_uri,
        m->to_uri,
        m->from_user,
        m->to_user,
        m->from_tag,
        m->to_tag,
        m->cseq_text,
        m->via_branch,
        m->via_sent_by,
        m->via_received,
        m->contact,
        m->contact_uri,
        m->user_agent,
        m->server,
        m->reason_header,
        m->warning,
        m->content_type,
        m->body,
        m->session_id,
        m->asserted_identity,
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        inside(all[i], d);
}

static void test_cut_at_every_byte(void **state)
{
    size_t whole = 0, filed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        for (size_t n = 0; n <= valid[i].datagram.len; n++) {
            struct slice block = heap_block(slice_of(valid[i].datagram.p, n));
            struct sip_msg msg;
            enum sip_parse result = sip_msg_parse(&msg, block);

            assert_inside(&msg, block);
            sip_msg_looks_like(block);
            filed += result == SIP_PARSE_OK;
            whole += result == SIP_PARSE_OK && !sip_msg_has(&msg, SIP_ANOMALY_CUT);
            heap_block_free(block);
        }
    }
    assert_true(whole >= sizeof valid / sizeof valid[0]);
    assert_true(filed > whole);
}

/* head, then `unit` until the datagram is `size` long, then tail, in an exact block. */
static struct slice grow(const char *head, const char *unit, const char *tail, size_t size)
{
    size_t at = strlen(head), unit_len = strlen(unit), tail_len = strlen(tail);
    char *p = malloc(size);

    assert_non_null(p);
    assert_true(at + tail_len <= size);
    memcpy(p, head, at);
    while (at + unit_len + tail_len <= size) {
        memcpy(p + at, unit, unit_len);
        at += unit_len;
    }
    memcpy(p + at, tail, tail_len);
    return slice_of(p, at + tail_len);
}

static void test_long_values(void **state)
{
    static const size_t sizes[] = { 255, 256, 1023, 1024, 1025, 4096, 65000 };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct slice d = grow(INVITE "Call-ID: ", "i", "\r\n" VIA FROM "\r\n", sizes[i] + 200);
        struct sip_msg msg;

        assert_int_equal(sip_msg_parse(&msg, d), SIP_PARSE_OK);
        assert_int_equal(msg.call_id.len, d.len - strlen(INVITE "Call-ID: \r\n" VIA FROM "\r\n"));
        assert_text("from_user", msg.from_user, "ann");
        heap_block_free(d);
    }
}

static void test_400_digits(void **state)
{
    struct slice d = grow(INVITE CALL_ID "Content-Length: ", "9", "\r\n\r\nbody", 520);
    struct sip_msg msg;

    (void)state;
    assert_int_equal(sip_msg_parse(&msg, d), SIP_PARSE_OK);
    assert_true(sip_msg_has(&msg, SIP_ANOMALY_SCALAR_OVERFLOW));
    assert_int_equal(msg.content_length, -1);
    assert_text("body", msg.body, "body");
    heap_block_free(d);

    d = grow(INVITE CALL_ID "Content-Length: ", "0", "4\r\n\r\nbody", 520);
    assert_int_equal(sip_msg_parse(&msg, d), SIP_PARSE_OK);
    assert_int_equal(msg.content_length, 4);
    assert_false(sip_msg_has(&msg, SIP_ANOMALY_SCALAR_OVERFLOW));
    heap_block_free(d);

    d = grow("SIP/2.0 486 Busy\r\n" CALL_ID "Warning: ", "3", "\r\n\r\n", 2100);
    assert_int_equal(sip_msg_parse(&msg, d), SIP_PARSE_OK);
    assert_true(sip_msg_has(&msg, SIP_ANOMALY_SCALAR_OVERFLOW));
    assert_true(msg.warning.len > 2000);
    heap_block_free(d);
}

/* More header fields than are used: the Call-ID behind them still files the message. */
static void test_header_bombs(void **state)
{
    static const struct {
        const char *name, *unit;
        bool limit;
    } rows[] = {
        { "7,500 Vias", "v:SIP\r\n", true },
        { "1,500 Contacts in a line", "", false },
        { "fields of no name", ":\r\n", true },
        { "fields of no colon", "x\r\n", true },
        { "folds", "a:\r\n \r\n \r\n", true },
        { "one field, folded 20,000 times", " \r\n", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *head = rows[i].unit[0] ? INVITE "x: y\r\n" : INVITE "Contact: <sip:a@b>";
        const char *unit =
            rows[i].unit[0] ? rows[i].unit : ",<sip:abcdefghi@example.org>;q=0.123456";
        const char *tail = rows[i].unit[0] ? "Subject: x\r\nContact: <sip:z@z>\r\n" CALL_ID "\r\n"
                                           : "\r\n" CALL_ID "\r\n";
        struct slice d = grow(head, unit, tail, 60000);
        struct sip_msg msg;

        print_message("  %s\n", rows[i].name);
        assert_int_equal(sip_msg_parse(&msg, d), SIP_PARSE_OK);
        assert_text("call_id", msg.call_id, "c1");
        assert_int_equal(sip_msg_has(&msg, SIP_ANOMALY_HEADER_LIMIT), rows[i].limit);
        assert_true(msg.headers <= SIP_HEADERS_USED);
        if (rows[i].limit)
            assert_text("contact", msg.contact, NULL);
        else
            assert_text("contact_uri", msg.contact_uri, rows[i].unit[0] ? "sip:z@z" : "sip:a@b");
        heap_block_free(d);
    }
}

static void test_too_long(void **state)
{
    struct slice d = grow(INVITE CALL_ID "x: ", "y", "\r\n\r\n", SIP_MSG_MAX_BYTES + 1);
    struct sip_msg msg;

    (void)state;
    assert_int_equal(sip_msg_parse(&msg, d), SIP_PARSE_TOO_LONG);
    d.len = SIP_MSG_MAX_BYTES;
    assert_int_equal(sip_msg_parse(&msg, d), SIP_PARSE_OK);
    heap_block_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_nul_cuts_nothing),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_lesser_headers),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_400_digits),
        cmocka_unit_test(test_header_bombs),
        cmocka_unit_test(test_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
