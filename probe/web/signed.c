#include "probe/web/signed.h"

#include "probe/secret/signed_link.h"

#include <stdio.h>
#include <time.h>

enum { KEY_PATH_MAX = 4096 };

/* The query as it was, but for its percents; false when it cannot have been one of ours. */
static bool join(struct strbuf *out, const struct params *params)
{
    for (size_t i = 0; i < params->count; i++) {
        const struct param *p = &params->list[i];

        if (slice_find(p->name, '&') < p->name.len || slice_find(p->value, '&') < p->value.len)
            return false;
        strbuf_add_text(out, i ? "&" : "");
        strbuf_add_slice(out, p->name);
        strbuf_add_char(out, '=');
        strbuf_add_slice(out, p->value);
    }
    return !params->too_many && !out->failed;
}

static bool is_signed(const struct params *params)
{
    for (size_t i = 0; i < params->count; i++) {
        if (slice_eq(params->list[i].name, SLICE("expires")) ||
            slice_eq(params->list[i].name, SLICE("signature")))
            return true;
    }
    return false;
}

static enum signed_link_verdict check(const char *store_dir, const struct exchange *x)
{
    enum signed_link_verdict verdict = SIGNED_LINK_FORGED;
    struct strbuf query = { .max_bytes = 16 * 1024 };
    char path[KEY_PATH_MAX];
    struct hmac_key key;

    snprintf(path, sizeof path, "%s/links.key", store_dir);
    if (join(&query, &x->params) && hmac_key_read(path, &key, 1) == 1) {
        verdict = signed_link_check(&key, slice_of_text(x->path), strbuf_slice(&query),
                                    (int64_t)time(NULL));
        hmac_key_wipe(&key);
    }
    strbuf_fini(&query);
    return verdict;
}

enum signed_verdict signed_read(const char *store_dir, struct exchange *x)
{
    if (!is_signed(&x->params))
        return SIGNED_NOT;
    switch (check(store_dir, x)) {
    case SIGNED_LINK_GOOD:
        x->params.count -= 2; /* they come last, or it would not be good */
        return SIGNED_GOOD;
    case SIGNED_LINK_EXPIRED:
        exchange_fail(x, 403,
                      "this link is too old: links to packets in messages are good for a limited "
                      "time; the page of the call has a new one");
        return SIGNED_REFUSED;
    case SIGNED_LINK_NONE:
    case SIGNED_LINK_FORGED:
        break;
    }
    exchange_fail(x, 403,
                  "the signature of this link is not right: it was cut or changed on its way, "
                  "or is of another store");
    return SIGNED_REFUSED;
}
