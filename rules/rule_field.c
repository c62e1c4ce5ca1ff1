#include "rules/rule_field.h"

#include "rules/rule_summary.h"

#include <inttypes.h>
#include <math.h>

static const char *const views[] = {
    [RULE_VIEW_WHOLE] = "", [RULE_VIEW_IP] = ".ip", [RULE_VIEW_SHAPE] = ".shape"
};

bool rule_field_find(struct rule_field *out, const struct record_type *type, struct slice name)
{
    struct rule_field f = { record_field_find(type, name), RULE_VIEW_WHOLE };

    for (uint8_t v = RULE_VIEW_IP; !f.field && v <= RULE_VIEW_SHAPE; v++) {
        struct slice view = slice_of_text(views[v]);
        uint8_t kind = v == RULE_VIEW_IP ? FIELD_ADDR : FIELD_TEXT;

        if (name.len <= view.len || memcmp(name.p + name.len - view.len, view.p, view.len) != 0)
            continue;
        f.field = record_field_find(type, slice_of(name.p, name.len - view.len));
        f.view = v;
        if (f.field && f.field->kind != kind)
            f.field = NULL;
    }
    if (f.field)
        *out = f;
    return f.field != NULL;
}

bool rule_field_is_groupable(const struct rule_field *f, const struct record_type *type)
{
    (void)type;
    return f->field->kind == FIELD_TEXT || f->field->kind == FIELD_INT ||
           f->field->kind == FIELD_ADDR || f->field->kind == FIELD_BOOL;
}

struct slice rule_field_key(const struct rule_field *f, const void *record, struct strbuf *room)
{
    static const struct addr none;
    const void *at = record_at(record, f->field);
    struct slice text;

    (void)room;
    switch ((enum field_kind)f->field->kind) {
    case FIELD_ADDR:
        if (addr_eq(at, &none))
            return SLICE_ABSENT;
        return slice_of(at, f->view == RULE_VIEW_IP ? 16 : sizeof(struct addr));
    case FIELD_INT:
        return *(const int64_t *)at == RECORD_NONE ? SLICE_ABSENT : slice_of(at, sizeof(int64_t));
    case FIELD_BOOL:
        return *(const int8_t *)at < 0 ? SLICE_ABSENT : slice_of(at, 1);
    default:
        text = *(const struct slice *)at;
        if (text.len > RULE_FIELD_KEY_MAX)
            text.len = RULE_FIELD_KEY_MAX;
        return text;
    }
}

void rule_field_write(const struct rule_field *f, struct slice key, struct strbuf *out)
{
    struct addr addr = { { 0 }, 0 };
    char text[ADDR_TEXT_MAX];
    int64_t number;

    switch ((enum field_kind)f->field->kind) {
    case FIELD_ADDR:
        memcpy(addr.ip, key.p, sizeof addr.ip);
        if (key.len > sizeof addr.ip)
            memcpy(&addr.port, key.p + sizeof addr.ip, sizeof addr.port);
        strbuf_add(out, text,
                   f->view == RULE_VIEW_IP ? addr_format_ip(&addr, text)
                                           : addr_format(&addr, text));
        return;
    case FIELD_INT:
        memcpy(&number, key.p, sizeof number);
        strbuf_addf(out, "%" PRId64, number);
        return;
    case FIELD_BOOL:
        strbuf_add_text(out, key.p[0] ? "yes" : "no");
        return;
    default:
        rule_summary_add_group(out, key);
    }
}

void rule_field_name(const struct rule_field *f, struct strbuf *out)
{
    strbuf_add_text(out, f->field->name);
    strbuf_add_text(out, views[f->view]);
}

double rule_field_number(const struct rule_field *f, const void *record)
{
    const void *at = record_at(record, f->field);
    int64_t whole = RECORD_NONE;

    switch ((enum field_kind)f->field->kind) {
    case FIELD_REAL:
        return *(const double *)at;
    case FIELD_INT:
        whole = *(const int64_t *)at;
        return whole == RECORD_NONE ? NAN : (double)whole;
    case FIELD_TIME:
        whole = *(const int64_t *)at;
        return whole == RECORD_NONE ? NAN : (double)whole / 1e9;
    case FIELD_BOOL:
        return *(const int8_t *)at < 0 ? NAN : *(const int8_t *)at;
    default:
        return NAN;
    }
}
