#include "storage/search/search_maker.h"

#include "analyzer/base/json_item.h"
#include "storage/search/search_pack.h"

#include <errno.h>
#include <lz4.h>
#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

enum { PACK_LEAST_BYTES = 256 };

#define SIGN ((uint64_t)1 << 63)

void search_maker_init(struct search_maker *m, int field, uint32_t room)
{
    size_t slots = 64;

    *m = (struct search_maker){ .field = &search_fields[field], .room = room };
    m->member = record_field_find(&record_type_call, slice_of_text(m->field->member));
    m->numbers = calloc(room, sizeof *m->numbers);
    m->is_known = calloc(room, sizeof *m->is_known);
    m->codes = calloc(room, sizeof *m->codes);
    m->failed = !m->numbers || !m->is_known || !m->codes;
    if (m->field->is_head || (m->member->kind != FIELD_TEXT && m->member->kind != FIELD_JSON &&
                              m->member->kind != FIELD_ADDR))
        return;
    while (slots < 2 * (size_t)room)
        slots *= 2;
    m->slot_mask = slots - 1;
    m->low = calloc(room, sizeof *m->low);
    m->values = calloc(room, sizeof *m->values);
    m->slots = calloc(slots, sizeof *m->slots);
    m->failed = m->failed || !m->values || !m->slots || !m->low;
}

void search_maker_fini(struct search_maker *m)
{
    free(m->numbers);
    free(m->is_known);
    free(m->values);
    free(m->slots);
    free(m->codes);
    free(m->low);
    strbuf_fini(&m->bytes);
    strbuf_fini(&m->scratch);
    *m = (struct search_maker){ 0 };
}

/* --- what is added -------------------------------------------------------------------------- */

static struct slice value_at(const struct search_maker *m, uint32_t place)
{
    return slice_of(m->bytes.p ? m->bytes.p + m->values[place].at : "", m->values[place].len);
}

/* Its place in the list, from 1. */
static uint32_t find_value(struct search_maker *m, struct slice text)
{
    size_t i = (size_t)XXH3_64bits(text.p, text.len) & m->slot_mask;

    for (; m->slots[i]; i = (i + 1) & m->slot_mask) {
        if (slice_eq(value_at(m, m->slots[i] - 1), text))
            return m->slots[i];
    }
    m->values[m->distinct] = (struct search_value){ (uint32_t)m->bytes.len, (uint32_t)text.len };
    strbuf_add(&m->bytes, text.p, text.len);
    m->failed = m->failed || m->bytes.failed;
    m->slots[i] = ++m->distinct;
    return m->distinct;
}

/* The objects of an array with what is searched for alone: times and details make each of them
 * another text. */
static struct slice names_alone(struct search_maker *m, struct slice json)
{
    struct slice rest = json, item;
    bool any = false;

    strbuf_reset(&m->scratch);
    while (json_item_next(&rest, &item)) {
        struct slice name = json_item_get(item, m->field->names_key);

        if (!name.p)
            continue;
        strbuf_addf(&m->scratch, "%c{\"%s\":", any ? ',' : '[', m->field->names_key);
        strbuf_add_slice(&m->scratch, name);
        strbuf_add_char(&m->scratch, '}');
        any = true;
    }
    strbuf_add_text(&m->scratch, any ? "]" : "[]");
    m->failed = m->failed || m->scratch.failed;
    return strbuf_slice(&m->scratch);
}

static void add_text(struct search_maker *m, struct slice text)
{
    if (text.p && m->field->names_key)
        text = names_alone(m, text);
    m->numbers[m->count] = text.p ? find_value(m, text) : 0;
}

static void add_addr(struct search_maker *m, const struct addr *a)
{
    static const struct addr none;
    char bytes[SEARCH_ADDR_BYTES];

    memcpy(bytes, a->ip, 16);
    bytes[16] = (char)(a->port >> 8);
    bytes[17] = (char)(a->port & 0xff);
    m->numbers[m->count] = addr_eq(a, &none) ? 0 : find_value(m, slice_of(bytes, sizeof bytes));
}

static void add_whole(struct search_maker *m, int64_t value, bool is_known)
{
    m->numbers[m->count] = (uint64_t)value ^ SIGN;
    m->is_known[m->count] = is_known;
}

static void add_value(struct search_maker *m, const void *at)
{
    uint8_t kind = m->member->kind;
    struct slice text;
    double real;

    if (m->field->is_head) {
        text = *(const struct slice *)at;
        m->numbers[m->count] = search_head(text);
        m->is_known[m->count] = text.p != NULL;
    } else if (kind == FIELD_TEXT || kind == FIELD_JSON) {
        add_text(m, *(const struct slice *)at);
    } else if (kind == FIELD_ADDR) {
        add_addr(m, at);
    } else if (kind == FIELD_REAL) {
        real = *(const double *)at;
        memcpy(&m->numbers[m->count], &real, sizeof real);
        m->is_known[m->count] = !isnan(real);
    } else if (kind == FIELD_BOOL) {
        add_whole(m, *(const int8_t *)at, *(const int8_t *)at >= 0);
    } else if (kind == FIELD_ID) {
        add_whole(m, (int64_t) * (const uint64_t *)at, *(const uint64_t *)at != 0);
    } else {
        add_whole(m, *(const int64_t *)at, *(const int64_t *)at != RECORD_NONE);
    }
}

void search_maker_add(struct search_maker *m, const struct call_record *call)
{
    if (m->failed || m->count == m->room)
        return;
    add_value(m, record_at(call, m->member));
    m->count++;
}

/* --- numbers -------------------------------------------------------------------------------- */

static void add_u32(struct strbuf *out, uint32_t value)
{
    value = htole32(value);
    strbuf_add(out, &value, sizeof value);
}

static void add_head(struct strbuf *out, uint8_t form, unsigned bits, uint8_t decimals,
                     uint8_t flags, uint32_t count)
{
    const uint8_t head[4] = { form, (uint8_t)bits, decimals, flags };

    strbuf_reset(out);
    strbuf_add(out, head, sizeof head);
    add_u32(out, count);
}

static double power_of_ten(unsigned decimals)
{
    double power = 1;

    while (decimals--)
        power *= 10;
    return power;
}

/* Reals become whole numbers of their last decimal where each of them is one, and else their bits,
 * in their order. */
static bool make_reals_whole(struct search_maker *m)
{
    double power = power_of_ten(m->member->decimals), value;
    bool whole = true;

    for (uint32_t i = 0; i < m->count && whole; i++) {
        memcpy(&value, &m->numbers[i], sizeof value);
        whole = !m->is_known[i] ||
                (fabs(value) < 1e12 && (double)llround(value * power) / power == value);
    }
    for (uint32_t i = 0; i < m->count; i++) {
        uint64_t bits = m->numbers[i];

        if (!m->is_known[i])
            continue;
        memcpy(&value, &bits, sizeof value);
        if (whole)
            m->numbers[i] = (uint64_t)llround(value * power) ^ SIGN;
        else
            m->numbers[i] = bits & SIGN ? ~bits : bits | SIGN;
    }
    return whole;
}

static double number_value(const struct search_maker *m, uint64_t u, bool whole)
{
    double value;

    if (m->member->kind != FIELD_REAL)
        return (double)(int64_t)(u ^ SIGN);
    if (whole)
        return (double)(int64_t)(u ^ SIGN) / power_of_ten(m->member->decimals);
    u = u & SIGN ? u ^ SIGN : ~u;
    memcpy(&value, &u, sizeof value);
    return value;
}

static void finish_numbers(struct search_maker *m, struct strbuf *out, double *least, double *most)
{
    bool whole = m->member->kind != FIELD_REAL || make_reals_whole(m), unknown = false, any = false;
    uint64_t base = UINT64_MAX, top = 0, le;
    unsigned bits;

    for (uint32_t i = 0; i < m->count; i++) {
        unknown = unknown || !m->is_known[i];
        any = any || m->is_known[i];
        if (m->is_known[i] && m->numbers[i] < base)
            base = m->numbers[i];
        if (m->is_known[i] && m->numbers[i] > top)
            top = m->numbers[i];
    }
    if (!any)
        base = top = 0;
    /* All bits set is no value. That many apart they cannot be: no two reals or times of calls are. */
    bits = any ? search_pack_bits(top - base + unknown) : 0;
    for (uint32_t i = 0; i < m->count; i++)
        m->codes[i] = m->is_known[i] ? m->numbers[i] - base : UINT64_MAX;
    add_head(out, SEARCH_NUMBERS, bits, whole ? m->member->decimals : 0,
             (uint8_t)((unknown ? SEARCH_HAS_UNKNOWN : 0) | (any ? 0 : SEARCH_ALL_UNKNOWN) |
                       (whole ? 0 : SEARCH_IS_RAW)),
             m->count);
    le = htole64(base);
    strbuf_add(out, &le, sizeof le);
    search_pack_add(out, m->codes, bits, m->count);
    m->form = SEARCH_NUMBERS;
    if (any && !m->field->is_head) {
        *least = number_value(m, base, whole);
        *most = number_value(m, top, whole);
    }
}

/* --- texts ---------------------------------------------------------------------------------- */

static void add_length(struct strbuf *out, uint32_t length)
{
    for (; length > 0x7f; length >>= 7)
        strbuf_add_char(out, (char)((length & 0x7f) | 0x80));
    strbuf_add_char(out, (char)length);
}

/* What stands behind `from` by LZ4, where that pays; true when it does. */
static bool pack_tail(struct strbuf *out, size_t from)
{
    size_t bytes = out->len - from;
    struct strbuf packed = { 0 };
    int got = 0;

    if (out->failed || bytes < PACK_LEAST_BYTES || bytes > SEARCH_COLUMN_BYTES_MAX)
        return false;
    if (strbuf_reserve(&packed, (size_t)LZ4_compressBound((int)bytes)))
        got = LZ4_compress_default(out->p + from, packed.p, (int)bytes, (int)packed.room);
    if (got > 0 && (size_t)got < bytes - bytes / 4) {
        strbuf_chop(out, bytes);
        add_u32(out, (uint32_t)bytes);
        strbuf_add(out, packed.p, (size_t)got);
    } else {
        got = 0;
    }
    strbuf_fini(&packed);
    return got > 0;
}

static void finish_dictionary(struct search_maker *m, struct strbuf *out)
{
    unsigned bits = search_pack_bits(m->distinct);
    size_t from;

    add_head(out, SEARCH_DICTIONARY, bits, 0, 0, m->count);
    add_u32(out, m->distinct);
    search_pack_add(out, m->numbers, bits, m->count);
    from = out->len;
    m->form = SEARCH_DICTIONARY;
    for (uint32_t i = 0; i < m->distinct; i++) {
        add_length(out, m->values[i].len);
        strbuf_add_slice(out, value_at(m, i));
    }
    if (pack_tail(out, from))
        out->p[3] |= SEARCH_IS_PACKED;
}

static void finish_texts(struct search_maker *m, uint32_t longest, struct strbuf *out)
{
    unsigned bits = search_pack_bits((uint64_t)longest + 1);
    size_t from;

    m->form = SEARCH_TEXTS;
    add_head(out, SEARCH_TEXTS, bits, 0, 0, m->count);
    for (uint32_t i = 0; i < m->count; i++)
        m->codes[i] = m->numbers[i] ? (uint64_t)m->values[m->numbers[i] - 1].len + 1 : 0;
    search_pack_add(out, m->codes, bits, m->count);
    from = out->len;
    for (uint32_t i = 0; i < m->count; i++) {
        if (m->numbers[i])
            strbuf_add_slice(out, value_at(m, (uint32_t)m->numbers[i] - 1));
    }
    if (pack_tail(out, from))
        out->p[3] |= SEARCH_IS_PACKED;
}

/* --- phone numbers -------------------------------------------------------------------------- */

/* Another text stands for a row than a number, where its lower half is not that of the column it
 * leans on. */
static bool is_other(const struct search_maker *m, const struct search_maker *lean, uint32_t row,
                     uint64_t *phone)
{
    if (!search_phone_pack(value_at(m, (uint32_t)m->numbers[row] - 1), phone))
        return true;
    return lean && (uint32_t)*phone != lean->low[row];
}

/* Its place among the upper halves, from 0. */
static uint32_t find_high(struct search_maker *m, uint32_t high, uint32_t *highs, uint32_t *count)
{
    size_t i = (high * 0x9e3779b1u >> 8) & m->slot_mask;

    for (; m->slots[i]; i = (i + 1) & m->slot_mask) {
        if (highs[m->slots[i] - 1] == high)
            return m->slots[i] - 1;
    }
    highs[*count] = high;
    m->slots[i] = ++*count;
    return *count - 1;
}

/* Whether the column is one of phone numbers, and whether its lower halves are the other one's. */
static bool is_phones(const struct search_maker *m, const struct search_maker **lean,
                      size_t dictionary_bytes)
{
    uint32_t known = 0, phones = 0, alike = 0, others;
    size_t bytes;

    if (m->member->kind != FIELD_TEXT)
        return false;
    if (*lean && (*lean)->form != SEARCH_PHONES)
        *lean = NULL;
    for (uint32_t i = 0; i < m->count; i++) {
        uint64_t phone;

        known += m->numbers[i] != 0;
        if (m->numbers[i] == 0 || is_other(m, NULL, i, &phone))
            continue;
        phones++;
        alike += *lean && (uint32_t)phone == (*lean)->low[i];
    }
    if (*lean && (size_t)(phones - alike) * 20 > (size_t)m->count * 4)
        *lean = NULL;
    others = known - (*lean ? alike : phones);
    bytes = (*lean ? 0 : (size_t)m->count * 4) + m->count + (size_t)others * 20;
    return known && phones >= known - known / 4 && bytes < dictionary_bytes;
}

static void finish_phones(struct search_maker *m, const struct search_maker *lean,
                          struct strbuf *out)
{
    uint32_t *highs = calloc(m->room, sizeof *highs), count = 0, others = 0;
    struct strbuf rows = { 0 }, texts = { 0 };
    uint64_t phone;
    unsigned bits;

    memset(m->slots, 0, (m->slot_mask + 1) * sizeof *m->slots);
    for (uint32_t i = 0; i < m->count && highs; i++) {
        m->low[i] = UINT32_MAX;
        m->codes[i] = SEARCH_PHONE_ABSENT;
        if (m->numbers[i] == 0)
            continue;
        if (is_other(m, lean, i, &phone)) {
            struct slice text = value_at(m, (uint32_t)m->numbers[i] - 1);

            m->codes[i] = SEARCH_PHONE_OTHER;
            others++;
            add_u32(&rows, i);
            add_length(&texts, (uint32_t)text.len);
            strbuf_add_slice(&texts, text);
            continue;
        }
        m->low[i] = (uint32_t)phone;
        m->codes[i] = SEARCH_PHONE_HIGH + find_high(m, (uint32_t)(phone >> 32), highs, &count);
    }
    bits = search_pack_bits((uint64_t)count + SEARCH_PHONE_HIGH);
    m->form = SEARCH_PHONES;
    add_head(out, SEARCH_PHONES, bits, lean ? m->field->leans_on : 0, lean ? SEARCH_LOW_IS_SAME : 0,
             m->count);
    for (uint32_t i = 0; i < m->count && !lean; i++)
        add_u32(out, m->low[i]);
    add_u32(out, count);
    for (uint32_t i = 0; i < count; i++)
        add_u32(out, highs[i]);
    search_pack_add(out, m->codes, bits, m->count);
    if (others && !out->failed)
        out->p[3] |= SEARCH_HAS_OTHERS;
    add_u32(out, others);
    strbuf_add_slice(out, strbuf_slice(&rows));
    strbuf_add_slice(out, strbuf_slice(&texts));
    m->failed = m->failed || !highs || rows.failed || texts.failed;
    strbuf_fini(&rows);
    strbuf_fini(&texts);
    free(highs);
}

/* --- which form ----------------------------------------------------------------------------- */

static bool is_same(const struct search_maker *m, const struct search_maker *lean)
{
    if (!lean || lean->count != m->count || lean->form == SEARCH_SAME)
        return false;
    for (uint32_t i = 0; i < m->count; i++) {
        if ((m->numbers[i] == 0) != (lean->numbers[i] == 0))
            return false;
        if (m->numbers[i] && !slice_eq(value_at(m, (uint32_t)m->numbers[i] - 1),
                                       value_at(lean, (uint32_t)lean->numbers[i] - 1)))
            return false;
    }
    return true;
}

static void finish_values(struct search_maker *m, const struct search_maker *lean,
                          struct strbuf *out)
{
    unsigned bits = search_pack_bits(m->distinct);
    size_t dictionary = m->bytes.len + m->distinct + (size_t)bits * m->count / 8, texts = 0;
    uint32_t longest = 0;

    for (uint32_t i = 0; i < m->count; i++)
        texts += m->numbers[i] ? m->values[m->numbers[i] - 1].len : 0;
    for (uint32_t i = 0; i < m->distinct; i++)
        longest = m->values[i].len > longest ? m->values[i].len : longest;
    texts += (size_t)search_pack_bits((uint64_t)longest + 1) * m->count / 8;
    if (is_same(m, lean)) {
        m->form = SEARCH_SAME;
        add_head(out, SEARCH_SAME, 0, m->field->leans_on, 0, m->count);
    } else if (is_phones(m, &lean, dictionary < texts ? dictionary : texts)) {
        finish_phones(m, lean, out);
    } else if (m->member->kind == FIELD_ADDR || dictionary <= texts) {
        finish_dictionary(m, out);
    } else {
        finish_texts(m, longest, out);
    }
}

int search_maker_finish(struct search_maker *m, const struct search_maker *lean, struct strbuf *out,
                        double *least, double *most)
{
    *least = *most = NAN;
    if (m->failed)
        return -ENOMEM;
    if (m->values)
        finish_values(m, lean, out);
    else
        finish_numbers(m, out, least, most);
    return m->failed || out->failed ? -ENOMEM : 0;
}
