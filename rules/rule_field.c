#include "rules/rule_field.h"

#include "analyzer/base/nearest.h"
#include "rules/rule_shape.h"
#include "rules/rule_summary.h"
#include "rules/rule_unit.h"

#include <inttypes.h>
#include <math.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { NAMES_MAX = 160 };

#define BAND_LEAST 1e-6 /* of measured values, less is nothing */

/* What stands behind the field's name. */
static const char *const views[] = { [RULE_VIEW_WHOLE] = "",
                                     [RULE_VIEW_IP] = ".ip",
                                     [RULE_VIEW_SHAPE] = ".shape",
                                     [RULE_VIEW_TRUNK] = "" };

/* --- names ---------------------------------------------------------------------------------- */

static char plain(char c)
{
    return c == '-' || c == '.' ? '_' : c;
}

static bool is_same(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (plain(a.p[i]) != plain(b.p[i]))
            return false;
    }
    return true;
}

static const struct record_field *find_member(const struct record_type *type, struct slice name)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (is_same(slice_of_text(type->fields[i].name), name))
            return &type->fields[i];
    }
    return NULL;
}

bool rule_field_find(struct rule_field *out, const struct record_type *type, struct slice name)
{
    struct rule_field f = { find_member(type, name), RULE_VIEW_WHOLE };

    if (!f.field && type == &record_type_call && slice_eq(name, SLICE("trunk"))) {
        f.field = record_field_find(type, SLICE("trunk_out"));
        f.view = RULE_VIEW_TRUNK;
    }
    for (uint8_t v = RULE_VIEW_IP; !f.field && v <= RULE_VIEW_SHAPE; v++) {
        struct slice view = slice_of_text(views[v]);
        uint8_t kind = v == RULE_VIEW_IP ? FIELD_ADDR : FIELD_TEXT;

        if (name.len <= view.len ||
            !is_same(slice_of(name.p + name.len - view.len, view.len), view))
            continue;
        f.field = find_member(type, slice_of(name.p, name.len - view.len));
        f.view = v;
        if (f.field && f.field->kind != kind)
            f.field = NULL;
    }
    if (f.field)
        *out = f;
    return f.field != NULL;
}

const char *rule_field_nearest(const struct record_type *type, struct slice name)
{
    const char *names[NAMES_MAX];
    size_t count = 0;

    while (count < type->field_count && count < NAMES_MAX - 1) {
        names[count] = type->fields[count].name;
        count++;
    }
    if (type == &record_type_call)
        names[count++] = "trunk";
    return nearest_name(name, names, count);
}

static const char *name_of(const struct rule_field *f)
{
    return f->view == RULE_VIEW_TRUNK ? "trunk" : f->field->name;
}

void rule_field_name(const struct rule_field *f, struct strbuf *out)
{
    strbuf_add_text(out, name_of(f));
    strbuf_add_text(out, views[f->view]);
}

bool rule_field_is_called(const struct rule_field *f, struct slice name)
{
    struct slice whole = slice_of_text(name_of(f)), view = slice_of_text(views[f->view]);

    return name.len == whole.len + view.len && is_same(slice_of(name.p, whole.len), whole) &&
           is_same(slice_of(name.p + whole.len, view.len), view);
}

/* --- what may be grouped by ----------------------------------------------------------------- */

/* Texts and addresses that are another one each time, or can be. */
static const struct {
    const char *name, *instead;
} endless[] = {
    { "call_id", "trunk_out, dst.ip or another field that few values have" },
    { "from_tag", "from_user.shape" },
    { "to_tag", "to_user.shape" },
    { "from_uri", "from_user.shape, or from_user where the callers are known" },
    { "to_uri", "destination, to_user.shape, or to_user where the callees are known" },
    { "request_uri", "destination, or to_user.shape" },
    { "reason_header", "q850_cause, or final_status" },
    { "contact", "user, or source" },
    { "serial", "server" },
    { "fingerprint", "server" },
};

/* Numbers that are names. */
static const char *const codes[] = {
    "final_status", "last_status", "q850_cause",   "session_expires_s",
    "expires_s",    "key_bits",    "payload_type", "dscp",
};

static bool has_name(const struct record_field *field, const char *name)
{
    return strcmp(field->name, name) == 0;
}

static const char *find_endless(const struct rule_field *f, const struct record_type *type)
{
    if (f->view == RULE_VIEW_IP || f->view == RULE_VIEW_SHAPE)
        return NULL;
    /* A client's port is another one with each connection. */
    if (f->field->kind == FIELD_ADDR && has_name(f->field, "src"))
        return "src.ip";
    for (size_t i = 0; i < COUNT(endless); i++) {
        if (has_name(f->field, endless[i].name))
            return type == &record_type_transaction && i < 6 ? "user, src.ip or dst.ip"
                                                             : endless[i].instead;
    }
    return NULL;
}

static bool is_code(const struct record_field *field)
{
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (has_name(field, codes[i]))
            return true;
    }
    return false;
}

bool rule_field_is_groupable(const struct rule_field *f, const struct record_type *type)
{
    switch ((enum field_kind)f->field->kind) {
    case FIELD_TEXT:
    case FIELD_ADDR:
        return find_endless(f, type) == NULL;
    case FIELD_INT:
        return is_code(f->field);
    case FIELD_BOOL:
        return true;
    default:
        return false;
    }
}

const char *rule_field_instead(const struct rule_field *f, const struct record_type *type)
{
    const char *instead = find_endless(f, type);

    if (instead)
        return instead;
    switch ((enum field_kind)f->field->kind) {
    case FIELD_ID:
        return "what tells where it came from or went to: trunk_out, dst.ip, source";
    case FIELD_TIME:
        return "nothing: the window goes by time already";
    case FIELD_INT:
    case FIELD_REAL:
        return "a name, and measure it ('of'), or compare it in 'where'";
    default:
        return "a field that is a single word, and look into it in 'where'";
    }
}

bool rule_field_has_key(const struct rule_field *f)
{
    uint8_t kind = f->field->kind;

    return kind == FIELD_TEXT || kind == FIELD_INT || kind == FIELD_BOOL || kind == FIELD_ADDR ||
           kind == FIELD_ID || kind == FIELD_JSON || kind == FIELD_REAL;
}

bool rule_field_is_number(const struct rule_field *f)
{
    uint8_t kind = f->field->kind;

    return f->view == RULE_VIEW_WHOLE &&
           (kind == FIELD_INT || kind == FIELD_REAL || kind == FIELD_BOOL || kind == FIELD_TIME);
}

/* --- values --------------------------------------------------------------------------------- */

static struct slice text_key(const struct rule_field *f, struct slice text, struct strbuf *room)
{
    if (text.len > RULE_FIELD_KEY_MAX)
        text.len = RULE_FIELD_KEY_MAX;
    if (f->view != RULE_VIEW_SHAPE || !text.p)
        return text;
    strbuf_reset(room);
    rule_shape_write(room, text);
    return room->failed ? SLICE_ABSENT : strbuf_slice(room);
}

/* 1, 2 or 5 times a power of ten: where the stretch begins that a measured value lies in. */
static double band_of(double value)
{
    static const double steps[] = { 5, 2, 1 };
    double tens, size = fabs(value);

    if (size < BAND_LEAST)
        return 0;
    tens = pow(10, floor(log10(size)));
    for (size_t i = 0; i < COUNT(steps); i++) {
        if (size >= steps[i] * tens * (1 - 1e-9))
            return copysign(steps[i] * tens, value);
    }
    return copysign(tens, value);
}

static struct slice band_key(double value, struct strbuf *room)
{
    double band;

    if (!isfinite(value))
        return SLICE_ABSENT;
    band = band_of(value);
    strbuf_reset(room);
    strbuf_add(room, &band, sizeof band);
    return room->failed ? SLICE_ABSENT : strbuf_slice(room);
}

struct slice rule_field_key(const struct rule_field *f, const void *record, struct strbuf *room)
{
    static const struct addr none;
    const void *at = record_at(record, f->field);

    switch ((enum field_kind)f->field->kind) {
    case FIELD_ADDR:
        if (addr_eq(at, &none))
            return SLICE_ABSENT;
        return slice_of(at, f->view == RULE_VIEW_IP ? 16 : sizeof(struct addr));
    case FIELD_INT:
        return *(const int64_t *)at == RECORD_NONE ? SLICE_ABSENT : slice_of(at, sizeof(int64_t));
    case FIELD_BOOL:
        return *(const int8_t *)at < 0 ? SLICE_ABSENT : slice_of(at, 1);
    case FIELD_ID:
        return *(const uint64_t *)at == 0 ? SLICE_ABSENT : slice_of(at, sizeof(uint64_t));
    case FIELD_REAL:
        return band_key(*(const double *)at, room);
    case FIELD_TEXT:
    case FIELD_JSON:
        if (f->view == RULE_VIEW_TRUNK && !((const struct slice *)at)->p)
            at = &((const struct call_record *)record)->trunk_in;
        return text_key(f, *(const struct slice *)at, room);
    default:
        return SLICE_ABSENT;
    }
}

/* ["PCMA","PCMU"] as PCMA, PCMU. */
static void write_json(struct slice json, struct strbuf *out)
{
    struct strbuf plain_text = { 0 };

    for (size_t i = 0; i < json.len; i++) {
        char c = json.p[i];

        if (!strchr("[]{}\"", c) || !c)
            strbuf_add_char(&plain_text, c);
        if (c == ',')
            strbuf_add_char(&plain_text, ' ');
    }
    if (!plain_text.failed)
        rule_summary_add_group(out, strbuf_slice(&plain_text));
    strbuf_fini(&plain_text);
}

/* "2 % to 5 %" */
static void write_band(const struct rule_field *f, double band, struct strbuf *out)
{
    const char *unit = rule_unit_of_field(f->field);
    struct slice name = unit ? slice_of_text(unit) : SLICE_ABSENT;
    double digit = fabs(band) / pow(10, floor(log10(fabs(band)) + 1e-9));
    double end = band * (digit > 1.5 && digit < 3.5 ? 2.5 : 2);

    if (band == 0) {
        rule_unit_write(out, 0, name);
        return;
    }
    rule_unit_write(out, band, name);
    strbuf_add_text(out, " to ");
    rule_unit_write(out, end, name);
}

void rule_field_write(const struct rule_field *f, struct slice key, struct strbuf *out)
{
    struct addr addr = { { 0 }, 0 };
    char text[ADDR_TEXT_MAX];
    int64_t number;
    double band;
    uint64_t id;

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
    case FIELD_ID:
        memcpy(&id, key.p, sizeof id);
        strbuf_addf(out, "%016" PRIx64, id);
        return;
    case FIELD_BOOL:
        strbuf_add_text(out, key.p[0] ? "yes" : "no");
        return;
    case FIELD_REAL:
        memcpy(&band, key.p, sizeof band);
        write_band(f, band, out);
        return;
    case FIELD_JSON:
        write_json(key, out);
        return;
    default:
        rule_summary_add_group(out, key);
    }
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
