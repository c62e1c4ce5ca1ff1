#include "probe/receivers_load.h"

#include "analyzer/base/siphash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MAX = 4096, SECRETS_A_RECEIVER = 2 };

static void complain(struct strbuf *errors, const char *receiver, const char *path,
                     const char *what)
{
    strbuf_addf(errors, "notify.receivers: %s: %s: %s\n", receiver, path, what);
}

/* The first line of a file that nobody else may read. */
static int read_line(const char *path, char line[SECRET_MAX], const char **what)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    ssize_t n = -1;

    *what = fd < 0 ? strerror(errno) : "it cannot be read";
    if (fd < 0)
        return -EINVAL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0)
        n = read(fd, line, SECRET_MAX - 1);
    else
        *what = "others may read it, or it is no file: chmod 600";
    close(fd);
    if (n < 0)
        return -EINVAL;
    line[n] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    *what = "its first line is empty";
    return line[0] ? 0 : -EINVAL;
}

static int take_secret(struct receivers_loaded *out, const char *name, const char *path,
                       const char **text, struct strbuf *errors)
{
    char line[SECRET_MAX], *copy;
    const char *what;
    int err = read_line(path, line, &what);

    if (err) {
        complain(errors, name, path, what);
        return err;
    }
    copy = strdup(line);
    explicit_bzero(line, sizeof line);
    if (!copy)
        return -ENOMEM;
    out->secrets[out->secret_count++] = copy;
    *text = copy;
    return 0;
}

static int take_keys(struct receiver *r, const char *path, struct strbuf *errors)
{
    int n = hmac_key_read(path, r->keys, RECEIVER_KEYS_MAX);

    if (n > 0) {
        r->key_count = (size_t)n;
        return 0;
    }
    complain(errors, r->name, path,
             n == -EACCES ? "it cannot be read, or others may read it: chmod 600"
             : n == -EINVAL || n == 0
                 ? "a line is no key: whsec_ and base64, or 16 to 64 characters"
                 : strerror(-n));
    return -EINVAL;
}

/* The forms of the configuration have been checked. */
static void take_values(struct receiver *r, const struct config_receiver *c)
{
    char ignored[LABEL_MATCH_ERROR_MAX];
    int severity = receiver_severity(slice_of_text(c->severity));

    snprintf(r->name, sizeof r->name, "%s", c->name);
    receiver_kind_find(slice_of_text(c->kind), &r->kind);
    r->url = c->url;
    r->from = c->from;
    r->to = c->to;
    r->least_severity = severity < 0 ? 0 : (uint8_t)severity;
    if (c->match)
        label_match_parse(&r->match, slice_of_text(c->match), ignored);
    if (c->hours)
        maintenance_parse_minutes(slice_of_text(c->hours), &r->from_minute, &r->to_minute);
    if (c->days)
        maintenance_parse_days(slice_of_text(c->days), &r->days);
    r->group_wait_ms = c->group_wait;
    r->least_interval_ms = c->interval;
    r->heartbeat_ms = c->every;
    r->tells_resolved = c->resolved;
}

static int add_receiver(struct receivers_loaded *out, const struct config_receiver *c,
                        struct strbuf *errors)
{
    struct receiver *r = &out->receivers[out->count];
    int err = 0;

    take_values(r, c);
    if (c->url_file)
        err = take_secret(out, r->name, c->url_file, &r->url, errors);
    if (!err && c->token_file)
        err = take_secret(out, r->name, c->token_file, &r->token, errors);
    if (!err && c->key_file)
        err = take_keys(r, c->key_file, errors);
    out->count++;
    return err;
}

/* The short form: named after its URL, which may be secret, so that it is known again tomorrow. */
static void add_webhook(struct receivers_loaded *out, const char *url)
{
    static const struct siphash_key fixed = { { 0x65617273686f74, 1 } };
    struct receiver *r = &out->receivers[out->count];

    snprintf(r->name, sizeof r->name, "webhook-%016" PRIx64, siphash(&fixed, url, strlen(url)));
    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->receivers[i].name, r->name) == 0)
            return; /* given twice */
    }
    r->kind = RECEIVER_WEBHOOK;
    r->url = url;
    r->tells_resolved = true;
    out->count++;
}

static int add_windows(struct receivers_loaded *out, const struct config_list *list)
{
    char ignored[MAINTENANCE_ERROR_MAX];

    for (size_t i = 0; i < list->n; i++) {
        struct slice text = slice_of_text(list->items[i]);

        if (maintenance_parse(&out->windows[out->window_count], text, ignored) == 0)
            out->window_count++;
    }
    return 0;
}

int receivers_load(struct receivers_loaded *out, const struct config *config, struct strbuf *errors)
{
    const struct config_receivers *full = &config->notify_receivers;
    const struct config_list *brief = &config->notify_webhooks;
    int err = 0;

    memset(out, 0, sizeof *out);
    if (full->n + brief->n > RECEIVERS_MAX) {
        strbuf_addf(errors, "notify.receivers: more than %d of them and of notify.webhooks\n",
                    RECEIVERS_MAX);
        return -EINVAL;
    }
    out->receivers = calloc(full->n + brief->n + 1, sizeof *out->receivers);
    out->windows = calloc(config->notify_maintenance.n + 1, sizeof *out->windows);
    out->secrets = calloc(full->n * SECRETS_A_RECEIVER + 1, sizeof *out->secrets);
    if (!out->receivers || !out->windows || !out->secrets)
        return -ENOMEM;
    for (size_t i = 0; i < brief->n; i++)
        add_webhook(out, brief->items[i]);
    for (size_t i = 0; i < full->n; i++) {
        int one = add_receiver(out, &full->items[i], errors);

        err = err ? err : one;
    }
    return err ? err : add_windows(out, &config->notify_maintenance);
}

void receivers_load_fini(struct receivers_loaded *out)
{
    for (size_t i = 0; i < out->count; i++) {
        for (size_t k = 0; k < out->receivers[i].key_count; k++)
            hmac_key_wipe(&out->receivers[i].keys[k]);
    }
    for (size_t i = 0; i < out->secret_count; i++) {
        explicit_bzero(out->secrets[i], strlen(out->secrets[i]));
        free(out->secrets[i]);
    }
    free(out->secrets);
    free(out->receivers);
    free(out->windows);
    memset(out, 0, sizeof *out);
}
