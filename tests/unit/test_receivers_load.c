#include "probe/receivers_load.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
    char dir[64];
    struct config config;
    struct receivers_loaded loaded;
    struct strbuf errors;
};

static void write_file(const struct scene *s, const char *name, const char *text, mode_t mode)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

static int load(struct scene *s, const char *receiver)
{
    char text[2048];

    snprintf(text, sizeof text,
             "notify:\n  webhooks: ['http://a/s3cret', 'http://b/', 'http://a/s3cret']\n"
             "  maintenance: ['rule=a; daily 03:00-03:30']\n  receivers: [%s]\n",
             receiver);
    for (char *at; (at = strstr(text, "DIR")) != NULL;) {
        char rest[2048];

        snprintf(rest, sizeof rest, "%s", at + 3);
        snprintf(at, sizeof text - (size_t)(at - text), "%s%s", s->dir, rest);
    }
    assert_int_equal(config_init(&s->config), 0);
    if (config_read_text(&s->config, "x.yaml", slice_of_text(text), &s->errors) != 0)
        fail_msg("%s", s->errors.p);
    return receivers_load(&s->loaded, &s->config, &s->errors);
}

static void clear(struct scene *s)
{
    receivers_load_fini(&s->loaded);
    config_fini(&s->config);
    strbuf_fini(&s->errors);
    s->errors = (struct strbuf){ 0 };
}

static void begin(struct scene *s)
{
    *s = (struct scene){ .dir = "/tmp/earshot-receivers-XXXXXX" };
    assert_non_null(mkdtemp(s->dir));
    write_file(s, "token", "t0ken\nsecond line\n", 0600);
    write_file(s, "keys",
               "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nwhsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n",
               0600);
    write_file(s, "open", "t0ken\n", 0644);
    write_file(s, "empty", "\n", 0600);
    write_file(s, "short", "abc\n", 0600);
}

static void end(struct scene *s)
{
    static const char *const names[] = { "token", "keys", "open", "empty", "short" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];

        snprintf(path, sizeof path, "%s/%s", s->dir, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(s->dir), 0);
}

static void takes_what_the_configuration_says(void **state)
{
    struct scene s;
    const struct receiver *r;

    (void)state;
    begin(&s);
    assert_int_equal(
        load(&s, "{name: on-call, kind: slack, url_file: DIR/token, token_file: DIR/token,"
                 " key_file: DIR/keys, severity: critical, match: 'trunk=a', hours: "
                 "08:30-18:00, days: mon-fri, group_wait: 30s, interval: 1min, resolved: no}"),
        0);
    assert_int_equal(s.loaded.count, 3); /* the same URL twice is one */
    assert_int_equal(s.loaded.window_count, 1);
    r = &s.loaded.receivers[0];
    assert_int_equal(r->kind, RECEIVER_WEBHOOK);
    assert_string_equal(r->url, "http://a/s3cret");
    assert_int_equal(strncmp(r->name, "webhook-", 8), 0);
    assert_null(strstr(r->name, "s3cret"));
    assert_string_not_equal(r->name, s.loaded.receivers[1].name);
    assert_true(r->tells_resolved);
    r = &s.loaded.receivers[2];
    assert_string_equal(r->name, "on-call");
    assert_int_equal(r->kind, RECEIVER_SLACK);
    assert_string_equal(r->url, "t0ken");
    assert_string_equal(r->token, "t0ken");
    assert_int_equal(r->key_count, 2);
    assert_int_equal(r->keys[0].len, 24);
    assert_int_equal(r->least_severity, 2);
    assert_int_equal(r->match.count, 1);
    assert_int_equal(r->from_minute, 510);
    assert_int_equal(r->days, 0x1f);
    assert_int_equal(r->group_wait_ms, 30000);
    assert_int_equal(r->least_interval_ms, 60000);
    assert_false(r->tells_resolved);
    clear(&s);
    end(&s);
}

static void refuses_secrets_that_are_none(void **state)
{
    static const struct {
        const char *receiver, *error;
    } rows[] = {
        { "{name: r, url: 'http://a', token_file: DIR/none}", "/none: No such file" },
        { "{name: r, url: 'http://a', token_file: DIR/open}", "/open: others may read it" },
        { "{name: r, url: 'http://a', token_file: DIR}", ": others may read it, or it is no file" },
        { "{name: r, url: 'http://a', token_file: DIR/empty}", "/empty: its first line is empty" },
        { "{name: r, url: 'http://a', key_file: DIR/open}", "/open: " },
        { "{name: r, url: 'http://a', key_file: DIR/short}", "/short: " },
        { "{name: r, url_file: DIR/empty}", "/empty: its first line is empty" },
    };
    struct scene s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(load(&s, rows[i].receiver), -EINVAL);
        if (!s.errors.p || !strstr(s.errors.p, rows[i].error) ||
            strncmp(s.errors.p, "notify.receivers: r: ", 21) != 0)
            fail_msg("%s: %s", rows[i].receiver, s.errors.p ? s.errors.p : "nothing");
        assert_null(strstr(s.errors.p, "t0ken"));
        clear(&s);
    }
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_the_configuration_says),
        cmocka_unit_test(refuses_secrets_that_are_none),
    };

    return cmocka_run_group_tests_name("receivers_load", tests, NULL, NULL);
}
