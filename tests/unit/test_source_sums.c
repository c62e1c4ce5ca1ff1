/* What each source did, added up from facts as the analyzer tells them. */
#include "probe/web/source_sums.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define S   INT64_C(1000000000)
#define NOW (INT64_C(1795255200) * S)

static struct security_record fact_of(const char *fact, const char *source, int count,
                                      int last_before_s)
{
    static uint64_t next_id = 1;
    struct security_record r;

    record_clear(&record_type_security, &r);
    r.id = next_id++;
    r.fact = slice_of_text(fact);
    if (source)
        r.source = slice_of_text(source);
    r.count = count;
    r.window_s = 300;
    r.last_seen = NOW - last_before_s * S;
    r.first_seen = r.last_seen - 60 * S;
    return r;
}

static bool has(const struct source_texts *t, const char *text)
{
    for (size_t i = 0; i < t->count; i++) {
        if (slice_eq(slice_of(t->text[i], t->len[i]), slice_of_text(text)))
            return true;
    }
    return false;
}

/* One attack, told as three facts over two days. */
static void the_fact_that_counted_most_says_how_many(void **state)
{
    struct security_record rows[] = {
        fact_of("register_bruteforce", "203.0.113.66", 40, 10),
        fact_of("extension_sweep", "203.0.113.66", 300, 20),
        fact_of("scanner_agent", "203.0.113.66", 350, 30),
        fact_of("extension_sweep", "203.0.113.66", 100, 40000),
    };
    struct source_sums s;
    const struct source_sum *sum;

    (void)state;
    rows[0].subject = SLICE("1000");
    rows[0].evidence = SLICE("{\"refused\":40,\"top\":[{\"user\":\"1000\",\"count\":40},"
                             "{\"user\":\"admin\",\"count\":3}]}");
    rows[1].distinct = 120;
    rows[2].user_agent = SLICE("friendly-scanner");
    rows[2].subject = SLICE("SIPVicious");
    assert_int_equal(source_sums_init(&s, NOW - 86400 * S, NOW), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(source_sums_add(&s, &rows[i]));
    assert_int_equal(s.count, 1);
    sum = s.list[0];
    assert_int_equal(sum->attempts, 400);
    assert_int_equal(sum->distinct, 120);
    assert_int_equal(sum->first, NOW - 40060 * S);
    assert_int_equal(sum->last, NOW - 10 * S);
    assert_true(sum->going_on);
    assert_true(has(&sum->agents, "friendly-scanner"));
    assert_int_equal(sum->numbers.count, 2); /* 1000 once, though it is said twice */
    assert_true(has(&sum->numbers, "admin"));
    assert_int_equal(sum->record_count, 4);
    source_sums_fini(&s);
}

static void what_is_over_comes_last_or_not_at_all(void **state)
{
    const struct security_record rows[] = {
        fact_of("scanner_agent", "203.0.113.1", 1, 299),
        fact_of("scanner_agent", "203.0.113.2", 1, 301),
        fact_of("scanner_agent", "203.0.113.3", 1, 90000), /* before the time that is asked for */
        fact_of("flood", "203.0.113.4", 1, 400),
        fact_of("number_redial", NULL, 25, 500), /* many took part */
        fact_of("a_fact_to_come", "203.0.113.5", 1, 1),
    };
    struct source_sums s;

    (void)state;
    assert_int_equal(source_sums_init(&s, NOW - 86400 * S, NOW), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(source_sums_add(&s, &rows[i]));
    source_sums_sort(&s);
    assert_int_equal(s.count, 4);
    assert_string_equal(s.list[0]->name, "203.0.113.1");
    assert_true(s.list[0]->going_on);
    assert_string_equal(s.list[1]->name, "203.0.113.2");
    assert_false(s.list[1]->going_on);
    assert_string_equal(s.list[2]->name, "203.0.113.4");
    assert_int_equal(s.list[3]->name_len, 0);
    assert_false(s.cut);
    source_sums_fini(&s);
}

/* Forged addresses and endless texts meet their caps. */
static void what_strangers_can_invent_is_bounded(void **state)
{
    char long_text[200];
    struct source_texts texts = { .count = 0 };
    struct source_sums s;

    (void)state;
    assert_int_equal(source_sums_init(&s, NOW - 86400 * S, NOW), 0);
    for (unsigned i = 0; i < SOURCE_SUMS_MAX + 5; i++) {
        char source[32];
        struct security_record row;

        snprintf(source, sizeof source, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        row = fact_of("flood", source, 1, 5);
        assert_true(source_sums_add(&s, &row));
    }
    assert_int_equal(s.count, SOURCE_SUMS_MAX);
    assert_true(s.cut);
    source_sums_fini(&s);
    memset(long_text, 'x', sizeof long_text);
    for (unsigned i = 0; i < 100; i++) {
        long_text[0] = (char)('a' + i % 26);
        source_texts_add(&texts, slice_of(long_text, sizeof long_text));
    }
    assert_int_equal(texts.count, SOURCE_TEXTS_MAX);
    assert_int_equal(texts.len[0], SOURCE_TEXT_BYTES);
    assert_true(texts.more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fact_that_counted_most_says_how_many),
        cmocka_unit_test(what_is_over_comes_last_or_not_at_all),
        cmocka_unit_test(what_strangers_can_invent_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
