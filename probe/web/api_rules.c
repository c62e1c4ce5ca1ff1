/*
 * api_rules - the rules in force: what each says, and how near it is to firing.
 */
#include "probe/web/api_context.h"
#include "probe/web/api_view.h"

#include "analyzer/base/json_item.h"
#include "probe/web/body.h"
#include "probe/web/latest_line.h"
#include "probe/web/rule_trial.h"
#include "rules/rule_parse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RULES_MAX = 500, FILE_NAME_MAX = 80, SINCE_MAX = 32, TRIAL_ALERTS_MAX = 1000 };

struct names {
    char list[RULES_MAX][RULE_NAME_MAX + 1];
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* "sip-503-spike.yaml": its name, or absent. */
static struct slice rule_name_of(const char *file)
{
    static const struct slice end = SLICE_INIT(".yaml");
    struct slice name = slice_of_text(file);

    if (name.len <= end.len || name.len - end.len > RULE_NAME_MAX || name.p[0] == '.' ||
        memcmp(name.p + name.len - end.len, end.p, end.len) != 0)
        return SLICE_ABSENT;
    return slice_of(name.p, name.len - end.len);
}

static int list_names(const char *dir, struct names *names)
{
    DIR *d = opendir(dir);
    struct dirent *entry;

    if (!d)
        return -errno;
    while (names->count < RULES_MAX && (entry = readdir(d)) != NULL) {
        struct slice name = rule_name_of(entry->d_name);

        if (name.p)
            snprintf(names->list[names->count++], sizeof names->list[0], "%.*s", (int)name.len,
                     name.p);
    }
    closedir(d);
    qsort(names->list, names->count, sizeof names->list[0], by_name);
    return 0;
}

/* Absent: it cannot be read. */
static struct slice read_rule(const char *dir, const char *name, char room[RULE_FILE_MAX_BYTES])
{
    char path[4096];
    ssize_t n;
    int fd;

    if ((size_t)snprintf(path, sizeof path, "%s/%s.yaml", dir, name) >= sizeof path)
        return SLICE_ABSENT;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return SLICE_ABSENT;
    n = read(fd, room, RULE_FILE_MAX_BYTES);
    close(fd);
    return n < 0 ? SLICE_ABSENT : slice_of(room, (size_t)n);
}

/* What is for people in it; a file with a fault says which. */
static void write_meaning(struct jsonw *j, const char *name, struct slice text)
{
    char error[512] = "", file[FILE_NAME_MAX];
    struct rule *rule = NULL;
    int err;

    snprintf(file, sizeof file, "%s.yaml", name);
    err = rule_parse(&rule, file, text, error, sizeof error);
    api_write_key_text(j, "error", err ? slice_of_text(error) : SLICE_ABSENT);
    if (err)
        return;
    api_write_key_text(j, "description", rule->description);
    api_write_key_text(j, "reason", rule->reason);
    api_write_key_text(j, "runbook", rule->runbook);
    api_write_key_text(j, "severity", slice_of_text(rule_severity_name(rule->severity)));
    rule_free(rule);
}

static void write_rule(struct jsonw *j, const char *dir, const char *name, struct slice live,
                       char room[RULE_FILE_MAX_BYTES])
{
    struct slice text = read_rule(dir, name, room);

    jsonw_object_open(j);
    api_write_key_text(j, "name", slice_of_text(name));
    if (text.p)
        write_meaning(j, name, text);
    api_write_key_text(j, "text", text);
    jsonw_key(j, "live");
    if (live.p)
        jsonw_raw(j, live);
    else
        jsonw_null(j);
    jsonw_object_close(j);
}

/* The element that the probe's line has of this rule. */
static struct slice find_live(struct slice line, const char *name)
{
    struct slice rules = json_item_get(line, "rules"), item;

    while (json_item_next(&rules, &item)) {
        struct slice said = json_item_get(item, "rule");

        if (said.len >= 2 && slice_eq(slice_of(said.p + 1, said.len - 2), slice_of_text(name)))
            return item;
    }
    return SLICE_ABSENT;
}

static void write_rules(struct api_context *c, const struct names *names, struct slice line,
                        char room[RULE_FILE_MAX_BYTES])
{
    struct slice time = json_item_get(line, "time");
    struct jsonw *j = &c->json;

    jsonw_object_open(j);
    jsonw_key(j, "time");
    if (time.p)
        jsonw_raw(j, time);
    else
        jsonw_null(j);
    jsonw_key(j, "rules");
    jsonw_array_open(j);
    for (size_t i = 0; i < names->count && !c->x->body.failed; i++)
        write_rule(j, c->api->options.rules_dir, names->list[i], find_live(line, names->list[i]),
                   room);
    jsonw_array_close(j);
    jsonw_object_close(j);
    api_finish_json(c);
}

void api_rules_get(struct api_context *c)
{
    const struct api_options *o = &c->api->options;
    struct names *names = calloc(1, sizeof *names);
    char *room = malloc(RULE_FILE_MAX_BYTES);
    struct strbuf line = { 0 };
    int err = names && room ? 0 : -ENOMEM;

    if (err == 0 && o->rules_dir)
        err = list_names(o->rules_dir, names);
    if (err) {
        exchange_fail(c->x, 503, "the rules in %s cannot be read", o->rules_dir);
    } else {
        if (o->rules)
            latest_line_add_to(o->rules, &line);
        if (line.len && !line.failed)
            api_view_line(c, line.p, line.len);
        write_rules(c, names, line.len ? strbuf_slice(&line) : SLICE("{}"), room);
    }
    strbuf_fini(&line);
    free(names);
    free(room);
}

/* ---- when it would have fired ---- */

/* "7d", "90m": a number and its unit. */
static bool is_span(struct slice text)
{
    size_t i = 0;

    while (i < text.len && text.p[i] >= '0' && text.p[i] <= '9')
        i++;
    return i > 0 && i < 6 && i + 1 == text.len && strchr("mhdw", text.p[i]);
}

struct trial_alerts {
    struct slice lines[TRIAL_ALERTS_MAX]; /* the newest version of each */
    size_t count;
    bool is_cut;
};

static void keep_version(struct trial_alerts *t, struct slice line)
{
    struct slice id = json_item_get(line, "id");
    size_t at = t->count;

    /* Null: it never fired, in this version at least. */
    if (!id.p || !json_item_get(line, "fired_time").p)
        return;
    while (at > 0 && !slice_eq(json_item_get(t->lines[at - 1], "id"), id))
        at--;
    if (at > 0)
        t->lines[at - 1] = line;
    else if (t->count < TRIAL_ALERTS_MAX)
        t->lines[t->count++] = line;
    else
        t->is_cut = true;
}

static void write_trial(struct jsonw *j, const struct trial_alerts *t)
{
    static const char *const names[] = {
        "id",   "severity",   "state",      "group", "labels",    "summary",  "since",
        "time", "fired_time", "ended_time", "value", "threshold", "baseline", "unit",
    };

    jsonw_object_open(j);
    jsonw_key(j, "alerts");
    jsonw_array_open(j);
    for (size_t i = 0; i < t->count; i++) {
        jsonw_object_open(j);
        for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
            struct slice value = json_item_get(t->lines[i], names[n]);

            jsonw_key(j, names[n]);
            if (value.p)
                jsonw_raw(j, value);
            else
                jsonw_null(j);
        }
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
    jsonw_key(j, "cut");
    jsonw_bool(j, t->is_cut);
    jsonw_object_close(j);
}

static void answer_trial(struct api_context *c, const struct strbuf *output)
{
    struct trial_alerts *t = calloc(1, sizeof *t);
    struct slice lines = strbuf_slice(output);

    if (!t) {
        exchange_fail(c->x, 503, "out of memory, try again");
        return;
    }
    t->is_cut = output->failed;
    while (lines.len) {
        struct slice line = slice_trim(slice_cut(&lines, '\n'));

        if (line.len > 2 && line.p[0] == '{' && line.p[line.len - 1] == '}')
            keep_version(t, line);
    }
    for (size_t i = 0; i < t->count; i++)
        api_view_line(c, (char *)(uintptr_t)t->lines[i].p, t->lines[i].len);
    write_trial(&c->json, t);
    free(t);
    api_finish_json(c);
}

static void run_trial(struct api_context *c, struct slice since)
{
    const struct api_options *o = &c->api->options;
    char name[RULE_NAME_MAX + 1], span[SINCE_MAX], message[RULE_TRIAL_MESSAGE_MAX];
    struct strbuf output = { .max_bytes = RULE_TRIAL_OUTPUT_MAX };
    const struct rule_trial trial = { .program = o->program,
                                      .rule = name,
                                      .store_dir = o->store_dir,
                                      .rules_dir = o->rules_dir,
                                      .since = span,
                                      .gone = &c->x->gone,
                                      .output = &output };
    int status;

    snprintf(name, sizeof name, "%.*s", (int)c->name.len, c->name.p);
    snprintf(span, sizeof span, "%.*s", (int)since.len, since.p);
    status = rule_trial_run(&trial, message);
    if (status == 200)
        answer_trial(c, &output);
    else
        exchange_fail(c->x, status, "%s", message);
    strbuf_fini(&output);
}

static bool is_there(const char *dir, struct slice name)
{
    char path[4096];

    return (size_t)snprintf(path, sizeof path, "%s/%.*s.yaml", dir, (int)name.len, name.p) <
               sizeof path &&
           access(path, F_OK) == 0;
}

void api_rules_test(struct api_context *c)
{
    struct slice since;
    const struct body_field fields[] = {
        { "since", BODY_TEXT, false, SINCE_MAX - 1, &since, NULL },
    };
    struct body body;

    if (api_read_body(c, &body, fields, sizeof fields / sizeof *fields)) {
        if (!since.p)
            since = SLICE("7d");
        if (!c->api->options.rules_dir)
            exchange_fail(c->x, 404, "there are no rules here");
        else if (!is_span(since))
            exchange_fail(c->x, 400, "'since' is a number and m, h, d or w, as 7d");
        else if (!is_there(c->api->options.rules_dir, c->name))
            exchange_fail(c->x, 404, "there is no rule %.*s", (int)c->name.len, c->name.p);
        else
            run_trial(c, since);
    }
    body_fini(&body);
}
