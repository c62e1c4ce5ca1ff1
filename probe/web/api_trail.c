#include "probe/web/api_trail.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "probe/web/trail.h"
#include "storage/export/export.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { DETAIL_MAX_BYTES = 2048, CALL_ID_MAX_BYTES = 1024 };

/* Deeds whose lines are not simply written each time, and what is told of them. To learn one is to add a
 * row; of the others it is what was done, when it was done, each time, on the disk. */
static const struct deed {
    const char *name;
    unsigned way;      /* enum trail_way */
    bool is_of_who;    /* its handler finds out who it is: its line is written behind it */
    bool names_object; /* the name in its body is what it is done to */
} deeds[] = {
    { "search", TRAIL_ONCE, false, false },
    { "open", TRAIL_ONCE, false, false },
    { "read", TRAIL_ONCE, false, false },
    { "trail", TRAIL_ONCE, false, false },
    { "listen", TRAIL_ONCE | TRAIL_SYNC | TRAIL_THING, false, false },
    { "login", TRAIL_SYNC, true, false },
    { "logout", TRAIL_SYNC, true, false },
    { "setup", TRAIL_SYNC, false, true },
    { "user", TRAIL_SYNC, false, true },
    { "token", TRAIL_SYNC, false, true },
};

/* Members of bodies that are told. Passwords and keys are none of them. */
static const char *const told_members[] = { "role",   "disabled", "reset", "scopes", "days",
                                            "labels", "from",     "until", "since",  "comment" };

static const struct deed *find_deed(const char *name)
{
    static const struct deed other = { NULL, TRAIL_SYNC, false, false };

    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        if (strcmp(deeds[i].name, name) == 0)
            return &deeds[i];
    }
    return &other;
}

/* One line, and the room for its texts. */
struct draft {
    struct audit_entry entry;
    char from[ADDR_TEXT_MAX], object[RECORD_ID_TEXT_LEN + 8];
    struct strbuf detail;
    char call_id[CALL_ID_MAX_BYTES];
    size_t call_id_len;
};

static void add_word(struct strbuf *out, const char *name, struct slice value)
{
    if (value.len == 0)
        return;
    strbuf_add_text(out, out->len ? " " : "");
    strbuf_add_text(out, name);
    strbuf_add_slice(out, value);
}

static void add_asked(struct strbuf *out, const struct api_context *c, const struct route *route)
{
    const struct asked *a = &c->asked;

    add_word(out, "", a->filter);
    add_word(out, "", strbuf_slice(&a->older));
    if (route->params & PARAMS_SOUND)
        add_word(out, "format=", slice_of_text(params_format_name(a->format)));
    if (route->params & (PARAMS_PACKETS | PARAMS_EXPORT))
        add_word(out, "format=", slice_of_text(export_formats[a->export_format].name));
    if (a->legs)
        add_word(out, "legs=", SLICE("true"));
}

static struct slice text_or_nothing(const char *text)
{
    return text[0] ? slice_of_text(text) : SLICE_ABSENT;
}

static void draft_make(struct draft *d, const struct api_context *c, const struct route *route,
                       const struct deed *deed)
{
    const struct exchange *x = c->x;

    *d = (struct draft){ .detail.max_bytes = DETAIL_MAX_BYTES };
    d->entry.user = text_or_nothing(x->who.name);
    d->entry.token = text_or_nothing(x->who.token);
    d->entry.from = slice_of(d->from, addr_format_ip(&x->peer, d->from));
    d->entry.deed = slice_of_text(route->deed);
    if (c->id)
        snprintf(d->object, sizeof d->object, "%016" PRIx64, c->id);
    else if (c->number)
        snprintf(d->object, sizeof d->object, "%" PRId64, c->number);
    d->entry.object = c->name.len ? c->name : text_or_nothing(d->object);
    if (!d->entry.object.p && deed->names_object)
        d->entry.object = text_or_nothing(c->subject);
    if (c->asked.limit) /* the parameters were read */
        add_asked(&d->detail, c, route);
    add_word(&d->detail, "", strbuf_slice(&c->told));
    /* A text that is too long is told as far as it goes. */
    d->detail.failed = false;
    if (d->detail.len)
        d->entry.detail = strbuf_slice(&d->detail);
}

/* This copy of them, too. */
static void wipe_secrets(json_t *root)
{
    static const char *const secrets[] = { "password", "old", "new", "key" };

    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        const json_t *value = json_object_get(root, secrets[i]);

        if (json_is_string(value))
            explicit_bzero((char *)(uintptr_t)json_string_value(value), json_string_length(value));
    }
}

/* What a body says, while it is there: handlers wipe those that hold passwords. */
static void read_body(struct api_context *c)
{
    struct slice text = strbuf_slice(&c->x->asked);
    json_t *root = text.len ? json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    json_t *name = json_object_get(root, "name");

    if (json_is_string(name))
        snprintf(c->subject, sizeof c->subject, "%s", json_string_value(name));
    c->told.max_bytes = DETAIL_MAX_BYTES;
    for (size_t i = 0; i < sizeof told_members / sizeof told_members[0]; i++) {
        json_t *value = json_object_get(root, told_members[i]);
        char *shown = value && !json_is_string(value)
                          ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY)
                          : NULL;
        char key[16];

        if (!value || json_is_null(value)) {
            free(shown);
            continue;
        }
        snprintf(key, sizeof key, "%s=", told_members[i]);
        if (json_is_string(value))
            add_word(&c->told, key, slice_of_text(json_string_value(value)));
        else if (shown)
            add_word(&c->told, key, slice_of_text(shown));
        free(shown);
    }
    wipe_secrets(root);
    json_decref(root);
}

static bool keep_call_id(void *ctx, const void *record)
{
    const struct call_record *call = record;
    struct draft *d = ctx;

    d->call_id_len = call->call_id.len < sizeof d->call_id ? call->call_id.len : sizeof d->call_id;
    if (d->call_id_len)
        memcpy(d->call_id, call->call_id.p, d->call_id_len);
    return false;
}

/* Of a call, what its own people call it. */
static void add_call_id(struct draft *d, const struct api_context *c, const struct route *route)
{
    if (!c->id || !c->api->query ||
        !slice_starts_with(slice_of_text(route->path), SLICE("/api/v1/calls/")))
        return;
    if (query_call(c->api->query, c->id, keep_call_id, d) == 0 && d->call_id_len)
        d->entry.call_id = slice_of(d->call_id, d->call_id_len);
}

static bool write_line(struct api_context *c, const struct route *route, const struct deed *deed,
                       unsigned way)
{
    struct trail *trail = c->api->options.trail;
    struct draft d;
    int err = 0;

    draft_make(&d, c, route, deed);
    d.entry.status =
        way & TRAIL_SYNC && route->method != EXCHANGE_GET && !deed->is_of_who ? 0 : c->x->status;
    /* Every piece of a file that is asked for in pieces. */
    if (c->x->range[0])
        way |= TRAIL_ONCE;
    if (!(way & TRAIL_ONCE) || !trail_knows(trail, &d.entry, way)) {
        add_call_id(&d, c, route);
        err = trail_add(trail, &d.entry, way);
    }
    strbuf_fini(&d.detail);
    if (!err)
        return true;
    log_warn("web: audit.jsonl cannot be written, so '%s' is not done: error %d", route->deed,
             -err);
    c->x->set_cookie[0] = '\0';
    exchange_fail(c->x, err == -ENOSPC || err == -EDQUOT ? 507 : 503,
                  "the audit trail cannot be written (error %d), and without its line nothing is "
                  "done or given out",
                  -err);
    return false;
}

/* With a name and a password, or with a one-time link. */
static bool is_login(const struct route *route)
{
    return route->deed && (strcmp(route->deed, "login") == 0 || strcmp(route->deed, "setup") == 0);
}

/* Nothing of it went out, or was done: so nothing depends on its line. */
static void write_refusal(struct api_context *c, const struct route *route)
{
    const char *name = route->deed ? route->deed : "refused";
    struct draft d;
    struct route as = *route;

    if (is_login(route))
        name = "login-failed";
    as.deed = name;
    draft_make(&d, c, &as, find_deed(name));
    d.entry.status = c->x->status;
    if (!d.entry.object.p && !d.entry.detail.p)
        d.entry.detail = slice_of_text(c->x->path);
    /* Whose name was given is a stranger's text. */
    if (c->subject[0] && is_login(route)) {
        d.entry.object = SLICE_ABSENT;
        d.entry.detail = slice_of_text(c->subject);
    }
    (void)trail_add(c->api->options.trail, &d.entry, TRAIL_REFUSED);
    strbuf_fini(&d.detail);
}

/* Who has neither a session nor a token is told to log in, and no more; a page that was left open asks
 * with a session that is over. */
static bool is_refusal(const struct api_context *c, const struct route *route)
{
    int status = c->x->status;

    if (status == 401)
        return is_login(route) || c->x->token[0];
    return status == 403 || (status == 429 && is_login(route));
}

bool api_trail_begin(struct api_context *c, const struct route *route)
{
    const struct deed *deed;

    if (!c->api->options.trail || !route->deed || route->method == EXCHANGE_GET)
        return true;
    read_body(c);
    deed = find_deed(route->deed);
    return deed->is_of_who || write_line(c, route, deed, deed->way);
}

/* The answer of something that was looked at, or of a login: with what came of it. */
static void write_done(struct api_context *c, const struct route *route)
{
    const struct deed *deed = route->deed ? find_deed(route->deed) : NULL;
    int status = c->x->status;

    if (!deed || c->x->head_only || (route->method != EXCHANGE_GET && !deed->is_of_who))
        return;
    /* Else nothing goes out, or what he has already. */
    if (status < 300)
        write_line(c, route, deed, deed->way);
}

void api_trail_end(struct api_context *c, const struct route *route)
{
    if (c->api->options.trail && is_refusal(c, route))
        write_refusal(c, route);
    else if (c->api->options.trail)
        write_done(c, route);
    strbuf_fini(&c->told);
}
