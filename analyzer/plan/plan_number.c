/*
 * A dialled string becomes a number in four steps: what is not part of it is stepped over (scheme,
 * parameters, separators), a rule of the user's may change its beginning, then the dialling habits of
 * the country say what it means. What could mean two things means nothing.
 */
#include "analyzer/plan/plan_state.h"

#include <errno.h>

enum {
    DIGITS_MIN = 7,  /* of a whole number, the country's code included: Niue has 3 + 4 */
    DIGITS_MAX = 22, /* E.164 has 15; longer ones are seen where extensions are dialled through */
    BARE_MIN =
        11, /* from here on a string that begins with the own country's code is no local one */
    CODE_MAX = 3,
};

static struct slice from(struct slice s, size_t at)
{
    return slice_of(s.p + at, s.len - at);
}

/* Codes are prefix-free, so the first two digits tell how long one is. */
static size_t code_len(struct slice digits)
{
    static const char two[] =
        "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 "
        "56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98";

    if (digits.len && (digits.p[0] == '1' || digits.p[0] == '7'))
        return 1;
    for (size_t i = 0; digits.len > 1 && i + 1 < sizeof two; i += 3) {
        if (two[i] == digits.p[0] && two[i + 1] == digits.p[1])
            return 2;
    }
    return CODE_MAX;
}

struct slice plan_state_country_code(struct slice digits)
{
    struct slice code = slice_of(digits.p, code_len(digits));

    for (size_t i = 0; code.len <= digits.len && i < plan_world_destination_count; i++) {
        const struct plan_world_destination *row = &plan_world_destinations[i];

        if (!row->prefixes && row->head[0] == code.p[0] && slice_eq(slice_of_text(row->head), code))
            return code;
    }
    return SLICE_ABSENT;
}

const struct plan_world_country *plan_state_country(struct slice code)
{
    for (size_t i = 0; i < plan_world_country_count; i++) {
        if (slice_eq(slice_of_text(plan_world_countries[i].code), code))
            return &plan_world_countries[i];
    }
    return NULL;
}

static struct slice without_plus(struct slice code)
{
    return code.len && code.p[0] == '+' ? from(code, 1) : code;
}

bool plan_is_country(struct slice country_code)
{
    struct slice digits = without_plus(country_code);

    return digits.len && plan_state_country_code(digits).len == digits.len;
}

int plan_set_country(struct plan *p, struct slice country_code)
{
    bool cut = false;

    if (!plan_is_country(country_code))
        return -EINVAL;
    p->code = arena_copy(&p->arena, without_plus(country_code), CODE_MAX, &cut);
    p->country = plan_state_country(p->code);
    return p->code.p ? 0 : -ENOMEM;
}

int plan_add_rule(struct plan *p, struct slice prefix, uint8_t min_len, uint8_t max_len,
                  struct slice replacement)
{
    struct plan_rule rule = { .min_len = min_len, .max_len = max_len };
    bool cut = false;

    if (min_len > max_len || max_len > PLAN_DIALLED_MAX || prefix.len > max_len ||
        replacement.len > PLAN_DIALLED_MAX)
        return -EINVAL;
    if (p->rule_count == PLAN_RULES_MAX)
        return -E2BIG;
    if (prefix.len)
        rule.prefix = arena_copy(&p->arena, prefix, prefix.len, &cut);
    if (replacement.len)
        rule.replacement = arena_copy(&p->arena, replacement, replacement.len, &cut);
    if (cut)
        return -ENOMEM;
    p->rules[p->rule_count++] = rule;
    return 0;
}

static struct slice cut_word(struct slice *rest)
{
    *rest = slice_trim(*rest);
    return slice_cut(rest, ' ');
}

static struct slice nothing_if_dash(struct slice word)
{
    return slice_eq(word, SLICE("-")) ? SLICE("") : word;
}

bool plan_rule_parse(struct slice text, struct plan_rule *out)
{
    struct slice rest = text, prefix = cut_word(&rest), max = cut_word(&rest);
    struct slice replacement = cut_word(&rest), min = slice_cut(&max, '-');
    uint64_t low, high;

    if (prefix.len == 0 || replacement.len == 0 || slice_trim(rest).len ||
        !slice_to_u64(min, PLAN_DIALLED_MAX, &low) || !slice_to_u64(max, PLAN_DIALLED_MAX, &high))
        return false;
    *out = (struct plan_rule){ nothing_if_dash(prefix), nothing_if_dash(replacement), (uint8_t)low,
                               (uint8_t)high };
    return low <= high && low > 0 && out->prefix.len <= high &&
           out->replacement.len <= PLAN_DIALLED_MAX;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes one character off, an escape as what it stands for. */
static unsigned char take_char(struct slice *s)
{
    unsigned char c = (unsigned char)s->p[0];
    int high = s->len > 2 ? hex_value(s->p[1]) : -1, low = s->len > 2 ? hex_value(s->p[2]) : -1;
    size_t used = 1;

    if (c == '%' && high >= 0 && low >= 0) {
        c = (unsigned char)(high << 4 | low);
        used = 3;
    }
    *s = from(*s, used);
    return c;
}

/* RFC 3966 visual-separator, and the blank of E.123. */
static bool is_separator(unsigned char c)
{
    return c == '-' || c == '.' || c == '(' || c == ')' || c == ' ';
}

/* False: too long, or a byte that nobody dials. */
static bool clean(struct slice s, struct plan_dialled *out)
{
    struct slice rest = s;

    out->len = 0;
    while (rest.len) {
        bool is_trunk_zero = slice_starts_with(rest, SLICE("(0)")) && out->len &&
                             out->text[0] == '+'; /* +49 (0)30: dialled at home only */
        unsigned char c = take_char(&rest);

        if (is_trunk_zero)
            rest = from(rest, 2);
        if (is_trunk_zero || is_separator(c))
            continue;
        if (c < ' ' || c > '~' || out->len == sizeof out->text)
            return false;
        out->text[out->len++] = (char)c;
    }
    return out->len > 0;
}

static bool skip_scheme(struct slice *s)
{
    static const struct slice schemes[] = { SLICE_INIT("tel:"), SLICE_INIT("sip:"),
                                            SLICE_INIT("sips:") };

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (slice_istarts_with(*s, schemes[i])) {
            *s = from(*s, schemes[i].len);
            return true;
        }
    }
    return false;
}

/* The country of ;phone-context=+49…; absent: it has none, or a host's name. */
static struct slice context_country(struct slice params)
{
    const struct slice name = SLICE("phone-context=+");

    while (params.len) {
        struct slice param = slice_cut(&params, ';');

        if (slice_istarts_with(param, name))
            return plan_state_country_code(from(param, name.len));
    }
    return SLICE_ABSENT;
}

/* The first rule with the longest prefix. */
static void apply_rules(const struct plan *p, struct plan_dialled *d)
{
    const struct slice text = slice_of(d->text, d->len);
    const struct plan_rule *best = NULL;
    struct plan_dialled changed;

    for (size_t i = 0; i < p->rule_count; i++) {
        const struct plan_rule *r = &p->rules[i];

        if (d->len >= r->min_len && d->len <= r->max_len && slice_starts_with(text, r->prefix) &&
            (!best || r->prefix.len > best->prefix.len))
            best = r;
    }
    if (!best || best->replacement.len + d->len - best->prefix.len > sizeof changed.text)
        return;
    changed.len = best->replacement.len;
    if (changed.len)
        memcpy(changed.text, best->replacement.p, changed.len);
    memcpy(changed.text + changed.len, d->text + best->prefix.len, d->len - best->prefix.len);
    changed.len += d->len - best->prefix.len;
    *d = changed;
}

static bool are_digits(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    return s.len > 0;
}

static bool write_number(struct slice code, struct slice rest, char out[PLAN_NUMBER_MAX])
{
    size_t len = code.len + rest.len;
    char first = code.len ? code.p[0] : rest.len ? rest.p[0] : '0';

    if (len < DIGITS_MIN || len > DIGITS_MAX || first == '0')
        return false;
    out[0] = '+';
    if (code.len)
        memcpy(out + 1, code.p, code.len);
    if (rest.len)
        memcpy(out + 1 + code.len, rest.p, rest.len);
    out[1 + len] = '\0';
    return true;
}

/* Behind an international prefix; false: there is none, or no country follows. */
static bool as_international(const char *prefixes, struct slice digits, char out[PLAN_NUMBER_MAX])
{
    struct slice rest = slice_of_text(prefixes);

    while (rest.len) {
        struct slice prefix = slice_cut(&rest, ' '), number;

        if (!slice_starts_with(digits, prefix))
            continue;
        number = from(digits, prefix.len);
        if (number.len && plan_state_country_code(number).len)
            return write_number(SLICE(""), number, out);
    }
    return false;
}

static bool fits(const struct plan_world_country *c, struct slice national)
{
    /* Italy's numbers keep their 0; nowhere else does one begin with it. */
    bool zero = national.len && national.p[0] == '0' && c->national[0] == '0';

    return national.len >= c->min_len && national.len <= c->max_len && !zero;
}

static bool as_national(const struct plan_world_country *c, struct slice digits,
                        char out[PLAN_NUMBER_MAX])
{
    struct slice code = slice_of_text(c->code), prefix = slice_of_text(c->national);
    bool nanp = slice_eq(code, SLICE("1"));

    if (slice_starts_with(digits, prefix) && fits(c, from(digits, prefix.len)) &&
        (!nanp || digits.p[prefix.len] >= '2'))
        return write_number(code, from(digits, prefix.len), out);
    if (nanp && fits(c, digits) && digits.p[0] >= '2')
        return write_number(code, digits, out); /* ten digits will do */
    /* The whole number without its '+', where no national one is as long. */
    if (slice_starts_with(digits, code) && fits(c, from(digits, code.len)) &&
        (digits.len > c->max_len || (prefix.len && digits.len >= BARE_MIN)))
        return write_number(SLICE(""), digits, out);
    return false;
}

/* A user part that is an IP address has dots where a number may have them. */
static bool is_ip(struct slice s)
{
    struct addr ignored;

    return addr_parse_ip(s, &ignored);
}

bool plan_state_dialled(const struct plan *p, struct slice user, struct plan_dialled *raw,
                        struct plan_dialled *ruled)
{
    struct slice rest = slice_trim(user);

    if (skip_scheme(&rest))
        rest = slice_of(rest.p, slice_find(rest, '@'));
    if (!clean(slice_trim(slice_cut(&rest, ';')), raw))
        return false;
    *ruled = *raw;
    apply_rules(p, ruled);
    return true;
}

bool plan_number(const struct plan *p, struct slice user, char out[PLAN_NUMBER_MAX])
{
    const struct plan_world_country *country = p->country;
    struct slice rest = slice_trim(user), main_part, digits, context, code = p->code;
    struct plan_dialled d;

    if (skip_scheme(&rest))
        rest = slice_of(rest.p, slice_find(rest, '@'));
    main_part = slice_trim(slice_cut(&rest, ';'));
    if (is_ip(main_part) || !clean(main_part, &d))
        return false;
    apply_rules(p, &d);
    digits = slice_of(d.text, d.len);
    if (digits.len && digits.p[0] == '+')
        return are_digits(from(digits, 1)) && write_number(SLICE(""), from(digits, 1), out);
    context = context_country(rest);
    if (context.len) {
        code = context;
        country = plan_state_country(context);
    }
    if (!code.len || !are_digits(digits))
        return false;
    if (as_international(country ? country->international : "00", digits, out))
        return true;
    return country && as_national(country, digits, out);
}

bool plan_is_abroad(const struct plan *p, const char *number)
{
    return p->code.len && number[0] == '+' &&
           !slice_starts_with(slice_of_text(number + 1), p->code);
}
