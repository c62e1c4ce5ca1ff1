/*
 * api_search - calls by a filter, in any order, page by page; and the fields that a filter knows.
 */
#include "probe/web/api_context.h"
#include "probe/web/api_view.h"

#include "analyzer/privacy/privacy_filter.h"
#include "storage/search/search.h"

#include <errno.h>
#include <time.h>

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool must_parse(struct api_context *c, struct slice text, bool is_older, struct filter **out)
{
    struct filter_error error;
    int err = filter_parse(out, text, now_ns(), &error);

    if (err == -EINVAL && is_older)
        exchange_fail(c->x, 400, "%s", error.text);
    else if (err == -EINVAL)
        exchange_fail_filter(c->x, "filter", &error);
    else if (err)
        api_fail_store(c, err);
    return err == 0;
}

/* Of a store that is masked: what is asked for becomes what is stored. */
static bool must_mask(struct api_context *c, struct filter *filter)
{
    struct filter_error error;
    int err = c->api->options.privacy ? privacy_filter(c->api->options.privacy, filter, &error) : 0;

    if (err == -EINVAL)
        exchange_fail(c->x, 400, "%s", error.text);
    else if (err)
        api_fail_store(c, err);
    return err == 0;
}

/* Both of them must hold. Each is read on its own first, so that a column is one of what was typed. */
static bool read_filter(struct api_context *c, struct filter **out)
{
    struct slice typed = c->asked.filter, older = strbuf_slice(&c->asked.older);
    struct strbuf both = { 0 };
    struct filter *part;
    bool ok;

    if (older.len == 0)
        return must_parse(c, typed, false, out);
    if (!must_parse(c, older, true, out))
        return false;
    if (typed.len == 0)
        return true;
    filter_free(*out);
    if (!must_parse(c, typed, false, &part))
        return false;
    if (part->node_count) {
        strbuf_add_char(&both, '(');
        strbuf_add_slice(&both, typed);
        strbuf_add_text(&both, ") ");
    }
    filter_free(part);
    strbuf_add_slice(&both, older);
    ok = must_parse(c, strbuf_slice(&both), true, out);
    strbuf_fini(&both);
    return ok;
}

/* Without its '-'. */
static struct slice sort_name(struct slice sort)
{
    return sort.len && sort.p[0] == '-' ? slice_of(sort.p + 1, sort.len - 1) : sort;
}

bool api_search_read_filter(struct api_context *c, struct filter **out)
{
    if (!read_filter(c, out))
        return false;
    if (!api_view_refuses_filter(c, *out, filter_field_find(sort_name(c->asked.sort))) &&
        must_mask(c, *out))
        return true;
    filter_free(*out);
    *out = NULL;
    return false;
}

/* By time is by id, which is how they come anyway. */
static void read_order(const struct api_context *c, struct search_request *request)
{
    struct slice sort = c->asked.sort;

    if (sort.len == 0)
        return;
    request->sort = filter_field_find(sort_name(sort));
    request->ascending = sort.p[0] != '-';
    if (request->sort && request->sort->kind == FILTER_TIME)
        request->sort = NULL;
}

/* A list that is being written: whole records, or some fields of each. */
struct call_list {
    struct api_context *c;
    const struct record_field *fields[PARAMS_FIELDS_MAX];
    size_t count; /* 0: all */
};

static bool read_fields(struct api_context *c, struct call_list *list)
{
    struct slice rest = c->asked.fields;

    while (rest.len) {
        struct slice name = slice_cut(&rest, ',');
        const struct record_field *field = record_field_find(&record_type_call, name);

        if (!field || list->count == PARAMS_FIELDS_MAX) {
            exchange_fail(c->x, 400,
                          "bad value of parameter 'fields': expected names of fields of a call, "
                          "commas between, %d at most",
                          PARAMS_FIELDS_MAX);
            return false;
        }
        list->fields[list->count++] = field;
    }
    return true;
}

static bool on_call(void *ctx, const void *record)
{
    struct call_list *list = ctx;
    struct jsonw *j = &list->c->json;

    record = api_view_record(list->c, &record_type_call, record);
    if (!record)
        return false;
    if (list->count == 0) {
        record_write_alone(j, &record_type_call, record);
        return !list->c->x->body.failed;
    }
    jsonw_object_open(j);
    for (size_t i = 0; i < list->count; i++) {
        jsonw_key(j, list->fields[i]->name);
        record_write_field(j, list->fields[i], record);
    }
    jsonw_object_close(j);
    return !list->c->x->body.failed;
}

static void write_end(struct api_context *c, const struct search_end *end)
{
    struct jsonw *j = &c->json;

    jsonw_array_close(j);
    api_write_key_text(j, "next", end->cursor[0] ? slice_of_text(end->cursor) : SLICE_ABSENT);
    jsonw_key(j, "days_missing");
    jsonw_int(j, (int64_t)end->days_missing);
    jsonw_object_close(j);
    api_finish_json(c);
}

void api_search_get_calls(struct api_context *c)
{
    struct search_request request = { .limit = c->asked.limit, .cursor = c->asked.cursor };
    struct search_end end = { .cursor = "" };
    struct call_list list = { .c = c };
    struct filter *filter;
    int err;

    if (!read_fields(c, &list) || !api_search_read_filter(c, &filter))
        return;
    request.filter = filter;
    read_order(c, &request);
    jsonw_object_open(&c->json);
    jsonw_key(&c->json, "calls");
    jsonw_array_open(&c->json);
    err = search_calls(c->api->query, &request, on_call, &list, &end);
    filter_free(filter);
    if (err == -EINVAL)
        exchange_fail(c->x, 400, "bad value of parameter 'cursor': it is of another order");
    else if (err)
        api_fail_store(c, err);
    else
        write_end(c, &end);
}

/* --- fields --------------------------------------------------------------------------------- */

static const char *const kinds[] = {
    [FILTER_TEXT] = "text",   [FILTER_NUMBER] = "number", [FILTER_TIME] = "time",
    [FILTER_TRUTH] = "truth", [FILTER_ADDR] = "address",  [FILTER_PORT] = "number",
    [FILTER_NAMES] = "names", [FILTER_ID] = "id",         [FILTER_ALERT] = "text",
};

static void write_words(struct jsonw *j, const char *key, const char *words)
{
    struct slice rest = slice_of_text(words);

    jsonw_key(j, key);
    if (!words) {
        jsonw_null(j);
        return;
    }
    jsonw_array_open(j);
    while (rest.len)
        jsonw_text(j, slice_cut(&rest, ' '));
    jsonw_array_close(j);
}

static void write_field(struct jsonw *j, const struct filter_field *f, const char *group)
{
    jsonw_object_open(j);
    api_write_key_text(j, "group", slice_of_text(group));
    api_write_key_text(j, "name", slice_of_text(f->name));
    write_words(j, "aliases", f->aliases);
    api_write_key_text(j, "kind", slice_of_text(kinds[f->kind]));
    api_write_key_text(j, "unit", slice_of_text(f->unit));
    jsonw_key(j, "sortable");
    jsonw_bool(j, f->is_sortable);
    api_write_key_text(j, "help", slice_of_text(f->help));
    api_write_key_text(j, "example", slice_of_text(f->example));
    write_words(j, "values", f->kind == FILTER_TRUTH ? "yes no" : f->values);
    jsonw_object_close(j);
}

void api_search_get_fields(struct api_context *c)
{
    struct jsonw *j = &c->json;
    const char *group = NULL;

    jsonw_object_open(j);
    jsonw_key(j, "fields");
    jsonw_array_open(j);
    for (size_t i = 0; i < filter_field_count; i++) {
        if (filter_fields[i].group)
            group = filter_fields[i].group;
        write_field(j, &filter_fields[i], group);
    }
    jsonw_array_close(j);
    jsonw_object_close(j);
    api_finish_json(c);
}
