#include "storage/record_sql.h"

#include "analyzer/record_id.h"
#include "storage/call_short.h"

#include <sqlite3.h>
#include <xxhash.h>

/* clang-format off */
const struct record_table record_sql_tables[RECORD_TABLES] = {
    { &record_type_call, "calls", "call_id_hash", COMPUTED_CALL_ID_HASH },
    { &record_type_stream, "streams", NULL, COMPUTED_NONE },
    { &record_type_transaction, "transactions", NULL, COMPUTED_NONE },
    { &record_type_capture, "captures", "id", COMPUTED_LEDGER_ID },
    { &record_type_alert, "alerts", NULL, COMPUTED_NONE },
    { &record_type_certificate, "certificates", NULL, COMPUTED_NONE },
    { &record_type_mirror, "mirrors", "id", COMPUTED_LEDGER_ID },
    { &record_type_store, "stores", NULL, COMPUTED_NONE },
    { &record_type_leg, "legs", NULL, COMPUTED_NONE },
    { &record_type_kpi, "kpis", NULL, COMPUTED_NONE },
    { &record_type_registration, "registrations", NULL, COMPUTED_NONE },
    { &record_type_peer, "peers", NULL, COMPUTED_NONE },
    { &record_type_security, "security", NULL, COMPUTED_NONE },
    { &record_type_baseline, "baselines", NULL, COMPUTED_NONE },
};
/* clang-format on */

/* A field of a record, by its kind. */
union field_at {
    const void *v;
    const struct slice *text;
    const int64_t *number;
    const double *real;
    const int8_t *truth;
    const struct addr *addr;
    const uint64_t *id;
};

union field_to {
    void *v;
    struct slice *text;
    int64_t *number;
    double *real;
    int8_t *truth;
    struct addr *addr;
    uint64_t *id;
};

int record_sql_table_find(const struct record_type *type)
{
    for (int i = 0; i < RECORD_TABLES; i++) {
        if (record_sql_tables[i].type == type)
            return i;
    }
    return -1;
}

void record_sql_column(const struct record_field *field, char out[RECORD_COLUMN_MAX])
{
    size_t i;

    for (i = 0; field->name[i] && i < RECORD_COLUMN_MAX - 1; i++)
        out[i] = field->name[i] == '.' ? '_' : field->name[i];
    out[i] = '\0';
}

int64_t record_sql_call_id_hash(struct slice call_id)
{
    return (int64_t)XXH3_64bits(call_id.p, call_id.len);
}

/* Of a capture or a mirror record: neither has an id of its own. */
static uint64_t ledger_id(const struct record_type *type, const void *record)
{
    const struct capture_record *capture = record;
    const struct mirror_record *mirror = record;
    bool is_mirror = type == &record_type_mirror;
    int64_t start = is_mirror ? mirror->start_time : capture->start_time;
    struct slice source = is_mirror ? mirror->source : capture->source;

    return record_id_make(start == RECORD_NONE ? 0 : start, XXH3_64bits(source.p, source.len));
}

int32_t record_sql_day(const struct record_type *type, const void *record)
{
    if (type == &record_type_capture || type == &record_type_mirror)
        return record_id_day(ledger_id(type, record));
    if (type == &record_type_stream) {
        const struct stream_record *stream = record;

        return record_id_day(stream->call ? stream->call : stream->id);
    }
    return record_id_day(*(const uint64_t *)record_at(record, &type->fields[0]));
}

static void add_quoted(struct strbuf *out, const char *name)
{
    /* Names are ours; quoted because one of them is "group". */
    strbuf_addf(out, "\"%s\"", name);
}

void record_sql_insert(struct strbuf *out, const struct record_table *table)
{
    size_t columns = table->type->field_count + (table->computed != COMPUTED_NONE);
    char name[RECORD_COLUMN_MAX];

    strbuf_addf(out, "INSERT OR REPLACE INTO %s(", table->name);
    for (size_t i = 0; i < table->type->field_count; i++) {
        if (i)
            strbuf_add_char(out, ',');
        record_sql_column(&table->type->fields[i], name);
        add_quoted(out, name);
    }
    if (table->computed != COMPUTED_NONE) {
        strbuf_add_char(out, ',');
        add_quoted(out, table->computed_name);
    }
    strbuf_add_text(out, ") VALUES(");
    for (size_t i = 0; i < columns; i++)
        strbuf_add_text(out, i ? ",?" : "?");
    strbuf_add_char(out, ')');
}

static int bind_text(sqlite3_stmt *s, int at, struct slice text)
{
    if (!text.p)
        return sqlite3_bind_null(s, at);
    return sqlite3_bind_text64(s, at, text.p, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_blob(sqlite3_stmt *s, int at, struct slice bytes)
{
    if (!bytes.p)
        return sqlite3_bind_null(s, at);
    return sqlite3_bind_blob64(s, at, bytes.p, bytes.len, SQLITE_STATIC);
}

static int bind_addr(sqlite3_stmt *s, int at, const struct addr *a)
{
    static const struct addr none;
    char text[ADDR_TEXT_MAX];

    if (addr_eq(a, &none))
        return sqlite3_bind_null(s, at);
    return sqlite3_bind_text64(s, at, text, addr_format(a, text), SQLITE_TRANSIENT, SQLITE_UTF8);
}

static int bind_field(sqlite3_stmt *s, int at, const struct record_field *f, const void *record)
{
    union field_at from = { record_at(record, f) };

    switch ((enum field_kind)f->kind) {
    case FIELD_TEXT:
    case FIELD_JSON:
        return bind_text(s, at, *from.text);
    case FIELD_INTERVALS:
        return bind_blob(s, at, *from.text);
    case FIELD_INT:
    case FIELD_TIME:
    case FIELD_SSRC:
        if (*from.number == RECORD_NONE)
            break;
        return sqlite3_bind_int64(s, at, *from.number);
    case FIELD_REAL: /* a NaN is bound as NULL */
        return sqlite3_bind_double(s, at, *from.real);
    case FIELD_BOOL:
        if (*from.truth < 0)
            break;
        return sqlite3_bind_int(s, at, *from.truth != 0);
    case FIELD_ADDR:
        return bind_addr(s, at, from.addr);
    case FIELD_ID:
        if (*from.id == 0)
            break;
        return sqlite3_bind_int64(s, at, (int64_t)*from.id);
    }
    return sqlite3_bind_null(s, at);
}

static int bind_computed(sqlite3_stmt *s, int at, const struct record_table *table,
                         const void *record)
{
    if (table->computed == COMPUTED_LEDGER_ID)
        return sqlite3_bind_int64(s, at, (int64_t)ledger_id(table->type, record));
    if (table->computed == COMPUTED_CALL_ID_HASH) {
        struct slice call_id = ((const struct call_record *)record)->call_id;

        return call_id.p ? sqlite3_bind_int64(s, at, record_sql_call_id_hash(call_id))
                         : sqlite3_bind_null(s, at);
    }
    return SQLITE_OK;
}

int record_sql_bind(sqlite3_stmt *insert, const struct record_table *table, const void *record,
                    struct call_texts *texts)
{
    int n = (int)table->type->field_count;
    bool shorten = texts && table->type == &record_type_call;

    for (int i = 0; i < n; i++) {
        int rc = SQLITE_OK;

        if (!shorten || !call_short_bind(texts, insert, i + 1, (size_t)i, record, &rc))
            rc = bind_field(insert, i + 1, &table->type->fields[i], record);
        if (rc != SQLITE_OK)
            return rc;
    }
    return bind_computed(insert, n + 1, table, record);
}

static void add_column(struct strbuf *out, const struct record_table *table, sqlite3 *db,
                       const struct record_field *field)
{
    char name[RECORD_COLUMN_MAX];
    const char *shown = NULL;

    record_sql_column(field, name);
    if (sqlite3_table_column_metadata(db, NULL, table->name, name, NULL, NULL, NULL, NULL, NULL) !=
        SQLITE_OK) {
        strbuf_add_text(out, "NULL");
        return;
    }
    if (table->type == &record_type_call)
        shown = call_short_expression(name);
    if (shown)
        strbuf_add_text(out, shown);
    else
        add_quoted(out, name);
}

void record_sql_select(struct strbuf *out, const struct record_table *table, sqlite3 *db)
{
    strbuf_add_text(out, "SELECT ");
    for (size_t i = 0; i < table->type->field_count; i++) {
        if (i)
            strbuf_add_char(out, ',');
        add_column(out, table, db, &table->type->fields[i]);
    }
    strbuf_addf(out, " FROM %s", table->name);
}

void record_sql_select_some(struct strbuf *out, const struct record_table *table, sqlite3 *db,
                            const uint16_t *fields, size_t count)
{
    strbuf_add_text(out, "SELECT ");
    for (size_t i = 0; i < count; i++) {
        if (i)
            strbuf_add_char(out, ',');
        add_column(out, table, db, &table->type->fields[fields[i]]);
    }
    strbuf_addf(out, " FROM %s", table->name);
}

/* Bytes as they are: column_text would end them at a NUL of its own making, column_blob does not
 * look at them. */
static struct slice read_text(sqlite3_stmt *s, int at)
{
    const void *p = sqlite3_column_blob(s, at);
    int len = sqlite3_column_bytes(s, at);

    return slice_of(p ? p : "", p && len > 0 ? (size_t)len : 0);
}

static void read_field(sqlite3_stmt *s, int at, const struct record_field *f, void *record)
{
    union field_to to = { (char *)record + f->offset };

    switch ((enum field_kind)f->kind) {
    case FIELD_TEXT:
    case FIELD_JSON:
    case FIELD_INTERVALS:
        *to.text = read_text(s, at);
        if (f->kind == FIELD_JSON && sqlite3_column_type(s, at) == SQLITE_INTEGER)
            *to.text = SLICE("[]"); /* the short form of it */
        return;
    case FIELD_INT:
    case FIELD_TIME:
    case FIELD_SSRC:
        *to.number = sqlite3_column_int64(s, at);
        return;
    case FIELD_REAL:
        *to.real = sqlite3_column_type(s, at) == SQLITE_INTEGER
                       ? call_short_real(sqlite3_column_int64(s, at), f->decimals)
                       : sqlite3_column_double(s, at);
        return;
    case FIELD_BOOL:
        *to.truth = sqlite3_column_int(s, at) != 0;
        return;
    case FIELD_ADDR:
        addr_parse(read_text(s, at), to.addr);
        return;
    case FIELD_ID:
        *to.id = (uint64_t)sqlite3_column_int64(s, at);
        return;
    }
}

void record_sql_read(sqlite3_stmt *select, const struct record_type *type, void *record)
{
    record_clear(type, record);
    for (size_t i = 0; i < type->field_count; i++) {
        if (sqlite3_column_type(select, (int)i) != SQLITE_NULL)
            read_field(select, (int)i, &type->fields[i], record);
    }
}

void record_sql_read_some(sqlite3_stmt *select, const struct record_type *type,
                          const uint16_t *fields, size_t count, void *record)
{
    record_clear(type, record);
    for (size_t i = 0; i < count; i++) {
        if (sqlite3_column_type(select, (int)i) != SQLITE_NULL)
            read_field(select, (int)i, &type->fields[fields[i]], record);
    }
}
