/*
 * kill_rounds - kill -9 at any moment, over and over, of a probe that takes calls in.
 *
 *     kill_rounds ROUNDS SEED STORE CAPTURE EARSHOT [ARGUMENT...]
 *
 * Each round runs EARSHOT replay - with the capture through a pipe, twice as fast as it happened and
 * hours behind the round before, asks the store for its committed rows, kills the probe, has
 * $STORE_RECOVER open it again and look at it, and asks:
 *
 *     lost      is a row that was committed gone?
 *     doubled   does a call have two rows?
 *     open      is a call still open?
 *     behind    how long before the last packet that the probe was given do a call's stored ones end?
 *
 * Prints what it found; exit status 1 when there was something.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    FILE_HEADER = 24,
    PACKET_HEADER = 16,
    SPEED = 2,
    ROUND_S = 3600,   /* of the packets' time, from one round to the next */
    FRESH_EVERY = 40, /* a store grows, and is looked at as a whole */
    LEAST_MS = 60,
    MOST_MS = 1900,
    /* What a call gathers before it goes to the disk, and half a second on the way there. */
    BEHIND_MAX_MS = 2000 + SPEED * 500,
};

static struct {
    uint8_t *bytes;
    size_t len;
} capture;

static struct {
    const char *store;
    char **earshot;
    uint64_t dice;
    unsigned long rounds, seen, rows, lost, doubled, open, broken, behind_calls;
    int64_t behind_ms_most, behind_ms_sum;
} run;

static void die(const char *what)
{
    fprintf(stderr, "kill_rounds: %s: %s\n", what, strerror(errno));
    exit(2);
}

static uint64_t roll(uint64_t sides)
{
    run.dice = run.dice * 6364136223846793005u + 1442695040888963407u;
    return (run.dice >> 33) % sides;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint32_t u32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

/* In the machine's order, in micro- or nanoseconds. */
static int64_t packet_ns(const uint8_t *p)
{
    bool is_ns = u32(capture.bytes) == 0xa1b23c4d;

    return (int64_t)u32(p) * 1000000000 + (int64_t)u32(p + 4) * (is_ns ? 1 : 1000);
}

static void read_capture(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size;

    if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < FILE_HEADER)
        die(path);
    rewind(file);
    capture.len = (size_t)size;
    capture.bytes = malloc(capture.len);
    if (!capture.bytes || fread(capture.bytes, 1, capture.len, file) != capture.len)
        die(path);
    fclose(file);
}

/* --- the probe ------------------------------------------------------------------------------ */

static pid_t start_probe(int *feed)
{
    int ends[2], null;
    pid_t child;

    if (pipe(ends) != 0)
        die("pipe");
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    child = fork();
    if (child < 0)
        die("fork");
    if (child == 0) {
        null = open("/dev/null", O_WRONLY);
        dup2(ends[0], 0);
        dup2(null, 1);
        dup2(null, 2);
        close(ends[1]);
        execv(run.earshot[0], run.earshot);
        _exit(127);
    }
    /* The end to read from stays open, so that what was not taken can be counted. */
    *feed = ends[1] | ends[0] << 16;
    return child;
}

struct feeding {
    size_t at; /* what was written of the capture */
    int64_t begun_ms, first_ns, shift_ns;
    uint8_t packet[65536 + PACKET_HEADER];
    size_t left, from; /* of a packet that did not fit */
};

static void shift(uint8_t *p, int64_t ns)
{
    uint32_t s = u32(p) + (uint32_t)(ns / 1000000000);

    memcpy(p, &s, sizeof s);
}

/* Writes what is due. */
static void feed_some(int fd, struct feeding *f)
{
    while (f->left || f->at + PACKET_HEADER <= capture.len) {
        const uint8_t *p = capture.bytes + f->at;
        ssize_t n;

        if (!f->left) {
            size_t len = PACKET_HEADER + (size_t)u32(p + 8);
            int64_t due = (packet_ns(p) - f->first_ns) / 1000000 / SPEED;

            if (f->at + len > capture.len || len > sizeof f->packet || now_ms() - f->begun_ms < due)
                return;
            memcpy(f->packet, p, len);
            shift(f->packet, f->shift_ns);
            f->left = len;
            f->from = 0;
            f->at += len;
        }
        n = write(fd, f->packet + f->from, f->left);
        if (n <= 0)
            return;
        f->from += (size_t)n;
        f->left -= (size_t)n;
    }
}

/* The time of the last packet that the probe has taken out of the pipe as a whole. */
static int64_t last_taken_ns(int read_fd, const struct feeding *f)
{
    int unread = 0;
    size_t at = FILE_HEADER;
    int64_t last = 0, taken;

    ioctl(read_fd, FIONREAD, &unread);
    taken = (int64_t)f->at - (int64_t)f->left - unread;
    while (at + PACKET_HEADER <= capture.len) {
        size_t len = PACKET_HEADER + (size_t)u32(capture.bytes + at + 8);

        if ((int64_t)(at + len) > taken)
            break;
        last = packet_ns(capture.bytes + at) + f->shift_ns;
        at += len;
    }
    return last;
}

/* --- the store ------------------------------------------------------------------------------ */

static sqlite3 *open_day(void)
{
    char path[4096];
    sqlite3 *db = NULL;

    snprintf(path, sizeof path, "%s/2026-02-02/calls.sqlite", run.store);
    if (access(path, F_OK) != 0 ||
        sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        sqlite3_close(db);
        return NULL;
    }
    sqlite3_busy_timeout(db, 2000);
    return db;
}

struct ids {
    int64_t *p;
    size_t count;
};

static void read_ids(struct ids *ids, const char *sql)
{
    sqlite3 *db = open_day();
    sqlite3_stmt *s = NULL;

    ids->count = 0;
    if (db && sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
        while (sqlite3_step(s) == SQLITE_ROW) {
            if (ids->count % 1024 == 0)
                ids->p = realloc(ids->p, (ids->count + 1024) * sizeof *ids->p);
            if (!ids->p)
                die("memory");
            ids->p[ids->count++] = sqlite3_column_int64(s, 0);
        }
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
}

static long ask(const char *sql, int64_t parameter)
{
    sqlite3 *db = open_day();
    sqlite3_stmt *s = NULL;
    long answer = 0;

    if (db && sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(s, 1, parameter);
        if (sqlite3_step(s) == SQLITE_ROW)
            answer = (long)sqlite3_column_int64(s, 0);
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    return answer;
}

static const char all_rows[] = "SELECT id FROM calls UNION ALL SELECT id FROM streams UNION ALL "
                               "SELECT place FROM chunks ORDER BY 1";

/* Both are sorted. */
static unsigned long count_missing(const struct ids *before, const struct ids *after)
{
    unsigned long missing = 0;
    size_t at = 0;

    for (size_t i = 0; i < before->count; i++) {
        while (at < after->count && after->p[at] < before->p[i])
            at++;
        missing += at == after->count || after->p[at] != before->p[i];
    }
    return missing;
}

/* Of each call that was heard at the end: how long before it its stored packets end. */
static void note_behind(int64_t last_ns)
{
    static const char sql[] =
        "SELECT max(k.last_time) FROM calls c JOIN chunks k ON k.id = c.id OR k.id IN "
        "(SELECT id FROM streams WHERE call = c.id) WHERE c.state = 'interrupted' "
        "AND c.closed_time BETWEEN ?1 - 1800000000000 AND ?1 + 1800000000000 GROUP BY c.id";
    sqlite3 *db = open_day();
    sqlite3_stmt *s = NULL;

    if (db && sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(s, 1, last_ns);
        while (sqlite3_step(s) == SQLITE_ROW) {
            int64_t ms = (last_ns - sqlite3_column_int64(s, 0)) / 1000000;

            run.behind_calls++;
            run.behind_ms_sum += ms;
            if (ms > run.behind_ms_most)
                run.behind_ms_most = ms;
        }
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
}

/* Opens it as the next run does; what it says but "ok" is printed. */
static void recover(unsigned long round)
{
    const char *program = getenv("STORE_RECOVER");
    char line[1024] = "";
    int ends[2], status;
    ssize_t n;
    pid_t child;

    if (!program || pipe(ends) != 0 || (child = fork()) < 0)
        die("STORE_RECOVER");
    if (child == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[0]);
        execl(program, program, run.store, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    n = read(ends[0], line, sizeof line - 1);
    line[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    waitpid(child, &status, 0);
    if (status == 0 && strcmp(line, "ok\n") == 0)
        return;
    run.broken++;
    printf("round %lu: %s\n", round, line);
}

/* --- a round -------------------------------------------------------------------------------- */

static void play_round(unsigned long round)
{
    static struct ids before, after;
    static struct feeding f;
    int64_t kill_at, last_ns;
    int ends, feed;
    pid_t probe;

    f = (struct feeding){ .at = FILE_HEADER,
                          .first_ns = packet_ns(capture.bytes + FILE_HEADER),
                          .shift_ns = (int64_t)(round % 20) * ROUND_S * 1000000000 };
    probe = start_probe(&ends);
    feed = ends & 0xffff;
    if (write(feed, capture.bytes, FILE_HEADER) != FILE_HEADER)
        die("feed");
    f.begun_ms = now_ms();
    kill_at = f.begun_ms + LEAST_MS + (int64_t)roll(MOST_MS - LEAST_MS);
    while (now_ms() < kill_at) {
        feed_some(feed, &f);
        usleep(500);
    }
    read_ids(&before, all_rows);
    kill(probe, SIGKILL);
    waitpid(probe, NULL, 0);
    last_ns = last_taken_ns(ends >> 16, &f);
    close(feed);
    close(ends >> 16);
    recover(round);
    read_ids(&after, all_rows);
    run.rounds++;
    run.seen += before.count > 0;
    run.rows += before.count;
    run.lost += count_missing(&before, &after);
    run.doubled +=
        (unsigned long)ask("SELECT count(*) FROM (SELECT 1 FROM calls_shown GROUP BY call_id, "
                           "invite_time HAVING count(*) > 1)",
                           0);
    run.open += (unsigned long)ask("SELECT count(*) FROM calls WHERE closed_time IS NULL", 0);
    if (last_ns)
        note_behind(last_ns);
}

static void remove_store(void)
{
    pid_t child = fork();

    if (child == 0) {
        execlp("rm", "rm", "-rf", run.store, (char *)NULL);
        _exit(127);
    }
    if (child > 0)
        waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    unsigned long rounds;
    bool bad;

    if (argc < 6) {
        fputs("usage: kill_rounds ROUNDS SEED STORE CAPTURE EARSHOT ARGUMENT...\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    rounds = strtoul(argv[1], NULL, 10);
    run.dice = strtoull(argv[2], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
    run.store = argv[3];
    run.earshot = argv + 5;
    read_capture(argv[4]);
    for (unsigned long i = 0; i < rounds; i++) {
        if (i % FRESH_EVERY == 0)
            remove_store();
        play_round(i);
        if (i % 100 == 99)
            printf("  round %lu of %lu: %lu lost, %lu broken\n", i + 1, rounds, run.lost,
                   run.broken);
    }
    printf(
        "%lu rounds, %lu of them with rows, %lu committed rows asked for: %lu lost, %lu doubled, "
        "%lu left open, %lu stores broken; packets behind: %lld ms at most, %lld on average, of "
        "%lu calls\n",
        run.rounds, run.seen, run.rows, run.lost, run.doubled, run.open, run.broken,
        (long long)run.behind_ms_most,
        (long long)(run.behind_calls ? run.behind_ms_sum / (int64_t)run.behind_calls : 0),
        run.behind_calls);
    bad = run.lost + run.doubled + run.open + run.broken > 0 || run.seen == 0 ||
          run.behind_ms_most > BEHIND_MAX_MS;
    return bad;
}
