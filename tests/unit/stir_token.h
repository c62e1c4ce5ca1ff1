/*
 * stir_token - writes the value of an Identity header, signed by nobody.
 */
#ifndef TESTS_UNIT_STIR_TOKEN_H
#define TESTS_UNIT_STIR_TOKEN_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* base64url without padding (RFC 4648 §5); returns the length. */
static inline size_t stir_token_encode(char *out, size_t room, const char *text)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t n = 0, len = strlen(text);
    unsigned bits = 0, held = 0;

    for (size_t i = 0; i < len && n + 3 < room; i++) {
        bits = bits << 8 | (unsigned char)text[i];
        for (held += 8; held >= 6; held -= 6)
            out[n++] = letters[bits >> (held - 6) & 63];
    }
    if (held)
        out[n++] = letters[bits << (6 - held) & 63];
    out[n] = '\0';
    return n;
}

/* params: ";info=<…>;alg=…", as it shall stand there. */
static inline void stir_token(char *out, size_t room, const char *header, const char *claims,
                              const char *params)
{
    size_t n = stir_token_encode(out, room, header);

    out[n++] = '.';
    n += stir_token_encode(out + n, room - n, claims);
    snprintf(out + n, room - n, ".c2lnbmF0dXJl%s", params);
}

#endif
