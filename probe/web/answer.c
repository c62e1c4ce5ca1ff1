#include "probe/web/answer.h"

#include "probe/web/status.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

const struct answer_header answer_security_headers[] = {
    { "Content-Security-Policy",
      "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; "
      "base-uri 'none'; form-action 'self'; frame-ancestors 'none'" },
    { "X-Content-Type-Options", "nosniff" },
    { "Referrer-Policy", "no-referrer" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { NULL, NULL },
};

const struct answer_header answer_tls_header = { "Strict-Transport-Security", "max-age=31536000" };

struct out {
    unsigned char *at;
    size_t len, room;
};

/* The caller's room is enough for all there can be; what would not fit is a defect of ours. */
static void add(struct out *o, const void *bytes, size_t len)
{
    assert(len <= o->room - o->len);
    if (len > o->room - o->len)
        return;
    if (len)
        memcpy(o->at + o->len, bytes, len);
    o->len += len;
}

static void add_header(struct out *o, const char *name, const char *value)
{
    char line[512];
    int n = snprintf(line, sizeof line, "%s: %s\r\n", name, value);

    if (n > 0 && (size_t)n < sizeof line)
        add(o, line, (size_t)n);
}

static void add_status_headers(struct out *o, const struct exchange *x)
{
    static const struct {
        int status;
        const char *name, *value;
    } rows[] = {
        { 401, "WWW-Authenticate", "Bearer realm=\"earshot\"" },
        { 426, "Upgrade", "websocket" },
        { 503, "Retry-After", "1" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].status == x->status)
            add_header(o, rows[i].name, rows[i].value);
    }
    if (x->status == 405)
        add_header(o, "Allow", x->allow);
    if (x->status == 429) {
        char text[16];

        snprintf(text, sizeof text, "%u", x->retry_after_s ? x->retry_after_s : 1);
        add_header(o, "Retry-After", text);
    }
    if (x->set_cookie[0])
        add_header(o, "Set-Cookie", x->set_cookie);
}

static void add_head(struct out *o, const struct exchange *x)
{
    char text[128];
    int n = snprintf(text, sizeof text, "HTTP/1.1 %d %s\r\n", x->status, status_title(x->status));

    add(o, text, n > 0 ? (size_t)n : 0);
    for (const struct answer_header *h = answer_security_headers; h->name; h++)
        add_header(o, h->name, h->value);
    if (x->over_tls)
        add_header(o, answer_tls_header.name, answer_tls_header.value);
    if (x->status != 304)
        add_header(o, "Content-Type", x->content_type);
    if (x->status != 304 && !x->streamed) {
        snprintf(text, sizeof text, "%" PRIu64, x->file >= 0 ? x->length : x->body.len);
        add_header(o, "Content-Length", text);
    }
    if (x->streamed && x->chunked)
        add_header(o, "Transfer-Encoding", "chunked");
    if (x->close_after)
        add_header(o, "Connection", "close");
    add_header(o, "Cache-Control", x->etag[0] && !x->private ? "no-cache" : "no-store");
    if (x->etag[0])
        add_header(o, "ETag", x->etag);
    if (x->file_name[0]) {
        snprintf(text, sizeof text, "%s; filename=\"%s\"", x->inlined ? "inline" : "attachment",
                 x->file_name);
        add_header(o, "Content-Disposition", text);
    }
    if (x->ranges)
        add_header(o, "Accept-Ranges", "bytes");
    if (x->content_range[0])
        add_header(o, "Content-Range", x->content_range);
    add_status_headers(o, x);
    add(o, "\r\n", 2);
}

static void add_chunk(struct out *o, struct exchange *x)
{
    size_t len = x->body.len - x->sent;
    char size[24];
    int n = snprintf(size, sizeof size, "%zx\r\n", len);

    if (len) {
        add(o, size, n > 0 ? (size_t)n : 0);
        add(o, x->body.p + x->sent, len);
        add(o, "\r\n", 2);
    }
    if (!x->more && !x->broken)
        add(o, "0\r\n\r\n", 5);
}

static void add_body(struct out *o, struct exchange *x)
{
    size_t len = x->body.len - x->sent;

    if (x->head_only || x->status == 304) {
        x->sent = x->body.len;
        return;
    }
    if (x->streamed && x->chunked) {
        add_chunk(o, x);
    } else {
        if (!x->streamed && len > ANSWER_PIECE_BYTES)
            len = ANSWER_PIECE_BYTES;
        if (len)
            add(o, x->body.p + x->sent, len);
    }
    x->sent += len;
}

size_t answer_write(struct exchange *x, unsigned char out[ANSWER_ROOM])
{
    struct out o = { out, 0, ANSWER_ROOM };

    /* To HTTP/1.0 only the end of the connection tells the end of the body. */
    if (x->streamed && !x->chunked)
        x->close_after = true;
    if (!x->head_sent)
        add_head(&o, x);
    x->head_sent = true;
    add_body(&o, x);
    return o.len;
}

bool answer_is_written(const struct exchange *x)
{
    return x->head_sent && x->sent == x->body.len;
}
