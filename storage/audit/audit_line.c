#include "storage/audit/audit_line.h"

#include "analyzer/base/json_item.h"
#include "analyzer/base/jsonw.h"
#include "analyzer/base/utf8.h"

#include <inttypes.h>
#include <stddef.h>
#include <time.h>

enum {
    NAME_MAX_BYTES = 256,
    CALL_ID_MAX_BYTES = 1024,
    DETAIL_MAX_BYTES = 2048,
    STATUS_MAX = 999,
};
#define NS_PER_S INT64_C(1000000000)
/* 2112: where ids of records end. */
#define SECONDS_MAX UINT64_C(4500000000)

#define NULL_TAIL "\"salt\":null,\"call_id\":null,\"detail\":null"

/* ---- to write ---- */

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Not within a character. */
static struct slice cut(struct slice text, size_t max)
{
    if (text.len <= max)
        return text;
    while (max > 0 && ((unsigned char)text.p[max] & 0xc0) == 0x80)
        max--;
    return slice_of(text.p, max);
}

static void add_text(struct jsonw *j, const char *key, struct slice text, size_t max)
{
    jsonw_key(j, key);
    jsonw_text(j, cut(text, max));
}

static void add_tail(struct jsonw *j, const struct audit_entry *e, const char *salt)
{
    add_text(j, "salt", salt[0] ? slice_of_text(salt) : SLICE_ABSENT, AUDIT_SALT_LEN);
    add_text(j, "call_id", e->call_id, CALL_ID_MAX_BYTES);
    add_text(j, "detail", e->detail, DETAIL_MAX_BYTES);
}

static void add_head(struct jsonw *j, const struct audit_entry *e, const struct audit_link *link)
{
    jsonw_key(j, "seq");
    jsonw_int(j, (int64_t)link->seq);
    jsonw_key(j, "time");
    jsonw_time(j, e->time_ns ? e->time_ns : now_ns());
    add_text(j, "user", e->user, NAME_MAX_BYTES);
    add_text(j, "token", e->token, NAME_MAX_BYTES);
    add_text(j, "from", e->from, NAME_MAX_BYTES);
    add_text(j, "deed", e->deed.p ? e->deed : SLICE(""), NAME_MAX_BYTES);
    add_text(j, "object", e->object, NAME_MAX_BYTES);
    jsonw_key(j, "status");
    if (e->status)
        jsonw_int(j, e->status);
    else
        jsonw_null(j);
    if (link->torn) {
        jsonw_key(j, "torn");
        jsonw_int(j, (int64_t)link->torn);
    }
}

void audit_line_write(struct strbuf *out, const struct audit_entry *entry,
                      const struct audit_link *link, const char *salt,
                      char hash[AUDIT_DIGEST_LEN + 1])
{
    bool has_texts = entry->call_id.p || entry->detail.p;
    struct strbuf tail = { .p = NULL };
    struct jsonw j = jsonw_to(&tail);
    char personal[AUDIT_DIGEST_LEN + 1];
    size_t begin = out->len;

    add_tail(&j, entry, has_texts ? salt : "");
    audit_digest(strbuf_slice(&tail), personal);
    j = jsonw_to(out);
    jsonw_object_open(&j);
    add_head(&j, entry, link);
    add_text(&j, "personal", has_texts ? slice_of_text(personal) : SLICE_ABSENT, sizeof personal);
    add_text(&j, "prev", slice_of_text(link->prev), sizeof link->prev);
    out->failed = out->failed || tail.failed;
    if (!out->failed)
        audit_digest(slice_of(out->p + begin, out->len - begin), hash);
    add_text(&j, "hash", slice_of_text(hash), AUDIT_DIGEST_LEN);
    strbuf_add_char(out, ',');
    strbuf_add_slice(out, strbuf_slice(&tail));
    strbuf_add_text(out, "}\n");
    strbuf_fini(&tail);
}

/* ---- to read ---- */

/* The end of the text that begins with a quote; 0: it is none, or not as JSON has it. */
static size_t text_end(struct slice s)
{
    size_t i = 1;

    if (s.len < 2 || s.p[0] != '"')
        return 0;
    while (i < s.len && s.p[i] != '"') {
        uint32_t code;
        size_t n = utf8_decode(s.p + i, s.len - i, &code);

        if (n == 0 || code < 0x20)
            return 0;
        i += n;
        if (code != '\\')
            continue;
        if (i == s.len || !strchr("\"\\/bfnrtu", s.p[i]))
            return 0;
        if (s.p[i++] != 'u')
            continue;
        for (int k = 0; k < 4; k++, i++) {
            if (i == s.len || !strchr("0123456789abcdefABCDEF", s.p[i]))
                return 0;
        }
    }
    return i < s.len ? i + 1 : 0;
}

static size_t number_end(struct slice s)
{
    size_t i = 0;

    while (i < s.len && ((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.'))
        i++;
    return i;
}

/* `"name":value`, with a comma before it: the value, and the rest behind it. */
static bool take(struct slice *rest, const char *name, bool is_first, struct slice *value)
{
    struct slice s = *rest, want = slice_of_text(name);
    size_t len;

    if (!is_first && !slice_starts_with(s, SLICE(",")))
        return false;
    s = is_first ? s : slice_of(s.p + 1, s.len - 1);
    if (s.len < want.len + 3 || s.p[0] != '"' || memcmp(s.p + 1, want.p, want.len) != 0 ||
        s.p[want.len + 1] != '"' || s.p[want.len + 2] != ':')
        return false;
    s = slice_of(s.p + want.len + 3, s.len - want.len - 3);
    if (slice_starts_with(s, SLICE("null")))
        len = 4;
    else
        len = s.len && s.p[0] == '"' ? text_end(s) : number_end(s);
    if (len == 0)
        return false;
    *value = slice_of(s.p, len);
    *rest = slice_of(s.p + len, s.len - len);
    return true;
}

static bool is_text(struct slice value)
{
    return value.len && value.p[0] == '"';
}

static bool is_null(struct slice value)
{
    return slice_eq(value, SLICE("null"));
}

static bool is_hex(struct slice value, size_t digits)
{
    if (!is_text(value) || value.len != digits + 2)
        return false;
    for (size_t i = 1; i + 1 < value.len; i++) {
        if (!value.p[i] || !strchr("0123456789abcdef", value.p[i]))
            return false;
    }
    return true;
}

/* "1795255200.000000" */
static bool read_time(struct slice value, int64_t *time_ns)
{
    struct slice rest = value, whole = slice_cut(&rest, '.');
    uint64_t s, us;

    if (rest.len != 6 || !slice_to_u64(whole, SECONDS_MAX, &s) || !slice_to_u64(rest, 999999, &us))
        return false;
    *time_ns = (int64_t)s * NS_PER_S + (int64_t)us * 1000;
    return true;
}

struct member {
    const char *name;
    size_t at;
    bool may_be_null;
};
#define AT(field) offsetof(struct audit_line, field)

static bool take_texts(struct slice *rest, const struct member *members, size_t count,
                       struct audit_line *line)
{
    for (size_t i = 0; i < count; i++) {
        struct slice *value = (struct slice *)(void *)((char *)line + members[i].at);

        if (!take(rest, members[i].name, false, value) ||
            !(is_text(*value) || (members[i].may_be_null && is_null(*value))))
            return false;
    }
    return true;
}

/* Up to ,"hash": */
static bool take_head(struct slice *rest, struct audit_line *line)
{
    static const struct member texts[] = {
        { "user", AT(user), true },  { "token", AT(token), true },   { "from", AT(from), true },
        { "deed", AT(deed), false }, { "object", AT(object), true },
    };
    static const struct member hashes[] = {
        { "personal", AT(personal), true },
        { "prev", AT(prev), false },
    };
    struct slice value;
    uint64_t status;

    if (!take(rest, "seq", true, &value) || !slice_to_u64(value, INT64_MAX, &line->seq) ||
        line->seq == 0 || !take(rest, "time", false, &value) || !read_time(value, &line->time_ns) ||
        !take_texts(rest, texts, sizeof texts / sizeof texts[0], line) ||
        !take(rest, "status", false, &line->status) ||
        !(is_null(line->status) || slice_to_u64(line->status, STATUS_MAX, &status)))
        return false;
    if (slice_starts_with(*rest, SLICE(",\"torn\":")) &&
        (!take(rest, "torn", false, &value) || !slice_to_u64(value, INT64_MAX, &line->torn)))
        return false;
    return take_texts(rest, hashes, sizeof hashes / sizeof hashes[0], line) &&
           (is_null(line->personal) || is_hex(line->personal, AUDIT_DIGEST_LEN)) &&
           is_hex(line->prev, AUDIT_DIGEST_LEN);
}

/* Behind it, with the last brace; blanks before that are where texts were. */
static bool take_tail(struct slice rest, struct audit_line *line)
{
    static const struct member texts[] = {
        { "call_id", AT(call_id), true },
        { "detail", AT(detail), true },
    };
    struct slice begin;

    if (!slice_starts_with(rest, SLICE(",")))
        return false;
    begin = slice_of(rest.p + 1, rest.len - 1);
    if (!take(&rest, "salt", false, &line->salt) ||
        !(is_null(line->salt) || is_hex(line->salt, AUDIT_SALT_LEN)) ||
        !take_texts(&rest, texts, sizeof texts / sizeof texts[0], line))
        return false;
    line->tail = slice_of(begin.p, (size_t)(rest.p - begin.p));
    line->is_erased = is_null(line->salt) && !is_null(line->personal);
    while (line->is_erased && rest.len > 1 && rest.p[0] == ' ')
        rest = slice_of(rest.p + 1, rest.len - 1);
    return slice_eq(rest, SLICE("}"));
}

static bool parse_chained(struct audit_line *line, struct slice text)
{
    struct slice rest;

    if (text.len < 2 || text.p[0] != '{')
        return false;
    rest = slice_of(text.p + 1, text.len - 1);
    if (!take_head(&rest, line))
        return false;
    line->head = slice_of(text.p, (size_t)(rest.p - text.p));
    return take(&rest, "hash", false, &line->hash) && is_hex(line->hash, AUDIT_DIGEST_LEN) &&
           take_tail(rest, line);
}

static bool parse_old(struct audit_line *line, struct slice text)
{
    static const struct member members[] = {
        { "action", AT(deed), false },    { "call", AT(object), true },
        { "call_id", AT(call_id), true }, { "by", AT(user), true },
        { "from", AT(from), true },       { "format", AT(detail), true },
    };
    struct slice rest, value;

    *line = (struct audit_line){ .token = SLICE("null"), .status = SLICE("null") };
    if (text.len < 2 || text.p[0] != '{')
        return false;
    rest = slice_of(text.p + 1, text.len - 1);
    return take(&rest, "time", true, &value) && read_time(value, &line->time_ns) &&
           take_texts(&rest, members, sizeof members / sizeof members[0], line) &&
           slice_eq(rest, SLICE("}"));
}

enum audit_kind audit_line_parse(struct audit_line *line, struct slice text)
{
    *line = (struct audit_line){ .seq = 0 };
    if (text.len >= AUDIT_LINE_MAX)
        return AUDIT_NO_LINE;
    if (parse_chained(line, text))
        return AUDIT_CHAINED;
    return parse_old(line, text) ? AUDIT_OLD : AUDIT_NO_LINE;
}

bool audit_line_says(struct slice value, struct slice text)
{
    struct strbuf written = { .p = NULL };
    struct jsonw j = jsonw_to(&written);
    bool same;

    jsonw_text(&j, text);
    same = !written.failed && slice_eq(strbuf_slice(&written), value);
    strbuf_fini(&written);
    return same;
}

static bool is_digest_of(struct slice value, struct slice bytes)
{
    char digest[AUDIT_DIGEST_LEN + 1];

    audit_digest(bytes, digest);
    return value.len == AUDIT_DIGEST_LEN + 2 && memcmp(value.p + 1, digest, AUDIT_DIGEST_LEN) == 0;
}

bool audit_line_is_true(const struct audit_line *line)
{
    if (!is_digest_of(line->hash, line->head))
        return false;
    if (line->is_erased || is_null(line->personal))
        return slice_eq(line->tail, SLICE(NULL_TAIL));
    return is_digest_of(line->personal, line->tail);
}

void audit_line_write_members(struct jsonw *j, const struct audit_line *line)
{
    const struct {
        const char *key;
        struct slice value;
    } members[] = {
        { "user", line->user },     { "token", line->token },   { "from", line->from },
        { "deed", line->deed },     { "object", line->object }, { "call_id", line->call_id },
        { "detail", line->detail }, { "status", line->status },
    };

    jsonw_key(j, "seq");
    if (line->seq)
        jsonw_int(j, (int64_t)line->seq);
    else
        jsonw_null(j);
    jsonw_key(j, "time");
    jsonw_time(j, line->time_ns);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        jsonw_key(j, members[i].key);
        jsonw_raw(j, members[i].value);
    }
    jsonw_key(j, "erased");
    jsonw_bool(j, line->is_erased);
}

bool audit_line_erase(const struct audit_line *line, char *text, size_t len)
{
    static const char tail[] = NULL_TAIL;
    size_t at = (size_t)(line->tail.p - text), room = len - at - 1;

    if (line->seq == 0 || is_null(line->personal) || is_null(line->salt) || at > len ||
        room < sizeof tail - 1)
        return false;
    memset(text + at, ' ', room);
    memcpy(text + at, tail, sizeof tail - 1);
    text[len - 1] = '}';
    return true;
}
