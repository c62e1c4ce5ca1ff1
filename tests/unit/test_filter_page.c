/*
 * test_filter_page - docs/FILTER.md has the table of fields, and its examples are filters.
 */
#include "analyzer/filter/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PAGE_MAX = 1 << 16 };

/* 2026-11-21T16:00:00Z */
#define NOW_NS (INT64_C(1795276800) * 1000000000)

static const char path[] = TEST_DATA "/../../../docs/FILTER.md";

static char *read_page(void)
{
    char *text = calloc(1, PAGE_MAX);
    FILE *f = fopen(path, "re");

    assert_non_null(text);
    if (!f)
        fail_msg("%s is missing", path);
    assert_true(fread(text, 1, PAGE_MAX - 1, f) > 0);
    fclose(f);
    return text;
}

static void write_page(struct slice before, struct slice table, const char *after)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    fprintf(f, "%.*s%.*s%s", (int)before.len, before.p, (int)table.len, table.p, after);
    fclose(f);
}

static const char *kind_of(const struct filter_field *f)
{
    static const char *const kinds[] = {
        [FILTER_TEXT] = "text",     [FILTER_NUMBER] = "number", [FILTER_TIME] = "time",
        [FILTER_TRUTH] = "yes, no", [FILTER_ADDR] = "address",  [FILTER_PORT] = "number",
        [FILTER_NAMES] = "names",   [FILTER_ID] = "id",         [FILTER_ALERT] = "text",
    };

    if (f->is_loose)
        return "text, a part is enough";
    return kinds[f->kind];
}

static void add_code(struct strbuf *out, const char *words)
{
    struct slice rest = slice_of_text(words);

    for (bool is_first = true; rest.len; is_first = false) {
        struct slice word = slice_cut(&rest, ' ');

        strbuf_addf(out, "%s`%.*s`", is_first ? "" : " ", (int)word.len, word.p);
    }
}

static void add_row(struct strbuf *out, const struct filter_field *f)
{
    strbuf_addf(out, "| `%s`%s | %s", f->name, f->is_sortable ? " +" : "", kind_of(f));
    if (f->unit)
        strbuf_addf(out, ", %s", f->unit);
    strbuf_addf(out, " | `%s` | %s", f->example, f->help);
    if (f->values) {
        strbuf_add_char(out, ' ');
        add_code(out, f->values);
    }
    strbuf_add_text(out, " | ");
    add_code(out, f->aliases);
    strbuf_add_text(out, f->aliases[0] ? " |\n" : "|\n");
}

/* UPDATE_PAGES=1 makes the table anew. */
static void test_table(void **state)
{
    static const char begin[] =
        "<!-- Made from the table of fields: UPDATE_PAGES=1 test_filter_page -->\n";
    static const char end[] = "<!-- End of the table of fields -->\n";
    struct strbuf table = { 0 };
    char *text = read_page(), *from = strstr(text, begin), *to = strstr(text, end);

    (void)state;
    for (size_t i = 0; i < filter_field_count; i++) {
        if (filter_fields[i].group)
            strbuf_addf(&table,
                        "\n**%s**\n\n| field | holds | example | | further names "
                        "|\n|---|---|---|---|---|\n",
                        filter_fields[i].group);
        add_row(&table, &filter_fields[i]);
    }
    strbuf_add_char(&table, '\n');
    assert_true(from && to && from < to);
    from += sizeof begin - 1;
    if (getenv("UPDATE_PAGES"))
        write_page(slice_of(text, (size_t)(from - text)), strbuf_slice(&table), to);
    else if (!slice_eq(slice_of(from, (size_t)(to - from)), strbuf_slice(&table)))
        fail_msg("docs/FILTER.md is out of date: UPDATE_PAGES=1 test_filter_page");
    free(text);
    strbuf_fini(&table);
}

/* Whatever stands between backticks in the second column of the first table. */
static void test_examples(void **state)
{
    char *text = read_page(), *at = strstr(text, "| to find | write |"), *end;
    unsigned count = 0;

    (void)state;
    assert_non_null(at);
    end = strstr(at, "\n\n");
    assert_non_null(end);
    *end = '\0';
    while ((at = strchr(at, '`'))) {
        char *close = strchr(at + 1, '`');
        struct filter_error error;
        struct filter *f;

        assert_non_null(close);
        *close = '\0';
        if (filter_parse(&f, slice_of_text(at + 1), NOW_NS, &error) != 0)
            fail_msg("%s: %s", at + 1, error.text);
        filter_free(f);
        at = close + 1;
        count++;
    }
    assert_true(count >= 10);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_examples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
