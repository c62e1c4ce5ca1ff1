#include "rules/rule_set.h"

#include "rules/rule_eval.h"
#include "rules/rule_parse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RULES_MAX = 256 };

struct watched {
    struct rule *rule;
    struct rule_eval *eval;
};

struct rule_set {
    struct watched rules[RULES_MAX]; /* in the order of their names */
    size_t count;
    struct rule_alert_ids ids;
    struct siphash_key hash_key;
    rule_alert_fn alert;
    void *ctx;
};

static int is_rule_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int fault_of_file(const char *path, int err, char *error, size_t room)
{
    snprintf(error, room, "%s: cannot be read: %s", path, strerror(-err));
    return err;
}

/* Up to one byte more than a rule may have, so that rule_parse sees and names the excess. */
static int read_file(const char *path, char *out, size_t room, size_t *len)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int err = 0;

    *len = 0;
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) != 0)
        err = -errno;
    else if (!S_ISREG(st.st_mode))
        err = -EINVAL;
    while (!err && *len < room) {
        ssize_t n = read(fd, out + *len, room - *len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            err = -errno;
        if (n <= 0)
            break;
        *len += (size_t)n;
    }
    close(fd);
    return err;
}

static int load_file(struct rule_set *s, const char *path, char *error, size_t error_room)
{
    struct watched *w = &s->rules[s->count];
    char *text = malloc(RULE_FILE_MAX_BYTES + 1);
    size_t len;
    int err;

    if (!text)
        return -ENOMEM;
    err = read_file(path, text, RULE_FILE_MAX_BYTES + 1, &len);
    if (err)
        fault_of_file(path, err, error, error_room);
    else
        err = rule_parse(&w->rule, path, slice_of(text, len), error, error_room);
    free(text);
    if (err)
        return err;
    s->count++; /* from here rule_set_free frees it */
    return rule_eval_new(&w->eval, w->rule, RULE_GROUPS_MAX, &s->hash_key, &s->ids, s->alert,
                         s->ctx);
}

static int load_dir(struct rule_set *s, const char *dir, char *error, size_t error_room)
{
    struct dirent **files;
    int n = scandir(dir, &files, is_rule_file, by_name);
    int err = n < 0 ? fault_of_file(dir, -errno, error, error_room) : 0;

    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];

        if (!err && s->count == RULES_MAX) {
            snprintf(error, error_room, "%s: more than %d rules", dir, RULES_MAX);
            err = -E2BIG;
        }
        if (!err) {
            snprintf(path, sizeof path, "%s/%s", dir, files[i]->d_name);
            err = load_file(s, path, error, error_room);
        }
        free(files[i]);
    }
    if (n >= 0)
        free(files);
    return err;
}

int rule_set_load(struct rule_set **sp, const struct rule_set_options *options, char *error,
                  size_t error_room)
{
    struct rule_set *s = calloc(1, sizeof *s);
    int err;

    if (error_room)
        error[0] = '\0';
    if (!s)
        return -ENOMEM;
    s->alert = options->alert;
    s->ctx = options->ctx;
    s->ids.us = -1;
    if (getrandom(&s->hash_key, sizeof s->hash_key, 0) != (ssize_t)sizeof s->hash_key) {
        err = -EIO;
        goto free_set;
    }
    err = load_dir(s, options->dir, error, error_room);
    if (err)
        goto free_set;
    *sp = s;
    return 0;

free_set:
    if (error_room && !error[0])
        snprintf(error, error_room, "%s: %s", options->dir, strerror(-err));
    rule_set_free(s);
    return err;
}

void rule_set_free(struct rule_set *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++) {
        rule_eval_free(s->rules[i].eval);
        rule_free(s->rules[i].rule);
    }
    free(s);
}

void rule_set_record(struct rule_set *s, enum rule_occasion occasion,
                     const struct record_type *type, const void *record, int64_t now_ns)
{
    if (now_ns < 0) /* RECORD_NONE too: what has no time is in no window */
        return;
    for (size_t i = 0; i < s->count; i++) {
        const struct rule *rule = s->rules[i].rule;

        if (rule->occasion == occasion && rule->type == type)
            rule_eval_record(s->rules[i].eval, record, now_ns);
    }
}

void rule_set_tick(struct rule_set *s, int64_t now_ns)
{
    if (now_ns < 0)
        return;
    for (size_t i = 0; i < s->count; i++)
        rule_eval_tick(s->rules[i].eval, now_ns);
}

size_t rule_set_count(const struct rule_set *s)
{
    return s->count;
}

void rule_set_read_stats(const struct rule_set *s, struct rule_set_stats *stats)
{
    *stats = (struct rule_set_stats){ 0 };
    for (size_t i = 0; i < s->count; i++)
        rule_eval_add_stats(s->rules[i].eval, stats);
}
