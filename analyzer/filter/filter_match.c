#include "analyzer/filter/filter.h"

#include "analyzer/base/json_item.h"
#include "analyzer/record_id.h"

#include <math.h>

/* --- one value ------------------------------------------------------------------------------ */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The test's text is in small letters already where case does not count. */
static bool is_equal(const char *value, struct slice text, bool ignores_case)
{
    if (!ignores_case)
        return text.len == 0 || memcmp(value, text.p, text.len) == 0;
    for (size_t i = 0; i < text.len; i++) {
        if (lower(value[i]) != text.p[i])
            return false;
    }
    return true;
}

static bool holds_part(struct slice value, struct slice text, bool ignores_case)
{
    for (size_t i = 0; i + text.len <= value.len; i++) {
        if (is_equal(value.p + i, text, ignores_case))
            return true;
    }
    return false;
}

bool filter_test_text(const struct filter_test *test, struct slice value)
{
    struct slice text = test->text;
    bool ignores_case = test->field->ignores_case;

    if (!value.p)
        return false;
    if (test->shape == FILTER_ANY)
        return true;
    if (value.len < text.len || (test->shape == FILTER_WHOLE && value.len != text.len))
        return false;
    if (test->shape == FILTER_PART)
        return holds_part(value, text, ignores_case);
    if (test->shape == FILTER_SUFFIX)
        return is_equal(value.p + (value.len - text.len), text, ignores_case);
    return is_equal(value.p, text, ignores_case);
}

/* A name as JSON has it: without a backslash it stands there as it is. */
static bool fits_name(const struct filter_test *test, struct slice quoted)
{
    struct strbuf plain = { 0 };
    bool fits;

    if (quoted.len < 2 || quoted.p[0] != '"')
        return false;
    if (slice_find(quoted, '\\') == quoted.len)
        return filter_test_text(test, slice_of(quoted.p + 1, quoted.len - 2));
    json_item_add_raw(&plain, quoted);
    fits = !plain.failed && filter_test_text(test, strbuf_slice(&plain));
    strbuf_fini(&plain);
    return fits;
}

bool filter_test_names(const struct filter_test *test, struct slice json)
{
    const char *key = test->field->name_key;
    struct slice item, name;

    if (json.len && json.p[0] == '{') { /* counts by name: the names of those that are not 0 */
        while (json_item_next_member(&json, &name, &item)) {
            if (!slice_eq(item, SLICE("0")) && filter_test_text(test, name))
                return true;
        }
        return false;
    }
    while (json_item_next(&json, &item)) {
        if (fits_name(test, key ? json_item_get(item, key) : item))
            return true;
    }
    return false;
}

bool filter_test_number(const struct filter_test *test, double value)
{
    if (isnan(value))
        return false;
    if (test->shape == FILTER_ANY)
        return true;
    return (test->is_over ? value > test->least : value >= test->least) &&
           (test->is_under ? value < test->most : value <= test->most);
}

bool filter_test_addr(const struct filter_test *test, const struct addr *value)
{
    unsigned bytes = test->addr_bits / 8, bits = test->addr_bits % 8;
    uint8_t rest = (uint8_t)(0xff00u >> bits);

    if (test->field->kind == FILTER_PORT)
        return filter_test_number(test, value->port ? value->port : NAN);
    if (addr_is_unspecified(value) && value->port == 0)
        return false;
    if (test->shape == FILTER_ANY)
        return true;
    if (test->addr.port && test->addr.port != value->port)
        return false;
    return memcmp(value->ip, test->addr.ip, bytes) == 0 &&
           (bits == 0 || ((value->ip[bytes] ^ test->addr.ip[bytes]) & rest) == 0);
}

bool filter_test_time(const struct filter_test *test, uint64_t id)
{
    if (test->shape == FILTER_ANY)
        return true;
    return (test->from == RECORD_NONE || id >= record_id_make(test->from, 0)) &&
           (test->to == RECORD_NONE || id <= record_id_make(test->to, UINT64_MAX));
}

bool filter_test_instant(const struct filter_test *test, int64_t time_ns)
{
    if (time_ns == RECORD_NONE)
        return false;
    return test->shape == FILTER_ANY || ((test->from == RECORD_NONE || time_ns >= test->from) &&
                                         (test->to == RECORD_NONE || time_ns <= test->to));
}

/* --- a field of the record ------------------------------------------------------------------ */

static double number_of(const struct record_field *field, const void *value)
{
    if (field->kind == FIELD_REAL)
        return *(const double *)value;
    return *(const int64_t *)value == RECORD_NONE ? NAN : (double)*(const int64_t *)value;
}

/* Of some records an address is a text. */
static bool fits_addr(const struct filter_test *test, const struct record_field *field,
                      const void *value)
{
    struct addr addr;

    if (field->kind == FIELD_ADDR)
        return filter_test_addr(test, value);
    return addr_parse_ip(*(const struct slice *)value, &addr) && filter_test_addr(test, &addr);
}

static bool fits_member(const struct filter_test *test, const struct record_field *field,
                        const void *record)
{
    const void *value = record_at(record, field);
    uint64_t id;
    int8_t truth;

    switch (test->field->kind) {
    case FILTER_TEXT:
        return filter_test_text(test, *(const struct slice *)value);
    case FILTER_NAMES:
        return filter_test_names(test, *(const struct slice *)value);
    case FILTER_NUMBER:
        return filter_test_number(test, number_of(field, value));
    case FILTER_ADDR:
    case FILTER_PORT:
        return fits_addr(test, field, value);
    case FILTER_TIME:
        return filter_test_time(test, ((const struct call_record *)record)->id);
    case FILTER_INSTANT:
        return filter_test_instant(test, *(const int64_t *)value);
    case FILTER_TRUTH:
        truth = *(const int8_t *)value;
        return truth >= 0 && (test->shape == FILTER_ANY || truth == test->truth);
    case FILTER_ID:
        id = *(const uint64_t *)value;
        return id != 0 && (test->shape == FILTER_ANY || id == test->id);
    default:
        return false;
    }
}

static bool fits(const struct filter_test *test, const void *record,
                 const struct filter_world *world)
{
    if (test->field->kind == FILTER_ALERT)
        return world && world->in_alert &&
               world->in_alert(world->ctx, test, ((const struct call_record *)record)->id);
    for (size_t i = 0; i < FILTER_MEMBERS_MAX && test->members[i]; i++) {
        if (fits_member(test, test->members[i], record))
            return true;
    }
    return false;
}

static bool node_fits(const struct filter *f, uint16_t at, const void *record,
                      const struct filter_world *world)
{
    const struct filter_node *n = &f->nodes[at];

    switch (n->kind) {
    case FILTER_AND:
        return node_fits(f, n->left, record, world) && node_fits(f, n->right, record, world);
    case FILTER_OR:
        return node_fits(f, n->left, record, world) || node_fits(f, n->right, record, world);
    case FILTER_NOT:
        return !node_fits(f, n->left, record, world);
    default:
        return fits(&f->tests[n->test], record, world);
    }
}

bool filter_match(const struct filter *f, const struct call_record *call,
                  const struct filter_world *world)
{
    return !f || f->node_count == 0 || node_fits(f, f->root, call, world);
}

bool filter_match_record(const struct filter *f, const void *record)
{
    return !f || f->node_count == 0 || node_fits(f, f->root, record, NULL);
}
