#include "probe/state/label_match.h"

#include "analyzer/base/json_item.h"

#include <errno.h>
#include <stdio.h>

struct reading {
    struct label_match *m;
    size_t at, out; /* in the text as given; in m->unquoted */
    struct slice text;
    char *error;
};

static int complain(const struct reading *r, size_t at, const char *what)
{
    snprintf(r->error, LABEL_MATCH_ERROR_MAX,
             "column %zu: %s; labels are told like trunk=carrier-a severity!=info rule=sip-*",
             at + 1, what);
    return -EINVAL;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == ',';
}

static bool at_end(const struct reading *r)
{
    return r->at == r->text.len;
}

static void put(struct reading *r, char c)
{
    r->m->unquoted[r->out++] = c;
}

static int read_name(struct reading *r)
{
    size_t from = r->at;

    while (!at_end(r) && is_name_char(r->text.p[r->at]))
        put(r, r->text.p[r->at++]);
    if (r->at == from)
        return complain(r, from, "the name of a label is missing");
    return 0;
}

/* In "", with \" and \\ for themselves. */
static int read_quoted(struct reading *r, bool *is_star)
{
    size_t from = r->at++;

    while (!at_end(r) && r->text.p[r->at] != '"') {
        if (r->text.p[r->at] == '\\' && r->at + 1 < r->text.len)
            r->at++;
        put(r, r->text.p[r->at++]);
    }
    if (at_end(r))
        return complain(r, from, "a quote is not closed");
    r->at++;
    *is_star = !at_end(r) && r->text.p[r->at] == '*';
    r->at += *is_star;
    if (!at_end(r) && !is_blank(r->text.p[r->at]))
        return complain(r, r->at, "a blank is missing behind the quote");
    return 0;
}

static int read_plain(struct reading *r, bool *is_star)
{
    size_t from = r->at;

    while (!at_end(r) && !is_blank(r->text.p[r->at]) && r->text.p[r->at] != '"')
        put(r, r->text.p[r->at++]);
    if (!at_end(r) && r->text.p[r->at] == '"')
        return complain(r, r->at, "a quote within a value; put the whole value in quotes");
    if (r->at == from)
        return complain(r, from, "the value is missing (\"\" is the empty one)");
    *is_star = r->m->unquoted[r->out - 1] == '*';
    r->out -= *is_star;
    return 0;
}

static int read_word(struct reading *r)
{
    size_t word_at = r->at, name = r->out, value;
    bool is_star = false, is_not;
    int err = read_name(r);

    if (err)
        return err;
    value = r->out;
    is_not = !at_end(r) && r->text.p[r->at] == '!';
    r->at += is_not;
    if (at_end(r) || r->text.p[r->at] != '=')
        return complain(r, r->at, "= or != is missing");
    r->at++;
    err =
        !at_end(r) && r->text.p[r->at] == '"' ? read_quoted(r, &is_star) : read_plain(r, &is_star);
    if (err)
        return err;
    if (r->m->count == LABEL_MATCHES_MAX)
        return complain(r, word_at, "too many labels, 16 are the most");
    r->m->words[r->m->count].name = (uint16_t)name;
    r->m->words[r->m->count].name_len = (uint16_t)(value - name);
    r->m->words[r->m->count].value = (uint16_t)value;
    r->m->words[r->m->count].value_len = (uint16_t)(r->out - value);
    r->m->words[r->m->count].is_not = is_not;
    r->m->words[r->m->count].is_prefix = is_star;
    r->m->count++;
    return 0;
}

int label_match_parse(struct label_match *m, struct slice text, char error[LABEL_MATCH_ERROR_MAX])
{
    struct reading r = { .m = m, .text = text, .error = error };

    memset(m, 0, sizeof *m);
    error[0] = '\0';
    if (text.len >= LABEL_MATCH_TEXT_MAX)
        return complain(&r, LABEL_MATCH_TEXT_MAX, "longer than 511 bytes");
    if (text.len)
        memcpy(m->text, text.p, text.len);
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.p[i] < ' ' && text.p[i] != '\t')
            return complain(&r, i, "a control character");
    }
    for (;;) {
        int err;

        while (!at_end(&r) && is_blank(text.p[r.at]))
            r.at++;
        if (at_end(&r))
            return 0;
        err = read_word(&r);
        if (err)
            return err;
    }
}

/* A label's value as it was before it became JSON; numbers and yes or no as they stand there. */
static void add_label(struct strbuf *out, struct slice labels, struct slice name)
{
    char key[LABEL_MATCH_TEXT_MAX];
    struct slice value;

    snprintf(key, sizeof key, "%.*s", (int)name.len, name.p);
    value = json_item_get(labels, key);
    if (value.len && value.p[0] == '"')
        json_item_add_raw(out, value);
    else if (value.p)
        strbuf_add_slice(out, value);
}

bool label_match_fits(const struct label_match *m, struct slice labels)
{
    struct strbuf has = { .max_bytes = 4096 };
    bool fits = true;

    for (size_t i = 0; i < m->count && fits; i++) {
        struct slice name = slice_of(m->unquoted + m->words[i].name, m->words[i].name_len);
        struct slice value = slice_of(m->unquoted + m->words[i].value, m->words[i].value_len);
        bool same;

        strbuf_reset(&has);
        add_label(&has, labels, name);
        same = m->words[i].is_prefix ? slice_starts_with(strbuf_slice(&has), value)
                                     : slice_eq(strbuf_slice(&has), value);
        fits = same != m->words[i].is_not;
    }
    strbuf_fini(&has);
    return fits;
}
