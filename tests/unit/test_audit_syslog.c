#include "probe/syslog/audit_syslog.h"
#include "probe/syslog/syslog_place.h"

#include "analyzer/base/strbuf.h"

#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define HASH "e79ff922cde39e1f42488dec6b670cd895de79862f9fa7f1083d99cc1d2a7071"
#define HEAD                                                                                       \
    "{\"seq\":7,\"time\":1795255200.123456,\"user\":\"ann\",\"token\":null,\"from\":\"10.0.0.7\"," \
    "\"deed\":\"listen\",\"object\":\"0dd2\",\"status\":200,\"personal\":\"" HASH                  \
    "\",\"prev\":\"" HASH "\",\"hash\":\"" HASH "\""
#define LINE HEAD ",\"salt\":\"00\",\"call_id\":\"j\xc3\xbcrgen@x\",\"detail\":\"wav\"}\n"

enum { DEADLINE_MS = 10000 };

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_format(void **state)
{
    static const char values[] =
        " [earshot@32473 deed=\"listen\" seq=\"7\" user=\"ann\" "
        "from=\"10.0.0.7\" object=\"0dd2\" status=\"200\" hash=\"" HASH "\"] ";
    struct strbuf out = { 0 };

    (void)state;
    audit_syslog_format(&out, SLICE(LINE), false);
    assert_true(slice_starts_with(strbuf_slice(&out), SLICE("<109>1 2026-11-21T10:00:00.123Z ")));
    assert_non_null(strstr(out.p, " earshot - listen [earshot@32473 "));
    assert_non_null(strstr(out.p, values));
    assert_string_equal(strstr(out.p, values) + strlen(values), HEAD "}"); /* not who was called */
    strbuf_reset(&out);
    audit_syslog_format(&out, SLICE(LINE), true);
    assert_non_null(strstr(out.p, "] \xef\xbb\xbf{\"seq\":7,"));
    assert_non_null(strstr(out.p, "\"call_id\":\"j\xc3\xbcrgen@x\",\"detail\":\"wav\"}"));
    strbuf_reset(&out);
    audit_syslog_format(&out, SLICE("no line\n"), false);
    audit_syslog_format(&out, SLICE("{\"deed\":\"x\"}"), false);
    assert_int_equal(out.len, 0);
    strbuf_fini(&out);
}

static void test_places(void **state)
{
    static const struct {
        const char *url, *host;
        enum syslog_way way;
        uint16_t port; /* 0: it is none, or a path */
    } rows[] = {
        { "udp://10.0.0.1:1514", "10.0.0.1", SYSLOG_UDP, 1514 },
        { "tcp://siem.example.org", "siem.example.org", SYSLOG_TCP, 514 },
        { "TCP://[::1]:99/", "::1", SYSLOG_TCP, 99 },
        { "unix:///dev/log", "/dev/log", SYSLOG_UNIX, 0 },
        { "unix://dev/log", NULL, SYSLOG_UDP, 0 },
        { "unix:///", NULL, SYSLOG_UDP, 0 },
        { "udp://", NULL, SYSLOG_UDP, 0 },
        { "udp://host:0", NULL, SYSLOG_UDP, 0 },
        { "udp://host:65536", NULL, SYSLOG_UDP, 0 },
        { "udp://host/path", NULL, SYSLOG_UDP, 0 },
        { "http://host", NULL, SYSLOG_UDP, 0 },
        { "10.0.0.1:514", NULL, SYSLOG_UDP, 0 },
    };
    char too_long[200] = "unix:///";

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct syslog_place p;

        assert_int_equal(syslog_place_parse(&p, slice_of_text(rows[i].url)), rows[i].host != NULL);
        if (!rows[i].host)
            continue;
        assert_string_equal(p.host, rows[i].host);
        assert_int_equal(p.way, rows[i].way);
        assert_int_equal(p.port, rows[i].port);
    }
    memset(too_long + 8, 'x', 150);
    assert_false(syslog_place_parse(&(struct syslog_place){ 0 }, slice_of_text(too_long)));
}

/* On the loopback; its place as audit.syslog has it. port 0: any free one. */
static int listen_at(int type, uint16_t port, char place[64])
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int one = 1, fd = socket(AF_INET, type, 0);

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    snprintf(place, 64, "%s://127.0.0.1:%u", type == SOCK_STREAM ? "tcp" : "udp",
             ntohs(at.sin_port));
    return fd;
}

/* What comes, until it has been that much. */
static size_t read_some(int fd, char *out, size_t room, size_t least)
{
    int64_t end = now_ms() + DEADLINE_MS;
    size_t len = 0;

    while (len < least && now_ms() < end) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        ssize_t n = poll(&p, 1, 100) > 0 ? read(fd, out + len, room - 1 - len) : 0;

        len += n > 0 ? (size_t)n : 0;
    }
    out[len] = '\0';
    return len;
}

static int accept_one(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
    return accept(fd, NULL, NULL);
}

static void test_udp(void **state)
{
    struct audit_syslog_counts n;
    struct audit_syslog *s;
    char place[64], text[4096];
    int fd = listen_at(SOCK_DGRAM, 0, place);

    (void)state;
    assert_int_equal(audit_syslog_start(&s, place, false), 0);
    audit_syslog_add(s, SLICE(LINE));
    assert_true(read_some(fd, text, sizeof text, 1) > 0);
    assert_int_equal(strncmp(text, "<109>1 ", 7), 0);
    audit_syslog_stop(s);
    assert_int_equal(audit_syslog_start(&s, "syslog://x", false), -22);
    close(fd);
    /* Nobody takes it: it is counted, and nobody has waited. */
    assert_int_equal(audit_syslog_start(&s, place, false), 0);
    for (int64_t end = now_ms() + DEADLINE_MS; now_ms() < end;) {
        audit_syslog_add(s, SLICE(LINE));
        audit_syslog_count(s, &n);
        if (n.failed && n.reason[0])
            break; /* of two datagrams one is told that the one before was refused */
        usleep(5000);
    }
    assert_true(n.failed > 0);
    assert_true(n.reason[0] != '\0');
    audit_syslog_stop(s);
}

/* Lines have their lengths in front (RFC 6587); who was away gets what has waited for him. */
static void test_tcp(void **state)
{
    struct audit_syslog_counts n;
    struct audit_syslog *s;
    char place[64], again[64], text[8192];
    int fd = listen_at(SOCK_STREAM, 0, place), client;
    size_t len;

    (void)state;
    close(fd);
    assert_int_equal(audit_syslog_start(&s, place, false), 0);
    audit_syslog_add(s, SLICE(LINE));
    audit_syslog_add(s, SLICE(LINE));
    for (int64_t end = now_ms() + DEADLINE_MS; now_ms() < end; usleep(5000)) {
        audit_syslog_count(s, &n);
        if (n.reason[0])
            break;
    }
    assert_non_null(strstr(n.reason, "refused"));
    fd = listen_at(SOCK_STREAM, (uint16_t)strtoul(strrchr(place, ':') + 1, NULL, 10), again);
    client = accept_one(fd);
    len = strtoul((read_some(client, text, sizeof text, 1000), text), NULL, 10);
    assert_int_equal(strncmp(strchr(text, ' ') + 1, "<109>1 ", 7), 0);
    assert_int_equal(strtoul(strchr(text, ' ') + 1 + len, NULL, 10), len); /* the second one */
    for (int64_t end = now_ms() + DEADLINE_MS; now_ms() < end; usleep(5000)) {
        audit_syslog_count(s, &n);
        if (n.sent == 2)
            break;
    }
    assert_int_equal(n.sent, 2);
    assert_int_equal(n.dropped, 0);
    assert_string_equal(n.reason, "");
    audit_syslog_stop(s);
    close(client);
    close(fd);
}

static void test_unix(void **state)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    char dir[] = "/tmp/earshot-syslog-XXXXXX", place[160], text[4096];
    struct audit_syslog *s;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(at.sun_path, sizeof at.sun_path, "%s/log", dir);
    snprintf(place, sizeof place, "unix://%s", at.sun_path);
    fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(audit_syslog_start(&s, place, true), 0);
    audit_syslog_add(s, SLICE(LINE));
    assert_true(read_some(fd, text, sizeof text, 1) > 0);
    assert_non_null(strstr(text, "\"detail\":\"wav\"}"));
    audit_syslog_stop(s);
    close(fd);
    unlink(at.sun_path);
    rmdir(dir);
}

/* One that takes nothing: the queue is bounded, what is too much is counted, and the end comes soon. */
static void test_dead(void **state)
{
    struct audit_syslog_counts n;
    struct audit_syslog *s;
    int64_t begin;

    (void)state;
    assert_int_equal(audit_syslog_start(&s, "unix:///nonexistent/log", false), 0);
    begin = now_ms();
    for (int i = 0; i < 2 * AUDIT_SYSLOG_QUEUE; i++)
        audit_syslog_add(s, SLICE(LINE));
    audit_syslog_count(s, &n);
    assert_true(n.waiting <= AUDIT_SYSLOG_QUEUE);
    assert_true(n.dropped >= AUDIT_SYSLOG_QUEUE - 100);
    assert_int_equal(n.sent, 0);
    audit_syslog_stop(s);
    assert_true(now_ms() - begin < DEADLINE_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format), cmocka_unit_test(test_places), cmocka_unit_test(test_udp),
        cmocka_unit_test(test_tcp),    cmocka_unit_test(test_unix),   cmocka_unit_test(test_dead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
