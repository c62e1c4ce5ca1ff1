#define _GNU_SOURCE /* pipe2, close_range */
#include "probe/web/render.h"

#include "analyzer/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The sanitizers reserve terabytes of addresses. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_LIMITED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEMORY_IS_LIMITED 0
#endif
#endif
#ifndef MEMORY_IS_LIMITED
#define MEMORY_IS_LIMITED 1
#endif

enum {
    CPU_MAX_S = 240, /* six hours as Ogg take 160 s, an hour as WAV 1 s */
    MEMORY_MAX_MIB = 1024,
    FILE_MAX_MIB = 2048,
    DESCRIPTORS_MAX = 64,
    NICENESS = 10,
    LOOK_MS = 100,      /* how often it is asked whether anybody waits still */
    SAID_BYTES = 1024,  /* of what the child complains of, the end */
    ARGUMENTS_MAX = 20, /* of its command line */
    ENVIRONMENT_MAX = 5,
    ENVIRONMENT_TEXT_MAX = 512,
};

/* All that the child needs between fork and exec, made before: there, nothing may allocate. */
struct child {
    const char *program;
    char *arguments[ARGUMENTS_MAX];
    size_t argument_count;
    char texts[ENVIRONMENT_MAX][ENVIRONMENT_TEXT_MAX];
    char *environment[ENVIRONMENT_MAX + 1];
    char id[24], buckets[16];
    int in, to, say;
    pid_t parent;
};

/* The end of what the child says. */
struct said {
    char text[SAID_BYTES];
    size_t len;
};

/* ---- the child ---- */

static void limit(int resource, rlim_t most)
{
    const struct rlimit r = { most, most };

    (void)setrlimit((__rlimit_resource_t)resource, &r);
}

static _Noreturn void become_child(const struct child *c)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (dup2(c->in, STDIN_FILENO) < 0 || dup2(c->to, STDOUT_FILENO) < 0 ||
        dup2(c->say, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0u, 0) != 0)
        _exit(EXIT_FAILURE);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, CPU_MAX_S);
    limit(RLIMIT_FSIZE, (rlim_t)FILE_MAX_MIB << 20);
    limit(RLIMIT_NOFILE, DESCRIPTORS_MAX);
    if (MEMORY_IS_LIMITED)
        limit(RLIMIT_AS, (rlim_t)MEMORY_MAX_MIB << 20);
    if (nice(NICENESS) == -1) /* it may be at its lowest already */
        errno = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != c->parent)
        _exit(EXIT_FAILURE);
    execve(c->program, c->arguments, c->environment);
    _exit(EXIT_FAILURE);
}

/* execve() takes what it does not change without a const. */
static void add_argument(struct child *c, const char *text)
{
    union {
        const char *given;
        char *taken;
    } same = { text };

    c->arguments[c->argument_count++] = same.taken;
}

static void prepare_arguments(struct child *c, const struct render_job *job)
{
    snprintf(c->id, sizeof c->id, "%016" PRIx64, job->call);
    snprintf(c->buckets, sizeof c->buckets, "%u", job->peaks);
    c->program = job->program ? job->program : "/proc/self/exe";
    add_argument(c, "earshot");
    add_argument(c, "export");
    add_argument(c, c->id);
    add_argument(c, "--store");
    add_argument(c, job->store_dir);
    add_argument(c, "-o");
    add_argument(c, "-");
    add_argument(c, "--format");
    add_argument(c, job->format);
    add_argument(c, "--audited");
    add_argument(c, "--gaps");
    add_argument(c, job->gaps);
    if (job->peaks) {
        add_argument(c, "--peaks");
        add_argument(c, c->buckets);
    }
    if (job->config_file) {
        add_argument(c, "-c");
        add_argument(c, job->config_file);
    }
}

static void prepare_environment(struct child *c)
{
    static const char *const names[ENVIRONMENT_MAX] = { "PATH", "HOME", "LANG", "TMPDIR", "TZ" };
    size_t count = 0;

    for (size_t i = 0; i < ENVIRONMENT_MAX; i++) {
        const char *value = getenv(names[i]);
        int n;

        if (!value)
            continue;
        n = snprintf(c->texts[count], ENVIRONMENT_TEXT_MAX, "%s=%s", names[i], value);
        if (n > 0 && n < ENVIRONMENT_TEXT_MAX) {
            c->environment[count] = c->texts[count];
            count++;
        }
    }
}

/* ---- its parent ---- */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Keeps the newest SAID_BYTES. False at the end of it, or when nothing can be read. */
static bool listen_to(int fd, struct said *said)
{
    char piece[SAID_BYTES];
    ssize_t n = read(fd, piece, sizeof piece);
    size_t len, over;

    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    len = (size_t)n;
    over = said->len + len > SAID_BYTES ? said->len + len - SAID_BYTES : 0;
    memmove(said->text, said->text + over, said->len - over);
    said->len -= over;
    memcpy(said->text + said->len, piece, len);
    said->len += len;
    return n > 0;
}

/* Until it is gone, by itself or by our hand; what waitpid said. */
static int wait_for_child(pid_t pid, int say, const struct render_job *job, struct said *said,
                          bool *too_long)
{
    int64_t end = now_ms() + 1000ll * (job->time_max_s ? job->time_max_s : RENDER_TIME_MAX_S);
    bool is_heard = true, is_killed = false;
    int status = 0;

    for (;;) {
        struct pollfd p = { is_heard ? say : -1, POLLIN, 0 };
        pid_t gone;

        if (poll(&p, 1, LOOK_MS) > 0 && is_heard)
            is_heard = listen_to(say, said);
        gone = waitpid(pid, &status, WNOHANG);
        if (gone == pid || (gone < 0 && errno != EINTR))
            break;
        *too_long = *too_long || now_ms() > end;
        if (!is_killed && (*too_long || (job->is_unwanted && job->is_unwanted(job->ctx)))) {
            kill(pid, SIGKILL);
            is_killed = true;
        }
    }
    /* What it said just before it went. */
    while (is_heard) {
        struct pollfd p = { say, POLLIN, 0 };

        is_heard = poll(&p, 1, 0) > 0 && listen_to(say, said);
    }
    return status;
}

static struct slice last_line(const struct said *said)
{
    struct slice text = slice_trim(slice_of(said->text, said->len));
    size_t from = text.len;

    while (from > 0 && text.p[from - 1] != '\n')
        from--;
    return slice_of(text.p + from, text.len - from);
}

/* "earshot export: why" is why. */
static struct slice sentence_of(struct slice line)
{
    static const struct slice head = SLICE_INIT("earshot export: ");

    return slice_starts_with(line, head) ? slice_of(line.p + head.len, line.len - head.len) : line;
}

int render_judge(int status, struct slice said, char message[RENDER_MESSAGE_MAX])
{
    static const struct {
        int exit_status, answer;
        const char *otherwise; /* when the child said nothing */
    } rows[] = {
        { 65, 409, "the media of this call cannot become sound" },
        { 66, 404, "none of this call's media is stored" },
        { 69, 501, "no decoder for the codec of this call is built in" },
        { 73, 507, "no room on the disk for the sound" },
    };
    struct slice why = sentence_of(said);
    int answer = 500;
    const char *otherwise = "the sound of this call cannot be made";

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 200;
    if (WIFSIGNALED(status)) {
        bool is_limit = WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL;

        snprintf(message, RENDER_MESSAGE_MAX, "%s",
                 is_limit ? "it took too long to make the sound of this call" : otherwise);
        return is_limit ? 503 : 500;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (WIFEXITED(status) && WEXITSTATUS(status) == rows[i].exit_status) {
            answer = rows[i].answer;
            otherwise = rows[i].otherwise;
        }
    }
    /* What a command that failed otherwise says is for our log: it may name folders. */
    if (answer == 500 || why.len == 0)
        snprintf(message, RENDER_MESSAGE_MAX, "%s", otherwise);
    else
        snprintf(message, RENDER_MESSAGE_MAX, "%.*s", (int)why.len, why.p);
    return answer;
}

static int start_and_wait(const struct child *c, int say[2], const struct render_job *job,
                          char message[RENDER_MESSAGE_MAX])
{
    struct said said = { .len = 0 };
    bool too_long = false;
    pid_t pid = fork();
    int status, answer;

    if (pid == 0)
        become_child(c);
    close(say[1]);
    say[1] = -1;
    if (pid < 0) {
        snprintf(message, RENDER_MESSAGE_MAX, "no process to make the sound in, try again");
        return 503;
    }
    status = wait_for_child(pid, say[0], job, &said, &too_long);
    answer = render_judge(status, last_line(&said), message);
    if (too_long)
        log_warn("web: the sound of call %s took too long", c->id);
    else if (answer == 500)
        log_warn("web: the sound of call %s: exit status %#x, %s", c->id, (unsigned)status,
                 log_text(last_line(&said)));
    return answer;
}

int render_run(const struct render_job *job, char message[RENDER_MESSAGE_MAX])
{
    struct child c = { .to = job->to, .parent = getpid() };
    int say[2] = { -1, -1 };
    int answer = 503;

    prepare_arguments(&c, job);
    prepare_environment(&c);
    snprintf(message, RENDER_MESSAGE_MAX, "out of descriptors, try again");
    c.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (c.in >= 0 && pipe2(say, O_CLOEXEC) == 0) {
        c.say = say[1];
        answer = start_and_wait(&c, say, job, message);
    }
    for (int i = 0; i < 2; i++) {
        if (say[i] >= 0)
            close(say[i]);
    }
    if (c.in >= 0)
        close(c.in);
    return answer;
}
