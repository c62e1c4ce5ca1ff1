#include "storage/export/capture_name.h"

#include <errno.h>

enum { NAME_SHOWN = 64 };

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
    struct slice source;

    if (!ledger->source.len || ledger->start_time == RECORD_NONE || ledger->start_time > c->last ||
        (ledger->end_time != RECORD_NONE && ledger->end_time < c->first))
        return true;
    source = base_name(ledger->source);
    strbuf_add_printable(&name,
                         slice_of(source.p, source.len < NAME_SHOWN ? source.len : NAME_SHOWN));
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
