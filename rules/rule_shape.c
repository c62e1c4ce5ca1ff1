#include "rules/rule_shape.h"

enum { DIGITS_MAX = 20 }; /* a number of E.164 has 15; those that are far over are one shape */

/* Country codes of one and two digits; all others have three (ITU-T E.164). */
static size_t country_length(struct slice digits)
{
    static const char two[] =
        "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 "
        "56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98";

    if (digits.len && (digits.p[0] == '1' || digits.p[0] == '7'))
        return 1;
    for (const char *at = two; digits.len >= 2 && *at; at += at[2] ? 3 : 2) {
        if (memcmp(at, digits.p, 2) == 0)
            return 2;
    }
    return 3;
}

static bool is_withheld(struct slice user)
{
    static const struct slice names[] = {
        SLICE_INIT("anonymous"),  SLICE_INIT("unknown"), SLICE_INIT("unavailable"),
        SLICE_INIT("restricted"), SLICE_INIT("private"), SLICE_INIT("withheld"),
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (slice_ieq(user, names[i]))
            return true;
    }
    return false;
}

struct counted {
    size_t digits, letters, separators, codes, others;
};

static struct counted count(struct slice s)
{
    struct counted c = { 0 };

    for (size_t i = 0; i < s.len; i++) {
        char at = s.p[i];

        if (at >= '0' && at <= '9')
            c.digits++;
        else if ((at >= 'a' && at <= 'z') || (at >= 'A' && at <= 'Z'))
            c.letters++;
        else if (strchr("-.()_ /", at) && at)
            c.separators++;
        else if (at == '*' || at == '#')
            c.codes++;
        else
            c.others++;
    }
    return c;
}

/* By hand: it is asked for with every call, and printf takes ten times as long. */
static void add_digits(struct strbuf *out, const char *before, size_t digits)
{
    size_t shown = digits > DIGITS_MAX ? DIGITS_MAX : digits;

    strbuf_add_text(out, before);
    if (digits > DIGITS_MAX)
        strbuf_add_text(out, "over ");
    if (shown > 9)
        strbuf_add_char(out, (char)('0' + shown / 10));
    strbuf_add_char(out, (char)('0' + shown % 10));
    strbuf_add_text(out, digits == 1 ? " digit" : " digits");
}

/* Digits and separators alone, behind a '+' if there was one. */
static void add_number(struct strbuf *out, struct slice user, bool has_plus,
                       const struct counted *c)
{
    char digits[DIGITS_MAX];
    struct slice start = { digits, 0 };

    for (size_t i = 0; i < user.len && start.len < sizeof digits; i++) {
        if (user.p[i] >= '0' && user.p[i] <= '9')
            digits[start.len++] = user.p[i];
    }
    if (has_plus) {
        size_t country = country_length(start);

        if (country > start.len)
            country = start.len;
        strbuf_add_char(out, '+');
        strbuf_add(out, digits, country);
        add_digits(out, " and ", c->digits - country);
    } else if (start.len > 2 && digits[0] == '0' && digits[1] == '0') {
        add_digits(out, "00 and ", c->digits - 2);
    } else if (start.len > 1 && digits[0] == '0') {
        add_digits(out, "0 and ", c->digits - 1);
    } else {
        add_digits(out, "", c->digits);
    }
    if (c->separators)
        strbuf_add_text(out, ", separated");
}

void rule_shape_write(struct strbuf *out, struct slice user)
{
    size_t parameters = slice_find(user, ';');
    bool has_plus, has_parameters = parameters < user.len;
    struct counted c;

    user.len = parameters;
    if (user.len == 0) {
        strbuf_add_text(out, "empty");
        return;
    }
    has_plus = user.p[0] == '+';
    if (has_plus)
        user = slice_of(user.p + 1, user.len - 1);
    c = count(user);
    if (is_withheld(user))
        strbuf_add_text(out, "anonymous");
    else if (c.others)
        strbuf_add_text(out, "other");
    else if (c.letters)
        strbuf_add_text(out, c.digits ? "letters and digits" : "letters");
    else if (c.codes)
        strbuf_add_text(out, "code with * or #");
    else if (c.digits)
        add_number(out, user, has_plus, &c);
    else
        strbuf_add_text(out, "other");
    if (has_parameters)
        strbuf_add_text(out, ", with parameters");
}
