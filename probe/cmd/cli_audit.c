#include "probe/cmd/cli_audit.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

struct slice cli_audit_user(char room[CLI_USER_MAX])
{
    const struct passwd *user = getpwuid(getuid());
    int n = user ? snprintf(room, CLI_USER_MAX, "%s", user->pw_name)
                 : snprintf(room, CLI_USER_MAX, "uid %lu", (unsigned long)getuid());

    return slice_of(room, n < 0 ? 0 : (size_t)(n < CLI_USER_MAX ? n : CLI_USER_MAX - 1));
}

int cli_audit(const char *store_dir, const struct audit_entry *entry)
{
    struct audit_entry e = *entry;
    char user[CLI_USER_MAX];

    e.user = cli_audit_user(user);
    e.from = SLICE("cli");
    return audit_append(store_dir, &e, AUDIT_SYNC, NULL);
}
