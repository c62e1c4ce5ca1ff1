/*
 * Mail: plain text in quoted-printable, with the headers that RFC 5322 wants. Nothing of an alert
 * reaches a header but through an encoded word or letters that are harmless there. Message-ID is
 * the delivery's, and mail.c puts it in front; all mails of an alert answer to the same id, so that
 * they stand together, "resolved" under what it resolves.
 *
 * Source  RFC 5322, RFC 2047 §4.2 (Q), RFC 2045 §6.7, RFC 3834 (Auto-Submitted)
 */
#include "probe/notify/brief.h"
#include "probe/notify/dialect_kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { WORD_MAX = 75, LINE_MAX_CHARS = 76, REFERENCES_MAX = 10, DOMAIN_MAX_BYTES = 253 };

#define WORD_HEAD "=?UTF-8?Q?"
#define WORD_TAIL "?="

/* ---- headers ---- */

static bool is_word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t encoded_length(struct slice s)
{
    size_t len = 0;

    for (size_t i = 0; i < s.len; i++)
        len += is_word_char(s.p[i]) || s.p[i] == ' ' ? 1 : 3;
    return len;
}

/* Of the character that s begins with. */
static size_t character_length(struct slice s)
{
    size_t len = 1;

    while (len < s.len && ((unsigned char)s.p[len] & 0xc0) == 0x80)
        len++;
    return len;
}

/* Encoded words of at most 75 characters, the first behind `column` others; none splits a character. */
static void add_words(struct strbuf *out, struct slice text, size_t column)
{
    size_t room = 0;

    for (size_t i = 0; i < text.len;) {
        struct slice one = slice_of(text.p + i, text.len - i);

        one.len = character_length(one);
        if (encoded_length(one) > room) {
            strbuf_add_text(out, i ? WORD_TAIL "\r\n " WORD_HEAD : WORD_HEAD);
            room = WORD_MAX - (sizeof WORD_HEAD - 1) - (sizeof WORD_TAIL - 1) - (i ? 0 : column);
        }
        room -= encoded_length(one);
        for (size_t k = 0; k < one.len; k++) {
            if (one.p[k] == ' ')
                strbuf_add_char(out, '_');
            else if (is_word_char(one.p[k]))
                strbuf_add_char(out, one.p[k]);
            else
                strbuf_addf(out, "=%02X", (unsigned char)one.p[k]);
        }
        i += one.len;
    }
    strbuf_add_text(out, WORD_TAIL);
}

/* As it stands where that is short, ASCII and nothing that a reader would decode. */
static void add_unstructured(struct strbuf *out, const char *name, struct slice text)
{
    bool plain = text.len < 60;

    for (size_t i = 0; i < text.len; i++) {
        plain = plain && text.p[i] >= 0x20 && text.p[i] < 0x7f;
        plain = plain && !(text.p[i] == '=' && i + 1 < text.len && text.p[i + 1] == '?');
    }
    strbuf_addf(out, "%s: ", name);
    if (plain)
        strbuf_add_slice(out, text);
    else
        add_words(out, text, strlen(name) + 2);
    strbuf_add_text(out, "\r\n");
}

/* Of the configuration; what could begin another header is left out. */
static void add_addresses(struct strbuf *out, const char *name, const char *text)
{
    strbuf_addf(out, "%s: ", name);
    for (; text && *text; text++) {
        if ((unsigned char)*text >= 0x20 && *text != 0x7f)
            strbuf_add_char(out, *text);
        if (*text == ',')
            strbuf_add_text(out, "\r\n");
        if (*text == ',' && text[1] != ' ')
            strbuf_add_char(out, ' ');
    }
    strbuf_add_text(out, "\r\n");
}

static void add_date(struct strbuf *out, int64_t now_s)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t s = (time_t)now_s;
    struct tm tm;

    if (!gmtime_r(&s, &tm))
        return;
    strbuf_addf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday,
                months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* What stands behind the '@' of the sender. */
static void add_domain(struct strbuf *out, const char *from)
{
    const char *at = from ? strrchr(from, '@') : NULL;
    size_t len = 0;

    while (at && len < DOMAIN_MAX_BYTES &&
           (is_word_char(at[1 + len]) || at[1 + len] == '.' || at[1 + len] == '-'))
        len++;
    if (len)
        strbuf_add(out, at + 1, len);
    else
        strbuf_add_text(out, "earshot.invalid");
}

static void add_thread(struct strbuf *out, const char *name, const struct notify_message *m,
                       size_t max)
{
    strbuf_addf(out, "%s:", name);
    for (size_t i = 0; i < m->count && i < max; i++) {
        strbuf_addf(out, "%s<alert.%016" PRIx64 "@", i ? "\r\n " : " ", m->alerts[i]->id);
        add_domain(out, m->receiver->from);
        strbuf_add_char(out, '>');
    }
    strbuf_add_text(out, "\r\n");
}

static void add_subject(struct strbuf *out, const struct notify_message *m, const struct brief *b)
{
    struct strbuf text = { .max_bytes = DIALECT_BODY_MAX };

    strbuf_add_char(&text, '[');
    brief_add_upper(&text, b->word);
    strbuf_add_text(&text, "] ");
    if (m->count > 1)
        strbuf_addf(&text, "%zu alerts: ", m->count);
    strbuf_add_slice(&text, b->title);
    add_unstructured(out, "Subject", strbuf_slice(&text));
    strbuf_fini(&text);
}

static void add_headers(struct strbuf *out, const struct notify_message *m, const struct brief *b)
{
    add_addresses(out, "From", m->receiver->from);
    add_addresses(out, "To", m->receiver->to);
    add_subject(out, m, b);
    add_date(out, m->now_s);
    add_thread(out, "In-Reply-To", m, 1);
    add_thread(out, "References", m, REFERENCES_MAX);
    strbuf_add_text(out, "Auto-Submitted: auto-generated\r\n"
                         "X-Mailer: Earshot\r\n"
                         "MIME-Version: 1.0\r\n"
                         "Content-Type: text/plain; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: quoted-printable\r\n");
    if (slice_eq(b->word, SLICE("critical")))
        strbuf_add_text(out, "Importance: high\r\n");
    strbuf_add_text(out, "\r\n");
}

/* ---- the body ---- */

static void add_quoted(struct strbuf *out, struct slice text)
{
    size_t column = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        bool at_end = i + 1 == text.len || text.p[i + 1] == '\n';
        bool plain = (c > 0x20 && c < 0x7f && c != '=') || (c == ' ' && !at_end);
        /* A point alone on a line, and "From " at its beginning, are taken for more by some. */
        size_t need;

        plain = plain && !(column == 0 && (c == '.' || c == 'F'));
        need = plain ? 1 : 3;

        if (c == '\n') {
            strbuf_add_text(out, "\r\n");
            column = 0;
            continue;
        }
        if (column + need > LINE_MAX_CHARS - 1) {
            strbuf_add_text(out, "=\r\n");
            column = 0;
        }
        if (plain)
            strbuf_add_char(out, c);
        else
            strbuf_addf(out, "=%02X", (unsigned char)c);
        column += need;
    }
}

static void add_body(struct strbuf *out, const struct notify_message *m,
                     const struct dialect_room *room)
{
    struct strbuf text = { .max_bytes = 2 * DIALECT_BODY_MAX };

    for (size_t i = 0; i < room->alerts && !text.failed; i++) {
        struct brief b;

        (void)brief_make(&b, m, m->alerts[i], room);
        strbuf_add_text(&text, i ? "\n----\n\n" : "");
        brief_write_plain(&text, &b);
        brief_fini(&b);
    }
    if (room->alerts < m->count)
        strbuf_addf(&text, "\nand %zu more\n", m->count - room->alerts);
    out->failed = out->failed || text.failed;
    add_quoted(out, strbuf_slice(&text));
    strbuf_fini(&text);
}

void dialect_mail(struct strbuf *out, const struct notify_message *m,
                  const struct dialect_room *room)
{
    struct brief first;

    (void)brief_make(&first, m, m->alerts[0], room);
    add_headers(out, m, &first);
    brief_fini(&first);
    add_body(out, m, room);
}
