/*
 * A writer makes the bytes of the file, a piece at a time; they wait in `plain`, and for the .lz4 formats
 * go through `lz4` into `packed`, which is then what is read.
 */
#include "storage/export/export.h"

#include "analyzer/record_id.h"
#include "storage/export/export_writer.h"
#include "storage/export/lz4_frame.h"
#include "storage/search/search.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PIECE_BYTES = 128 << 10 };

struct export
{
    struct export_request request; /* with a list of calls and texts of its own */
    uint64_t *calls;
    char *store_dir, *asked;
    const struct export_writer *writer;
    void *state;
    struct lz4_frame *lz4; /* NULL: not packed */
    struct strbuf plain, packed;
    size_t sent; /* of what is read */
    bool is_over;
    int error; /* told once what came before is out */
};

const struct export_format_info export_formats[EXPORT_FORMATS] = {
    [EXPORT_PCAP] = { "pcap", "application/vnd.tcpdump.pcap", true },
    [EXPORT_PCAPNG] = { "pcapng", "application/x-pcapng", true },
    [EXPORT_PCAP_LZ4] = { "pcap.lz4", "application/x-lz4", true },
    [EXPORT_PCAPNG_LZ4] = { "pcapng.lz4", "application/x-lz4", true },
    [EXPORT_CSV] = { "csv", "text/csv; charset=utf-8", false },
    [EXPORT_JSONL] = { "jsonl", "application/x-ndjson; charset=utf-8", false },
};

static const struct export_writer *const writers[EXPORT_FORMATS] = {
    [EXPORT_PCAP] = &export_writer_pcap,     [EXPORT_PCAPNG] = &export_writer_pcapng,
    [EXPORT_PCAP_LZ4] = &export_writer_pcap, [EXPORT_PCAPNG_LZ4] = &export_writer_pcapng,
    [EXPORT_CSV] = &export_writer_csv,       [EXPORT_JSONL] = &export_writer_jsonl,
};

static bool is_packed(enum export_format format)
{
    return format == EXPORT_PCAP_LZ4 || format == EXPORT_PCAPNG_LZ4;
}

bool export_format_find(struct slice name, enum export_format *format)
{
    for (int i = 0; i < EXPORT_FORMATS; i++) {
        if (slice_ieq(name, slice_of_text(export_formats[i].name))) {
            *format = (enum export_format)i;
            return true;
        }
    }
    return false;
}

bool export_format_of_path(struct slice path, enum export_format *format)
{
    for (int i = 0; i < EXPORT_FORMATS; i++) {
        struct slice ending = slice_of_text(export_formats[i].name);

        if (path.len > ending.len && path.p[path.len - ending.len - 1] == '.' &&
            slice_ieq(slice_of(path.p + path.len - ending.len, ending.len), ending)) {
            *format = (enum export_format)i;
            return true;
        }
    }
    return false;
}

/* ---- names ---- */

static void format_time(char out[24], int64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / 1000000000);
    struct tm utc;

    if (!gmtime_r(&seconds, &utc) || strftime(out, 24, "%Y%m%dT%H%M%SZ", &utc) == 0)
        out[0] = '\0';
}

void export_name_call(char out[EXPORT_NAME_MAX], uint64_t id, const char *ending)
{
    char at[24];

    format_time(at, record_id_time_ns(id));
    snprintf(out, EXPORT_NAME_MAX, "%s_%016" PRIx64 ".%s", at, id, ending);
}

void export_name_calls(char out[EXPORT_NAME_MAX], int64_t time_ns, uint64_t calls,
                       const char *ending)
{
    char at[24];

    format_time(at, time_ns);
    if (calls)
        snprintf(out, EXPORT_NAME_MAX, "%s_%" PRIu64 "-calls.%s", at, calls, ending);
    else
        snprintf(out, EXPORT_NAME_MAX, "%s_calls.%s", at, ending);
}

/* ---- which calls ---- */

struct gathering {
    struct export *x;
    size_t room, max;
    int error;
};

static bool take_id(void *ctx, uint64_t id)
{
    struct gathering *g = ctx;
    struct export *x = g->x;

    if (export_formats[x->request.format].has_packets && x->request.call_count == g->max) {
        g->error = -E2BIG;
        return false;
    }
    if (x->request.call_count == g->room) {
        size_t room = g->room ? g->room * 2 : 64;
        uint64_t *grown = realloc(x->calls, room * sizeof *grown);

        if (!grown) {
            g->error = -ENOMEM;
            return false;
        }
        x->calls = grown;
        g->room = room;
    }
    x->calls[x->request.call_count++] = id;
    return true;
}

/* The list of calls: as it was given, or what the filter finds. */
static int gather_calls(struct export *x, const struct export_request *request)
{
    struct search_request search = { .filter = request->filter, .limit = request->limit };
    struct gathering g = { .x = x,
                           .max =
                               request->calls_max ? request->calls_max : EXPORT_PACKET_CALLS_MAX };
    struct query *q;
    int err;

    x->request.call_count = 0;
    if (request->calls) {
        for (size_t i = 0; i < request->call_count && g.error == 0; i++)
            take_id(&g, request->calls[i]);
        x->request.calls = x->calls;
        return g.error ? g.error : x->calls ? 0 : -ENOENT;
    }
    err = query_open(&q, request->store_dir);
    if (err)
        return err;
    err = search_ids(q, &search, take_id, &g, NULL);
    query_close(q);
    x->request.calls = x->calls;
    if (err || g.error)
        return g.error ? g.error : err;
    return x->request.call_count ? 0 : -ENOENT;
}

/* Of what the caller lent. */
static int copy_request(struct export *x, const struct export_request *request)
{
    x->request = *request;
    x->store_dir = strdup(request->store_dir);
    x->asked = request->asked.len ? malloc(request->asked.len) : NULL;
    if (!x->store_dir || (request->asked.len && !x->asked))
        return -ENOMEM;
    if (x->asked)
        memcpy(x->asked, request->asked.p, request->asked.len);
    x->request.store_dir = x->store_dir;
    x->request.asked = slice_of(x->asked, x->asked ? request->asked.len : 0);
    if (export_formats[request->format].has_packets || request->calls)
        return gather_calls(x, request);
    if (request->sort && !request->sort->is_sortable)
        return -ENOTSUP;
    if (request->sort && request->sort->kind == FILTER_TIME)
        x->request.sort = NULL; /* by id, which is how they come anyway */
    return 0;
}

int export_open(struct export **xp, const struct export_request *request)
{
    struct export *x = calloc(1, sizeof *x);
    int err;

    if (!x)
        return -ENOMEM;
    err = copy_request(x, request);
    if (err == 0 && is_packed(request->format))
        err = lz4_frame_open(&x->lz4);
    if (err == 0) {
        x->writer = writers[request->format];
        err = x->writer->open(&x->state, &x->request);
    }
    if (err) {
        x->request.filter = NULL; /* the caller's still */
        export_close(x);
        return err;
    }
    *xp = x;
    return 0;
}

void export_close(struct export *x)
{
    if (!x)
        return;
    if (x->state)
        x->writer->close(x->state);
    lz4_frame_close(x->lz4);
    filter_free(x->request.filter);
    strbuf_fini(&x->plain);
    strbuf_fini(&x->packed);
    free(x->calls);
    free(x->store_dir);
    free(x->asked);
    free(x);
}

/* ---- the bytes ---- */

/* The next piece of the file as it is without LZ4. */
static int fill_plain(struct export *x)
{
    int more = 1;

    strbuf_reset(&x->plain);
    while (more > 0 && x->plain.len < PIECE_BYTES && !x->plain.failed)
        more = x->writer->fill(x->state, &x->plain);
    if (x->plain.failed)
        return -ENOMEM;
    x->is_over = more <= 0;
    return more < 0 ? more : 0;
}

static int fill(struct export *x)
{
    int err, plain_error = fill_plain(x);

    if (!x->lz4)
        return plain_error;
    strbuf_reset(&x->packed);
    err = lz4_frame_add(x->lz4, strbuf_slice(&x->plain), &x->packed);
    /* What broke off must not look whole. */
    if (err == 0 && x->is_over && plain_error == 0)
        err = lz4_frame_end(x->lz4, &x->packed);
    return plain_error ? plain_error : err;
}

int64_t export_read(struct export *x, uint8_t *out, size_t room)
{
    struct strbuf *from = x->lz4 ? &x->packed : &x->plain;
    size_t done = 0;

    while (done < room) {
        size_t n = from->len - x->sent < room - done ? from->len - x->sent : room - done;

        if (n)
            memcpy(out + done, from->p + x->sent, n);
        done += n;
        x->sent += n;
        if (x->sent < from->len)
            continue;
        if (x->error || x->is_over)
            break;
        x->sent = 0;
        x->error = fill(x);
    }
    return done ? (int64_t)done : x->error;
}

void export_read_counts(const struct export *x, struct export_counts *counts)
{
    *counts = (struct export_counts){ .calls = x->request.call_count };
    x->writer->read_counts(x->state, counts);
}

/* ---- legs ---- */

struct leg_list {
    uint64_t *calls;
    size_t count;
};

static void add_leg(struct leg_list *list, uint64_t call)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->calls[i] == call)
            return;
    }
    if (list->count < QUERY_LEG_CALLS_MAX && call)
        list->calls[list->count++] = call;
}

static bool take_leg(void *ctx, const void *record)
{
    const struct leg_record *leg = record;

    add_leg(ctx, leg->call_a);
    add_leg(ctx, leg->call_b);
    return true;
}

int export_find_legs(struct query *q, uint64_t call, uint64_t calls[QUERY_LEG_CALLS_MAX],
                     size_t *count)
{
    struct leg_list list = { .calls = calls };
    int err;

    add_leg(&list, call);
    err = query_legs(q, call, take_leg, &list);
    *count = list.count;
    return err;
}
