#include "analyzer/call/stir_check.h"

#include "analyzer/sip/sip_uri.h"
#include "analyzer/sip/stir.h"

#include <math.h>

enum {
    DIGITS_MAX = 32,
    /* Digits in common from the end that make two spellings of one number: the subscriber number of
     * the NANP; elsewhere they are longer where they are written with an area code. */
    SAME_TAIL = 7,
    JSON_MAX = 2048,
};

/* The digits of a user part, separators left out; false: it is no number. */
static bool take_digits(struct slice user, char out[DIGITS_MAX], size_t *len)
{
    size_t n = 0;

    for (size_t i = 0; i < user.len && user.p[i] != ';'; i++) {
        char c = user.p[i];

        if ((i == 0 && c == '+') || c == '-' || c == '.' || c == '(' || c == ')')
            continue;
        if (c < '0' || c > '9' || n == DIGITS_MAX)
            return false;
        out[n++] = c;
    }
    *len = n;
    return n > 0;
}

static bool ends_with(struct slice s, struct slice tail)
{
    return s.len >= tail.len && memcmp(s.p + s.len - tail.len, tail.p, tail.len) == 0;
}

int8_t stir_check_number(const struct plan *plan, const char *claim, struct slice user,
                         struct slice uri)
{
    char number[PLAN_NUMBER_MAX], digits[DIGITS_MAX];
    struct slice claimed = slice_of_text(claim), said, shorter;
    size_t len;

    if (claimed.len == 0 || user.len == 0)
        return -1;
    if (claim[0] != '+')
        return slice_ieq(claimed, uri) ? 1 : -1;
    claimed = slice_of(claim + 1, claimed.len - 1);
    if (plan && plan_number(plan, user, number))
        return slice_eq(slice_of_text(number + 1), claimed);
    if (!take_digits(user, digits, &len))
        return -1;
    said = slice_of(digits, len);
    if (slice_eq(said, claimed))
        return 1;
    if (user.p[0] == '+')
        return 0;
    shorter = said.len < claimed.len ? said : claimed;
    return shorter.len >= SAME_TAIL && (ends_with(said, claimed) || ends_with(claimed, said)) ? 1
                                                                                              : -1;
}

/* Of several places one that fits is enough; if none does, one that cannot fit is needed. */
static int8_t either(int8_t a, int8_t b)
{
    if (a == 1 || b == 1)
        return 1;
    return a == 0 || b == 0 ? 0 : -1;
}

static int8_t check_orig(const struct plan *plan, const struct stir *s, const struct sip_msg *msg)
{
    struct sip_name_addr asserted;
    bool bad = false;
    int8_t from = stir_check_number(plan, s->orig, msg->from_user, msg->from_uri);

    if (!msg->asserted_identity.p || !sip_name_addr_parse(&asserted, msg->asserted_identity))
        return from;
    return either(from,
                  stir_check_number(plan, s->orig, sip_uri_user(asserted.uri, &bad), asserted.uri));
}

static int8_t check_dest(const struct plan *plan, const struct stir *s, const struct sip_msg *msg)
{
    int8_t found = -1;

    for (unsigned i = 0; i < s->dest_count; i++) {
        int8_t to = stir_check_number(plan, s->dest[i], msg->to_user, msg->to_uri);

        found = either(found, either(to, stir_check_number(plan, s->dest[i], msg->request_user,
                                                           msg->request_uri)));
    }
    return found;
}

_Static_assert(sizeof((struct security_identity){ 0 }.orig) == STIR_NAME_MAX, "one is copied");

static void write_text(struct jsonw *j, const char *key, const char *text)
{
    jsonw_key(j, key);
    jsonw_text(j, text[0] ? slice_of_text(text) : SLICE_ABSENT);
}

static void write_truth(struct jsonw *j, const char *key, int8_t truth)
{
    jsonw_key(j, key);
    if (truth < 0)
        jsonw_null(j);
    else
        jsonw_bool(j, truth);
}

static void write_claims(struct jsonw *j, const struct stir *s, const struct security_identity *v)
{
    const char attestation[2] = { s->attestation, '\0' };

    write_text(j, "attestation", attestation);
    jsonw_key(j, "age_s");
    jsonw_real(j, v->age_s, 3);
    write_text(j, "orig", s->orig);
    jsonw_key(j, "dest");
    jsonw_array_open(j);
    for (unsigned i = 0; i < s->dest_count; i++)
        jsonw_text(j, slice_of_text(s->dest[i]));
    jsonw_array_close(j);
    write_truth(j, "orig_matches", v->orig_matches);
    write_truth(j, "dest_matches", v->dest_matches);
    write_text(j, "origid", s->origid);
}

static struct slice write_json(struct call *call, const struct stir *s, enum stir_parse why,
                               const struct security_identity *v, struct counters *counters)
{
    struct strbuf out = { .max_bytes = JSON_MAX };
    struct jsonw j = jsonw_to(&out);
    struct slice kept;

    jsonw_object_open(&j);
    write_claims(&j, s, v);
    write_text(&j, "x5u_host", s->x5u_host);
    jsonw_key(&j, "x5u_https");
    if (s->x5u_host[0])
        jsonw_bool(&j, s->x5u_https);
    else
        jsonw_null(&j);
    write_text(&j, "ppt", s->ppt);
    write_text(&j, "alg", s->alg);
    jsonw_key(&j, "compact");
    jsonw_bool(&j, s->compact);
    jsonw_key(&j, "malformed");
    jsonw_text(&j, why == STIR_OK ? SLICE_ABSENT : slice_of_text(stir_parse_text(why)));
    jsonw_key(&j, "verified"); /* the certificate is not fetched: nobody knows */
    jsonw_null(&j);
    jsonw_object_close(&j);
    kept = out.failed ? SLICE_ABSENT : call_keep(call, strbuf_slice(&out), JSON_MAX, counters);
    strbuf_fini(&out);
    return kept;
}

bool stir_check_message(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                        const struct plan *plan, struct counters *counters,
                        struct security_identity *out)
{
    struct stir s;
    enum stir_parse why;

    if (!msg->identity.p || call->stir.p)
        return false;
    why = stir_parse(&s, stir_find(msg->header_block, msg->identity));
    *out = (struct security_identity){ .age_s = NAN, .orig_matches = -1, .dest_matches = -1 };
    if (why != STIR_OK) {
        counters->refusals[REFUSAL_IDENTITY_MALFORMED]++;
    } else {
        if (s.iat_s >= 0)
            out->age_s = (double)d->time_ns / 1e9 - (double)s.iat_s;
        out->orig_matches = check_orig(plan, &s, msg);
        out->dest_matches = check_dest(plan, &s, msg);
    }
    call->stir = write_json(call, &s, why, out, counters);
    memcpy(out->orig, s.orig, sizeof out->orig);
    out->from_user = msg->from_user;
    out->to_user = msg->to_user;
    return why == STIR_OK;
}
