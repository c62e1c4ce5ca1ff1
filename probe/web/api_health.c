/*
 * api_health - does this process answer, and is it fit to be asked: for what watches over it.
 */
#include "probe/state/state_db.h"
#include "probe/web/api_context.h"
#include "probe/web/tls.h"

#include <errno.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <time.h>

enum { DETAIL_MAX = TLS_TEXT_MAX + 64 };

/* state.sqlite, the trail and a spooled sound must find room. */
#define DISK_FREE_MIN ((uint64_t)64 << 20)

struct check {
    const char *name;
    bool (*is_good)(struct api_context *c, char detail[DETAIL_MAX]);
};

static bool say(char detail[DETAIL_MAX], bool good, const char *text)
{
    snprintf(detail, DETAIL_MAX, "%s", text);
    return good;
}

static bool say_error(char detail[DETAIL_MAX], const char *what, int err)
{
    char why[96];

    if (strerror_r(-err, why, sizeof why) != 0)
        snprintf(why, sizeof why, "error %d", -err);
    snprintf(detail, DETAIL_MAX, "%s: %s", what, why);
    return false;
}

static bool check_store(struct api_context *c, char detail[DETAIL_MAX])
{
    int64_t newest;
    int err = api_try_store(c);

    if (!err)
        err = query_newest_kpi(c->api->query, &newest);
    return err ? say_error(detail, "cannot be read", err) : say(detail, true, "can be read");
}

static bool check_state(struct api_context *c, char detail[DETAIL_MAX])
{
    struct state_db *state = c->api->options.state;
    int err;

    if (!state)
        return say(detail, true, "another process has it");
    err = state_db_begin(state);
    if (err)
        return say_error(detail, "cannot be written", err);
    state_db_rollback(state);
    return say(detail, true, "can be written");
}

static bool check_probe(struct api_context *c, char detail[DETAIL_MAX])
{
    if (atomic_load(c->api->options.live))
        return say(detail, true, "connected");
    if (!c->api->options.needs_probe)
        return say(detail, true, "none is connected, and none is needed");
    return say(detail, false, "not connected");
}

static bool check_certificate(struct api_context *c, char detail[DETAIL_MAX])
{
    int64_t now = (int64_t)time(NULL);
    struct tls_state state;

    if (!c->api->options.tls)
        return say(detail, true, "no TLS here");
    tls_read_state(c->api->options.tls, &state);
    if (now >= state.not_after_s)
        return say(detail, false, "has expired");
    if (now < state.not_before_s)
        return say(detail, false, "is not valid yet");
    if (!state.trouble[0])
        return say(detail, true, "is valid");
    snprintf(detail, DETAIL_MAX, "the old one stays in use: %s", state.trouble);
    return true;
}

static bool check_disk(struct api_context *c, char detail[DETAIL_MAX])
{
    struct statvfs fs;
    uint64_t left;

    if (statvfs(c->api->options.store_dir, &fs) != 0)
        return say_error(detail, "cannot be asked", -errno);
    left = (uint64_t)fs.f_bavail * fs.f_frsize;
    snprintf(detail, DETAIL_MAX, "%llu MiB free", (unsigned long long)(left >> 20));
    return left >= DISK_FREE_MIN;
}

static const struct check checks[] = {
    { "store", check_store }, { "state", check_state },
    { "probe", check_probe }, { "certificate", check_certificate },
    { "disk", check_disk },
};

void api_health_get(struct api_context *c)
{
    struct jsonw *j = &c->json;

    jsonw_object_open(j);
    api_write_key_text(j, "status", SLICE("ok"));
    jsonw_object_close(j);
    api_finish_json(c);
}

void api_health_get_ready(struct api_context *c)
{
    enum { CHECKS = sizeof checks / sizeof checks[0] };
    char details[CHECKS][DETAIL_MAX];
    bool good[CHECKS], all = true;
    struct jsonw *j = &c->json;

    for (size_t i = 0; i < CHECKS; i++) {
        good[i] = checks[i].is_good(c, details[i]);
        all = all && good[i];
    }
    jsonw_object_open(j);
    api_write_key_text(j, "status", all ? SLICE("ready") : SLICE("not ready"));
    jsonw_key(j, "checks");
    jsonw_array_open(j);
    for (size_t i = 0; i < CHECKS; i++) {
        jsonw_object_open(j);
        api_write_key_text(j, "name", slice_of_text(checks[i].name));
        jsonw_key(j, "ok");
        jsonw_bool(j, good[i]);
        api_write_key_text(j, "detail", slice_of_text(details[i]));
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
    jsonw_object_close(j);
    api_finish_json(c);
    if (c->x->status == 200 && !all)
        c->x->status = 503;
}
