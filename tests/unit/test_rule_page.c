/*
 * test_rule_page - docs/ALERTS.md says what the rule files say, and those are ready to be read.
 */
#include "rules/rule_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RULES TEST_DATA "/../../../rules"
#define PAGE  TEST_DATA "/../../../docs/ALERTS.md"
#define MOST  (1024 * 1024)

static const char begin[] = "<!-- Made from the rule files: UPDATE_PAGES=1 test_rule_page -->\n";

static int read_rules(void **state)
{
    struct rule_folder *folder = calloc(1, sizeof *folder);
    struct strbuf errors = { 0 };

    assert_non_null(folder);
    if (rule_folder_check(folder, RULES, &errors) != 0)
        fail_msg("%.*s", (int)errors.len, errors.p);
    assert_int_equal(errors.len, 0);
    assert_true(folder->count > 30);
    *state = folder;
    return 0;
}

static int free_rules(void **state)
{
    rule_folder_fini(*state);
    free(*state);
    return 0;
}

static char *read_page(void)
{
    FILE *f = fopen(PAGE, "r");
    char *text = calloc(1, MOST + 1);

    assert_non_null(f);
    assert_non_null(text);
    assert_true(fread(text, 1, MOST, f) < MOST);
    fclose(f);
    return text;
}

/* UPDATE_PAGES=1 makes it anew. */
static void the_page_says_what_the_files_say(void **state)
{
    struct strbuf page = { 0 };
    char *text = read_page(), *from = strstr(text, begin);

    assert_non_null(from);
    from += sizeof begin - 1;
    rule_page_write(&page, *state);
    strbuf_add_char(&page, '\0');
    assert_false(page.failed);
    if (getenv("UPDATE_PAGES")) {
        FILE *f = fopen(PAGE, "w");

        assert_non_null(f);
        fwrite(text, 1, (size_t)(from - text), f);
        fputs(page.p, f);
        assert_int_equal(fclose(f), 0);
    } else if (strcmp(from, page.p) != 0) {
        fail_msg("docs/ALERTS.md is out of date: UPDATE_PAGES=1 test_rule_page");
    }
    free(text);
    strbuf_fini(&page);
}

/* Whoever is woken reads them: what it means, why, what to do, in one line what it is. */
static void every_rule_explains_itself(void **state)
{
    const struct rule_folder *folder = *state;

    for (size_t i = 0; i < folder->count; i++) {
        const struct rule *rule = folder->files[i].rule;

        if (!rule->description.p || !rule->reason.p || !rule->runbook.p)
            fail_msg("%s lacks a description, a reason or a runbook", rule->name);
        if (rule->label_count == 0 || !slice_eq(rule->labels[0].name, SLICE("area")))
            fail_msg("%s has no label 'area'", rule->name);
        if (rule->group_count && slice_find(rule->summary, '{') == rule->summary.len)
            fail_msg("%s does not say which group it is", rule->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_says_what_the_files_say),
        cmocka_unit_test(every_rule_explains_itself),
    };

    return cmocka_run_group_tests_name("rule_page", tests, read_rules, free_rules);
}
