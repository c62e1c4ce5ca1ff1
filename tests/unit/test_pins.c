/*
 * Pins: one file a call, whole or not at all.
 */
#include "storage/upkeep/pins.h"

#include "storage/store_dir.h"

#include "tests/unit/store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static void make_day(const struct fixture *f, int32_t day)
{
    assert_int_equal(store_dir_make_day(f->dir, day), 0);
}

struct told {
    char text[512];
    int stop_after;
};

static bool tell(void *ctx, const struct pin *pin)
{
    struct told *told = ctx;
    size_t n = strlen(told->text);

    snprintf(told->text + n, sizeof told->text - n, "%d:%lld:%.*s:%.*s ", (int)(pin->call & 2047),
             pin->time == RECORD_NONE ? -1 : (long long)(pin->time / FIXTURE_S), (int)pin->by.len,
             pin->by.p ? pin->by.p : "", (int)pin->reason.len, pin->reason.p ? pin->reason.p : "");
    return --told->stop_after != 0;
}

static void put(const struct fixture *f, const char *name, const char *text)
{
    char path[STORE_PATH_MAX];
    FILE *file;

    assert_int_equal(store_dir_path(path, f->dir, record_id_day(fixture_id(FIXTURE_TIME, 0)), name),
                     0);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_pin_is_there_until_it_is_taken_out(void **state)
{
    uint64_t a = fixture_id(FIXTURE_TIME, 1), b = fixture_id(FIXTURE_TIME + FIXTURE_DAY, 2);
    struct pin pin = { a, FIXTURE_TIME, SLICE("anna"), SLICE("case \"4711\"\n") };
    struct told told = { "", 0 };
    uint64_t *calls;
    size_t count;
    struct fixture f;

    (void)state;
    fixture_make_dir(&f);
    assert_int_equal(pins_add(f.dir, &pin), -ENOENT); /* no such day */
    make_day(&f, record_id_day(a));
    assert_false(pins_has(f.dir, a));
    assert_int_equal(pins_add(f.dir, &pin), 0);
    assert_true(pins_has(f.dir, a));
    pin.by = SLICE("bert"); /* the first stays */
    assert_int_equal(pins_add(f.dir, &pin), 0);
    assert_int_equal(
        pins_add_new(f.dir, &(struct pin){ b, RECORD_NONE, SLICE("alert x"), SLICE("") }), 0);
    assert_int_equal(pins_each(f.dir, tell, &told), 0);
    assert_string_equal(told.text, "1:1795255200:anna:case \"4711\"? 2:-1:alert x: ");
    told = (struct told){ "", 1 };
    assert_int_equal(pins_each(f.dir, tell, &told), 0);
    assert_string_equal(told.text, "1:1795255200:anna:case \"4711\"? ");
    assert_int_equal(pins_of_day(f.dir, record_id_day(b), &calls, &count), 0);
    assert_int_equal(count, 1);
    assert_true(calls[0] == b);
    free(calls);
    assert_int_equal(pins_remove(f.dir, a), 0);
    assert_int_equal(pins_remove(f.dir, a), -ENOENT);
    assert_false(pins_has(f.dir, a));
    assert_int_equal(pins_of_day(f.dir, record_id_day(a), &calls, &count), 0);
    assert_int_equal(count, 0);
    free(calls);
    fixture_remove_dir(&f);
}

/* Half a file, one of somebody else, a name that is none: a pin is its name. */
static void what_stands_in_the_files_is_a_strangers(void **state)
{
    int32_t day = record_id_day(fixture_id(FIXTURE_TIME, 0));
    uint64_t id = fixture_id(FIXTURE_TIME, 1);
    struct told told = { "", 0 };
    char name[64], long_text[9000];
    uint64_t *calls;
    struct fixture f;
    size_t count;

    (void)state;
    fixture_make_dir(&f);
    make_day(&f, day);
    assert_int_equal(pins_add(f.dir, &(struct pin){ id, 0, SLICE("x"), SLICE("y") }), 0);
    memset(long_text, '[', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    for (unsigned n = 2; n < 6; n++) {
        static const char *const texts[] = { "", "{\"by\":", "{\"time\":1e300,\"by\":7}", NULL };

        snprintf(name, sizeof name, "pins/%016llx",
                 (unsigned long long)fixture_id(FIXTURE_TIME, n));
        put(&f, name, texts[n - 2] ? texts[n - 2] : long_text);
    }
    put(&f, "pins/.0123456789abcdef", "{}");
    put(&f, "pins/0123456789abcdef0", "{}");
    put(&f, "pins/0123456789ABCDEF", "{}");
    assert_int_equal(pins_of_day(f.dir, day, &calls, &count), 0);
    assert_int_equal(count, 5);
    free(calls);
    assert_int_equal(pins_each(f.dir, tell, &told), 0);
    assert_string_equal(told.text, "1:0:x:y 2:-1:: 3:-1:: 4:-1:: 5:-1:: ");
    fixture_remove_dir(&f);
}

static void calls_of_an_alert_are_read(void **state)
{
    static const struct {
        const char *json;
        size_t room, count;
    } rows[] = {
        { "[\"0dd2f00000000001\",\"0dd2f00000000002\"]", 20, 2 },
        { "[\"0dd2f00000000001\",\"0dd2f00000000002\"]", 1, 1 },
        { "[\"0dd2f0000000000\",\"0DD2F00000000002\",7,null,\"\"]", 20, 0 },
        { "", 20, 0 },
        { "[", 20, 0 },
        { "{\"a\":1}", 20, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t calls[20];

        assert_int_equal(pins_read_calls(slice_of_text(rows[i].json), calls, rows[i].room),
                         rows[i].count);
        if (rows[i].count)
            assert_true(calls[0] == 0x0dd2f00000000001);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_is_there_until_it_is_taken_out),
        cmocka_unit_test(what_stands_in_the_files_is_a_strangers),
        cmocka_unit_test(calls_of_an_alert_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
