#include "storage/audit/audit_read.h"
#include "storage/upkeep/erase_audit.h"
#include "tests/unit/audit_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct audit_entry entry = {
    .time_ns = FIXTURE_TIME,
    .user = SLICE_INIT("ann"),
    .from = SLICE_INIT("192.0.2.1"),
    .deed = SLICE_INIT("listen"),
    .object = SLICE_INIT("0123456789abcdef"),
    .call_id = SLICE_INIT("a\"b\n\xff@c"),
    .detail = SLICE_INIT("wav"),
    .status = 200,
};

#define HEAD                                                                                       \
    "{\"seq\":1,\"time\":1795255200.000000,\"user\":\"ann\",\"token\":null,"                       \
    "\"from\":\"192.0.2.1\",\"deed\":\"listen\",\"object\":\"0123456789abcdef\",\"status\":200,"   \
    "\"personal\":\""
#define NO_HASH "0000000000000000000000000000000000000000000000000000000000000000"

static bool has(struct slice text, const char *what)
{
    struct slice want = slice_of_text(what);

    for (size_t i = 0; i + want.len <= text.len; i++) {
        if (memcmp(text.p + i, want.p, want.len) == 0)
            return true;
    }
    return false;
}

static void test_line(void **state)
{
    struct strbuf written = { .p = NULL };
    struct audit_line line;
    struct fixture f;
    struct slice text;
    char path[128];
    struct stat st;

    (void)state;
    fixture_make_dir(&f);
    assert_int_equal(audit_append(f.dir, &entry, AUDIT_SYNC, &written), 0);
    text = trail_read(&f);
    assert_true(slice_eq(text, strbuf_slice(&written)));
    assert_true(slice_starts_with(text, SLICE(HEAD)));
    assert_true(has(text, "\",\"prev\":\"" NO_HASH "\",\"hash\":\""));
    assert_true(has(text, ",\"call_id\":\"a\\\"b\\n\xef\xbf\xbd@c\",\"detail\":\"wav\"}\n"));
    assert_int_equal(audit_line_parse(&line, slice_of(text.p, text.len - 1)), AUDIT_CHAINED);
    assert_true(audit_line_is_true(&line));
    assert_int_equal(line.seq, 1);
    assert_int_equal(line.time_ns, FIXTURE_TIME);
    assert_true(audit_line_says(line.call_id, SLICE("a\"b\n\xff@c")));
    assert_false(line.is_erased);
    snprintf(path, sizeof path, "%s/audit.jsonl", f.dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    strbuf_fini(&written);
    trail_free(text);
    fixture_remove_dir(&f);
}

/* As docs/AUDIT.md tells how to check it by hand. */
static void test_by_hand(void **state)
{
    struct audit_line line;
    char digest[AUDIT_DIGEST_LEN + 1];
    struct strbuf out = { .p = NULL };
    struct audit_link link = { .seq = 7, .prev = NO_HASH };
    char hash[AUDIT_DIGEST_LEN + 1];

    (void)state;
    audit_digest(SLICE("abc"), digest); /* FIPS 180-4, appendix B.1 */
    assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    audit_line_write(&out, &entry, &link, "00112233445566778899aabbccddeeff", hash);
    assert_int_equal(audit_line_parse(&line, slice_of(out.p, out.len - 1)), AUDIT_CHAINED);
    audit_digest(line.head, digest);
    assert_string_equal(digest, hash);
    assert_true(slice_starts_with(slice_of(out.p + line.head.len, out.len - line.head.len),
                                  SLICE(",\"hash\":")));
    audit_digest(line.tail, digest);
    assert_memory_equal(line.personal.p + 1, digest, AUDIT_DIGEST_LEN);
    assert_true(
        slice_starts_with(line.tail, SLICE("\"salt\":\"00112233445566778899aabbccddeeff\"")));
    strbuf_fini(&out);
}

/* Without texts there is nothing to be hidden; texts that are too long are cut within no character. */
static void test_texts(void **state)
{
    static char longest[5000];
    struct audit_entry e = { .deed = SLICE("login"), .user = SLICE("ann") };
    struct audit_line line;
    struct fixture f;
    struct slice text;

    (void)state;
    fixture_make_dir(&f);
    assert_int_equal(audit_append(f.dir, &e, AUDIT_WRITE, NULL), 0);
    text = trail_read(&f);
    assert_int_equal(audit_line_parse(&line, slice_of(text.p, text.len - 1)), AUDIT_CHAINED);
    assert_true(slice_eq(line.personal, SLICE("null")));
    assert_true(slice_eq(line.salt, SLICE("null")));
    assert_false(line.is_erased);
    trail_free(text);
    memset(longest, 1, sizeof longest); /* each becomes six bytes */
    e.detail = e.call_id = e.user = e.token = e.from = e.deed = e.object =
        slice_of(longest, sizeof longest);
    assert_int_equal(audit_append(f.dir, &e, AUDIT_WRITE, NULL), 0);
    assert_int_equal(trail_verify(&f).broken, AUDIT_UNBROKEN);
    assert_int_equal(trail_verify(&f).lines, 2);
    fixture_remove_dir(&f);
}

/* A line that was torn (a power cut) does not swallow the next, which tells of it. */
static void test_torn(void **state)
{
    struct audit_verify v;
    struct fixture f;
    struct slice text;

    (void)state;
    fixture_make_dir(&f);
    trail_append(&f, "open", "1");
    trail_append(&f, "open", "2");
    text = trail_read(&f);
    for (size_t cut = 1; cut < text.len / 2; cut += 7) {
        trail_write(&f, slice_of(text.p, text.len - cut));
        v = trail_verify(&f);
        assert_int_equal(v.broken, AUDIT_TORN);
        assert_int_equal(v.line, 2);
        trail_append(&f, "open", "3");
        v = trail_verify(&f);
        assert_int_equal(v.broken, AUDIT_UNBROKEN);
        if (cut == 1) { /* all was there but for its end */
            assert_int_equal(v.seq, 3);
            assert_int_equal(v.torn, 0);
            continue;
        }
        assert_int_equal(v.seq, 2);
        assert_int_equal(v.torn, 1);
        assert_int_equal(v.torn_line, 2);
    }
    trail_free(text);
    /* Torn again in the line that tells of it. */
    text = trail_read(&f);
    trail_write(&f, slice_of(text.p, text.len - 100));
    trail_append(&f, "open", "4");
    v = trail_verify(&f);
    assert_int_equal(v.broken, AUDIT_UNBROKEN);
    assert_int_equal(v.torn, 1);
    assert_int_equal(v.lines, 2);
    trail_free(text);
    fixture_remove_dir(&f);
}

#define OLD                                                                                        \
    "{\"time\":1795255200.000000,\"action\":\"listen\",\"call\":\"0123456789abcdef\","             \
    "\"call_id\":\"4930123456@c\",\"by\":\"alice\",\"from\":\"192.0.2.1\",\"format\":\"wav\"}\n"

/* Lines from before there was a chain stay where they are, and count as such. */
static void test_old(void **state)
{
    struct audit_verify v;
    struct fixture f;

    (void)state;
    fixture_make_dir(&f);
    trail_write(&f, SLICE(OLD "{\"time\":17\n" OLD "{\"tim"));
    v = trail_verify(&f);
    assert_int_equal(v.broken, AUDIT_TORN);
    trail_append(&f, "open", "1");
    trail_append(&f, "open", "2");
    v = trail_verify(&f);
    assert_int_equal(v.broken, AUDIT_UNBROKEN);
    assert_int_equal(v.lines, 6);
    assert_int_equal(v.unchained, 4);
    assert_int_equal(v.seq, 2);
    fixture_remove_dir(&f);
}

static void test_refused(void **state)
{
    struct fixture f;
    char path[128];

    (void)state;
    assert_int_equal(audit_append("/nonexistent/store", &entry, AUDIT_WRITE, NULL), -ENOENT);
    fixture_make_dir(&f);
    snprintf(path, sizeof path, "%s/audit.jsonl", f.dir);
    assert_int_equal(symlink("/dev/null", path), 0); /* a line that nobody will read */
    assert_int_equal(audit_append(f.dir, &entry, AUDIT_WRITE, NULL), -ELOOP);
    remove(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(audit_append(f.dir, &entry, AUDIT_WRITE, NULL), -EINVAL);
    fixture_remove_dir(&f);
}

/* A disk that is full in the middle of a line: the trail is as it was. */
static void test_full(void **state)
{
    struct fixture f;
    struct slice text;
    pid_t child;
    int status;

    (void)state;
    fixture_make_dir(&f);
    trail_append(&f, "open", "1");
    text = trail_read(&f);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit room = { text.len + 100, text.len + 100 };

        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &room);
        _exit(audit_append(f.dir, &entry, AUDIT_SYNC, NULL) == -ENOSPC ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    trail_free(text);
    assert_int_equal(trail_verify(&f).broken, AUDIT_UNBROKEN);
    assert_int_equal(trail_verify(&f).lines, 1);
    trail_append(&f, "open", "2");
    assert_int_equal(trail_verify(&f).torn, 0);
    assert_int_equal(trail_verify(&f).lines, 2);
    fixture_remove_dir(&f);
}

enum { PROCESSES = 4, LINES = 50 };

static void start_writers(const struct fixture *f, int lines, pid_t children[PROCESSES])
{
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] != 0)
            continue;
        for (int k = 0; k < lines; k++) {
            if (audit_append(f->dir, &entry, AUDIT_WRITE, NULL) != 0)
                _exit(1);
        }
        _exit(0);
    }
}

/* Several processes at once: every line is whole and in the chain, none is lost. */
static void test_processes(void **state)
{
    pid_t children[PROCESSES];
    struct audit_verify v;
    struct fixture f;

    (void)state;
    fixture_make_dir(&f);
    start_writers(&f, LINES, children);
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    v = trail_verify(&f);
    assert_int_equal(v.broken, AUDIT_UNBROKEN);
    assert_int_equal(v.seq, PROCESSES * LINES);
    fixture_remove_dir(&f);
}

/* Killed at any moment: who comes after them finds a chain to go on with. */
static void test_killed(void **state)
{
    pid_t children[PROCESSES];
    struct fixture f;

    (void)state;
    fixture_make_dir(&f);
    for (int round = 0; round < 10; round++) {
        start_writers(&f, 1000000, children);
        usleep(2000 + 1000 * (useconds_t)round);
        for (int i = 0; i < PROCESSES; i++) {
            kill(children[i], SIGKILL);
            waitpid(children[i], NULL, 0);
        }
        trail_append(&f, "open", "after");
        assert_int_equal(trail_verify(&f).broken, AUDIT_UNBROKEN);
    }
    fixture_remove_dir(&f);
}

struct rows {
    size_t count;
    uint64_t seqs[64];
};

static bool take_row(void *ctx, const struct audit_line *line)
{
    struct rows *rows = ctx;

    rows->seqs[rows->count++] = line->seq;
    return true;
}

static void test_read(void **state)
{
    struct audit_query q = { .since = INT64_MIN, .until = INT64_MIN, .limit = 4 };
    struct rows rows = { 0 };
    struct fixture f;
    uint64_t next;

    (void)state;
    fixture_make_dir(&f);
    assert_int_equal(audit_read(f.dir, &q, take_row, &rows, &next), 0);
    assert_int_equal(rows.count, 0);
    trail_write(&f, SLICE(OLD));
    for (int i = 0; i < 10; i++)
        trail_append(&f, i % 2 ? "open" : "listen", "x");
    assert_int_equal(audit_read(f.dir, &q, take_row, &rows, &next), 0);
    assert_int_equal(rows.count, 4);
    assert_int_equal(rows.seqs[0], 10);
    assert_int_equal(rows.seqs[3], 7);
    for (int page = 0; next; page++) {
        q.before = next;
        assert_true(page < 5);
        assert_int_equal(audit_read(f.dir, &q, take_row, &rows, &next), 0);
    }
    assert_int_equal(rows.count, 11);
    assert_int_equal(rows.seqs[10], 0); /* the old one */
    rows.count = 0;
    q = (struct audit_query){ .since = INT64_MIN, .until = INT64_MIN, .deed = SLICE("listen") };
    assert_int_equal(audit_read(f.dir, &q, take_row, &rows, &next), 0);
    assert_int_equal(rows.count, 6);
    q.call = SLICE("4930123456@pbx");
    q.user = SLICE("ann");
    rows.count = 0;
    assert_int_equal(audit_read(f.dir, &q, take_row, &rows, &next), 0);
    assert_int_equal(rows.count, 5);
    q.since = FIXTURE_TIME + 1000;
    rows.count = 0;
    assert_int_equal(audit_read(f.dir, &q, take_row, &rows, &next), 0);
    assert_int_equal(rows.count, 0);
    fixture_remove_dir(&f);
}

/* A number goes out of the trail, and the chain holds. */
static void test_erase(void **state)
{
    struct number_forms forms;
    struct audit_verify v;
    uint64_t lines = 0;
    struct fixture f;
    struct slice text;

    (void)state;
    assert_int_equal(number_forms_make(&forms, SLICE("+4930123456"), NULL), 0);
    fixture_make_dir(&f);
    trail_write(&f, SLICE(OLD));
    assert_int_equal(audit_append(f.dir, &entry, AUDIT_WRITE, NULL), 0);
    trail_append(&f, "search", "number:0049 30 123456 mos<3");
    trail_append(&f, "erase", "");
    assert_int_equal(erase_audit(f.dir, &forms, ERASE_AUDIT_COUNT, &lines), 0);
    assert_int_equal(lines, 3);
    assert_int_equal(trail_verify(&f).erased, 0);
    lines = 0;
    assert_int_equal(erase_audit(f.dir, &forms, ERASE_AUDIT_NOW, &lines), 0);
    assert_int_equal(lines, 3);
    text = trail_read(&f);
    assert_false(has(text, "30123456"));
    assert_false(has(text, "30 123456"));
    assert_true(has(text, "XXXXXXXXXX@c"));
    assert_true(has(text, "a\\\"b")); /* another's */
    trail_free(text);
    v = trail_verify(&f);
    assert_int_equal(v.broken, AUDIT_UNBROKEN);
    assert_int_equal(v.erased, 2);
    assert_int_equal(v.lines, 4);
    lines = 0;
    assert_int_equal(erase_audit(f.dir, &forms, ERASE_AUDIT_LEFT, &lines), 0);
    assert_int_equal(lines, 0);
    trail_append(&f, "open", "after");
    assert_int_equal(trail_verify(&f).lines, 5);
    lines = 0;
    assert_int_equal(erase_audit(f.dir, &forms, ERASE_AUDIT_LEFT, &lines), 0);
    assert_int_equal(lines, 1); /* its Call-ID */
    fixture_remove_dir(&f);
}

/* Stopped in the middle of a line: the next erasure finishes it. */
static void test_erase_begun(void **state)
{
    static const char begun[] = "\"salt\":null,\"call_id\":null,\"det";
    struct number_forms forms;
    struct fixture f;
    struct slice text;
    uint64_t lines = 0;
    char *at;

    (void)state;
    assert_int_equal(number_forms_make(&forms, SLICE("+4930123456"), NULL), 0);
    fixture_make_dir(&f);
    trail_append(&f, "search", "number:+4930123456");
    trail_append(&f, "search", "mos<3");
    text = trail_read(&f);
    at = strstr((char *)(uintptr_t)text.p, "\"salt\"");
    assert_non_null(at);
    memcpy(at, begun, sizeof begun - 1);
    trail_write(&f, text);
    trail_free(text);
    assert_int_equal(trail_verify(&f).broken, AUDIT_CHANGED);
    assert_int_equal(erase_audit(f.dir, &forms, ERASE_AUDIT_NOW, &lines), 0);
    assert_int_equal(trail_verify(&f).broken, AUDIT_UNBROKEN);
    assert_int_equal(trail_verify(&f).erased, 2);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),   cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_texts),  cmocka_unit_test(test_torn),
        cmocka_unit_test(test_old),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_full),   cmocka_unit_test(test_processes),
        cmocka_unit_test(test_killed), cmocka_unit_test(test_read),
        cmocka_unit_test(test_erase),  cmocka_unit_test(test_erase_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
