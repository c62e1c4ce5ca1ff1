#include "probe/cmd/prompt.h"

#include "probe/access/password.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Byte by byte: nothing behind the line is taken, and no buffer keeps it. */
static bool read_line(int fd, char *room, struct slice *line)
{
    size_t len = 0;
    ssize_t n;
    char c;

    while ((n = read(fd, &c, 1)) != 0 && c != '\n') {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || len == PROMPT_MAX - 1)
            return false;
        room[len++] = c;
    }
    if (len && room[len - 1] == '\r')
        len--;
    *line = slice_of(room, len);
    return true;
}

static bool ask(const char *question, char *room, struct slice *answer)
{
    struct termios shown, hidden;
    sigset_t blocked, before;
    bool ok;

    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return false;
    /* Ctrl-C is dealt with when the terminal is as it was. */
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTSTP);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fputs(question, stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    ok = read_line(STDIN_FILENO, room, answer);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ok;
}

int prompt_password(const struct cli_command *command, bool from_stdin, char room[PROMPT_MAX],
                    struct slice *password)
{
    char again[PROMPT_MAX];
    struct slice second;
    bool same;

    if (from_stdin) {
        if (read_line(STDIN_FILENO, room, password))
            return -1;
        return cli_fail(command, EXIT_USAGE, "no password on the standard input");
    }
    if (!isatty(STDIN_FILENO))
        return cli_fail(command, EXIT_USAGE,
                        "nobody to ask for the password: '--password-stdin' reads it");
    if (!ask("Password: ", room, password) || !ask("Once more: ", again, &second))
        return cli_fail(command, EXIT_TROUBLE, "no password");
    same = slice_eq(*password, second);
    password_wipe(again, sizeof again);
    return same ? -1 : cli_fail(command, EXIT_USAGE, "these are two different passwords");
}
