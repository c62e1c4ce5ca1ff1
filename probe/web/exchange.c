#include "probe/web/exchange.h"

#include "analyzer/base/log.h"
#include "probe/web/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct exchange *exchange_new(void)
{
    struct exchange *x = calloc(1, sizeof *x);

    if (!x)
        return NULL;
    x->body.max_bytes = EXCHANGE_BODY_MAX;
    x->asked.max_bytes = EXCHANGE_ASKED_MAX + 1;
    x->file = -1;
    x->content_type = "application/json; charset=utf-8";
    return x;
}

static void close_sources(struct exchange *x)
{
    export_close(x->export);
    x->export = NULL;
    if (x->exports)
        atomic_fetch_sub(x->exports, 1);
    x->exports = NULL;
    if (x->file >= 0)
        close(x->file);
    x->file = -1;
}

void exchange_free(struct exchange *x)
{
    if (!x)
        return;
    close_sources(x);
    strbuf_fini(&x->fragments);
    strbuf_fini(&x->asked);
    strbuf_fini(&x->body);
    free(x);
}

/* Into the body, a block of a piece's size. The bytes, or −errno. */
static int64_t read_file(struct exchange *x)
{
    size_t want = x->file_left < EXCHANGE_PIECE_BYTES ? (size_t)x->file_left : EXCHANGE_PIECE_BYTES;
    ssize_t n;

    do {
        n = pread(x->file, x->body.p, want, (off_t)x->file_at);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (n == 0 && want > 0)
        return -EIO; /* it was longer */
    x->file_at += (uint64_t)n;
    x->file_left -= (uint64_t)n;
    return n;
}

static bool make_piece_room(struct strbuf *body)
{
    if (body->room >= EXCHANGE_PIECE_BYTES + 1)
        return true;
    strbuf_fini(body);
    body->p = malloc(EXCHANGE_PIECE_BYTES + 1);
    body->room = body->p ? EXCHANGE_PIECE_BYTES + 1 : 0;
    return body->p != NULL;
}

/* What was left out of a download that is over. */
static void note_damaged(const struct exchange *x)
{
    struct export_counts counts;

    export_read_counts(x->export, &counts);
    if (counts.damaged)
        log_warn("web: an export left out %" PRIu64 " damaged chunks or days", counts.damaged);
}

void exchange_read_piece(struct exchange *x)
{
    int64_t n = -ENOMEM;

    if (make_piece_room(&x->body))
        n = x->export ? export_read(x->export, (uint8_t *)x->body.p, EXCHANGE_PIECE_BYTES)
                      : read_file(x);
    x->sent = 0;
    x->body.len = n > 0 ? (size_t)n : 0;
    x->more = x->export ? n > 0 : n > 0 && x->file_left > 0;
    x->broken = n < 0;
    if (n < 0)
        log_warn("web: a download failed, error %d", (int)-n);
    if (n == 0 && x->export)
        note_damaged(x);
}

void exchange_send_file(struct exchange *x, int fd, uint64_t at, uint64_t length)
{
    x->file = fd;
    x->file_at = at;
    x->file_left = x->length = length;
}

/* The answer so far is nothing any more; the JSON stands open behind its detail. */
static struct jsonw begin_failure(struct exchange *x, int status, const char *detail)
{
    struct jsonw j = jsonw_to(&x->body);

    close_sources(x);
    x->streamed = x->more = x->ranges = false;
    x->etag[0] = x->file_name[0] = x->content_range[0] = x->set_cookie[0] = '\0';
    x->status = status;
    x->content_type = "application/problem+json";
    strbuf_reset(&x->body);
    jsonw_object_open(&j);
    jsonw_key(&j, "type");
    jsonw_text(&j, SLICE("about:blank"));
    jsonw_key(&j, "title");
    jsonw_text(&j, slice_of_text(status_title(status)));
    jsonw_key(&j, "status");
    jsonw_int(&j, status);
    jsonw_key(&j, "detail");
    jsonw_text(&j, slice_of_text(detail));
    return j;
}

void exchange_fail(struct exchange *x, int status, const char *format, ...)
{
    char detail[512];
    va_list args;
    struct jsonw j;

    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    j = begin_failure(x, status, detail);
    jsonw_object_close(&j);
}

void exchange_fail_filter(struct exchange *x, const char *parameter,
                          const struct filter_error *error)
{
    char detail[FILTER_ERROR_MAX + 64];
    struct jsonw j;

    snprintf(detail, sizeof detail, "%s, column %zu: %s", parameter, error->column, error->text);
    j = begin_failure(x, 400, detail);
    jsonw_key(&j, "column");
    jsonw_int(&j, (int64_t)error->column);
    jsonw_key(&j, "length");
    jsonw_int(&j, (int64_t)error->length);
    jsonw_object_close(&j);
}
