#include "probe/web/request.h"

#include "probe/web/guard.h"

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

bool request_accept(const struct request *r, const struct request_rules *rules, struct exchange *x)
{
    x->chunked = r->is_1_1;
    x->head_only = r->method == REQUEST_HEAD;
    /* What comes after a body that nobody reads cannot be trusted to be a request. */
    x->close_after = r->has_body || r->method == REQUEST_OTHER;
    if (!guard_allows_host(r->host, &rules->bound, rules->host_names)) {
        refuse_host(x);
    } else if (r->method == REQUEST_OTHER) {
        exchange_fail(x, 405, "only GET and HEAD are answered");
    } else if (r->has_body) {
        exchange_fail(x, 400, "a request with a body is not expected here");
    } else if (r->path.len >= EXCHANGE_PATH_MAX) {
        exchange_fail(x, 414, "a path is at most %d bytes long", EXCHANGE_PATH_MAX - 1);
    } else if (r->path.len == 0 || slice_find(r->path, '\0') < r->path.len) {
        exchange_fail(x, 400, "no path that can be read");
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
