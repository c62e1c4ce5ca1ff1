#include "probe/web/params.h"

#include "analyzer/base/nearest.h"
#include "analyzer/record_id.h"
#include "storage/export/export.h"
#include "storage/search/search.h"

enum { NAME_SHOWN_BYTES = 40, BAD_SECONDS_MAX = 1000000000, EXPORT_CALLS_MAX = 1000000000 };

#define NS_PER_S 1000000000ll
/* 2112: where record ids end (record_id.h). */
#define SECONDS_MAX 4500000000ull

void params_add(struct params *p, struct slice fragment)
{
    struct slice value = fragment;
    struct slice name = slice_cut(&value, '=');

    if (fragment.len == 0)
        return;
    if (p->count == PARAMS_MAX) {
        p->too_many = true;
        return;
    }
    p->list[p->count++] = (struct param){ name, value };
}

/* "12", "12.5": digits, then at most that many decimals, scaled to an integer. */
static bool to_scaled(struct slice text, uint64_t whole_max, int decimals, int64_t *scaled)
{
    struct slice part = text;
    struct slice whole_text = slice_cut(&part, '.');
    bool has_point = whole_text.len < text.len;
    uint64_t whole, fraction = 0;
    int64_t scale = 1;

    if (!slice_to_u64(whole_text, whole_max, &whole))
        return false;
    if (has_point && (part.len > (size_t)decimals || !slice_to_u64(part, INT64_MAX, &fraction)))
        return false;
    for (int i = 0; i < decimals; i++) {
        scale *= 10;
        if (has_point && (size_t)i >= part.len)
            fraction *= 10;
    }
    *scaled = (int64_t)whole * scale + (int64_t)fraction;
    return true;
}

bool params_parse_id(struct slice text, uint64_t *id)
{
    uint64_t value = 0;

    if (text.len != RECORD_ID_TEXT_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        unsigned digit;

        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (unsigned)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = (unsigned)(c - 'A') + 10;
        else
            return false;
        value = value << 4 | digit;
    }
    *id = value;
    return value != 0;
}

/* --- the older filters, each as a word of a filter ------------------------------------------- */

static struct strbuf *begin_word(struct asked *a, const char *field)
{
    if (a->older.len)
        strbuf_add_char(&a->older, ' ');
    strbuf_add_text(&a->older, field);
    return &a->older;
}

/* The value stands for itself, whatever is in it. */
static bool add_word(struct asked *a, const char *field, struct slice value)
{
    filter_print_text(begin_word(a, field), value);
    return true;
}

static bool set_text(struct asked *a, struct slice value)
{
    struct addr ignored;
    struct strbuf *b;

    if (addr_parse_ip(value, &ignored))
        return add_word(a, "ip:", value);
    /* Quoted, so that nothing in it is a field or a keyword. */
    b = begin_word(a, "\"");
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\')
            strbuf_add_char(b, '\\');
        strbuf_add_char(b, value.p[i]);
    }
    strbuf_add_char(b, '"');
    return true;
}

static bool set_call_id(struct asked *a, struct slice value)
{
    bool is_prefix = value.p[value.len - 1] == '*';

    add_word(a, "call_id:", slice_of(value.p, value.len - is_prefix));
    if (is_prefix)
        strbuf_add_char(&a->older, '*');
    return true;
}

static bool set_number(struct asked *a, struct slice value)
{
    add_word(a, "number:*", value);
    strbuf_add_char(&a->older, '*');
    return true;
}

static bool set_ip(struct asked *a, struct slice value)
{
    struct addr ignored;

    return add_word(a, "ip:", value) && addr_parse_ip(value, &ignored);
}

static bool set_status(struct asked *a, struct slice value)
{
    uint64_t n;

    add_word(a, "status:", value);
    if (value.len == 3 && value.p[0] >= '1' && value.p[0] <= '6' &&
        slice_ieq(slice_of(value.p + 1, 2), SLICE("xx")))
        return true;
    return slice_to_u64(value, 699, &n) && n >= 100;
}

static bool set_state(struct asked *a, struct slice value)
{
    struct slice states = slice_of_text(filter_field_find(SLICE("state"))->values);

    add_word(a, "state:", value);
    while (states.len) {
        if (slice_eq(value, slice_cut(&states, ' ')))
            return true;
    }
    return false;
}

/* One of the words of a list with blanks between. */
static bool is_word_of(struct slice value, const char *words)
{
    struct slice rest = slice_of_text(words);

    while (rest.len) {
        if (slice_eq(value, slice_cut(&rest, ' ')))
            return true;
    }
    return false;
}

/* "firing" or "firing,pending" */
static bool set_alert_state(struct asked *a, struct slice value)
{
    a->state = value;
    while (value.len) {
        if (!is_word_of(slice_cut(&value, ','), "pending firing resolved passed"))
            return false;
    }
    return true;
}

static bool set_severity(struct asked *a, struct slice value)
{
    a->severity = value;
    return is_word_of(value, "info warning critical");
}

static bool set_rule(struct asked *a, struct slice value)
{
    a->rule = value;
    return true;
}

static bool set_delivery_state(struct asked *a, struct slice value)
{
    a->state = value;
    return is_word_of(value, "waiting delivered dead");
}

static bool set_number_cursor(struct asked *a, struct slice value)
{
    uint64_t n;

    if (!slice_to_u64(value, INT64_MAX, &n) || n == 0)
        return false;
    a->before_number = (int64_t)n;
    return true;
}

static bool set_since(struct asked *a, struct slice value)
{
    return add_word(a, "since:@", value) && to_scaled(value, SECONDS_MAX, 9, &a->since);
}

static bool set_until(struct asked *a, struct slice value)
{
    return add_word(a, "until:@", value) && to_scaled(value, SECONDS_MAX, 9, &a->until);
}

static bool is_mos(struct slice value)
{
    int64_t thousandths;

    return to_scaled(value, 5, 3, &thousandths) && thousandths >= 1000 && thousandths <= 5000;
}

static bool set_mos_min(struct asked *a, struct slice value)
{
    return add_word(a, "mos>=", value) && is_mos(value);
}

static bool set_mos_max(struct asked *a, struct slice value)
{
    return add_word(a, "mos<=", value) && is_mos(value);
}

static bool is_truth(struct slice value)
{
    return slice_eq(value, SLICE("true")) || slice_eq(value, SLICE("false"));
}

static bool set_one_way(struct asked *a, struct slice value)
{
    return add_word(a, "one_way:", value) && is_truth(value);
}

/* A name of ours: small letters, digits, underscores. */
static bool is_name(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.p[i];

        if (c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9'))
            return false;
    }
    return true;
}

static bool set_verdict(struct asked *a, struct slice value)
{
    return add_word(a, "verdict:", value) && is_name(value);
}

static bool set_bad_seconds_min(struct asked *a, struct slice value)
{
    uint64_t n;

    return add_word(a, "bad_seconds>=", value) && slice_to_u64(value, BAD_SECONDS_MAX, &n) && n > 0;
}

static bool set_fax(struct asked *a, struct slice value)
{
    return add_word(a, "fax:", value) && is_truth(value);
}

static bool set_trunk_in(struct asked *a, struct slice value)
{
    return add_word(a, "trunk_in:", value);
}

static bool set_trunk_out(struct asked *a, struct slice value)
{
    return add_word(a, "trunk_out:", value);
}

static bool set_destination(struct asked *a, struct slice value)
{
    return add_word(a, "destination:", value);
}

static bool set_ended_how(struct asked *a, struct slice value)
{
    return add_word(a, "ended_how:", value) && is_name(value);
}

static bool set_deviation(struct asked *a, struct slice value)
{
    return add_word(a, "deviation:", value) && is_name(value);
}

/* --- what is found, and how it is given ------------------------------------------------------ */

static bool set_filter(struct asked *a, struct slice value)
{
    a->filter = value;
    return true;
}

static bool set_fields(struct asked *a, struct slice value)
{
    a->fields = value;
    return true;
}

static bool has_id(const struct asked *a, uint64_t id)
{
    for (size_t i = 0; i < a->id_count; i++) {
        if (a->ids[i] == id)
            return true;
    }
    return false;
}

static bool set_ids(struct asked *a, struct slice value)
{
    while (value.len) {
        uint64_t id;

        if (!params_parse_id(slice_cut(&value, ','), &id))
            return false;
        if (has_id(a, id))
            continue;
        if (a->id_count == PARAMS_IDS_MAX)
            return false;
        a->ids[a->id_count++] = id;
    }
    return true;
}

static bool set_sort(struct asked *a, struct slice value)
{
    struct slice name = value.p[0] == '-' ? slice_of(value.p + 1, value.len - 1) : value;
    const struct filter_field *field = filter_field_find(name);

    a->sort = value;
    return field && field->is_sortable;
}

static const char *const formats[] = { "wav", "flac", "ogg", "peaks" };
static const char *const gaps_words[] = { "conceal", "silence" };
enum { FORMATS_OF_SOUND = 3, GAPS = 2 };

const char *params_format_name(uint8_t format)
{
    return formats[format];
}

const char *params_gaps_name(uint8_t gaps)
{
    return gaps_words[gaps];
}

static bool to_word(struct slice value, const char *const *words, uint8_t count, uint8_t *out)
{
    for (*out = 0; *out < count; ++*out) {
        if (slice_eq(value, slice_of_text(words[*out])))
            return true;
    }
    return false;
}

static bool set_format(struct asked *a, struct slice value)
{
    return to_word(value, formats, FORMATS_OF_SOUND, &a->format);
}

static bool set_export_format(struct asked *a, struct slice value)
{
    enum export_format format;
    bool known = export_format_find(value, &format);

    if (known)
        a->export_format = (uint8_t)format;
    return known;
}

static bool set_packets_format(struct asked *a, struct slice value)
{
    return set_export_format(a, value) && export_formats[a->export_format].has_packets;
}

static bool set_export_limit(struct asked *a, struct slice value)
{
    uint64_t n;

    if (!slice_to_u64(value, EXPORT_CALLS_MAX, &n) || n == 0)
        return false;
    a->export_limit = (size_t)n;
    return true;
}

static bool set_gaps(struct asked *a, struct slice value)
{
    return to_word(value, gaps_words, GAPS, &a->gaps);
}

static bool set_buckets(struct asked *a, struct slice value)
{
    uint64_t n;

    if (!slice_to_u64(value, PARAMS_BUCKETS_MAX, &n) || n == 0)
        return false;
    a->buckets = (uint32_t)n;
    return true;
}

static bool set_legs(struct asked *a, struct slice value)
{
    a->legs = slice_eq(value, SLICE("true"));
    return a->legs || slice_eq(value, SLICE("false"));
}

static bool set_over(struct asked *a, struct slice value)
{
    a->over = slice_eq(value, SLICE("true"));
    return is_truth(value);
}

static bool set_hours(struct asked *a, struct slice value)
{
    uint64_t n;

    if (!slice_to_u64(value, PARAMS_HOURS_MAX, &n) || n == 0)
        return false;
    a->hours = (unsigned)n;
    return true;
}

static bool set_registration_state(struct asked *a, struct slice value)
{
    a->state = value;
    return is_word_of(value, "registered failing flapping expired removed");
}

static bool set_registration_text(struct asked *a, struct slice value)
{
    a->text = value;
    return true;
}

static bool set_kind(struct asked *a, struct slice value)
{
    a->kind = value;
    return is_name(value);
}

static bool set_days_left(struct asked *a, struct slice value)
{
    a->by_days_left = true;
    return slice_eq(value, SLICE("days_left"));
}

static bool set_user(struct asked *a, struct slice value)
{
    a->user = value;
    return true;
}

static bool set_deed(struct asked *a, struct slice value)
{
    a->deed = value;
    return true;
}

static bool set_call(struct asked *a, struct slice value)
{
    a->call = value;
    return true;
}

static bool set_source(struct asked *a, struct slice value)
{
    struct addr ignored;

    a->source = value;
    return addr_parse_ip(value, &ignored);
}

static bool set_method(struct asked *a, struct slice value)
{
    a->method = value;
    return is_word_of(value, "register options message subscribe");
}

static bool set_minutes(struct asked *a, struct slice value)
{
    uint64_t n;

    if (!slice_to_u64(value, PARAMS_MINUTES_MAX, &n) || n == 0)
        return false;
    a->minutes = (unsigned)n;
    return true;
}

static bool set_overview_minutes(struct asked *a, struct slice value)
{
    uint64_t n;

    if (!slice_to_u64(value, PARAMS_OVERVIEW_MINUTES_MAX, &n) || n == 0)
        return false;
    a->overview_minutes = (unsigned)n;
    return true;
}

static bool set_limit(struct asked *a, struct slice value)
{
    uint64_t n;

    if (!slice_to_u64(value, PARAMS_LIMIT_MAX, &n) || n == 0)
        return false;
    a->limit = (size_t)n;
    return true;
}

static bool set_cursor(struct asked *a, struct slice value)
{
    return params_parse_id(value, &a->before);
}

static bool set_search_cursor(struct asked *a, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.p[i];

        if (c != '.' && (c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z'))
            return false;
    }
    a->cursor = value;
    return value.len < SEARCH_CURSOR_MAX;
}

static const struct {
    const char *name;
    unsigned set; /* enum params_set */
    bool (*read)(struct asked *asked, struct slice value);
    const char *expected;
} rows[] = {
    { "q", PARAMS_SEARCH, set_text, "a Call-ID, a part of a number, or an IP" },
    { "call_id", PARAMS_SEARCH, set_call_id, "a Call-ID, or the beginning of one and a *" },
    { "number", PARAMS_SEARCH, set_number, "a part of the From or To user" },
    { "ip", PARAMS_SEARCH, set_ip, "an IPv4 or IPv6 address without port" },
    { "status", PARAMS_SEARCH, set_status, "a status as 486, or a class as 5xx" },
    { "state", PARAMS_SEARCH, set_state,
      "trying, ringing, in_call, completed, cancelled, failed, abandoned or interrupted" },
    { "state", PARAMS_ALERTS, set_alert_state,
      "pending, firing, resolved or passed, or several with commas between" },
    { "severity", PARAMS_ALERTS, set_severity, "info, warning or critical" },
    { "rule", PARAMS_ALERTS, set_rule, "the name of a rule" },
    { "state", PARAMS_DELIVERIES, set_delivery_state, "waiting, delivered or dead" },
    { "over", PARAMS_SILENCES, set_over, "true or false" },
    { "deed", PARAMS_AUDIT, set_deed, "what was done, as listen" },
    { "call", PARAMS_AUDIT, set_call, "the id of a call, or its Call-ID" },
    { "since", PARAMS_SEARCH | PARAMS_ALERTS | PARAMS_AUDIT, set_since, "seconds since 1970" },
    { "until", PARAMS_SEARCH | PARAMS_WINDOW | PARAMS_SPAN | PARAMS_OVERVIEW | PARAMS_AUDIT,
      set_until, "seconds since 1970" },
    { "mos_min", PARAMS_SEARCH, set_mos_min, "a number from 1 to 5" },
    { "mos_max", PARAMS_SEARCH, set_mos_max, "a number from 1 to 5" },
    { "one_way", PARAMS_SEARCH, set_one_way, "true or false" },
    { "verdict", PARAMS_SEARCH, set_verdict, "a media_verdict, as one_way or silent" },
    { "bad_seconds_min", PARAMS_SEARCH, set_bad_seconds_min, "a number of seconds, 1 or more" },
    { "fax", PARAMS_SEARCH, set_fax, "true or false" },
    { "trunk_in", PARAMS_SEARCH, set_trunk_in, "the name of a trunk" },
    { "trunk_out", PARAMS_SEARCH, set_trunk_out, "the name of a trunk" },
    { "destination", PARAMS_SEARCH, set_destination, "the name of a destination" },
    { "ended_how", PARAMS_SEARCH, set_ended_how, "how a call ends, as bye or ack_timeout" },
    { "deviation", PARAMS_SEARCH, set_deviation, "the name of a deviation, as ack_missing" },
    { "legs", PARAMS_LEGS | PARAMS_PACKETS, set_legs, "true or false" },
    { "hours", PARAMS_SPAN, set_hours, "a number from 1 to 168" },
    { "state", PARAMS_REGISTRATIONS, set_registration_state,
      "registered, failing, flapping, expired or removed" },
    { "q", PARAMS_REGISTRATIONS, set_registration_text,
      "a part of a user, a domain or an address" },
    { "kind", PARAMS_SOURCES, set_kind, "what a source did, as scanner_agent" },
    { "sort", PARAMS_CERTIFICATES, set_days_left, "days_left" },
    { "user", PARAMS_TRANSACTIONS | PARAMS_AUDIT, set_user, "a user, as the record has it" },
    { "source", PARAMS_TRANSACTIONS, set_source, "an IPv4 or IPv6 address without port" },
    { "method", PARAMS_TRANSACTIONS, set_method, "register, options, message or subscribe" },
    { "minutes", PARAMS_WINDOW, set_minutes, "a number from 1 to 1440" },
    { "minutes", PARAMS_OVERVIEW, set_overview_minutes, "a number from 1 to 10080" },
    { "limit",
      PARAMS_PAGE | PARAMS_SEARCH | PARAMS_DELIVERIES | PARAMS_REGISTRATIONS | PARAMS_AUDIT,
      set_limit, "a number from 1 to 1000" },
    { "cursor", PARAMS_DELIVERIES | PARAMS_AUDIT, set_number_cursor,
      "the next of the page before" },
    { "cursor", PARAMS_PAGE, set_cursor, "the next of the page before" },
    { "cursor", PARAMS_SEARCH | PARAMS_REGISTRATIONS, set_search_cursor,
      "the next of the page before" },
    { "format", PARAMS_SOUND, set_format, "wav, flac or ogg" },
    { "format", PARAMS_PACKETS, set_packets_format, "pcap, pcapng, pcap.lz4 or pcapng.lz4" },
    { "format", PARAMS_EXPORT, set_export_format,
      "pcap, pcapng, pcap.lz4, pcapng.lz4, csv or jsonl" },
    { "filter", PARAMS_SEARCH | PARAMS_EXPORT | PARAMS_FACETS, set_filter,
      "a filter, see docs/FILTER.md" },
    { "sort", PARAMS_SEARCH | PARAMS_EXPORT, set_sort,
      "a field of /fields that is sortable, or that with a - before it" },
    { "fields", PARAMS_SEARCH, set_fields, "names of fields of a call, commas between" },
    { "ids", PARAMS_EXPORT, set_ids,
      "ids of calls, 16 hex digits each, commas between, 200 at most" },
    { "limit", PARAMS_EXPORT, set_export_limit, "a number from 1 to 1000000000" },
    { "gaps", PARAMS_SOUND, set_gaps, "conceal or silence" },
    { "buckets", PARAMS_PEAKS, set_buckets, "a number from 1 to 8192" },
};
enum { ROWS = sizeof rows / sizeof *rows };

_Static_assert(ROWS <= 64, "read_one keeps a bit for each");

const char *params_name(unsigned accepted, size_t at)
{
    for (size_t i = 0; i < ROWS; i++) {
        if ((rows[i].set & accepted) && at-- == 0)
            return rows[i].name;
    }
    return NULL;
}

static size_t find_row(struct slice name, unsigned accepted)
{
    size_t i = 0;

    while (i < ROWS && !((rows[i].set & accepted) && slice_eq(slice_of_text(rows[i].name), name)))
        i++;
    return i;
}

static void add_name(struct strbuf *error, struct slice name)
{
    strbuf_add_char(error, '\'');
    strbuf_add_printable(
        error, slice_of(name.p, name.len < NAME_SHOWN_BYTES ? name.len : NAME_SHOWN_BYTES));
    strbuf_add_char(error, '\'');
}

static void say_unknown(struct strbuf *error, struct slice name, unsigned accepted)
{
    const char *names[ROWS];
    size_t n = 0;
    const char *meant;

    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].set & accepted)
            names[n++] = rows[i].name;
    }
    strbuf_add_text(error, "unknown parameter ");
    add_name(error, name);
    meant = name.len <= NAME_SHOWN_BYTES ? nearest_name(name, names, n) : NULL;
    if (meant)
        strbuf_addf(error, ", did you mean '%s'?", meant);
}

static bool read_one(const struct param *param, unsigned accepted, uint64_t *seen,
                     struct asked *asked, struct strbuf *error)
{
    size_t row = find_row(param->name, accepted);

    if (row == ROWS) {
        say_unknown(error, param->name, accepted);
        return false;
    }
    if (*seen & UINT64_C(1) << row) {
        strbuf_addf(error, "parameter '%s' is given twice", rows[row].name);
        return false;
    }
    *seen |= UINT64_C(1) << row;
    /* The filter says itself what is too long for it, lists have a length of their own. */
    if (param->value.len == 0 ||
        (param->value.len > PARAMS_VALUE_MAX_BYTES && rows[row].read != set_filter &&
         rows[row].read != set_ids && rows[row].read != set_fields) ||
        !rows[row].read(asked, param->value)) {
        strbuf_addf(error, "bad value of parameter '%s': expected %s", rows[row].name,
                    rows[row].expected);
        return false;
    }
    return true;
}

bool params_read(const struct params *p, unsigned accepted, struct asked *asked,
                 struct strbuf *error)
{
    uint64_t seen = 0;

    *asked = (struct asked){ .buckets = PARAMS_BUCKETS_DEFAULT,
                             .minutes = PARAMS_MINUTES_DEFAULT,
                             .overview_minutes = PARAMS_OVERVIEW_MINUTES,
                             .hours = PARAMS_HOURS_DEFAULT,
                             .limit = PARAMS_LIMIT_DEFAULT,
                             .since = RECORD_NONE,
                             .until = RECORD_NONE };
    if (p->too_many) {
        strbuf_addf(error, "more than %d parameters", PARAMS_MAX);
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (!read_one(&p->list[i], accepted, &seen, asked, error))
            return false;
    }
    if (asked->since != RECORD_NONE && asked->until != RECORD_NONE && asked->since > asked->until) {
        strbuf_add_text(error, "parameter 'since' is after 'until'");
        return false;
    }
    if (asked->id_count && (asked->filter.p || asked->sort.p)) {
        strbuf_add_text(error, "parameter 'ids' names the calls: no filter and no sort beside it");
        return false;
    }
    if (asked->older.failed)
        strbuf_add_text(error, "out of memory");
    return !asked->older.failed;
}

void params_fini(struct asked *asked)
{
    strbuf_fini(&asked->older);
}
