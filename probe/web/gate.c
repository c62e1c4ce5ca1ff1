#include "probe/web/gate.h"

#include "analyzer/base/log.h"
#include "probe/access/access.h"
#include "probe/web/guard.h"
#include "probe/web/signed.h"

#include <errno.h>
#include <time.h>

/* 0; −ENOENT: nobody. */
static int identify(const struct api_options *o, struct exchange *x)
{
    int64_t now_s = (int64_t)time(NULL);

    if (!o->access)
        return -ENOENT;
    if (x->token[0])
        return access_by_token(o->access, slice_of_text(x->token), now_s, &x->who);
    return access_by_session(o->access, slice_of_text(x->session), now_s, &x->who);
}

static void refuse_unknown(struct exchange *x)
{
    exchange_fail(
        x, 401, "%s",
        x->token[0]     ? "this token is not good: it has expired, was removed, or is not whole"
        : x->session[0] ? "the session is over: log in again"
                        : "log in first, or send a token: Authorization: Bearer earshot_...");
}

static void refuse_right(struct exchange *x, enum right right)
{
    struct slice name = role_right_name(right), role = role_name((enum role)x->who.role);

    if (right == RIGHT_SELF)
        exchange_fail(x, 403, "a token cannot do this: log in with a browser");
    else if (x->who.token[0])
        exchange_fail(x, 403, "this needs the right '%.*s', which the token '%s' has not",
                      (int)name.len, name.p, x->who.token);
    else
        exchange_fail(x, 403, "this needs the right '%.*s', which the role %.*s has not",
                      (int)name.len, name.p, (int)role.len, role.p);
}

/* What a signed link is of, whoever has it may: no more than that. */
static void admit_by_link(const struct route *route, struct exchange *x)
{
    if (identity_is_known(&x->who) && (x->who.rights & route->right) == route->right)
        return;
    x->who = (struct identity){ .rights = route->right | RIGHT_NUMBERS, .token = IDENTITY_LINK };
}

static bool refuse(int err, struct exchange *x)
{
    if (err == -ENOENT) {
        refuse_unknown(x);
    } else {
        log_warn("web: access.sqlite cannot be read, error %d", -err);
        exchange_fail(x, 503, "who you are cannot be known: access.sqlite cannot be read (%d)",
                      -err);
    }
    return false;
}

bool gate_admit(const struct api_options *options, const struct route *route, struct exchange *x)
{
    int err = identify(options, x);

    if (!route) {
        if (!err)
            exchange_fail(x, 404, "nothing at %s", x->path);
        return err ? refuse(err, x) : false;
    }
    if (route->right == RIGHT_OPEN ||
        (route->right == RIGHT_METRICS && options->metrics_open && guard_is_loopback(&x->peer)))
        return true;
    if (route->params & PARAMS_SIGNED) {
        switch (signed_read(options->store_dir, x)) {
        case SIGNED_GOOD:
            admit_by_link(route, x);
            return true;
        case SIGNED_REFUSED:
            return false;
        case SIGNED_NOT:
            break;
        }
    }
    if (err)
        return refuse(err, x);
    if ((x->who.rights & route->right) == route->right)
        return true;
    refuse_right(x, (enum right)route->right);
    return false;
}
