#include "probe/plan_load.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
    struct config config;
    struct plan_loaded loaded;
    struct strbuf errors;
    char csv[64];
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    *state = s;
    return s ? config_init(&s->config) : -1;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    plan_load_fini(&s->loaded);
    config_fini(&s->config);
    strbuf_fini(&s->errors);
    if (*s->csv)
        unlink(s->csv);
    free(s);
    return 0;
}

static void configure(struct scene *s, const char *yaml)
{
    if (config_read_text(&s->config, "f", slice_of_text(yaml), &s->errors) != 0)
        fail_msg("%s", s->errors.p);
}

static void write_csv(struct scene *s, const char *text)
{
    struct strbuf yaml = { 0 };
    int fd;

    snprintf(s->csv, sizeof s->csv, "/tmp/earshot-plan-XXXXXX");
    fd = mkstemp(s->csv);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    strbuf_addf(&yaml, "destinations: {file: %s}\n", s->csv);
    configure(s, yaml.p);
    strbuf_fini(&yaml);
}

static void the_defaults_know_the_world(void **state)
{
    struct scene *s = *state;
    char number[PLAN_NUMBER_MAX];

    assert_int_equal(plan_load(&s->loaded, &s->config, &s->errors), 0);
    assert_int_equal(s->errors.len, 0);
    assert_true(plan_number(s->loaded.plan, SLICE("+4930123456"), number));
    assert_true(slice_eq(plan_find_destination(s->loaded.plan, number)->name, SLICE("Germany")));
    assert_int_equal(s->loaded.header_count, 5);
    assert_true(slice_eq(s->loaded.headers[4], SLICE("In-Reply-To")));
    assert_int_equal(s->loaded.hours_to, 0);
}

static void all_of_it_arrives(void **state)
{
    struct scene *s = *state;
    const struct plan_trunk *trunk;
    char number[PLAN_NUMBER_MAX];
    struct addr addr;

    configure(s, "trunks:\n"
                 "  - {name: a, addresses: [192.0.2.0/24], channels: 30, encrypted: yes}\n"
                 "  - {name: b, addresses: [192.0.2.7]}\n"
                 "numbers: {country: 49, rules: ['- 3-4 +4930555'], emergency: ['112', 115]}\n"
                 "security: {hours: 08:00-18:00}\n");
    write_csv(s, "prefix,name\n4930,Berlin\n");
    assert_int_equal(plan_load(&s->loaded, &s->config, &s->errors), 0);
    config_fini(&s->config); /* nothing points into it */
    assert_int_equal(config_init(&s->config), 0);
    assert_true(addr_parse(SLICE("192.0.2.9:5060"), &addr));
    trunk = plan_find_trunk(s->loaded.plan, &addr);
    assert_true(trunk && slice_eq(trunk->name, SLICE("a")));
    assert_int_equal(trunk->channel_limit, 30);
    assert_true(trunk->encrypted);
    trunk = plan_find_trunk_named(s->loaded.plan, SLICE("b"));
    assert_true(trunk && trunk->channel_limit < 0 && !trunk->encrypted);
    assert_true(plan_number(s->loaded.plan, SLICE("123"), number));
    assert_string_equal(number, "+4930555123");
    assert_true(slice_eq(plan_find_destination(s->loaded.plan, number)->name, SLICE("Berlin")));
    assert_true(plan_number(s->loaded.plan, SLICE("08912345678"), number));
    assert_string_equal(number, "+498912345678");
    assert_true(plan_is_emergency(s->loaded.plan, SLICE("115")));
    assert_false(plan_is_emergency(s->loaded.plan, SLICE("110"))); /* not in the list */
    assert_int_equal(s->loaded.hours_from, 8);
    assert_int_equal(s->loaded.hours_to, 18);
}

static void a_wrong_table_says_where(void **state)
{
    struct scene *s = *state;
    struct strbuf expected = { 0 };

    write_csv(s, "4930,Berlin\n4940,\"Hamburg\n");
    assert_int_equal(plan_load(&s->loaded, &s->config, &s->errors), -EINVAL);
    strbuf_addf(&expected, "%s:2: a quote is not closed\n", s->csv);
    assert_string_equal(s->errors.p, expected.p);
    strbuf_fini(&expected);
}

static void a_table_that_is_not_there_is_told(void **state)
{
    struct scene *s = *state;

    configure(s, "destinations: {file: /nowhere/prefixes.csv}\n");
    assert_int_equal(plan_load(&s->loaded, &s->config, &s->errors), -EINVAL);
    assert_string_equal(s->errors.p,
                        "/nowhere/prefixes.csv: cannot be read: No such file or directory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_defaults_know_the_world, setup, teardown),
        cmocka_unit_test_setup_teardown(all_of_it_arrives, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_table_says_where, setup, teardown),
        cmocka_unit_test_setup_teardown(a_table_that_is_not_there_is_told, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
