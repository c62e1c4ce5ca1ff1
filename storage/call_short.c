#include "storage/call_short.h"

#include "analyzer/record_id.h"
#include "storage/day_db.h"

#include <errno.h>
#include <lz4.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <xxhash.h>

enum { TEXT_SLOTS = 4 * CALL_TEXTS_MAX, PACK_LEAST_BYTES = 96, PACKED_MAX_BYTES = 1 << 20 };
enum { FIELDS_MAX = 128, PACK_HEAD = 4 };

enum how { PLAIN, REAL, TEXT, SAME, URI, TIME, EMPTY, PACKED };

#define READ_TEXT(column) "text_of(" #column ")"
#define READ_URI(column, user)                                                                     \
    "iif(typeof(" #column ")='blob','sip:'||" #user "||CAST(" #column " AS TEXT)," #column ")"
#define READ_SAME(column, of) "iif(typeof(" #column ")='integer'," of "," #column ")"

/* clang-format off */
static const struct {
    const char *column;
    uint8_t how;
    const char *of; /* of SAME: the text it mostly equals; of URI: the user */
    const char *read;
} shorts[] = {
    { "transport", TEXT, NULL, READ_TEXT(transport) },
    { "user_agent", TEXT, NULL, READ_TEXT(user_agent) },
    { "server", TEXT, NULL, READ_TEXT(server) },
    { "final_reason", TEXT, NULL, READ_TEXT(final_reason) },
    { "reason_header", TEXT, NULL, READ_TEXT(reason_header) },
    { "ended_by", TEXT, NULL, READ_TEXT(ended_by) },
    { "outcome", TEXT, NULL, READ_TEXT(outcome) },
    { "nos_cause", TEXT, NULL, READ_TEXT(nos_cause) },
    { "codecs", TEXT, NULL, READ_TEXT(codecs) },
    { "media_verdict", TEXT, NULL, READ_TEXT(media_verdict) },
    { "capture_confidence", TEXT, NULL, READ_TEXT(capture_confidence) },
    { "vlan", TEXT, NULL, READ_TEXT(vlan) },
    { "tunnel", TEXT, NULL, READ_TEXT(tunnel) },
    { "ended_how", TEXT, NULL, READ_TEXT(ended_how) },
    { "trunk_in", TEXT, NULL, READ_TEXT(trunk_in) },
    { "trunk_out", TEXT, NULL, READ_TEXT(trunk_out) },
    { "destination", TEXT, NULL, READ_TEXT(destination) },
    { "destination_prefix", TEXT, NULL, READ_TEXT(destination_prefix) },
    { "kept", TEXT, NULL, READ_TEXT(kept) },
    { "kept_by", TEXT, NULL, READ_TEXT(kept_by) },
    { "media_offered", TEXT, NULL, READ_TEXT(media_offered) },
    { "from_uri", URI, "from_user", READ_URI(from_uri, from_user) },
    { "to_uri", URI, "to_user", READ_URI(to_uri, to_user) },
    { "request_uri", SAME, "to_uri", READ_SAME(request_uri, READ_URI(to_uri, to_user)) },
    { "from_number", SAME, "from_user", READ_SAME(from_number, "from_user") },
    { "to_number", SAME, "to_user", READ_SAME(to_number, "to_user") },
    { "invite_time", TIME, NULL, "iif(typeof(invite_time)='text',(id>>11)*1000,invite_time)" },
    { "settled_time", TIME, NULL, "iif(typeof(settled_time)='text',ifnull(answer_time,end_time),settled_time)" },
    { "closed_time", TIME, NULL, "iif(typeof(closed_time)='text',end_time,closed_time)" },
    { "capture_confidence_reasons", EMPTY, NULL, NULL },
    { "vq_reports", EMPTY, NULL, NULL },
    { "sip_anomalies", EMPTY, NULL, NULL },
    { "deviations", EMPTY, NULL, NULL },
    { "media_timeouts", EMPTY, NULL, NULL },
    { "media_evidence", PACKED, NULL, "json_of(media_evidence)" },
};
/* clang-format on */

/* What the evidence of a call is made of, so that only what differs takes room. It stands in every
 * store: another dictionary is another first byte of what is packed. */
static const char dictionary[] =
    "{\"why\":\"no_media_anywhere\",\"silent_side\":\"callee\",\"silent_side\":\"caller\",\"rtcp\":"
    "{"
    "\"caller\":\"hears_nothing\",\"callee\":\"hears_elsewhere\"},\"held_by\":\"caller\","
    "\"packets\":"
    "{\"caller\":null,\"callee\":null},\"arrived_from\":{\"caller\":null,\"callee\":null},\"went_"
    "to\":"
    "{\"caller\":null,\"callee\":null},\"directions\":{\"caller\":\"sendonly\",\"callee\":"
    "\"recvonly\"},\"rtcp\":{\"caller\":null,\"callee\":null},\"pair\":null,\"provisional\":true,"
    "\"learned\":[{\"only_from\":\"\",\"192.168.10.172.16."
    "{\"why\":\"both_heard\",\"silent_side\":null,\"packets\":{\"caller\":500,\"callee\":500},"
    "\"early_packets\":{\"caller\":0,\"callee\":0},\"elsewhere\":{\"caller\":0,\"callee\":0},"
    "\"unassigned\":0,\"announced\":{\"caller\":\"10.0.0.1:10000\",\"callee\":\"10.0.0.2:10000\"},"
    "\"arrived_from\":{\"caller\":\"10.0.0.1:10000\",\"callee\":\"10.0.0.2:10000\"},\"went_to\":{"
    "\"caller\":\"10.0.0.2:10000\",\"callee\":\"10.0.0.1:10000\"},\"directions\":{\"caller\":"
    "\"sendrecv\",\"callee\":\"sendrecv\"},\"talk_ms\":10000,\"excused_ms\":{\"caller\":0,"
    "\"callee\":0},\"held_by\":null,\"rtcp\":{\"caller\":\"hears_seen\",\"callee\":\"hears_seen\"},"
    "\"pair\":{\"kind\":\"media\",\"hosts\":[\"10.0.0.1\",\"10.0.0.2\"],\"calls\":1,\"both_ways\":"
    "1,"
    "\"one_way\":0,\"only_from\":null,\"users\":0},\"provisional\":false,\"learned\":[],"
    "\"capture\":null}";

enum { PACK_VERSION = 1 };

struct text {
    char *p;
    uint32_t len;
};

struct call_texts {
    sqlite3 *db;
    sqlite3_stmt *add;
    struct text texts[CALL_TEXTS_MAX]; /* by id, from 1 */
    uint32_t count;
    uint16_t slots[TEXT_SLOTS]; /* places in texts, from 1 */
    uint8_t how[FIELDS_MAX];    /* of the fields of a call */
    const struct record_field *of[FIELDS_MAX];
    LZ4_stream_t *packer;
    char *packed;
};

/* --- texts that return ---------------------------------------------------------------------- */

static uint16_t *find_slot(struct call_texts *t, struct slice text)
{
    size_t i = (size_t)XXH3_64bits(text.p, text.len) & (TEXT_SLOTS - 1);

    while (t->slots[i]) {
        const struct text *at = &t->texts[t->slots[i] - 1];

        if (slice_eq(slice_of(at->p, at->len), text))
            break;
        i = (i + 1) & (TEXT_SLOTS - 1);
    }
    return &t->slots[i];
}

static int add_text(struct call_texts *t, struct slice text)
{
    struct text *at = &t->texts[t->count];
    uint16_t *slot = find_slot(t, text);

    at->p = malloc(text.len ? text.len : 1);
    if (!at->p)
        return -ENOMEM;
    if (text.len)
        memcpy(at->p, text.p, text.len);
    at->len = (uint32_t)text.len;
    *slot = (uint16_t)++t->count;
    return 0;
}

static void drop_texts(struct call_texts *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        free(t->texts[i].p);
    t->count = 0;
    memset(t->slots, 0, sizeof t->slots);
}

static struct slice column_text(sqlite3_stmt *s, int at)
{
    const void *p = sqlite3_column_blob(s, at);
    int len = sqlite3_column_bytes(s, at);

    return slice_of(p ? p : "", p && len > 0 ? (size_t)len : 0);
}

/* Ids have no gaps: each is its place. */
int call_texts_reload(struct call_texts *t)
{
    sqlite3_stmt *s;
    int rc = SQLITE_DONE, err;

    if (!t)
        return 0;
    drop_texts(t);
    err = day_db_prepare(&s, t->db, SLICE("SELECT id, text FROM texts ORDER BY id"));
    if (err)
        return err;
    while (err == 0 && t->count < CALL_TEXTS_MAX && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (sqlite3_column_int64(s, 0) != t->count + 1)
            break;
        err = add_text(t, column_text(s, 1));
    }
    if (err == 0 && rc != SQLITE_DONE && rc != SQLITE_ROW)
        err = day_db_errno(t->db);
    sqlite3_finalize(s);
    return err;
}

/* Its id; 0: it stands in its row. */
static int64_t text_id(struct call_texts *t, struct slice text)
{
    uint16_t *slot;
    int rc;

    if (text.len > CALL_TEXT_BYTES_MAX)
        return 0;
    slot = find_slot(t, text);
    if (*slot)
        return *slot;
    if (t->count == CALL_TEXTS_MAX)
        return 0;
    sqlite3_bind_int64(t->add, 1, (int64_t)t->count + 1);
    sqlite3_bind_text64(t->add, 2, text.p, text.len, SQLITE_STATIC, SQLITE_UTF8);
    rc = sqlite3_step(t->add);
    sqlite3_reset(t->add);
    sqlite3_clear_bindings(t->add);
    if (rc != SQLITE_DONE || add_text(t, text) != 0)
        return 0;
    return t->count;
}

static void learn_fields(struct call_texts *t)
{
    for (size_t i = 0; i < record_type_call.field_count && i < FIELDS_MAX; i++) {
        const struct record_field *f = &record_type_call.fields[i];
        struct slice name = slice_of_text(f->name);

        t->how[i] = f->kind == FIELD_REAL ? REAL : PLAIN;
        for (size_t k = 0; k < sizeof shorts / sizeof shorts[0]; k++) {
            if (!slice_eq(slice_of_text(shorts[k].column), name))
                continue;
            t->how[i] = shorts[k].how;
            if (shorts[k].of)
                t->of[i] = record_field_find(&record_type_call, slice_of_text(shorts[k].of));
        }
    }
}

int call_texts_open(struct call_texts **tp, sqlite3 *db)
{
    const char *type = NULL;
    struct call_texts *t;
    int err;

    *tp = NULL;
    if (sqlite3_table_column_metadata(db, NULL, "calls", "request_uri", &type, NULL, NULL, NULL,
                                      NULL) != SQLITE_OK ||
        !type || strcmp(type, "ANY") != 0)
        return 0;
    t = calloc(1, sizeof *t);
    if (!t)
        return -ENOMEM;
    t->db = db;
    learn_fields(t);
    t->packer = LZ4_createStream();
    t->packed = malloc(PACKED_MAX_BYTES);
    err = t->packer && t->packed ? 0 : -ENOMEM;
    if (err == 0)
        err = day_db_prepare(&t->add, db, SLICE("INSERT INTO texts(id, text) VALUES(?, ?)"));
    if (err == 0)
        err = call_texts_reload(t);
    if (err)
        call_texts_close(t);
    else
        *tp = t;
    return err;
}

void call_texts_close(struct call_texts *t)
{
    if (!t)
        return;
    drop_texts(t);
    sqlite3_finalize(t->add);
    if (t->packer)
        LZ4_freeStream(t->packer);
    free(t->packed);
    free(t);
}

/* --- what is bound -------------------------------------------------------------------------- */

static bool bind_whole(sqlite3_stmt *s, int at, int64_t value, int *rc)
{
    *rc = sqlite3_bind_int64(s, at, value);
    return true;
}

static bool bind_real(sqlite3_stmt *s, int at, double value, unsigned decimals, int *rc)
{
    for (unsigned i = 0; i < decimals; i++)
        value *= 10;
    if (!(fabs(value) < 1e15)) /* NaN too */
        return false;
    return bind_whole(s, at, llround(value), rc);
}

static bool bind_text(struct call_texts *t, sqlite3_stmt *s, int at, struct slice text, int *rc)
{
    int64_t id = text.p ? text_id(t, text) : 0;

    return id && bind_whole(s, at, id, rc);
}

/* SQLite puts these together again: no byte of them may mean something to it. */
static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < ' ' || text.p[i] > '~')
            return false;
    }
    return text.p != NULL;
}

static bool bind_uri(sqlite3_stmt *s, int at, struct slice uri, struct slice user, int *rc)
{
    size_t head = 4 + user.len;

    if (!uri.p || !user.p || uri.len < head || !slice_starts_with(uri, SLICE("sip:")) ||
        !slice_starts_with(slice_of(uri.p + 4, uri.len - 4), user) || !is_plain(uri))
        return false;
    *rc = sqlite3_bind_blob64(s, at, uri.p + head, uri.len - head, SQLITE_STATIC);
    return true;
}

/* To be equal, the other must be what the SELECT will make of it. */
static bool bind_time(sqlite3_stmt *s, int at, const struct call_record *call, int64_t value,
                      const struct record_field *field, int *rc)
{
    int64_t other = call->end_time;

    if (field->offset == offsetof(struct call_record, invite_time))
        other = record_id_time_ns(call->id);
    else if (field->offset == offsetof(struct call_record, settled_time) &&
             call->answer_time != RECORD_NONE)
        other = call->answer_time;
    if (value == RECORD_NONE || value != other)
        return false;
    *rc = sqlite3_bind_text(s, at, "", 0, SQLITE_STATIC);
    return true;
}

static bool bind_packed(struct call_texts *t, sqlite3_stmt *s, int at, struct slice json, int *rc)
{
    int got;

    if (!json.p || json.len < PACK_LEAST_BYTES || json.len > PACKED_MAX_BYTES / 2)
        return false;
    LZ4_resetStream_fast(t->packer);
    LZ4_loadDict(t->packer, dictionary, (int)sizeof dictionary - 1);
    got = LZ4_compress_fast_continue(t->packer, json.p, t->packed + PACK_HEAD, (int)json.len,
                                     PACKED_MAX_BYTES - PACK_HEAD, 1);
    if (got <= 0 || (size_t)got + PACK_HEAD >= json.len)
        return false;
    t->packed[0] = PACK_VERSION;
    for (int i = 0; i < 3; i++)
        t->packed[1 + i] = (char)(json.len >> 8 * i & 0xff);
    *rc = sqlite3_bind_blob64(s, at, t->packed, (sqlite3_uint64)got + PACK_HEAD, SQLITE_TRANSIENT);
    return true;
}

bool call_short_bind(struct call_texts *t, sqlite3_stmt *s, int at, size_t field,
                     const struct call_record *call, int *rc)
{
    const struct record_field *f = &record_type_call.fields[field];
    const void *value = record_at(call, f);
    struct slice text = record_is_slice(f) ? *(const struct slice *)value : SLICE_ABSENT;
    bool is_over = call->closed_time != RECORD_NONE;
    struct slice of =
        t->of[field] ? *(const struct slice *)record_at(call, t->of[field]) : SLICE_ABSENT;

    if (t->how[field] == TEXT && f->kind == FIELD_JSON && slice_eq(text, SLICE("[]")))
        return text.p && bind_whole(s, at, 0, rc);
    if (t->how[field] == TEXT)
        return bind_text(t, s, at, text, rc);
    if (!is_over)
        return false;
    switch ((enum how)t->how[field]) {
    case REAL:
        return bind_real(s, at, *(const double *)value, f->decimals, rc);
    case SAME:
        return text.p && of.p && slice_eq(text, of) && bind_whole(s, at, 0, rc);
    case URI:
        return bind_uri(s, at, text, of, rc);
    case TIME:
        return bind_time(s, at, call, *(const int64_t *)value, f, rc);
    case EMPTY:
        return text.p && slice_eq(text, SLICE("[]")) && bind_whole(s, at, 0, rc);
    case PACKED:
        return bind_packed(t, s, at, text, rc);
    case PLAIN:
    case TEXT:
        break;
    }
    return false;
}

/* --- what is read --------------------------------------------------------------------------- */

const char *call_short_expression(const char *column)
{
    for (size_t i = 0; i < sizeof shorts / sizeof shorts[0]; i++) {
        if (strcmp(shorts[i].column, column) == 0)
            return shorts[i].read;
    }
    return NULL;
}

double call_short_real(int64_t stored, unsigned decimals)
{
    double power = 1;

    while (decimals--)
        power *= 10;
    return (double)stored / power;
}

/* The texts of a connection, as far as it has seen them. */
struct seen_texts {
    struct text *texts; /* by id, from 1 */
    size_t count;
};

static void free_seen(void *ctx)
{
    struct seen_texts *seen = ctx;

    for (size_t i = 0; i < seen->count; i++)
        free(seen->texts[i].p);
    free(seen->texts);
    free(seen);
}

static void see_more(struct seen_texts *seen, sqlite3 *db)
{
    sqlite3_stmt *s;

    if (!seen->texts)
        seen->texts = calloc(CALL_TEXTS_MAX, sizeof *seen->texts);
    if (!seen->texts ||
        day_db_prepare(&s, db, SLICE("SELECT id, text FROM texts WHERE id > ? ORDER BY id")) != 0)
        return;
    sqlite3_bind_int64(s, 1, (int64_t)seen->count);
    while (seen->count < CALL_TEXTS_MAX && sqlite3_step(s) == SQLITE_ROW &&
           sqlite3_column_int64(s, 0) == (int64_t)seen->count + 1) {
        struct slice text = column_text(s, 1);
        struct text *at = &seen->texts[seen->count];

        at->p = malloc(text.len ? text.len : 1);
        if (!at->p)
            break;
        if (text.len)
            memcpy(at->p, text.p, text.len);
        at->len = (uint32_t)text.len;
        seen->count++;
    }
    sqlite3_finalize(s);
}

static void text_of(sqlite3_context *ctx, int n, sqlite3_value **values)
{
    struct seen_texts *seen = sqlite3_user_data(ctx);
    int64_t id;

    (void)n;
    if (sqlite3_value_type(values[0]) != SQLITE_INTEGER) {
        sqlite3_result_value(ctx, values[0]);
        return;
    }
    id = sqlite3_value_int64(values[0]);
    if (id == 0) {
        sqlite3_result_int(ctx, 0); /* of JSON: [] */
        return;
    }
    if (id > (int64_t)seen->count && id <= CALL_TEXTS_MAX)
        see_more(seen, sqlite3_context_db_handle(ctx));
    if (id < 1 || id > (int64_t)seen->count)
        return; /* NULL */
    sqlite3_result_text64(ctx, seen->texts[id - 1].p, seen->texts[id - 1].len, SQLITE_TRANSIENT,
                          SQLITE_UTF8);
}

static void json_of(sqlite3_context *ctx, int n, sqlite3_value **values)
{
    const uint8_t *p;
    char *out;
    int bytes, whole, got;

    (void)n;
    if (sqlite3_value_type(values[0]) != SQLITE_BLOB) {
        sqlite3_result_value(ctx, values[0]);
        return;
    }
    p = sqlite3_value_blob(values[0]);
    bytes = sqlite3_value_bytes(values[0]);
    if (!p || bytes < PACK_HEAD || p[0] != PACK_VERSION)
        return;
    whole = p[1] | p[2] << 8 | p[3] << 16;
    out = whole <= PACKED_MAX_BYTES ? sqlite3_malloc(whole + 1) : NULL;
    if (!out)
        return;
    got = LZ4_decompress_safe_usingDict((const char *)p + PACK_HEAD, out, bytes - PACK_HEAD, whole,
                                        dictionary, (int)sizeof dictionary - 1);
    if (got == whole)
        sqlite3_result_text(ctx, out, whole, sqlite3_free);
    else
        sqlite3_free(out);
}

int call_short_add_functions(sqlite3 *db)
{
    struct seen_texts *seen = calloc(1, sizeof *seen);

    if (!seen)
        return -ENOMEM;
    /* SQLite calls free_seen where it fails, too. */
    if (sqlite3_create_function_v2(db, "text_of", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, seen, text_of,
                                   NULL, NULL, free_seen) != SQLITE_OK ||
        sqlite3_create_function_v2(db, "json_of", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL, json_of,
                                   NULL, NULL, NULL) != SQLITE_OK)
        return day_db_errno(db);
    return 0;
}
