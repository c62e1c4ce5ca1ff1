#include "storage/audit/audit_read.h"

#include "storage/audit/audit_scan.h"

#include <errno.h>

/* A clock that was set back by less does not hide what is older than `since`. */
#define CLOCK_STEP_NS INT64_C(3600000000000)

static bool fits(const struct audit_query *q, const struct audit_line *line)
{
    return (!q->user.p || audit_line_says(line->user, q->user)) &&
           (!q->deed.p || audit_line_says(line->deed, q->deed)) &&
           (!q->call.p || audit_line_says(line->object, q->call) ||
            audit_line_says(line->call_id, q->call)) &&
           (q->since == INT64_MIN || line->time_ns >= q->since) &&
           (q->until == INT64_MIN || line->time_ns <= q->until);
}

static bool is_past(const struct audit_query *q, const struct audit_line *line)
{
    return q->since != INT64_MIN && line->time_ns < q->since - CLOCK_STEP_NS;
}

int audit_read(const char *store_dir, const struct audit_query *query, audit_row_fn *row, void *ctx,
               uint64_t *next)
{
    struct audit_scan scan;
    struct audit_line line;
    size_t rows = 0;
    uint64_t begin;
    int found = 0, err = audit_scan_open(&scan, store_dir);

    *next = 0;
    if (err)
        return err == -ENOENT ? 0 : err;
    scan.position = query->before && query->before < scan.size ? query->before : scan.size;
    begin = scan.position;
    while ((found = audit_scan_previous(&scan)) > 0) {
        if (audit_line_parse(&line, scan.text) == AUDIT_NO_LINE)
            continue;
        if (is_past(query, &line)) {
            scan.position = 0;
            break;
        }
        if (fits(query, &line)) {
            rows++;
            if (!row(ctx, &line))
                break;
        }
        if (query->limit && (rows == query->limit || begin - scan.position > AUDIT_PAGE_SCAN_BYTES))
            break;
    }
    *next = scan.position;
    audit_scan_close(&scan);
    return found < 0 ? found : 0;
}
