#include "analyzer/privacy/mask.h"

#include "analyzer/privacy/pseudonym.h"

/* In a name fewer digits in a row are part of it: "room12". */
enum { GROUP_MIN = 5, GAP_MAX = 2, CALL_ID_MIN = 7, CALL_ID_MAX = 15 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static int hex_of(char c)
{
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character at text[i], escaped or not, and its bytes. A backslash and what it escapes are one sign
 * that is no letter: texts stand in quotes, of SIP or of JSON. */
static char sign_at(const char *text, size_t len, size_t i, size_t *bytes)
{
    *bytes = 1;
    if (text[i] == '%' && len - i >= 3 && hex_of(text[i + 1]) >= 0 && hex_of(text[i + 2]) >= 0) {
        *bytes = 3;
        return (char)(hex_of(text[i + 1]) << 4 | hex_of(text[i + 2]));
    }
    if (text[i] == '\\' && len - i >= 2) {
        *bytes = text[i + 1] == 'u' && len - i >= 6 ? 6 : 2;
        return '\\';
    }
    return text[i];
}

static void put_sign(char *text, size_t bytes, char sign)
{
    static const char hex[] = "0123456789abcdef";

    if (bytes == 3) {
        text[1] = hex[(unsigned char)sign >> 4];
        text[2] = hex[sign & 15];
    } else if (bytes == 1) {
        text[0] = sign;
    }
}

/* Between the digits of a number. */
static bool is_separator(char c)
{
    return c == '-' || c == '.' || c == '(' || c == ')' || c == ' ' || c == '/';
}

/* The newest digits of a text: where they stand, and those eight as a number. */
struct tail {
    uint32_t count; /* of digits in a row */
    uint32_t value; /* of the last eight at most */
    size_t at[PRIVACY_DIGITS_MAX];
    uint8_t bytes[PRIVACY_DIGITS_MAX];
};

#define EIGHT_DIGITS 100000000u

static void tail_add(struct tail *t, size_t at, size_t bytes, char digit)
{
    t->at[t->count % PRIVACY_DIGITS_MAX] = at;
    t->bytes[t->count % PRIVACY_DIGITS_MAX] = (uint8_t)bytes;
    t->value = (t->value * 10 + (uint32_t)(digit - '0')) % EIGHT_DIGITS;
    t->count++;
}

static uint32_t power_of_ten(unsigned n)
{
    uint32_t power = 1;

    while (n-- > 0)
        power *= 10;
    return power;
}

/* The n-th digit from the end becomes the sign. */
static void tail_put(const struct tail *t, char *text, unsigned n, char sign)
{
    unsigned slot = (t->count - 1 - n) % PRIVACY_DIGITS_MAX;

    put_sign(text + t->at[slot], t->bytes[slot], sign);
}

/* Masks the digits that were gathered. known: how many of the last are the number's for sure. */
static void tail_mask(const struct privacy *p, const struct tail *t, char *text, unsigned known)
{
    unsigned n = known < PSEUDONYM_DIGITS_MAX ? known : PSEUDONYM_DIGITS_MAX;
    uint32_t value;

    if (p->numbers == PRIVACY_REDACT) {
        for (unsigned i = 0; i < p->digits && i < t->count; i++)
            tail_put(t, text, i, 'X');
        return;
    }
    value = pseudonym_of(&p->number_key, t->value % power_of_ten(n), n);
    for (unsigned i = 0; i < n; i++, value /= 10)
        tail_put(t, text, i, (char)('0' + value % 10));
}

static struct tail tail_of(const char *text, size_t len)
{
    struct tail t = { .count = 0 };
    size_t bytes;

    for (size_t i = 0; i < len; i += bytes) {
        char c = sign_at(text, len, i, &bytes);

        if (is_digit(c))
            tail_add(&t, i, bytes, c);
    }
    return t;
}

static void note(struct mask_seen *seen, const struct tail *t)
{
    unsigned digits = t->count < PSEUDONYM_DIGITS_MAX ? t->count : PSEUDONYM_DIGITS_MAX;

    if (!seen || digits < PRIVACY_NUMBER_DIGITS_MIN)
        return;
    for (unsigned i = 0; i < seen->count; i++) {
        if (seen->digits[i] == digits && seen->ends[i] == t->value)
            return;
    }
    if (seen->count == MASK_SEEN_MAX)
        return;
    seen->digits[seen->count] = (uint8_t)digits;
    seen->ends[seen->count++] = t->value;
}

void mask_note(struct mask_seen *seen, struct slice number)
{
    struct tail t = tail_of(number.p, number.len);

    note(seen, &t);
}

bool mask_is_number(struct slice text)
{
    bool digits = false;
    size_t bytes;

    for (size_t i = 0; i < text.len; i += bytes) {
        char c = sign_at(text.p, text.len, i, &bytes);

        if (is_digit(c))
            digits = true;
        else if (!is_separator(c) && c != '+' && c != '*' && c != '#')
            return false;
    }
    return digits;
}

void mask_number(const struct privacy *p, char *text, size_t len, struct mask_seen *seen)
{
    struct tail t = tail_of(text, len);

    if (p->numbers == PRIVACY_CLEAR || t.count == 0)
        return;
    note(seen, &t);
    tail_mask(p, &t, text, t.count);
}

/* Masks every group of at least `least` digits. */
static void mask_groups(const struct privacy *p, char *text, size_t len, unsigned least,
                        struct mask_seen *seen)
{
    struct tail t = { .count = 0 };
    unsigned gap = 0;
    size_t bytes;

    if (p->numbers == PRIVACY_CLEAR)
        return;
    for (size_t i = 0; i <= len; i += bytes) {
        char c = '\0';

        bytes = 1;
        if (i < len)
            c = sign_at(text, len, i, &bytes);
        if (is_digit(c)) {
            tail_add(&t, i, bytes, c);
            gap = 0;
        } else if (i == len || !is_separator(c) || ++gap > GAP_MAX) {
            if (t.count >= least) {
                note(seen, &t);
                tail_mask(p, &t, text, t.count);
            }
            t.count = t.value = gap = 0;
        }
    }
}

/* The same name is the same in any case, escaped or not. */
static uint64_t hash_name(const struct privacy *p, const char *text, size_t len)
{
    uint64_t hash = 0;
    size_t bytes;

    for (size_t i = 0; i < len; i += bytes) {
        char c = sign_at(text, len, i, &bytes);
        const uint64_t words[2] = { hash, (uint64_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c) };

        hash = siphash(&p->name_key, words, sizeof words);
    }
    return hash;
}

/* They name nobody. */
static bool is_nobody(struct slice name)
{
    static const struct slice names[] = {
        SLICE_INIT("anonymous"),
        SLICE_INIT("unavailable"),
        SLICE_INIT("restricted"),
        SLICE_INIT("unknown"),
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (slice_ieq(slice_trim(name), names[i]))
            return true;
    }
    return false;
}

static char masked_letter(const struct privacy *p, uint64_t hash, uint64_t position, char c)
{
    const uint64_t words[2] = { hash, position };
    uint64_t drawn;

    if (p->names == PRIVACY_REDACT)
        return is_digit(c) ? 'X' : 'x';
    drawn = siphash(&p->name_key, words, sizeof words);
    if (is_digit(c))
        return (char)('0' + drawn % 10);
    return (char)((c >= 'A' && c <= 'Z' ? 'A' : 'a') + drawn % 26);
}

void mask_name(const struct privacy *p, char *text, size_t len, struct mask_seen *seen)
{
    uint64_t hash, position = 0;
    size_t bytes;

    if (is_nobody(slice_of(text, len)))
        return;
    hash = p->names == PRIVACY_PSEUDONYM ? hash_name(p, text, len) : 0;
    if (p->names == PRIVACY_CLEAR) {
        mask_groups(p, text, len, GROUP_MIN, seen);
        return;
    }
    if (p->numbers != PRIVACY_CLEAR && seen) { /* what it holds is looked for elsewhere, too */
        struct tail t = tail_of(text, len);

        note(seen, &t);
    }
    for (size_t i = 0; i < len; i += bytes, position++) {
        char c = sign_at(text, len, i, &bytes);

        if (is_letter(c) || is_digit(c))
            put_sign(text + i, bytes, masked_letter(p, hash, position, c));
    }
}

/* The numbers in the parameters of a user: phone-context, rn, cic. */
static void mask_user_params(const struct privacy *p, char *text, size_t len,
                             struct mask_seen *seen)
{
    mask_groups(p, text, len, GROUP_MIN, seen);
}

void mask_user(const struct privacy *p, char *text, size_t len, struct mask_seen *seen)
{
    size_t n = slice_find(slice_of(text, len), ';');

    if (mask_is_number(slice_of(text, n)))
        mask_number(p, text, n, seen);
    else
        mask_name(p, text, n, seen);
    if (n < len)
        mask_user_params(p, text + n, len - n, seen);
}

void mask_user_at(const struct privacy *p, char *text, size_t len, struct mask_seen *seen)
{
    mask_user(p, text, slice_find(slice_of(text, len), '@'), seen);
}

void mask_call_id(const struct privacy *p, char *text, size_t len)
{
    size_t end;

    if (p->numbers == PRIVACY_CLEAR)
        return;
    for (size_t i = 0; i < len; i = end + (end == i)) {
        for (end = i; end < len && is_digit(text[end]); end++)
            ;
        if (end - i < CALL_ID_MIN || end - i > CALL_ID_MAX || (i > 0 && is_letter(text[i - 1])) ||
            (end < len && is_letter(text[end])))
            continue;
        mask_number(p, text + i, end - i, NULL);
    }
}

/* Is one of them the end of these digits? Its digits; 0: none. */
static unsigned find_seen(const struct mask_seen *seen, const struct tail *t)
{
    for (unsigned i = 0; i < seen->count; i++) {
        if (t->count >= seen->digits[i] &&
            t->value % power_of_ten(seen->digits[i]) == seen->ends[i])
            return seen->digits[i];
    }
    return 0;
}

size_t mask_sweep(const struct privacy *p, const struct mask_seen *seen, char *text, size_t len)
{
    struct tail t = { .count = 0 };
    size_t found = 0, bytes;
    unsigned gap = 0;

    if (p->numbers == PRIVACY_CLEAR || seen->count == 0)
        return 0;
    for (size_t i = 0; i < len; i += bytes) {
        unsigned known;
        char c = text[i];

        bytes = 1;
        if (c == '%' || c == '\\')
            c = sign_at(text, len, i, &bytes);
        if (!is_digit(c)) {
            if (t.count == 0)
                continue;
            if (!is_separator(c) || ++gap > GAP_MAX)
                t.count = t.value = 0;
            continue;
        }
        gap = 0;
        tail_add(&t, i, bytes, c);
        known = t.count >= PRIVACY_NUMBER_DIGITS_MIN ? find_seen(seen, &t) : 0;
        if (known == 0)
            continue;
        tail_mask(p, &t, text, known);
        t.count = t.value = 0;
        found++;
    }
    return found;
}

void mask_blank(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_letter(text[i]) || is_digit(text[i]))
            text[i] = 'x';
    }
}
