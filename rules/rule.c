#include "rules/rule.h"

#include "rules/rule_yaml.h"

#include <stdlib.h>

const struct rule_occasion_row rule_occasions[RULE_OCCASIONS] = {
    [RULE_CALL_OPENED] = { "call.opened", &record_type_call, "its first INVITE was heard" },
    [RULE_CALL_SETTLED] = { "call.settled", &record_type_call,
                            "its outcome is known: answered, or failed for good" },
    [RULE_CALL_CLOSED] = { "call.closed", &record_type_call, "it has ended, with its quality" },
    [RULE_TRANSACTION] = { "transaction", &record_type_transaction,
                           "a REGISTER, OPTIONS, MESSAGE or SUBSCRIBE was answered, or never was" },
    [RULE_MINUTE] = { "minute", &record_type_kpi,
                      "a minute of a trunk, a destination or all is over" },
    [RULE_REGISTRATION] = { "registration", &record_type_registration,
                            "a user's registration changed; at most once a minute besides" },
    [RULE_PEER] = { "peer", &record_type_peer,
                    "a host that is pinged went up or down; once a minute besides" },
    [RULE_SECURITY] = { "security", &record_type_security,
                        "a source is up to something; every ten seconds while it goes on" },
    [RULE_CERTIFICATE] = { "certificate", &record_type_certificate,
                           "a server showed its certificate" },
    [RULE_MIRROR] = { "mirror", &record_type_mirror,
                      "once a second in a live run, and at the end" },
    [RULE_CAPTURE] = { "capture", &record_type_capture, "the ledger, at the same times" },
    [RULE_STORE] = { "store", &record_type_store, "once a minute in a live run" },
    [RULE_LOAD] = { "load", &record_type_load, "once a second while a trunk's calls change" },
    [RULE_PROBE] = { "probe", &record_type_probe, "once a second in a live run" },
};

enum rule_occasion rule_occasion_of(const struct record_type *type)
{
    enum rule_occasion o = RULE_CALL_OPENED;

    while (o < RULE_OCCASIONS && (rule_occasions[o].type != type || type == &record_type_call))
        o++;
    return o;
}

static const char *const severities[] = { "info", "warning", "critical" };

static const char *const measures[RULE_MEASURES] = {
    "count",    "rate",    "ratio", "share",  "sum",       "mean",    "percentile",
    "distinct", "repeats", "last",  "growth", "remaining", "absence",
};

const char *rule_severity_name(enum rule_severity severity)
{
    return severities[severity];
}

const char *rule_measure_name(enum rule_measure measure)
{
    return measures[measure];
}

void rule_free(struct rule *rule)
{
    if (!rule)
        return;
    filter_free(rule->among);
    filter_free(rule->where);
    strbuf_fini(&rule->texts);
    rule_yaml_free(rule->tree);
    free(rule);
}
