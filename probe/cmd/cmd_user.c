#include "probe/cmd/cmd.h"
#include "probe/cmd/cmd_access.h"
#include "probe/cmd/prompt.h"

#include <errno.h>
#include <stdio.h>

#define WHICH "which user? 'earshot user list' lists them"

#define COMMON_OPTIONS(o)                                                                          \
    { "config",  'c', CLI_TEXT, "FILE", "settings, see earshot.yaml(5); options here come first",  \
      &(o).file, 0,   0 },                                                                         \
    {                                                                                              \
        "store", 's', CLI_TEXT, "DIR", "the store (default /var/lib/earshot)", &(o).store, 0, 0    \
    }

enum { OPTIONS_MAX = 6 };

static void print_link(const struct cmd_access *a, char *link)
{
    const struct config *c = &a->config;
    struct slice base = slice_of_text(c->notify_base_url ? c->notify_base_url : c->web_listen);

    while (base.len && base.p[base.len - 1] == '/')
        base.len--;
    printf("%s%.*s/#/setup?key=%s\n", c->notify_base_url ? "" : "http://", (int)base.len, base.p,
           link);
    fprintf(stderr, "The link is good once, for %u hours; whoever opens it sets the password.\n",
            access_link_hours(a->access));
    password_wipe(link, SECRET_KEY_LEN + 1);
}

static int bad_role(const struct cli_command *command, const char *role)
{
    if (role)
        return cli_fail(command, EXIT_USAGE,
                        "'%.40s' is no role: viewer, engineer, media, auditor or admin", role);
    return cli_fail(command, EXIT_USAGE,
                    "in which role? '--role viewer', engineer, media, auditor or admin");
}

static int run_add(int argc, char **argv)
{
    struct cmd_access_options o = { NULL, NULL };
    const char *role = NULL;
    bool from_stdin = false, by_link = false;
    const struct cli_option options[] = {
        COMMON_OPTIONS(o),
        { "role", 'r', CLI_TEXT, "ROLE", "viewer, engineer, media, auditor or admin", &role, 0, 0 },
        { "password-stdin", 0, CLI_FLAG, NULL, "the password is the first line of standard input",
          &from_stdin, 0, 0 },
        { "link", 0, CLI_FLAG, NULL,
          "no password: print a one-time link with which the user sets it", &by_link, 0, 0 },
    };
    const struct cli_command command = {
        "user add",
        "NAME --role ROLE",
        "makes a user; asks for the password",
        "  earshot user add ann --role engineer\n"
        "  earshot user add bob --role viewer --link\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct access_change change = { .name = SLICE_ABSENT };
    struct slice password = SLICE_ABSENT;
    char room[PROMPT_MAX], link[SECRET_KEY_LEN + 1], told[32];
    const char *why = NULL;
    struct cmd_access a;
    int err, status = cmd_access_open(&a, &command, &o, "which name?", argc, argv);

    if (status == -1) {
        change = (struct access_change){ .name = slice_of_text(a.name),
                                         .role = role_parse(slice_of_text(role)),
                                         .now_s = a.now_s };
        if (!role || change.role == ROLE_NONE)
            status = bad_role(&command, role);
    }
    if (status == -1 && !by_link)
        status = prompt_password(&command, from_stdin, room, &password);
    if (status == -1) {
        snprintf(told, sizeof told, " role=%s%s", role, by_link ? " link" : "");
        status = cmd_access_audit(&a, "user", told);
    }
    if (status == -1) {
        err = access_add_user(a.access, &change, password, link, &why);
        if (err == -ENOENT)
            why = "there is no store yet: 'earshot run' makes it, or mkdir";
        status = err ? cmd_access_fail(&a, err, why) : EXIT_OK;
        if (!err && by_link)
            print_link(&a, link);
    }
    password_wipe(room, sizeof room);
    cmd_access_close(&a);
    return status;
}

static bool print_user(void *ctx, const struct user *u)
{
    char room[32];
    struct slice role = role_name((enum role)u->role);

    (void)ctx;
    printf("%-20s %-9.*s %-9s %-21s %8lld %6lld\n", u->name, (int)role.len, role.p,
           u->is_disabled     ? "disabled"
           : !u->has_password ? "invited"
                              : "active",
           cmd_access_time(u->login_s, room), (long long)u->sessions, (long long)u->tokens);
    return true;
}

static int run_list(int argc, char **argv)
{
    struct cmd_access_options o = { NULL, NULL };
    const struct cli_option options[] = { COMMON_OPTIONS(o) };
    const struct cli_command command = {
        "user list", "",      "lists the users of a store",
        NULL,        options, sizeof options / sizeof options[0],
    };
    struct cmd_access a;
    int err, status = cmd_access_open(&a, &command, &o, NULL, argc, argv);

    if (status == -1) {
        printf("%-20s %-9s %-9s %-21s %8s %6s\n", "NAME", "ROLE", "STATE", "LAST LOGIN", "SESSIONS",
               "TOKENS");
        err = access_list_users(a.access, a.now_s, print_user, NULL);
        status = err ? cmd_access_fail(&a, err, NULL) : EXIT_OK;
    }
    cmd_access_close(&a);
    return status;
}

static int run_remove(int argc, char **argv)
{
    struct cmd_access_options o = { NULL, NULL };
    const struct cli_option options[] = { COMMON_OPTIONS(o) };
    const struct cli_command command = {
        "user remove", "NAME",  "removes a user, his sessions and tokens",
        NULL,          options, sizeof options / sizeof options[0],
    };
    struct cmd_access a;
    int err, status = cmd_access_open(&a, &command, &o, WHICH, argc, argv);

    if (status == -1)
        status = cmd_access_audit(&a, "user", "");
    if (status == -1) {
        err = access_remove_user(a.access, slice_of_text(a.name));
        status = err ? cmd_access_fail(&a, err, NULL) : EXIT_OK;
    }
    cmd_access_close(&a);
    return status;
}

/* What is changed with no more to say than the name. */
static int change_user(const struct cli_command *command, const struct cmd_access_options *o,
                       struct access_change change, int argc, char **argv)
{
    struct slice role = role_name(change.role);
    char link[SECRET_KEY_LEN + 1], told[32] = "";
    struct cmd_access a;
    int err, status = cmd_access_open(&a, command, o, WHICH, argc, argv);

    if (change.role != ROLE_NONE)
        snprintf(told, sizeof told, " role=%.*s", (int)role.len, role.p);
    if (status == -1)
        status = cmd_access_audit(&a, "user", told);
    if (status == -1) {
        change.name = slice_of_text(a.name);
        change.now_s = a.now_s;
        err = access_change_user(a.access, &change, link);
        status = err ? cmd_access_fail(&a, err, NULL) : EXIT_OK;
        if (!err && change.resets)
            print_link(&a, link);
    }
    cmd_access_close(&a);
    return status;
}

static int run_role(int argc, char **argv)
{
    struct cmd_access_options o = { NULL, NULL };
    const char *role = NULL;
    const struct cli_option options[] = {
        COMMON_OPTIONS(o),
        { "role", 'r', CLI_TEXT, "ROLE", "viewer, engineer, media, auditor or admin", &role, 0, 0 },
    };
    const struct cli_command command = {
        "user role",
        "NAME --role ROLE",
        "gives a user another role, at once",
        NULL,
        options,
        sizeof options / sizeof options[0],
    };
    struct access_change change = { .name = SLICE_ABSENT };
    char link[SECRET_KEY_LEN + 1], told[64];
    struct cmd_access a;
    int err, status = cmd_access_open(&a, &command, &o, WHICH, argc, argv);

    if (status == -1) {
        change = (struct access_change){ .name = slice_of_text(a.name),
                                         .role = role_parse(slice_of_text(role)),
                                         .now_s = a.now_s };
        if (!role || change.role == ROLE_NONE)
            status = bad_role(&command, role);
    }
    if (status == -1) {
        snprintf(told, sizeof told, " role=%.40s", role);
        status = cmd_access_audit(&a, "user", told);
    }
    if (status == -1) {
        err = access_change_user(a.access, &change, link);
        status = err ? cmd_access_fail(&a, err, NULL) : EXIT_OK;
    }
    cmd_access_close(&a);
    return status;
}

static int run_disable(int argc, char **argv)
{
    struct cmd_access_options o = { NULL, NULL };
    const struct cli_option options[] = { COMMON_OPTIONS(o) };
    const struct cli_command command = {
        "user disable",
        "NAME",
        "ends a user's sessions; he and his tokens get no further until 'earshot user enable'",
        NULL,
        options,
        sizeof options / sizeof options[0],
    };

    return change_user(&command, &o,
                       (struct access_change){ .sets_disabled = true, .is_disabled = true }, argc,
                       argv);
}

static int run_enable(int argc, char **argv)
{
    struct cmd_access_options o = { NULL, NULL };
    const struct cli_option options[] = { COMMON_OPTIONS(o) };
    const struct cli_command command = {
        "user enable", "NAME",  "lets a disabled user in again",
        NULL,          options, sizeof options / sizeof options[0],
    };

    return change_user(&command, &o, (struct access_change){ .sets_disabled = true }, argc, argv);
}

static int run_link(int argc, char **argv)
{
    struct cmd_access_options o = { NULL, NULL };
    const struct cli_option options[] = { COMMON_OPTIONS(o) };
    const struct cli_command command = {
        "user link",
        "NAME",
        "prints a one-time link for a new password; the old one is no good any more",
        NULL,
        options,
        sizeof options / sizeof options[0],
    };

    return change_user(&command, &o, (struct access_change){ .resets = true }, argc, argv);
}

static int run_password(int argc, char **argv)
{
    struct cmd_access_options o = { NULL, NULL };
    bool from_stdin = false;
    const struct cli_option options[] = {
        COMMON_OPTIONS(o),
        { "password-stdin", 0, CLI_FLAG, NULL, "the password is the first line of standard input",
          &from_stdin, 0, 0 },
    };
    const struct cli_command command = {
        "user password",
        "NAME",
        "sets a user's password; ends his sessions",
        NULL,
        options,
        sizeof options / sizeof options[0],
    };
    struct slice password = SLICE_ABSENT;
    const char *why = NULL;
    char room[PROMPT_MAX];
    struct cmd_access a;
    struct user user;
    int err, status = cmd_access_open(&a, &command, &o, WHICH, argc, argv);

    if (status == -1) {
        err = access_find_user(a.access, slice_of_text(a.name), &user);
        status = err ? cmd_access_fail(&a, err, NULL) : -1;
    }
    if (status == -1)
        status = prompt_password(&command, from_stdin, room, &password);
    if (status == -1)
        status = cmd_access_audit(&a, "user", "");
    if (status == -1) {
        err = access_set_password(a.access, slice_of_text(a.name), password, a.now_s, &why);
        status = err ? cmd_access_fail(&a, err, why) : EXIT_OK;
    }
    password_wipe(room, sizeof room);
    cmd_access_close(&a);
    return status;
}

int cmd_user(int argc, char **argv)
{
    static const struct cmd_access_row rows[] = {
        { "add", run_add, "make one: asks for the password, or prints a one-time link" },
        { "list", run_list, "who there is, in which role, and when he was last here" },
        { "role", run_role, "give one another role" },
        { "password", run_password, "set one's password" },
        { "link", run_link, "print a one-time link for a new password" },
        { "disable", run_disable, "keep one out, and his tokens" },
        { "enable", run_enable, "let him in again" },
        { "remove", run_remove, "remove one, with his sessions and tokens" },
    };

    return cmd_access_dispatch("user", "who may log in to the dashboard and the API", rows,
                               sizeof rows / sizeof rows[0], argc, argv);
}
