/*
 * fuzz_filter_record - the first byte picks a type of record, the others are a filter over it: read,
 * asked, printed back, read again.
 *
 * What is printed must be read as itself; what is refused must point into the text.
 */
#include "analyzer/filter/filter.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 2026-11-21T16:00:00Z */
#define NOW_NS (INT64_C(1795276800) * 1000000000)

static const struct record_type *const types[] = {
    &record_type_transaction, &record_type_peer,   &record_type_kpi,
    &record_type_security,    &record_type_mirror, &record_type_certificate,
    &record_type_capture,     &record_type_store,  &record_type_registration,
    &record_type_probe,       &record_type_load,   &record_type_alert,
    &record_type_stream,      &record_type_leg,    &record_type_baseline,
    &record_type_call,
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Something in every field: a value that hostile bytes could be. */
static void fill(const struct record_type *type, void *record)
{
    record_clear(type, record);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *f = &type->fields[i];
        char *at = (char *)record + f->offset;

        switch ((enum field_kind)f->kind) {
        case FIELD_TEXT:
            *(struct slice *)(void *)at = i % 2 ? SLICE("192.0.2.7") : SLICE("down");
            break;
        case FIELD_JSON:
            *(struct slice *)(void *)at =
                i % 2 ? SLICE("[\"doubled\",{\"state\":\"up\"}") : SLICE("{\"503\":2,\"x\":[}");
            break;
        case FIELD_INT:
            *(int64_t *)(void *)at = (int64_t)i * 100;
            break;
        case FIELD_TIME:
            *(int64_t *)(void *)at = NOW_NS - (int64_t)i;
            break;
        case FIELD_REAL:
            *(double *)(void *)at = -0.5 + (double)i;
            break;
        case FIELD_BOOL:
            *(int8_t *)(void *)at = (int8_t)(i % 2);
            break;
        case FIELD_ID:
            *(uint64_t *)(void *)at = UINT64_C(0x32a1b2c3d4e5f607);
            break;
        default:
            break;
        }
    }
}

static void check_error(const struct filter_error *error, struct slice text)
{
    struct strbuf shown = { 0 };

    must(error->column >= 1 && error->length >= 1 && error->text[0]);
    must(error->column + error->length <= text.len + 2);
    filter_error_point(error, text, "", &shown);
    must(!shown.failed);
    strbuf_fini(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct record_type *type;
    struct strbuf once = { 0 }, twice = { 0 };
    struct filter *f, *again;
    struct filter_error error;
    struct slice text;
    void *record;
    bool match;

    if (size == 0)
        return 0;
    type = types[data[0] % (sizeof types / sizeof types[0])];
    text = slice_of(data + 1, size - 1);
    if (filter_parse_record(&f, type, text, data[0] & 0x80 ? RECORD_NONE : NOW_NS, &error) != 0) {
        check_error(&error, text);
        return 0;
    }
    record = calloc(1, type->size);
    must(record != NULL);
    fill(type, record);
    match = filter_match_record(f, record);
    filter_print(f, &once);
    must(!once.failed);
    if (once.len <= FILTER_TEXT_MAX) {
        must(filter_parse_record(&again, type, strbuf_slice(&once), NOW_NS, &error) == 0);
        must(filter_match_record(again, record) == match);
        filter_print(again, &twice);
        must(slice_eq(strbuf_slice(&once), strbuf_slice(&twice)));
        filter_free(again);
    }
    free(record);
    strbuf_fini(&once);
    strbuf_fini(&twice);
    filter_free(f);
    return 0;
}
