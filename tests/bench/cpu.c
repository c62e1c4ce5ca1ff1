/*
 * bench_cpu - runs a command and tells what it cost: one line "CPU_US RSS_KIB WALL_US".
 *
 *     bench_cpu FILE COMMAND [ARGUMENT]...
 *
 * The line goes into FILE. CPU is user and system time of the whole process with all its threads
 * and the children that it waited for. RSS is the largest at any time. The exit status is the
 * command's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long microseconds(const struct timeval *t)
{
    return (long long)t->tv_sec * 1000000 + t->tv_usec;
}

static long long now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
    long long begun = now_us();
    struct rusage used;
    int status;
    FILE *out;
    pid_t pid;

    if (argc < 3) {
        fputs("usage: bench_cpu FILE COMMAND [ARGUMENT]...\n", stderr);
        return 2;
    }
    pid = fork();
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        fprintf(stderr, "bench_cpu: %s: %s\n", argv[2], strerror(errno));
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        fprintf(stderr, "bench_cpu: %s: %s\n", argv[2], strerror(errno));
        return 1;
    }
    getrusage(RUSAGE_CHILDREN, &used);
    out = fopen(argv[1], "w");
    if (!out) {
        fprintf(stderr, "bench_cpu: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    fprintf(out, "%lld %ld %lld\n", microseconds(&used.ru_utime) + microseconds(&used.ru_stime),
            used.ru_maxrss, now_us() - begun);
    fclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
