#include "storage/export/call_comment.h"

#include <errno.h>
#include <math.h>

enum { CALL_ID_SHOWN = 1024, TEXT_SHOWN = 128, NAME_SHOWN = 64 };

static void add_cut(struct strbuf *out, struct slice text, size_t max)
{
    strbuf_add_printable(out, slice_of(text.p, text.len < max ? text.len : max));
}

/* "486 Busy Here, failed": whatever of it is known. */
static void add_result(struct strbuf *out, const struct call_record *call)
{
    if (call->final_status != RECORD_NONE) {
        strbuf_addf(out, "%lld", (long long)call->final_status);
        if (call->final_reason.len)
            strbuf_add_char(out, ' ');
        add_cut(out, call->final_reason, TEXT_SHOWN);
        strbuf_add_text(out, ", ");
    }
    if (call->state.len)
        add_cut(out, call->state, TEXT_SHOWN);
    else
        strbuf_add_text(out, "state unknown");
}

static void add_media(struct strbuf *out, const struct call_record *call)
{
    if (call->media_verdict.len) {
        strbuf_add_text(out, "; media: ");
        add_cut(out, call->media_verdict, TEXT_SHOWN);
    }
    if (!isnan(call->mos_lq))
        strbuf_addf(out, "; MOS %.2f", call->mos_lq);
    if (!isnan(call->loss_ratio))
        strbuf_addf(out, ", loss %.1f %%", call->loss_ratio * 100);
}

void call_comment_add(struct strbuf *out, const struct call_record *call)
{
    strbuf_add_text(out, "Call-ID: ");
    add_cut(out, call->call_id, CALL_ID_SHOWN);
    strbuf_add_char(out, '\n');
    add_result(out, call);
    add_media(out, call);
    strbuf_add_char(out, '\n');
    if (call->kept.len && !slice_eq(call->kept, SLICE("full"))) {
        strbuf_add_text(out, "Of its packets is kept: ");
        add_cut(out, call->kept, TEXT_SHOWN);
        strbuf_add_char(out, '\n');
    }
}

/* ---- where it was captured ---- */

/* Of a path its last part: where our files lie is no business of who gets this one. */
static struct slice base_name(struct slice path)
{
    for (size_t i = path.len; i-- > 0;) {
        if (path.p[i] == '/')
            return slice_of(path.p + i + 1, path.len - i - 1);
    }
    return path;
}

static bool is_named(const struct capture_name *c, struct slice name)
{
    struct slice names = strbuf_slice(&c->names);

    while (names.len) {
        if (slice_eq(slice_cut(&names, '\n'), name))
            return true;
    }
    return false;
}

static bool take_ledger(void *ctx, const void *record)
{
    const struct capture_record *ledger = record;
    struct capture_name *c = ctx;
    struct strbuf name = { 0 };

    if (!ledger->source.len || ledger->start_time == RECORD_NONE || ledger->start_time > c->last ||
        (ledger->end_time != RECORD_NONE && ledger->end_time < c->first))
        return true;
    add_cut(&name, base_name(ledger->source), NAME_SHOWN);
    if (name.len && !is_named(c, strbuf_slice(&name)) && c->count++ < CAPTURE_NAMES_MAX) {
        strbuf_add_slice(&c->names, strbuf_slice(&name));
        strbuf_add_char(&c->names, '\n');
    }
    if (name.failed)
        c->names.failed = true;
    strbuf_fini(&name);
    return c->count <= CAPTURE_NAMES_MAX;
}

int capture_name_find(struct capture_name *c, struct query *q, int64_t first, int64_t last)
{
    *c = (struct capture_name){ .first = first, .last = last };
    /* That no ledger can be read takes nothing away from the packets. */
    query_captures(q, 0, take_ledger, c);
    return c->names.failed ? -ENOMEM : 0;
}

void capture_name_fini(struct capture_name *c)
{
    strbuf_fini(&c->names);
}

struct slice capture_name_one(const struct capture_name *c)
{
    return c->count == 1 ? slice_of(c->names.p, c->names.len - 1) : SLICE_ABSENT;
}

void capture_name_add_several(const struct capture_name *c, struct strbuf *out)
{
    struct slice names = strbuf_slice(&c->names);
    const char *before = "one of ";

    if (c->count < 2)
        return;
    while (names.len) {
        strbuf_add_text(out, before);
        strbuf_add_slice(out, slice_cut(&names, '\n'));
        before = ", ";
    }
    if (c->count > CAPTURE_NAMES_MAX)
        strbuf_add_text(out, " and others");
}
