/*
 * Whatever is done to the trail, the first line that it was done to is named.
 */
#include "tests/unit/audit_fixture.h"

enum { LINES = 6 };

struct trail {
    struct fixture f;
    struct slice text;
    size_t at[LINES + 1]; /* where each line begins */
};

static void make(struct trail *t)
{
    size_t n = 0;

    fixture_make_dir(&t->f);
    for (int i = 0; i < LINES; i++)
        trail_append(&t->f, i % 2 ? "open" : "search", "number:+49*");
    t->text = trail_read(&t->f);
    t->at[n++] = 0;
    for (size_t i = 0; i < t->text.len; i++) {
        if (t->text.p[i] == '\n')
            t->at[n++] = i + 1;
    }
    assert_int_equal(n, LINES + 1);
}

static void unmake(struct trail *t)
{
    trail_free(t->text);
    fixture_remove_dir(&t->f);
}

/* In memory, so that thousands of trails cost nothing: a file that has no name. */
static struct audit_verify verify(struct slice bytes)
{
    static int fd = -1;
    struct audit_scan scan;
    struct audit_verify v;
    bool is_whole;

    if (fd < 0) {
        char path[] = "/dev/shm/earshot-trail-XXXXXX", other[] = "/tmp/earshot-trail-XXXXXX";
        char *name = path;

        fd = mkstemp(path);
        if (fd < 0)
            fd = mkstemp(name = other);
        assert_true(fd >= 0);
        unlink(name);
    }
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, bytes.p, bytes.len, 0), bytes.len);
    audit_verify_init(&v);
    assert_int_equal(audit_scan_init(&scan, fd), 0);
    assert_int_equal(audit_verify_scan(&v, &scan, 0, &is_whole), 0);
    if (v.broken == AUDIT_UNBROKEN)
        audit_verify_end(&v);
    audit_scan_close(&scan);
    return v;
}

static size_t line_of(const struct trail *t, size_t at)
{
    size_t line = 1;

    while (t->at[line] <= at)
        line++;
    return line;
}

static void test_whole(void **state)
{
    struct audit_verify v;
    struct trail t;

    (void)state;
    make(&t);
    v = verify(t.text);
    assert_int_equal(v.broken, AUDIT_UNBROKEN);
    assert_int_equal(v.lines, LINES);
    assert_int_equal(v.seq, LINES);
    assert_int_equal(verify(SLICE("")).broken, AUDIT_UNBROKEN);
    unmake(&t);
}

/* Any bit of any byte. */
static void test_flip(void **state)
{
    struct trail t;
    char *copy;

    (void)state;
    make(&t);
    copy = malloc(t.text.len);
    memcpy(copy, t.text.p, t.text.len);
    for (size_t i = 0; i < t.text.len; i++) {
        struct audit_verify v;

        copy[i] = (char)(copy[i] ^ (1 << (i % 8)));
        v = verify(slice_of(copy, t.text.len));
        copy[i] = t.text.p[i];
        assert_int_not_equal(v.broken, AUDIT_UNBROKEN);
        assert_int_equal(v.line, line_of(&t, i));
        assert_int_equal(v.offset, t.at[v.line - 1]);
        assert_int_equal(v.broken, i + 1 == t.text.len ? AUDIT_TORN : AUDIT_CHANGED);
    }
    free(copy);
    unmake(&t);
}

/* One byte out, or in. */
static void test_bytes(void **state)
{
    static const char in[] = " x0\"}\n,{\\";
    struct trail t;
    char *copy;

    (void)state;
    make(&t);
    copy = malloc(t.text.len + 1);
    for (size_t i = 0; i < t.text.len; i++) {
        struct audit_verify v;

        memcpy(copy, t.text.p, i);
        memcpy(copy + i, t.text.p + i + 1, t.text.len - i - 1);
        v = verify(slice_of(copy, t.text.len - 1));
        assert_int_not_equal(v.broken, AUDIT_UNBROKEN);
        assert_int_equal(v.line, line_of(&t, i));
        copy[i] = in[i % (sizeof in - 1)];
        memcpy(copy + i + 1, t.text.p + i, t.text.len - i);
        v = verify(slice_of(copy, t.text.len + 1));
        assert_int_not_equal(v.broken, AUDIT_UNBROKEN);
        /* One end more is an empty line behind it. */
        assert_int_equal(v.line, line_of(&t, i) + (copy[i] == '\n' && t.text.p[i] == '\n'));
    }
    free(copy);
    unmake(&t);
}

/* Lines one after the other, as the table says: numbers of those of the trail. */
static struct audit_verify verify_order(const struct trail *t, const int *order, size_t count)
{
    struct strbuf text = { .p = NULL };
    struct audit_verify v;

    for (size_t i = 0; i < count; i++)
        strbuf_add(&text, t->text.p + t->at[order[i]], t->at[order[i] + 1] - t->at[order[i]]);
    v = verify(strbuf_slice(&text));
    strbuf_fini(&text);
    return v;
}

static void test_lines(void **state)
{
    struct audit_verify v;
    struct trail t;

    (void)state;
    make(&t);
    for (int a = 0; a < LINES; a++) {
        int order[LINES + 1];
        size_t n = 0;

        for (int i = 0; i < LINES; i++) {
            if (i != a)
                order[n++] = i;
        }
        v = verify_order(&t, order, n); /* without it */
        if (a == LINES - 1) {
            assert_int_equal(v.broken, AUDIT_UNBROKEN); /* only an anchor tells */
        } else {
            assert_int_equal(v.broken, AUDIT_REMOVED);
            assert_int_equal(v.line, a + 1);
        }
        for (int b = a + 1; b < LINES; b++) {
            for (int i = 0; i < LINES; i++)
                order[i] = i == a ? b : i == b ? a : i;
            v = verify_order(&t, order, LINES);
            assert_int_equal(v.broken, AUDIT_REORDERED);
            assert_int_equal(v.line, a + 1);
        }
        for (int b = 0; b <= LINES; b++) { /* once more before b */
            for (int i = 0; i <= LINES; i++)
                order[i] = i < b ? i : i == b ? a : i - 1;
            v = verify_order(&t, order, LINES + 1);
            assert_int_equal(v.line, a < b ? b + 1 : a == b ? a + 2 : b + 1);
            assert_int_equal(v.broken, a <= b ? AUDIT_INSERTED : AUDIT_REORDERED);
        }
    }
    unmake(&t);
}

/* A line that somebody wrote anew, with its hash. */
static void test_forged(void **state)
{
    const struct audit_entry entry = { .time_ns = FIXTURE_TIME,
                                       .user = SLICE("bob"),
                                       .deed = SLICE("open") };
    struct audit_link link = { .seq = 3 };
    struct strbuf text = { .p = NULL };
    char hash[AUDIT_DIGEST_LEN + 1];
    struct audit_line second;
    struct audit_verify v;
    struct trail t;

    (void)state;
    make(&t);
    assert_int_equal(audit_line_parse(&second, slice_of(t.text.p + t.at[1], t.at[2] - t.at[1] - 1)),
                     AUDIT_CHAINED);
    memcpy(link.prev, second.hash.p + 1, AUDIT_DIGEST_LEN);
    strbuf_add(&text, t.text.p, t.at[2]);
    audit_line_write(&text, &entry, &link, "", hash);
    strbuf_add(&text, t.text.p + t.at[3], t.text.len - t.at[3]);
    v = verify(strbuf_slice(&text));
    assert_int_equal(v.broken, AUDIT_CHANGED);
    assert_int_equal(v.line, 3);
    strbuf_fini(&text);
    /* What is no line, put between two. */
    strbuf_add(&text, t.text.p, t.at[2]);
    strbuf_add_text(&text, "nothing\n");
    strbuf_add(&text, t.text.p + t.at[2], t.text.len - t.at[2]);
    v = verify(strbuf_slice(&text));
    assert_int_equal(v.broken, AUDIT_INSERTED);
    assert_int_equal(v.line, 3);
    strbuf_fini(&text);
    unmake(&t);
}

/* What was noted elsewhere tells of an end that was cut off, and of a trail that was made anew. */
static void test_anchor(void **state)
{
    char anchor[AUDIT_DIGEST_LEN + 16];
    struct audit_verify v;
    struct trail t;

    (void)state;
    make(&t);
    v = trail_verify(&t.f);
    snprintf(anchor, sizeof anchor, "%d:%s", LINES, v.hash);
    for (int cut = 0; cut < 2; cut++) {
        trail_write(&t.f, slice_of(t.text.p, cut ? t.at[LINES - 1] : t.text.len));
        audit_verify_init(&v);
        assert_true(audit_verify_anchor(&v, slice_of_text(anchor)));
        assert_int_equal(audit_verify_store(&v, t.f.dir), 0);
        assert_int_equal(v.broken, cut ? AUDIT_REMOVED : AUDIT_UNBROKEN);
    }
    trail_append(&t.f, "open", "another");
    audit_verify_init(&v);
    assert_true(audit_verify_anchor(&v, slice_of_text(anchor)));
    assert_int_equal(audit_verify_store(&v, t.f.dir), 0);
    assert_int_equal(v.broken, AUDIT_CHANGED);
    assert_int_equal(v.line, LINES);
    assert_false(audit_verify_anchor(&v, SLICE("12")));
    assert_false(audit_verify_anchor(&v, SLICE("x:00")));
    unmake(&t);
}

/* Piece by piece it comes to the same. */
static void test_pieces(void **state)
{
    struct audit_scan scan;
    struct audit_verify v;
    bool is_whole = false;
    struct trail t;
    int rounds = 0;

    (void)state;
    make(&t);
    audit_verify_init(&v);
    while (!is_whole) {
        assert_int_equal(audit_scan_open(&scan, t.f.dir), 0);
        assert_int_equal(audit_verify_scan(&v, &scan, 1, &is_whole), 0);
        audit_scan_close(&scan);
        rounds++;
    }
    assert_int_equal(rounds, LINES);
    assert_int_equal(v.lines, LINES);
    trail_append(&t.f, "open", "one more");
    assert_int_equal(audit_scan_open(&scan, t.f.dir), 0);
    assert_int_equal(audit_verify_scan(&v, &scan, 0, &is_whole), 0);
    audit_scan_close(&scan);
    assert_int_equal(v.lines, LINES + 1);
    unmake(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),  cmocka_unit_test(test_flip),   cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_lines),  cmocka_unit_test(test_forged), cmocka_unit_test(test_anchor),
        cmocka_unit_test(test_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
