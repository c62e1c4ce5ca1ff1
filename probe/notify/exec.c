/*
 * exec - a program of the configuration is told: JSON on its standard input, and how it ends is the
 * answer. No arguments and hardly an environment, so nothing of an alert is ever a word of a shell.
 *
 *   0           it has taken the message
 *   75          it could not just now (EX_TEMPFAIL of sysexits.h): the receiver is down
 *   any other   it refuses this message
 *
 * It is the leader of a process group, all of which is ended with it, at the latest after the time
 * limit. Its complaints go where ours go.
 */
#define _GNU_SOURCE /* memfd_create, close_range */
#include "probe/notify/transport.h"

#include "analyzer/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_MS = 10000, TRY_LATER = 75, CANNOT_RUN = 127, DESCRIPTORS_MAX = 256 };

struct exec {
    struct transport base;
    const char *program;
    int64_t timeout_ms, deadline_ms; /* 0: not known yet */
    pid_t pid;                       /* 0: none runs */
    int failure;                     /* errno of what never ran */
    bool timed_out;
    char id[128]; /* "EARSHOT_MESSAGE_ID=…" */
};

static int exec_open(struct transport **tp, const struct receiver *receiver,
                     const struct transport_environment *environment)
{
    struct exec *e;

    if (!environment->may_execute)
        return -EPERM;
    if (!receiver->url || receiver->url[0] != '/')
        return -EINVAL;
    e = calloc(1, sizeof *e);
    if (!e)
        return -ENOMEM;
    e->base.kind = &transport_exec;
    e->program = receiver->url;
    e->timeout_ms = environment->timeout_ms > 0 ? environment->timeout_ms : TIMEOUT_MS;
    snprintf(e->base.place, sizeof e->base.place, "exec:%s",
             log_text(slice_of_text(receiver->url)));
    *tp = &e->base;
    return 0;
}

/* ---- the child ---- */

/* execve() takes what it does not change without a const. */
static char *without_const(const char *text)
{
    union {
        const char *given;
        char *taken;
    } same = { text };

    return same.taken;
}

/* Between fork and exec nothing may allocate: other threads had locks that are now nobody's. */
static _Noreturn void become_program(const struct exec *e, int body, int nothing, pid_t parent)
{
    const struct rlimit files = { DESCRIPTORS_MAX, DESCRIPTORS_MAX }, core = { 0, 0 };
    char *const arguments[] = { without_const(e->program), NULL };
    char *const environment[] = {
        without_const("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        without_const("LANG=C.UTF-8"), without_const(e->id), NULL
    };
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (setpgid(0, 0) != 0 || dup2(body, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
        close_range(STDERR_FILENO + 1, ~0u, 0) != 0)
        _exit(CANNOT_RUN);
    (void)setrlimit(RLIMIT_NOFILE, &files);
    (void)setrlimit(RLIMIT_CORE, &core);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
        _exit(CANNOT_RUN);
    execve(e->program, arguments, environment);
    _exit(CANNOT_RUN);
}

/* ---- its parent ---- */

/* A file in memory: whoever reads it need not read all, and nobody waits for a pipe. −errno. */
static int write_body(struct slice body)
{
    int fd = memfd_create("earshot-message", MFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    while (body.len) {
        ssize_t n = write(fd, body.p, body.len);

        if (n < 0 && errno != EINTR) {
            int err = -errno;

            close(fd);
            return err;
        }
        body.p += n > 0 ? n : 0;
        body.len -= n > 0 ? (size_t)n : 0;
    }
    if (lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return -EIO;
    }
    return fd;
}

static int exec_start(struct transport *t, const struct transport_message *message)
{
    struct exec *e = (struct exec *)t;
    pid_t parent = getpid();
    int body, nothing, err = 0;

    if (t->is_busy)
        return -EBUSY;
    body = write_body(message->body);
    if (body < 0)
        return body;
    nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nothing < 0) {
        err = -errno;
        goto close_body;
    }
    snprintf(e->id, sizeof e->id, "EARSHOT_MESSAGE_ID=%s", log_text(slice_of_text(message->id)));
    e->deadline_ms = 0;
    e->timed_out = false;
    e->failure = access(e->program, X_OK) == 0 ? 0 : errno;
    e->pid = e->failure ? 0 : fork();
    if (e->pid == 0 && !e->failure)
        become_program(e, body, nothing, parent);
    if (e->pid < 0) {
        err = -errno;
        e->pid = 0;
    } else {
        if (e->pid > 0)
            (void)setpgid(e->pid, e->pid); /* whoever comes first */
        t->is_busy = true;
    }
    close(nothing);
close_body:
    close(body);
    return err;
}

static bool fail(struct webhook_answer *answer, enum webhook_outcome outcome, int status,
                 const char *format, const char *what, int number)
{
    answer->outcome = outcome;
    answer->status = status;
    snprintf(answer->reason, sizeof answer->reason, format, what, number);
    return true;
}

static void judge(const struct exec *e, int how, int status, struct webhook_answer *answer)
{
    if (e->timed_out)
        fail(answer, WEBHOOK_DOWN, 0, "%s took longer than %d ms and was ended", "it",
             (int)e->timeout_ms);
    else if (how != CLD_EXITED)
        fail(answer, WEBHOOK_DOWN, 0, "%s was ended by signal %d", "it", status);
    else if (status == 0)
        answer->outcome = WEBHOOK_DELIVERED;
    else if (status == TRY_LATER || status == CANNOT_RUN)
        fail(answer, WEBHOOK_DOWN, status, "%s %d",
             status == TRY_LATER ? "it wants to be asked later: status"
                                 : "it cannot be run: status",
             status);
    else
        fail(answer, WEBHOOK_REJECTED, status, "%s ended with status %d", "it", status);
}

/* As long as its leader is not waited for, the group's number is nobody else's. */
static void reap(struct exec *e)
{
    kill(-e->pid, SIGKILL);
    while (waitpid(e->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    e->pid = 0;
    e->base.is_busy = false;
}

static bool exec_run(struct transport *t, int64_t steady_ms, struct webhook_answer *answer)
{
    struct exec *e = (struct exec *)t;
    siginfo_t info = { .si_pid = 0 };

    *answer = (struct webhook_answer){ .outcome = WEBHOOK_DOWN };
    if (e->failure) {
        t->is_busy = false;
        return fail(answer, WEBHOOK_DOWN, 0, "it cannot be run: %s (error %d)",
                    strerror(e->failure), e->failure);
    }
    if (!e->deadline_ms)
        e->deadline_ms = steady_ms + e->timeout_ms;
    if (waitid(P_PID, (id_t)e->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
        if (steady_ms >= e->deadline_ms && !e->timed_out) {
            e->timed_out = true;
            kill(-e->pid, SIGKILL);
        }
        return false;
    }
    judge(e, info.si_code, info.si_status, answer);
    reap(e);
    return true;
}

static void exec_close(struct transport *t)
{
    struct exec *e = (struct exec *)t;

    if (e && e->pid > 0)
        reap(e);
    free(e);
}

const struct transport_kind transport_exec = { exec_open, exec_close, exec_start, exec_run };
