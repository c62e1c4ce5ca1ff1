/*
 * rule_evidence - what an alert carries to prove itself: calls, how the measure came, what the bad
 * ones had most of, its labels, a search for its calls.
 *
 * Errors  Texts are a strbuf's: what finds no memory is missing.
 */
#ifndef RULES_RULE_EVIDENCE_H
#define RULES_RULE_EVIDENCE_H

#include "rules/rule_eval.h"

/* Frozen in the episode as it is now. */
void rule_evidence_freeze(const struct rule_eval *e, const struct rule_group *g,
                          struct rule_episode *ep);

/* ["00064…",…] */
void rule_evidence_write_calls(const struct rule_episode *ep, struct strbuf *out);

/* The group's fields one by one, printable; and all of them, "a, b". */
void rule_evidence_write_group(const struct rule *rule, const struct rule_group *g,
                               struct strbuf fields[RULE_GROUP_FIELDS_MAX], struct strbuf *out);

/* The group alone, as a JSON object: what a baseline is told by. */
void rule_evidence_write_labels(const struct rule *rule, const struct strbuf *fields,
                                struct strbuf *out);

/* That with the rule, the severity and the rule's own labels. */
void rule_evidence_write_all_labels(const struct rule *rule, enum rule_severity severity,
                                    const struct strbuf *fields, struct strbuf *out);

/* A filter that finds the calls of the alert, for those that began until `until_ns`; empty: there is
 * none. */
void rule_evidence_write_search(const struct rule *rule, const struct rule_episode *ep,
                                const struct strbuf *fields, int64_t until_ns, struct strbuf *out);

#endif
