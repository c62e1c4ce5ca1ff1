#include "analyzer/legs/leg_number.h"

enum { COUNT_SHIFT = 60, USER_MAX_BYTES = 128 };

#define VALUE_MASK ((UINT64_C(1) << COUNT_SHIFT) - 1)
#define DIGITS_MAX UINT64_C(1000000000000000) /* 10^LEG_NUMBER_DIGITS */

/* What stands for "no number" says nothing of who it is. */
static const struct slice withheld[] = {
    SLICE_INIT("anonymous"), SLICE_INIT("unknown"),  SLICE_INIT("restricted"),
    SLICE_INIT("private"),   SLICE_INIT("withheld"), SLICE_INIT("unavailable"),
};

static bool is_withheld(struct slice user)
{
    for (size_t i = 0; i < sizeof withheld / sizeof withheld[0]; i++) {
        if (slice_ieq(user, withheld[i]))
            return true;
    }
    return false;
}

static bool is_separator(char c)
{
    return c == '-' || c == '.' || c == '(' || c == ')' || c == ' ';
}

/* %2B is the plus of a number, escaped by the careful. */
static struct slice without_plus(struct slice user)
{
    size_t skip = slice_istarts_with(user, SLICE("%2B")) ? 3 : user.len && user.p[0] == '+';

    return slice_of(user.p + skip, user.len - skip);
}

/* False: no number. */
static bool read_digits(struct slice user, uint64_t *value, unsigned *count)
{
    struct slice rest = without_plus(user);
    uint64_t v = 0;
    unsigned n = 0;

    for (size_t i = 0; i < rest.len; i++) {
        char c = rest.p[i];

        if (is_separator(c))
            continue;
        if (c == '#' && i + 1 == rest.len)
            continue; /* "that was all" */
        if (c < '0' || c > '9')
            return false;
        v = (v * 10 + (uint64_t)(c - '0')) % DIGITS_MAX;
        n++;
    }
    *value = v;
    *count = n < LEG_NUMBER_DIGITS ? n : LEG_NUMBER_DIGITS;
    return n > 0;
}

static uint64_t hash_name(const struct siphash_key *key, struct slice user)
{
    char lower[USER_MAX_BYTES];
    size_t len = user.len < sizeof lower ? user.len : sizeof lower;

    for (size_t i = 0; i < len; i++) {
        char c = user.p[i];

        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return siphash(key, lower, len);
}

struct leg_number leg_number_of(const struct siphash_key *key, struct slice user)
{
    struct slice rest = user;
    struct slice head = slice_cut(&rest, ';');
    struct leg_number out = { 0 };
    unsigned count;
    uint64_t value;

    if (head.len == 0 || head.len > USER_MAX_BYTES || is_withheld(head))
        return out;
    if (read_digits(head, &value, &count))
        out.packed = (uint64_t)count << COUNT_SHIFT | value;
    else
        out.packed = (hash_name(key, head) & VALUE_MASK) | 1;
    return out;
}

static unsigned count_of(struct leg_number n)
{
    return (unsigned)(n.packed >> COUNT_SHIFT);
}

/* How many digits agree from the end. */
static unsigned common_tail(uint64_t a, uint64_t b, unsigned most)
{
    unsigned n = 0;

    while (n < most && a % 10 == b % 10) {
        a /= 10;
        b /= 10;
        n++;
    }
    return n;
}

enum leg_likeness leg_number_compare(struct leg_number a, struct leg_number b)
{
    unsigned count_a = count_of(a), count_b = count_of(b);
    unsigned shorter = count_a < count_b ? count_a : count_b;
    unsigned longer = count_a < count_b ? count_b : count_a;
    unsigned common;

    if (a.packed == 0 || b.packed == 0 || (count_a == 0) != (count_b == 0))
        return LEG_UNKNOWN;
    if (count_a == 0)
        return a.packed == b.packed ? LEG_SHORT : LEG_DIFFERENT;
    common = common_tail(a.packed & VALUE_MASK, b.packed & VALUE_MASK, shorter);
    if (common >= LEG_NUMBER_FULL || (common >= LEG_NUMBER_TAIL && common == longer))
        return LEG_EQUAL;
    if (common >= LEG_NUMBER_TAIL)
        return LEG_TAIL;
    if (common == shorter && common >= LEG_NUMBER_EXTENSION)
        return common == longer ? LEG_SHORT : LEG_ENDS_ALIKE;
    return common == longer ? LEG_SHORT : LEG_DIFFERENT;
}

uint64_t leg_number_tail(struct leg_number n)
{
    unsigned count = count_of(n);

    if (count > LEG_NUMBER_TAIL)
        return (uint64_t)LEG_NUMBER_TAIL << COUNT_SHIFT | (n.packed & VALUE_MASK) % 10000000;
    return n.packed;
}

const char *leg_likeness_text(enum leg_likeness likeness)
{
    static const char *const texts[LEG_LIKENESS_COUNT] = {
        [LEG_UNKNOWN] = "not known on both sides",         [LEG_DIFFERENT] = "differs",
        [LEG_ENDS_ALIKE] = "one ends with the other",      [LEG_SHORT] = "equal, but short",
        [LEG_TAIL] = "equal in the last 7 digits or more", [LEG_EQUAL] = "equal",
    };

    return texts[likeness];
}
