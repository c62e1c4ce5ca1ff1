#include "probe/web/params.h"

#include "analyzer/base/nearest.h"
#include "analyzer/record_id.h"
#include "storage/export/export.h"

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

static bool set_text(struct asked *a, struct slice value)
{
    a->calls.text = value;
    return true;
}

static bool set_call_id(struct asked *a, struct slice value)
{
    a->calls.call_id = value;
    return true;
}

static bool set_number(struct asked *a, struct slice value)
{
    a->calls.number = value;
    return true;
}

static bool set_ip(struct asked *a, struct slice value)
{
    struct addr ignored;

    a->calls.ip = value;
    return addr_parse_ip(value, &ignored);
}

static bool set_status(struct asked *a, struct slice value)
{
    uint64_t n;

    if (value.len == 3 && value.p[0] >= '1' && value.p[0] <= '6' &&
        slice_ieq(slice_of(value.p + 1, 2), SLICE("xx"))) {
        a->calls.status_min = (value.p[0] - '0') * 100;
        a->calls.status_max = a->calls.status_min + 99;
        return true;
    }
    if (!slice_to_u64(value, 699, &n) || n < 100)
        return false;
    a->calls.status_min = a->calls.status_max = (int)n;
    return true;
}

static bool set_state(struct asked *a, struct slice value)
{
    static const struct slice states[] = {
        SLICE_INIT("trying"),    SLICE_INIT("ringing"),     SLICE_INIT("in_call"),
        SLICE_INIT("completed"), SLICE_INIT("cancelled"),   SLICE_INIT("failed"),
        SLICE_INIT("abandoned"), SLICE_INIT("interrupted"),
    };

    a->calls.state = value;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (slice_eq(value, states[i]))
            return true;
    }
    return false;
}

static bool set_since(struct asked *a, struct slice value)
{
    return to_scaled(value, SECONDS_MAX, 9, &a->calls.since);
}

static bool set_until(struct asked *a, struct slice value)
{
    return to_scaled(value, SECONDS_MAX, 9, &a->calls.until);
}

static bool to_mos(struct slice value, double *mos)
{
    int64_t thousandths;

    if (!to_scaled(value, 5, 3, &thousandths) || thousandths < 1000 || thousandths > 5000)
        return false;
    *mos = (double)thousandths / 1000;
    return true;
}

static bool set_mos_min(struct asked *a, struct slice value)
{
    return to_mos(value, &a->calls.mos_min);
}

static bool set_mos_max(struct asked *a, struct slice value)
{
    return to_mos(value, &a->calls.mos_max);
}

static bool set_one_way(struct asked *a, struct slice value)
{
    a->calls.one_way = slice_eq(value, SLICE("true"));
    return a->calls.one_way || slice_eq(value, SLICE("false"));
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
    a->calls.verdict = value;
    return is_name(value);
}

static bool set_bad_seconds_min(struct asked *a, struct slice value)
{
    uint64_t n;

    if (!slice_to_u64(value, BAD_SECONDS_MAX, &n) || n == 0)
        return false;
    a->calls.bad_seconds_min = (int64_t)n;
    return true;
}

static bool set_fax(struct asked *a, struct slice value)
{
    a->calls.fax = slice_eq(value, SLICE("true"));
    return a->calls.fax || slice_eq(value, SLICE("false"));
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

static bool set_export_filter(struct asked *a, struct slice value)
{
    a->export_filter = value;
    return true;
}

/* "mos", or "-mos": the largest first. */
static bool set_export_sort(struct asked *a, struct slice value)
{
    struct slice name = value.p[0] == '-' ? slice_of(value.p + 1, value.len - 1) : value;
    const struct filter_field *field = filter_field_find(name);

    a->export_sort = value;
    return field && field->is_sortable;
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

static bool set_trunk_in(struct asked *a, struct slice value)
{
    a->calls.trunk_in = value;
    return true;
}

static bool set_trunk_out(struct asked *a, struct slice value)
{
    a->calls.trunk_out = value;
    return true;
}

static bool set_destination(struct asked *a, struct slice value)
{
    a->calls.destination = value;
    return true;
}

static bool set_ended_how(struct asked *a, struct slice value)
{
    a->calls.ended_how = value;
    return is_name(value);
}

static bool set_deviation(struct asked *a, struct slice value)
{
    a->calls.deviation = value;
    return is_name(value);
}

static bool set_legs(struct asked *a, struct slice value)
{
    a->legs = slice_eq(value, SLICE("true"));
    return a->legs || slice_eq(value, SLICE("false"));
}

static bool set_minutes(struct asked *a, struct slice value)
{
    uint64_t n;

    if (!slice_to_u64(value, PARAMS_MINUTES_MAX, &n) || n == 0)
        return false;
    a->minutes = (unsigned)n;
    return true;
}

static bool set_limit(struct asked *a, struct slice value)
{
    uint64_t n;

    if (!slice_to_u64(value, PARAMS_LIMIT_MAX, &n) || n == 0)
        return false;
    a->calls.limit = (size_t)n;
    return true;
}

static bool set_cursor(struct asked *a, struct slice value)
{
    return params_parse_id(value, &a->calls.before);
}

static const struct {
    const char *name;
    unsigned set; /* enum params_set */
    bool (*read)(struct asked *asked, struct slice value);
    const char *expected;
} rows[] = {
    { "q", PARAMS_FILTER, set_text, "a Call-ID, a part of a number, or an IP" },
    { "call_id", PARAMS_FILTER, set_call_id, "a Call-ID, or the beginning of one and a *" },
    { "number", PARAMS_FILTER, set_number, "a part of the From or To user" },
    { "ip", PARAMS_FILTER, set_ip, "an IPv4 or IPv6 address without port" },
    { "status", PARAMS_FILTER, set_status, "a status as 486, or a class as 5xx" },
    { "state", PARAMS_FILTER, set_state,
      "trying, ringing, in_call, completed, cancelled, failed, abandoned or interrupted" },
    { "since", PARAMS_FILTER, set_since, "seconds since 1970" },
    { "until", PARAMS_FILTER | PARAMS_WINDOW, set_until, "seconds since 1970" },
    { "mos_min", PARAMS_FILTER, set_mos_min, "a number from 1 to 5" },
    { "mos_max", PARAMS_FILTER, set_mos_max, "a number from 1 to 5" },
    { "one_way", PARAMS_FILTER, set_one_way, "true or false" },
    { "verdict", PARAMS_FILTER, set_verdict, "a media_verdict, as one_way or silent" },
    { "bad_seconds_min", PARAMS_FILTER, set_bad_seconds_min, "a number of seconds, 1 or more" },
    { "fax", PARAMS_FILTER, set_fax, "true or false" },
    { "trunk_in", PARAMS_FILTER, set_trunk_in, "the name of a trunk" },
    { "trunk_out", PARAMS_FILTER, set_trunk_out, "the name of a trunk" },
    { "destination", PARAMS_FILTER, set_destination, "the name of a destination" },
    { "ended_how", PARAMS_FILTER, set_ended_how, "how a call ends, as bye or ack_timeout" },
    { "deviation", PARAMS_FILTER, set_deviation, "the name of a deviation, as ack_missing" },
    { "legs", PARAMS_LEGS | PARAMS_PACKETS, set_legs, "true or false" },
    { "minutes", PARAMS_WINDOW, set_minutes, "a number from 1 to 1440" },
    { "limit", PARAMS_PAGE, set_limit, "a number from 1 to 1000" },
    { "cursor", PARAMS_PAGE, set_cursor, "the next of the page before" },
    { "format", PARAMS_SOUND, set_format, "wav, flac or ogg" },
    { "format", PARAMS_PACKETS, set_packets_format, "pcap, pcapng, pcap.lz4 or pcapng.lz4" },
    { "format", PARAMS_EXPORT, set_export_format,
      "pcap, pcapng, pcap.lz4, pcapng.lz4, csv or jsonl" },
    { "filter", PARAMS_EXPORT, set_export_filter, "a filter, see docs/FILTER.md" },
    { "sort", PARAMS_EXPORT, set_export_sort, "a field that can be sorted by, a - before it" },
    { "limit", PARAMS_EXPORT, set_export_limit, "a number from 1 to 1000000000" },
    { "gaps", PARAMS_SOUND, set_gaps, "conceal or silence" },
    { "buckets", PARAMS_PEAKS, set_buckets, "a number from 1 to 8192" },
};
enum { ROWS = sizeof rows / sizeof *rows };

_Static_assert(ROWS <= 32, "read_one keeps a bit for each");

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

static bool read_one(const struct param *param, unsigned accepted, unsigned *seen,
                     struct asked *asked, struct strbuf *error)
{
    size_t row = find_row(param->name, accepted);

    if (row == ROWS) {
        say_unknown(error, param->name, accepted);
        return false;
    }
    if (*seen & 1u << row) {
        strbuf_addf(error, "parameter '%s' is given twice", rows[row].name);
        return false;
    }
    *seen |= 1u << row;
    if (param->value.len == 0 || param->value.len > PARAMS_VALUE_MAX_BYTES ||
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
    struct call_filter *filter = &asked->calls;
    unsigned seen = 0;

    *asked = (struct asked){ .buckets = PARAMS_BUCKETS_DEFAULT, .minutes = PARAMS_MINUTES_DEFAULT };
    call_filter_clear(filter);
    filter->limit = PARAMS_LIMIT_DEFAULT;
    if (p->too_many) {
        strbuf_addf(error, "more than %d parameters", PARAMS_MAX);
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (!read_one(&p->list[i], accepted, &seen, asked, error))
            return false;
    }
    if (filter->since != RECORD_NONE && filter->until != RECORD_NONE &&
        filter->since > filter->until) {
        strbuf_add_text(error, "parameter 'since' is after 'until'");
        return false;
    }
    return true;
}
