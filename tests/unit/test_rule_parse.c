/*
 * test_rule_parse - what a rule file may say, what follows from it, and where a mistake is told.
 */
#include "rules/rule_parse.h"

#include <errno.h>
#include <math.h>
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

/* Without the measure and what it is held against: 5 lines. */
#define HALF "description: d\nseverity: info\non: call.closed\nwindow: 60s\nstep: 10s\n"

/* A ratio of calls that fires above 20 %: 10 lines. */
#define RATIO                                                                                      \
    HALF "measure: ratio\nwhere: status:503\nmin_samples: 20\nthreshold: 20%\n"                    \
         "clear: { below: 5%, for: 1m }\n"

/* The same of another kind of record, without what comes behind it: 5 lines. */
#define OF(occasion) "description: d\nseverity: info\non: " occasion "\nwindow: 60s\nstep: 10s\n"
#define CLEAR        "clear: { for: 1m }\n"

static int parse(struct rule **rule, const char *file, const char *text, char error[1024])
{
    size_t len = strlen(text);
    char *exact = malloc(len ? len : 1);
    int err;

    assert_non_null(exact);
    memcpy(exact, text, len);
    error[0] = '\0';
    err = rule_parse(rule, file, slice_of(exact, len), error, 1024);
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
    { BASE "treshold: 9\n", "9:1: unknown key 'treshold', did you mean 'threshold'?" },
    { BASE "colour: red\n", "9:1: unknown key 'colour'; rules/README.md lists them" },
    { BASE "step: 20s\n", "9:1: 'step' stands here a second time, first in line 5" },
    { "\n" OF("transaction") "measure: count\nthreshold: 5\n", "2:1: the key 'clear' is missing" },
    { BASE "reason: [a]\n", "9:9: 'reason' is a text, not a list or a map" },
    { BASE "reason: \"\"\n", "9:9: 'reason' is a text of 1 to 1000 bytes" },
    { "description: d\nseverity: critcal\non: call.settled\nwindow: 60s\nstep: 10s\n"
      "measure: count\nthreshold: 5\n" CLEAR,
      "2:11: 'severity' is not 'critcal', did you mean 'critical'?" },
    /* what it watches */
    { OF("call.setled") "measure: count\nthreshold: 5\n" CLEAR,
      "3:5: 'on' is not 'call.setled', did you mean 'call.settled'?" },
    { BASE "where: final_staus:503\n",
      "9:8: no field is called 'final_staus', did you mean 'final_status'?" },
    { BASE "where: from:+49* and final_staus:503\n",
      "9:22: no field is called 'final_staus', did you mean 'final_status'?" },
    { BASE "where: \"from:\\\"a b\\\" status:7xx\"\n",
      "9:29: status is from 100 to 699, or a class like 5xx" },
    { BASE "where: 'reason:\"don''t\" status:9'\n",
      "9:32: status is from 100 to 699, or a class like 5xx" },
    { BASE "where: >\n  from:+49*\n  status:999\n",
      "11:10: status is from 100 to 699, or a class like 5xx" },
    { BASE "where:\n  from:+49*\n  status:999\n",
      "11:10: status is from 100 to 699, or a class like 5xx" },
    { BASE "where: |\n    ua:\xc3\xa4 status:999\n",
      "10:17: status is from 100 to 699, or a class like 5xx" },
    { BASE "where: [status:503]\n", "9:8: 'where' is a filter in one line, as status:5xx, "
                                    "not a list or a map" },
    { BASE "where: { final_status: 503 }\n", "9:8: 'where' is a filter in one line, as status:5xx, "
                                             "not a list or a map" },
    { BASE "where: \"\"\n", "9:8: 'where' is empty: leave it out" },
    { BASE "where: since:2h\n",
      "9:8: a rule looks at what comes, 'since' has no place in it: leave it out" },
    { BASE "where: alert:x\n",
      "9:8: a rule looks at what comes, 'alert' has no place in it: leave it out" },
    { OF("peer") "measure: count\nthreshold: 5\n" CLEAR "where: state:donw\n",
      "9:14: no state is called 'donw', did you mean 'down'?" },
    { OF("certificate") "measure: count\nthreshold: 5\n" CLEAR "where: not_after<30d\n",
      "9:18: not_after: '30d' is counted from now, and a rule goes on: a date is meant, as in "
      "not_after>2026-11-21" },
    { BASE "group_by: dst_up\n", "9:11: a call has no field 'dst_up'; docs/METRICS.md lists them" },
    { BASE "group_by: flavour\n",
      "9:11: a call has no field 'flavour'; docs/METRICS.md lists them" },
    { BASE "group_by: call_id\n", "9:11: call_id takes too many values to group by; use trunk_out, "
                                  "dst.ip or another field that few values have" },
    { BASE "group_by: [trunk_out, from_uri]\n",
      "9:23: from_uri takes too many values to group by; use from_user.shape, or from_user where "
      "the callers are known" },
    { BASE "group_by: src\n", "9:11: src takes too many values to group by; use src.ip" },
    { BASE "group_by: id\n", "9:11: id takes too many values to group by; use what tells where it "
                             "came from or went to: trunk_out, dst.ip, source" },
    { BASE "group_by: mos_lq\n", "9:11: mos_lq takes too many values to group by; use a name, and "
                                 "measure it ('of'), or compare it in 'where'" },
    { BASE "group_by: packets\n", "9:11: packets takes too many values to group by; use a name, "
                                  "and measure it ('of'), or compare it in 'where'" },
    { BASE "group_by: invite_time\n", "9:11: invite_time takes too many values to group by; use "
                                      "nothing: the window goes by time already" },
    { BASE "group_by: codecs\n", "9:11: codecs takes too many values to group by; use a field that "
                                 "is a single word, and look into it in 'where'" },
    { BASE "group_by: from_user.ip\n", "9:11: a call has no field 'from_user.ip', did you mean "
                                       "'from_user'?" },
    { BASE "group_by: [a, b, c, d]\n",
      "9:11: 'group_by' is one name, or a list of up to 3: [a, b]" },
    { BASE "group_by: []\n", "9:11: 'group_by' is one name, or a list of up to 3: [a, b]" },
    { BASE "group_by: [[dst.ip]]\n", "9:12: a name in 'group_by' is a single word" },
    { BASE "where: mos<3\n",
      "9:8: mos_lq is not known yet at call.settled: use 'on: call.closed'" },
    { OF("call.opened") "measure: count\nthreshold: 5\n" CLEAR "group_by: final_status\n",
      "9:11: final_status is not known yet at call.opened: use 'on: call.settled'" },
    { OF("transaction") "measure: count\nthreshold: 5\n" CLEAR "capture_confidence: high\n",
      "9:21: 'capture_confidence' goes with calls only" },
    { BASE "capture_confidence: hgih\n",
      "9:21: 'capture_confidence' is not 'hgih', did you mean 'high'?" },
    /* when */
    { "description: d\nseverity: info\non: transaction\nwindow: 60\nstep: 1s\nmeasure: count\n"
      "threshold: 5\n" CLEAR,
      "4:9: 'window' is a number of whole seconds with its unit: 30s, 5m, 1h, 2d" },
    { BASE "for: 1500ms\n",
      "9:6: 'for' is a number of whole seconds with its unit: 30s, 5m, 1h, 2d" },
    { BASE "for: 2d\n", "9:6: 'for' must be from 0s to 1d" },
    { "description: d\nseverity: info\non: transaction\nwindow: 60s\nstep: 7s\nmeasure: count\n"
      "threshold: 5\n" CLEAR,
      "5:7: the window must be 1 to 240 whole steps" },
    { "description: d\nseverity: info\non: transaction\nwindow: 10m\nstep: 1s\nmeasure: count\n"
      "threshold: 5\n" CLEAR,
      "5:7: the window must be 1 to 240 whole steps" },
    { "description: d\nseverity: info\non: transaction\nwindow: 32d\nstep: 1h\nmeasure: count\n"
      "threshold: 5\n" CLEAR,
      "4:9: 'window' must be from 1s to 10d" },
    /* the measure */
    { HALF "measure: ratoi\nthreshold: 5\n" CLEAR,
      "6:10: 'measure' is not 'ratoi', did you mean 'ratio'?" },
    { HALF "measure: ratio\nthreshold: 20%\nmin_samples: 5\n" CLEAR,
      "6:10: a ratio needs 'where', else it is always 100%" },
    { HALF "measure: ratio\nwhere: status:500\nthreshold: 20%\n" CLEAR,
      "6:10: a ratio needs 'min_samples', so that 2 of 3 wake nobody" },
    { HALF "measure: share\nmin_samples: 20\nthreshold: 20%\n" CLEAR,
      "6:10: a share needs 'group_by', else it is always 100%" },
    { HALF "measure: mean\nmin_samples: 5\nthreshold: 20\n" CLEAR,
      "6:10: a mean needs 'of': it is the mean of that" },
    { HALF "measure: percentile\nof: mos_lq\nmin_samples: 5\nthreshold: 3\n" CLEAR,
      "6:10: a percentile needs 'percentile': 95" },
    { HALF "measure: percentile\nof: mos_lq\nmin_samples: 5\nthreshold: 3\npercentile: 100\n" CLEAR,
      "10:13: 'percentile' is a number between 0 and 100: 95" },
    { BASE "percentile: 95\n", "9:13: 'percentile' goes with 'measure: percentile' alone" },
    { BASE "of: duration_ms\n", "9:5: a count has no 'of': it counts records" },
    { BASE "per: duration_ms\n", "9:6: a count has no 'per': it counts records" },
    { HALF "measure: mean\nof: final_reason\nmin_samples: 5\nthreshold: 20\n" CLEAR,
      "7:5: 'of' takes a number, and final_reason is none" },
    { HALF "measure: mean\nof: invite_time\nmin_samples: 5\nthreshold: 20\n" CLEAR,
      "7:5: 'of' takes a number, and invite_time is none" },
    { OF("certificate") "measure: remaining\nof: days_left\nthreshold: 30d\n" CLEAR,
      "7:5: 'of' takes a time, and days_left is none" },
    { OF("certificate") "measure: remaining\nof: [not_after, not_before]\nthreshold: 30d\n" CLEAR,
      "7:17: a remaining is of one field" },
    { HALF "measure: distinct\nof: [to_user, from_user]\nthreshold: 9\n" CLEAR,
      "7:15: a distinct is of one field" },
    { HALF "measure: distinct\nof: codecs\nthreshold: 9\n" CLEAR,
      "7:5: 'of' takes a text, a whole number or an address, and codecs is none" },
    { HALF "measure: last\nthreshold: 9\n" CLEAR,
      "6:10: the last one needs 'of', or 'where': what of it is bad?" },
    { BASE "unit: ms\n", "9:7: a count is not measured in ms" },
    { RATIO "unit: s\n", "11:7: 'unit' follows from the measure, it is ratio here: leave it out" },
    { BASE "unit: a very long unit indeed\n", "9:7: 'unit' is a word of at most 16 bytes" },
    /* levels */
    { HALF "measure: count\n" CLEAR,
      "1:1: the key 'threshold' is missing, or a 'baseline' in its place" },
    { HALF "measure: count\nthreshold: 20%\n" CLEAR,
      "7:12: 'threshold' is a number: 12, 3.1; '20%' is none" },
    { HALF "measure: ratio\nwhere: status:500\nmin_samples: 5\nthreshold: 20\n" CLEAR,
      "9:12: 'threshold': a ratio is never over 1 (100%)" },
    { HALF "measure: count\nthreshold: 0\n" CLEAR,
      "7:12: 'threshold' must be above 0, else it always fires" },
    { HALF "measure: count\nthreshold: -1\n" CLEAR, "7:12: 'threshold': a count is never below 0" },
    { HALF "measure: mean\nof: duration_ms\nmin_samples: 5\nthreshold: 3 parsecs\n" CLEAR,
      "9:12: 'threshold' is a length of time: 250ms, 3s, or a number of ms; '3 parsecs' is none" },
    { HALF "measure: last\nwhere: outcome:failure\nthreshold: 2\n" CLEAR,
      "8:12: without 'of' the last one is 1 where it matches, else 0: leave 'threshold' out" },
    { BASE "direction: down\n", "9:12: 'direction' is one of: above, below" },
    { BASE "min_samples: 0\n", "9:14: 'min_samples' is a whole number from 1 to 1000000000" },
    { BASE "min_matching: 1.5\n", "9:15: 'min_matching' is a whole number from 0 to 1000000000" },
    { BASE "confidence: 95%\n",
      "9:13: 'confidence' goes with ratio, share and mean, not with count" },
    { BASE "confidence: high\n",
      "9:13: 'confidence' is how sure a ratio is, 95% or off; calls that the probe may have "
      "damaged are left out by 'capture_confidence: high'" },
    { RATIO "confidence: 40%\n", "11:13: 'confidence' is over 50% and at most 99.99%, or off" },
    { RATIO "baseline: 15%\n", "11:11: 'baseline' is a map: { drop: 15%, half_life: 6h, "
                               "min_samples: 200 }" },
    { RATIO "baseline: { half_life: 6h }\n", "11:11: a baseline has either 'drop' or 'rise'" },
    { RATIO "baseline: { rise: 15%, drop: 15% }\n",
      "11:11: a baseline has either 'drop' or 'rise'" },
    { RATIO "baseline: { rise: 15%, half_life: 5s }\n",
      "11:35: 'half_life' must be from 60s to 30d" },
    { RATIO "baseline: { rise: 15%, direction: up }\n",
      "11:24: unknown key 'direction'; rules/README.md lists them" },
    { BASE "baseline: { rise: 15%, points: yes }\n",
      "9:32: percentage points are of a ratio alone" },
    { RATIO "baseline: { rise: 0% }\n",
      "11:19: 'rise' is how far from normal: above 0% and at most 10000%" },
    { RATIO "direction: below\nbaseline: { rise: 15% }\n",
      "11:12: a baseline with 'rise' fires above: leave 'direction' out" },
    { OF("peer") "measure: absence\nthreshold: 5m\nbaseline: { rise: 15% }\n" CLEAR,
      "8:11: nothing is normal for 'absence': give a threshold alone" },
    /* when it is over, when it is worse */
    { HALF "measure: count\nthreshold: 5\nclear: { below: 6, for: 1m }\n",
      "8:17: 'below' must not be above the threshold" },
    { HALF "measure: count\nthreshold: 5\nclear: { above: 6, for: 1m }\n",
      "8:17: it fires above, so it is over 'below' something" },
    { HALF "measure: count\ndirection: below\nthreshold: 5\nclear: { above: 4, for: 1m }\n",
      "9:17: 'above' must not be below the threshold" },
    { HALF "measure: count\nthreshold: 5\nclear: { below: 4 }\n", "8:8: the key 'for' is missing" },
    { HALF "measure: count\nthreshold: 5\nclear: 4\n",
      "8:8: 'clear' is a map: { below: 5%, for: 2m }" },
    { HALF "measure: count\nthreshold: 5\nclear: { within: 5%, for: 1m }\n",
      "8:18: 'within' is of what is normal, and the rule has no 'baseline': use 'below'" },
    { HALF "measure: count\nbaseline: { rise: 50% }\nclear: { within: 60%, for: 1m }\n",
      "8:18: 'within' must be above 0% and under the change that fires, 50%" },
    { HALF "measure: count\nbaseline: { rise: 50% }\nclear: { within: 5%, below: 3, for: 1m }\n",
      "8:18: 'clear' has one of 'below', 'above' and 'within'" },
    { RATIO "escalate: { severity: critical }\n",
      "11:11: an escalation has a 'threshold', or 'after', or both" },
    { RATIO "escalate: [ { threshold: 10%, severity: critical } ]\n",
      "11:26: it is worse beyond the threshold: further above" },
    { RATIO "escalate: [ { threshold: 50%, severity: info } ]\n",
      "11:41: 'info' is not worse than the rule's own severity" },
    { RATIO "escalate: [ { after: 30m } ]\n", "11:13: the key 'severity' is missing" },
    { RATIO "escalate: 50%\n",
      "11:11: an escalation is a map: { threshold: 50%, severity: critical }" },
    /* what goes with it */
    { BASE "labels: quality\n", "9:9: 'labels' is a map: { area: quality }" },
    { BASE "labels: { Area: quality }\n",
      "9:11: a label is named with a-z 0-9 _ (1 to 32, a letter first)" },
    { BASE "labels: { severity: high }\n", "9:11: the label 'severity' is set by itself" },
    { BASE "group_by: trunk_out\nlabels: { trunk_out: a }\n",
      "10:9: the label 'trunk_out' is that of the group already" },
    { BASE "muted_by: Trunk down\n",
      "9:11: 'muted_by' is the name of a rule, a file without .yaml" },
    { BASE "muted_by: x\n", "9:11: a rule cannot be muted by itself" },
    { BASE "top: [final_reason, invite_time]\n",
      "9:21: 'top' takes a text, a number or an address, and invite_time is none" },
    { BASE "summary: \"{groop} is bad\"\n", "9:11: there is no {groop}, did you mean {group}?" },
    { BASE "summary: \"at {value} {baseline}\"\n",
      "9:22: the rule has no 'baseline', so there is no {baseline}" },
    { BASE "summary: >\n  at {value}\n  most {top}\n",
      "11:8: the rule has no 'top', so there is no {top}" },
    { BASE "summary: \"a {\"\n",
      "9:13: there is no {}; rules/README.md lists what a summary can say" },
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
        char error[1024];

        if (parse(&rule, "x.yaml", wrong[i].text, error) != -EINVAL)
            fail_msg("taken, but: %s", wrong[i].error);
        assert_null(rule);
        assert_memory_equal(error, "x.yaml:", 7);
        assert_string_equal(error + 7, wrong[i].error);
    }
}

static void tells_all_that_is_wrong(void **state)
{
    static const char text[] = "description: d\nseverity: bad\non: call.settled\n"
                               "where: staus:503\nwindow: 60\nstep: 10s\nmeasure: count\n"
                               "threshold: x\nclear: { below: 2 }\ncolour: red\n";
    struct strbuf errors = { 0 };
    struct rule *rule = NULL;

    (void)state;
    assert_int_equal(rule_parse_all(&rule, "x.yaml", SLICE(text), &errors), -EINVAL);
    strbuf_add_char(&errors, '\0');
    assert_string_equal(
        errors.p,
        "x.yaml:2:11: 'severity' is one of: info, warning, critical\n"
        "x.yaml:4:8: no field is called 'staus', did you mean 'status'?\n"
        "x.yaml:5:9: 'window' is a number of whole seconds with its unit: 30s, 5m, 1h, 2d\n"
        "x.yaml:8:12: 'threshold' is a number: 12, 3.1; 'x' is none\n"
        "x.yaml:9:8: the key 'for' is missing\n"
        "x.yaml:10:1: unknown key 'colour'; rules/README.md lists them\n");
    strbuf_fini(&errors);
}

static void names_the_place_of_broken_yaml(void **state)
{
    struct rule *rule = NULL;
    char error[1024];

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
    char error[1024];

    (void)state;
    assert_int_equal(parse(&rule, "x.yaml", "\"a\\e[31m\\n\": 1\n", error), -EINVAL);
    assert_null(strpbrk(error, "\x1b\n"));
}

static void refuses_what_is_too_large(void **state)
{
    size_t len = RULE_FILE_MAX_BYTES + 1;
    char *text = malloc(len);
    struct rule *rule = NULL;
    char error[1024];

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
        char error[1024];
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
    struct strbuf name = { 0 };
    char error[1024];

    (void)state;
    assert_int_equal(
        parse(
            &rule, "x.yaml",
            "description: >\n  two\n  lines\nreason: because\nseverity: warning\n"
            "labels: { area: quality, team: \"a b\" }\non: call.closed\n"
            "among: outcome:success or outcome:nos\nwhere: mos<3.1\n"
            "group_by: [trunk_out, dst.ip, from_user.shape]\nwindow: 5m\nstep: 30s\nfor: 90s\n"
            "measure: ratio\nthreshold: 12.5%\nmin_matching: 3\nmin_samples: 40\n"
            "confidence: 99%\nbaseline: { rise: 50%, points: yes, half_life: 2h, min_samples: 7 }\n"
            "clear: { below: 0.05, for: 0s }\n"
            "escalate: [ { threshold: 50%, severity: critical }, "
            "{ after: 30m, severity: critical } ]\n"
            "muted_by: [trunk-down, other]\ntop: [final_reason, loss_ratio]\n"
            "summary: \"{group} {ratio} {dst.ip} {trunk_out} {change} {top}\"\n"
            "runbook: call them\n",
            error),
        0);
    assert_true(slice_eq(rule->description, SLICE("two lines")));
    assert_true(slice_eq(rule->reason, SLICE("because")));
    assert_int_equal(rule->severity, RULE_WARNING);
    assert_int_equal(rule->label_count, 2);
    assert_true(slice_eq(rule->labels[1].name, SLICE("team")));
    assert_true(slice_eq(rule->labels[1].value, SLICE("a b")));
    assert_int_equal(rule->occasion, RULE_CALL_CLOSED);
    assert_ptr_equal(rule->type, &record_type_call);
    assert_int_equal(rule->among->test_count, 2);
    assert_int_equal(rule->where->test_count, 1);
    assert_true(slice_eq(rule->where_text, SLICE("(outcome:success or outcome:nos) mos<3.1")));
    assert_int_equal(rule->group_count, 3);
    rule_field_name(&rule->group[1], &name);
    assert_true(slice_eq(strbuf_slice(&name), SLICE("dst.ip")));
    assert_int_equal(rule->group[2].view, RULE_VIEW_SHAPE);
    assert_int_equal(rule->window_ns, 300 * NS_PER_S);
    assert_int_equal(rule->step_ns, 30 * NS_PER_S);
    assert_int_equal(rule->for_ns, 90 * NS_PER_S);
    assert_int_equal(rule->measure, RULE_RATIO);
    assert_float_equal(rule->threshold, 0.125, 1e-12);
    assert_false(rule->is_below);
    assert_int_equal(rule->min_matching, 3);
    assert_int_equal(rule->min_samples, 40);
    assert_float_equal(rule->z, 2.3263, 1e-4);
    assert_true(rule->baseline.is_used && rule->baseline.is_rise && rule->baseline.is_points);
    assert_float_equal(rule->baseline.change, 0.5, 1e-12);
    assert_int_equal(rule->baseline.half_life_ns, 7200 * NS_PER_S);
    assert_float_equal(rule->baseline.min_samples, 7, 1e-12);
    assert_float_equal(rule->clear, 0.05, 1e-12);
    assert_true(isnan(rule->clear_within));
    assert_int_equal(rule->clear_for_ns, 0);
    assert_int_equal(rule->escalation_count, 2);
    assert_float_equal(rule->escalations[0].threshold, 0.5, 1e-12);
    assert_int_equal(rule->escalations[0].after_ns, 0);
    assert_true(isnan(rule->escalations[1].threshold));
    assert_int_equal(rule->escalations[1].after_ns, 1800 * NS_PER_S);
    assert_int_equal(rule->escalations[1].severity, RULE_CRITICAL);
    assert_int_equal(rule->muted_by_count, 2);
    assert_true(slice_eq(rule->muted_by[0], SLICE("trunk-down")));
    assert_int_equal(rule->top_count, 2);
    assert_true(slice_eq(rule->unit, SLICE("ratio")));
    assert_true(slice_eq(rule->runbook, SLICE("call them")));
    assert_true(rule->confident); /* it is about quality */
    strbuf_fini(&name);
    rule_free(rule);
}

/* What a rule does not say, and units. NaN: not given. */
static const struct {
    const char *text, *unit;
    double threshold, clear, z;
    bool is_below, confident;
    int min_matching;
} told[] = {
    { BASE, "calls", 5, 2, 0, false, false, 1 },
    { RATIO, "ratio", 0.2, 0.05, 1.6449, false, false, 1 },
    { RATIO "confidence: off\n", "ratio", 0.2, 0.05, 0, false, false, 1 },
    { RATIO "among: one_way:no\n", "ratio", 0.2, 0.05, 1.6449, false, true, 1 },
    { RATIO "among: one_way:no confidence:high\n", "ratio", 0.2, 0.05, 1.6449, false, false, 1 },
    { RATIO "capture_confidence: any\namong: one_way:no\n", "ratio", 0.2, 0.05, 1.6449, false,
      false, 1 },
    { HALF "measure: rate\nthreshold: 5\n" CLEAR, "calls/s", 5, NAN, 0, false, false, 1 },
    { HALF "measure: count\nthreshold: 0\ndirection: below\n" CLEAR, "calls", 0, NAN, 0, true,
      false, 0 },
    { HALF "measure: mean\nof: duration_ms\nmin_samples: 5\ndirection: below\nthreshold: 1.5min\n"
           "clear: { above: 2min, for: 1m }\n",
      "ms", 90000, 120000, 1.6449, true, false, 0 },
    { HALF "measure: percentile\npercentile: 5\nof: mos_lq\nmin_samples: 5\ndirection: below\n"
           "threshold: 3.1\n" CLEAR,
      "", 3.1, NAN, 0, true, true, 0 },
    { HALF "measure: distinct\nof: to_user\nthreshold: 30\n" CLEAR, "", 30, NAN, 0, false, false,
      1 },
    { HALF "measure: mean\nof: duration_ms\nmin_samples: 5\nbaseline: { drop: 15% }\n" CLEAR, "ms",
      NAN, NAN, 1.6449, true, false, 0 },
    { OF("transaction") "measure: count\nthreshold: 30\n" CLEAR, "requests", 30, NAN, 0, false,
      false, 1 },
    { OF("load") "measure: last\nof: concurrent\nper: channel_limit\nthreshold: 80%\n" CLEAR,
      "ratio", 0.8, NAN, 0, false, false, 0 },
    { OF("load") "measure: last\nof: concurrent\nthreshold: 80\n" CLEAR, "calls", 80, NAN, 0, false,
      false, 0 },
    { OF("peer") "measure: last\nwhere: state:down\n" CLEAR, "", 1, NAN, 0, false, false, 0 },
    { OF("certificate") "measure: remaining\nof: not_after\nthreshold: 30d\nclear: { above: 40, "
                        "for: "
                        "1m }\n",
      "days", 30, 40, 0, true, false, 0 },
    { OF("certificate") "measure: remaining\nof: not_after\nthreshold: 0\n" CLEAR, "days", 0, NAN,
      0, true, false, 0 },
    { OF("capture") "measure: growth\nof: [kernel_dropped, interface_dropped]\nper: received\n"
                    "threshold: 0.01%\n" CLEAR,
      "ratio", 0.0001, NAN, 0, false, false, 0 },
    { OF("capture") "measure: growth\nof: received_bytes\nthreshold: 100\n" CLEAR, "bytes", 100,
      NAN, 0, false, false, 0 },
    { OF("probe") "measure: last\nof: packet_age_ms\ndirection: below\nthreshold: -2s\n" CLEAR,
      "ms", -2000, NAN, 0, true, false, 0 },
    { OF("capture") "measure: absence\nthreshold: 5m\n" CLEAR, "s", 300, NAN, 0, false, false, 0 },
    { OF("store") "measure: last\nof: days_left\nunit: days\ndirection: below\nthreshold: "
                  "3d\n" CLEAR,
      "days", 3, NAN, 0, true, false, 0 },
    { BASE "unit: attempts\n", "attempts", 5, 2, 0, false, false, 1 },
};

static bool is_near(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) < 1e-4;
}

static void fills_what_is_not_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        struct rule *rule = NULL;
        char error[1024];

        if (parse(&rule, "x.yaml", told[i].text, error) != 0)
            fail_msg("row %zu: %s", i, error);
        if (!slice_eq(rule->unit, slice_of_text(told[i].unit)))
            fail_msg("row %zu: unit %.*s", i, (int)rule->unit.len, rule->unit.p);
        if (!is_near(rule->threshold, told[i].threshold) || !is_near(rule->clear, told[i].clear) ||
            !is_near(rule->z, told[i].z))
            fail_msg("row %zu: threshold %g, clear %g, z %g", i, rule->threshold, rule->clear,
                     rule->z);
        if (rule->is_below != told[i].is_below || rule->confident != told[i].confident ||
            rule->min_matching != told[i].min_matching)
            fail_msg("row %zu: below %d, confident %d, min_matching %d", i, rule->is_below,
                     rule->confident, (int)rule->min_matching);
        rule_free(rule);
    }
}

static void searches_are_of_calls(void **state)
{
    struct rule *rule = NULL;
    char error[1024];

    (void)state;
    assert_int_equal(parse(&rule, "x.yaml", BASE, error), 0);
    assert_non_null(rule->where_text.p);
    assert_int_equal(rule->where_text.len, 0);
    rule_free(rule);
    assert_int_equal(
        parse(&rule, "x.yaml", OF("peer") "measure: last\nwhere: state:down\n" CLEAR, error), 0);
    assert_null(rule->where_text.p);
    rule_free(rule);
}

/* Rules of a set name each other. */
static void mutes_what_there_is(void **state)
{
    static const char *const texts[] = { BASE "muted_by: [b, trunk-dwon]\n", BASE "muted_by: a\n",
                                         BASE };
    static const char *const files[] = { "a.yaml", "b.yaml", "trunk-down.yaml" };
    struct rule *rules[3];
    struct strbuf errors = { 0 };
    char error[1024];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(parse(&rules[i], files[i], texts[i], error), 0);
    assert_int_equal(rule_parse_check_set((const struct rule *const *)rules, 3, "dir", &errors),
                     -EINVAL);
    strbuf_add_char(&errors, '\0');
    assert_string_equal(
        errors.p, "dir/a.yaml:9:12: 'b' is muted by this rule itself: nobody would be told\n"
                  "dir/a.yaml:9:15: there is no rule 'trunk-dwon', did you mean 'trunk-down'?\n"
                  "dir/b.yaml:9:11: 'a' is muted by this rule itself: nobody would be told\n");
    strbuf_reset(&errors);
    assert_int_equal(rule_parse_check_set((const struct rule *const *)rules + 2, 1, "", &errors),
                     0);
    assert_int_equal(errors.len, 0);
    strbuf_fini(&errors);
    for (size_t i = 0; i < 3; i++)
        rule_free(rules[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_and_what_is_wrong),
        cmocka_unit_test(tells_all_that_is_wrong),
        cmocka_unit_test(names_the_place_of_broken_yaml),
        cmocka_unit_test(a_strangers_key_is_made_printable),
        cmocka_unit_test(refuses_what_is_too_large),
        cmocka_unit_test(the_file_names_the_rule),
        cmocka_unit_test(reads_every_key),
        cmocka_unit_test(fills_what_is_not_said),
        cmocka_unit_test(searches_are_of_calls),
        cmocka_unit_test(mutes_what_there_is),
    };

    return cmocka_run_group_tests_name("rule_parse", tests, NULL, NULL);
}
