/*
 * test_record_csv - fields in their columns, and nothing that a spreadsheet would run.
 */
#include "storage/export/record_csv.h"

#include "analyzer/interval.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void texts_are_quoted_and_formulas_disarmed(void **state)
{
    static const struct {
        struct slice text;
        const char *cell;
    } rows[] = {
        { SLICE_INIT("alice"), "\"alice\"" },
        { SLICE_INIT("a,b"), "\"a,b\"" },
        { SLICE_INIT("a\"b\""), "\"a\"\"b\"\"\"" },
        { SLICE_INIT("a\r\nb"), "\"a\r\nb\"" },
        { SLICE_INIT("a\0b"), "\"a b\"" },
        { SLICE_INIT(""), "\"\"" },
        { { NULL, 0 }, "" },
        { SLICE_INIT("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"" },
        { SLICE_INIT("+4930123"), "\"'+4930123\"" },
        { SLICE_INIT("-1+1"), "\"'-1+1\"" },
        { SLICE_INIT("@SUM(A1)"), "\"'@SUM(A1)\"" },
        { SLICE_INIT("\t=1"), "\"'\t=1\"" },
        { SLICE_INIT("\r=1"), "\"'\r=1\"" },
        { SLICE_INIT("\0=1"), "\"' =1\"" }, /* blanks may be passed over */
        { SLICE_INIT("a=1"), "\"a=1\"" },
        { SLICE_INIT("\"=1"), "\"\"\"=1\"" },
    };
    static const struct record_field fields[] = { { "text", FIELD_TEXT, 0, 0 } };
    static const struct record_type type = { "t", sizeof(struct slice), fields, 1 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct strbuf b = { 0 };

        record_csv_add(&b, &type, &rows[i].text);
        strbuf_chop(&b, 2);
        if (strcmp(b.p, rows[i].cell) != 0)
            fail_msg("row %zu: %s", i, b.p);
        strbuf_fini(&b);
    }
}

static void a_row_has_as_many_cells_as_the_heading(void **state)
{
    struct strbuf heading = { 0 }, row = { 0 };
    struct alert_record a;

    (void)state;
    record_clear(&record_type_alert, &a);
    record_csv_heading(&heading, &record_type_alert);
    assert_string_equal(heading.p, "id,rule,severity,state,group,labels,summary,description,"
                                   "runbook,since,time,fired_time,changed_time,ended_time,value,"
                                   "threshold,unit,baseline,before,samples,matching,window_s,"
                                   "flaps,muted_by,calls,evidence,search\r\n");
    record_csv_add(&row, &record_type_alert, &a); /* unknown is empty */
    assert_string_equal(row.p, ",,,,,,,,,,,,,,,,,,,,,,,,,,\r\n");
    strbuf_reset(&row);
    a.id = 255;
    a.rule = SLICE("x");
    a.time = INT64_C(1500000000);
    a.value = -0.5;
    a.samples = 0;
    a.calls = SLICE("[\"a\",\"b\"]");
    record_csv_add(&row, &record_type_alert, &a);
    assert_string_equal(row.p, "\"00000000000000ff\",\"x\",,,,,,,,,1.500000,,,,-0.5000,,,,,0,,,,,"
                               "\"[\"\"a\"\",\"\"b\"\"]\",,\r\n");
    strbuf_fini(&heading);
    strbuf_fini(&row);
}

/* Packed they would be bytes, and as JSON they hold commas. */
static void intervals_are_one_cell(void **state)
{
    static const struct record_field fields[] = { { "intervals", FIELD_INTERVALS, 0, 0 } };
    static const struct record_type type = { "t", sizeof(struct slice), fields, 1 };
    uint8_t bytes[INTERVAL_HEADING_BYTES + INTERVAL_PACKED_BYTES];
    struct interval i = interval_empty();
    struct strbuf row = { 0 };
    struct slice series;
    size_t n;

    (void)state;
    i.packets = 250;
    n = interval_pack_heading(bytes, INT64_C(1500000000));
    n += interval_pack(bytes + n, &i);
    series = slice_of(bytes, n);
    record_csv_add(&row, &type, &series);
    assert_true(slice_starts_with(strbuf_slice(&row),
                                  SLICE("\"[{\"\"t\"\":1.500000,\"\"packets\"\":250,")));
    assert_memory_equal(row.p + row.len - 5, "}]\"\r\n", 5);
    strbuf_reset(&row);
    series = SLICE_ABSENT;
    record_csv_add(&row, &type, &series);
    assert_string_equal(row.p, "\r\n");
    strbuf_fini(&row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_quoted_and_formulas_disarmed),
        cmocka_unit_test(a_row_has_as_many_cells_as_the_heading),
        cmocka_unit_test(intervals_are_one_cell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
