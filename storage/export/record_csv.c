#include "storage/export/record_csv.h"

#include "analyzer/interval.h"

static bool looks_like_formula(struct slice s)
{
    return s.len && strchr("=+-@\t\r\n", s.p[0]) != NULL;
}

static void add_quoted(struct strbuf *out, struct slice s)
{
    strbuf_add_char(out, '"');
    if (looks_like_formula(s))
        strbuf_add_char(out, '\'');
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '"')
            strbuf_add_char(out, '"');
        strbuf_add_char(out, s.p[i] == '\0' ? ' ' : s.p[i]);
    }
    strbuf_add_char(out, '"');
}

/* Packed, they are no text. */
static void add_intervals(struct strbuf *out, struct slice packed)
{
    struct strbuf json = { 0 };
    struct jsonw j = jsonw_to(&json);

    if (!packed.p)
        return;
    interval_write_json(&j, packed);
    if (json.failed)
        out->failed = true;
    else
        add_quoted(out, strbuf_slice(&json));
    strbuf_fini(&json);
}

static void add_field(struct strbuf *out, const struct record_field *f, const void *record)
{
    const struct slice *text = record_at(record, f);
    size_t start = out->len;
    struct jsonw j = jsonw_to(out);

    if (f->kind == FIELD_TEXT || f->kind == FIELD_JSON) {
        if (text->p)
            add_quoted(out, *text);
        return;
    }
    if (f->kind == FIELD_INTERVALS) {
        add_intervals(out, *text);
        return;
    }
    record_write_field(&j, f, record);
    if (slice_eq(slice_of(out->p + start, out->len - start), SLICE("null")))
        strbuf_chop(out, out->len - start);
}

void record_csv_heading(struct strbuf *out, const struct record_type *type)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (i)
            strbuf_add_char(out, ',');
        strbuf_add_text(out, type->fields[i].name);
    }
    strbuf_add_text(out, "\r\n");
}

void record_csv_add(struct strbuf *out, const struct record_type *type, const void *record)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (i)
            strbuf_add_char(out, ',');
        add_field(out, &type->fields[i], record);
    }
    strbuf_add_text(out, "\r\n");
}
