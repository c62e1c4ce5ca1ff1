#include "storage/search/search_column.h"

#include "storage/search/search_pack.h"

#include <errno.h>
#include <lz4.h>
#include <math.h>
#include <stdlib.h>

enum { HALF = 8, HALF_BITS = 32 };

/* --- what the bytes say --------------------------------------------------------------------- */

struct reader {
    const uint8_t *p;
    size_t left;
    bool failed;
};

static const uint8_t *take(struct reader *r, size_t bytes)
{
    const uint8_t *at = r->p;

    if (r->failed || bytes > r->left) {
        r->failed = true;
        return NULL;
    }
    r->p += bytes;
    r->left -= bytes;
    return at;
}

static uint32_t take_u32(struct reader *r)
{
    const uint8_t *p = take(r, 4);

    return p ? search_load_u32(p) : 0;
}

/* Lengths as LEB128, then the bytes. */
static bool read_length(struct reader *r, uint32_t *length)
{
    uint32_t value = 0;

    for (unsigned shift = 0; shift < 28; shift += 7) {
        const uint8_t *p = take(r, 1);

        if (!p)
            return false;
        value |= (uint32_t)(*p & 0x7f) << shift;
        if (!(*p & 0x80)) {
            *length = value;
            return true;
        }
    }
    return false;
}

static int unpack(struct search_column *c, struct reader *r)
{
    uint32_t whole = take_u32(r);
    int got;

    if (r->failed || whole > SEARCH_COLUMN_BYTES_MAX || whole / 255 > r->left)
        return -EUCLEAN;
    c->unpacked = malloc(whole ? whole : 1);
    if (!c->unpacked)
        return -ENOMEM;
    got = LZ4_decompress_safe((const char *)r->p, c->unpacked, (int)r->left, (int)whole);
    if (got < 0 || (uint32_t)got != whole)
        return -EUCLEAN;
    *r = (struct reader){ (const uint8_t *)c->unpacked, whole, false };
    return 0;
}

/* Values that stand one behind the other, each behind its length. */
static int open_values(struct search_column *c, struct reader *r, uint32_t count)
{
    int err = c->flags & SEARCH_IS_PACKED ? unpack(c, r) : 0;

    if (err)
        return err;
    if (count > SEARCH_BLOCK_CALLS_MAX || count > r->left)
        return -EUCLEAN;
    c->memory = calloc(count ? count : 1, sizeof *c->values);
    if (!c->memory)
        return -ENOMEM;
    c->values = c->memory;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t length;
        const uint8_t *p = read_length(r, &length) ? take(r, length) : NULL;

        if (!p)
            return -EUCLEAN;
        c->values[i] = slice_of(p, length);
    }
    return 0;
}

static int open_numbers(struct search_column *c, struct reader *r)
{
    const uint8_t *base = take(r, 8);

    c->codes = take(r, search_pack_bytes(c->bits, c->count));
    if (r->failed || c->decimals > 9)
        return -EUCLEAN;
    c->base = search_load_u64(base);
    return 0;
}

static int open_dictionary(struct search_column *c, struct reader *r)
{
    c->distinct = take_u32(r);
    c->codes = take(r, search_pack_bytes(c->bits, c->count));
    if (r->failed || c->bits > 17)
        return -EUCLEAN;
    return open_values(c, r, c->distinct);
}

static int open_phones(struct search_column *c, struct reader *r)
{
    if (c->flags & SEARCH_LOW_IS_SAME) {
        if (!c->same || c->same->form != SEARCH_PHONES || c->same->count != c->count)
            return -EUCLEAN;
        c->low = c->same->low;
    } else {
        c->low = take(r, (size_t)c->count * 4);
    }
    c->distinct = take_u32(r);
    if (r->failed || c->distinct > SEARCH_BLOCK_CALLS_MAX || c->bits > 17)
        return -EUCLEAN;
    c->highs = take(r, (size_t)c->distinct * 4);
    c->codes = take(r, search_pack_bytes(c->bits, c->count));
    c->others = take_u32(r);
    if (r->failed || c->others > c->count)
        return -EUCLEAN;
    c->other_rows = take(r, (size_t)c->others * 4);
    if (r->failed)
        return -EUCLEAN;
    return open_values(c, r, c->others);
}

static int open_texts(struct search_column *c, struct reader *r)
{
    const char *p;
    size_t left;
    int err;

    c->codes = take(r, search_pack_bytes(c->bits, c->count));
    if (r->failed || c->bits > 32)
        return -EUCLEAN;
    err = c->flags & SEARCH_IS_PACKED ? unpack(c, r) : 0;
    if (err)
        return err;
    c->memory = calloc(c->count, sizeof *c->values);
    if (!c->memory)
        return -ENOMEM;
    c->values = c->memory;
    p = (const char *)r->p;
    left = r->left;
    for (uint32_t i = 0; i < c->count; i++) {
        uint64_t length = search_pack_at(c->codes, c->bits, i);

        if (length == 0)
            continue;
        if (--length > left)
            return -EUCLEAN;
        c->values[i] = slice_of(p, (size_t)length);
        p += length;
        left -= length;
    }
    return 0;
}

static int open_same(struct search_column *c)
{
    const struct search_column *same = c->same;
    uint8_t kind = c->kind;

    if (!same || same->count != c->count || (same->kind == FIELD_ADDR) != (kind == FIELD_ADDR))
        return -EUCLEAN;
    *c = *same;
    c->kind = kind;
    c->memory = NULL;
    c->unpacked = NULL;
    return 0;
}

int search_column_leans_on(struct slice bytes)
{
    if (bytes.len < SEARCH_COLUMN_HEAD)
        return -1;
    if ((uint8_t)bytes.p[0] == SEARCH_SAME ||
        ((uint8_t)bytes.p[0] == SEARCH_PHONES && (uint8_t)bytes.p[3] & SEARCH_LOW_IS_SAME))
        return (uint8_t)bytes.p[2];
    return -1;
}

static bool is_number(uint8_t kind)
{
    return kind == FIELD_INT || kind == FIELD_TIME || kind == FIELD_SSRC || kind == FIELD_REAL ||
           kind == FIELD_BOOL || kind == FIELD_ID || kind == SEARCH_KIND_HEAD;
}

static int open_form(struct search_column *c, struct reader *r)
{
    switch (c->form) {
    case SEARCH_NUMBERS:
        return is_number(c->kind) ? open_numbers(c, r) : -EUCLEAN;
    case SEARCH_DICTIONARY:
        return is_number(c->kind) ? -EUCLEAN : open_dictionary(c, r);
    case SEARCH_PHONES:
        return c->kind == FIELD_TEXT ? open_phones(c, r) : -EUCLEAN;
    case SEARCH_TEXTS:
        return c->kind == FIELD_TEXT || c->kind == FIELD_JSON ? open_texts(c, r) : -EUCLEAN;
    case SEARCH_SAME:
        return is_number(c->kind) ? -EUCLEAN : open_same(c);
    default:
        return -EUCLEAN;
    }
}

int search_column_open(struct search_column *c, struct slice bytes, uint32_t count, uint8_t kind,
                       const struct search_column *same)
{
    struct reader r = { (const uint8_t *)bytes.p, bytes.len, bytes.len > SEARCH_COLUMN_BYTES_MAX };
    const uint8_t *head = take(&r, SEARCH_COLUMN_HEAD);
    int err;

    *c = (struct search_column){ .kind = kind, .count = count, .same = same };
    if (!head || count == 0 || count > SEARCH_BLOCK_CALLS_MAX ||
        search_load_u32(head + 4) != count || head[1] > 64 || (head[1] > 56 && head[1] != 64))
        return -EUCLEAN;
    c->form = head[0];
    c->bits = head[1];
    c->decimals = head[2];
    c->flags = head[3];
    err = open_form(c, &r);
    if (err)
        search_column_close(c);
    return err;
}

void search_column_close(struct search_column *c)
{
    free(c->memory);
    free(c->unpacked);
    *c = (struct search_column){ 0 };
}

/* --- numbers -------------------------------------------------------------------------------- */

/* Codes grow with their values: whole numbers have their sign turned, reals all bits of a negative. */
static int64_t to_whole(uint64_t u)
{
    return (int64_t)(u ^ (uint64_t)1 << 63);
}

static double to_raw(uint64_t u)
{
    uint64_t bits = u >> 63 ? u ^ (uint64_t)1 << 63 : ~u;
    double value;

    memcpy(&value, &bits, sizeof value);
    return isnan(value) ? INFINITY : value; /* beyond the last: codes go further than values do */
}

static double value_of(const struct search_column *c, uint64_t code)
{
    static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
    uint64_t u = c->base + code;

    if (c->flags & SEARCH_IS_RAW)
        return to_raw(u);
    if (c->kind == FIELD_REAL)
        return (double)to_whole(u) / powers[c->decimals];
    return (double)to_whole(u);
}

uint64_t search_column_id(const struct search_column *c, uint32_t row)
{
    return (uint64_t)to_whole(c->base + search_pack_at(c->codes, c->bits, row));
}

/* The largest code that is a value; false: there is none. */
static bool largest_code(const struct search_column *c, uint64_t *code)
{
    uint64_t mask = search_pack_mask(c->bits), room = UINT64_MAX - c->base;

    if (c->flags & SEARCH_ALL_UNKNOWN || (c->flags & SEARCH_HAS_UNKNOWN && mask == 0))
        return false;
    *code = c->flags & SEARCH_HAS_UNKNOWN ? mask - 1 : mask;
    if (*code > room) /* a base of nonsense */
        *code = room;
    return true;
}

struct bounds {
    double least, most;
    bool is_over, is_under;
};

static bool is_high_enough(const struct bounds *b, double value)
{
    return b->is_over ? value > b->least : value >= b->least;
}

static bool is_too_high(const struct bounds *b, double value)
{
    return b->is_under ? value >= b->most : value > b->most;
}

/* The first code from 0 to *end (exclusive bound: end + 1) of which `test` is true; end + 1: none. */
static uint64_t first_code(const struct search_column *c, uint64_t end, const struct bounds *b,
                           bool (*test)(const struct bounds *, double), bool *none)
{
    uint64_t low = 0, high = end;

    *none = !test(b, value_of(c, end));
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (test(b, value_of(c, middle)))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The codes whose values lie within; false: none do. */
static bool code_range(const struct search_column *c, const struct bounds *b, uint64_t *from,
                       uint64_t *to)
{
    uint64_t end;
    bool none;

    if (!largest_code(c, &end))
        return false;
    *from = first_code(c, end, b, is_high_enough, &none);
    if (none)
        return false;
    *to = first_code(c, end, b, is_too_high, &none);
    if (none)
        *to = end;
    else if (*to == 0)
        return false;
    else
        --*to;
    return *from <= *to;
}

static void match_codes(const struct search_column *c, uint64_t from, uint64_t to,
                        const uint64_t *among, uint64_t *out)
{
    uint64_t width = to - from;

    for (uint32_t w = 0; w * 64 < c->count; w++) {
        uint32_t end = c->count - w * 64 < 64 ? c->count - w * 64 : 64;
        uint64_t word = 0;

        for (uint32_t i = 0; i < end && among[w]; i++)
            word |=
                (uint64_t)(search_pack_at(c->codes, c->bits, (size_t)w * 64 + i) - from <= width)
                << i;
        out[w] = word & among[w];
    }
}

static void match_none(const struct search_column *c, uint64_t *out)
{
    memset(out, 0, (c->count + 63) / 64 * sizeof *out);
}

static struct bounds test_bounds(const struct filter_test *test)
{
    if (test->shape == FILTER_ANY)
        return (struct bounds){ -INFINITY, INFINITY, false, false };
    if (test->field->kind == FILTER_TRUTH)
        return (struct bounds){ test->truth, test->truth, false, false };
    return (struct bounds){ test->least, test->most, test->is_over, test->is_under };
}

/* An id has more bits than a double: it is compared whole. */
static bool id_range(const struct search_column *c, const struct filter_test *test, uint64_t *from,
                     uint64_t *to)
{
    uint64_t u = test->id ^ (uint64_t)1 << 63, end;

    if (!largest_code(c, &end))
        return false;
    *from = 0;
    *to = end;
    if (test->shape == FILTER_ANY)
        return true;
    *from = *to = u - c->base;
    return u >= c->base && *to <= end;
}

static void match_numbers(const struct search_column *c, const struct filter_test *test,
                          const uint64_t *among, uint64_t *out)
{
    struct bounds b = test_bounds(test);
    uint64_t from, to;
    bool some = test->field->kind == FILTER_ID ? id_range(c, test, &from, &to)
                                               : code_range(c, &b, &from, &to);

    if (some)
        match_codes(c, from, to, among, out);
    else
        match_none(c, out);
}

bool search_column_between(const struct search_column *c, double least, double most,
                           const uint64_t *among, uint64_t *out)
{
    struct bounds b = { least, most, false, false };
    uint64_t from, to;

    if (c->form != SEARCH_NUMBERS || c->kind == SEARCH_KIND_HEAD)
        return false;
    if (code_range(c, &b, &from, &to))
        match_codes(c, from, to, among, out);
    else
        match_none(c, out);
    return true;
}

uint64_t search_head(struct slice text)
{
    uint64_t head = 0;

    for (size_t i = 0; i < SEARCH_HEAD_BYTES; i++)
        head = head << 8 | (i < text.len ? (uint8_t)text.p[i] : 0);
    return head;
}

bool search_column_heads(const struct search_column *c, struct slice prefix, const uint64_t *among,
                         uint64_t *out)
{
    size_t known = prefix.len < SEARCH_HEAD_BYTES ? prefix.len : SEARCH_HEAD_BYTES;
    uint64_t least = search_head(prefix), end;
    uint64_t most = least | search_pack_mask(8 * (SEARCH_HEAD_BYTES - (unsigned)known));

    if (c->kind != SEARCH_KIND_HEAD || !largest_code(c, &end) || most < c->base ||
        (least > c->base && least - c->base > end)) {
        match_none(c, out);
    } else {
        uint64_t from = least > c->base ? least - c->base : 0, to = most - c->base;

        match_codes(c, from, to < end ? to : end, among, out);
    }
    return prefix.len <= SEARCH_HEAD_BYTES && slice_find(prefix, '\0') == prefix.len;
}

/* --- texts ---------------------------------------------------------------------------------- */

static bool test_value(const struct search_column *c, const struct filter_test *test,
                       struct slice value)
{
    struct addr a;

    if (c->kind == FIELD_ADDR) {
        if (value.len != SEARCH_ADDR_BYTES)
            return false;
        memcpy(a.ip, value.p, 16);
        a.port = (uint16_t)((uint8_t)value.p[16] << 8 | (uint8_t)value.p[17]);
        return filter_test_addr(test, &a);
    }
    if (test->field->kind == FILTER_NAMES)
        return filter_test_names(test, value);
    return filter_test_text(test, value);
}

/* The rows whose codes pass. */
static void match_passes(const struct search_column *c, const uint8_t *passes,
                         const uint64_t *among, uint64_t *out)
{
    for (uint32_t w = 0; w * 64 < c->count; w++) {
        uint32_t end = c->count - w * 64 < 64 ? c->count - w * 64 : 64;
        uint64_t word = 0;

        for (uint32_t i = 0; i < end && among[w]; i++)
            word |= (uint64_t)passes[search_pack_at(c->codes, c->bits, (size_t)w * 64 + i)] << i;
        out[w] = word & among[w];
    }
}

/* Each value is looked at once; a code of no value passes nothing. */
static int match_dictionary(const struct search_column *c, const struct filter_test *test,
                            const uint64_t *among, uint64_t *out)
{
    size_t slots = (size_t)1 << c->bits;
    uint8_t *passes = calloc(slots, 1);
    bool any = false;

    if (!passes)
        return -ENOMEM;
    for (uint32_t i = 0; i < c->distinct && i + 1 < slots; i++) {
        passes[i + 1] = test_value(c, test, c->values[i]);
        any = any || passes[i + 1];
    }
    if (any)
        match_passes(c, passes, among, out);
    else
        match_none(c, out);
    free(passes);
    return 0;
}

static void match_texts(const struct search_column *c, const struct filter_test *test,
                        const uint64_t *among, uint64_t *out)
{
    for (uint32_t w = 0; w * 64 < c->count; w++) {
        uint64_t left = among[w], word = 0;

        for (; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctzll(left);

            if (test_value(c, test, c->values[(size_t)w * 64 + i]))
                word |= (uint64_t)1 << i;
        }
        out[w] = word;
    }
}

/* --- phone numbers -------------------------------------------------------------------------- */

/* What is looked for in nibbles. */
struct digits {
    uint64_t value, mask;
    unsigned length;
    uint8_t shape;
};

static bool phone_passes(const struct digits *d, uint64_t phone)
{
    unsigned length = search_phone_length(phone);

    switch (d->shape) {
    case FILTER_WHOLE:
        return phone == d->value;
    case FILTER_PREFIX:
        return length >= d->length &&
               (d->length == 0 || phone >> 4 * (length - d->length) == d->value);
    case FILTER_SUFFIX:
        return length >= d->length && (phone & d->mask) == d->value;
    case FILTER_PART:
        for (unsigned at = 0; at + d->length <= length; at++) {
            if ((phone >> 4 * at & d->mask) == d->value)
                return true;
        }
        return false;
    default:
        return true; /* known */
    }
}

static bool phone_at(const struct search_column *c, uint32_t row, uint64_t *phone)
{
    uint64_t code = search_pack_at(c->codes, c->bits, row);

    if (code < SEARCH_PHONE_HIGH || code - SEARCH_PHONE_HIGH >= c->distinct)
        return false;
    *phone = (uint64_t)search_load_u32(c->highs + (code - SEARCH_PHONE_HIGH) * 4) << HALF_BITS |
             search_load_u32(c->low + (size_t)row * 4);
    return true;
}

/* A suffix that lies in the lower half: one compare a row, and few that fit are looked at again. The
 * nibbles of a number are over 0, so one that is too short does not fit. */
static void match_low(const struct search_column *c, const struct digits *d, const uint64_t *among,
                      uint64_t *out)
{
    uint32_t mask = (uint32_t)d->mask, value = (uint32_t)d->value;

    for (uint32_t w = 0; w * 64 < c->count; w++) {
        const uint8_t *low = c->low + (size_t)w * 64 * 4;
        uint32_t end = c->count - w * 64 < 64 ? c->count - w * 64 : 64;
        uint64_t word = 0;

        for (uint32_t i = 0; i < end && among[w]; i++)
            word |= (uint64_t)((search_load_u32(low + (size_t)i * 4) & mask) == value) << i;
        out[w] = word & among[w];
        for (uint64_t left = out[w], phone; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctzll(left);

            if (!phone_at(c, w * 64 + i, &phone))
                out[w] &= ~((uint64_t)1 << i);
        }
    }
}

bool search_low_make(struct search_low *low, const struct filter_test *test)
{
    uint64_t value;

    if (test->field->kind != FILTER_TEXT || test->shape != FILTER_SUFFIX || test->text.len == 0 ||
        test->text.len > HALF || !search_phone_pack(test->text, &value))
        return false;
    low->value = (uint32_t)value;
    low->mask = (uint32_t)search_pack_mask(4 * (unsigned)test->text.len);
    return true;
}

/* In steps of 64, so that the compiler makes one compare of several. */
bool search_low_any(const struct search_low *low, const uint32_t *halves, uint32_t count)
{
    uint32_t value = htole32(low->value), mask = htole32(low->mask), at = 0;

    for (; at + 64 <= count; at += 64) {
        uint32_t any = 0;

        for (uint32_t i = 0; i < 64; i++)
            any |= (uint32_t)((halves[at + i] & mask) == value);
        if (any)
            return true;
    }
    for (; at < count; at++) {
        if ((halves[at] & mask) == value)
            return true;
    }
    return false;
}

static void match_whole_phones(const struct search_column *c, const struct digits *d,
                               const uint64_t *among, uint64_t *out)
{
    for (uint32_t w = 0; w * 64 < c->count; w++) {
        uint64_t left = among[w], word = 0;

        for (; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctzll(left);
            uint64_t phone;

            if (phone_at(c, w * 64 + i, &phone) && phone_passes(d, phone))
                word |= (uint64_t)1 << i;
        }
        out[w] = word;
    }
}

static void match_phones(const struct search_column *c, const struct filter_test *test,
                         const uint64_t *among, uint64_t *out)
{
    struct digits d = { .shape = test->shape, .length = (unsigned)test->text.len };

    if (test->shape == FILTER_ANY || search_phone_pack(test->text, &d.value)) {
        d.mask = search_pack_mask(d.length * 4 > 56 ? 64 : d.length * 4);
        if (d.length == 15)
            d.mask >>= 4;
        if (d.shape == FILTER_SUFFIX && d.length && d.length <= HALF)
            match_low(c, &d, among, out);
        else
            match_whole_phones(c, &d, among, out);
    } else {
        match_none(c, out); /* no phone number has such a character, or as many */
    }
    for (uint32_t i = 0; i < c->others; i++) {
        uint32_t row = search_load_u32(c->other_rows + (size_t)i * 4);

        if (row < c->count && among[row / 64] >> row % 64 & 1 &&
            filter_test_text(test, c->values[i]))
            out[row / 64] |= (uint64_t)1 << row % 64;
    }
}

/* The text of one row; absent where there is none. */
static struct slice text_at(const struct search_column *c, uint32_t row,
                            char room[SEARCH_PHONE_MAX])
{
    uint64_t code, phone;

    if (c->form == SEARCH_TEXTS)
        return c->values[row];
    if (c->form == SEARCH_DICTIONARY) {
        code = search_pack_at(c->codes, c->bits, row);
        return code && code <= c->distinct ? c->values[code - 1] : SLICE_ABSENT;
    }
    if (phone_at(c, row, &phone))
        return search_phone_text(phone, room);
    for (uint32_t i = 0, end = c->others; i < end;) {
        uint32_t middle = i + (end - i) / 2;
        uint32_t at = search_load_u32(c->other_rows + (size_t)middle * 4);

        if (at == row)
            return c->values[middle];
        if (at < row)
            i = middle + 1;
        else
            end = middle;
    }
    return SLICE_ABSENT;
}

/* Whether a text that begins so can come before the last of a page, or be equal to it as far as is known. */
static bool may_precede(const struct search_key *last, bool ascending, struct slice begin)
{
    size_t known = begin.len < last->len ? begin.len : last->len;
    int difference = known ? memcmp(begin.p, last->text, known) : 0;

    return ascending ? difference <= 0 : difference >= 0;
}

int search_column_precede(const struct search_column *c, const struct search_key *last,
                          bool ascending, const uint64_t *among, uint64_t *out)
{
    size_t slots = (size_t)1 << c->bits, first = c->form == SEARCH_PHONES ? SEARCH_PHONE_HIGH : 1;
    char room[SEARCH_PHONE_MAX];
    uint8_t *passes;

    if (c->form != SEARCH_DICTIONARY && c->form != SEARCH_PHONES)
        return 0;
    passes = calloc(slots > first ? slots : first, 1);
    if (!passes)
        return -ENOMEM;
    if (c->form == SEARCH_PHONES)
        passes[SEARCH_PHONE_OTHER] = 1;
    for (size_t i = 0; i < c->distinct && i + first < slots; i++) {
        uint32_t high = c->form == SEARCH_PHONES ? search_load_u32(c->highs + i * 4) : 0;

        if (c->form == SEARCH_DICTIONARY)
            passes[i + first] = may_precede(last, ascending, c->values[i]);
        else /* a number of eight characters or less has nothing in its upper half */
            passes[i + first] =
                high == 0 || may_precede(last, ascending, search_phone_text(high, room));
    }
    match_passes(c, passes, among, out);
    free(passes);
    return 1;
}

/* --- the outside ---------------------------------------------------------------------------- */

int search_column_match(const struct search_column *c, const struct filter_test *test,
                        const uint64_t *among, uint64_t *out)
{
    bool wants_number = test->field->kind == FILTER_NUMBER || test->field->kind == FILTER_TRUTH ||
                        test->field->kind == FILTER_ID;

    if (wants_number != (c->form == SEARCH_NUMBERS) || c->kind == SEARCH_KIND_HEAD)
        return -EUCLEAN;
    switch (c->form) {
    case SEARCH_NUMBERS:
        match_numbers(c, test, among, out);
        return 0;
    case SEARCH_DICTIONARY:
        return match_dictionary(c, test, among, out);
    case SEARCH_PHONES:
        match_phones(c, test, among, out);
        return 0;
    default:
        match_texts(c, test, among, out);
        return 0;
    }
}

bool search_column_place(const struct search_column *c, uint32_t row, uint32_t *place)
{
    uint64_t code = search_pack_at(c->codes, c->bits, row);

    *place = (uint32_t)(code - 1);
    return code && code <= c->distinct;
}

void search_column_key(const struct search_column *c, uint32_t row, struct search_key *key)
{
    char room[SEARCH_PHONE_MAX];
    uint64_t code, end;

    if (c->form != SEARCH_NUMBERS) {
        search_key_text(key, text_at(c, row, room));
        return;
    }
    code = search_pack_at(c->codes, c->bits, row);
    search_key_number(key, largest_code(c, &end) && code <= end ? value_of(c, code) : NAN);
}
