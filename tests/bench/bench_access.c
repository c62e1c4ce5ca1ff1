/*
 * bench_access - what a login costs, known name or not, and what the gate adds to a request.
 *
 *     bench_access [ROUNDS]
 *
 * Known and unknown take turns, so that whatever else the machine does falls upon both; on a busy machine the
 * processor time still tells.
 */
#include "probe/access/access.h"
#include "probe/access/sessions.h"
#include "probe/web/gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 200, REQUESTS = 1000000, SESSIONS = 1000 };

#define STEP_S 1000000 /* between two tries: nobody has to wait */

static double now_us(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *all, size_t n)
{
    qsort(all, n, sizeof *all, compare);
    return n % 2 ? all[n / 2] : (all[n / 2 - 1] + all[n / 2]) / 2;
}

struct tries {
    double *wall, *cpu;
};

static void try_login(struct access *a, const char *name, int64_t at, struct tries *out, size_t i)
{
    const struct access_attempt t = { .name = slice_of_text(name),
                                      .password = SLICE("not the right one"),
                                      .now_s = at };
    struct access_entry entry;
    double wall = now_us(CLOCK_MONOTONIC), cpu = now_us(CLOCK_THREAD_CPUTIME_ID);

    if (access_login(a, &t, &entry) != -EACCES)
        abort();
    out->cpu[i] = now_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
    out->wall[i] = now_us(CLOCK_MONOTONIC) - wall;
}

static void print_row(const char *what, double *known, double *unknown, size_t rounds)
{
    double k = median(known, rounds), u = median(unknown, rounds);

    printf("| login in vain, %s | %zu | a user's name %.2f ms, nobody's %.2f ms: %.2f %% apart "
           "(goal: 2 %%) |\n",
           what, rounds, k / 1e3, u / 1e3, 100 * (k > u ? k - u : u - k) / k);
}

static void measure_logins(struct access *a, size_t rounds)
{
    double *all = calloc(4 * rounds, sizeof *all);
    struct tries known = { all, all + rounds };
    struct tries unknown = { all + 2 * rounds, all + 3 * rounds };
    int64_t at = 1795254000;

    if (!all)
        abort();
    for (size_t i = 0; i < rounds; i++) {
        char name[32];

        snprintf(name, sizeof name, "nobody-%zu", i);
        if (i % 2)
            try_login(a, "ann", at += STEP_S, &known, i);
        try_login(a, name, at += STEP_S, &unknown, i);
        if (i % 2 == 0)
            try_login(a, "ann", at += STEP_S, &known, i);
    }
    print_row("wall clock", known.wall, unknown.wall, rounds);
    print_row("processor", known.cpu, unknown.cpu, rounds);
    free(all);
}

static void measure_hash(size_t rounds)
{
    char hash[PASSWORD_HASH_MAX];
    double *all = calloc(rounds, sizeof *all);

    if (!all)
        abort();
    for (size_t i = 0; i < rounds; i++) {
        double begin = now_us(CLOCK_MONOTONIC);

        if (password_hash(SLICE("a password to be hashed"), hash) != 0)
            abort();
        all[i] = now_us(CLOCK_MONOTONIC) - begin;
    }
    printf("| argon2id, %.20s | %zu | %.2f ms |\n", hash + 1, rounds, median(all, rounds) / 1e3);
    free(all);
}

static void measure_gate(struct access *a, const char *store, const char *session)
{
    const struct api_options options = { .store_dir = store, .access = a };
    const struct route *route = NULL;
    struct exchange *x = exchange_new();
    double begin;

    for (size_t i = 0; (route = routes_at(i)) != NULL && route->right != RIGHT_SEE; i++)
        continue;
    if (!x || !route)
        abort();
    snprintf(x->session, sizeof x->session, "%s", session);
    begin = now_us(CLOCK_MONOTONIC);
    for (size_t i = 0; i < REQUESTS; i++) {
        if (!gate_admit(&options, route, x))
            abort();
    }
    printf("| the gate, of %d sessions | %d | %.2f us |\n", SESSIONS, REQUESTS,
           (now_us(CLOCK_MONOTONIC) - begin) / REQUESTS);
    exchange_free(x);
}

/* A user with a password, and many sessions of others. */
static void fill(const char *dir, char session[SECRET_KEY_LEN + 1])
{
    struct session one = { .created_s = (int64_t)time(NULL), .used_s = (int64_t)time(NULL) };
    char hash[PASSWORD_HASH_MAX], name[32];
    struct access_db *d;

    if (access_db_open(&d, dir) != 0 ||
        password_hash(SLICE("the right one, whatever"), hash) != 0 || access_db_begin(d) != 0)
        abort();
    one.user = users_add(d, SLICE("ann"), ROLE_ADMIN, hash, one.created_s);
    for (size_t i = 0; i < SESSIONS; i++) {
        if (i % 20 == 0) {
            snprintf(name, sizeof name, "user-%zu", i);
            one.user = users_add(d, slice_of_text(name), ROLE_VIEWER, "", one.created_s);
        }
        secret_key_make(session, one.key);
        if (sessions_add(d, &one) != 0)
            abort();
    }
    if (access_db_end(d, 0) != 0)
        abort();
    access_db_close(d);
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : ROUNDS;
    char dir[] = "/tmp/earshot-bench-XXXXXX", session[SECRET_KEY_LEN + 1], path[64];
    struct access *a;

    if (rounds == 0 || !mkdtemp(dir) ||
        access_open(&a, &(struct access_options){ .store_dir = dir }) != 0)
        return 1;
    fill(dir, session);
    puts("| what | times | median |\n|---|---|---|");
    measure_hash(rounds);
    measure_gate(a, dir, session);
    measure_logins(a, rounds);
    access_close(a);
    snprintf(path, sizeof path, "%s/access.sqlite", dir);
    unlink(path);
    return rmdir(dir) == 0 ? 0 : 1;
}
