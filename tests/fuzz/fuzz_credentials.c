/*
 * fuzz_credentials - the cookies and the authorization of a request.
 *
 * Input: a cookie header NUL an authorization header. Beyond not crashing: what comes out has the form of
 * a session or of a token, is in the header as it stands, and a cookie never counts beside a token.
 */
#include "probe/access/tokens.h"
#include "probe/web/credentials.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool contains(struct slice text, const char *part)
{
    size_t len = strlen(part);

    for (size_t at = 0; at + len <= text.len; at++) {
        if (memcmp(text.p + at, part, len) == 0)
            return true;
    }
    return false;
}

static void check(struct slice cookie, struct slice authorization, bool plain)
{
    struct exchange *x = exchange_new();
    unsigned char hash[SECRET_KEY_BYTES];

    if (!x)
        return;
    credentials_read(cookie, authorization, plain, x);
    must(!x->session[0] || !x->token[0]);
    if (x->session[0]) {
        must(secret_key_is_formed(slice_of_text(x->session)) && contains(cookie, x->session));
        must(contains(cookie, plain ? "earshot=" : "__Host-earshot="));
    }
    if (x->token[0] && strcmp(x->token, "-") != 0)
        must(tokens_hash(slice_of_text(x->token), hash) && contains(authorization, x->token));
    exchange_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of(data, size);
    struct slice cookie = slice_cut(&rest, '\0');

    check(cookie, rest, false);
    check(cookie, rest, true);
    return 0;
}
