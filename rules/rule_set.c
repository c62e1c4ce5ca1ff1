#include "rules/rule_set.h"

#include "rules/rule_eval.h"
#include "rules/rule_folder.h"
#include "rules/rule_values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

struct watched {
    struct rule *rule;
    struct rule_eval *eval;
    uint64_t content[2];
};

/* Rules that explain others come first, so that at one instant a parent fires before its children;
 * else in the order of their names. */
struct rule_list {
    struct watched rules[RULE_FILES_MAX];
    size_t count;
    struct rule_eval *by_occasion[RULE_FILES_MAX]; /* those of an occasion side by side */
    uint16_t first[RULE_OCCASIONS + 1];            /* of each occasion, in by_occasion */
    struct rule_key keys[RULE_FILES_MAX];          /* each of the rules that group alike */
};

struct rule_set {
    struct rule_list *list;
    struct rule_alert_ids ids;
    struct siphash_key hash_key;
    struct rule_set_options options;
    struct strbuf dir, only; /* the texts of the options */
    int64_t now_ns;          /* the newest time told; RECORD_NONE: none yet */
    uint64_t record;         /* number of the newest record */
    int64_t next_ns;         /* when the next step of any rule ends */
};

static void free_watched(struct watched *w)
{
    rule_eval_free(w->eval);
    rule_free(w->rule);
    *w = (struct watched){ NULL, NULL, { 0, 0 } };
}

static void free_list(struct rule_list *list)
{
    for (size_t i = 0; list && i < list->count; i++)
        free_watched(&list->rules[i]);
    for (size_t i = 0; list && i < RULE_FILES_MAX; i++)
        rule_key_fini(&list->keys[i]);
    free(list);
}

static struct watched *find(const struct rule_list *list, const char *name)
{
    for (size_t i = 0; list && i < list->count; i++) {
        if (strcmp(list->rules[i].rule->name, name) == 0)
            return (struct watched *)(uintptr_t)&list->rules[i];
    }
    return NULL;
}

static bool explains(const struct rule_list *list, const struct rule *rule)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct rule *other = list->rules[i].rule;

        for (size_t k = 0; k < other->muted_by_count; k++) {
            if (slice_eq(other->muted_by[k], slice_of_text(rule->name)))
                return true;
        }
    }
    return false;
}

static void put_parents_first(struct rule_list *list)
{
    size_t parents = 0;

    for (size_t i = 0; i < list->count; i++) {
        struct watched w = list->rules[i];

        if (!explains(list, w.rule))
            continue;
        memmove(&list->rules[parents + 1], &list->rules[parents],
                (i - parents) * sizeof list->rules[0]);
        list->rules[parents++] = w;
    }
}

/* The first of those that group alike says where the key of all of them lies. */
static void share_keys(struct rule_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t first = 0;

        while (!rule_key_is_shared(list->rules[first].rule, list->rules[i].rule))
            first++;
        rule_eval_share_key(list->rules[i].eval, &list->keys[first]);
    }
}

static int link_list(struct rule_list *list)
{
    struct rule_eval *all[RULE_FILES_MAX];
    size_t n = 0;

    for (size_t i = 0; i < list->count; i++)
        all[i] = list->rules[i].eval;
    for (size_t o = 0; o < RULE_OCCASIONS; o++) {
        list->first[o] = (uint16_t)n;
        for (size_t i = 0; i < list->count; i++) {
            if (list->rules[i].rule->occasion == (enum rule_occasion)o)
                list->by_occasion[n++] = list->rules[i].eval;
        }
    }
    list->first[RULE_OCCASIONS] = (uint16_t)n;
    share_keys(list);
    return rule_mute_link(all, list->count);
}

/* The rules of the folder, each with an evaluation of its own unless `old` has it just so. */
static int read_list(struct rule_set *s, const struct rule_list *old, struct rule_list **lp,
                     char *error, size_t error_room)
{
    const struct rule_eval_options options = {
        s->options.max_groups, &s->hash_key,        &s->ids,
        s->options.alert,      s->options.baseline, s->options.ctx
    };
    struct rule_list *list = calloc(1, sizeof *list);
    struct rule_folder *folder = calloc(1, sizeof *folder);
    int err = list && folder ? 0 : -ENOMEM;

    if (!err)
        err = rule_folder_read(folder, s->options.dir, s->options.only, s->options.occasions, error,
                               error_room);
    for (size_t i = 0; !err && i < folder->count; i++) {
        struct rule_file *file = &folder->files[i];
        const struct watched *same = find(old, file->rule->name);
        struct watched *w = &list->rules[list->count++];

        w->rule = file->rule;
        memcpy(w->content, file->content, sizeof w->content);
        file->rule = NULL;
        if (!same || memcmp(same->content, w->content, sizeof w->content) != 0)
            err = rule_eval_new(&w->eval, w->rule, &options);
    }
    if (folder)
        rule_folder_fini(folder);
    free(folder);
    if (err)
        free_list(list);
    else
        *lp = list;
    return err;
}

static void say_error(const struct rule_set *s, int err, char *error, size_t error_room)
{
    if (error_room && !error[0])
        snprintf(error, error_room, "%s: %s", s->options.dir, strerror(-err));
}

static int keep_options(struct rule_set *s, const struct rule_set_options *options)
{
    s->options = *options;
    strbuf_add_text(&s->dir, options->dir);
    strbuf_add_text(&s->only, options->only ? options->only : "");
    if (s->dir.failed || s->only.failed)
        return -ENOMEM;
    s->options.dir = s->dir.p;
    s->options.only = options->only ? s->only.p : NULL;
    return 0;
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
    s->ids.us = -1;
    s->now_ns = RECORD_NONE;
    s->next_ns = INT64_MAX;
    err = keep_options(s, options);
    if (!err && getrandom(&s->hash_key, sizeof s->hash_key, 0) != (ssize_t)sizeof s->hash_key)
        err = -EIO;
    if (!err)
        err = read_list(s, NULL, &s->list, error, error_room);
    if (!err) {
        put_parents_first(s->list);
        err = link_list(s->list);
    }
    if (err) {
        say_error(s, err, error, error_room);
        rule_set_free(s);
        return err;
    }
    *sp = s;
    return 0;
}

void rule_set_free(struct rule_set *s)
{
    if (!s)
        return;
    free_list(s->list);
    strbuf_fini(&s->dir);
    strbuf_fini(&s->only);
    free(s);
}

/* Names of one list that the other has not; of both: whose file is another now. */
static void add_names(struct strbuf *out, const char *what, const struct rule_list *of,
                      const struct rule_list *other, bool is_changed)
{
    size_t before = out->len;

    for (size_t i = 0; i < of->count; i++) {
        const char *name = of->rules[i].rule->name;
        bool is_in_both = find(other, name) != NULL;

        if (is_in_both == is_changed && (!is_changed || of->rules[i].eval))
            strbuf_addf(out, "%s%s", out->len == before ? what : ", ", name);
    }
}

/* Before they are handed over: those that are the same have no evaluation yet. */
static void describe(const struct rule_list *old, const struct rule_list *list, char *said,
                     size_t room)
{
    struct strbuf out = { 0 };
    size_t before;

    strbuf_addf(&out, "%zu %s", list->count, list->count == 1 ? "rule" : "rules");
    before = out.len;
    add_names(&out, "; new: ", list, old, false);
    add_names(&out, "; changed: ", list, old, true);
    add_names(&out, "; gone: ", old, list, false);
    if (out.len == before)
        strbuf_add_text(&out, "; nothing changed");
    if (!out.failed)
        snprintf(said, room, "%.*s", (int)out.len, out.p);
    strbuf_fini(&out);
}

/* Rules that are the same go over into the new list as they are; the others end. */
static void hand_over(struct rule_list *old, struct rule_list *list, int64_t now_ns)
{
    for (size_t i = 0; i < old->count; i++) {
        struct watched *w = &old->rules[i], *same = find(list, w->rule->name);

        if (same && !same->eval) {
            rule_free(same->rule);
            *same = *w;
            *w = (struct watched){ NULL, NULL, { 0, 0 } };
        } else {
            rule_eval_end(w->eval, now_ns,
                          same ? "It ended because its rule was changed, not because it was over: "
                                 "the new one begins anew."
                               : "It ended because its rule was taken away, not because it was "
                                 "over.");
        }
    }
}

static void find_next(struct rule_set *s)
{
    s->next_ns = INT64_MAX;
    for (size_t i = 0; i < s->list->count; i++) {
        int64_t next_ns = rule_eval_next_ns(s->list->rules[i].eval);

        if (next_ns < s->next_ns)
            s->next_ns = next_ns;
    }
}

int rule_set_reload(struct rule_set *s, int64_t now_ns, char *said, size_t said_room)
{
    struct rule_list *list, *old = s->list;
    int err;

    if (said_room)
        said[0] = '\0';
    err = read_list(s, old, &list, said, said_room);
    if (err) {
        say_error(s, err, said, said_room);
        return err;
    }
    describe(old, list, said, said_room);
    hand_over(old, list, now_ns);
    for (size_t i = 0; s->now_ns != RECORD_NONE && i < list->count; i++)
        rule_eval_tick(list->rules[i].eval, s->now_ns);
    s->list = list;
    put_parents_first(list);
    err = link_list(list);
    free_list(old);
    find_next(s);
    if (err && said_room)
        said[0] = '\0';
    if (err) /* they are in force, but explain nothing */
        say_error(s, err, said, said_room);
    return err;
}

/* The steps of all rules end in the order of their times, whoever comes first by name: what one rule
 * explains to another depends on it. */
static void advance(struct rule_set *s, int64_t now_ns)
{
    /* All of them begin to watch at once, whatever is told first. */
    for (size_t i = 0; s->now_ns == RECORD_NONE && i < s->list->count; i++)
        rule_eval_tick(s->list->rules[i].eval, now_ns);
    s->now_ns = now_ns;
    while (s->next_ns <= now_ns) {
        int64_t at_ns = s->next_ns;

        for (size_t i = 0; i < s->list->count; i++) {
            struct rule_eval *e = s->list->rules[i].eval;

            if (rule_eval_next_ns(e) <= at_ns)
                rule_eval_end_step(e);
        }
        find_next(s);
    }
}

void rule_set_record(struct rule_set *s, enum rule_occasion occasion,
                     const struct record_type *type, const void *record, int64_t now_ns)
{
    struct rule_list *list = s->list;

    if (now_ns < 0 || occasion >= RULE_OCCASIONS) /* RECORD_NONE too: it is in no window */
        return;
    advance(s, now_ns);
    s->record++;
    for (size_t i = list->first[occasion]; i < list->first[occasion + 1]; i++) {
        struct rule_eval *e = list->by_occasion[i];
        int64_t next_ns;

        if (e->rule->type != type)
            continue;
        rule_eval_record_of(e, record, s->record, now_ns);
        next_ns = rule_eval_next_ns(e);
        if (next_ns < s->next_ns)
            s->next_ns = next_ns;
    }
}

void rule_set_tick(struct rule_set *s, int64_t now_ns)
{
    if (now_ns < 0)
        return;
    advance(s, now_ns);
    for (size_t i = 0; i < s->list->count; i++)
        rule_eval_tick(s->list->rules[i].eval, now_ns);
    find_next(s);
}

bool rule_set_wants_history(const struct rule_set *s)
{
    for (size_t i = 0; i < s->list->count; i++) {
        if (s->list->rules[i].rule->baseline.is_used)
            return true;
    }
    return false;
}

void rule_set_history(struct rule_set *s, const struct baseline_record *past)
{
    for (size_t i = 0; i < s->list->count; i++) {
        struct watched *w = &s->list->rules[i];

        if (slice_eq(past->rule, slice_of_text(w->rule->name)))
            rule_eval_history(w->eval, past, s->now_ns);
    }
}

size_t rule_set_count(const struct rule_set *s)
{
    return s->list->count;
}

void rule_set_write_values(const struct rule_set *s, struct jsonw *j, size_t values_max)
{
    jsonw_key(j, "rules");
    jsonw_array_open(j);
    for (size_t i = 0; i < s->list->count; i++)
        rule_values_write(s->list->rules[i].eval, j, values_max, s->now_ns);
    jsonw_array_close(j);
}

void rule_set_read_stats(const struct rule_set *s, struct rule_set_stats *stats)
{
    *stats = (struct rule_set_stats){ .bytes = sizeof *s + sizeof *s->list };
    for (size_t i = 0; i < s->list->count; i++)
        rule_eval_add_stats(s->list->rules[i].eval, stats);
}
