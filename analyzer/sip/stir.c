#include "analyzer/sip/stir.h"

#include "analyzer/base/json_item.h"
#include "analyzer/sip/sip_fields.h"
#include "analyzer/sip/sip_uri.h"
#include "analyzer/sip/stir_json.h"

const char *stir_parse_text(enum stir_parse why)
{
    static const char *const texts[STIR_PARSE_COUNT] = {
#define X(name, text) text,
        STIR_PARSES(X)
#undef X
    };

    return texts[why];
}

/* −1: none of base64url (RFC 4648 §5). '+' and '/' are what careless signers write. */
static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-' || c == '+')
        return 62;
    return c == '_' || c == '/' ? 63 : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Blanks of a folded line are stepped over. False: not base64url; *len untouched. */
static bool decode(struct slice text, char *out, size_t *len)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t n = 0;

    while (text.len && text.p[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        int six = sextet(text.p[i]);

        if (is_blank(text.p[i]))
            continue;
        if (six < 0)
            return false;
        bits = bits << 6 | (uint32_t)six;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = (char)(bits >> held & 0xff);
        }
    }
    *len = n;
    return held < 6; /* six bits left over are no byte, and no padding */
}

/* A part of the token as a JSON object; what it says lies in `room` of STIR_CLAIMS_MAX bytes. */
static enum stir_parse open_part(struct slice part, char *room, struct slice *json)
{
    size_t len;

    if (part.len / 4 * 3 + 3 > STIR_CLAIMS_MAX)
        return STIR_TOO_LONG;
    if (!decode(part, room, &len))
        return STIR_NOT_BASE64;
    *json = slice_of(room, len);
    return stir_json_is_object(*json) ? STIR_OK : STIR_NOT_JSON;
}

static void take_url(struct stir *out, struct slice url)
{
    struct slice host;
    size_t scheme, end = 0;

    if (url.len >= 2 && url.p[0] == '<' && url.p[url.len - 1] == '>')
        url = slice_of(url.p + 1, url.len - 2);
    scheme = slice_find(url, ':');
    if (scheme + 3 > url.len || url.p[scheme + 1] != '/' || url.p[scheme + 2] != '/')
        return;
    out->x5u_https = slice_ieq(slice_of(url.p, scheme), SLICE("https"));
    host = slice_of(url.p + scheme + 3, url.len - scheme - 3);
    while (end < host.len && !memchr("/?#", host.p[end], 3))
        end++;
    host.len = end < STIR_HOST_MAX - 1 ? end : STIR_HOST_MAX - 1;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.p[i];

        out->x5u_host[i] = c > ' ' && c < 0x7f && c != '"' && c != '\\' ? c : '?';
    }
    out->x5u_host[host.len] = '\0';
}

/* PASSporT writes numbers without '+' (RFC 8225 §5.2.1). */
static void take_number(char out[STIR_NAME_MAX], struct slice value)
{
    out[0] = '+';
    stir_json_copy(out + 1, STIR_NAME_MAX - 1, value);
    if (out[1] == '+')
        memmove(out, out + 1, strlen(out));
    if (out[1] == '\0')
        out[0] = '\0';
}

/* {"tn":"1215…"} or {"uri":"sip:…"}; dest has arrays of them, and so has the orig of some signers. */
static void take_parties(struct slice object, bool number, char (*names)[STIR_NAME_MAX],
                         uint8_t *count, uint8_t max)
{
    struct slice value = json_item_get(object, number ? "tn" : "uri"), item;

    if (!value.p || value.len == 0)
        return;
    if (value.p[0] != '[') {
        item = value;
        value = SLICE_ABSENT;
    } else if (!json_item_next(&value, &item)) {
        return;
    }
    do {
        if (*count == max)
            return;
        if (number)
            take_number(names[*count], item);
        else
            stir_json_copy(names[*count], STIR_NAME_MAX, item);
        *count = (uint8_t)(*count + (names[*count][0] != '\0'));
    } while (json_item_next(&value, &item));
}

static void take_claims(struct stir *out, struct slice claims)
{
    char attest[2];
    double iat = json_item_number(claims, "iat");
    struct slice orig = json_item_get(claims, "orig"), dest = json_item_get(claims, "dest");
    uint8_t origs = 0;

    stir_json_copy(attest, sizeof attest, json_item_get(claims, "attest"));
    if (attest[0] >= 'A' && attest[0] <= 'C')
        out->attestation = attest[0];
    stir_json_copy(out->origid, STIR_NAME_MAX, json_item_get(claims, "origid"));
    if (iat >= 0 && iat < 9e9)
        out->iat_s = (int64_t)iat;
    take_parties(orig, true, &out->orig, &origs, 1);
    take_parties(orig, false, &out->orig, &origs, 1);
    take_parties(dest, true, out->dest, &out->dest_count, STIR_DESTS_MAX);
    take_parties(dest, false, out->dest, &out->dest_count, STIR_DESTS_MAX);
}

static void take_word(char out[STIR_WORD_MAX], struct slice text)
{
    size_t n = text.len < STIR_WORD_MAX - 1 ? text.len : STIR_WORD_MAX - 1;

    for (size_t i = 0; i < n; i++)
        out[i] = text.p[i] > ' ' && text.p[i] < 0x7f && text.p[i] != '"' && text.p[i] != '\\'
                     ? text.p[i]
                     : '?';
    out[n] = '\0';
}

/* ;info=<https://…>;alg=ES256;ppt=shaken */
static void take_params(struct stir *out, struct slice params)
{
    struct slice info = sip_param_find(params, SLICE("info"));

    if (info.p)
        take_url(out, info);
    take_word(out->alg, sip_param_find(params, SLICE("alg")));
    take_word(out->ppt, sip_param_find(params, SLICE("ppt")));
}

/* The header of the token says the same as the parameters, under the signature: it counts. */
static void take_header(struct stir *out, struct slice header)
{
    char url[STIR_HOST_MAX + 32];

    stir_json_copy(url, sizeof url, json_item_get(header, "x5u"));
    if (url[0])
        take_url(out, slice_of_text(url));
    if (json_item_get(header, "alg").p)
        stir_json_copy(out->alg, STIR_WORD_MAX, json_item_get(header, "alg"));
    if (json_item_get(header, "ppt").p)
        stir_json_copy(out->ppt, STIR_WORD_MAX, json_item_get(header, "ppt"));
}

enum stir_parse stir_parse(struct stir *out, struct slice value)
{
    char room[STIR_CLAIMS_MAX];
    struct slice token, header, claims, signature, json = SLICE_ABSENT;
    enum stir_parse why;
    size_t end;

    *out = (struct stir){ .iat_s = -1 };
    if (value.len > STIR_HEADER_MAX)
        return STIR_TOO_LONG;
    if (value.len == 0)
        return STIR_NO_TOKEN;
    value = slice_trim(value);
    end = slice_find(value, ';');
    token = slice_trim(slice_of(value.p, end));
    take_params(out, slice_of(value.p + end, value.len - end));
    header = slice_cut(&token, '.');
    claims = slice_cut(&token, '.');
    signature = token;
    if (signature.len == 0 || (header.len == 0) != (claims.len == 0) ||
        slice_find(signature, '.') != signature.len)
        return STIR_NO_TOKEN;
    if (header.len == 0) {
        out->compact = true;
        return STIR_OK;
    }
    why = open_part(header, room, &json);
    if (why != STIR_OK)
        return why;
    take_header(out, json);
    why = open_part(claims, room, &json);
    if (why != STIR_OK)
        return why;
    take_claims(out, json);
    return out->iat_s < 0 && !out->orig[0] && !out->dest_count ? STIR_NO_CLAIMS : STIR_OK;
}

static bool is_shaken(struct slice value)
{
    size_t end = slice_find(value, ';');

    return slice_ieq(sip_param_find(slice_of(value.p + end, value.len - end), SLICE("ppt")),
                     SLICE("shaken"));
}

struct slice stir_find(struct slice header_block, struct slice first)
{
    enum { LOOK_AT_MOST = 8 };
    struct slice name, value;
    unsigned seen = 0;

    if (!first.p || is_shaken(first))
        return first;
    while (seen < LOOK_AT_MOST && sip_fields_next(&header_block, &name, &value)) {
        if (!slice_ieq(name, SLICE("identity")) && !slice_ieq(name, SLICE("y")))
            continue;
        if (is_shaken(value))
            return value;
        seen++;
    }
    return first;
}
