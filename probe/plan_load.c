#include "probe/plan_load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CSV_BYTES_MAX = 16 << 20 }; /* 200,000 prefixes of 80 bytes */

static int add_trunks(struct plan *p, const struct config_trunks *trunks)
{
    int err = 0;

    for (size_t i = 0; i < trunks->n && !err; i++) {
        const struct config_trunk *t = &trunks->items[i];
        struct plan_trunk trunk = { slice_of_text(t->name), t->channels ? t->channels : INT64_MIN,
                                    t->encrypted };

        err = plan_add_trunk(p, &trunk);
        for (size_t k = 0; k < t->addresses.n && !err; k++)
            err = plan_add_trunk_address(p, trunk.name, slice_of_text(t->addresses.items[k]));
    }
    return err;
}

static int add_emergency(struct plan *p, const struct config_list *numbers)
{
    int err = 0;

    for (size_t i = 0; i < numbers->n && !err; i++)
        err = plan_add_emergency(p, slice_of_text(numbers->items[i]));
    return err;
}

static int add_rules(struct plan *p, const struct config_list *rules)
{
    struct plan_rule rule;
    int err = 0;

    for (size_t i = 0; i < rules->n && !err; i++) {
        if (plan_rule_parse(slice_of_text(rules->items[i]), &rule))
            err = plan_add_rule(p, rule.prefix, rule.min_len, rule.max_len, rule.replacement);
    }
    return err;
}

/* 0, or −errno. */
static int read_whole(const char *path, char **text, size_t *len)
{
    FILE *f = fopen(path, "re");
    int err = f ? 0 : -errno;

    *text = NULL;
    if (f) {
        *text = malloc(CSV_BYTES_MAX + 1);
        errno = 0;
        *len = *text ? fread(*text, 1, CSV_BYTES_MAX + 1, f) : 0;
        err = !*text ? -ENOMEM : ferror(f) ? (errno ? -errno : -EIO) : 0;
        fclose(f);
    }
    return err;
}

static int add_destinations(struct plan *p, const char *path, struct strbuf *errors)
{
    struct plan_csv_error error;
    size_t len = 0;
    char *text;
    int err = read_whole(path, &text, &len);

    if (err) {
        strbuf_addf(errors, "%s: cannot be read: %s\n", path, strerror(-err));
    } else if (len > CSV_BYTES_MAX) {
        strbuf_addf(errors, "%s: larger than 16 MiB\n", path);
        err = -EINVAL;
    } else {
        err = plan_read_csv(p, slice_of(text, len), &error);
        if (err)
            strbuf_addf(errors, "%s:%zu: %s\n", path, error.line, error.what);
    }
    free(text);
    return err;
}

static int copy_headers(struct plan_loaded *out, const struct config_list *headers)
{
    size_t bytes = 1, at = 0;

    for (size_t i = 0; i < headers->n; i++)
        bytes += strlen(headers->items[i]);
    out->texts = malloc(bytes);
    if (!out->texts)
        return -ENOMEM;
    for (size_t i = 0; i < headers->n && i < PLAN_LOAD_HEADERS_MAX; i++) {
        struct slice header = slice_of_text(headers->items[i]);

        memcpy(out->texts + at, header.p, header.len);
        out->headers[out->header_count++] = slice_of(out->texts + at, header.len);
        at += header.len;
    }
    return 0;
}

int plan_load(struct plan_loaded *out, const struct config *config, struct strbuf *errors)
{
    int err;

    memset(out, 0, sizeof *out);
    config_hours(config, &out->hours_from, &out->hours_to);
    err = plan_new(&out->plan);
    if (!err)
        err = copy_headers(out, &config->legs_headers);
    if (!err && config->numbers_country)
        err = plan_set_country(out->plan, slice_of_text(config->numbers_country));
    if (!err)
        err = add_rules(out->plan, &config->numbers_rules);
    if (!err)
        err = add_emergency(out->plan, &config->numbers_emergency);
    if (!err)
        err = add_trunks(out->plan, &config->trunks);
    if (!err && config->destinations_file)
        err = add_destinations(out->plan, config->destinations_file, errors);
    if (!err)
        err = privacy_load(&out->privacy, config, errors);
    if (!err)
        err = keep_load(&out->keep, config, errors);
    if (err == -ENOMEM)
        return err;
    /* The table of options let nothing else in that could be wrong. */
    if (err && errors->len == 0)
        strbuf_addf(errors, "the dial plan cannot be made: %s\n", strerror(-err));
    return err ? -EINVAL : 0;
}

void plan_load_fini(struct plan_loaded *loaded)
{
    keep_load_fini(&loaded->keep);
    plan_free(loaded->plan);
    free(loaded->texts);
    memset(loaded, 0, sizeof *loaded);
}
