#include "probe/web/request.h"

#include "probe/web/credentials.h"
#include "probe/web/guard.h"
#include "probe/web/routes.h"

#include <stdio.h>

static void refuse_host(struct exchange *x)
{
    exchange_fail(x, 421, "Host is not a name of this server");
}

/* What is longer than the room is taken for nothing. */
static void copy_text(struct slice from, char *to, size_t room)
{
    if (from.len == 0 || from.len >= room)
        return;
    memcpy(to, from.p, from.len);
    to[from.len] = '\0';
}

/* Is the type named, weights aside? */
static bool is_accepted(struct slice accept, struct slice type)
{
    while (accept.len) {
        struct slice one = slice_cut(&accept, ',');

        if (slice_ieq(slice_trim(slice_cut(&one, ';')), type))
            return true;
    }
    return false;
}

static bool is_json(struct slice type)
{
    return slice_ieq(slice_trim(slice_cut(&type, ';')), SLICE("application/json"));
}

static bool accept_length(const struct request *r, const struct request_rules *rules,
                          struct exchange *x)
{
    size_t max = rules->body_bytes_max ? rules->body_bytes_max : EXCHANGE_ASKED_MAX;

    if ((uint64_t)r->body_bytes <= max)
        return true;
    exchange_fail(x, 413, "a body is at most %zu KiB long", max >> 10);
    return false;
}

/* False: x holds the refusal. */
static bool accept_change(const struct request *r, const struct request_rules *rules,
                          struct exchange *x)
{
    if (!guard_allows_origin(r->origin, r->host))
        exchange_fail(x, 403, "Origin is another site");
    else if (!guard_allows_change(r->host, rules->host_names))
        exchange_fail(x, 403,
                      "a change is asked for by an address of this server, or by the name in "
                      "notify.base_url");
    else if (r->method == REQUEST_DELETE && r->has_body)
        exchange_fail(x, 400, "a request with a body is not expected here");
    else if (r->method == REQUEST_DELETE)
        return true;
    else if (!is_json(r->content_type))
        exchange_fail(x, 415, "the body must be JSON: Content-Type: application/json");
    else if (r->body_bytes < 0)
        exchange_fail(x, 411, "the length of the body must be known: Content-Length");
    else
        return accept_length(r, rules, x);
    return false;
}

/* What comes after a body that nobody reads cannot be trusted to be a request. */
static bool accept_method(const struct request *r, const struct request_rules *rules,
                          struct exchange *x)
{
    static const unsigned bits[] = { [REQUEST_GET] = ROUTE_GET,
                                     [REQUEST_HEAD] = ROUTE_GET,
                                     [REQUEST_POST] = ROUTE_POST,
                                     [REQUEST_DELETE] = ROUTE_DELETE,
                                     [REQUEST_OTHER] = 0 };
    unsigned allowed = routes_methods(r->path);

    if (!(bits[r->method] & allowed)) {
        static const char *const names[] = { "GET, HEAD", "POST", "DELETE" };
        size_t len = 0;

        for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
            if (allowed & 1u << i)
                len += (size_t)snprintf(x->allow + len, sizeof x->allow - len, "%s%s",
                                        len ? ", " : "", names[i]);
        }
        exchange_fail(x, 405, "only %s %s answered here", x->allow,
                      strchr(x->allow, ',') ? "are" : "is");
        return false;
    }
    if (r->method == REQUEST_POST || r->method == REQUEST_DELETE)
        return accept_change(r, rules, x);
    if (r->has_body)
        exchange_fail(x, 400, "a request with a body is not expected here");
    return !r->has_body;
}

bool request_accept(const struct request *r, const struct request_rules *rules, struct exchange *x)
{
    x->chunked = r->is_1_1;
    x->head_only = r->method == REQUEST_HEAD;
    x->method = r->method == REQUEST_POST     ? EXCHANGE_POST
                : r->method == REQUEST_DELETE ? EXCHANGE_DELETE
                                              : EXCHANGE_GET;
    x->close_after = r->has_body || r->method > REQUEST_HEAD;
    if (!guard_allows_host(r->host, &rules->bound, rules->host_names)) {
        refuse_host(x);
    } else if (r->path.len >= EXCHANGE_PATH_MAX) {
        exchange_fail(x, 414, "a path is at most %d bytes long", EXCHANGE_PATH_MAX - 1);
    } else if (r->path.len == 0 || slice_find(r->path, '\0') < r->path.len) {
        exchange_fail(x, 400, "no path that can be read");
    } else if (!accept_method(r, rules, x)) {
        return false;
    } else if (slice_eq(r->path, SLICE(REQUEST_LIVE_PATH))) {
        exchange_fail(x, 426, "a WebSocket, subprotocol " REQUEST_LIVE_PROTOCOL);
    } else {
        memcpy(x->path, r->path.p, r->path.len);
        x->path[r->path.len] = '\0';
        copy_text(r->if_none_match, x->if_none_match, sizeof x->if_none_match);
        /* A range under a condition that cannot be read is no range. */
        if (!r->if_range.p || r->if_range.len < sizeof x->if_range)
            copy_text(r->range, x->range, sizeof x->range);
        copy_text(r->if_range, x->if_range, sizeof x->if_range);
        x->wants_openmetrics = is_accepted(r->accept, SLICE("application/openmetrics-text"));
        credentials_read(r->cookie, r->authorization, rules->plain_cookie, x);
        return true;
    }
    return false;
}

bool request_accept_live(const struct request *r, const struct request_rules *rules,
                         struct exchange *x)
{
    x->close_after = true;
    if (r->method != REQUEST_GET || !slice_eq(r->path, SLICE(REQUEST_LIVE_PATH)))
        exchange_fail(x, 404, "no WebSocket here, only at " REQUEST_LIVE_PATH);
    else if (!guard_allows_host(r->host, &rules->bound, rules->host_names))
        refuse_host(x);
    else if (!guard_allows_origin(r->origin, r->host))
        exchange_fail(x, 403, "Origin is another site");
    else
        return true;
    return false;
}
