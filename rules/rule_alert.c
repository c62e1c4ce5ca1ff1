#include "rules/rule_alert.h"

#include "rules/rule_evidence.h"
#include "rules/rule_summary.h"

#include <math.h>

static const char *const states[] = {
    [RULE_PENDING] = "pending",
    [RULE_FIRING] = "firing",
    [RULE_RESOLVED] = "resolved",
    [RULE_PASSED] = "passed",
};

static bool is_over(const struct rule_episode *ep)
{
    return ep->life == RULE_RESOLVED || ep->life == RULE_PASSED;
}

static void write_summary(struct rule_eval *e, const struct rule_episode *ep,
                          const struct rule_moment_told *told, int64_t now_ns)
{
    struct rule_facts facts = { .rule = e->rule,
                                .severity = ep->severity,
                                .value = told->reading.value,
                                .threshold = told->mark,
                                .baseline = told->baseline,
                                .before = ep->before_value,
                                .matching = (int64_t)told->reading.matching,
                                .samples = (int64_t)told->reading.samples,
                                .since_ns = ep->since_ns };

    if (e->rule->group_count)
        facts.group = strbuf_slice(&e->group);
    for (size_t i = 0; i < e->rule->group_count; i++)
        facts.fields[i] = strbuf_slice(&e->fields[i]);
    if (ep->top.len)
        facts.top = strbuf_slice(&ep->top);
    strbuf_reset(&e->summary);
    if (ep->life == RULE_RESOLVED) {
        strbuf_add_text(&e->summary, "Over after ");
        rule_summary_add_duration(&e->summary, now_ns - ep->fired_ns);
        strbuf_add_text(&e->summary, ", at worst: ");
    }
    rule_summary_write(&e->summary, &facts);
}

static void write_description(struct rule_eval *e, const struct rule_episode *ep, const char *why)
{
    strbuf_reset(&e->description);
    strbuf_add_slice(&e->description, e->rule->description);
    if (ep->group->is_other)
        strbuf_addf(&e->description,
                    " This is the group 'other': there are more than %zu groups at once, the "
                    "largest are watched one by one, and the rest is counted here together.",
                    e->groups.by_key.max_items);
    if (why) {
        strbuf_add_char(&e->description, ' ');
        strbuf_add_text(&e->description, why);
    }
}

void rule_alert_tell(struct rule_eval *e, const struct rule_episode *ep, int64_t now_ns,
                     const char *why)
{
    const struct rule *rule = e->rule;
    const struct rule_moment_told *told = is_over(ep) ? &ep->worst : &ep->told;
    struct alert_record alert;

    rule_evidence_write_group(rule, ep->group, e->fields, &e->group);
    rule_evidence_write_calls(ep, &e->calls);
    rule_evidence_write_all_labels(rule, ep->severity, e->fields, &e->labels);
    rule_evidence_write_search(rule, ep, e->fields, now_ns, &e->search);
    write_summary(e, ep, told, now_ns);
    write_description(e, ep, why);
    record_clear(&record_type_alert, &alert);
    alert.id = ep->id;
    alert.rule = slice_of_text(rule->name);
    alert.severity = slice_of_text(rule_severity_name(ep->severity));
    alert.state = slice_of_text(states[ep->life]);
    alert.group = rule->group_count ? strbuf_slice(&e->group) : SLICE_ABSENT;
    alert.labels = strbuf_slice(&e->labels);
    alert.summary = strbuf_slice(&e->summary);
    alert.description = strbuf_slice(&e->description);
    alert.runbook = rule->runbook;
    alert.since = ep->since_ns;
    alert.time = ep->begun_ns;
    alert.fired_time = ep->fired_ns;
    alert.changed_time = now_ns;
    alert.ended_time = is_over(ep) ? now_ns : RECORD_NONE;
    alert.value = told->reading.value;
    alert.threshold = told->mark;
    alert.unit = rule->unit;
    alert.baseline = told->baseline;
    alert.before = ep->before_value;
    alert.samples = (int64_t)told->reading.samples;
    alert.matching = (int64_t)told->reading.matching;
    alert.window_s = rule->window_ns / INT64_C(1000000000);
    alert.flaps = ep->group->flaps;
    alert.muted_by = ep->muted_by;
    alert.calls = strbuf_slice(&e->calls);
    alert.evidence = strbuf_slice(&ep->evidence);
    alert.search = e->search.len ? strbuf_slice(&e->search) : SLICE_ABSENT;
    e->options.alert(e->options.ctx, &alert);
}
