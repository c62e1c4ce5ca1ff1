/*
 * api_certificates - what servers showed, newest first or those that end first, and what cannot be seen.
 */
#include "probe/web/api_context.h"
#include "probe/web/api_view.h"

#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "probe/state/watched.h"
#include "probe/web/moment.h"
#include "storage/query_scan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { LOOKED_AT_MAX = 10000, UNOBSERVABLE_MAX = 200 };

#define DAY_S 86400.0

/* One of a server, told in the row that is the newest of it. */
struct seen {
    uint64_t hash, id;
    int64_t not_after;
    bool hidden;
};

struct certificates {
    struct api_context *c;
    int64_t now;
    struct table known;
    struct seen *list;
    size_t count;
    bool cut;
};

/* The days that are left now, not when it was seen last. */
static void renew_days(struct certificate_record *row, int64_t now)
{
    if (row->not_after != RECORD_NONE && row->last_seen != RECORD_NONE && now > row->last_seen)
        row->days_left = (double)(row->not_after - now) / 1e9 / DAY_S;
}

static bool is_observable(const struct certificate_record *row)
{
    return !slice_eq(row->state, SLICE("not_observable"));
}

static void write_one(struct certificates *all, const void *record)
{
    const void *shown = api_view_record(all->c, &record_type_certificate, record);
    struct jsonw *j = &all->c->json;
    struct certificate_record row;

    if (!shown)
        return;
    row = *(const struct certificate_record *)shown;
    renew_days(&row, all->now);
    jsonw_object_open(j);
    record_write_members(j, &record_type_certificate, &row);
    jsonw_key(j, "observable");
    jsonw_bool(j, is_observable(&row));
    jsonw_object_close(j);
}

/* ---- newest first ---- */

static bool on_newest(void *ctx, const void *record)
{
    struct certificates *all = ctx;
    struct api_context *c = all->c;

    if (c->rows == c->asked.limit) {
        c->more_rows = true;
        return false;
    }
    c->rows++;
    c->last_id = *(const uint64_t *)record_at(record, &record_type_certificate.fields[0]);
    write_one(all, record);
    return !c->x->body.failed;
}

static int write_newest(struct certificates *all)
{
    struct api_context *c = all->c;
    struct jsonw *j = &c->json;
    int err;

    jsonw_key(j, "certificates");
    jsonw_array_open(j);
    err = query_certificates(c->api->query, c->asked.before, c->asked.limit + 1, on_newest, all);
    jsonw_array_close(j);
    jsonw_key(j, "next");
    api_write_id(j, c->more_rows ? c->last_id : 0);
    return err;
}

/* ---- those that end first ---- */

static bool same_seen(const void *item, const void *key)
{
    return ((const struct seen *)item)->hash == *(const uint64_t *)key;
}

/* Of a server; one that shows nothing has no fingerprint. The cap is what bounds those who invent some. */
static uint64_t hash_of(const struct certificate_record *row)
{
    static const struct siphash_key key = { { 0, 0 } };
    char bytes[sizeof row->server.ip + sizeof row->server.port + 64];
    size_t len = row->fingerprint.len < 64 ? row->fingerprint.len : 64;

    memcpy(bytes, row->server.ip, sizeof row->server.ip);
    memcpy(bytes + sizeof row->server.ip, &row->server.port, sizeof row->server.port);
    if (len)
        memcpy(bytes + sizeof row->server.ip + sizeof row->server.port, row->fingerprint.p, len);
    return siphash(&key, bytes, sizeof row->server.ip + sizeof row->server.port + len);
}

static bool on_seen(void *ctx, const void *record)
{
    const struct certificate_record *row = record;
    struct certificates *all = ctx;
    uint64_t hash = hash_of(row);

    if (table_find(&all->known, hash, same_seen, &hash))
        return true;
    all->list[all->count] = (struct seen){ hash, row->id, row->not_after, !is_observable(row) };
    if (table_put(&all->known, hash, &all->list[all->count]) != 0) {
        all->cut = true;
        return false;
    }
    all->count++;
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    int64_t left = x->not_after == RECORD_NONE ? INT64_MAX : x->not_after;
    int64_t right = y->not_after == RECORD_NONE ? INT64_MAX : y->not_after;

    if (x->hidden != y->hidden)
        return x->hidden - y->hidden;
    if (left != right)
        return left < right ? -1 : 1;
    return (y->id > x->id) - (y->id < x->id);
}

static bool on_ending(void *ctx, const void *record)
{
    write_one(ctx, record);
    return false;
}

/* TLS 1.3 and DTLS 1.3 encrypt it; an older session that was taken up again shows none. */
static bool on_hidden(void *ctx, const void *record)
{
    struct certificates *all = ctx;
    const struct certificate_record *row =
        api_view_record(all->c, &record_type_certificate, record);
    struct jsonw *j = &all->c->json;
    char server[ADDR_TEXT_MAX];
    struct strbuf version = { 0 };
    bool is_dtls;

    if (!row)
        return false;
    is_dtls = slice_eq(row->transport, SLICE("dtls"));
    strbuf_add_text(&version, is_dtls ? "DTLS " : "TLS ");
    strbuf_add_slice(&version, row->tls_version);
    jsonw_object_open(j);
    api_write_key_text(j, "server", slice_of(server, addr_format(&row->server, server)));
    api_write_key_text(j, "server_name", row->server_name);
    api_write_key_text(j, "version", version.failed ? SLICE_ABSENT : strbuf_slice(&version));
    jsonw_key(j, "resumed");
    jsonw_bool(j, row->tls_version.len && !slice_eq(row->tls_version, SLICE("1.3")));
    api_write_key_int(j, "seen_count", row->seen_count);
    api_write_key_time(j, "last", row->last_seen);
    jsonw_object_close(j);
    strbuf_fini(&version);
    return false;
}

/* Those that are hidden, or those that are not, as far as they are asked for. */
static int write_list(struct certificates *all, const char *key, bool hidden, size_t most,
                      query_row_fn row)
{
    struct jsonw *j = &all->c->json;
    size_t shown = 0;
    int err = 0;

    jsonw_key(j, key);
    jsonw_array_open(j);
    for (size_t i = 0; i < all->count && err == 0 && !j->out->failed; i++) {
        if (all->list[i].hidden != hidden)
            continue;
        if (shown++ == most) {
            all->cut = true;
            break;
        }
        err =
            query_scan_one(all->c->api->query, &record_type_certificate, all->list[i].id, row, all);
    }
    jsonw_array_close(j);
    return err;
}

static int write_ending(struct certificates *all)
{
    static const char *const fields[] = { "server", "state", "fingerprint", "not_after", NULL };
    const struct query_scan scan = { .type = &record_type_certificate,
                                     .fields = fields,
                                     .since = RECORD_NONE,
                                     .until = RECORD_NONE,
                                     .rows_max = LOOKED_AT_MAX,
                                     .row = on_seen,
                                     .ctx = all };
    struct jsonw *j = &all->c->json;
    int err = table_init(&all->known, LOOKED_AT_MAX);
    bool cut = false;

    if (err)
        return err;
    all->list = calloc(LOOKED_AT_MAX, sizeof *all->list);
    err = all->list ? query_scan_rows(all->c->api->query, &scan, &cut) : -ENOMEM;
    all->cut = all->cut || cut;
    if (err == 0 && all->count)
        qsort(all->list, all->count, sizeof *all->list, compare);
    if (err == 0)
        err = write_list(all, "certificates", false, all->c->asked.limit, on_ending);
    if (err == 0)
        err = write_list(all, "unobservable", true, UNOBSERVABLE_MAX, on_hidden);
    jsonw_key(j, "next");
    jsonw_null(j);
    jsonw_key(j, "cut");
    jsonw_bool(j, all->cut);
    table_fini(&all->known);
    free(all->list);
    return err;
}

/* ---- both ---- */

static bool on_watched(void *ctx, struct slice json)
{
    struct api_context *c = ctx;

    jsonw_raw(&c->json, json);
    return true;
}

/* With the first page what the servers of certificates.watch showed. */
static void write_watched(struct api_context *c)
{
    jsonw_key(&c->json, "watched");
    jsonw_array_open(&c->json);
    if (c->api->options.state && c->asked.before == 0)
        (void)watched_list(c->api->options.state, on_watched, c);
    jsonw_array_close(&c->json);
}

void api_certificates_get(struct api_context *c)
{
    struct certificates all = { .c = c };
    int err = moment_of_store(c->api->query, &all.now);

    jsonw_object_open(&c->json);
    api_write_key_time(&c->json, "as_of", all.now);
    if (err == 0)
        err = c->asked.by_days_left ? write_ending(&all) : write_newest(&all);
    if (err) {
        api_fail_store(c, err);
        return;
    }
    write_watched(c);
    jsonw_object_close(&c->json);
    api_finish_json(c);
}
