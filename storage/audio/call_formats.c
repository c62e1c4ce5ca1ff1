#include "storage/audio/call_formats.h"

#include "analyzer/sip/sdp.h"
#include "analyzer/sip/sip_msg.h"
#include "storage/packets/call_messages.h"

#include <errno.h>
#include <stdlib.h>

enum { TEXT_BYTES_MAX = 256 << 10, ENCODING_MAX = 64 };

/* What one message needs while it is read; a struct sdp is too large for a stack of threads. */
struct reading {
    struct call_formats *formats;
    struct sdp sdp;
};

static bool is_known(const struct call_formats *f, const struct call_format *item)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct call_format *other = &f->items[i];

        if (addr_eq(&other->to, &item->to) && other->payload_type == item->payload_type &&
            slice_ieq(other->format.encoding, item->format.encoding) &&
            slice_eq(other->format.fmtp, item->format.fmtp) &&
            other->format.clock_rate_hz == item->format.clock_rate_hz)
            return true;
    }
    return false;
}

static void add(struct call_formats *f, const struct sdp_media *media,
                const struct sdp_format *format)
{
    struct call_format item = { .to = media->rtp,
                                .payload_type = format->payload_type,
                                .format = { .encoding = format->name,
                                            .fmtp = format->fmtp,
                                            .clock_rate_hz = format->clock_rate_hz,
                                            .channels = format->channels } };
    bool cut = false;

    if (!format->name.p || format->payload_type == SDP_PAYLOAD_NONE ||
        f->count == CALL_FORMATS_MAX || is_known(f, &item))
        return;
    item.format.encoding = arena_copy(&f->texts, format->name, ENCODING_MAX, &cut);
    item.format.fmtp = arena_copy(&f->texts, format->fmtp, AUDIO_FMTP_MAX, &cut);
    if (item.format.encoding.p && !cut)
        f->items[f->count++] = item;
}

static bool take_message(void *ctx, const struct stored_message *message)
{
    struct reading *r = ctx;
    struct sip_msg msg;
    struct slice body;

    if (sip_msg_parse(&msg, message->raw) != SIP_PARSE_OK || msg.body.len == 0)
        return true;
    body = sdp_find_body(msg.content_type, msg.body);
    if (!body.p || sdp_parse(&r->sdp, body) != SDP_PARSE_OK)
        return true;
    for (size_t m = 0; m < r->sdp.media_count; m++) {
        const struct sdp_media *media = &r->sdp.media[m];
        const struct sdp_format *formats = sdp_media_formats(&r->sdp, media);

        for (size_t i = 0; i < media->format_count && media->type == SDP_AUDIO; i++)
            add(r->formats, media, &formats[i]);
    }
    return true;
}

int call_formats_init(struct call_formats *f, const char *store_dir, uint64_t call)
{
    struct reading *r = malloc(sizeof *r);
    int err;

    *f = (struct call_formats){ .items = calloc(CALL_FORMATS_MAX, sizeof *f->items) };
    arena_init(&f->texts, NULL, 0, TEXT_BYTES_MAX);
    if (!r || !f->items) {
        err = -ENOMEM;
    } else {
        r->formats = f;
        err = call_messages_read(store_dir, call, take_message, r);
    }
    free(r);
    if (err)
        call_formats_fini(f);
    return err;
}

void call_formats_fini(struct call_formats *f)
{
    free(f->items);
    f->items = NULL;
    f->count = 0;
    arena_fini(&f->texts);
}

bool call_formats_find(const struct call_formats *f, const struct addr *to, uint8_t payload_type,
                       struct audio_format *out)
{
    const struct call_format *best = NULL;

    for (size_t i = f->count; i-- > 0;) {
        const struct call_format *item = &f->items[i];

        if (item->payload_type != payload_type)
            continue;
        if (!best)
            best = item;
        if (addr_eq(&item->to, to)) {
            best = item;
            break;
        }
    }
    if (best)
        *out = best->format;
    return best;
}

struct slice call_formats_fmtp(const struct call_formats *f, struct slice encoding,
                               uint8_t payload_type)
{
    struct slice any = SLICE_ABSENT;

    for (size_t i = f->count; i-- > 0;) {
        const struct call_format *item = &f->items[i];

        if (!item->format.fmtp.p || !slice_ieq(item->format.encoding, encoding))
            continue;
        if (item->payload_type == payload_type)
            return item->format.fmtp;
        if (!any.p)
            any = item->format.fmtp;
    }
    return any;
}
