#include "storage/search/search_block.h"

#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/query_days.h"
#include "storage/search/search_cost.h"
#include "storage/search/search_rows.h"
#include "storage/search/search_tally.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { STALE_MAX = SEARCH_BLOCK_CALLS_MAX };

/* Places in day_reader.search. */
enum { SPAN_BEFORE, SPAN_AFTER, COLUMN, STALE };

static const char *const statements[] = {
    [SPAN_BEFORE] = "SELECT block, last_id, number, calls FROM search_blocks "
                    "WHERE block <= ? AND version = ? ORDER BY block DESC LIMIT 1",
    [SPAN_AFTER] = "SELECT block, last_id, number, calls FROM search_blocks "
                   "WHERE block >= ? AND version = ? ORDER BY block LIMIT 1",
    [COLUMN] = "SELECT least, most FROM search_columns WHERE place = ?",
    [STALE] = "SELECT id FROM search_stale WHERE id >= ? AND id <= ? ORDER BY id LIMIT ?",
};

struct loaded {
    struct search_column column;
    char *bytes;
    bool is_open, is_absent;
};

struct block {
    struct day_reader *r;
    const struct search_plan *plan;
    const struct search_span *span;
    uint32_t words;
    struct loaded columns[SEARCH_FIELDS];
    sqlite3_blob *bytes;
    uint32_t *halves; /* lower ones of phone numbers */
    bool has_no_low[SEARCH_FIELDS];
    struct search_low low; /* that they do not have */
    uint64_t *stale;       /* ids, ascending */
    size_t stale_count;
};

static int prepare(struct day_reader *r, int statement, sqlite3_stmt **sp)
{
    int err = 0;

    if (!r->search[statement])
        err = day_db_prepare(&r->search[statement], r->db, slice_of_text(statements[statement]));
    *sp = r->search[statement];
    return err;
}

/* --- which block ---------------------------------------------------------------------------- */

static int find_span(struct day_reader *r, int statement, uint64_t id, struct search_span *span)
{
    sqlite3_stmt *s;
    int rc, err = prepare(r, statement, &s);

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, (int64_t)id);
    sqlite3_bind_int(s, 2, SEARCH_VERSION);
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        int64_t calls = sqlite3_column_int64(s, 3);

        span->first = (uint64_t)sqlite3_column_int64(s, 0);
        span->last = (uint64_t)sqlite3_column_int64(s, 1);
        span->number = sqlite3_column_int64(s, 2);
        span->calls = calls > 0 && calls <= SEARCH_BLOCK_CALLS_MAX ? (uint32_t)calls : 0;
        if (span->last < span->first || span->number < 0 || span->number > INT32_MAX)
            err = -ENOENT; /* nonsense: as if there were no index */
    } else {
        err = rc == SQLITE_DONE ? -ENOENT : day_db_errno(r->db);
    }
    sqlite3_reset(s);
    return err;
}

int search_span_find(struct day_reader *r, uint64_t id, bool after, struct search_span *span)
{
    int err;

    if (!r->search[COLUMN] &&
        sqlite3_table_column_metadata(r->db, NULL, "search_columns", "place", NULL, NULL, NULL,
                                      NULL, NULL) != SQLITE_OK)
        return -ENOENT; /* a day of an older version */
    err = find_span(r, SPAN_BEFORE, id, span);
    if (!after || (err && err != -ENOENT) || (err == 0 && span->last >= id))
        return err;
    return find_span(r, SPAN_AFTER, id, span);
}

/* --- columns -------------------------------------------------------------------------------- */

/* The column's bytes, to be read in parts. 0; −ENOENT: the block has none. */
static int seek_bytes(struct block *b, int field)
{
    int64_t place = b->span->number << SEARCH_PLACE_BITS | field;
    int rc = b->bytes ? sqlite3_blob_reopen(b->bytes, place)
                      : sqlite3_blob_open(b->r->db, "main", "search_columns", "data", place, 0,
                                          &b->bytes);

    if (rc == SQLITE_OK)
        return 0;
    sqlite3_blob_close(b->bytes); /* one that failed is of no use */
    b->bytes = NULL;
    return (rc & 0xff) == SQLITE_ERROR ? -ENOENT : day_db_errno(b->r->db);
}

static int read_bytes(struct block *b, void *out, int bytes, int from)
{
    return sqlite3_blob_read(b->bytes, out, bytes, from) == SQLITE_OK ? 0 : day_db_errno(b->r->db);
}

static int load_bytes(struct block *b, int field, int *len)
{
    struct loaded *l = &b->columns[field];
    int err = seek_bytes(b, field);

    if (err)
        return err;
    *len = sqlite3_blob_bytes(b->bytes);
    l->bytes = malloc(*len > 0 ? (size_t)*len : 1);
    return l->bytes ? read_bytes(b, l->bytes, *len, 0) : -ENOMEM;
}

/* Steps to the column's row. 0; −ENOENT: there is none. To be reset. */
static int seek(struct block *b, int field, sqlite3_stmt **sp)
{
    int rc, err = prepare(b->r, COLUMN, sp);

    if (err)
        return err;
    sqlite3_bind_int64(*sp, 1, b->span->number << SEARCH_PLACE_BITS | field);
    rc = sqlite3_step(*sp);
    if (rc == SQLITE_ROW)
        return 0;
    err = rc == SQLITE_DONE ? -ENOENT : day_db_errno(b->r->db);
    sqlite3_reset(*sp);
    return err;
}

static uint8_t column_kind(int field)
{
    const struct record_field *member;

    if (search_fields[field].is_head)
        return SEARCH_KIND_HEAD;
    member = record_field_find(&record_type_call, slice_of_text(search_fields[field].member));
    return member->kind;
}

/* The column, open; *cp NULL when the block has none. */
static int use_column(struct block *b, int field, const struct search_column **cp)
{
    struct loaded *l = &b->columns[field];
    const struct search_column *same = NULL;
    int len = 0, leans_on, err = 0;

    *cp = NULL;
    if (!l->is_open && !l->is_absent) {
        err = load_bytes(b, field, &len);
        l->is_absent = err == -ENOENT;
        if (err)
            return l->is_absent ? 0 : err;
        leans_on = search_column_leans_on(slice_of(l->bytes, (size_t)len));
        if (leans_on >= 0 && leans_on == search_fields[field].leans_on)
            err = use_column(b, leans_on, &same);
        if (err == 0)
            err = search_column_open(&l->column, slice_of(l->bytes, (size_t)len), b->span->calls,
                                     column_kind(field), same);
        if (err)
            return err;
        l->is_open = true;
    }
    if (l->is_open)
        *cp = &l->column;
    return 0;
}

/* What the column's row says of its numbers before they are read: false, none of them passes. */
static int may_match(struct block *b, int field, double least, double most, bool *may)
{
    sqlite3_stmt *s = NULL;
    int err;

    *may = true;
    if (b->columns[field].is_open || b->columns[field].is_absent)
        return 0;
    err = seek(b, field, &s);
    if (err)
        return err == -ENOENT ? 0 : err;
    if (sqlite3_column_type(s, 0) == SQLITE_FLOAT && sqlite3_column_type(s, 1) == SQLITE_FLOAT)
        *may = sqlite3_column_double(s, 0) <= most && sqlite3_column_double(s, 1) >= least;
    sqlite3_reset(s);
    return 0;
}

/* A suffix that no number of the column has, which its lower halves alone tell: *none. */
static int look_at_low(struct block *b, int field, const struct search_low *low, bool *none)
{
    uint8_t head[SEARCH_COLUMN_HEAD];
    int bytes = (int)b->span->calls * 4, err;

    *none = false;
    if (b->columns[field].is_open || b->columns[field].is_absent)
        return 0;
    err = seek_bytes(b, field);
    if (err == 0 && sqlite3_blob_bytes(b->bytes) >= SEARCH_COLUMN_HEAD + bytes)
        err = read_bytes(b, head, sizeof head, 0);
    else if (err == 0 && sqlite3_blob_bytes(b->bytes) >= SEARCH_COLUMN_HEAD)
        err = read_bytes(b, head, sizeof head, 0);
    else
        return err == -ENOENT ? 0 : err;
    if (err)
        return err;
    if (head[0] == SEARCH_SAME || (head[0] == SEARCH_PHONES && head[3] & SEARCH_LOW_IS_SAME)) {
        *none = !(head[3] & SEARCH_HAS_OTHERS) && head[2] < SEARCH_FIELDS && b->has_no_low[head[2]];
        return 0;
    }
    if (head[0] != SEARCH_PHONES || head[3] & SEARCH_HAS_OTHERS ||
        sqlite3_blob_bytes(b->bytes) < SEARCH_COLUMN_HEAD + bytes)
        return 0;
    if (!b->halves)
        b->halves = malloc((size_t)bytes);
    if (!b->halves)
        return -ENOMEM;
    err = read_bytes(b, b->halves, bytes, SEARCH_COLUMN_HEAD);
    *none = err == 0 && !search_low_any(low, b->halves, b->span->calls);
    b->has_no_low[field] = *none;
    return err;
}

/* --- rows of the block ---------------------------------------------------------------------- */

static uint64_t id_at(const void *ctx, uint32_t row)
{
    const struct block *b = ctx;

    return search_column_id(&b->columns[SEARCH_IDS].column, row);
}

/* The first row whose id is that or more. */
static uint32_t row_of(const struct block *b, uint64_t id)
{
    uint32_t low = 0, high = b->span->calls;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (id_at(b, middle) < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void set_bit(uint64_t *bits, uint32_t row)
{
    bits[row / 64] |= (uint64_t)1 << row % 64;
}

static void clear_bit(uint64_t *bits, uint32_t row)
{
    bits[row / 64] &= ~((uint64_t)1 << row % 64);
}

static bool is_empty(const struct block *b, const uint64_t *bits)
{
    for (uint32_t w = 0; w < b->words; w++) {
        if (bits[w])
            return false;
    }
    return true;
}

static uint64_t *new_bits(const struct block *b)
{
    return calloc(b->words, sizeof(uint64_t));
}

/* --- tests ---------------------------------------------------------------------------------- */

static int use_ids(struct block *b)
{
    const struct search_column *ids;
    int err = use_column(b, SEARCH_IDS, &ids);

    if (err || !ids)
        return err ? err : -EUCLEAN;
    return ids->form == SEARCH_NUMBERS ? 0 : -EUCLEAN;
}

static int test_by_rows(struct block *b, uint8_t test, const uint64_t *among, uint64_t *out)
{
    int err = use_ids(b);

    return err ? err : search_rows_test(b->r, b->plan, test, id_at, b, among, out, b->words);
}

static bool has_test(const struct filter_test *test, uint64_t id)
{
    if (test->field->kind == FILTER_TIME)
        return filter_test_time(test, id);
    return test->shape == FILTER_ANY || test->id == id;
}

/* Times and ids of the calls themselves. */
static void test_ids(struct block *b, const struct filter_test *test, const uint64_t *among,
                     uint64_t *out)
{
    /* Times are a stretch: when both ends of the block lie in it, all does. */
    bool all = test->field->kind == FILTER_TIME && has_test(test, b->span->first) &&
               has_test(test, b->span->last);

    for (uint32_t w = 0; w < b->words; w++) {
        out[w] = all ? among[w] : 0;
        for (uint64_t left = all ? 0 : among[w]; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctzll(left);

            if (has_test(test, id_at(b, w * 64 + i)))
                out[w] |= (uint64_t)1 << i;
        }
    }
}

static void test_alert(struct block *b, uint8_t test, const uint64_t *among, uint64_t *out)
{
    const struct search_alert_calls *calls = &b->plan->alerts[test];

    memset(out, 0, b->words * sizeof *out);
    for (size_t i = 0; i < calls->count; i++) {
        uint32_t row;

        if (calls->ids[i] < b->span->first || calls->ids[i] > b->span->last)
            continue;
        row = row_of(b, calls->ids[i]);
        if (row < b->span->calls && id_at(b, row) == calls->ids[i] &&
            among[row / 64] >> row % 64 & 1)
            set_bit(out, row);
    }
}

/* A Call-ID by its beginning; the rows say what it leaves open. */
static int test_head(struct block *b, const struct search_column *c, uint8_t test,
                     const uint64_t *among, uint64_t *out)
{
    const struct filter_test *t = &b->plan->filter->tests[test];
    uint64_t *narrowed;
    int err = 0;

    if (t->shape != FILTER_WHOLE && t->shape != FILTER_PREFIX)
        return test_by_rows(b, test, among, out);
    narrowed = new_bits(b);
    if (!narrowed)
        return -ENOMEM;
    if (search_column_heads(c, t->text, among, narrowed) && t->shape == FILTER_PREFIX)
        memcpy(out, narrowed, b->words * sizeof *out);
    else
        err = test_by_rows(b, test, narrowed, out);
    free(narrowed);
    return err;
}

static int test_member(struct block *b, uint8_t test, int field, const uint64_t *among,
                       uint64_t *out)
{
    const struct filter_test *t = &b->plan->filter->tests[test];
    const struct search_column *c;
    struct search_low low;
    bool may = true, none = false;
    int err = 0;

    if (t->field->kind == FILTER_NUMBER && t->shape != FILTER_ANY) {
        err = may_match(b, field, t->least, t->most, &may);
    } else if (search_low_make(&low, t)) {
        if (low.value != b->low.value || low.mask != b->low.mask)
            memset(b->has_no_low, 0, sizeof b->has_no_low);
        b->low = low;
        err = look_at_low(b, field, &low, &none);
        may = !none;
    }
    if (err)
        return err;
    if (!may) {
        memset(out, 0, b->words * sizeof *out);
        return 0;
    }
    err = use_column(b, field, &c);
    if (err)
        return err;
    if (!c)
        return test_by_rows(b, test, among, out);
    if (c->kind == SEARCH_KIND_HEAD)
        return test_head(b, c, test, among, out);
    return search_column_match(c, t, among, out);
}

/* A test of several members holds where one of them passes. */
static int test_members(struct block *b, uint8_t test, const uint64_t *among, uint64_t *out)
{
    const struct filter_test *t = &b->plan->filter->tests[test];
    uint64_t *left = new_bits(b), *found = new_bits(b);
    int err = left && found ? 0 : -ENOMEM;

    for (uint32_t w = 0; w < b->words && err == 0; w++) {
        left[w] = among[w];
        out[w] = 0;
    }
    for (size_t m = 0; m < FILTER_MEMBERS_MAX && t->members[m] && err == 0; m++) {
        int field = search_field_number(t->members[m]);

        if (field < 0) { /* the rows answer for all members at once */
            err = test_by_rows(b, test, among, out);
            break;
        }
        err = test_member(b, test, field, left, found);
        for (uint32_t w = 0; w < b->words && err == 0; w++) {
            out[w] |= found[w];
            left[w] &= ~found[w];
        }
    }
    free(left);
    free(found);
    return err;
}

static int ask_test(struct block *b, uint8_t test, const uint64_t *among, uint64_t *out)
{
    const struct filter_test *t = &b->plan->filter->tests[test];

    if (search_cost_is_of_ids(t)) {
        test_ids(b, t, among, out);
        return 0;
    }
    if (t->field->kind == FILTER_ALERT) {
        test_alert(b, test, among, out);
        return 0;
    }
    return test_members(b, test, among, out);
}

/* --- the tree ------------------------------------------------------------------------------- */

static int ask_node(struct block *b, uint16_t node, const uint64_t *among, uint64_t *out);

struct operand {
    uint16_t node;
    unsigned cost;
};

static void gather(const struct filter *f, uint16_t node, uint8_t kind, struct operand *operands,
                   size_t *count)
{
    const struct filter_node *n = &f->nodes[node];

    if (n->kind == kind) {
        gather(f, n->left, kind, operands, count);
        gather(f, n->right, kind, operands, count);
    } else if (*count < FILTER_NODES_MAX) {
        operands[(*count)++] = (struct operand){ node, search_cost(f, node) };
    }
}

static int by_cost(const void *a, const void *b)
{
    const struct operand *x = a, *y = b;

    if (x->cost != y->cost)
        return (x->cost > y->cost) - (x->cost < y->cost);
    return (x->node > y->node) - (x->node < y->node);
}

/* All that are joined by the same word, the cheap ones first: after "and", the calls that are left;
 * after "or", those that none of them had yet. */
static int ask_joined(struct block *b, uint16_t node, const uint64_t *among, uint64_t *out)
{
    const struct filter *f = b->plan->filter;
    struct operand *operands = calloc(FILTER_NODES_MAX, sizeof *operands);
    uint64_t *left = new_bits(b), *found = new_bits(b);
    bool is_or = f->nodes[node].kind == FILTER_OR;
    int err = operands && left && found ? 0 : -ENOMEM;
    size_t count = 0;

    if (err == 0) {
        gather(f, node, f->nodes[node].kind, operands, &count);
        qsort(operands, count, sizeof *operands, by_cost);
        memcpy(left, among, b->words * sizeof *left);
        memset(out, 0, b->words * sizeof *out);
    }
    for (size_t i = 0; i < count && err == 0 && !is_empty(b, left); i++) {
        err = ask_node(b, operands[i].node, left, found);
        for (uint32_t w = 0; w < b->words && err == 0; w++) {
            out[w] |= is_or ? found[w] : 0;
            left[w] = is_or ? left[w] & ~found[w] : found[w];
        }
    }
    if (err == 0 && !is_or)
        memcpy(out, left, b->words * sizeof *out);
    free(operands);
    free(left);
    free(found);
    return err;
}

static int ask_node(struct block *b, uint16_t node, const uint64_t *among, uint64_t *out)
{
    const struct filter_node *n = &b->plan->filter->nodes[node];
    int err;

    switch ((enum filter_node_kind)n->kind) {
    case FILTER_AND:
    case FILTER_OR:
        return ask_joined(b, node, among, out);
    case FILTER_TEST:
        return ask_test(b, n->test, among, out);
    case FILTER_NOT:
        err = ask_node(b, n->left, among, out);
        for (uint32_t w = 0; w < b->words && err == 0; w++)
            out[w] = among[w] & ~out[w];
        return err;
    }
    return -EINVAL;
}

/* --- what comes out ------------------------------------------------------------------------- */

/* Which of the calls that are left can still come into the page, by a text that they are sorted by. */
static int narrow_by_text(struct block *b, const struct search_top *top,
                          const struct search_column *c, uint64_t *among)
{
    uint64_t *narrowed = new_bits(b);
    int err = narrowed ? search_column_precede(c, search_top_last(top), top->order.ascending, among,
                                               narrowed)
                       : -ENOMEM;

    if (err > 0)
        memcpy(among, narrowed, b->words * sizeof *among);
    free(narrowed);
    return err < 0 ? err : 0;
}

/* The same by a number, which the column's row may tell before it is read. */
static int narrow_by_number(struct block *b, const struct search_top *top,
                            const struct search_column *c, uint64_t *among)
{
    double last = search_top_last(top)->number;
    uint64_t *narrowed = new_bits(b);

    if (!narrowed)
        return -ENOMEM;
    if (search_column_between(c, top->order.ascending ? -INFINITY : last,
                              top->order.ascending ? last : INFINITY, among, narrowed))
        memcpy(among, narrowed, b->words * sizeof *among);
    free(narrowed);
    return 0;
}

static int narrow_to_page(struct block *b, const struct search_top *top, uint64_t *among)
{
    const struct search_key *last = search_top_last(top);
    int field = search_field_number(top->order.field), err = 0;
    const struct search_column *c;
    bool may = true;

    if (!last || last->kind == SEARCH_KEY_UNKNOWN || field < 0)
        return 0;
    if (last->kind == SEARCH_KEY_NUMBER)
        err = may_match(b, field, top->order.ascending ? -INFINITY : last->number,
                        top->order.ascending ? last->number : INFINITY, &may);
    if (err == 0 && !may)
        memset(among, 0, b->words * sizeof *among);
    if (err || !may)
        return err;
    err = use_column(b, field, &c);
    if (err || !c)
        return err;
    return last->kind == SEARCH_KEY_NUMBER ? narrow_by_number(b, top, c, among)
                                           : narrow_by_text(b, top, c, among);
}

static int offer_matches(struct block *b, struct search_top *top, const uint64_t *matches)
{
    int field = search_field_number(top->order.field), err = -EUCLEAN;
    const struct search_column *c = NULL;

    if (field >= 0)
        err = use_column(b, field, &c);
    if (err || !c)
        return err ? err : -EUCLEAN;
    for (uint32_t w = 0; w < b->words; w++) {
        for (uint64_t left = matches[w]; left; left &= left - 1) {
            uint32_t row = w * 64 + (unsigned)__builtin_ctzll(left);
            struct search_key key;

            key.id = id_at(b, row);
            search_column_key(c, row, &key);
            search_top_offer(top, &key);
        }
    }
    return top->failed ? -ENOMEM : 0;
}

static int compare_up(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static int compare_down(const void *a, const void *b)
{
    return compare_up(b, a);
}

static int give_matches(struct block *b, const uint64_t *matches, struct search_piece *piece)
{
    bool ascending = b->plan->order.ascending;
    int err = 0;

    for (uint32_t w = 0; w < b->words && err == 0; w++) {
        uint32_t at = ascending ? w : b->words - 1 - w;

        for (uint64_t left = matches[at]; left && err == 0;) {
            unsigned i =
                ascending ? (unsigned)__builtin_ctzll(left) : 63 - (unsigned)__builtin_clzll(left);

            left &= ~((uint64_t)1 << i);
            err = search_piece_add(piece, id_at(b, at * 64 + i));
        }
    }
    return err;
}

/* What has no column in this block is in none of the counts. */
static int tally_matches(struct block *b, struct search_tally *tally, uint64_t *matches)
{
    uint64_t count = search_tally_keep_newest(tally, matches, b->words);
    int err = 0;

    for (size_t i = 0; i < tally->field_count && count && err == 0; i++) {
        const struct search_column *c = NULL;

        if (tally->fields[i].number >= 0)
            err = use_column(b, tally->fields[i].number, &c);
        if (err == 0 && c)
            err = search_tally_add_column(tally, &tally->fields[i], c, matches);
    }
    if (err == 0)
        tally->looked_at += count;
    return err;
}

/* Calls that changed since: what the columns say of them does not count. */
static int read_stale(struct block *b, uint64_t first, uint64_t last, uint64_t *among)
{
    sqlite3_stmt *s;
    int rc = SQLITE_DONE, err = prepare(b->r, STALE, &s);

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, (int64_t)first);
    sqlite3_bind_int64(s, 2, (int64_t)last);
    sqlite3_bind_int64(s, 3, STALE_MAX);
    while (err == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        uint64_t id = (uint64_t)sqlite3_column_int64(s, 0);
        uint32_t row;

        err = use_ids(b);
        if (err)
            break;
        row = row_of(b, id);
        if (!b->stale)
            b->stale = malloc(STALE_MAX * sizeof *b->stale);
        if (!b->stale) {
            err = -ENOMEM;
            break;
        }
        b->stale[b->stale_count++] = id;
        if (row < b->span->calls && id_at(b, row) == id)
            clear_bit(among, row);
    }
    if (err == 0 && rc != SQLITE_DONE)
        err = day_db_errno(b->r->db);
    sqlite3_reset(s);
    return err == 0 && b->stale_count == STALE_MAX ? -EUCLEAN : err;
}

/* Whether the filter asks for ids, times or rows. */
static bool wants_ids(const struct filter *f)
{
    for (size_t i = 0; f && i < f->test_count; i++) {
        if (search_cost_is_of_ids(&f->tests[i]) || f->tests[i].field->kind == FILTER_ALERT)
            return true;
    }
    return false;
}

/* The calls of the block that are asked about. */
static int begin(struct block *b, uint64_t first, uint64_t last, uint64_t *among)
{
    uint32_t row = 0, end = b->span->calls;
    bool whole = first == b->span->first && last == b->span->last;
    int err = whole && !wants_ids(b->plan->filter) ? 0 : use_ids(b);

    if (err == 0 && !whole) {
        row = row_of(b, first);
        end = row_of(b, last + 1);
    }
    while (err == 0 && row < end) {
        if (row % 64 == 0 && end - row >= 64) {
            among[row / 64] = UINT64_MAX;
            row += 64;
        } else {
            set_bit(among, row++);
        }
    }
    return err ? err : read_stale(b, first, last, among);
}

static int ask_all(struct block *b, uint64_t first, uint64_t last, struct search_piece *piece,
                   uint64_t *among, uint64_t *matches)
{
    const struct filter *f = b->plan->filter;
    int err = begin(b, first, last, among);

    for (uint32_t w = 0; w < b->words && err == 0; w++)
        piece->looked_at += (unsigned)__builtin_popcountll(among[w]);
    if (err == 0 && piece->top)
        err = narrow_to_page(b, piece->top, among);
    if (err == 0 && !f)
        memcpy(matches, among, b->words * sizeof *matches);
    else if (err == 0 && !is_empty(b, among))
        err = ask_node(b, f->root, among, matches);
    if (err == 0 && !is_empty(b, matches) && !piece->tally)
        err = use_ids(b);
    if (err == 0 && piece->tally)
        err = tally_matches(b, piece->tally, matches);
    else if (err == 0)
        err = piece->top ? offer_matches(b, piece->top, matches) : give_matches(b, matches, piece);
    if (err || b->stale_count == 0)
        return err;
    err = search_rows_listed(b->r, b->plan, b->stale, b->stale_count, piece);
    if (!piece->top && piece->count)
        qsort(piece->ids, piece->count, sizeof *piece->ids,
              b->plan->order.ascending ? compare_up : compare_down);
    return err;
}

int search_block_ask(struct day_reader *r, const struct search_plan *plan,
                     const struct search_span *span, uint64_t first, uint64_t last,
                     struct search_piece *piece)
{
    struct block *b = calloc(1, sizeof *b);
    uint64_t *among = NULL, *matches = NULL;
    int err = -ENOMEM;

    if (!b)
        return err;
    b->r = r;
    b->plan = plan;
    b->span = span;
    b->words = (span->calls + 63) / 64;
    among = new_bits(b);
    matches = new_bits(b);
    if (span->calls == 0)
        err = -EUCLEAN;
    else if (among && matches)
        err = ask_all(b, first, last, piece, among, matches);
    if (err)
        piece->count = 0;
    for (int i = 0; i < SEARCH_FIELDS; i++) {
        search_column_close(&b->columns[i].column);
        free(b->columns[i].bytes);
    }
    sqlite3_blob_close(b->bytes);
    free(b->halves);
    free(b->stale);
    free(among);
    free(matches);
    free(b);
    return err;
}
