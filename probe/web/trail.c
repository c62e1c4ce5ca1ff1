#include "probe/web/trail.h"

#include "analyzer/base/siphash.h"
#include "probe/syslog/audit_syslog.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

enum { WAYS = 4, CHECK_BYTES = 32 << 20 };

/* A deed that left a line lately. */
struct known {
    uint64_t key; /* 0: free */
    int64_t at_s;
};

struct trail {
    struct trail_options options;
    struct siphash_key key;
    pthread_mutex_t lock; /* of what follows */
    struct known known[TRAIL_KNOWN_MAX];
    struct trail_counts counts;
    int64_t refused_from_s; /* the bucket of refusals is empty at that time */
    uint64_t left_out;      /* not yet told */
    pthread_mutex_t check_lock;
    struct audit_verify checked;
};

static int64_t clock_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

int trail_open(struct trail **tp, const struct trail_options *options)
{
    struct trail *t = calloc(1, sizeof *t);

    if (!t)
        return -ENOMEM;
    t->options = *options;
    if (!t->options.now_s)
        t->options.now_s = clock_s;
    if (getrandom(&t->key, sizeof t->key, 0) != (ssize_t)sizeof t->key) {
        free(t);
        return -EIO;
    }
    pthread_mutex_init(&t->lock, NULL);
    pthread_mutex_init(&t->check_lock, NULL);
    t->refused_from_s = t->options.now_s() - (int64_t)TRAIL_REFUSED_BURST * TRAIL_REFUSED_EVERY_S;
    audit_verify_init(&t->checked);
    *tp = t;
    return 0;
}

void trail_close(struct trail *t)
{
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    pthread_mutex_destroy(&t->check_lock);
    free(t);
}

/* ---- what is the same ---- */

static uint64_t key_of(const struct trail *t, const struct audit_entry *e, unsigned way)
{
    const struct slice parts[] = {
        e->user, e->token, e->from, e->deed, e->object, way & TRAIL_THING ? SLICE_ABSENT : e->detail
    };
    uint64_t words[3] = { 0, 0, 0 };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        words[1] = siphash(&t->key, parts[i].p ? parts[i].p : "", parts[i].len);
        words[2] = parts[i].len;
        words[0] = siphash(&t->key, words, sizeof words);
    }
    return words[0] ? words[0] : 1;
}

/* Its place: where it is remembered, else a free one, else that of the oldest of its few. */
static struct known *place_of(struct trail *t, uint64_t key)
{
    size_t first = (size_t)(key % (TRAIL_KNOWN_MAX / WAYS)) * WAYS;
    struct known *best = &t->known[first];

    for (size_t i = first; i < first + WAYS; i++) {
        if (t->known[i].key == key)
            return &t->known[i];
        if (best->key && (t->known[i].key == 0 || t->known[i].at_s < best->at_s))
            best = &t->known[i];
    }
    return best;
}

static bool is_known(struct trail *t, uint64_t key)
{
    const struct known *k = place_of(t, key);

    return k->key == key && t->options.now_s() - k->at_s < TRAIL_ONCE_S;
}

bool trail_knows(struct trail *t, const struct audit_entry *entry, unsigned way)
{
    uint64_t key = key_of(t, entry, way);
    bool known;

    pthread_mutex_lock(&t->lock);
    known = is_known(t, key);
    t->counts.repeated += known;
    pthread_mutex_unlock(&t->lock);
    return known;
}

/* Takes one of the lines that refusals may leave. *left_out: to be told with it. */
static bool may_refuse(struct trail *t, uint64_t *left_out)
{
    int64_t now = t->options.now_s();
    int64_t earliest = now - (int64_t)TRAIL_REFUSED_BURST * TRAIL_REFUSED_EVERY_S;

    if (t->refused_from_s < earliest)
        t->refused_from_s = earliest;
    if (t->refused_from_s + TRAIL_REFUSED_EVERY_S > now) {
        t->left_out++;
        t->counts.left_out++;
        return false;
    }
    t->refused_from_s += TRAIL_REFUSED_EVERY_S;
    *left_out = t->left_out;
    t->left_out = 0;
    return true;
}

/* ---- a line ---- */

static int append(struct trail *t, const struct audit_entry *entry, unsigned way)
{
    struct strbuf line = { .max_bytes = AUDIT_LINE_MAX };
    struct audit_syslog *syslog = t->options.syslog;
    int err = audit_append(t->options.store_dir, entry, way & TRAIL_SYNC ? AUDIT_SYNC : AUDIT_WRITE,
                           syslog ? &line : NULL);

    if (err == 0 && syslog)
        audit_syslog_add(syslog, strbuf_slice(&line));
    strbuf_fini(&line);
    return err;
}

/* "ann (and 12 more refusals left no line)" */
static int append_refused(struct trail *t, const struct audit_entry *entry, uint64_t left_out)
{
    struct audit_entry e = *entry;
    struct strbuf detail = { .max_bytes = 1024 };
    int err;

    if (left_out == 0)
        return append(t, entry, TRAIL_PLAIN);
    if (entry->detail.len < 512)
        strbuf_add_slice(&detail, entry->detail);
    strbuf_addf(&detail, "%s(and %" PRIu64 " more refusals left no line)", detail.len ? " " : "",
                left_out);
    e.detail = strbuf_slice(&detail);
    err = append(t, &e, TRAIL_PLAIN);
    strbuf_fini(&detail);
    return err;
}

int trail_add(struct trail *t, const struct audit_entry *entry, unsigned way)
{
    uint64_t key = way & (TRAIL_ONCE | TRAIL_REFUSED) ? key_of(t, entry, way) : 0, left_out = 0;
    bool leaves;
    int err;

    pthread_mutex_lock(&t->lock);
    leaves = !key || !is_known(t, key);
    t->counts.repeated += !leaves;
    if (leaves && (way & TRAIL_REFUSED))
        leaves = may_refuse(t, &left_out);
    pthread_mutex_unlock(&t->lock);
    if (!leaves)
        return 0;
    err = way & TRAIL_REFUSED ? append_refused(t, entry, left_out) : append(t, entry, way);
    pthread_mutex_lock(&t->lock);
    t->counts.lines += err == 0;
    t->counts.failed += err != 0;
    if (err == 0 && key)
        *place_of(t, key) = (struct known){ key, t->options.now_s() };
    pthread_mutex_unlock(&t->lock);
    return err;
}

/* ---- is it whole? ---- */

bool trail_check(struct trail *t, struct audit_verify *found, bool *is_whole)
{
    struct audit_verify before;
    struct audit_scan scan;
    int err;

    *is_whole = false;
    err = audit_scan_open(&scan, t->options.store_dir);
    if (err == -ENOENT) {
        *is_whole = true;
        audit_verify_init(found);
    }
    if (err)
        return err == -ENOENT;
    pthread_mutex_lock(&t->check_lock);
    before = t->checked;
    err = audit_verify_scan(&t->checked, &scan, CHECK_BYTES, is_whole);
    *found = t->checked;
    /* The next line that is written tells of a torn one: then all is well again. */
    if (t->checked.broken == AUDIT_TORN)
        t->checked = before;
    pthread_mutex_unlock(&t->check_lock);
    audit_scan_close(&scan);
    return err == 0;
}

void trail_count(struct trail *t, struct trail_counts *counts)
{
    pthread_mutex_lock(&t->lock);
    *counts = t->counts;
    pthread_mutex_unlock(&t->lock);
}

struct audit_syslog *trail_syslog(struct trail *t)
{
    return t->options.syslog;
}
