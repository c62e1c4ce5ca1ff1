/* Mail, syslog and programs: what is sent, and what becomes of it. HTTP is test_webhook's. */
#include "analyzer/base/resolve.h"
#include "analyzer/base/strbuf.h"
#include "probe/notify/address_guard.h"
#include "probe/notify/transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char *const loopback[] = { "127.0.0.1", "localhost" };

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Starts, and runs it until it is done. */
static struct webhook_answer send_one(struct transport *t, const char *body)
{
    struct transport_message message = { .content_type = "text/plain",
                                         .id = "msg_1.x\r\ny",
                                         .timestamp_s = 1795256200,
                                         .body = slice_of_text(body) };
    const struct timespec wait = { 0, 2000000 };
    struct webhook_answer answer;

    assert_int_equal(t->kind->start(t, &message), 0);
    assert_true(t->is_busy);
    assert_int_equal(t->kind->start(t, &message), -EBUSY);
    while (!t->kind->run(t, now_ms(), &answer))
        nanosleep(&wait, NULL);
    assert_false(t->is_busy);
    return answer;
}

/* Opens, sends, closes. guarded: nothing internal is allowed. */
static struct webhook_answer send_to(enum receiver_kind kind, const struct receiver *receiver,
                                     const char *body, int64_t timeout_ms, bool guarded)
{
    struct address_guard guard;
    struct transport_environment environment = { .guard = guarded ? NULL : &guard,
                                                 .timeout_ms = timeout_ms,
                                                 .may_execute = true };
    struct webhook_answer answer;
    struct transport *t;

    assert_int_equal(address_guard_init(&guard, loopback, COUNT(loopback)), 0);
    assert_int_equal(transport_of(kind)->open(&t, receiver, &environment), 0);
    answer = send_one(t, body);
    t->kind->close(t);
    address_guard_fini(&guard);
    return answer;
}

static int open_with(enum receiver_kind kind, const struct receiver *receiver)
{
    struct transport_environment environment = { .may_execute = true };
    struct transport *t = NULL;
    int err = transport_of(kind)->open(&t, receiver, &environment);

    if (!err)
        t->kind->close(t);
    return err;
}

/* ---- programs ---- */

static const char *scratch(void)
{
    static char dir[64];

    if (!dir[0]) {
        snprintf(dir, sizeof dir, "/tmp/test_transport.XXXXXX");
        assert_non_null(mkdtemp(dir));
    }
    return dir;
}

static void write_program(char path[128], const char *text)
{
    FILE *f;

    snprintf(path, 128, "%s/program", scratch());
    unlink(path);
    f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "#!/bin/sh\ncd %s || exit 9\n%s\n", scratch(), text);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0755), 0);
}

static void assert_file(const char *name, const char *text)
{
    char path[128], found[4096] = "";
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", scratch(), name);
    f = fopen(path, "r");
    assert_non_null(f);
    found[fread(found, 1, sizeof found - 1, f)] = '\0';
    fclose(f);
    unlink(path);
    assert_string_equal(found, text);
}

static const struct {
    const char *program;
    enum webhook_outcome outcome;
    int status;
    const char *reason;
} programs[] = {
    { "exit 0", WEBHOOK_DELIVERED, 0, "" },
    { "exit 1", WEBHOOK_REJECTED, 1, "it ended with status 1" },
    { "exit 75", WEBHOOK_DOWN, 75, "it wants to be asked later: status 75" },
    { "kill -SEGV $$", WEBHOOK_DOWN, 0, "it was ended by signal 11" },
    { "sleep 60 & sleep 60", WEBHOOK_DOWN, 0, "it took longer than 400 ms and was ended" },
};

static void judges_how_a_program_ends(void **state)
{
    char path[128];

    (void)state;
    for (size_t i = 0; i < COUNT(programs); i++) {
        struct receiver receiver = { .kind = RECEIVER_EXEC, .url = path };
        struct webhook_answer answer;

        write_program(path, programs[i].program);
        answer = send_to(RECEIVER_EXEC, &receiver, "{}", 400, true);
        assert_int_equal(answer.outcome, programs[i].outcome);
        assert_int_equal(answer.status, programs[i].status);
        assert_string_equal(answer.reason, programs[i].reason);
        unlink(path);
    }
    write_program(path, "exit 0");
    unlink(path);
    assert_string_equal(
        send_to(RECEIVER_EXEC, &(struct receiver){ .url = path }, "{}", 400, true).reason,
        "it cannot be run: No such file or directory (error 2)");
}

/* The message on its standard input, and nothing of ours but that. */
static void gives_a_program_the_message_alone(void **state)
{
    char path[128];
    struct receiver receiver = { .kind = RECEIVER_EXEC, .url = path };

    (void)state;
    assert_int_equal(setenv("EARSHOT_SECRET", "do not tell", 1), 0);
    write_program(
        path,
        "cat > body; echo \"$# $0\" > arguments; env | grep -Ev '^(PWD|OLDPWD|_)=' | sort > env\n"
        "ls /proc/self/fd | wc -l > files; echo said; sleep 1 &");
    assert_int_equal(send_to(RECEIVER_EXEC, &receiver, "{\"a\":\"$(x) `y`\"}", 5000, true).outcome,
                     WEBHOOK_DELIVERED);
    assert_file("body", "{\"a\":\"$(x) `y`\"}");
    assert_file("env",
                "EARSHOT_MESSAGE_ID=msg_1.x??y\nLANG=C.UTF-8\nPATH=/usr/local/sbin:/usr/local/bin:"
                "/usr/sbin:/usr/bin:/sbin:/bin\n");
    assert_file("files", "4\n"); /* three, and the folder that is listed */
    unlink(path);
    assert_int_equal(unsetenv("EARSHOT_SECRET"), 0);
    (void)remove("arguments");
}

/* What it started does not outlive it, nor does it outlive its transport. */
static void ends_the_whole_group(void **state)
{
    char path[128], pid_file[128];
    struct receiver receiver = { .kind = RECEIVER_EXEC, .url = path };
    struct transport_environment environment = { .timeout_ms = 10000, .may_execute = true };
    struct transport_message message = { .id = "m", .body = SLICE("{}") };
    const struct timespec wait = { 0, 2000000 };
    struct webhook_answer answer;
    struct transport *t;
    long pid = 0;

    (void)state;
    snprintf(pid_file, sizeof pid_file, "%s/pid", scratch());
    write_program(path, "sleep 60 & echo $! > pid.new; mv pid.new pid; wait");
    assert_int_equal(transport_exec.open(&t, &receiver, &environment), 0);
    assert_int_equal(t->kind->start(t, &message), 0);
    for (int i = 0; i < 2000 && pid == 0; i++) {
        FILE *f = fopen(pid_file, "r");
        char text[32] = "";

        if (f) {
            if (fgets(text, sizeof text, f))
                pid = strtol(text, NULL, 10);
            fclose(f);
        }
        assert_false(t->kind->run(t, now_ms(), &answer));
        nanosleep(&wait, NULL);
    }
    assert_true(pid > 1);
    t->kind->close(t);
    for (int i = 0; i < 2000 && kill((pid_t)pid, 0) == 0; i++) {
        char stat_path[64], text[256] = "";
        FILE *f;

        snprintf(stat_path, sizeof stat_path, "/proc/%ld/stat", pid);
        f = fopen(stat_path, "r");
        if (f && fgets(text, sizeof text, f) && strstr(text, ") Z ")) {
            fclose(f); /* dead, and nobody waits for it in a container */
            break;
        }
        if (f)
            fclose(f);
        nanosleep(&wait, NULL);
        assert_true(i < 1999);
    }
    unlink(path);
    unlink(pid_file);
}

static void runs_nothing_unless_it_may(void **state)
{
    struct receiver receiver = { .kind = RECEIVER_EXEC, .url = "/bin/true" };
    struct transport_environment no = { .may_execute = false };
    struct transport *t;

    (void)state;
    assert_int_equal(transport_exec.open(&t, &receiver, &no), -EPERM);
    assert_int_equal(open_with(RECEIVER_EXEC, &receiver), 0);
    receiver.url = "true";
    assert_int_equal(open_with(RECEIVER_EXEC, &receiver), -EINVAL);
    receiver.url = NULL;
    assert_int_equal(open_with(RECEIVER_EXEC, &receiver), -EINVAL);
}

/* ---- syslog ---- */

static int listen_on(int type, uint16_t *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, type, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 4), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

#define TWO_LINES                                                                                  \
    "<26>1 - h earshot - a - CRITICAL: x\n<29>1 - h earshot - a - RESOLVED: \xc3\xa4\n"

static void sends_a_datagram_a_line(void **state)
{
    char url[64], text[256];
    struct receiver receiver = { .kind = RECEIVER_SYSLOG, .url = url };
    uint16_t port;
    int fd = listen_on(SOCK_DGRAM, &port);
    ssize_t n;

    (void)state;
    snprintf(url, sizeof url, "syslog+udp://127.0.0.1:%u", port);
    assert_int_equal(send_to(RECEIVER_SYSLOG, &receiver, TWO_LINES, 2000, false).outcome,
                     WEBHOOK_DELIVERED);
    n = recv(fd, text, sizeof text, MSG_DONTWAIT);
    assert_int_equal(n, 35);
    assert_memory_equal(text, "<26>1 - h earshot - a - CRITICAL: x", 35);
    n = recv(fd, text, sizeof text, MSG_DONTWAIT);
    assert_int_equal(n, 36);
    assert_memory_equal(text, "<29>1 - h earshot - a - RESOLVED: \xc3\xa4", 36);
    assert_true(recv(fd, text, sizeof text, MSG_DONTWAIT) < 0);
    close(fd);
}

/* Reads all of one connection, then closes it. */
static void *read_stream(void *ctx)
{
    struct {
        int fd;
        char text[256];
        size_t len;
    } *sink = ctx;
    int fd = accept(sink->fd, NULL, NULL);
    ssize_t n;

    while (fd >= 0 && (n = read(fd, sink->text + sink->len, sizeof sink->text - sink->len)) > 0)
        sink->len += (size_t)n;
    close(fd);
    return NULL;
}

static void frames_lines_with_their_lengths(void **state)
{
    struct {
        int fd;
        char text[256];
        size_t len;
    } sink = { .len = 0 };
    char url[64];
    struct receiver receiver = { .kind = RECEIVER_SYSLOG, .url = url };
    pthread_t thread;
    uint16_t port;

    (void)state;
    sink.fd = listen_on(SOCK_STREAM, &port);
    assert_int_equal(pthread_create(&thread, NULL, read_stream, &sink), 0);
    snprintf(url, sizeof url, "syslog+tcp://localhost:%u", port); /* ::1 refuses, then 127.0.0.1 */
    assert_int_equal(send_to(RECEIVER_SYSLOG, &receiver, TWO_LINES, 5000, false).outcome,
                     WEBHOOK_DELIVERED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sink.len, 3 + 35 + 3 + 36);
    assert_memory_equal(sink.text, "35 <26>1 - h earshot - a - CRITICAL: x36 <29>1 ", 47);
    close(sink.fd);
}

static void notices_that_nobody_listens(void **state)
{
    static const char *const schemes[] = { "udp", "tcp" };
    char url[64];
    struct receiver receiver = { .kind = RECEIVER_SYSLOG, .url = url };

    (void)state;
    for (size_t i = 0; i < COUNT(schemes); i++) {
        struct webhook_answer answer;
        uint16_t port;

        close(listen_on(i ? SOCK_STREAM : SOCK_DGRAM, &port));
        snprintf(url, sizeof url, "syslog+%s://127.0.0.1:%u", schemes[i], port);
        answer = send_to(RECEIVER_SYSLOG, &receiver, TWO_LINES, 2000, false);
        assert_int_equal(answer.outcome, WEBHOOK_DOWN);
        assert_non_null(strstr(answer.reason, ": Connection refused"));
    }
    snprintf(url, sizeof url, "syslog+udp://nowhere.invalid");
    assert_string_equal(send_to(RECEIVER_SYSLOG, &receiver, "x\n", 8000, false).reason,
                        "its name leads to no address");
}

static void sends_syslog_to_no_internal_address(void **state)
{
    char url[64], text[64];
    struct receiver receiver = { .kind = RECEIVER_SYSLOG, .url = url };
    struct webhook_answer answer;
    uint16_t port;
    int fd = listen_on(SOCK_DGRAM, &port);

    (void)state;
    snprintf(url, sizeof url, "syslog+udp://127.0.0.1:%u", port);
    answer = send_to(RECEIVER_SYSLOG, &receiver, "x\n", 2000, true);
    assert_int_equal(answer.outcome, WEBHOOK_DOWN);
    assert_non_null(strstr(answer.reason, "127.0.0.1 is loopback"));
    assert_true(recv(fd, text, sizeof text, MSG_DONTWAIT) < 0);
    close(fd);
}

static void knows_where_syslog_is(void **state)
{
    static const struct {
        const char *url;
        int err;
    } urls[] = {
        { "syslog+udp://192.0.2.1", 0 },
        { "syslog+tcp://[2001:db8::1]:6514", 0 },
        { "syslog+tcp://[2001:db8::1]", 0 },
        { "SYSLOG+UDP://log.example:514/", 0 },
        { "syslog://192.0.2.1", -EINVAL },
        { "syslog+udp://", -EINVAL },
        { "syslog+udp://:514", -EINVAL },
        { "syslog+udp://a:0", -EINVAL },
        { "syslog+udp://a:65536", -EINVAL },
        { "syslog+udp://a:x", -EINVAL },
        { "syslog+udp://a/b", -EINVAL },
        { "syslog+tcp://[::1]x", -EINVAL },
        { NULL, -EINVAL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++)
        assert_int_equal(open_with(RECEIVER_SYSLOG, &(struct receiver){ .url = urls[i].url }),
                         urls[i].err);
}

/* ---- mail ---- */

/* A server that answers each line by its first four letters, and keeps what it heard. */
struct smtp {
    int fd;
    const char *to_rcpt, *to_data; /* NULL: 250, 354 */
    bool hangs;
    struct strbuf heard;
};

static void say(int fd, const char *line)
{
    assert_int_equal(write(fd, line, strlen(line)), (ssize_t)strlen(line));
}

static const char *reply_to(struct smtp *s, const char *line, bool *in_data)
{
    if (*in_data) {
        if (strcmp(line, ".\r\n") != 0)
            return NULL;
        *in_data = false;
        return "250 taken\r\n";
    }
    if (strncmp(line, "EHLO", 4) == 0)
        return "250-sink\r\n250 8BITMIME\r\n";
    if (strncmp(line, "RCPT", 4) == 0)
        return strstr(line, "gone@") ? "550 no such user\r\n"
               : s->to_rcpt          ? s->to_rcpt
                                     : "250 ok\r\n";
    if (strncmp(line, "DATA", 4) == 0) {
        *in_data = !s->to_data;
        return s->to_data ? s->to_data : "354 go on\r\n";
    }
    return strncmp(line, "QUIT", 4) == 0 ? "221 bye\r\n" : "250 ok\r\n";
}

static void *serve_mail(void *ctx)
{
    struct smtp *s = ctx;
    int fd = accept(s->fd, NULL, NULL);
    FILE *in = fdopen(fd, "r");
    bool in_data = false;
    char line[2048];

    assert_non_null(in);
    if (!s->hangs)
        say(fd, "220 sink\r\n");
    while (fgets(line, sizeof line, in)) {
        bool is_end = !in_data && strncmp(line, "QUIT", 4) == 0;
        const char *reply = reply_to(s, line, &in_data);

        strbuf_add_text(&s->heard, line);
        if (reply && !s->hangs)
            say(fd, reply);
        if (is_end)
            break;
    }
    fclose(in);
    return NULL;
}

static struct webhook_answer mail_to(struct smtp *s, const char *to, const char *token,
                                     int64_t timeout_ms, bool guarded)
{
    char url[64];
    struct receiver receiver = { .kind = RECEIVER_MAIL,
                                 .url = url,
                                 .from = "Earshot <earshot@probe.example>",
                                 .to = to,
                                 .token = token };
    struct webhook_answer answer;
    pthread_t thread;
    uint16_t port;

    s->fd = listen_on(SOCK_STREAM, &port);
    if (!guarded)
        assert_int_equal(pthread_create(&thread, NULL, serve_mail, s), 0);
    snprintf(url, sizeof url, "smtp://127.0.0.1:%u", port);
    answer = send_to(RECEIVER_MAIL, &receiver, "Subject: x\r\n\r\n.\r\n..\r\nQUIT\r\n", timeout_ms,
                     guarded);
    if (!guarded)
        assert_int_equal(pthread_join(thread, NULL), 0);
    close(s->fd);
    return answer;
}

static void sends_a_mail(void **state)
{
    struct smtp s = { .fd = -1 };

    (void)state;
    assert_int_equal(mail_to(&s, "Night shift <noc@example.org>, gone@example.org,b@example.org",
                             NULL, 5000, false)
                         .outcome,
                     WEBHOOK_DELIVERED);
    assert_non_null(strstr(s.heard.p, "MAIL FROM:<earshot@probe.example>"));
    assert_non_null(strstr(s.heard.p, "RCPT TO:<noc@example.org>\r\n"));
    assert_non_null(strstr(s.heard.p, "RCPT TO:<b@example.org>\r\n"));
    assert_non_null(strstr(s.heard.p,
                           "DATA\r\nMessage-ID: <msg_1.x__y@probe.example>\r\nSubject: x\r\n"
                           "\r\n..\r\n...\r\nQUIT\r\n.\r\n"));
    strbuf_fini(&s.heard);
}

static const struct {
    struct smtp server;
    const char *token;
    enum webhook_outcome outcome;
    int status;
} servers[] = {
    { { .to_rcpt = "550 no such user\r\n" }, NULL, WEBHOOK_REJECTED, 550 },
    { { .to_rcpt = "450 try later\r\n" }, NULL, WEBHOOK_DOWN, 450 },
    { { .to_data = "554 no\r\n" }, NULL, WEBHOOK_REJECTED, 554 },
    { { .to_data = "421 going\r\n" }, NULL, WEBHOOK_DOWN, 421 },
    { { .hangs = true }, NULL, WEBHOOK_DOWN, 0 },
    /* A password is not told in clear. */
    { { .fd = -1 }, "secret password", WEBHOOK_DOWN, 0 },
};

static void judges_what_a_mail_server_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(servers); i++) {
        struct smtp s = servers[i].server;
        struct webhook_answer answer =
            mail_to(&s, "noc@example.org", servers[i].token, s.hangs ? 300 : 5000, false);

        assert_int_equal(answer.outcome, servers[i].outcome);
        assert_int_equal(answer.status, servers[i].status);
        assert_int_not_equal(answer.reason[0], '\0');
        assert_null(s.heard.p ? strstr(s.heard.p, "AUTH") : NULL);
        assert_null(strstr(answer.reason, "secret"));
        strbuf_fini(&s.heard);
    }
}

static void sends_mail_to_no_internal_address(void **state)
{
    struct smtp s = { .fd = -1 };
    struct webhook_answer answer = mail_to(&s, "noc@example.org", NULL, 5000, true);

    (void)state;
    assert_int_equal(answer.outcome, WEBHOOK_DOWN);
    assert_non_null(strstr(answer.reason, "127.0.0.1 is loopback"));
}

static void knows_what_mail_needs(void **state)
{
    static const struct {
        const char *url, *from, *to;
        int err;
    } rows[] = {
        { "smtp://mail.example", "a@b.c", "d@e.f", 0 },
        { "smtps://user@mail.example:465", "<a@b.c>", "A B <d@e.f>, g@h.i", 0 },
        { "http://mail.example", "a@b.c", "d@e.f", -EINVAL },
        { "mail.example", "a@b.c", "d@e.f", -EINVAL },
        { NULL, "a@b.c", "d@e.f", -EINVAL },
        { "smtp://mail.example", NULL, "d@e.f", -EINVAL },
        { "smtp://mail.example", "abc", "d@e.f", -EINVAL },
        { "smtp://mail.example", "a@b.c", NULL, -EINVAL },
        { "smtp://mail.example", "a@b.c", "", -EINVAL },
        { "smtp://mail.example", "a@b.c", "d@e.f,,g@h.i", -EINVAL },
        { "smtp://mail.example", "a@b.c", "d@e.f\r\nDATA", -EINVAL },
        { "smtp://mail.example", "a@b.c", "d@e.f> NOTIFY=NEVER", -EINVAL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct receiver receiver = { .url = rows[i].url, .from = rows[i].from, .to = rows[i].to };

        assert_int_equal(open_with(RECEIVER_MAIL, &receiver), rows[i].err);
    }
}

static int remove_scratch(void **state)
{
    static const char *const names[] = { "arguments", "body", "env", "files", "program", "pid" };
    char path[128];

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", scratch(), names[i]);
        unlink(path);
    }
    return rmdir(scratch());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_how_a_program_ends),
        cmocka_unit_test(gives_a_program_the_message_alone),
        cmocka_unit_test(ends_the_whole_group),
        cmocka_unit_test(runs_nothing_unless_it_may),
        cmocka_unit_test(sends_a_datagram_a_line),
        cmocka_unit_test(frames_lines_with_their_lengths),
        cmocka_unit_test(notices_that_nobody_listens),
        cmocka_unit_test(sends_syslog_to_no_internal_address),
        cmocka_unit_test(knows_where_syslog_is),
        cmocka_unit_test(sends_a_mail),
        cmocka_unit_test(judges_what_a_mail_server_says),
        cmocka_unit_test(sends_mail_to_no_internal_address),
        cmocka_unit_test(knows_what_mail_needs),
    };

    return cmocka_run_group_tests_name("transport", tests, NULL, remove_scratch);
}
