#include "probe/cmd/cmd.h"
#include "probe/cmd/cmd_access.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define COMMON_OPTIONS(o)                                                                          \
    { "config",  'c', CLI_TEXT, "FILE", "settings, see earshot.yaml(5); options here come first",  \
      &(o).file, 0,   0 },                                                                         \
    {                                                                                              \
        "store", 's', CLI_TEXT, "DIR", "the store (default /var/lib/earshot)", &(o).store, 0, 0    \
    }

enum { DAYS_DEFAULT = 90 };

/* Whoever has the shell speaks for all. */
static void speak_for(const char *user, struct identity *who)
{
    *who = (struct identity){ .rights = role_rights(ROLE_ADMIN) };
    snprintf(who->name, sizeof who->name, "%s", user ? user : "");
}

static int fail_add(const struct cmd_access *a, int err, const char *user)
{
    switch (err) {
    case -ENOENT:
        return cli_fail(a->command, EXIT_NO_INPUT,
                        "no user '%.64s' here; 'earshot user list' lists them", user);
    case -EEXIST:
        return cli_fail(a->command, EXIT_TROUBLE, "%.64s has a token '%.64s' already", user,
                        a->name);
    case -EACCES:
        return cli_fail(a->command, EXIT_USAGE, "that is more than the role of %.64s may do itself",
                        user);
    case -EINVAL:
        return cli_fail(a->command, EXIT_USAGE, "--days is 1 to %u (access.token_days)",
                        access_token_days(a->access));
    case -ENOSPC:
        return cli_fail(a->command, EXIT_TROUBLE, "%.64s has %d tokens: remove some", user,
                        TOKENS_OF_USER_MAX);
    default:
        return cmd_access_fail(a, err, NULL);
    }
}

static int add(struct cmd_access *a, const char *user, const char *scopes, int64_t days)
{
    struct token token = { .scopes = tokens_scopes_parse(slice_of_text(scopes)) };
    char secret[TOKEN_LEN + 1], told[300];
    struct identity who;
    int err, status;

    if (!user)
        return cli_fail(a->command, EXIT_USAGE, "whose? '--user NAME'");
    if (!users_name_is_good(slice_of_text(a->name)))
        return cli_fail(a->command, EXIT_USAGE,
                        "a token's name is of letters, digits, '-', '_' and '.'");
    if (!token.scopes)
        return cli_fail(a->command, EXIT_USAGE,
                        "'--scopes' are some of see, numbers, signalling, packets, sound, handle, "
                        "trail, admin, metrics, with commas between them");
    snprintf(token.name, sizeof token.name, "%s", a->name);
    snprintf(told, sizeof told, " user=%.64s scopes=%.200s", user, scopes);
    status = cmd_access_audit(a, "token", told);
    if (status != -1)
        return status;
    speak_for(user, &who);
    err = access_add_token(a->access, &who, &token, (unsigned)days, a->now_s, secret);
    if (err)
        return fail_add(a, err, user);
    printf("%s\n", secret);
    fprintf(stderr, "This is shown once. It goes into the header 'Authorization: Bearer ...'.\n");
    password_wipe(secret, sizeof secret);
    return EXIT_OK;
}

static int run_add(int argc, char **argv)
{
    struct cmd_access_options o = { NULL, NULL };
    const char *user = NULL, *scopes = NULL;
    int64_t days = DAYS_DEFAULT;
    const struct cli_option options[] = {
        COMMON_OPTIONS(o),
        { "user", 'u', CLI_TEXT, "NAME", "for whom it speaks: it may never do more than he", &user,
          0, 0 },
        { "scopes", 0, CLI_TEXT, "RIGHT,...",
          "what it may: see, numbers, signalling, packets, sound, handle, trail, admin, metrics",
          &scopes, 0, 0 },
        { "days", 'd', CLI_INT, "DAYS", "how long it is good (default 90)", &days, 1, 100000 },
    };
    const struct cli_command command = {
        "token add",
        "NAME --user USER --scopes RIGHT,...",
        "makes a token for scripts, and prints it once",
        "  earshot token add prometheus --user monitoring --scopes metrics --days 365\n"
        "  curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8080/api/v1/calls\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct cmd_access a;
    int status = cmd_access_open(&a, &command, &o, "which name? it is what lists show", argc, argv);

    if (status == -1)
        status = add(&a, user, scopes, days);
    cmd_access_close(&a);
    return status;
}

static bool print_token(void *ctx, const struct token *t)
{
    const struct cmd_access *a = ctx;
    struct strbuf scopes = { 0 };
    char expires[32], used[32];

    tokens_scopes_write(&scopes, t->scopes);
    printf("%4" PRId64 " %-20s %-16s %-21s %-21s %s%s\n", t->id, t->name, t->user_name,
           cmd_access_time(t->expires_s, expires), cmd_access_time(t->used_s, used),
           scopes.p ? scopes.p : "", t->expires_s <= a->now_s ? " (expired)" : "");
    strbuf_fini(&scopes);
    return true;
}

static int run_list(int argc, char **argv)
{
    struct cmd_access_options o = { NULL, NULL };
    const struct cli_option options[] = { COMMON_OPTIONS(o) };
    const struct cli_command command = {
        "token list", "",      "lists the tokens of all users, never their secrets",
        NULL,         options, sizeof options / sizeof options[0],
    };
    struct identity who;
    struct cmd_access a;
    int err, status = cmd_access_open(&a, &command, &o, NULL, argc, argv);

    if (status == -1) {
        speak_for(NULL, &who);
        printf("%4s %-20s %-16s %-21s %-21s %s\n", "ID", "NAME", "USER", "EXPIRES", "LAST USED",
               "SCOPES");
        err = access_list_tokens(a.access, &who, print_token, &a);
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
        "token remove", "ID",    "ends a token, by its number in 'earshot token list'",
        NULL,           options, sizeof options / sizeof options[0],
    };
    struct identity who;
    struct cmd_access a;
    uint64_t id;
    int err, status = cmd_access_open(&a, &command, &o, "which token? its number", argc, argv);

    if (status == -1 && !slice_to_u64(slice_of_text(a.name), INT64_MAX, &id))
        status = cli_fail(&command, EXIT_USAGE, "'%.40s' is no number; see 'earshot token list'",
                          a.name);
    if (status == -1)
        status = cmd_access_audit(&a, "token", "");
    if (status == -1) {
        speak_for(NULL, &who);
        err = access_end_token(a.access, &who, (int64_t)id);
        status = err ? cmd_access_fail(&a, err, err == -ENOENT ? "no such token" : NULL) : EXIT_OK;
    }
    cmd_access_close(&a);
    return status;
}

int cmd_token(int argc, char **argv)
{
    static const struct cmd_access_row rows[] = {
        { "add", run_add, "make one, and print it once" },
        { "list", run_list, "which there are, whose, and when they were last used" },
        { "remove", run_remove, "end one" },
    };

    return cmd_access_dispatch("token", "what lets scripts ask the API", rows,
                               sizeof rows / sizeof rows[0], argc, argv);
}
