/*
 * test_deviation - each check fires on what it is for, and on nothing that looks like it.
 */
#include "tests/unit/analyzer_scene.h"

#include "analyzer/base/json_item.h"
#include "analyzer/call/deviation.h"

#define PROXY   "198.51.100.9:5060"
#define WHOLE   "Max-Forwards: 70\r\n"
#define ALICE_C WHOLE "Contact: <sip:alice@203.0.113.1>\r\n"
#define BOB_C   "Contact: <sip:bob@198.51.100.1>\r\n"

/* ",name,name,": those that the only call has; the details of the last go to *detail. */
struct found {
    char names[1024];
    char detail[256], by[16];
    unsigned count;
};

static void take_text(char *out, size_t room, struct slice value)
{
    struct strbuf text = { 0 };

    json_item_add_raw(&text, value);
    snprintf(out, room, "%.*s", (int)text.len, text.p ? text.p : "");
    strbuf_fini(&text);
}

static struct found look_for(const struct call_record *call, const char *name)
{
    struct slice array = call->deviations, item;
    struct found f = { .names = "," };
    size_t n = 1;

    while (json_item_next(&array, &item)) {
        struct slice text = json_item_get(item, "deviation");

        assert_true(n + text.len < sizeof f.names);
        n += (size_t)snprintf(f.names + n, sizeof f.names - n, "%.*s,", (int)text.len - 2,
                              text.p + 1);
        if (text.len - 2 == strlen(name) && memcmp(text.p + 1, name, strlen(name)) == 0) {
            take_text(f.detail, sizeof f.detail, json_item_get(item, "detail"));
            take_text(f.by, sizeof f.by, json_item_get(item, "by"));
            f.count = (unsigned)json_item_number(item, "count");
        }
    }
    return f;
}

static void expect_found(struct scene *s, const char *name, const char *by, const char *detail)
{
    struct found f = look_for(only_call(s), name);

    if (f.count == 0)
        fail_msg("no %s among '%s'", name, f.names);
    assert_string_equal(f.by, by);
    if (!strstr(f.detail, detail))
        fail_msg("%s says '%s', not '%s'", name, f.detail, detail);
    scene_close(s);
}

static void expect_none(struct scene *s)
{
    struct found f = look_for(only_call(s), "");

    if (strcmp(f.names, ","))
        fail_msg("deviates: %s", f.names);
    scene_close(s);
}

static void expect_not(struct scene *s, const char *name)
{
    struct found f = look_for(only_call(s), name);

    if (f.count)
        fail_msg("%s: '%s'", name, f.detail);
    scene_close(s);
}

/* A call as the standard has it. */
static void begin(struct scene *s)
{
    send(s, "INVITE", .sdp = ALICE_SDP, .extra = ALICE_C);
    scene_wait_ms(s, 20);
    send(s, "180", .to_tag = "bob-1", .extra = BOB_C);
    scene_wait_ms(s, 1000);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = BOB_C);
}

static void ack(struct scene *s)
{
    scene_wait_ms(s, 20);
    send(s, "ACK", .to_tag = "bob-1", .branch = "z9hG4bK-ack", .extra = WHOLE);
    scene_wait_ms(s, 1000);
}

static void end(struct scene *s)
{
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2, .extra = WHOLE);
    scene_wait_ms(s, 20);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 2);
    scene_wait_ms(s, 10000);
}

static void a_call_by_the_book_has_none(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    ack(s);
    end(s);
    expect_none(s);
}

/* Each message once more at another hop, with a Via of the proxy on top. */
static void two_hops_raise_nothing(void **state)
{
    struct scene *s = scene_open(NULL);
    static const char *const hop = "z9hG4bK-hop";

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP, .extra = ALICE_C, .dst = PROXY);
    send(s, "INVITE", .sdp = ALICE_SDP, .extra = ALICE_C, .src = PROXY, .branch = hop);
    scene_wait_ms(s, 300);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = BOB_C, .dst = PROXY, .branch = hop);
    scene_wait_ms(s, 300);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = BOB_C, .src = PROXY);
    ack(s);
    send(s, "INFO", .to_tag = "bob-1", .cseq = 3, .extra = WHOLE, .dst = PROXY);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 4, .extra = WHOLE, .dst = PROXY);
    scene_wait_ms(s, 300);
    send(s, "INFO", .to_tag = "bob-1", .cseq = 3, .extra = WHOLE, .src = PROXY, .branch = hop);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 4, .extra = WHOLE, .src = "10.9.9.9:5060",
         .branch = hop);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 4, .dst = PROXY, .branch = hop);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 4, .src = PROXY);
    expect_none(s);
}

static void missing_headers_are_named(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    ack(s);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 2);
    expect_found(s, "header_missing", "caller", "no Max-Forwards in BYE from " ALICE);
}

static void an_answer_without_contact_lacks_one(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP, .extra = ALICE_C);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    expect_found(s, "header_missing", "callee", "no Contact in 200 to INVITE from " BOB);
}

static void what_was_cut_lacks_nothing(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    s->cut_bytes = 40 + sizeof ALICE_SDP;
    send(s, "INVITE", .sdp = ALICE_SDP, .extra = ALICE_C);
    s->cut_bytes = 0;
    expect_not(s, "header_missing");
}

static void headers_that_stand_twice_are_named(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP, .extra = ALICE_C "Max-Forwards: 3\r\nTo: <sip:c@d>\r\n");
    expect_found(s, "header_duplicate", "caller", "To, Max-Forwards twice in INVITE from " ALICE);
}

static void headers_that_may_stand_twice_do_not(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP,
         .extra = ALICE_C "Via: SIP/2.0/UDP a\r\nContact: <sip:x@203.0.113.1>\r\n");
    expect_none(s);
}

static void an_ack_that_never_came(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    scene_wait_ms(s, 5000);
    end(s);
    expect_found(s, "ack_missing", "caller", "");
}

/* The one who does not acknowledge is not seen at all: a mirror of one direction, a capture that ends. */
static void an_ack_that_could_not_be_seen(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    scene_wait_ms(s, 5000);
    send(s, "BYE", .to_tag = "bob-1", .by_bob = true, .cseq = 2, .extra = WHOLE);
    expect_not(s, "ack_missing");
}

static void an_ack_that_came_before_its_answer(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP, .extra = ALICE_C);
    send(s, "ACK", .to_tag = "bob-1", .branch = "z9hG4bK-ack", .extra = WHOLE);
    scene_wait_ms(s, 1);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = BOB_C);
    scene_wait_ms(s, 100);
    end(s);
    expect_none(s);
}

/* Copies of the 200 as RFC 3261 times them, up to 31.5 s. */
static void repeat_answer(struct scene *s)
{
    static const int64_t gaps_ms[] = { 500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000, 4000 };

    for (size_t i = 0; i < sizeof gaps_ms / sizeof gaps_ms[0]; i++) {
        scene_wait_ms(s, gaps_ms[i]);
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = BOB_C);
    }
}

static void hung_up_on_ack_timeout(void **state)
{
    struct scene *s = scene_open(NULL);
    struct found f;

    (void)state;
    begin(s);
    repeat_answer(s);
    scene_wait_ms(s, 500);
    send(s, "BYE", .to_tag = "bob-1", .by_bob = true, .cseq = 1, .extra = WHOLE);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .by_bob = true, .cseq = 1);
    f = look_for(only_call(s), "ack_timeout");
    assert_string_equal(f.names, ",answer_repeated,ack_timeout,ack_missing,");
    expect_found(s, "ack_timeout", "callee",
                 "hung up 32.0 s after its answer, which was sent 11 times");
}

static void an_ack_that_goes_nowhere(void **state)
{
    struct scene *s = scene_open(NULL);
    struct found f;

    (void)state;
    begin(s);
    ack(s);
    repeat_answer(s);
    send(s, "BYE", .to_tag = "bob-1", .by_bob = true, .cseq = 1, .extra = WHOLE);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .by_bob = true, .cseq = 1);
    f = look_for(only_call(s), "answer_repeated");
    assert_string_equal(f.names, ",answer_repeated,ack_timeout,");
    assert_int_equal(f.count, 9);
    expect_found(s, "answer_repeated", "callee", "200 to INVITE, though an ACK went to " BOB);
}

static void one_copy_of_the_answer_is_nothing(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    scene_wait_ms(s, 500);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = BOB_C);
    ack(s);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = BOB_C);
    scene_wait_ms(s, 31000);
    send(s, "BYE", .to_tag = "bob-1", .by_bob = true, .cseq = 1, .extra = WHOLE);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .by_bob = true, .cseq = 1);
    expect_none(s);
}

static void a_bye_that_nobody_answers(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    ack(s);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2, .extra = WHOLE);
    scene_wait_ms(s, 500);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2, .extra = WHOLE);
    scene_wait_ms(s, 40000);
    expect_found(s, "bye_unanswered", "callee", "BYE was sent 2 times");
}

static void a_capture_that_ends_with_the_bye(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    ack(s);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2, .extra = WHOLE);
    scene_wait_ms(s, 2000);
    expect_none(s);
}

/* Bob's side is not visible: nothing is said of what he does not send. */
static void a_bye_to_somebody_unseen(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP, .extra = ALICE_C);
    scene_wait_ms(s, 3000);
    send(s, "ACK", .to_tag = "bob-1", .extra = WHOLE);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2, .extra = WHOLE);
    scene_wait_ms(s, 40000);
    expect_none(s);
}

static void what_the_probe_lost_is_not_missing(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    analyzer_note_capture_loss(s->analyzer, 5);
    scene_wait_ms(s, 5000);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2, .extra = WHOLE);
    scene_wait_ms(s, 40000);
    expect_none(s);
}

static void a_number_that_goes_back(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    ack(s);
    send(s, "INFO", .to_tag = "bob-1", .cseq = 7, .extra = WHOLE);
    scene_wait_ms(s, 1000);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 3, .extra = WHOLE);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 3);
    expect_found(s, "cseq_order", "caller", "BYE from " ALICE " has CSeq 3, after 7");
}

/* Each side counts on its own; a mirror may swap neighbours; a copy has the number that it had. */
static void numbers_that_do_not_go_back(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    ack(s);
    send(s, "INFO", .to_tag = "bob-1", .by_bob = true, .cseq = 4000, .extra = WHOLE);
    send(s, "INFO", .to_tag = "bob-1", .cseq = 3, .extra = WHOLE);
    send(s, "INFO", .to_tag = "bob-1", .cseq = 2, .extra = WHOLE);
    scene_wait_ms(s, 500);
    send(s, "INFO", .to_tag = "bob-1", .cseq = 2, .extra = WHOLE);
    send(s, "INFO", .to_tag = "bob-1", .by_bob = true, .cseq = 4000, .extra = WHOLE);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2000000, .extra = WHOLE);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 2000000);
    expect_none(s);
}

/* A capture point outside the NAT, with what was written inside. */
static void inside_addresses_that_got_out(void **state)
{
    struct scene *s = scene_open(NULL);
    struct found f;

    (void)state;
    send_bytes(
        s, ALICE, BOB,
        SLICE("INVITE sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.5:5060;branch=z9hG4bK1\r\n"
              "From: <sip:a@b>;tag=a\r\nTo: <sip:b@c>\r\nCall-ID: n\r\nCSeq: 1 INVITE\r\n"
              "Max-Forwards: 70\r\nContact: <sip:a@192.168.1.5:5060>\r\n\r\n"));
    f = look_for(only_call(s), "private_via");
    assert_string_equal(f.names, ",private_via,private_contact,");
    assert_string_equal(f.detail, "Via 192.168.1.5, sent from " ALICE);
    expect_found(s, "private_contact", "caller", "Contact 192.168.1.5, sent from " ALICE);
}

static void an_alg_that_rewrites_half(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send_bytes(s, ALICE, BOB,
               SLICE("INVITE sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1\r\n"
                     "From: <sip:a@b>;tag=a\r\nTo: <sip:b@c>\r\nCall-ID: n\r\nCSeq: 1 INVITE\r\n"
                     "Max-Forwards: 70\r\nContact: <sip:a@203.0.113.1:5060>\r\n\r\n"));
    expect_found(s, "private_via", "caller",
                 "Via 10.0.0.5, sent from " ALICE "; the Contact was rewritten: a SIP ALG");
}

/* Within one network; before the NAT; and behind a proxy that stays on the route. */
static void inside_addresses_that_did_not(void **state)
{
    static const struct {
        const char *src, *extra;
    } rows[] = {
        { "192.168.1.7:5060", WHOLE "Contact: <sip:a@192.168.1.7>\r\n" },
        { "10.0.0.1:5060", WHOLE "Contact: <sip:a@192.168.1.7>\r\n" },
        { ALICE, WHOLE "Record-Route: <sip:203.0.113.1;lr>\r\nContact: <sip:a@192.168.1.7>\r\n" },
        { ALICE, WHOLE "Contact: <sip:a@host.example>\r\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        send(s, "INVITE", .src = rows[i].src, .extra = rows[i].extra);
        expect_none(s);
    }
}

#define SDP_OF(formats, attributes)                                                                \
    "v=0\r\no=- 1 1 IN IP4 203.0.113.1\r\ns=-\r\nc=IN IP4 203.0.113.1\r\nt=0 0\r\nm=audio 4000 "   \
    "RTP/AVP " formats "\r\n" attributes

static void codecs_that_were_refused(void **state)
{
    static const struct {
        const char *status, *warning, *sdp, *detail;
    } rows[] = {
        { "488", "", NULL, "offer: G729, opus" },
        { "606", "", NULL, "offer: G729, opus" },
        { "488", "Warning: 305 pbx \"Incompatible media format\"\r\n", NULL,
          "offer: G729, opus; warning: 305 Incompatible media format" },
        { "488", "", SDP_OF("0 8", "a=inactive\r\n") "m=video 0 RTP/AVP 34\r\n",
          "offer: G729, opus; would take: PCMU, PCMA, video H263 (port 0: switched off)" },
        { "488", "", SDP_OF("0 8", ""), "offer: G729, opus; would take: PCMU, PCMA" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct found f;

        send(s, "INVITE", .extra = ALICE_C,
             .sdp = SDP_OF("18 96 101", "a=rtpmap:96 opus/48000/2\r\n"
                                        "a=rtpmap:101 telephone-event/8000\r\n"));
        send(s, rows[i].status, .to_tag = "bob-1", .extra = rows[i].warning, .sdp = rows[i].sdp);
        f = look_for(only_call(s), "codec_refused");
        assert_string_equal(f.detail, rows[i].detail);
        expect_found(s, "codec_refused", "callee", "offer: ");
    }
}

static void refusals_that_speak_of_something_else(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "INVITE", .extra = ALICE_C, .sdp = ALICE_SDP);
    send(s, "488", .to_tag = "bob-1", .extra = "Warning: 370 pbx \"Insufficient bandwidth\"\r\n");
    expect_none(s);
    s = scene_open(NULL);
    send(s, "INVITE", .extra = ALICE_C, .sdp = ALICE_SDP);
    send(s, "486", .to_tag = "bob-1");
    expect_none(s);
}

static void a_tag_that_changed(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    ack(s);
    send(s, "BYE", .to_tag = "bob-2", .cseq = 2, .extra = WHOLE);
    send(s, "481", .of = "BYE", .to_tag = "bob-2", .cseq = 2);
    assert_int_equal(look_for(only_call(s), "tag_changed").count, 1);
    expect_found(s, "tag_changed", "caller", "BYE from " ALICE " has the tags alice-1 and bob-2");
}

static void a_tag_of_a_branch_did_not_change(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP, .extra = ALICE_C);
    send(s, "180", .to_tag = "bob-9", .extra = BOB_C);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = BOB_C);
    send(s, "200", .to_tag = "bob-2", .sdp = BOB_SDP, .extra = BOB_C);
    ack(s);
    send(s, "ACK", .to_tag = "bob-2", .branch = "z9hG4bK-ack2", .extra = WHOLE);
    send(s, "BYE", .to_tag = "bob-2", .cseq = 2, .extra = WHOLE);
    send(s, "200", .of = "BYE", .to_tag = "bob-2", .cseq = 2);
    end(s);
    expect_none(s);
}

static void a_bye_from_nowhere(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    begin(s);
    ack(s);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2, .extra = WHOLE, .src = "192.0.2.66:5060");
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 2, .dst = "192.0.2.66:5060");
    expect_found(s, "strange_source", "caller", "BYE from 192.0.2.66:5060");
}

/* By way of a proxy that the route names, of a neighbour, straight to the Contact, after a move. */
static void requests_from_elsewhere_that_may_be(void **state)
{
    static const struct {
        const char *extra, *move, *src;
    } rows[] = {
        { ALICE_C "Record-Route: <sip:192.0.2.66;lr>\r\n", NULL, "192.0.2.66:5060" },
        { ALICE_C "Record-Route: <sip:proxy.example;lr>\r\n", NULL, "192.0.2.66:5060" },
        { WHOLE "Contact: <sip:alice@192.0.2.66>\r\n", NULL, "192.0.2.66:5060" },
        { WHOLE "Contact: <sip:alice@example.com>\r\n", NULL, "192.0.2.66:5060" },
        { ALICE_C, NULL, "203.0.113.77:5060" },
        { ALICE_C, WHOLE "Contact: <sip:alice@192.0.2.66>\r\n", "192.0.2.66:5060" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        send(s, "INVITE", .sdp = ALICE_SDP, .extra = rows[i].extra);
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = BOB_C);
        ack(s);
        if (rows[i].move)
            send(s, "INVITE", .to_tag = "bob-1", .cseq = 2, .extra = rows[i].move,
                 .src = rows[i].src);
        scene_wait_ms(s, 1000);
        send(s, "BYE", .to_tag = "bob-1", .cseq = 3, .extra = WHOLE, .src = rows[i].src);
        send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 3, .dst = rows[i].src);
        expect_none(s);
    }
}

static void every_row_is_whole(void **state)
{
    (void)state;
    for (int i = 0; i < DEVIATION_COUNT; i++) {
        const struct deviation_row *row = &deviation_rows[i];
        size_t len = strlen(row->sentence);

        assert_ptr_equal(deviation_find(slice_of_text(row->name)), row);
        assert_true(strncmp(row->clause, "RFC ", 4) == 0);
        assert_true(len > 20 && row->sentence[len - 1] == '.');
    }
    assert_null(deviation_find(SLICE("nonsense")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_by_the_book_has_none),
        cmocka_unit_test(two_hops_raise_nothing),
        cmocka_unit_test(missing_headers_are_named),
        cmocka_unit_test(an_answer_without_contact_lacks_one),
        cmocka_unit_test(what_was_cut_lacks_nothing),
        cmocka_unit_test(headers_that_stand_twice_are_named),
        cmocka_unit_test(headers_that_may_stand_twice_do_not),
        cmocka_unit_test(an_ack_that_never_came),
        cmocka_unit_test(an_ack_that_could_not_be_seen),
        cmocka_unit_test(an_ack_that_came_before_its_answer),
        cmocka_unit_test(hung_up_on_ack_timeout),
        cmocka_unit_test(an_ack_that_goes_nowhere),
        cmocka_unit_test(one_copy_of_the_answer_is_nothing),
        cmocka_unit_test(a_bye_that_nobody_answers),
        cmocka_unit_test(a_capture_that_ends_with_the_bye),
        cmocka_unit_test(a_bye_to_somebody_unseen),
        cmocka_unit_test(what_the_probe_lost_is_not_missing),
        cmocka_unit_test(a_number_that_goes_back),
        cmocka_unit_test(numbers_that_do_not_go_back),
        cmocka_unit_test(inside_addresses_that_got_out),
        cmocka_unit_test(an_alg_that_rewrites_half),
        cmocka_unit_test(inside_addresses_that_did_not),
        cmocka_unit_test(codecs_that_were_refused),
        cmocka_unit_test(refusals_that_speak_of_something_else),
        cmocka_unit_test(a_tag_that_changed),
        cmocka_unit_test(a_tag_of_a_branch_did_not_change),
        cmocka_unit_test(a_bye_from_nowhere),
        cmocka_unit_test(requests_from_elsewhere_that_may_be),
        cmocka_unit_test(every_row_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
