/*
 * api_tokens - what speaks for a user without a browser.
 */
#include "probe/web/api_session.h"

#include "probe/web/body.h"

#include <errno.h>
#include <inttypes.h>

static void write_token(struct jsonw *j, const struct token *t)
{
    jsonw_object_open(j);
    api_write_key_int(j, "id", t->id);
    api_write_key_text(j, "name", slice_of_text(t->name));
    api_write_key_text(j, "user", slice_of_text(t->user_name));
    jsonw_key(j, "scopes");
    api_session_write_rights(j, t->scopes);
    api_session_write_key_s(j, "created", t->created_s);
    api_session_write_key_s(j, "expires", t->expires_s);
    api_session_write_key_s(j, "last_used", t->used_s);
    jsonw_object_close(j);
}

static bool on_token(void *ctx, const struct token *token)
{
    struct api_context *c = ctx;

    write_token(&c->json, token);
    return !c->x->body.failed;
}

void api_tokens_get(struct api_context *c)
{
    int err;

    if (!api_session_has_access(c))
        return;
    jsonw_object_open(&c->json);
    jsonw_key(&c->json, "tokens");
    jsonw_array_open(&c->json);
    err = access_list_tokens(c->api->options.access, &c->x->who, on_token, c);
    jsonw_array_close(&c->json);
    jsonw_object_close(&c->json);
    if (err)
        api_session_fail(c, err);
    else
        api_finish_json(c);
}

static void fail_add(struct api_context *c, int err)
{
    switch (err) {
    case -EINVAL:
        exchange_fail(c->x, 400, "'days' is 1 to %u", access_token_days(c->api->options.access));
        break;
    case -EACCES:
        exchange_fail(c->x, 403, "a token may do no more than the one who makes it");
        break;
    case -EEXIST:
        exchange_fail(c->x, 409, "there is a token of this name already");
        break;
    case -ENOSPC:
        exchange_fail(c->x, 409, "%d tokens are there already: remove some", TOKENS_OF_USER_MAX);
        break;
    default:
        api_session_fail(c, err);
    }
}

static void add(struct api_context *c, struct token *token, int64_t days)
{
    char secret[TOKEN_LEN + 1];
    int err =
        access_add_token(c->api->options.access, &c->x->who, token,
                         days > UINT32_MAX ? UINT32_MAX : (unsigned)days, api_now_s(), secret);

    if (err) {
        fail_add(c, err);
        return;
    }
    jsonw_object_open(&c->json);
    jsonw_key(&c->json, "token");
    write_token(&c->json, token);
    api_write_key_text(&c->json, "secret", slice_of_text(secret));
    jsonw_object_close(&c->json);
    password_wipe(secret, sizeof secret);
    api_finish_json(c);
    c->x->status = 201;
}

void api_tokens_add(struct api_context *c)
{
    struct token token = { .id = 0 };
    struct slice name, scopes;
    int64_t days;
    const struct body_field fields[] = {
        { "name", BODY_TEXT, true, IDENTITY_NAME_MAX, &name, NULL },
        { "scopes", BODY_WORDS, true, TOKEN_SCOPES_MAX, &scopes, NULL },
        { "days", BODY_COUNT, true, 0, NULL, &days },
    };
    struct body body;

    if (!api_session_has_access(c))
        return;
    if (api_read_body(c, &body, fields, sizeof fields / sizeof *fields)) {
        token.scopes = tokens_scopes_parse(scopes);
        if (!users_name_is_good(name)) {
            exchange_fail(c->x, 400, "'name' is of letters, digits, '-', '_' and '.'");
        } else if (!token.scopes) {
            exchange_fail(c->x, 400,
                          "'scopes' are some of see, numbers, signalling, packets, sound, handle, "
                          "trail, admin, metrics");
        } else {
            memcpy(token.name, name.p, name.len);
            add(c, &token, days);
        }
    }
    body_fini(&body);
}

void api_tokens_end(struct api_context *c)
{
    int err;

    if (!api_session_has_access(c))
        return;
    err = access_end_token(c->api->options.access, &c->x->who, c->number);
    if (err == -ENOENT) {
        exchange_fail(c->x, 404, "no token %" PRId64 " of yours", c->number);
    } else if (err) {
        api_session_fail(c, err);
    } else {
        jsonw_object_open(&c->json);
        api_write_key_int(&c->json, "ended", c->number);
        jsonw_object_close(&c->json);
        api_finish_json(c);
    }
}
