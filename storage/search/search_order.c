#include "storage/search/search_order.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>

static const char hex[] = "0123456789abcdef";

int search_order_make(struct search_order *order, const struct filter_field *sort, bool ascending)
{
    *order = (struct search_order){ .ascending = ascending };
    if (!sort)
        return 0;
    if (!sort->is_sortable)
        return -EINVAL;
    if (sort->kind == FILTER_TIME || !sort->members[0])
        return 0; /* of the call, which is the id's */
    order->field = record_field_find(&record_type_call, slice_of_text(sort->members[0]));
    return order->field ? 0 : -EINVAL;
}

static int compare_values(const struct search_key *a, const struct search_key *b)
{
    size_t least = a->len < b->len ? a->len : b->len;
    int difference;

    if (a->kind == SEARCH_KEY_NUMBER)
        return (a->number > b->number) - (a->number < b->number);
    difference = least ? memcmp(a->text, b->text, least) : 0;
    return difference ? difference : (a->len > b->len) - (a->len < b->len);
}

int search_order_compare(const struct search_order *order, const struct search_key *a,
                         const struct search_key *b)
{
    int difference = 0;

    if (order->field) {
        if (a->kind != b->kind) /* unknown ones last */
            return a->kind == SEARCH_KEY_UNKNOWN ? 1 : b->kind == SEARCH_KEY_UNKNOWN ? -1 : 0;
        if (a->kind != SEARCH_KEY_UNKNOWN)
            difference = compare_values(a, b);
    }
    if (difference == 0)
        difference = (a->id > b->id) - (a->id < b->id);
    return order->ascending ? difference : -difference;
}

void search_key_number(struct search_key *key, double value)
{
    key->kind = (uint8_t)(isnan(value) ? SEARCH_KEY_UNKNOWN : SEARCH_KEY_NUMBER);
    key->number = value == 0 ? 0 : value; /* there is one zero */
    key->len = 0;
}

void search_key_text(struct search_key *key, struct slice value)
{
    key->kind = value.p ? SEARCH_KEY_TEXT : SEARCH_KEY_UNKNOWN;
    key->number = 0;
    key->len = (uint8_t)(value.len < SEARCH_KEY_BYTES ? value.len : SEARCH_KEY_BYTES);
    if (key->len)
        memcpy(key->text, value.p, key->len);
}

void search_key_addr(struct search_key *key, const struct addr *value)
{
    static const struct addr none;
    char bytes[18];

    memcpy(bytes, value->ip, 16);
    bytes[16] = (char)(value->port >> 8);
    bytes[17] = (char)(value->port & 0xff);
    search_key_text(key, addr_eq(value, &none) ? SLICE_ABSENT : slice_of(bytes, sizeof bytes));
}

void search_key_of_call(struct search_key *key, const struct search_order *order,
                        const struct call_record *call)
{
    const void *at;
    int64_t number;
    int8_t truth;

    key->id = call->id;
    key->kind = SEARCH_KEY_UNKNOWN;
    key->len = 0;
    if (!order->field)
        return;
    at = record_at(call, order->field);
    switch ((enum field_kind)order->field->kind) {
    case FIELD_TEXT:
    case FIELD_JSON:
    case FIELD_INTERVALS:
        search_key_text(key, *(const struct slice *)at);
        break;
    case FIELD_INT:
    case FIELD_TIME:
    case FIELD_SSRC:
        number = *(const int64_t *)at;
        search_key_number(key, number == RECORD_NONE ? NAN : (double)number);
        break;
    case FIELD_ID:
        number = (int64_t) * (const uint64_t *)at;
        search_key_number(key, number == 0 ? NAN : (double)number);
        break;
    case FIELD_REAL:
        search_key_number(key, *(const double *)at);
        break;
    case FIELD_BOOL:
        truth = *(const int8_t *)at;
        search_key_number(key, truth < 0 ? NAN : truth);
        break;
    case FIELD_ADDR:
        search_key_addr(key, at);
        break;
    }
}

/* Which order a cursor is of: its direction, and a few bits of the field's name. */
static size_t print_order(const struct search_order *order, char out[16])
{
    uint32_t sum = 0;

    for (const char *p = order->field ? order->field->name : ""; *p; p++)
        sum = sum * 31 + (uint8_t)*p;
    return (size_t)snprintf(out, 16, "%c%04x.", order->ascending ? 'a' : 'd', sum & 0xffff);
}

void search_cursor_print(const struct search_order *order, const struct search_key *key,
                         char out[SEARCH_CURSOR_MAX])
{
    size_t n = print_order(order, out);
    uint64_t bits;

    static_assert(SEARCH_CURSOR_MAX > 6 + 2 + 2 * SEARCH_KEY_BYTES + 16, "the longest cursor");
    if (order->field && key->kind == SEARCH_KEY_NUMBER) {
        memcpy(&bits, &key->number, sizeof bits);
        n +=
            (size_t)snprintf(out + n, SEARCH_CURSOR_MAX - n, "n%016llx.", (unsigned long long)bits);
    } else if (order->field && key->kind == SEARCH_KEY_TEXT) {
        out[n++] = 't';
        for (size_t i = 0; i < key->len; i++) {
            out[n++] = hex[(uint8_t)key->text[i] >> 4];
            out[n++] = hex[(uint8_t)key->text[i] & 15];
        }
        out[n++] = '.';
    }
    snprintf(out + n, SEARCH_CURSOR_MAX - n, "%016llx", (unsigned long long)key->id);
}

static bool parse_hex(struct slice text, uint64_t *value)
{
    *value = 0;
    if (text.len != 16)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char *at = memchr(hex, text.p[i], 16);

        if (!at)
            return false;
        *value = *value << 4 | (uint64_t)(at - hex);
    }
    return true;
}

static bool parse_text(struct slice text, struct search_key *key)
{
    if (text.len % 2 || text.len > 2 * (size_t)SEARCH_KEY_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i += 2) {
        const char *high = memchr(hex, text.p[i], 16), *low = memchr(hex, text.p[i + 1], 16);

        if (!high || !low)
            return false;
        key->text[i / 2] = (char)(16 * (high - hex) + (low - hex));
    }
    key->kind = SEARCH_KEY_TEXT;
    key->len = (uint8_t)(text.len / 2);
    return true;
}

static bool parse_value(struct slice text, struct search_key *key)
{
    struct slice rest = text.len ? slice_of(text.p + 1, text.len - 1) : text;
    uint64_t bits;

    if (text.len == 0)
        return false;
    if (text.p[0] == 't')
        return parse_text(rest, key);
    if (text.p[0] != 'n' || !parse_hex(rest, &bits))
        return false;
    memcpy(&key->number, &bits, sizeof bits);
    key->kind = SEARCH_KEY_NUMBER;
    return !isnan(key->number);
}

int search_cursor_parse(const struct search_order *order, struct slice text, struct search_key *key)
{
    char head[16];
    size_t n = print_order(order, head);
    struct slice value, rest;

    if (text.len < n || memcmp(text.p, head, n) != 0)
        return -EINVAL;
    rest = slice_of(text.p + n, text.len - n);
    *key = (struct search_key){ .kind = SEARCH_KEY_UNKNOWN };
    if (order->field && slice_find(rest, '.') < rest.len) {
        value = slice_cut(&rest, '.');
        if (!parse_value(value, key))
            return -EINVAL;
    }
    return parse_hex(rest, &key->id) && key->id <= INT64_MAX ? 0 : -EINVAL;
}
