/*
 * api_session - who I am, logging in and out, the first admin, another password, and the ticket of the live feed.
 */
#include "probe/web/api_session.h"

#include "analyzer/base/log.h"
#include "probe/web/body.h"
#include "probe/web/credentials.h"

#include <errno.h>

enum { PASSWORD_TEXT_MAX = 1024 }; /* longer ones are refused with words of their own */

bool api_session_has_access(struct api_context *c)
{
    if (c->api->options.access)
        return true;
    exchange_fail(c->x, 503, "this server knows no users");
    return false;
}

void api_session_fail_wait(struct api_context *c, unsigned wait_s)
{
    c->x->retry_after_s = wait_s ? wait_s : 1;
    exchange_fail(c->x, 429, "too many tries: come again in %u s", c->x->retry_after_s);
}

void api_session_fail(struct api_context *c, int err)
{
    char why[128];

    if (err == -EBUSY) {
        api_session_fail_wait(c, 1);
        return;
    }
    if (strerror_r(-err, why, sizeof why) != 0)
        why[0] = '\0';
    log_warn("web: access.sqlite: %s", why);
    exchange_fail(c->x, err == -ENOSPC ? 507 : 503, "access.sqlite cannot be used: %s", why);
}

void api_session_write_key_s(struct jsonw *j, const char *key, int64_t time_s)
{
    api_write_key_ms(j, key, time_s * 1000);
}

void api_session_write_rights(struct jsonw *j, unsigned rights)
{
    jsonw_array_open(j);
    for (unsigned right = 1; right <= rights; right <<= 1) {
        if (rights & right)
            jsonw_text(j, role_right_name((enum right)right));
    }
    jsonw_array_close(j);
}

static void write_session(struct api_context *c)
{
    const struct api_options *o = &c->api->options;
    const struct identity *who = &c->x->who;
    bool is_known = identity_is_known(who);

    jsonw_object_open(&c->json);
    api_write_key_text(&c->json, "user", is_known ? slice_of_text(who->name) : SLICE_ABSENT);
    api_write_key_text(&c->json, "token", who->token[0] ? slice_of_text(who->token) : SLICE_ABSENT);
    api_write_key_text(&c->json, "role", is_known ? role_name((enum role)who->role) : SLICE_ABSENT);
    jsonw_key(&c->json, "rights");
    api_session_write_rights(&c->json, who->rights);
    api_session_write_key_s(&c->json, "expires", who->expires_s);
    jsonw_key(&c->json, "setup");
    jsonw_bool(&c->json, o->access && access_needs_setup(o->access));
    jsonw_key(&c->json, "listen");
    jsonw_bool(&c->json, o->sound != NULL);
    jsonw_object_close(&c->json);
    api_finish_json(c);
}

void api_session_get(struct api_context *c)
{
    write_session(c);
}

/* A session has begun. */
static void welcome(struct api_context *c, struct access_entry *entry)
{
    c->x->who = entry->who;
    write_session(c);
    credentials_set_cookie(c->x, entry->secret, c->api->options.plain_cookie);
    password_wipe(entry->secret, sizeof entry->secret);
}

static struct access_attempt attempt_of(struct api_context *c)
{
    return (
        struct access_attempt){ .from = c->x->peer, .now_s = api_now_s(), .before = &c->x->who };
}

/* The body held passwords. */
static void forget_body(struct api_context *c, struct body *body)
{
    body_fini(body);
    if (c->x->asked.p)
        password_wipe(c->x->asked.p, c->x->asked.len);
}

void api_session_login(struct api_context *c)
{
    struct access_attempt t = attempt_of(c);
    const struct body_field fields[] = {
        { "name", BODY_TEXT, true, 256, &t.name, NULL },
        { "password", BODY_TEXT, true, PASSWORD_TEXT_MAX, &t.password, NULL },
    };
    struct access_entry entry;
    struct body body;

    if (!api_session_has_access(c))
        return;
    if (api_read_body(c, &body, fields, sizeof fields / sizeof *fields)) {
        int err = access_login(c->api->options.access, &t, &entry);

        if (!err)
            welcome(c, &entry);
        else if (err == -EACCES)
            exchange_fail(c->x, 401, "name or password is not right");
        else if (err == -EBUSY)
            api_session_fail_wait(c, entry.wait_s);
        else
            api_session_fail(c, err);
    }
    forget_body(c, &body);
}

void api_session_logout(struct api_context *c)
{
    int err;

    if (!api_session_has_access(c))
        return;
    err = access_logout(c->api->options.access, &c->x->who);
    if (err) {
        api_session_fail(c, err);
        return;
    }
    jsonw_object_open(&c->json);
    jsonw_key(&c->json, "ended");
    jsonw_bool(&c->json, true);
    jsonw_object_close(&c->json);
    api_finish_json(c);
    credentials_set_cookie(c->x, "", c->api->options.plain_cookie);
}

void api_session_setup(struct api_context *c)
{
    struct access_attempt t = attempt_of(c);
    struct slice key;
    const struct body_field fields[] = {
        { "key", BODY_TEXT, true, 128, &key, NULL },
        { "name", BODY_TEXT, false, 256, &t.name, NULL },
        { "password", BODY_TEXT, true, PASSWORD_TEXT_MAX, &t.password, NULL },
    };
    struct access_entry entry;
    struct body body;

    if (!api_session_has_access(c))
        return;
    if (api_read_body(c, &body, fields, sizeof fields / sizeof *fields)) {
        int err = access_enter(c->api->options.access, key, &t, &entry);

        if (!err)
            welcome(c, &entry);
        else if (err == -ENOENT)
            exchange_fail(
                c->x, 403,
                "this link was used already, is too old, or is of an earlier start of the "
                "server");
        else if (err == -EINVAL)
            exchange_fail(c->x, 400, "%s", entry.why);
        else
            api_session_fail(c, err);
    }
    forget_body(c, &body);
}

void api_session_password(struct api_context *c)
{
    struct access_attempt t = attempt_of(c);
    struct slice password;
    const struct body_field fields[] = {
        { "old", BODY_TEXT, true, PASSWORD_TEXT_MAX, &t.password, NULL },
        { "new", BODY_TEXT, true, PASSWORD_TEXT_MAX, &password, NULL },
    };
    struct access_entry entry;
    struct body body;

    if (!api_session_has_access(c))
        return;
    if (api_read_body(c, &body, fields, sizeof fields / sizeof *fields)) {
        int err = access_change_password(c->api->options.access, &t, password, &entry);

        if (!err) {
            jsonw_object_open(&c->json);
            jsonw_key(&c->json, "changed");
            jsonw_bool(&c->json, true);
            jsonw_object_close(&c->json);
            api_finish_json(c);
            credentials_set_cookie(c->x, entry.secret, c->api->options.plain_cookie);
        } else if (err == -EACCES) {
            exchange_fail(c->x, 403, "the old password is not right");
        } else if (err == -EINVAL) {
            exchange_fail(c->x, 400, "%s", entry.why);
        } else if (err == -EBUSY) {
            api_session_fail_wait(c, entry.wait_s);
        } else {
            api_session_fail(c, err);
        }
    }
    forget_body(c, &body);
}

void api_session_live_ticket(struct api_context *c)
{
    char ticket[SECRET_KEY_LEN + 1];
    int64_t now_s = api_now_s();

    if (!api_session_has_access(c))
        return;
    if (access_make_ticket(c->api->options.access, &c->x->who, now_s, ticket) != 0) {
        exchange_fail(c->x, 429, "too many tickets are waiting to be used");
        return;
    }
    jsonw_object_open(&c->json);
    api_write_key_text(&c->json, "ticket", slice_of_text(ticket));
    api_session_write_key_s(&c->json, "expires", now_s + ACCESS_TICKET_S);
    jsonw_object_close(&c->json);
    api_finish_json(c);
}
