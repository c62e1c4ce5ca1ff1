/*
 * utf8 - where a stranger's text is well-formed and where it is not.
 *
 * Source  RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.
 */
#ifndef ANALYZER_BASE_UTF8_H
#define ANALYZER_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length (1..4) of the well-formed character at p and its code point, or 0 when it is broken. */
size_t utf8_decode(const char *p, size_t len, uint32_t *code_point);

#endif
