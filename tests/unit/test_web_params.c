#include "probe/web/params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Reads "a=1&b=2" (already decoded) out of a heap block of its exact size. */
static bool read_query(const char *query, unsigned accepted, struct asked *asked,
                       struct strbuf *error, char **block)
{
    size_t len = strlen(query);
    struct params params = { 0 };
    struct slice rest;

    *block = malloc(len ? len : 1);
    assert_non_null(*block);
    memcpy(*block, query, len);
    rest = slice_of(*block, len);
    while (rest.len)
        params_add(&params, slice_cut(&rest, '&'));
    return params_read(&params, accepted, asked, error);
}

enum { ALL = PARAMS_FILTER | PARAMS_PAGE };

static const struct {
    const char *query;
    unsigned accepted;
    const char *refusal; /* what the sentence must hold; NULL: accepted */
} rows[] = {
    { "", PARAMS_NONE, NULL },
    { "&&", PARAMS_NONE, NULL },
    { "x=1", PARAMS_NONE, "unknown parameter 'x'" },
    { "limit=1", PARAMS_NONE, "unknown parameter 'limit'" },
    { "limit=1", PARAMS_PAGE, NULL },
    { "q=1", PARAMS_PAGE, "unknown parameter 'q'" },
    { "limti=1", ALL, "did you mean 'limit'?" },
    { "limit=0", ALL, "'limit'" },
    { "limit=1000", ALL, NULL },
    { "limit=1001", ALL, "'limit'" },
    { "limit=-1", ALL, "'limit'" },
    { "limit=1e2", ALL, "'limit'" },
    { "limit=99999999999999999999", ALL, "'limit'" },
    { "limit", ALL, "'limit'" },
    { "limit=", ALL, "'limit'" },
    { "limit=1&limit=2", ALL, "'limit' is given twice" },
    { "cursor=00000000000000ff", ALL, NULL },
    { "cursor=0000000000000000", ALL, "'cursor'" },
    { "cursor=ff", ALL, "'cursor'" },
    { "cursor=00000000000000fg", ALL, "'cursor'" },
    { "cursor=00000000000000ff0", ALL, "'cursor'" },
    { "q=", ALL, "'q'" },
    { "q=a=b", ALL, NULL },
    { "call_id=abc*", ALL, NULL },
    { "ip=192.0.2.1", ALL, NULL },
    { "ip=2001:db8::1", ALL, NULL },
    { "ip=192.0.2.1:5060", ALL, "'ip'" },
    { "ip=localhost", ALL, "'ip'" },
    { "status=486", ALL, NULL },
    { "status=5xx", ALL, NULL },
    { "status=5XX", ALL, NULL },
    { "status=7xx", ALL, "'status'" },
    { "status=99", ALL, "'status'" },
    { "status=700", ALL, "'status'" },
    { "status=5x", ALL, "'status'" },
    { "state=in_call", ALL, NULL },
    { "state=In_call", ALL, "'state'" },
    { "since=1763719200", ALL, NULL },
    { "since=1763719200.123456789", ALL, NULL },
    { "since=1763719200.1234567891", ALL, "'since'" },
    { "since=1763719200.", ALL, "'since'" },
    { "since=.5", ALL, "'since'" },
    { "since=-5", ALL, "'since'" },
    { "since=99999999999", ALL, "'since'" },
    { "since=1x", ALL, "'since'" },
    { "since=2&until=1", ALL, "'since' is after 'until'" },
    { "mos_min=1", ALL, NULL },
    { "mos_min=3.5", ALL, NULL },
    { "mos_min=5", ALL, NULL },
    { "mos_min=5.001", ALL, "'mos_min'" },
    { "mos_min=0.9", ALL, "'mos_min'" },
    { "mos_max=nan", ALL, "'mos_max'" },
    { "mos_max=1e0", ALL, "'mos_max'" },
    { "one_way=true", ALL, NULL },
    { "one_way=1", ALL, "'one_way'" },
    { "deviation=ack_missing", ALL, NULL },
    { "deviation=ack-missing", ALL, "'deviation'" },
    { "deviation=\"", ALL, "'deviation'" },
    { "trunk_in=<a>&trunk_out=b&destination=Germany mobile&ended_how=bye", ALL, NULL },
    { "ended_how=BYE", ALL, "'ended_how'" },
    { "legs=true", PARAMS_LEGS, NULL },
    { "legs=false", PARAMS_LEGS, NULL },
    { "legs=1", PARAMS_LEGS, "'legs'" },
    { "legs=true", ALL, "unknown parameter 'legs'" },
    { "minutes=1&until=1763719200", PARAMS_WINDOW, NULL },
    { "minutes=1440", PARAMS_WINDOW, NULL },
    { "minutes=1441", PARAMS_WINDOW, "'minutes'" },
    { "minutes=0", PARAMS_WINDOW, "'minutes'" },
    { "minutes=15&since=1", PARAMS_WINDOW, "unknown parameter 'since'" },
    { "=1", ALL, "unknown parameter ''" },
    { "\x1b[2J\xff=1", ALL, "unknown parameter '?[2J?'" },
    { "verdict=Silent!", ALL, "bad value of parameter 'verdict'" },
    { "bad_seconds_min=0", ALL, "bad value of parameter 'bad_seconds_min'" },
    { "fax=yes", ALL, "bad value of parameter 'fax'" },
    { "format=ogg&gaps=silence", PARAMS_SOUND, NULL },
    { "format=peaks", PARAMS_SOUND, "expected wav, flac or ogg" },
    { "gaps=", PARAMS_SOUND, "conceal or silence" },
    { "format=wav", ALL, "unknown parameter 'format'" },
    { "buckets=8192", PARAMS_PEAKS, NULL },
    { "buckets=8193", PARAMS_PEAKS, "from 1 to 8192" },
    { "q=1&a\r\nb=2", ALL, "unknown parameter 'a??b'" },
};

static void takes_what_the_table_says_and_names_what_it_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct asked asked;
        struct strbuf error = { 0 };
        char *block;
        bool taken = read_query(rows[i].query, rows[i].accepted, &asked, &error, &block);

        if (taken != !rows[i].refusal || (!taken && !strstr(error.p, rows[i].refusal)))
            fail_msg("%s: %s", rows[i].query, error.p ? error.p : "taken");
        strbuf_fini(&error);
        free(block);
    }
}

static void fills_in_the_filter(void **state)
{
    struct asked asked;
    const struct call_filter *f = &asked.calls;
    struct strbuf error = { 0 };
    char *block;

    (void)state;
    assert_true(
        read_query("q=x y&call_id=a*&number=49&ip=192.0.2.1&status=4xx&state=failed&since=1.5"
                   "&until=2.25&mos_min=1.25&mos_max=4.5&one_way=false&limit=7"
                   "&cursor=0123456789ABCdef&verdict=one_way&bad_seconds_min=7&fax=false",
                   ALL, &asked, &error, &block));
    assert_true(slice_eq(f->text, SLICE("x y")) && slice_eq(f->call_id, SLICE("a*")));
    assert_true(slice_eq(f->number, SLICE("49")) && slice_eq(f->ip, SLICE("192.0.2.1")));
    assert_true(slice_eq(f->state, SLICE("failed")));
    assert_int_equal(f->status_min, 400);
    assert_int_equal(f->status_max, 499);
    assert_int_equal(f->since, 1500000000);
    assert_int_equal(f->until, 2250000000);
    assert_true(f->mos_min == 1.25 && f->mos_max == 4.5);
    assert_int_equal(f->one_way, 0);
    assert_int_equal(f->limit, 7);
    assert_true(slice_eq(f->verdict, SLICE("one_way")));
    assert_int_equal(f->bad_seconds_min, 7);
    assert_int_equal(f->fax, 0);
    assert_int_equal(f->before, 0x0123456789abcdefull);
    free(block);

    assert_true(read_query("", ALL, &asked, &error, &block));
    assert_int_equal(f->limit, PARAMS_LIMIT_DEFAULT);
    assert_int_equal(f->before, 0);
    assert_int_equal(f->one_way, -1);
    assert_true(isnan(f->mos_min) && !f->text.p);
    assert_int_equal(f->since, RECORD_NONE);
    free(block);
    strbuf_fini(&error);
}

static void refuses_more_than_it_can_hold(void **state)
{
    struct params params = { 0 };
    struct asked asked;
    struct strbuf error = { 0 };

    (void)state;
    for (int i = 0; i <= PARAMS_MAX; i++)
        params_add(&params, SLICE("q=1"));
    assert_int_equal(params.count, PARAMS_MAX);
    assert_false(params_read(&params, ALL, &asked, &error));
    assert_non_null(strstr(error.p, "more than"));
    strbuf_fini(&error);
}

static void refuses_a_value_that_is_too_long(void **state)
{
    char query[PARAMS_VALUE_MAX_BYTES + 8] = "q=";
    struct asked asked;
    struct strbuf error = { 0 };
    char *block;

    (void)state;
    memset(query + 2, 'a', PARAMS_VALUE_MAX_BYTES);
    assert_true(read_query(query, ALL, &asked, &error, &block));
    free(block);
    query[PARAMS_VALUE_MAX_BYTES + 2] = 'a';
    assert_false(read_query(query, ALL, &asked, &error, &block));
    free(block);
    strbuf_fini(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_the_table_says_and_names_what_it_refuses),
        cmocka_unit_test(fills_in_the_filter),
        cmocka_unit_test(refuses_more_than_it_can_hold),
        cmocka_unit_test(refuses_a_value_that_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
