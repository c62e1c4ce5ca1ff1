#define _GNU_SOURCE /* pipe2, close_range */
#include "probe/web/rule_trial.h"

#include "analyzer/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NICENESS = 10, LOOK_MS = 100, PIECE_BYTES = 4096, ARGUMENTS_MAX = 14 };

/* execve() takes what it does not change without a const. */
static char *argument(const char *text)
{
    union {
        const char *given;
        char *taken;
    } same = { text };

    return same.taken;
}

static _Noreturn void become_child(const struct rule_trial *t, int out, int say, pid_t parent)
{
    const struct rlimit cpu = { RULE_TRIAL_TIME_MAX_S, RULE_TRIAL_TIME_MAX_S }, none = { 0, 0 };
    char *const arguments[ARGUMENTS_MAX] = {
        argument("earshot"), argument("rules"),      argument("test"),    argument(t->rule),
        argument("--store"), argument(t->store_dir), argument("--since"), argument(t->since),
        argument("--rules"), argument(t->rules_dir), argument("--json"),  NULL
    };
    char *const environment[] = { argument("LANG=C.UTF-8"), NULL };
    sigset_t no_signals;

    sigemptyset(&no_signals);
    sigprocmask(SIG_SETMASK, &no_signals, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (dup2(out, STDOUT_FILENO) < 0 || dup2(say, STDERR_FILENO) < 0 ||
        dup2(open("/dev/null", O_RDONLY), STDIN_FILENO) < 0 ||
        close_range(STDERR_FILENO + 1, ~0u, 0) != 0)
        _exit(EXIT_FAILURE);
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_FSIZE, &none);
    setrlimit(RLIMIT_CORE, &none);
    if (nice(NICENESS) == -1) /* it may be at its lowest already */
        errno = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
        _exit(EXIT_FAILURE);
    execve(t->program ? t->program : "/proc/self/exe", arguments, environment);
    _exit(EXIT_FAILURE);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False at the end of it. */
static bool read_some(int fd, struct strbuf *out)
{
    char piece[PIECE_BYTES];
    ssize_t n = read(fd, piece, sizeof piece);

    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    strbuf_add(out, piece, (size_t)n);
    return n > 0;
}

/* Until both ends are closed, the time is over or nobody waits any more; false in those cases. */
static bool listen_to(const struct rule_trial *t, int out, int say, struct strbuf *said)
{
    int64_t end = now_ms() + 1000ll * RULE_TRIAL_TIME_MAX_S;
    struct pollfd fds[2] = { { out, POLLIN, 0 }, { say, POLLIN, 0 } };

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (now_ms() > end || (t->gone && atomic_load(t->gone)))
            return false;
        if (poll(fds, 2, LOOK_MS) <= 0)
            continue;
        if (fds[0].revents && !read_some(out, t->output))
            fds[0].fd = -1;
        if (fds[1].revents && !read_some(say, said))
            fds[1].fd = -1;
    }
    return true;
}

static int judge(bool in_time, int status, const struct rule_trial *t, const struct strbuf *said,
                 char message[RULE_TRIAL_MESSAGE_MAX])
{
    static const struct slice head = SLICE_INIT("earshot rules test: ");
    struct slice line = slice_trim(strbuf_slice(said));

    if (slice_starts_with(line, head))
        line = slice_of(line.p + head.len, line.len - head.len);

    if (!in_time || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)) {
        snprintf(message, RULE_TRIAL_MESSAGE_MAX,
                 "it takes over %d s: ask for a shorter time, or run earshot rules test %s",
                 RULE_TRIAL_TIME_MAX_S, t->rule);
        return 503;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 200;
    log_warn("web: rules test %s: exit status %#x, %s", t->rule, (unsigned)status, log_text(line));
    snprintf(message, RULE_TRIAL_MESSAGE_MAX, "%.*s", line.len ? (int)line.len : 29,
             line.len ? line.p : "the rule could not be tested.");
    return 500;
}

static int run(const struct rule_trial *t, int out[2], int say[2],
               char message[RULE_TRIAL_MESSAGE_MAX])
{
    struct strbuf said = { .max_bytes = RULE_TRIAL_MESSAGE_MAX };
    pid_t parent = getpid(), pid = fork();
    bool in_time;
    int status = 0, answer;

    if (pid == 0)
        become_child(t, out[1], say[1], parent);
    close(out[1]);
    close(say[1]);
    out[1] = say[1] = -1;
    if (pid < 0) {
        snprintf(message, RULE_TRIAL_MESSAGE_MAX, "no process to test the rule in, try again");
        return 503;
    }
    in_time = listen_to(t, out[0], say[0], &said);
    if (!in_time)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    answer = judge(in_time, status, t, &said, message);
    strbuf_fini(&said);
    return answer;
}

int rule_trial_run(const struct rule_trial *trial, char message[RULE_TRIAL_MESSAGE_MAX])
{
    int out[2] = { -1, -1 }, say[2] = { -1, -1 };
    int answer = 503;

    snprintf(message, RULE_TRIAL_MESSAGE_MAX, "out of descriptors, try again");
    if (pipe2(out, O_CLOEXEC) == 0 && pipe2(say, O_CLOEXEC) == 0)
        answer = run(trial, out, say, message);
    for (int i = 0; i < 2; i++) {
        if (out[i] >= 0)
            close(out[i]);
        if (say[i] >= 0)
            close(say[i]);
    }
    return answer;
}
