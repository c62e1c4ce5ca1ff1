/*
 * media_evidence - what a call's media verdict rests on, for people and for those who tell the story.
 *
 * Source  docs/METRICS.md, "What is in the arrays and objects"
 */
#ifndef ANALYZER_CALL_MEDIA_EVIDENCE_H
#define ANALYZER_CALL_MEDIA_EVIDENCE_H

#include "analyzer/call/confidence.h"
#include "analyzer/call/verdict.h"

/* One JSON object; nothing where there is no verdict. */
void media_evidence_write(const struct call *call, const struct verdict *v,
                          const struct confidence *c, struct strbuf *out);

#endif
