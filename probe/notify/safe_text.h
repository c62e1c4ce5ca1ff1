/*
 * safe_text - a stranger's text made fit to be read by people, wherever a message shows it.
 *
 * Numbers, names and reasons of SIP are what an attacker wants them to be. Control bytes, broken
 * UTF-8 and characters that hide or turn text around become '?', a line end a space; what a mail
 * program or a chat would make a link or a mention of is broken up the way that people do it:
 * http[:]//host[.]example, bob(at)host. Each target escapes the rest by its own rules.
 *
 * Thread  Pure.
 * Source  RFC 3629; Unicode Technical Report 36, bidirectional text spoofing
 */
#ifndef PROBE_NOTIFY_SAFE_TEXT_H
#define PROBE_NOTIFY_SAFE_TEXT_H

#include "analyzer/base/strbuf.h"

enum { SAFE_TEXT_MAX = 200 }; /* characters of one text of a stranger */

/* Printable, at most max characters; one that is cut ends in "…". */
void safe_text_add(struct strbuf *out, struct slice text, size_t max);

/* The same without links. */
void safe_text_add_unlinked(struct strbuf *out, struct slice text, size_t max);

#endif
