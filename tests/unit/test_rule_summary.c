/*
 * test_rule_summary - the line of an alert, values with their units, and rules in words.
 */
#include "rules/rule_page.h"
#include "rules/rule_parse.h"
#include "rules/rule_summary.h"
#include "rules/rule_unit.h"
#include "rules/rule_words.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    double value;
    const char *unit, *text;
} values[] = {
    { 0.42, "ratio", "42 %" },
    { 0.0941, "ratio", "9.4 %" },
    { 0.05, "ratio", "5 %" },
    { 0.000123, "ratio", "0.012 %" },
    { 0, "ratio", "0 %" },
    { 1, "ratio", "100 %" },
    { 0.9999, "ratio", "99.9 %" },
    { 0.9949, "ratio", "99 %" },
    { 250, "ms", "250 ms" },
    { 3400, "ms", "3.4 s" },
    { 108000, "ms", "1.8 min" },
    { 60000, "ms", "1 min" },
    { 59960, "ms", "1 min" },
    { 7200000, "ms", "2 h" },
    { 0.4, "ms", "0.4 ms" },
    { -2500, "ms", "-2.5 s" },
    { 90, "s", "1.5 min" },
    { 5, "s", "5 s" },
    { 3.21, "days", "3.2 days" },
    { 30, "days", "30 days" },
    { 1.5, "days", "36 h" },
    { -2, "days", "-2 days" },
    { 0, "days", "0 days" },
    { 0, "s", "0 s" },
    { 12, "calls", "12 calls" },
    { 1, "calls", "1 call" },
    { 0.5, "calls/s", "0.5 calls/s" },
    { 1, "calls/s", "1 calls/s" },
    { 1536, "bytes", "1.5 kB" },
    { 999, "bytes", "999 bytes" },
    { 4.2e12, "bytes", "4.2 TB" },
    { 3.08, "", "3.08" },
    { 1234567, "", "1234567" },
    { 12.345, "", "12.3" },
    { NAN, "ms", "unknown" },
    { 7, "attempts", "7 attempts" },
};

static void values_read_well(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct strbuf out = { 0 };

        rule_unit_write(&out, values[i].value, slice_of_text(values[i].unit));
        strbuf_add_char(&out, '\0');
        if (strcmp(out.p, values[i].text) != 0)
            fail_msg("%g %s: '%s', not '%s'", values[i].value, values[i].unit, out.p,
                     values[i].text);
        strbuf_fini(&out);
    }
}

static struct rule *parse(const char *text)
{
    struct rule *rule = NULL;
    char error[RULE_ERROR_MAX];

    if (rule_parse(&rule, "acd-drop.yaml", slice_of_text(text), error, sizeof error) != 0)
        fail_msg("%s", error);
    return rule;
}

#define ACD                                                                                        \
    "description: d\nseverity: warning\non: call.closed\namong: outcome:success\n"                 \
    "group_by: [destination, dst.ip]\nwindow: 15m\nstep: 1m\nmeasure: mean\nof: duration_ms\n"     \
    "min_samples: 50\nbaseline: { drop: 15% }\nclear: { for: 10m }\ntop: [final_reason]\n"

static void says_what_happened(void **state)
{
    static const struct {
        const char *summary, *line;
    } rows[] = {
        { "ACD to {destination} fell by {change} in {window} and is {value}",
          "ACD to Canada fell by 15 % in 15 min and is 1.8 min" },
        { "{rule} at {group}, {severity}: {value}, normally {baseline}, before {before}",
          "acd-drop at Canada, 192.0.2.7, critical: 1.8 min, normally 2.1 min, before unknown" },
        { "{matching} of {samples} ({ratio}) at {dst_ip} since {since}, most {top}",
          "34 of 68 (50 %) at 192.0.2.7 since 16:00:00 UTC, most Busy Here" },
        { "{threshold} } and }", "unknown } and }" },
        { "caf\xc3\xa9", "caf\xc3\xa9" },
    };
    struct rule_facts facts = { .group = SLICE("Canada, 192.0.2.7"),
                                .fields = { SLICE("Canada"), SLICE("192.0.2.7") },
                                .severity = RULE_CRITICAL,
                                .value = 108000,
                                .threshold = NAN,
                                .baseline = 127058.8,
                                .before = NAN,
                                .matching = 34,
                                .samples = 68,
                                .since_ns = INT64_C(1795276800) * 1000000000,
                                .top = SLICE("Busy Here") };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rule *rule;
        struct strbuf out = { 0 };
        char text[1024];

        snprintf(text, sizeof text, "%ssummary: \"%s\"\n", ACD, rows[i].summary);
        facts.rule = rule = parse(text);
        rule_summary_write(&out, &facts);
        strbuf_add_char(&out, '\0');
        assert_string_equal(out.p, rows[i].line);
        strbuf_fini(&out);
        rule_free(rule);
    }
}

static void points_are_no_percent(void **state)
{
    struct rule *rule = parse("description: d\nseverity: warning\non: call.settled\n"
                              "where: outcome:success\nwindow: 15m\nstep: 1m\nmeasure: ratio\n"
                              "min_samples: 50\nbaseline: { drop: 15%, points: yes }\n"
                              "clear: { for: 10m }\nsummary: \"{group}: fell by {change}\"\n");
    const struct rule_facts facts = {
        .rule = rule, .value = 0.42, .baseline = 0.61, .threshold = NAN, .before = NAN
    };
    struct strbuf out = { 0 };

    (void)state;
    rule_summary_write(&out, &facts);
    assert_true(slice_eq(strbuf_slice(&out), SLICE("all: fell by 19 points")));
    strbuf_fini(&out);
    rule_free(rule);
}

static const struct {
    const char *text, *fires, *over, *escalates;
} words[] = {
    { ACD,
      "mean duration_ms of calls that ended among outcome:success, for each destination and "
      "dst.ip: "
      "15 % or more under normal within 15 min, with at least 50 and beyond chance",
      "within 7.5 % of normal for 10 min", "" },
    { "description: d\nseverity: warning\non: call.settled\nwhere: status:503\ngroup_by: dst.ip\n"
      "window: 60s\nstep: 10s\nfor: 30s\nmeasure: ratio\nthreshold: 20%\nmin_matching: 10\n"
      "min_samples: 20\nconfidence: off\nclear: { below: 5%, for: 2m }\n"
      "escalate: [ { threshold: 50%, severity: critical }, { after: 30m, severity: critical } ]\n",
      "share of calls that are status:503, for each dst.ip: 20 % or more within 60 s, with at "
      "least "
      "10 of 20, for 30 s",
      "under 5 % for 2 min", "critical at 50 % or more; critical after 30 min" },
    { "description: d\nseverity: critical\non: peer\nwhere: state:down\ngroup_by: trunk\n"
      "window: 5m\nstep: 10s\nfor: 10s\nmeasure: last\nclear: { for: 1m }\n",
      "the newest report of a peer is state:down, for each trunk, for 10 s",
      "the newest one is not so any more for 60 s", "" },
    { "description: d\nseverity: warning\non: certificate\ngroup_by: server\nwindow: 1d\nstep: "
      "10m\n"
      "measure: remaining\nof: not_after\nthreshold: 30d\nclear: { above: 31d, for: 0s }\n",
      "time left until not_after of certificates, for each server: 30 days or less within 24 h",
      "over 31 days", "" },
    { "description: d\nseverity: warning\non: load\ngroup_by: trunk\nwindow: 1m\nstep: 10s\n"
      "measure: last\nof: concurrent\nper: channel_limit\nthreshold: 80%\nclear: { for: 0s }\n",
      "newest concurrent / channel_limit of loads of trunks, for each trunk: 80 % or more within "
      "60 s",
      "under 80 %", "" },
};

static void rules_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct rule *rule = parse(words[i].text);
        struct strbuf fires = { 0 }, over = { 0 }, escalates = { 0 };

        rule_words_condition(&fires, rule);
        rule_words_clear(&over, rule);
        rule_words_escalations(&escalates, rule);
        strbuf_add_char(&fires, '\0');
        strbuf_add_char(&over, '\0');
        strbuf_add_char(&escalates, '\0');
        assert_string_equal(fires.p, words[i].fires);
        assert_string_equal(over.p, words[i].over);
        assert_string_equal(escalates.p, words[i].escalates);
        strbuf_fini(&fires);
        strbuf_fini(&over);
        strbuf_fini(&escalates);
        rule_free(rule);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_read_well),
        cmocka_unit_test(says_what_happened),
        cmocka_unit_test(points_are_no_percent),
        cmocka_unit_test(rules_in_words),
    };

    return cmocka_run_group_tests_name("rule_summary", tests, NULL, NULL);
}
