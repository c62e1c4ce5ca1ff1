/*
 * fuzz_rule_parse - any bytes as a rule file: refused with lines that are printable and point into it,
 * or a rule that can be told in words and evaluated.
 */
#include "rules/rule_eval.h"
#include "rules/rule_parse.h"
#include "rules/rule_words.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void drop_alert(void *ctx, const struct alert_record *alert)
{
    (void)ctx;
    must(alert->id != 0 && alert->summary.p);
    for (size_t i = 0; i < alert->summary.len; i++)
        must((uint8_t)alert->summary.p[i] >= ' ');
}

/* An hour of records, so that windows fill, fire and clear. */
static void evaluate(const struct rule *rule)
{
    static const struct siphash_key key;
    struct rule_alert_ids ids = { .us = -1 };
    const struct rule_eval_options options = {
        .max_groups = 4, .hash_key = &key, .ids = &ids, .alert = drop_alert
    };
    struct rule_eval *eval;
    union {
        struct call_record call;
        struct stream_record largest;
        struct kpi_record kpi;
    } record;

    must(rule->type->size <= sizeof record);
    record_clear(rule->type, &record);
    if (rule->type == &record_type_call) {
        record.call.id = 1;
        record.call.final_status = 503;
        record.call.outcome = SLICE("fai\nlure");
        record.call.dst = addr_v4((const uint8_t[]){ 192, 0, 2, 1 }, 5060);
        record.call.from_user = SLICE("+49\x1b[31m");
        record.call.duration_ms = 1000;
    }
    if (rule_eval_new(&eval, rule, &options) != 0)
        return;
    for (int64_t s = 0; s < 3600; s += 30)
        rule_eval_record(eval, &record, s * 1000000000);
    rule_eval_tick(eval, INT64_C(10000) * 1000000000);
    rule_eval_free(eval);
}

/* "f.yaml:line:column: what" each, within the file. */
static void check_errors(struct slice errors, struct slice text)
{
    uint64_t lines = 1, line, column;

    /* YAML breaks lines at CR, NEL, LS and PS too: this is as many as there can be. */
    for (size_t i = 0; i < text.len; i++)
        lines += memchr("\n\r\x85\xa8\xa9", text.p[i], 5) != NULL;
    must(errors.len > 0 && errors.p[errors.len - 1] == '\n');
    while (errors.len) {
        struct slice rest = slice_cut(&errors, '\n');

        must(slice_eq(slice_cut(&rest, ':'), SLICE("f.yaml")));
        must(slice_to_u64(slice_cut(&rest, ':'), INT32_MAX, &line));
        must(slice_to_u64(slice_cut(&rest, ':'), INT32_MAX, &column));
        must(line >= 1 && line <= lines + 1 && column >= 1 && rest.len > 1);
        must(!memchr(rest.p, '\x1b', rest.len));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rule *rule = NULL;
    struct strbuf errors = { 0 }, words = { 0 };
    int err = rule_parse_all(&rule, "f.yaml", slice_of(data, size), &errors);

    if (err == 0) {
        rule_words_condition(&words, rule);
        rule_words_clear(&words, rule);
        rule_words_escalations(&words, rule);
        must(!words.failed);
        evaluate(rule);
    } else {
        check_errors(strbuf_slice(&errors), slice_of(data, size));
    }
    strbuf_fini(&errors);
    strbuf_fini(&words);
    rule_free(rule);
    return 0;
}
