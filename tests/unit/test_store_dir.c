/* The folder of a store: names, versions, the lock, the cap on days. */
#include "storage/store_dir.h"
#include "tests/unit/store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static void day_names_and_back(void **state)
{
    static const struct {
        int32_t day;
        const char *name;
    } cases[] = {
        { 0, "1970-01-01" },      { 58, "1970-02-28" },    { 59, "1970-03-01" },
        { 789, "1972-02-29" },    { 790, "1972-03-01" },   { 11016, "2000-02-29" },
        { 20778, "2026-11-21" },  { 47540, "2100-02-28" }, { 47541, "2100-03-01" },
        { 104528, "2256-03-10" },
    };
    struct fixture f;
    int32_t *days;
    size_t count;
    char name[16];

    (void)state;
    fixture_make_dir(&f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(store_dir_day_name(cases[i].day, name));
        assert_string_equal(name, cases[i].name);
        assert_int_equal(store_dir_make_day(f.dir, cases[i].day), 0);
        assert_int_equal(store_dir_make_day(f.dir, cases[i].day), 0);
    }
    assert_int_equal(store_dir_days(f.dir, &days, &count), 0);
    assert_int_equal(count, sizeof cases / sizeof cases[0]);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(days[i], cases[i].day);
    free(days);
    assert_false(store_dir_day_name(-1, name));
    assert_int_equal(store_dir_make_day(f.dir, -1), -EINVAL);
    fixture_remove_dir(&f);
}

static void other_names_are_no_days(void **state)
{
    static const char *const names[] = { "2026-02-29",  "2026-13-01", "2026-1-01",  "lost+found",
                                         "2026-11-21x", "1969-12-31", "2026-11-00", "20261121" };
    struct fixture f;
    int32_t *days;
    size_t count;

    (void)state;
    fixture_make_dir(&f);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];

        snprintf(path, sizeof path, "%s/%s", f.dir, names[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    assert_int_equal(store_dir_days(f.dir, &days, &count), 0);
    assert_int_equal(count, 0);
    free(days);
    fixture_remove_dir(&f);
}

static void write_version(const struct fixture *f, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/VERSION", f->dir);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void version_decides(void **state)
{
    static const struct {
        const char *text;
        int expect;
    } cases[] = {
        { "earshot store 1\n", 0 },
        { "", 0 }, /* killed right after it was made */
        { "earsh", 0 },
        { "earshot store", 0 },
        { "earshot store 2\n", -EPROTO },
        { "earshod", -EPROTO },
        { "earshot store 99999999999\n", -EPROTO },
        { "earshot store 0\n", -EPROTO },
        { "earshot store\n", -EPROTO },
        { "\x7f"
          "ELF",
          -EPROTO },
    };
    struct fixture f;

    (void)state;
    fixture_make_dir(&f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = -1;

        write_version(&f, cases[i].text);
        assert_int_equal(store_dir_check(f.dir), cases[i].expect);
        assert_int_equal(store_dir_open(f.dir, &fd), cases[i].expect);
        if (fd >= 0)
            close(fd);
    }
    fixture_remove_dir(&f);
}

static void newer_store_is_refused_by_writer_and_query(void **state)
{
    struct fixture f;
    struct writer_options options = { .store_dir = f.dir };
    struct writer *w = NULL;
    struct query *q = NULL;

    (void)state;
    fixture_make_dir(&f);
    write_version(&f, "earshot store 7\n");
    assert_int_equal(writer_start(&w, &options), -EPROTO);
    assert_null(w);
    assert_int_equal(query_open(&q, f.dir), -EPROTO);
    assert_null(q);
    fixture_remove_dir(&f);
}

static void second_writer_is_refused(void **state)
{
    struct fixture f;
    struct writer_options options = { .store_dir = f.dir };
    struct writer *first, *second = NULL;

    (void)state;
    fixture_make_dir(&f);
    first = fixture_writer(&f);
    assert_int_equal(writer_start(&second, &options), -EBUSY);
    writer_stop(first);
    assert_int_equal(writer_start(&second, &options), 0);
    writer_stop(second);
    fixture_remove_dir(&f);
}

static void folders_are_private(void **state)
{
    struct fixture f;
    char path[128];
    struct stat st;
    int fd;

    (void)state;
    fixture_make_dir(&f);
    snprintf(path, sizeof path, "%s/deep/er", f.dir);
    assert_int_equal(store_dir_open(path, &fd), 0);
    close(fd);
    assert_int_equal(store_dir_make_day(path, 20778), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "%s/deep/er/2026-11-21", f.dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "%s/deep/er/VERSION", f.dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    fixture_remove_dir(&f);
}

static void missing_store_is_told(void **state)
{
    struct fixture f;
    char path[128];

    (void)state;
    fixture_make_dir(&f);
    snprintf(path, sizeof path, "%s/none", f.dir);
    assert_int_equal(store_dir_check(path), -ENOENT);
    fixture_remove_dir(&f);
}

static void days_are_capped(void **state)
{
    struct fixture f;
    int32_t *days;
    size_t count;

    (void)state;
    fixture_make_dir(&f);
    for (int32_t day = 0; day < STORE_DAYS_MAX; day++) {
        char path[STORE_PATH_MAX];

        assert_int_equal(store_dir_path(path, f.dir, day, NULL), 0);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    assert_int_equal(store_dir_make_day(f.dir, STORE_DAYS_MAX), -EDQUOT);
    assert_int_equal(store_dir_make_day(f.dir, STORE_DAYS_MAX - 1), 0);
    assert_int_equal(store_dir_days(f.dir, &days, &count), 0);
    assert_int_equal(count, STORE_DAYS_MAX);
    free(days);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(day_names_and_back),
        cmocka_unit_test(other_names_are_no_days),
        cmocka_unit_test(version_decides),
        cmocka_unit_test(newer_store_is_refused_by_writer_and_query),
        cmocka_unit_test(second_writer_is_refused),
        cmocka_unit_test(folders_are_private),
        cmocka_unit_test(missing_store_is_told),
        cmocka_unit_test(days_are_capped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
