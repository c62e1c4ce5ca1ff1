#include "probe/capture/source_live.h"

#include "analyzer/base/log.h"
#include "analyzer/record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { DATAGRAMS = 100, PATIENCE_MS = 5000 };

struct seen {
    unsigned marked; /* frames that end in our mark */
    struct frame last;
};

static const char mark[] = "earshot-live-test";

static void look(void *ctx, const struct frame *frame)
{
    struct seen *seen = ctx;
    size_t len = sizeof mark - 1;

    if (frame->captured_bytes >= len &&
        memcmp(frame->data + frame->captured_bytes - len, mark, len) == 0)
        seen->marked++;
    seen->last = *frame;
}

/* An open UDP socket on the loopback and where it is bound. */
static int bind_loopback(struct sockaddr_in *to)
{
    socklen_t len = sizeof *to;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    memset(to, 0, sizeof *to);
    to->sin_family = AF_INET;
    to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)to, sizeof *to), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)to, &len), 0);
    return fd;
}

static struct source *open_or_skip(const struct source_live_options *options)
{
    struct source_error error = { 0 };
    struct source *s = NULL;
    int err = source_live_open(&s, options, &error);

    if (error.fault == SOURCE_FAULT_PERMISSION) {
        assert_int_equal(err, -EPERM);
        assert_null(s);
        print_message("skipped: %s\n", error.text);
        skip();
    }
    if (err)
        fail_msg("%s", error.text);
    return s;
}

static void gets_what_is_sent_on_the_loopback(void **state)
{
    struct source_live_options options;
    struct source_stats stats;
    struct seen seen = { 0 };
    struct sockaddr_in to;
    struct source *s;
    char filter[64];
    int fd = bind_loopback(&to);
    int64_t now;

    (void)state;
    snprintf(filter, sizeof filter, "udp dst port %u", ntohs(to.sin_port));
    source_live_options_default(&options);
    options.interface = "lo";
    options.filter.text = filter;
    options.ring_mib = 4;
    s = open_or_skip(&options);
    assert_string_equal(source_name(s), "lo");
    assert_int_equal(source_poll(s, 10, look, &seen), 0); /* does not wait */
    for (unsigned i = 0; i < DATAGRAMS; i++)
        assert_int_equal(sendto(fd, mark, sizeof mark - 1, 0, (struct sockaddr *)&to, sizeof to),
                         sizeof mark - 1);
    for (int waited = 0; seen.marked < DATAGRAMS && waited < PATIENCE_MS; waited += 100) {
        struct pollfd readable = { source_fd(s), POLLIN, 0 };

        assert_true(readable.fd >= 0);
        poll(&readable, 1, 100);
        while (source_poll(s, 7, look, &seen) > 0)
            ;
    }
    assert_int_equal(seen.marked, DATAGRAMS);
    assert_int_equal(seen.last.link_type, 1);
    assert_int_equal(seen.last.wire_bytes, seen.last.captured_bytes);
    now = (int64_t)time(NULL) * 1000000000;
    assert_true(seen.last.time_ns > now - 60000000000 && seen.last.time_ns < now + 60000000000);
    source_stats_read(s, &stats);
    assert_int_equal(stats.frames, DATAGRAMS);
    assert_true(stats.received >= DATAGRAMS); /* the loopback counts both ways */
    assert_int_equal(stats.kernel_dropped, 0);
    assert_int_equal(stats.bytes_total, RECORD_NONE);
    source_interrupt(s);
    assert_int_equal(source_poll(s, 10, look, &seen), SOURCE_END);
    source_close(s);
    close(fd);
}

static void refuses_with_reason(void **state)
{
    struct source_live_options options;
    struct source_error error = { 0 };
    struct source *s = NULL;

    (void)state;
    source_live_options_default(&options);
    options.interface = "no-such-if0";
    assert_true(source_live_open(&s, &options, &error) < 0);
    assert_null(s);
    assert_int_equal(error.fault, SOURCE_FAULT_INTERFACE);
    assert_non_null(strstr(error.text, "no-such-if0: no such interface; there are: "));
    assert_non_null(strstr(error.text, "lo"));

    options.interface = "lo";
    options.ring_mib = 1;
    options.filter.text = "udp prot 5060";
    assert_true(source_live_open(&s, &options, &error) < 0);
    assert_null(s);
    assert_true(error.fault == SOURCE_FAULT_FILTER || error.fault == SOURCE_FAULT_PERMISSION);
}

/* In a process of its own that gave up the right to capture. */
static void without_permission_says_the_setcap_line(void **state)
{
    pid_t pid;
    int status = -1;

    (void)state;
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        struct source_live_options options;
        struct source_error error = { 0 };
        struct source *s;
        char self[512] = "", line[600];

        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(1);
        if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
            _exit(2);
        source_live_options_default(&options);
        options.interface = "lo";
        snprintf(line, sizeof line, "\nsudo setcap cap_net_raw,cap_net_admin=eip %s", self);
        if (source_live_open(&s, &options, &error) == 0)
            _exit(3);
        if (error.fault != SOURCE_FAULT_PERMISSION || source_exit_status(error.fault) != 77)
            _exit(4);
        _exit(strstr(error.text, line) ? 0 : 5);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gets_what_is_sent_on_the_loopback),
        cmocka_unit_test(refuses_with_reason),
        cmocka_unit_test(without_permission_says_the_setcap_line),
    };

    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
