#include "probe/capture/privileges.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What a child found, as its exit status: a drop cannot be taken back, so each has its process. */
enum child_result {
    CHILD_FINE = 0,
    CHILD_DROP_FAILED = 10,
    CHILD_STATUS = 11,
    CHILD_STILL_MAY = 12
};

/* The kernel's own word: "Name:\tvalue". */
static bool status_says(const char *name, const char *value)
{
    FILE *f = fopen("/proc/self/status", "re");
    char line[256];
    bool found = false;

    while (f && fgets(line, sizeof line, f)) {
        size_t len = strlen(name);

        if (strncmp(line, name, len) == 0 && line[len] == ':')
            found = strncmp(line + len + 2, value, strlen(value)) == 0 &&
                    line[len + 2 + strlen(value)] == '\n';
    }
    if (f)
        fclose(f);
    return found;
}

static int drop_and_look(const char *user, const char *expected_uid)
{
    static const char none[] = "0000000000000000";
    char text[PRIVILEGES_TEXT_MAX] = "";
    bool was_root = geteuid() == 0;

    if (privileges_drop(user, text) != 0) {
        fprintf(stderr, "%s\n", text);
        return CHILD_DROP_FAILED;
    }
    if (!status_says("CapInh", none) || !status_says("CapPrm", none) ||
        !status_says("CapEff", none) || !status_says("CapAmb", none) ||
        !status_says("NoNewPrivs", "1"))
        return CHILD_STATUS;
    if (was_root && !status_says("CapBnd", none))
        return CHILD_STATUS;
    if (expected_uid && !status_says("Uid", expected_uid))
        return CHILD_STATUS;
    if (socket(AF_PACKET, SOCK_RAW, 0) >= 0 || (expected_uid && setuid(0) == 0))
        return CHILD_STILL_MAY;
    return CHILD_FINE;
}

static int in_child(const char *user, const char *expected_uid)
{
    pid_t pid;
    int status = -1;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        _exit(drop_and_look(user, expected_uid));
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void nothing_is_left(void **state)
{
    (void)state;
    assert_int_equal(in_child(NULL, NULL), CHILD_FINE);
    assert_int_equal(in_child("", NULL), CHILD_FINE);
}

static void root_becomes_another(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    assert_int_equal(in_child("nobody", "65534\t65534\t65534\t65534"), CHILD_FINE);
}

static void an_unknown_user_is_named(void **state)
{
    char text[PRIVILEGES_TEXT_MAX] = "";

    (void)state;
    assert_int_equal(in_child("no-such-user-here", NULL), CHILD_DROP_FAILED);
    /* In this process too: it fails before anything is given away but the bounding set. */
    assert_true(privileges_drop("no-such-user-here", text) < 0);
    assert_non_null(strstr(text, "user 'no-such-user-here': no such user"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left),
        cmocka_unit_test(root_becomes_another),
        cmocka_unit_test(an_unknown_user_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
