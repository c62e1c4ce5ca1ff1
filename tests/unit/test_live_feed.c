#include "probe/engine/live_feed.h"
#include "probe/web/live_client.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char dir[64], path[96];
};

static int make_dir(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    snprintf(f->dir, sizeof f->dir, "/tmp/earshot-live-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/live.sock", f->dir);
    *state = f;
    return 0;
}

static int remove_dir(void **state)
{
    struct fixture *f = *state;

    unlink(f->path);
    rmdir(f->dir);
    free(f);
    return 0;
}

struct counts {
    uint64_t lines, dropped;
    uint64_t expected; /* the number that comes next, unless it was dropped */
};

/* Lines are {"n":N,…}; every number comes in order or is counted as dropped. */
static void on_line(void *ctx, struct slice line)
{
    struct counts *c = ctx;
    struct slice rest = line;
    uint64_t n;

    slice_cut(&rest, ':');
    if (slice_starts_with(line, SLICE("{\"type\":\"dropped\",\"messages\":"))) {
        slice_cut(&rest, ':');
        rest.len--;
        assert_true(slice_to_u64(rest, UINT64_MAX, &n));
        c->dropped += n;
        c->expected += n;
        return;
    }
    assert_true(slice_to_u64(slice_cut(&rest, ','), UINT64_MAX, &n));
    assert_int_equal(n, c->expected);
    c->expected++;
    c->lines++;
}

static void publish(struct live_feed *f, uint64_t n, size_t padding)
{
    static char text[8192];
    int len = snprintf(text, sizeof text, "{\"n\":%llu,\"p\":\"%0*d\"}", (unsigned long long)n,
                       (int)padding, 0);

    live_feed_publish(f, slice_of(text, (size_t)len));
}

static void gives_every_line_to_who_reads(void **state)
{
    struct fixture *x = *state;
    struct live_feed *f;
    struct live_client c;
    struct counts counts = { 0 };
    int fd;

    assert_int_equal(live_feed_open(&f, x->dir), 0);
    fd = live_client_connect(x->dir);
    assert_true(fd >= 0);
    assert_false(live_feed_has_readers(f));
    live_feed_poll(f);
    assert_true(live_feed_has_readers(f));
    assert_int_equal(live_client_init(&c), 0);
    for (uint64_t i = 0; i < 20000; i++) {
        publish(f, i, i % 200 + 1);
        if (i % 100 == 0) {
            live_feed_poll(f);
            assert_int_equal(live_client_read(&c, fd, on_line, &counts), 0);
        }
    }
    live_feed_close(f);
    while (live_client_read(&c, fd, on_line, &counts) == 0)
        ;
    assert_int_equal(counts.lines, 20000);
    assert_int_equal(counts.dropped, 0);
    assert_int_equal(c.refused, 0);
    live_client_fini(&c);
    close(fd);
}

static void tells_a_slow_reader_what_it_lost(void **state)
{
    struct fixture *x = *state;
    struct live_feed *f;
    struct live_client c;
    struct counts counts = { 0 };
    int fd;

    assert_int_equal(live_feed_open(&f, x->dir), 0);
    fd = live_client_connect(x->dir);
    assert_true(fd >= 0);
    live_feed_poll(f);
    assert_int_equal(live_client_init(&c), 0);
    for (uint64_t i = 0; i < 10000; i++) /* 10 MB into at most 1 MiB and what the kernel takes */
        publish(f, i, 1000);
    for (int i = 0; i < 2000 && counts.expected < 10000; i++) {
        live_feed_poll(f);
        assert_int_equal(live_client_read(&c, fd, on_line, &counts), 0);
    }
    assert_int_equal(counts.lines + counts.dropped, 10000);
    assert_true(counts.dropped > 5000);
    publish(f, 10000, 1);
    live_feed_poll(f);
    live_client_read(&c, fd, on_line, &counts);
    assert_int_equal(counts.expected, 10001);
    live_client_fini(&c);
    close(fd);
    live_feed_close(f);
}

static void outlives_readers_that_go(void **state)
{
    struct fixture *x = *state;
    struct live_feed *f;

    assert_int_equal(live_feed_open(&f, x->dir), 0);
    for (int round = 0; round < 3; round++) {
        int fds[LIVE_FEED_READERS_MAX];

        for (int i = 0; i < LIVE_FEED_READERS_MAX; i++) {
            fds[i] = live_client_connect(x->dir);
            assert_true(fds[i] >= 0);
            live_feed_poll(f);
        }
        assert_true(live_feed_has_readers(f));
        for (int i = 0; i < LIVE_FEED_READERS_MAX; i++)
            close(fds[i]);
        for (int i = 0; i < 3; i++) {
            publish(f, 0, 10);
            live_feed_poll(f);
        }
        assert_false(live_feed_has_readers(f));
    }
    live_feed_close(f);
}

static void lets_in_no_more_than_it_has_places_for(void **state)
{
    struct fixture *x = *state;
    struct live_feed *f;
    int fds[LIVE_FEED_READERS_MAX + 1];
    char byte;

    assert_int_equal(live_feed_open(&f, x->dir), 0);
    for (int i = 0; i <= LIVE_FEED_READERS_MAX; i++) {
        fds[i] = live_client_connect(x->dir);
        assert_true(fds[i] >= 0);
        live_feed_poll(f);
    }
    assert_int_equal(read(fds[LIVE_FEED_READERS_MAX], &byte, 1), 0); /* shown the door */
    assert_int_equal(read(fds[0], &byte, 1), -1);
    for (int i = 0; i <= LIVE_FEED_READERS_MAX; i++)
        close(fds[i]);
    live_feed_close(f);
}

static void replaces_the_socket_of_a_dead_run_only(void **state)
{
    struct fixture *x = *state;
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct live_feed *f, *second = NULL;
    struct stat st;
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_true(dead >= 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", x->path);
    assert_int_equal(bind(dead, (struct sockaddr *)&at, sizeof at), 0);
    close(dead); /* the file stays, as after kill -9 */
    assert_int_equal(live_feed_open(&f, x->dir), 0);
    assert_int_equal(stat(x->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(live_feed_open(&second, x->dir), -EADDRINUSE);
    assert_null(second);
    live_feed_close(f);
    assert_int_equal(stat(x->path, &st), -1); /* tidied up */
}

static void touches_no_file_that_is_no_socket(void **state)
{
    struct fixture *x = *state;
    struct live_feed *f = NULL;
    int fd = open(x->path, O_CREAT | O_WRONLY, 0600);
    struct stat st;

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(live_feed_open(&f, x->dir), -EEXIST);
    assert_int_equal(stat(x->path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
}

static void refuses_a_path_that_does_not_fit(void **state)
{
    char dir[200];
    struct live_feed *f = NULL;

    (void)state;
    memset(dir, 'a', sizeof dir - 1);
    dir[sizeof dir - 1] = '\0';
    assert_int_equal(live_feed_open(&f, dir), -ENAMETOOLONG);
    assert_int_equal(live_client_connect(dir), -ENAMETOOLONG);
    assert_int_equal(live_feed_open(&f, "/nonexistent"), -ENOENT);
    assert_null(f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        TEST(gives_every_line_to_who_reads),
        TEST(tells_a_slow_reader_what_it_lost),
        TEST(outlives_readers_that_go),
        TEST(lets_in_no_more_than_it_has_places_for),
        TEST(replaces_the_socket_of_a_dead_run_only),
        TEST(touches_no_file_that_is_no_socket),
        TEST(refuses_a_path_that_does_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
