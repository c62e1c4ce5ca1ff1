/* Of many groups' minutes those of few are found, over midnight, by the index and without it. */
#include "storage/query_kpis.h"

#include "analyzer/kpi/kpi_id.h"
#include "storage/day_db.h"
#include "tests/unit/store_fixture.h"

#include <sqlite3.h>

#define MINUTE (60 * FIXTURE_S)
/* Two minutes before midnight. */
#define START (FIXTURE_TIME - FIXTURE_TIME % FIXTURE_DAY + FIXTURE_DAY - 2 * MINUTE)

enum { MINUTES = 4, GROUPS = 5 };

/* All; a trunk in and out; a destination; a trunk with it, which is none of those asked for. */
static void group_names(int group, struct slice names[3])
{
    static const char *const texts[GROUPS][3] = { { NULL, NULL, NULL },
                                                  { "a", "in", NULL },
                                                  { "a", "out", NULL },
                                                  { NULL, NULL, "x y" },
                                                  { "a", "in", "x y" } };

    for (int i = 0; i < 3; i++)
        names[i] = texts[group][i] ? slice_of_text(texts[group][i]) : SLICE_ABSENT;
}

static uint64_t group_hash(int group)
{
    struct slice names[3];

    group_names(group, names);
    return kpi_id_hash(names[0], names[1], names[2]);
}

/* In minute m group g has 10 m + g attempts. */
static void write_minutes(const char *dir)
{
    struct writer_options options = { .store_dir = dir };
    struct writer *w;

    assert_int_equal(writer_start(&w, &options), 0);
    for (int at = 0; at < MINUTES * GROUPS; at++) {
        struct slice names[3];
        struct kpi_record k;

        group_names(at % GROUPS, names);
        record_clear(&record_type_kpi, &k);
        k.time = START + at / GROUPS * MINUTE;
        k.id = kpi_id_make(group_hash(at % GROUPS), k.time);
        k.trunk = names[0];
        k.direction = names[1];
        k.destination = names[2];
        k.attempts = at / GROUPS * 10 + at % GROUPS;
        k.ner_ratio = 0.5;
        k.mos_histogram = SLICE("{\"4.00\":1}");
        writer_submit(w, &record_type_kpi, &k);
    }
    writer_flush(w);
    writer_stop(w);
}

struct found {
    int rows;
    int64_t attempts;
    bool seen[GROUPS];
    bool histograms;
};

static bool on_single(void *ctx, const struct kpi_single *row)
{
    struct found *f = ctx;
    struct slice names[3], expected[3];
    int group = (int)(row->attempts % 10);

    query_kpi_names(row, names);
    group_names(group, expected);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(names[i].p != NULL, expected[i].p != NULL);
        assert_true(!names[i].p || slice_eq(names[i], expected[i]));
    }
    assert_int_equal(row->key, kpi_id_key(kpi_id_make(group_hash(group), START)));
    assert_int_equal(row->time, START + row->attempts / 10 * MINUTE);
    assert_int_equal(row->ended, 0); /* it is not known */
    assert_true(row->ner_ratio == 0.5);
    f->seen[group] = true;
    f->attempts += row->attempts;
    f->rows++;
    return true;
}

static void expect_singles(struct query *q)
{
    struct found f = { .rows = 0 };

    assert_int_equal(query_kpi_singles(q, START, START + MINUTES * MINUTE, on_single, &f), 0);
    assert_int_equal(f.rows, MINUTES * (GROUPS - 1));
    assert_int_equal(f.attempts, 4 * (0 + 10 + 20 + 30) + MINUTES * (0 + 1 + 2 + 3));
    assert_true(f.seen[0] && f.seen[1] && f.seen[2] && f.seen[3] && !f.seen[4]);
    /* From the second minute to before the fourth. */
    f = (struct found){ .rows = 0 };
    assert_int_equal(query_kpi_singles(q, START + MINUTE, START + 3 * MINUTE, on_single, &f), 0);
    assert_int_equal(f.rows, 2 * (GROUPS - 1));
}

static bool on_group(void *ctx, const void *record)
{
    const struct kpi_record *k = record;
    struct found *f = ctx;

    f->rows++;
    assert_true(slice_eq(k->mos_histogram, SLICE("{\"4.00\":1}")));
    if (f->histograms)
        assert_int_equal(k->attempts, RECORD_NONE);
    else
        f->attempts += k->attempts;
    assert_int_equal(kpi_id_minute_ns(k->id), START + (f->rows - 1) / 2 * MINUTE);
    return true;
}

static void expect_groups(struct query *q)
{
    const uint64_t keys[] = { kpi_id_key(kpi_id_make(group_hash(0), START)),
                              kpi_id_key(kpi_id_make(group_hash(3), START)),
                              12345 /* of nobody */ };
    struct found f = { .rows = 0 };

    assert_int_equal(
        query_kpi_groups(q, keys, 3, false, START - FIXTURE_DAY, START + FIXTURE_DAY, on_group, &f),
        0);
    assert_int_equal(f.rows, 2 * MINUTES);
    assert_int_equal(f.attempts, 2 * 60 + MINUTES * 3);
    f = (struct found){ .histograms = true };
    assert_int_equal(
        query_kpi_groups(q, keys, 2, true, START, START + MINUTES * MINUTE, on_group, &f), 0);
    assert_int_equal(f.rows, 2 * MINUTES);
    assert_int_equal(query_kpi_groups(q, keys, 0, true, START, START + MINUTE, on_group, &f), 0);
}

/* What the day of an older version looks like. */
static void drop_index(const char *dir)
{
    for (int day = 0; day < 2; day++) {
        int32_t at = (int32_t)((START + day * FIXTURE_DAY) / FIXTURE_DAY);
        struct sqlite3 *db;

        assert_int_equal(day_db_open_write(&db, dir, at), 0);
        assert_int_equal(sqlite3_exec(db, "DROP INDEX kpis_single", NULL, NULL, NULL), SQLITE_OK);
        day_db_close(db);
    }
}

static void minutes_of_few_groups_are_found(void **state)
{
    struct fixture f;
    struct query *q;

    (void)state;
    fixture_make_dir(&f);
    write_minutes(f.dir);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(query_open(&q, f.dir), 0);
        expect_singles(q);
        expect_groups(q);
        query_close(q);
        if (round == 0)
            drop_index(f.dir);
    }
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(minutes_of_few_groups_are_found) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
