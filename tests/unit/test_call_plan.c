/*
 * test_call_plan - which trunks carried a call, and which numbers it is between.
 */
#include "tests/unit/analyzer_scene.h"

#include "analyzer/plan/plan.h"

#define CARRIER "203.0.113.1:5060"
#define PROXY   "198.51.100.1:5060"
#define SBC     "192.0.2.10:5060"
#define NOBODY  "10.9.9.9:5060"

enum { HOPS = 3 };

/* One sighting of the INVITE (or of its answer: src and dst are the answer's). */
struct hop {
    const char *src, *dst;
    int max_forwards; /* 0: the header is missing */
    bool answer;
};

struct row {
    const char *what;
    struct hop hops[HOPS];
    const char *ruri, *from, *to, *extra;
    const char *trunk_in, *trunk_out, *from_number, *to_number, *destination;
};

static void send_hop(struct scene *s, const struct row *row, const struct hop *hop, int i)
{
    char forwards[32] = "";
    int n;

    if (hop->max_forwards)
        snprintf(forwards, sizeof forwards, "Max-Forwards: %d\r\n", hop->max_forwards);
    n = hop->answer ? snprintf(s->text, SCENE_TEXT_MAX, "SIP/2.0 200 OK\r\n")
                    : snprintf(s->text, SCENE_TEXT_MAX, "INVITE %s SIP/2.0\r\n", row->ruri);
    n += snprintf(s->text + n, SCENE_TEXT_MAX - (size_t)n,
                  "Via: SIP/2.0/UDP host;branch=z9hG4bK-%d\r\nFrom: %s;tag=a\r\nTo: %s%s\r\n"
                  "Call-ID: c\r\nCSeq: 1 INVITE\r\n%s%sContent-Length: 0\r\n\r\n",
                  i, row->from, row->to, hop->answer ? ";tag=b" : "", forwards,
                  row->extra ? row->extra : "");
    send_bytes(s, hop->src, hop->dst, slice_of(s->text, (size_t)n));
    scene_wait_ms(s, 5);
}

static void expect(const char *what, struct slice is, const char *expected)
{
    if (!slice_eq(is, slice_of_text(expected)) || !is.p != !expected)
        fail_msg("%s: '%.*s', expected '%s'", what, (int)is.len, is.p ? is.p : "",
                 expected ? expected : "nothing");
}

static struct plan *make_plan(void)
{
    static const char *const trunks[][2] = { { "carrier", "203.0.113.0/24" },
                                             { "sbc", "192.0.2.10" },
                                             { "local", "127.0.0.0/8" } };
    struct plan *p;

    assert_int_equal(plan_new(&p), 0);
    assert_int_equal(plan_set_country(p, SLICE("49")), 0);
    for (size_t i = 0; i < sizeof trunks / sizeof trunks[0]; i++) {
        const struct plan_trunk trunk = { slice_of_text(trunks[i][0]), 10, false };

        assert_int_equal(plan_add_trunk(p, &trunk), 0);
        assert_int_equal(plan_add_trunk_address(p, trunk.name, slice_of_text(trunks[i][1])), 0);
    }
    return p;
}

static const struct row rows[] = {
    { .what = "one hop between trunks",
      .hops = { { CARRIER, SBC, 70, false } },
      .ruri = "sip:+4930123456@sbc",
      .from = "<sip:+12125550123@carrier>",
      .to = "<sip:bob@sbc>",
      .trunk_in = "carrier",
      .trunk_out = "sbc",
      .from_number = "+12125550123",
      .to_number = "+4930123456",
      .destination = "Germany" },
    { .what = "through a proxy, and the first hop once more",
      .hops = { { CARRIER, PROXY, 70, false },
                { PROXY, SBC, 69, false },
                { CARRIER, PROXY, 70, false } },
      .ruri = "sip:alice@sbc",
      .from = "<sip:03011223344@carrier>",
      .to = "<sip:015112345678@sbc>",
      .trunk_in = "carrier",
      .trunk_out = "sbc",
      .from_number = "+493011223344",
      .to_number = "+4915112345678",
      .destination = "Germany mobile" },
    { .what = "the mirror shows the last hop first",
      .hops = { { PROXY, SBC, 69, false }, { CARRIER, PROXY, 70, false } },
      .ruri = "sip:x@sbc",
      .from = "<sip:a@carrier>",
      .to = "<sip:b@sbc>",
      .trunk_in = "carrier",
      .trunk_out = "sbc" },
    { .what = "the next carrier is tried",
      .hops = { { PROXY, SBC, 69, false }, { PROXY, CARRIER, 69, false } },
      .ruri = "sip:+81312345678@sbc",
      .from = "<sip:a@h>",
      .to = "<sip:b@h>",
      .trunk_out = "carrier",
      .to_number = "+81312345678",
      .destination = "Japan" },
    { .what = "of no trunk",
      .hops = { { NOBODY, PROXY, 0, false } },
      .ruri = "sip:4711@h",
      .from = "\"+4930123456\" <sip:alice@h>",
      .to = "<sip:112@h>" },
    { .what = "who the network asserts",
      .hops = { { CARRIER, SBC, 70, false } },
      .ruri = "tel:030-12345678;phone-context=+49",
      .from = "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
      .to = "<sip:b@h>",
      .extra = "P-Asserted-Identity: \"A, B\" <sip:alice@h;x=y>;z, <tel:+44-20-7946-0000>\r\n",
      .trunk_in = "carrier",
      .trunk_out = "sbc",
      .from_number = "+442079460000",
      .to_number = "+493012345678",
      .destination = "Germany" },
    { .what = "an asserted name is no number: From's is",
      .hops = { { CARRIER, SBC, 70, false } },
      .ruri = "sip:b@h",
      .from = "<sip:+12125550123@h>",
      .to = "<tel:+442079460000>",
      .extra = "P-Asserted-Identity: <sip:alice@h>\r\n",
      .trunk_in = "carrier",
      .trunk_out = "sbc",
      .from_number = "+12125550123",
      .to_number = "+442079460000",
      .destination = "United Kingdom" },
    { .what = "only the answer is seen",
      .hops = { { SBC, CARRIER, 0, true } },
      .from = "<sip:+12125550123@h>",
      .to = "<sip:+4930123456@h>",
      .extra = "P-Asserted-Identity: <tel:+33123456789>\r\n", /* of who answered */
      .trunk_in = "carrier",
      .trunk_out = "sbc",
      .from_number = "+12125550123",
      .to_number = "+4930123456",
      .destination = "Germany" },
    { .what = "identities that cannot be read, and one without end",
      .hops = { { CARRIER, SBC, 300, false } },
      .ruri = "sip:+99912345678@h",
      .from = "<sip:+4930123456@h>",
      .to = "<sip:b@h>",
      .extra = "P-Asserted-Identity: <a>, <b>, ,,, <<<, <tel:+33123456789\r\n",
      .trunk_in = "carrier",
      .trunk_out = "sbc",
      .from_number = "+4930123456",
      .to_number = "+99912345678" },
};

static void each_call_has_its_trunks_and_numbers(void **state)
{
    struct plan *p = make_plan();
    struct analyzer_options options;

    (void)state;
    analyzer_options_default(&options);
    options.plan = p;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct scene *s = scene_open(&options);
        const struct call_record *c;

        for (int h = 0; h < HOPS && row->hops[h].src; h++)
            send_hop(s, row, &row->hops[h], h);
        c = only_call(s);
        expect(row->what, c->trunk_in, row->trunk_in);
        expect(row->what, c->trunk_out, row->trunk_out);
        expect(row->what, c->from_number, row->from_number);
        expect(row->what, c->to_number, row->to_number);
        expect(row->what, c->destination, row->destination);
        scene_close(s);
    }
    plan_free(p);
}

static void calls_for_help_are_known(void **state)
{
    static const struct {
        struct row row;
        int8_t emergency;
    } help[] = {
        { { .hops = { { CARRIER, SBC, 70, false } }, .ruri = "sip:112@sbc", .to = "<sip:112@sbc>" },
          1 },
        { { .hops = { { CARRIER, SBC, 70, false } }, .ruri = "tel:110", .to = "<tel:110>" }, 1 },
        { { .hops = { { CARRIER, SBC, 70, false } },
            .ruri = "urn:service:sos.fire",
            .to = "<urn:service:sos.fire>" },
          1 },
        /* The proxy sends it to the call centre's own number: To says what was dialled. */
        { { .hops = { { PROXY, SBC, 69, false } },
            .ruri = "sip:+4930123456@sbc",
            .to = "<sip:112@sbc>" },
          1 },
        { { .hops = { { CARRIER, PROXY, 70, false }, { PROXY, SBC, 69, false } },
            .ruri = "sip:112@sbc",
            .to = "<sip:+4930112@sbc>" },
          1 },
        { { .hops = { { CARRIER, SBC, 70, false } },
            .ruri = "sip:+4930112@sbc",
            .to = "<sip:1120@sbc>" },
          0 },
        { { .hops = { { SBC, CARRIER, 0, true } }, .to = "<sip:112@h>" }, 1 },
        { { .hops = { { SBC, CARRIER, 0, true } }, .to = "<sip:+4930123456@h>" }, 0 },
    };
    struct plan *p = make_plan();
    struct analyzer_options options;

    (void)state;
    analyzer_options_default(&options);
    options.plan = p;
    for (size_t i = 0; i < sizeof help / sizeof help[0]; i++) {
        struct scene *s = scene_open(&options);
        struct row row = help[i].row;

        row.from = "<sip:a@h>";
        for (int h = 0; h < HOPS && row.hops[h].src; h++)
            send_hop(s, &row, &row.hops[h], h);
        if (only_call(s)->emergency != help[i].emergency)
            fail_msg("row %zu: %d", i, only_call(s)->emergency);
        scene_close(s);
    }
    plan_free(p);
}

static void without_a_plan_nothing_is_said(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send_hop(s, &rows[0], &rows[0].hops[0], 0);
    c = only_call(s);
    expect("trunk", c->trunk_in, NULL);
    expect("number", c->to_number, NULL);
    expect("destination", c->destination, NULL);
    assert_int_equal(c->emergency, -1);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_has_its_trunks_and_numbers),
        cmocka_unit_test(calls_for_help_are_known),
        cmocka_unit_test(without_a_plan_nothing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
