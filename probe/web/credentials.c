#include "probe/web/credentials.h"

#include "probe/access/tokens.h"

#include <stdio.h>

#define HOST_COOKIE  "__Host-earshot"
#define PLAIN_COOKIE "earshot"

static void copy(char *to, struct slice from)
{
    memcpy(to, from.p, from.len);
    to[from.len] = '\0';
}

static void read_cookie(struct slice header, bool plain, struct exchange *x)
{
    struct slice name = plain ? SLICE(PLAIN_COOKIE) : SLICE(HOST_COOKIE);
    struct slice secret = SLICE_ABSENT;
    unsigned found = 0;

    while (header.len) {
        struct slice value = slice_trim(slice_cut(&header, ';'));

        if (!slice_eq(slice_cut(&value, '='), name))
            continue;
        secret = value;
        found++;
    }
    /* Two of the same name: one of them is not from here. */
    if (found == 1 && secret_key_is_formed(secret))
        copy(x->session, secret);
}

/* False: there is none. */
static bool read_bearer(struct slice header, struct exchange *x)
{
    struct slice secret = slice_trim(header);
    struct slice scheme = slice_cut(&secret, ' ');
    unsigned char hash[SECRET_KEY_BYTES];

    if (!slice_ieq(scheme, SLICE("Bearer")))
        return false;
    secret = slice_trim(secret);
    copy(x->token, tokens_hash(secret, hash) ? secret : SLICE("-"));
    return true;
}

void credentials_read(struct slice cookie, struct slice authorization, bool plain,
                      struct exchange *x)
{
    x->session[0] = x->token[0] = '\0';
    if (!read_bearer(authorization, x))
        read_cookie(cookie, plain, x);
}

void credentials_set_cookie(struct exchange *x, const char *secret, bool plain)
{
    snprintf(x->set_cookie, sizeof x->set_cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
             plain ? PLAIN_COOKIE : HOST_COOKIE, secret, plain ? "" : "; Secure",
             secret[0] ? "" : "; Max-Age=0");
}
