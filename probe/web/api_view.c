#include "probe/web/api_view.h"

#include "analyzer/base/json_item.h"
#include "analyzer/privacy/privacy_filter.h"
#include "analyzer/privacy/privacy_json.h"
#include "analyzer/privacy/sip_scrub.h"

#include <errno.h>

#define ASK_OTHERS "numbers and names are masked for you, so they cannot be searched for either"

bool api_view_is_masked(const struct api_context *c)
{
    return identity_is_masked(&c->x->who);
}

const void *api_view_record(struct api_context *c, const struct record_type *type,
                            const void *record)
{
    const void *shown;

    if (!api_view_is_masked(c))
        return record;
    shown = privacy_record(&c->api->view, type, record, &c->api->scratch);
    if (!shown)
        c->x->body.failed = true;
    return shown;
}

void api_view_json(struct api_context *c, size_t from)
{
    struct strbuf *body = &c->x->body;

    if (api_view_is_masked(c) && !body->failed && body->len > from) {
        from += body->p[from] == ',';
        privacy_json(&c->api->view, body->p + from, body->len - from);
    }
}

void api_view_line(const struct api_context *c, char *text, size_t len)
{
    if (api_view_is_masked(c))
        privacy_json(&c->api->view, text, len);
}

void api_view_write_alert_fields(struct api_context *c, const struct alert_record *alert,
                                 const char *const *names, size_t count)
{
    struct strbuf whole = { 0 };
    struct jsonw j = jsonw_to(&whole);

    if (!api_view_is_masked(c)) {
        api_call_write_fields(&c->json, &record_type_alert, alert, names, count);
        return;
    }
    record_write_json(&j, &record_type_alert, alert);
    if (!whole.failed)
        privacy_json(&c->api->view, whole.p, whole.len);
    for (size_t i = 0; i < count; i++) {
        struct slice value =
            whole.failed ? SLICE_ABSENT : json_item_get(strbuf_slice(&whole), names[i]);

        jsonw_key(&c->json, names[i]);
        if (value.p)
            jsonw_raw(&c->json, value);
        else
            jsonw_null(&c->json);
    }
    strbuf_fini(&whole);
}

struct slice api_view_message(const struct api_context *c, struct slice raw, struct strbuf *room)
{
    struct scrub_counts counts = { { 0 } };

    if (!api_view_is_masked(c))
        return raw;
    strbuf_reset(room);
    strbuf_add_slice(room, raw);
    if (room->failed || !room->p)
        return SLICE_ABSENT;
    sip_scrub(&c->api->view, room->p, room->len, &counts);
    return strbuf_slice(room);
}

bool api_view_refuses_filter(struct api_context *c, const struct filter *filter,
                             const struct filter_field *sort)
{
    const struct filter_field *field;

    if (!api_view_is_masked(c))
        return false;
    field = privacy_filter_find_masked(filter);
    if (!field && sort && privacy_filter_is_masked(sort))
        field = sort;
    if (!field)
        return false;
    exchange_fail(c->x, 400, ASK_OTHERS " (%s): this needs the right 'numbers'", field->name);
    return true;
}

bool api_view_refuses(struct api_context *c, const char *parameter, struct slice value)
{
    if (!value.p || !api_view_is_masked(c))
        return false;
    exchange_fail(c->x, 400, ASK_OTHERS " (parameter '%s'): this needs the right 'numbers'",
                  parameter);
    return true;
}
