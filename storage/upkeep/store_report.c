#include "storage/upkeep/store_report.h"

#include "analyzer/base/jsonw.h"
#include "analyzer/record_id.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/statvfs.h>

#define DAY_S 86400.0

static int64_t written(const struct retention_work *w, int kind)
{
    int64_t sum = store_size_total(&w->size, (enum store_kind)kind);

    for (int c = 0; c < RETENTION_CAUSES; c++)
        sum += w->removed[kind][c];
    return sum;
}

void store_growth_add(struct store_growth *g, int64_t now_ms, const struct retention_work *w)
{
    struct store_sample *s = &g->ring[g->next];

    s->time_ms = now_ms;
    for (int k = 0; k < STORE_KINDS; k++)
        s->bytes[k] = written(w, k);
    g->next = (g->next + 1) % STORE_REPORT_SAMPLES;
    if (g->count < STORE_REPORT_SAMPLES)
        g->count++;
}

double store_growth_rate(const struct store_growth *g, int kind)
{
    size_t newest = (g->next + STORE_REPORT_SAMPLES - 1) % STORE_REPORT_SAMPLES;
    size_t oldest = (g->next + STORE_REPORT_SAMPLES - g->count) % STORE_REPORT_SAMPLES;
    const struct store_sample *a = &g->ring[oldest], *b = &g->ring[newest];
    int64_t grown = 0;

    if (g->count < 2 || b->time_ms - a->time_ms < STORE_REPORT_YOUNG_S * 1000)
        return NAN;
    for (int k = 0; k < STORE_KINDS; k++) {
        if (kind == STORE_KINDS || kind == k)
            grown += b->bytes[k] - a->bytes[k];
    }
    return (double)grown * 1000.0 / (double)(b->time_ms - a->time_ms);
}

/* The earlier of two; NaN is never. */
static double sooner(double best, int64_t room, double rate)
{
    double days;

    if (!(rate > 0))
        return best;
    days = room > 0 ? (double)room / rate / DAY_S : 0;
    return best <= days ? best : days;
}

double store_report_days_left(const struct retention_work *w, const struct store_growth *g)
{
    int64_t keep = retention_keep_free(&w->limits, w->disk_bytes);
    double best = sooner(NAN, w->free_bytes - keep, store_growth_rate(g, STORE_KINDS));

    for (int k = 0; k < STORE_KINDS; k++) {
        if (w->limits.bytes[k])
            best = sooner(best, w->limits.bytes[k] - store_size_total(&w->size, (enum store_kind)k),
                          store_growth_rate(g, k));
    }
    return best;
}

/* Bytes by kind and cause, those that are none left out. */
static void write_removed(struct strbuf *out, const struct retention_work *w, int64_t *sum)
{
    struct jsonw j = jsonw_to(out);

    *sum = 0;
    jsonw_object_open(&j);
    for (int k = 0; k < STORE_KINDS; k++) {
        for (int c = 0; c < RETENTION_CAUSES; c++) {
            char name[32];

            if (w->removed[k][c] == 0)
                continue;
            snprintf(name, sizeof name, "%s_%s", store_kind_name((enum store_kind)k),
                     retention_cause_name((enum retention_cause)c));
            jsonw_key(&j, name);
            jsonw_int(&j, w->removed[k][c]);
            *sum += w->removed[k][c];
        }
    }
    jsonw_object_close(&j);
}

static int64_t count_pins(const struct store_size *size)
{
    int64_t n = 0;

    for (size_t i = 0; i < size->count; i++)
        n += (int64_t)size->days[i].pins;
    return n;
}

static void fill_sizes(struct store_record *out, const struct store_size *size)
{
    int64_t *const bytes[STORE_KINDS] = { &out->rows_bytes, &out->signalling_bytes,
                                          &out->media_bytes, &out->audio_bytes };
    int64_t *const oldest[STORE_KINDS] = { &out->oldest_rows_time, &out->oldest_signalling_time,
                                           &out->oldest_media_time, &out->oldest_audio_time };

    for (int k = 0; k < STORE_KINDS; k++) {
        *bytes[k] = store_size_total(size, (enum store_kind)k);
        *oldest[k] = store_size_oldest(size, (enum store_kind)k);
    }
    out->days = (int64_t)size->count;
    out->pinned_calls = count_pins(size);
}

void store_report_make(struct store_record *out, const struct store_report_facts *facts,
                       const struct retention_work *w, const struct store_growth *g,
                       struct strbuf *scratch)
{
    record_clear(&record_type_store, out);
    out->id = record_id_make(facts->time, 0);
    out->time = facts->time;
    out->step = slice_of_text(disk_step_name(facts->step));
    out->step_cause = slice_of_text(disk_cause_name(facts->cause));
    fill_sizes(out, &w->size);
    out->disk_bytes = w->disk_bytes;
    out->disk_free_bytes = w->free_bytes;
    out->growth_bytes_s = store_growth_rate(g, STORE_KINDS);
    out->days_left = store_report_days_left(w, g);
    strbuf_reset(scratch);
    write_removed(scratch, w, &out->removed_bytes);
    out->removed = strbuf_slice(scratch);
    out->losses = facts->losses;
}

int store_report_measure(struct store_record *out, struct store_size *size)
{
    struct statvfs st;
    int err = store_size_look(size);

    record_clear(&record_type_store, out);
    if (err == 0 && statvfs(size->store_dir, &st) != 0)
        err = -errno;
    if (err)
        return err;
    fill_sizes(out, size);
    out->disk_bytes = (int64_t)(st.f_blocks * st.f_frsize);
    out->disk_free_bytes = (int64_t)(st.f_bavail * st.f_frsize);
    return 0;
}
