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

/* A plan with a country of its own, which adds nothing and so is made once. */
static const struct plan *plan_of_country(size_t which)
{
    static const char *const countries[] = { NULL, "1", "49", "39", "7", "44", "55" };
    enum { COUNTRIES = sizeof countries / sizeof countries[0] };
    static struct plan *plans[COUNTRIES];
    struct plan **p = &plans[which % COUNTRIES];

    if (*p)
        return *p;
    must(plan_new(p) == 0);
    must(which % COUNTRIES == 0 ||
         plan_set_country(*p, slice_of_text(countries[which % COUNTRIES])) == 0);
    return *p;
}

static void check_additions(struct slice user, struct slice rule_text, struct slice address,
                            struct slice table)
{
    struct plan_csv_error error = { 1, "" };
    char number[PLAN_NUMBER_MAX];
    struct plan_rule rule;
    struct plan *p;

    if (plan_new(&p) != 0)
        return;
    if (plan_rule_parse(rule_text, &rule))
        must(plan_add_rule(p, rule.prefix, rule.min_len, rule.max_len, rule.replacement) == 0);
    must(plan_add_trunk(p, &(struct plan_trunk){ SLICE("t"), 1, false }) == 0);
    must(plan_is_address(address) == (plan_add_trunk_address(p, SLICE("t"), address) == 0));
    if (plan_read_csv(p, table, &error) != 0)
        must(*error.what && error.line > 0 && error.line <= table.len + 1);
    if (plan_number(p, user, number))
        check_number(p, number);
    plan_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice table = slice_of(data, size), user = slice_cut(&table, '\n');
    struct slice rule_text = slice_cut(&table, '\n'), address = slice_cut(&table, '\n');
    const struct plan *p = plan_of_country(size);
    char number[PLAN_NUMBER_MAX], again[PLAN_NUMBER_MAX];

    if (plan_number(p, user, number)) {
        check_number(p, number);
        must(plan_number(p, slice_of_text(number), again) && strcmp(number, again) == 0);
    }
    if (rule_text.len)
        check_additions(user, rule_text, address, table);
    return 0;
}
