#include "rules/rule_parse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NS_PER_S INT64_C(1000000000)

/* A whole rule but for the lines that a test adds; it has 8 lines of its own. */
#define BASE                                                                                       \
    "description: d\nseverity: info\non: call.settled\nwindow: 60s\nstep: 10s\n"                   \
    "measure: count\nthreshold: 5\nclear: { below: 2, for: 1m }\n"

static int parse(struct rule **rule, const char *file, const char *text, char error[256])
{
    size_t len = strlen(text);
    char *exact = malloc(len ? len : 1);
    int err;

    assert_non_null(exact);
    memcpy(exact, text, len);
    error[0] = '\0';
    err = rule_parse(rule, file, slice_of(exact, len), error, 256);
    free(exact); /* the rule must not lean on it */
    return err;
}

static const struct {
    const char *text, *error; /* without "x.yaml:" */
} wrong[] = {
    { "", "1:1: nothing in it; rules/README.md shows what a rule is" },
    { "# only a comment\n", "1:1: nothing in it; rules/README.md shows what a rule is" },
    { "- a\n", "1:1: a rule is a list of 'key: value' lines" },
    { "just words\n", "1:1: a rule is a list of 'key: value' lines" },
    { BASE "confidence: hgih\n", "9:13: 'confidence' is not 'hgih', did you mean 'high'?" },
    { BASE "treshold: 9\n", "9:1: unknown key 'treshold', did you mean 'threshold'?" },
    { BASE "colour: red\n", "9:1: unknown key 'colour'; rules/README.md lists them" },
    { BASE "step: 20s\n", "9:1: 'step' stands here a second time, first in line 5" },
    { "severity: info\n", "1:1: the key 'description' is missing" },
    { "\ndescription: d\nseverity: info\non: transaction\nwindow: 60s\nstep: 10s\n"
      "measure: count\nthreshold: 5\n",
      "2:1: the key 'clear' is missing" },
    { "description: [a]\n", "1:14: 'description' is a text, not a list or a map" },
    { "description: \"\"\n", "1:14: 'description' is a text of 1 to 1000 bytes" },
    { "description: d\nseverity: critcal\n",
      "2:11: 'severity' is not 'critcal', did you mean 'critical'?" },
    { "description: d\nseverity: 3\n", "2:11: 'severity' is one of: info, warning, critical" },
    { "description: d\nseverity: info\non: call.setled\n",
      "3:5: 'on' is not 'call.setled', did you mean 'call.settled'?" },
    { BASE "where:\n  final_staus: 503\n",
      "10:3: a call has no field 'final_staus', did you mean 'final_status'?" },
    { BASE "where:\n  flavour: 503\n",
      "10:3: a call has no field 'flavour'; docs/METRICS.md lists them" },
    { BASE "where: 503\n", "9:8: a filter is lines of 'field: value'" },
    { BASE "where: {}\n", "9:8: a filter is lines of 'field: value'" },
    { BASE "where:\n  final_status: busy\n",
      "10:17: final_status is a whole number, 'busy' is none" },
    { BASE "where:\n  final_status: 5e2\n",
      "10:17: final_status is a whole number, '5e2' is none" },
    { BASE "where:\n  mos_lq: { \"<\": 3.x }\n", "10:18: mos_lq is a number, '3.x' is none" },
    { BASE "where:\n  one_way: yes\n", "10:12: one_way is true or false, not 'yes'" },
    { BASE "where:\n  one_way: { \">\": true }\n", "10:19: one_way can be = or != only" },
    { BASE "where:\n  outcome: { \"<\": nos }\n",
      "10:19: outcome is a text: it can be = or != only" },
    { BASE "where:\n  dst.ip: 192.0.2\n", "10:11: '192.0.2' must be an IP address" },
    { BASE "where:\n  dst: 192.0.2.1\n",
      "10:8: '192.0.2.1' must be an address with its port (without it, compare dst.ip)" },
    { BASE "where:\n  codecs: PCMU\n", "10:11: codecs cannot be compared in a rule" },
    { BASE "where:\n  invite_time: 5\n", "10:16: invite_time cannot be compared in a rule" },
    { BASE "where:\n  final_status: { \"=>\": 500 }\n",
      "10:19: '=>' is no comparison: \"=\" \"!=\" \"<\" \"<=\" \">\" \">=\"" },
    { BASE "where:\n  final_status: {}\n", "10:17: nothing to compare final_status with" },
    { BASE "where:\n  final_status: []\n", "10:17: a list here has 1 to 64 values" },
    { BASE "where:\n  final_status: { \">\": [1, 2] }\n", "10:24: a list goes with = and != only" },
    { BASE "where:\n  final_status: [503, [504]]\n",
      "10:23: final_status is compared with a single value" },
    { BASE "group_by: dst_ip\n", "9:11: a call has no field 'dst_ip', did you mean 'dst.ip'?" },
    { BASE "group_by: mos_lq\n",
      "9:11: group_by takes a text, a whole number or an address, mos_lq is none" },
    { BASE "group_by: from_user.ip\n",
      "9:11: a call has no field 'from_user.ip', did you mean 'from_user'?" },
    { BASE "group_by: [dst.ip]\n", "9:11: 'group_by' is the name of a field, not a list or a map" },
    { "description: d\nseverity: info\non: transaction\nwindow: 60\n",
      "4:9: 'window' needs a whole number and a unit: 30s, 5m, 1h" },
    { "description: d\nseverity: info\non: transaction\nwindow: 0s\n",
      "4:9: 'window' must be from 1s to 86400s" },
    { "description: d\nseverity: info\non: transaction\nwindow: 9999d\n",
      "4:9: 'window' must be from 1s to 86400s" },
    { "description: d\nseverity: info\non: transaction\nwindow: 60s\nstep: 7s\n",
      "5:7: the window must be 1 to 240 whole steps" },
    { "description: d\nseverity: info\non: transaction\nwindow: 10m\nstep: 1s\n",
      "5:7: the window must be 1 to 240 whole steps" },
    { "description: d\nseverity: info\non: transaction\nwindow: 60s\nstep: 10s\nmeasure: ratio\n",
      "6:10: a ratio needs 'where', else it is always 100%" },
    { "description: d\nseverity: info\non: transaction\nwindow: 60s\nstep: 10s\nmeasure: ratio\n"
      "where: { final_status: 500 }\n",
      "6:10: a ratio needs 'min_samples', so that 2 of 3 wake nobody" },
    { "description: d\nseverity: info\non: transaction\nwindow: 60s\nstep: 10s\nmeasure: count\n"
      "threshold: 20%\n",
      "7:12: 'threshold' is a number, '20%' is none" },
    { "description: d\nseverity: info\non: transaction\nwindow: 60s\nstep: 10s\nmeasure: ratio\n"
      "where: { final_status: 500 }\nmin_samples: 5\nthreshold: 20\n",
      "9:12: 'threshold' must be above 0 and at most 1 (100%)" },
    { "description: d\nseverity: info\non: transaction\nwindow: 60s\nstep: 10s\nmeasure: count\n"
      "threshold: 0\n",
      "7:12: 'threshold' must be above 0 and at most 1000000000" },
    { "description: d\nseverity: info\non: transaction\nwindow: 60s\nstep: 10s\nmeasure: count\n"
      "threshold: 5\nclear: { below: 6, for: 1m }\n",
      "8:17: 'below' must not be above the threshold" },
    { "description: d\nseverity: info\non: transaction\nwindow: 60s\nstep: 10s\nmeasure: count\n"
      "threshold: 5\nclear: { below: 4 }\n",
      "8:8: the key 'for' is missing" },
    { "description: d\nseverity: info\non: transaction\nwindow: 60s\nstep: 10s\nmeasure: count\n"
      "threshold: 5\nclear: 4\n",
      "8:8: 'clear' is a map: { below: 5%, for: 2m }" },
    { BASE "for: 2h\n", "9:6: 'for' must be from 0s to 3600s" },
    { BASE "min_samples: 0\n", "9:14: 'min_samples' is a whole number from 1 to 1000000000" },
    { BASE "min_matching: 1.5\n", "9:15: 'min_matching' is a whole number from 1 to 1000000000" },
    { BASE "summary: \"{groop} is bad\"\n", "9:10: there is no {groop}, did you mean {group}?" },
    { BASE "summary: \"a {\"\n",
      "9:10: there is no {}; rules/README.md lists what a summary can say" },
    { "description: &a d\nseverity: *a\n", "1:14: anchors (&) are not used in rules" },
    { "description: d\nseverity: *a\n", "2:11: aliases (*) are not used in rules; "
                                        "quote a text that begins with *" },
    { "description: !!str d\n", "1:14: tags (!) are not used in rules; quote the text" },
    { BASE "---\ndescription: e\n",
      "9:1: one rule a file: put the second document in a file of its own" },
    { "? [a]\n: b\n", "1:3: a key must be a single word" },
    { "description: \"a\\0b\"\n", "1:14: a NUL byte in a text" },
    { BASE "where: { a: [[[[[[1]]]]]] }\n", "9:17: nested too deep for a rule" },
};

static void says_where_and_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct rule *rule = NULL;
        char error[256];

        assert_int_equal(parse(&rule, "x.yaml", wrong[i].text, error), -EINVAL);
        assert_null(rule);
        assert_memory_equal(error, "x.yaml:", 7);
        assert_string_equal(error + 7, wrong[i].error);
    }
}

static void names_the_place_of_broken_yaml(void **state)
{
    struct rule *rule = NULL;
    char error[256];

    (void)state;
    assert_int_equal(parse(&rule, "x.yaml", "description: d\nwhere: { a: [1, 2\n", error), -EINVAL);
    assert_memory_equal(error, "x.yaml:3:1: not YAML: ", 22);
    assert_int_equal(parse(&rule, "x.yaml", "description: \xff\n", error), -EINVAL);
    assert_memory_equal(error, "x.yaml:", 7);
    assert_null(rule);
}

static void a_strangers_key_is_made_printable(void **state)
{
    struct rule *rule = NULL;
    char error[256];

    (void)state;
    assert_int_equal(parse(&rule, "x.yaml", "\"a\\e[31m\\n\": 1\n", error), -EINVAL);
    assert_null(strpbrk(error, "\x1b\n"));
}

static void refuses_what_is_too_large(void **state)
{
    size_t len = RULE_FILE_MAX_BYTES + 1;
    char *text = malloc(len);
    struct rule *rule = NULL;
    char error[256];

    (void)state;
    assert_non_null(text);
    memset(text, '#', len);
    assert_int_equal(rule_parse(&rule, "x.yaml", slice_of(text, len), error, sizeof error),
                     -EINVAL);
    assert_string_equal(error, "x.yaml:1:1: more than 65536 bytes");
    memset(text, '[', len);
    assert_int_equal(rule_parse(&rule, "x.yaml", slice_of(text, len - 1), error, sizeof error),
                     -EINVAL);
    free(text);
}

static void the_file_names_the_rule(void **state)
{
    static const struct {
        const char *file, *name;
    } rows[] = {
        { "a-b_1.yaml", "a-b_1" }, { "/etc/x/spike.yaml", "spike" },
        { "bare", "bare" },        { "Upper.yaml", NULL },
        { "a b.yaml", NULL },      { ".yaml", NULL },
        { "dir/", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rule *rule = NULL;
        char error[256];
        int err = parse(&rule, rows[i].file, BASE, error);

        assert_int_equal(err, rows[i].name ? 0 : -EINVAL);
        if (rule)
            assert_string_equal(rule->name, rows[i].name);
        rule_free(rule);
    }
}

static void reads_every_key(void **state)
{
    struct rule *rule = NULL;
    char error[256];

    (void)state;
    assert_int_equal(parse(&rule, "x.yaml",
                           "description: >\n  two\n  lines\nseverity: warning\non: call.closed\n"
                           "among: { outcome: success }\nwhere:\n  mos_lq: { \"<\": 3.1, "
                           "\">=\": 1 }\ngroup_by: src\nwindow: 5m\nstep: 30s\nfor: 90s\n"
                           "measure: ratio\nthreshold: 12.5%\nmin_matching: 3\nmin_samples: 40\n"
                           "clear: { below: 0.05, for: 0s }\nsummary: \"{group} {ratio}\"\n"
                           "runbook: call them\n",
                           error),
                     0);
    assert_true(slice_eq(rule->description, SLICE("two lines")));
    assert_true(slice_eq(rule->severity, SLICE("warning")));
    assert_int_equal(rule->occasion, RULE_CALL_CLOSED);
    assert_ptr_equal(rule->type, &record_type_call);
    assert_int_equal(rule->among.count, 1);
    assert_int_equal(rule->where.count, 2);
    assert_string_equal(rule->group.field->name, "src");
    assert_false(rule->group.ip_only);
    assert_int_equal(rule->window_ns, 300 * NS_PER_S);
    assert_int_equal(rule->step_ns, 30 * NS_PER_S);
    assert_int_equal(rule->for_ns, 90 * NS_PER_S);
    assert_int_equal(rule->measure, RULE_MEASURE_RATIO);
    assert_float_equal(rule->threshold, 0.125, 1e-12);
    assert_int_equal(rule->min_matching, 3);
    assert_int_equal(rule->min_samples, 40);
    assert_float_equal(rule->clear_below, 0.05, 1e-12);
    assert_int_equal(rule->clear_for_ns, 0);
    assert_true(slice_eq(rule->summary, SLICE("{group} {ratio}")));
    assert_true(slice_eq(rule->runbook, SLICE("call them")));
    rule_free(rule);
}

static void fill(struct call_record *call)
{
    static const uint8_t ip[4] = { 192, 0, 2, 10 };

    record_clear(&record_type_call, call);
    call->final_status = 503;
    call->outcome = SLICE("failure");
    call->to_user = SLICE("004412345");
    call->dst = addr_v4(ip, 5060);
    call->one_way = 0;
    call->post_dial_delay_ms = 3200.5;
}

static void filters_compare_as_written(void **state)
{
    static const struct {
        const char *where;
        bool matches;
    } rows[] = {
        { "final_status: 503", true },
        { "final_status: 504", false },
        { "final_status: [500, 503]", true },
        { "final_status: [500, 504]", false },
        { "final_status: { \">=\": 500, \"<\": 600 }", true },
        { "final_status: { \">\": 503 }", false },
        { "final_status: { \"<=\": 503 }", true },
        { "final_status: { \"<\": 503 }", false },
        { "final_status: { \"!=\": 503 }", false },
        { "final_status: { \"!=\": [500, 504] }", true },
        { "final_status: { \"!=\": [500, 503] }", false },
        { "outcome: failure", true },
        { "outcome: fail", false },
        { "outcome: \"fail*\"", true },
        { "to_user: \"0044*\"", true },
        { "to_user: \"0049*\"", false },
        { "to_user: { \"!=\": \"0049*\" }", true },
        { "dst.ip: 192.0.2.10", true },
        { "dst.ip: \"::ffff:192.0.2.10\"", true },
        { "dst.ip: 192.0.2.11", false },
        { "dst: 192.0.2.10:5060", true },
        { "dst: 192.0.2.10:5061", false },
        { "one_way: false", true },
        { "one_way: true", false },
        { "post_dial_delay_ms: { \">\": 3200 }", true },
        { "post_dial_delay_ms: { \">\": 3200.5 }", false },
        { "final_status: 503\n  outcome: success", false },
        /* Unknown in this record: nothing matches, not even "is not". */
        { "mos_lq: { \"<\": 5 }", false },
        { "mos_lq: { \"!=\": 5 }", false },
        { "nos_cause: { \"!=\": busy }", false },
        { "src.ip: { \"!=\": 192.0.2.1 }", false },
        { "packets: { \"!=\": 0 }", false },
        { "auth_challenged: { \"!=\": true }", false },
    };
    struct call_record call;

    (void)state;
    fill(&call);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rule *rule = NULL;
        char text[512], error[256];

        snprintf(text, sizeof text, BASE "where:\n  %s\n", rows[i].where);
        if (parse(&rule, "x.yaml", text, error) != 0)
            fail_msg("%s", error);
        if (filter_match_record(rule->where, &call) != rows[i].matches)
            fail_msg("where %s: not %d", rows[i].where, rows[i].matches);
        rule_free(rule);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_and_what_is_wrong),
        cmocka_unit_test(names_the_place_of_broken_yaml),
        cmocka_unit_test(a_strangers_key_is_made_printable),
        cmocka_unit_test(refuses_what_is_too_large),
        cmocka_unit_test(the_file_names_the_rule),
        cmocka_unit_test(reads_every_key),
        cmocka_unit_test(filters_compare_as_written),
    };

    return cmocka_run_group_tests_name("rule_parse", tests, NULL, NULL);
}
