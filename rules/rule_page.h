/*
 * rule_page - docs/ALERTS.md: every rule of a folder for whoever is woken by one.
 */
#ifndef RULES_RULE_PAGE_H
#define RULES_RULE_PAGE_H

#include "rules/rule_folder.h"

/* Markdown: a table of all, then each by its area with what it means, what fires it, why these numbers
 * and what to do. */
void rule_page_write(struct strbuf *out, const struct rule_folder *folder);

#endif
