#include "storage/query_where.h"

#include "analyzer/record_id.h"
#include "storage/record_sql.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <sqlite3.h>

#define MINUTE_NS 60000000000ll

static void add_condition(struct query_where *w, const char *sql)
{
    strbuf_add_text(&w->sql, w->sql.len ? " AND " : " WHERE ");
    strbuf_add_text(&w->sql, sql);
}

/* Each condition stands once in a clause at most and has a fixed number of values, 34 in all. */
static void add_bind(struct query_where *w, struct query_bind bind)
{
    assert(w->count < QUERY_BINDS_MAX);
    w->binds[w->count++] = bind;
}

static void bind_int(struct query_where *w, int64_t value)
{
    add_bind(w, (struct query_bind){ .kind = QUERY_BIND_INT, .number = value });
}

static void bind_real(struct query_where *w, double value)
{
    add_bind(w, (struct query_bind){ .kind = QUERY_BIND_REAL, .real = value });
}

static void bind_text(struct query_where *w, struct slice text)
{
    add_bind(w, (struct query_bind){ .kind = QUERY_BIND_TEXT, .text = text });
}

static struct strbuf *add_scratch(struct query_where *w)
{
    assert(w->scratch_count < QUERY_SCRATCH_MAX);
    return &w->scratch[w->scratch_count++];
}

/* The texts that begin with `head` are those from head up to the one that this makes of it: its
 * last byte that can be raised, raised. Bytes, not characters: the column compares bytes. Absent
 * when there is no upper end. */
static struct slice after_prefix(struct query_where *w, struct slice head)
{
    struct strbuf *b = add_scratch(w);

    while (head.len && (uint8_t)head.p[head.len - 1] == 0xff)
        head.len--;
    if (head.len == 0)
        return SLICE_ABSENT;
    strbuf_add(b, head.p, head.len);
    if (b->failed)
        return SLICE_ABSENT;
    b->p[b->len - 1] = (char)((uint8_t)b->p[b->len - 1] + 1);
    return strbuf_slice(b);
}

static void add_call_id(struct query_where *w, struct slice call_id)
{
    add_condition(w, "call_id_hash = ? AND call_id = ?");
    bind_int(w, record_sql_call_id_hash(call_id));
    bind_text(w, call_id);
}

static void add_call_id_prefix(struct query_where *w, struct slice head)
{
    struct slice end = after_prefix(w, head);

    add_condition(w, end.p ? "call_id >= ? AND call_id < ?" : "call_id >= ?");
    bind_text(w, head);
    if (end.p)
        bind_text(w, end);
}

static void add_number(struct query_where *w, struct slice number)
{
    add_condition(w, "(instr(from_user, ?) > 0 OR instr(to_user, ?) > 0)");
    bind_text(w, number);
    bind_text(w, number);
}

/* '10.0.0.1:' up to '10.0.0.1;' is every port of that address; ';' is the byte after ':'. */
static int add_ip(struct query_where *w, struct slice ip)
{
    struct strbuf *from = add_scratch(w), *to = add_scratch(w);
    char text[ADDR_TEXT_MAX];
    struct addr a;
    size_t len;

    if (!addr_parse_ip(ip, &a))
        return -EINVAL;
    len = addr_format(&a, text); /* ends in ":0" */
    if (len < 2)
        return -EINVAL;
    strbuf_add(from, text, len - 1);
    strbuf_add(to, text, len - 2);
    strbuf_add_char(to, ';');
    add_condition(w, "((src >= ? AND src < ?) OR (dst >= ? AND dst < ?))");
    for (int i = 0; i < 2; i++) {
        bind_text(w, strbuf_slice(from));
        bind_text(w, strbuf_slice(to));
    }
    return from->failed || to->failed ? -ENOMEM : 0;
}

static void add_part(struct query_where *w, struct slice text)
{
    struct slice end = after_prefix(w, text);

    add_condition(w, end.p ? "(instr(from_user, ?) > 0 OR instr(to_user, ?) > 0 OR "
                             "(call_id >= ? AND call_id < ?))"
                           : "(instr(from_user, ?) > 0 OR instr(to_user, ?) > 0 OR call_id >= ?)");
    bind_text(w, text);
    bind_text(w, text);
    bind_text(w, text);
    if (end.p)
        bind_text(w, end);
}

/* Ids are times, so a range of time is a range of the primary key. */
static void add_times(struct query_where *w, const struct call_filter *f)
{
    if (f->since != RECORD_NONE) {
        add_condition(w, "id >= ?");
        bind_int(w, (int64_t)record_id_make(f->since, 0));
    }
    if (f->until != RECORD_NONE) {
        add_condition(w, "id <= ?");
        bind_int(w, (int64_t)record_id_make(f->until, UINT64_MAX));
    }
}

static void add_numbers(struct query_where *w, const struct call_filter *f)
{
    const struct {
        const char *sql;
        bool set;
        int64_t value;
    } integers[] = {
        { "final_status >= ?", f->status_min != 0, f->status_min },
        { "final_status <= ?", f->status_max != 0, f->status_max },
        { "one_way = ?", f->one_way >= 0, f->one_way },
        { "bad_seconds >= ?", f->bad_seconds_min > 0, f->bad_seconds_min },
        { "fax = ?", f->fax >= 0, f->fax },
    };

    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        if (!integers[i].set)
            continue;
        add_condition(w, integers[i].sql);
        bind_int(w, integers[i].value);
    }
    if (f->bad_seconds_min > 0 || f->fax >= 0)
        w->new_column = "bad_seconds";
    if (!isnan(f->mos_min)) {
        add_condition(w, "mos_lq >= ?");
        bind_real(w, f->mos_min);
    }
    if (!isnan(f->mos_max)) {
        add_condition(w, "mos_lq <= ?");
        bind_real(w, f->mos_max);
    }
}

/* What version 4 brought. */
static void add_carriers(struct query_where *w, const struct call_filter *f)
{
    const struct {
        const char *sql;
        struct slice value;
    } texts[] = {
        { "trunk_in = ?", f->trunk_in },
        { "trunk_out = ?", f->trunk_out },
        { "destination = ?", f->destination },
        { "ended_how = ?", f->ended_how },
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!texts[i].value.p)
            continue;
        add_condition(w, texts[i].sql);
        bind_text(w, texts[i].value);
        w->new_column = "deviations";
    }
    if (!f->deviation.p)
        return;
    /* Within the JSON: a name of ours has nothing that would have to be escaped. */
    add_condition(w, "instr(deviations, '\"deviation\":\"' || ? || '\"') > 0");
    bind_text(w, f->deviation);
    w->new_column = "deviations";
}

/* The index of the hash leads; everything else is looked at in the rows that it finds. */
static int add_texts(struct query_where *w, const struct call_filter *f, enum query_text text)
{
    int err = 0;

    if (f->call_id.p && f->call_id.len && f->call_id.p[f->call_id.len - 1] == '*')
        add_call_id_prefix(w, slice_of(f->call_id.p, f->call_id.len - 1));
    else if (f->call_id.p)
        add_call_id(w, f->call_id);
    if (text == QUERY_TEXT_CALL_ID)
        add_call_id(w, f->text);
    if (f->number.p && f->number.len)
        add_number(w, f->number);
    if (f->state.p) {
        add_condition(w, "state = ?");
        bind_text(w, f->state);
    }
    if (f->verdict.p) {
        add_condition(w, "media_verdict = ?");
        bind_text(w, f->verdict);
    }
    if (f->ip.p)
        err = add_ip(w, f->ip);
    if (err == 0 && text == QUERY_TEXT_IP)
        err = add_ip(w, f->text);
    else if (err == 0 && text == QUERY_TEXT_PART)
        add_part(w, f->text);
    return err;
}

int query_where_make(struct query_where *where, const struct call_filter *filter,
                     enum query_text text)
{
    int err;

    *where = (struct query_where){ 0 };
    add_times(where, filter);
    err = add_texts(where, filter, text);
    if (err == 0) {
        add_numbers(where, filter);
        add_carriers(where, filter);
    }
    if (where->sql.failed)
        err = -ENOMEM;
    if (err)
        query_where_fini(where);
    return err;
}

/* An empty text asks for the rows of all, which have none. */
static void add_group(struct query_where *w, const char *equals, const char *is_all,
                      struct slice text)
{
    if (!text.p)
        return;
    add_condition(w, text.len ? equals : is_all);
    if (text.len)
        bind_text(w, text);
}

int query_where_make_kpis(struct query_where *where, const struct kpi_filter *filter)
{
    *where = (struct query_where){ 0 };
    /* The id of a minute's row lies in that minute: the range of the key is wide enough, the column
     * is exact. */
    if (filter->since != RECORD_NONE) {
        add_condition(where, "id >= ? AND time >= ?");
        bind_int(where, (int64_t)record_id_make(filter->since, 0));
        bind_int(where, filter->since);
    }
    if (filter->until != RECORD_NONE) {
        add_condition(where, "id <= ? AND time <= ?");
        bind_int(where, (int64_t)record_id_make(filter->until + MINUTE_NS, 0));
        bind_int(where, filter->until);
    }
    add_group(where, "trunk = ?", "trunk IS NULL", filter->trunk);
    add_group(where, "direction = ?", "direction IS NULL", filter->direction);
    add_group(where, "destination = ?", "destination IS NULL", filter->destination);
    return where->sql.failed ? -ENOMEM : 0;
}

void query_where_bind_id(struct query_where *where, uint64_t id)
{
    bind_int(where, (int64_t)id);
}

void query_where_fini(struct query_where *where)
{
    for (size_t i = 0; i < where->scratch_count; i++)
        strbuf_fini(&where->scratch[i]);
    strbuf_fini(&where->sql);
}

void query_where_before(struct query_where *where, uint64_t before)
{
    add_condition(where, "id < ?");
    bind_int(where, (int64_t)before);
}

int query_where_bind(const struct query_where *where, sqlite3_stmt *s)
{
    for (size_t i = 0; i < where->count; i++) {
        const struct query_bind *b = &where->binds[i];
        int at = (int)i + 1, rc;

        if (b->kind == QUERY_BIND_INT)
            rc = sqlite3_bind_int64(s, at, b->number);
        else if (b->kind == QUERY_BIND_REAL)
            rc = sqlite3_bind_double(s, at, b->real);
        else
            rc = sqlite3_bind_text64(s, at, b->text.p, b->text.len, SQLITE_STATIC, SQLITE_UTF8);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}
