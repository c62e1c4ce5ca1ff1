#include "storage/export/call_comment.h"

#include <math.h>

enum { CALL_ID_SHOWN = 1024, TEXT_SHOWN = 128 };

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
