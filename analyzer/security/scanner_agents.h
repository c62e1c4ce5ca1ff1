/*
 * scanner_agents - what tools that look for victims call themselves.
 *
 * Whoever wants to hide calls himself otherwise; many do not care to.
 */
#ifndef ANALYZER_SECURITY_SCANNER_AGENTS_H
#define ANALYZER_SECURITY_SCANNER_AGENTS_H

#include "analyzer/base/slice.h"

/* The name of the tool, static; absent: none that is known. A few ns for all others. */
struct slice scanner_agents_find(struct slice user_agent);

#endif
