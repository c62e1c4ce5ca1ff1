#include "storage/query_where.h"

#include "analyzer/record_id.h"
#include "storage/record_sql.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>

#define MINUTE_NS 60000000000ll

static void add_condition(struct query_where *w, const char *sql)
{
    strbuf_add_text(&w->sql, w->sql.len ? " AND " : " WHERE ");
    strbuf_add_text(&w->sql, sql);
}

/* Each condition stands once in a clause at most and has a fixed number of values. */
static void add_bind(struct query_where *w, struct query_bind bind)
{
    assert(w->count < QUERY_BINDS_MAX);
    w->binds[w->count++] = bind;
}

static void bind_int(struct query_where *w, int64_t value)
{
    add_bind(w, (struct query_bind){ .kind = QUERY_BIND_INT, .number = value });
}

static void bind_text(struct query_where *w, struct slice text)
{
    add_bind(w, (struct query_bind){ .kind = QUERY_BIND_TEXT, .text = text });
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

void query_where_text(struct query_where *where, const char *condition, struct slice text)
{
    add_condition(where, condition);
    bind_text(where, text);
}

void query_where_fini(struct query_where *where)
{
    strbuf_fini(&where->sql);
}

void query_where_before(struct query_where *where, uint64_t before)
{
    add_condition(where, "id < ?");
    bind_int(where, (int64_t)before);
}

void query_where_from(struct query_where *where, uint64_t from, uint64_t until)
{
    add_condition(where, "id >= ? AND id < ?");
    bind_int(where, (int64_t)from);
    bind_int(where, (int64_t)until);
}

int query_where_bind(const struct query_where *where, sqlite3_stmt *s)
{
    for (size_t i = 0; i < where->count; i++) {
        const struct query_bind *b = &where->binds[i];
        int at = (int)i + 1, rc;

        if (b->kind == QUERY_BIND_INT)
            rc = sqlite3_bind_int64(s, at, b->number);
        else
            rc = sqlite3_bind_text64(s, at, b->text.p, b->text.len, SQLITE_STATIC, SQLITE_UTF8);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}
