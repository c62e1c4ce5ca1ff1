#include "probe/secret/signed_link.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

/* 32 bytes in base64url without '=': 43 characters and the NUL. */
enum {
    SIGNATURE_MAX = sodium_base64_ENCODED_LEN(HMAC_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)
};

#define EXPIRES   "expires="
#define SIGNATURE "signature="

/* What is signed is no other text that the key could be asked to sign. */
static const struct slice purpose = SLICE_INIT("earshot link 1\n");

void signed_link_write(struct strbuf *out, const struct hmac_key *key, struct slice path,
                       int64_t expires_s)
{
    char expires[48], text[SIGNATURE_MAX];
    unsigned char mac[HMAC_BYTES];
    bool has_query = slice_find(path, '?') < path.len;

    snprintf(expires, sizeof expires, "%c" EXPIRES "%" PRId64, has_query ? '&' : '?', expires_s);
    hmac_make(key, (struct slice[]){ purpose, path, slice_of_text(expires) }, 3, mac);
    sodium_bin2base64(text, sizeof text, mac, sizeof mac, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    strbuf_add_slice(out, path);
    strbuf_add_text(out, expires);
    strbuf_add_text(out, "&" SIGNATURE);
    strbuf_add_text(out, text);
}

struct parts {
    struct slice covered; /* of the query: up to the signature, the time with it */
    struct slice expires, signature;
    unsigned times, signatures;
    bool in_order; /* the time, the signature, the end */
};

static struct parts take_apart(struct slice query)
{
    struct parts p = { .times = 0 };
    struct slice rest = query;
    bool behind_time = false;

    while (rest.len) {
        struct slice one = slice_cut(&rest, '&');
        bool is_time = slice_starts_with(one, SLICE(EXPIRES));

        if (is_time) {
            p.times++;
            p.expires = slice_of(one.p + sizeof EXPIRES - 1, one.len - (sizeof EXPIRES - 1));
        } else if (slice_starts_with(one, SLICE(SIGNATURE))) {
            p.signatures++;
            p.signature = slice_of(one.p + sizeof SIGNATURE - 1, one.len - (sizeof SIGNATURE - 1));
            p.in_order = behind_time && one.p + one.len == query.p + query.len;
            p.covered = slice_of(query.p, one.p > query.p ? (size_t)(one.p - query.p) - 1 : 0);
        }
        behind_time = is_time;
    }
    return p;
}

/* Texts are compared, not what they decode to: there is one spelling. */
static bool is_right(const struct hmac_key *key, struct slice path, const struct parts *p)
{
    unsigned char mac[HMAC_BYTES];
    char text[SIGNATURE_MAX];

    if (p->signature.len != SIGNATURE_MAX - 1)
        return false;
    hmac_make(key, (struct slice[]){ purpose, path, SLICE("?"), p->covered }, 4, mac);
    sodium_bin2base64(text, sizeof text, mac, sizeof mac, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return sodium_memcmp(text, p->signature.p, SIGNATURE_MAX - 1) == 0;
}

enum signed_link_verdict signed_link_check(const struct hmac_key *key, struct slice path,
                                           struct slice query, int64_t now_s)
{
    struct parts p = take_apart(query);
    uint64_t expires_s;

    if (p.times + p.signatures == 0)
        return SIGNED_LINK_NONE;
    if (p.times != 1 || p.signatures != 1 || !p.in_order || !is_right(key, path, &p) ||
        !slice_to_u64(p.expires, INT64_MAX, &expires_s))
        return SIGNED_LINK_FORGED;
    return now_s < (int64_t)expires_s ? SIGNED_LINK_GOOD : SIGNED_LINK_EXPIRED;
}
