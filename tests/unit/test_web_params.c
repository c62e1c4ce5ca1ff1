#include "probe/web/params.h"

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

enum { ALL = PARAMS_SEARCH };

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
    { "cursor=00000000000000ff", PARAMS_PAGE, NULL },
    { "cursor=0000000000000000", PARAMS_PAGE, "'cursor'" },
    { "cursor=ff", PARAMS_PAGE, "'cursor'" },
    { "cursor=00000000000000fg", PARAMS_PAGE, "'cursor'" },
    { "cursor=00000000000000ff0", PARAMS_PAGE, "'cursor'" },
    { "cursor=d.3ff0a.Zz9", ALL, NULL },
    { "cursor=d 3", ALL, "'cursor'" },
    { "cursor=d'3", ALL, "'cursor'" },
    { "filter=from:+49* (status:5xx or mos<3.5)", ALL, NULL },
    { "filter=no:field", ALL, NULL }, /* the filter is read later, with its column */
    { "filter=", ALL, "'filter'" },
    { "filter=mos<3&filter=fax", ALL, "'filter' is given twice" },
    { "filter=fax", PARAMS_PAGE, "unknown parameter 'filter'" },
    { "sort=mos", ALL, NULL },
    { "sort=-duration", ALL, NULL },
    { "sort=-", ALL, "'sort'" },
    { "sort=number", ALL, "'sort'" },
    { "sort=x", ALL, "'sort'" },
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
    { "filter=mos<3", PARAMS_FACETS, NULL },
    { "sort=mos", PARAMS_FACETS, "unknown parameter 'sort'" },
    { "fields=id,mos_lq", PARAMS_SEARCH, NULL },
    { "ids=0123456789abcdef,0123456789abcdee", PARAMS_EXPORT, NULL },
    { "ids=0123456789abcdef,1", PARAMS_EXPORT, "expected ids of calls" },
    { "ids=0123456789abcdef&filter=mos<3", PARAMS_EXPORT, "no filter and no sort beside it" },
    { "ids=0123456789abcdef&sort=mos", PARAMS_EXPORT, "no filter and no sort beside it" },
    { "ids=0123456789abcdef", PARAMS_SEARCH, "unknown parameter 'ids'" },
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
        params_fini(&asked);
        strbuf_fini(&error);
        free(block);
    }
}

/* Each older parameter is a word of a filter, and what it holds stands for itself. */
static void reads_older_parameters_as_a_filter(void **state)
{
    static const struct {
        const char *query, *words, *means;
    } older[] = {
        { "q=x y", "\"x y\"", "call_id:\"x y\"* or number:*\"x y\"*" },
        { "q=from:a*", "\"from:a*\"", "call_id:\"from:a*\"* or number:*\"from:a*\"*" },
        { "q=a\"\\b", "\"a\\\"\\\\b\"", "call_id:\"a\\\"\\\\b\"* or number:*\"a\\\"\\\\b\"*" },
        { "q=192.0.2.1", "ip:192.0.2.1", "ip:192.0.2.1" },
        { "call_id=a*", "call_id:a*", "call_id:a*" },
        { "call_id=a*b", "call_id:\"a*b\"", "call_id:\"a*b\"" },
        { "number=49", "number:*49*", "number:*49*" },
        { "ip=2001:db8::1", "ip:2001:db8::1", "ip:2001:db8::1" },
        { "status=4xx&state=failed", "status:4xx state:failed", "status:400..499 state:failed" },
        { "since=1.5&until=2.25", "since:@1.5 until:@2.25",
          "since:1970-01-01T00:00:01.5Z until:1970-01-01T00:00:02.25Z" },
        { "mos_min=1.25&mos_max=4.5", "mos>=1.25 mos<=4.5", "mos>=1.25 mos<=4.5" },
        { "one_way=false&fax=true", "one_way:false fax:true", "one_way:no fax:yes" },
        { "verdict=one_way", "verdict:one_way", "verdict:one_way" },
        { "bad_seconds_min=7", "bad_seconds>=7", "bad_seconds>=7s" },
        { "trunk_in=<a>&trunk_out=b", "trunk_in:\"<a>\" trunk_out:b",
          "trunk_in:\"<a>\" trunk_out:b" },
        { "destination=Germany mobile", "destination:\"Germany mobile\"",
          "destination:\"germany mobile\"" },
        { "ended_how=bye&deviation=glare", "ended_how:bye deviation:glare",
          "ended_how:bye deviation:glare" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof older / sizeof *older; i++) {
        struct filter_error wrong;
        struct strbuf error = { 0 }, means = { 0 };
        struct filter *f;
        struct asked asked;
        char *block;

        assert_true(read_query(older[i].query, ALL, &asked, &error, &block));
        assert_string_equal(asked.older.p, older[i].words);
        if (filter_parse(&f, strbuf_slice(&asked.older), 0, &wrong) != 0)
            fail_msg("%s: %s", older[i].query, wrong.text);
        filter_print(f, &means);
        assert_string_equal(means.p, older[i].means);
        filter_free(f);
        params_fini(&asked);
        strbuf_fini(&means);
        strbuf_fini(&error);
        free(block);
    }
}

static void fills_in_what_is_asked(void **state)
{
    struct asked asked;
    struct strbuf error = { 0 };
    char *block;

    (void)state;
    assert_true(
        read_query("filter=mos<3&sort=-mos&limit=7&cursor=a.1", ALL, &asked, &error, &block));
    assert_true(slice_eq(asked.filter, SLICE("mos<3")) && slice_eq(asked.sort, SLICE("-mos")));
    assert_true(slice_eq(asked.cursor, SLICE("a.1")));
    assert_int_equal(asked.limit, 7);
    assert_int_equal(asked.older.len, 0);
    params_fini(&asked);
    free(block);

    assert_true(read_query("cursor=0123456789ABCdef", PARAMS_PAGE, &asked, &error, &block));
    assert_int_equal(asked.before, 0x0123456789abcdefull);
    assert_int_equal(asked.limit, PARAMS_LIMIT_DEFAULT);
    assert_true(!asked.filter.p && !asked.sort.p && !asked.cursor.p);
    assert_int_equal(asked.until, RECORD_NONE);
    params_fini(&asked);
    free(block);
    strbuf_fini(&error);
}

/* Each call once, and no more of them than there is room for. */
static void reads_a_list_of_ids(void **state)
{
    struct strbuf query = { 0 }, error = { 0 };
    struct asked asked;
    char *block;

    (void)state;
    strbuf_add_text(&query, "ids=0000000000000001,0000000000000001");
    for (int i = 2; i <= PARAMS_IDS_MAX; i++)
        strbuf_addf(&query, ",%016x", i);
    assert_true(read_query(query.p, PARAMS_EXPORT, &asked, &error, &block));
    assert_int_equal(asked.id_count, PARAMS_IDS_MAX);
    assert_int_equal(asked.ids[0], 1);
    params_fini(&asked);
    free(block);
    strbuf_add_text(&query, ",0000000000000fff");
    assert_false(read_query(query.p, PARAMS_EXPORT, &asked, &error, &block));
    params_fini(&asked);
    free(block);
    strbuf_fini(&query);
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
    params_fini(&asked);
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
    params_fini(&asked);
    free(block);
    query[PARAMS_VALUE_MAX_BYTES + 2] = 'a';
    assert_false(read_query(query, ALL, &asked, &error, &block));
    params_fini(&asked);
    free(block);
    strbuf_fini(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_the_table_says_and_names_what_it_refuses),
        cmocka_unit_test(reads_older_parameters_as_a_filter),
        cmocka_unit_test(fills_in_what_is_asked),
        cmocka_unit_test(reads_a_list_of_ids),
        cmocka_unit_test(refuses_more_than_it_can_hold),
        cmocka_unit_test(refuses_a_value_that_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
