/*
 * fuzz_plan - any bytes as a dialled string (the first line), a rule (the second), the address of a
 * trunk (the third), and a table of destinations (the rest).
 *
 * What is held against it: a number is a '+' and digits and fits; it says the same again of itself; a
 * destination's prefix begins the number; a complaint names a line that is there.
 */
#include "analyzer/plan/plan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_number(const struct plan *p, const char *number)
{
    const struct plan_destination *d = plan_find_destination(p, number);
    size_t len = strlen(number);

    must(len >= 8 && len < PLAN_NUMBER_MAX && number[0] == '+' && number[1] != '0');
    must(strspn(number + 1, "0123456789") == len - 1);
    must(!d || slice_starts_with(slice_of_text(number + 1), d->prefix));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const countries[] = { "", "1", "49", "39", "7", "44", "55" };
    struct slice table = slice_of(data, size), user = slice_cut(&table, '\n');
    struct slice rule_text = slice_cut(&table, '\n'), address = slice_cut(&table, '\n');
    struct plan_csv_error error = { 1, "" };
    char number[PLAN_NUMBER_MAX], again[PLAN_NUMBER_MAX];
    const char *country = countries[size % (sizeof countries / sizeof countries[0])];
    struct plan_rule rule;
    struct plan *p;

    if (plan_new(&p) != 0)
        return 0;
    if (*country)
        must(plan_set_country(p, slice_of_text(country)) == 0);
    if (plan_number(p, user, number)) {
        check_number(p, number);
        must(plan_number(p, slice_of_text(number), again) && strcmp(number, again) == 0);
    }
    if (plan_rule_parse(rule_text, &rule))
        must(plan_add_rule(p, rule.prefix, rule.min_len, rule.max_len, rule.replacement) == 0);
    must(plan_add_trunk(p, &(struct plan_trunk){ SLICE("t"), 1, false }) == 0);
    must(plan_is_address(address) == (plan_add_trunk_address(p, SLICE("t"), address) == 0));
    if (plan_read_csv(p, table, &error) != 0)
        must(*error.what && error.line > 0 && error.line <= table.len + 1);
    if (plan_number(p, user, number))
        check_number(p, number);
    plan_free(p);
    return 0;
}
