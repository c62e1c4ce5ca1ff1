#include "probe/capture/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { PASSWD_BYTES_MAX = 16 << 10 };

static int fail(char *text, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int fail(char *text, int err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(text, PRIVILEGES_TEXT_MAX, format, args);
    va_end(args);
    return -err;
}

/* From root to the user. Groups first: later there is no right to change them. */
static int become_user(const char *user, char *text)
{
    char buffer[PASSWD_BYTES_MAX];
    struct passwd passwd, *found = NULL;
    int err = getpwnam_r(user, &passwd, buffer, sizeof buffer, &found);

    if (err || !found)
        return fail(text, err ? err : ENOENT,
                    "user '%.64s': no such user; make one: useradd --system %.64s", user, user);
    if (geteuid() == found->pw_uid && getuid() == found->pw_uid)
        return 0;
    if (geteuid() != 0)
        return fail(text, EPERM,
                    "user '%.64s': only root can become another user; start as root, or leave the "
                    "option out",
                    user);
    /* As root these set the real, the effective and the saved one. */
    if (initgroups(user, found->pw_gid) != 0 || setgid(found->pw_gid) != 0 ||
        setuid(found->pw_uid) != 0)
        return fail(text, errno, "user '%.64s': cannot change to it: %s", user, strerror(errno));
    return 0;
}

/* Needs CAP_SETPCAP, which a program with two file capabilities does not have: no matter, as
 * no_new_privs keeps what is left of this set from ever being used. */
static void drop_bounding(void)
{
    for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++) {
        if (cap_drop_bound(cap) != 0)
            return;
    }
}

static bool capabilities_are_gone(void)
{
    cap_t now = cap_get_proc(), none = cap_init();
    bool gone = now && none && cap_compare(now, none) == 0;

    for (cap_value_t cap = 0; gone && cap_get_bound(cap) >= 0; cap++)
        gone = cap_get_ambient(cap) != 1;
    if (now)
        cap_free(now);
    if (none)
        cap_free(none);
    return gone && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

int privileges_drop(const char *user, char text[PRIVILEGES_TEXT_MAX])
{
    cap_t none;
    int err = 0;

    drop_bounding();
    if (user && *user)
        err = become_user(user, text);
    if (err)
        return err;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(text, errno, "no_new_privs: %s", strerror(errno));
    cap_reset_ambient(); /* an old kernel without them has none to drop */
    none = cap_init();
    if (!none)
        return fail(text, ENOMEM, "capabilities: out of memory");
    if (cap_set_proc(none) != 0)
        err = errno;
    cap_free(none);
    if (err)
        return fail(text, err, "capabilities: cannot be dropped: %s", strerror(err));
    if (!capabilities_are_gone())
        return fail(text, EPERM, "capabilities: still there after they were dropped");
    return 0;
}
