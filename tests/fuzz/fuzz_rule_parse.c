/*
 * fuzz_rule_parse - any bytes as a rule file: refused with a line, or a rule that can be evaluated.
 */
#include "rules/rule_eval.h"
#include "rules/rule_parse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drop_alert(void *ctx, const struct alert_record *alert)
{
    (void)ctx;
    if (alert->id == 0 || !alert->summary.p)
        abort();
}

/* An hour of calls, so that windows fill, fire and clear. */
static void evaluate(const struct rule *rule)
{
    static const struct siphash_key key;
    struct rule_alert_ids ids = { .us = -1 };
    struct rule_eval *eval;
    struct call_record call;

    record_clear(&record_type_call, &call);
    call.id = 1;
    call.final_status = 503;
    call.outcome = SLICE("failure");
    call.dst = addr_v4((const uint8_t[]){ 192, 0, 2, 1 }, 5060);
    if (rule->type != &record_type_call ||
        rule_eval_new(&eval, rule, 4, &key, &ids, drop_alert, NULL) != 0)
        return;
    for (int64_t s = 0; s < 3600; s += 30)
        rule_eval_record(eval, &call, s * 1000000000);
    rule_eval_tick(eval, INT64_C(100000) * 1000000000);
    rule_eval_free(eval);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rule *rule = NULL;
    char error[256] = "";
    int err = rule_parse(&rule, "f.yaml", slice_of(data, size), error, sizeof error);

    if (err == 0)
        evaluate(rule);
    else if (!error[0] || strpbrk(error, "\n\x1b"))
        abort(); /* a refusal is one printable line */
    rule_free(rule);
    return 0;
}
