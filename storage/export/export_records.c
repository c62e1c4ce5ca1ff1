/* Calls as lines: comma-separated values, or JSON. */
#include "analyzer/privacy/privacy_record.h"
#include "storage/export/export_writer.h"
#include "storage/export/record_csv.h"
#include "storage/search/search.h"

#include <errno.h>
#include <stdlib.h>

/* A page in the order of a field costs a look at all calls, one in their own order does not. */
enum { PAGE_CALLS = 256, PAGE_SORTED_CALLS = 5000 };

struct records_file {
    const struct export_request *request;
    struct query *query;
    struct strbuf *out; /* of the fill at hand */
    struct search_end end;
    size_t next_call; /* of the request's list */
    uint64_t calls;
    bool is_csv, is_begun, is_over, is_masked;
    struct privacy view;
    struct privacy_scratch scratch;
};

static bool add_call(void *ctx, const void *record)
{
    struct records_file *file = ctx;
    struct call_record call = *(const struct call_record *)record;
    struct jsonw j = jsonw_to(file->out);

    call.stream_count = 0;
    if (file->is_masked) {
        record = privacy_record(&file->view, &record_type_call, &call, &file->scratch);
        if (!record) {
            file->out->failed = true;
            return false;
        }
        call = *(const struct call_record *)record;
    }
    if (file->is_csv) {
        record_csv_add(file->out, &record_type_call, &call);
    } else {
        record_write_alone(&j, &record_type_call, &call);
        strbuf_add_char(file->out, '\n');
    }
    file->calls++;
    return !file->out->failed;
}

static int add_listed(struct records_file *file)
{
    const struct export_request *r = file->request;
    int err = 0;

    file->is_over = file->next_call == r->call_count;
    if (!file->is_over)
        err = query_call(file->query, r->calls[file->next_call++], add_call, file);
    return err == -ENOENT ? 0 : err;
}

static int add_page(struct records_file *file)
{
    const struct export_request *r = file->request;
    struct search_request search = { .filter = r->filter,
                                     .sort = r->sort,
                                     .ascending = r->ascending,
                                     .limit = r->sort ? PAGE_SORTED_CALLS : PAGE_CALLS };
    char cursor[SEARCH_CURSOR_MAX];
    uint64_t before = file->calls;
    int err;

    memcpy(cursor, file->end.cursor, sizeof cursor);
    search.cursor = slice_of_text(cursor);
    if (r->limit && r->limit - before < search.limit)
        search.limit = (size_t)(r->limit - before);
    err = search_calls(file->query, &search, add_call, file, &file->end);
    file->is_over = file->end.cursor[0] == '\0' || file->calls == before ||
                    (r->limit && file->calls >= r->limit);
    return err;
}

static int fill_records(void *state, struct strbuf *out)
{
    struct records_file *file = state;
    int err;

    file->out = out;
    if (!file->is_begun && file->is_csv)
        record_csv_heading(out, &record_type_call);
    file->is_begun = true;
    if (file->is_over)
        return 0;
    err = file->request->calls ? add_listed(file) : add_page(file);
    return err ? err : 1;
}

static int open_records(void **state, const struct export_request *request, bool is_csv)
{
    struct records_file *file = calloc(1, sizeof *file);
    int err = file ? query_open(&file->query, request->store_dir) : -ENOMEM;

    if (err) {
        free(file);
        return err;
    }
    file->request = request;
    file->is_csv = is_csv;
    file->is_masked = request->view != NULL;
    if (request->view)
        file->view = *request->view;
    *state = file;
    return 0;
}

static int open_csv(void **state, const struct export_request *request)
{
    return open_records(state, request, true);
}

static int open_jsonl(void **state, const struct export_request *request)
{
    return open_records(state, request, false);
}

static void read_records_counts(const void *state, struct export_counts *counts)
{
    const struct records_file *file = state;

    counts->calls = file->calls;
    counts->damaged = file->end.days_missing;
}

static void close_records(void *state)
{
    struct records_file *file = state;

    query_close(file->query);
    privacy_scratch_fini(&file->scratch);
    free(file);
}

const struct export_writer export_writer_csv = { .open = open_csv,
                                                 .fill = fill_records,
                                                 .read_counts = read_records_counts,
                                                 .close = close_records };
const struct export_writer export_writer_jsonl = { .open = open_jsonl,
                                                   .fill = fill_records,
                                                   .read_counts = read_records_counts,
                                                   .close = close_records };
