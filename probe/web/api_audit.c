/*
 * api_audit - the audit trail, the newest line first, and whether its chain is whole.
 *
 * Nothing is masked in it: who may read the trail is to see who looked for whom.
 */
#include "probe/syslog/audit_syslog.h"
#include "probe/web/api_context.h"
#include "probe/web/trail.h"
#include "storage/audit/audit_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static bool on_line(void *ctx, const struct audit_line *line)
{
    struct api_context *c = ctx;

    jsonw_object_open(&c->json);
    audit_line_write_members(&c->json, line);
    jsonw_object_close(&c->json);
    return !c->x->body.failed;
}

static void write_chain(struct api_context *c)
{
    struct jsonw *j = &c->json;
    struct audit_verify found;
    bool is_whole, is_known;

    audit_verify_init(&found);
    is_known = c->api->options.trail && trail_check(c->api->options.trail, &found, &is_whole);
    jsonw_key(j, "broken");
    if (found.broken == AUDIT_UNBROKEN) {
        jsonw_null(j);
    } else {
        char reason[AUDIT_WHY_MAX + 16];

        snprintf(reason, sizeof reason, "%s: %s", audit_break_name(found.broken), found.why);
        jsonw_object_open(j);
        api_write_key_int(j, "line", (int64_t)found.line);
        api_write_key_int(j, "offset", (int64_t)found.offset);
        api_write_key_text(j, "reason", slice_of_text(reason));
        jsonw_object_close(j);
    }
    jsonw_key(j, "checked");
    jsonw_object_open(j);
    api_write_key_int(j, "lines", (int64_t)found.lines);
    api_write_key_int(j, "unchained", (int64_t)found.unchained);
    api_write_key_int(j, "erased", (int64_t)found.erased);
    api_write_key_int(j, "torn", (int64_t)found.torn);
    api_write_key_int(j, "seq", (int64_t)found.seq);
    api_write_key_text(j, "hash", found.seq ? slice_of_text(found.hash) : SLICE_ABSENT);
    jsonw_key(j, "whole"); /* was all of it looked at? */
    jsonw_bool(j, is_known && is_whole);
    jsonw_object_close(j);
}

static void write_syslog(struct api_context *c)
{
    struct audit_syslog *syslog =
        c->api->options.trail ? trail_syslog(c->api->options.trail) : NULL;
    struct audit_syslog_counts n;
    struct jsonw *j = &c->json;

    jsonw_key(j, "syslog");
    if (!syslog) {
        jsonw_null(j);
        return;
    }
    audit_syslog_count(syslog, &n);
    jsonw_object_open(j);
    api_write_key_int(j, "sent", (int64_t)n.sent);
    api_write_key_int(j, "waiting", (int64_t)n.waiting);
    api_write_key_int(j, "dropped", (int64_t)n.dropped);
    api_write_key_int(j, "failed", (int64_t)n.failed);
    api_write_key_text(j, "reason", n.reason[0] ? slice_of_text(n.reason) : SLICE_ABSENT);
    jsonw_object_close(j);
}

void api_audit_get(struct api_context *c)
{
    const struct asked *a = &c->asked;
    const struct audit_query query = { .user = a->user,
                                       .deed = a->deed,
                                       .call = a->call,
                                       .since = a->since,
                                       .until = a->until,
                                       .limit = a->limit,
                                       .before = (uint64_t)a->before_number };
    char cursor[24] = "";
    uint64_t next;
    int err;

    jsonw_object_open(&c->json);
    jsonw_key(&c->json, "lines");
    jsonw_array_open(&c->json);
    err = audit_read(c->api->options.store_dir, &query, on_line, c, &next);
    jsonw_array_close(&c->json);
    if (err) {
        exchange_fail(c->x, 503, "the audit trail cannot be read (error %d)", -err);
        return;
    }
    if (next)
        snprintf(cursor, sizeof cursor, "%" PRIu64, next);
    api_write_key_text(&c->json, "next", cursor[0] ? slice_of_text(cursor) : SLICE_ABSENT);
    write_chain(c);
    write_syslog(c);
    jsonw_object_close(&c->json);
    api_finish_json(c);
}
