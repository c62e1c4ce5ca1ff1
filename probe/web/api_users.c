/*
 * api_users - who has an account, and in which role; an admin's.
 */
#include "probe/web/api_session.h"

#include "probe/web/body.h"

#include <errno.h>

static void write_user(struct jsonw *j, const struct user *u)
{
    jsonw_object_open(j);
    api_write_key_text(j, "name", slice_of_text(u->name));
    api_write_key_text(j, "role", role_name((enum role)u->role));
    jsonw_key(j, "disabled");
    jsonw_bool(j, u->is_disabled);
    jsonw_key(j, "has_password");
    jsonw_bool(j, u->has_password);
    api_session_write_key_s(j, "created", u->created_s);
    api_session_write_key_s(j, "last_login", u->login_s);
    api_write_key_int(j, "sessions", u->sessions);
    api_write_key_int(j, "tokens", u->tokens);
    jsonw_object_close(j);
}

static bool on_user(void *ctx, const struct user *user)
{
    struct api_context *c = ctx;

    write_user(&c->json, user);
    return !c->x->body.failed;
}

void api_users_get(struct api_context *c)
{
    int err;

    if (!api_session_has_access(c))
        return;
    jsonw_object_open(&c->json);
    jsonw_key(&c->json, "users");
    jsonw_array_open(&c->json);
    err = access_list_users(c->api->options.access, api_now_s(), on_user, c);
    jsonw_array_close(&c->json);
    jsonw_object_close(&c->json);
    if (err)
        api_session_fail(c, err);
    else
        api_finish_json(c);
}

/* One of the list. */
struct found {
    struct slice name;
    struct user user;
    bool is_there;
};

static bool on_found(void *ctx, const struct user *user)
{
    struct found *f = ctx;

    f->is_there = slice_ieq(slice_of_text(user->name), f->name);
    if (f->is_there)
        f->user = *user;
    return !f->is_there;
}

static void answer_user(struct api_context *c, struct slice name, char *link, int status)
{
    struct found f = { .name = name };
    int err = access_list_users(c->api->options.access, api_now_s(), on_found, &f);

    if (err) {
        api_session_fail(c, err);
    } else if (!f.is_there) {
        exchange_fail(c->x, 404, "no user of this name");
    } else {
        jsonw_object_open(&c->json);
        jsonw_key(&c->json, "user");
        write_user(&c->json, &f.user);
        api_write_key_text(&c->json, "link_key", link[0] ? slice_of_text(link) : SLICE_ABSENT);
        jsonw_object_close(&c->json);
        api_finish_json(c);
        c->x->status = c->x->status == 200 ? status : c->x->status;
    }
    password_wipe(link, SECRET_KEY_LEN + 1);
}

static void fail_change(struct api_context *c, int err, const char *why)
{
    switch (err) {
    case -EINVAL:
        exchange_fail(c->x, 400, "%s", why ? why : "a user's name, or his role, is none");
        break;
    case -ENOENT:
        exchange_fail(c->x, 404, "no user of this name");
        break;
    case -EEXIST:
        exchange_fail(c->x, 409, "there is a user of this name already");
        break;
    case -ENOSPC:
        exchange_fail(c->x, 409, "there are %d users already", USERS_MAX);
        break;
    case -EPERM:
        exchange_fail(c->x, 409, "this is the last admin who can log in: make another one first");
        break;
    default:
        api_session_fail(c, err);
    }
}

/* False: the answer says that there is no such role. */
static bool read_role(struct api_context *c, struct slice name, enum role *role)
{
    *role = role_parse(name);
    if (!name.p || *role != ROLE_NONE)
        return true;
    exchange_fail(c->x, 400, "'role' is viewer, engineer, media, auditor or admin");
    return false;
}

void api_users_add(struct api_context *c)
{
    struct access_change change = { .now_s = api_now_s() };
    struct slice role, password;
    const struct body_field fields[] = {
        { "name", BODY_TEXT, true, 256, &change.name, NULL },
        { "role", BODY_TEXT, true, 32, &role, NULL },
        { "password", BODY_TEXT, false, 1024, &password, NULL },
    };
    char link[SECRET_KEY_LEN + 1];
    const char *why;
    struct body body;

    if (!api_session_has_access(c))
        return;
    if (api_read_body(c, &body, fields, sizeof fields / sizeof *fields) &&
        read_role(c, role, &change.role)) {
        int err = access_add_user(c->api->options.access, &change, password, link, &why);

        if (err)
            fail_change(c, err, why);
        else
            answer_user(c, change.name, link, 201);
    }
    body_fini(&body);
}

void api_users_change(struct api_context *c)
{
    struct access_change change = { .name = c->name, .now_s = api_now_s() };
    char link[SECRET_KEY_LEN + 1];
    int64_t disabled, reset;
    struct slice role;
    const struct body_field fields[] = {
        { "role", BODY_TEXT, false, 32, &role, NULL },
        { "disabled", BODY_FLAG, false, 0, NULL, &disabled },
        { "reset", BODY_FLAG, false, 0, NULL, &reset },
    };
    struct body body;

    if (!api_session_has_access(c))
        return;
    if (api_read_body(c, &body, fields, sizeof fields / sizeof *fields) &&
        read_role(c, role, &change.role)) {
        int err;

        change.sets_disabled = disabled >= 0;
        change.is_disabled = disabled == 1;
        change.resets = reset == 1;
        change.must_leave_admin = true;
        err = access_change_user(c->api->options.access, &change, link);
        if (err)
            fail_change(c, err, NULL);
        else
            answer_user(c, c->name, link, 200);
    }
    body_fini(&body);
}

void api_users_remove(struct api_context *c)
{
    int err;

    if (!api_session_has_access(c))
        return;
    err = access_remove_user(c->api->options.access, c->name);
    if (err) {
        fail_change(c, err, NULL);
        return;
    }
    jsonw_object_open(&c->json);
    api_write_key_text(&c->json, "removed", c->name);
    jsonw_object_close(&c->json);
    api_finish_json(c);
}
