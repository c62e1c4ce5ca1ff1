#include "storage/audit.h"
#include "tests/unit/store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void read_file(const struct fixture *f, char *out, size_t room)
{
    char path[128];
    FILE *file;
    size_t n;

    snprintf(path, sizeof path, "%s/audit.jsonl", f->dir);
    file = fopen(path, "rb");
    assert_non_null(file);
    n = fread(out, 1, room - 1, file);
    out[n] = '\0';
    fclose(file);
}

static const struct audit_entry entry = {
    .time_ns = FIXTURE_TIME,
    .action = SLICE_INIT("listen"),
    .call = 0x0123456789abcdef,
    .call_id = SLICE_INIT("a\"b\n\xff@c"),
    .by = SLICE_INIT("alice"),
    .from = SLICE_INIT("192.0.2.1"),
    .format = SLICE_INIT("wav"),
};

#define LINE                                                                                       \
    "{\"time\":1795255200.000000,\"action\":\"listen\",\"call\":\"0123456789abcdef\","             \
    "\"call_id\":\"a\\\"b\\n\xef\xbf\xbd@c\",\"by\":\"alice\",\"from\":\"192.0.2.1\",\"format\":"  \
    "\"wav\"}\n"

static void test_line(void **state)
{
    struct fixture f;
    char text[4096], path[128];
    struct stat st;

    (void)state;
    fixture_make_dir(&f);
    assert_int_equal(audit_append(f.dir, &entry), 0);
    assert_int_equal(audit_append(f.dir, &entry), 0);
    read_file(&f, text, sizeof text);
    assert_string_equal(text, LINE LINE);
    snprintf(path, sizeof path, "%s/audit.jsonl", f.dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    fixture_remove_dir(&f);
}

/* A line that was torn (a full disk, a kill) does not swallow the next. */
static void test_torn(void **state)
{
    struct fixture f;
    char text[4096], path[128];
    FILE *file;

    (void)state;
    fixture_make_dir(&f);
    snprintf(path, sizeof path, "%s/audit.jsonl", f.dir);
    file = fopen(path, "wb");
    assert_non_null(file);
    fputs("{\"time\":17", file);
    fclose(file);
    assert_int_equal(audit_append(f.dir, &entry), 0);
    read_file(&f, text, sizeof text);
    assert_string_equal(text, "{\"time\":17\n" LINE);
    fixture_remove_dir(&f);
}

static void test_refused(void **state)
{
    struct fixture f;
    char path[128];

    (void)state;
    assert_int_equal(audit_append("/nonexistent/store", &entry), -ENOENT);
    fixture_make_dir(&f);
    snprintf(path, sizeof path, "%s/audit.jsonl", f.dir);
    assert_int_equal(symlink("/dev/null", path), 0); /* a line that nobody will read */
    assert_int_equal(audit_append(f.dir, &entry), -ELOOP);
    fixture_remove_dir(&f);
}

/* Several processes at once: every line is whole, none is lost. */
static void test_processes(void **state)
{
    enum { PROCESSES = 4, LINES = 50 };
    static char text[PROCESSES * LINES * (sizeof LINE - 1) + 2];
    struct fixture f;
    pid_t children[PROCESSES];

    (void)state;
    fixture_make_dir(&f);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            for (int k = 0; k < LINES; k++) {
                if (audit_append(f.dir, &entry) != 0)
                    _exit(1);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    read_file(&f, text, sizeof text);
    assert_int_equal(strlen(text), PROCESSES * LINES * (sizeof LINE - 1));
    for (size_t i = 0; i < PROCESSES * LINES; i++)
        assert_memory_equal(text + i * (sizeof LINE - 1), LINE, sizeof LINE - 1);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_processes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
