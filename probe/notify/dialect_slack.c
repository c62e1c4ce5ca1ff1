/*
 * Slack's incoming webhooks: a text for the notification, blocks for the channel.
 *
 * What came from strangers stands in a code block, where Slack makes nothing of it, or has its
 * marks taken out. & < > are escaped everywhere (so no <!channel>, no <@user>), and Slack is told
 * to look for no links and names of its own.
 */
#include "probe/notify/brief.h"
#include "probe/notify/dialect_kinds.h"

#include <stdio.h>

/* A section's text may have 3000 characters; bytes are never fewer. A block is cut between lines. */
enum { SECTION_MAX_BYTES = 2800 };

/* "| in a link and ` in code end it, * _ ~ make it bold, slanted, struck through." */
static void add_escaped(struct strbuf *out, struct slice text, bool in_code)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];

        if (c == '&')
            strbuf_add_text(out, "&amp;");
        else if (c == '<')
            strbuf_add_text(out, "&lt;");
        else if (c == '>')
            strbuf_add_text(out, "&gt;");
        else if (c == '`')
            strbuf_add_char(out, '\'');
        else if (!in_code && (c == '*' || c == '~'))
            strbuf_add_char(out, '-');
        else if (!in_code && c == '|')
            strbuf_add_char(out, '/');
        else
            strbuf_add_char(out, c);
    }
}

static void write_text(struct jsonw *j, const char *key, struct slice text)
{
    jsonw_key(j, key);
    jsonw_text(j, text);
}

/* Takes what text holds. */
static void write_section(struct jsonw *j, struct strbuf *text)
{
    if (text->len) {
        jsonw_object_open(j);
        write_text(j, "type", SLICE("section"));
        jsonw_key(j, "text");
        jsonw_object_open(j);
        write_text(j, "type", SLICE("mrkdwn"));
        write_text(j, "text", strbuf_slice(text));
        jsonw_key(j, "verbatim");
        jsonw_bool(j, true);
        jsonw_object_close(j);
        jsonw_object_close(j);
    }
    strbuf_reset(text);
}

/* A link of ours; its URL has nothing in it that ends it. */
static void add_link(struct strbuf *out, struct slice url, const char *before, struct slice label)
{
    if (!label.len)
        return;
    strbuf_add_text(out, before);
    if (!url.len) {
        add_escaped(out, label, false);
        return;
    }
    strbuf_add_char(out, '<');
    for (size_t i = 0; i < url.len; i++) {
        if (url.p[i] == '&')
            strbuf_add_text(out, "&amp;");
        else if (url.p[i] != '<' && url.p[i] != '>' && url.p[i] != '|')
            strbuf_add_char(out, url.p[i]);
    }
    strbuf_add_char(out, '|');
    add_escaped(out, label, false);
    strbuf_add_char(out, '>');
}

static void add_title(struct strbuf *out, const struct brief *b)
{
    strbuf_add_char(out, '*');
    brief_add_upper(out, b->word);
    strbuf_add_text(out, "*  ");
    add_link(out, b->page, "", b->title);
}

static void add_facts(struct strbuf *out, const struct brief *b)
{
    struct strbuf line = { .max_bytes = SECTION_MAX_BYTES };

    strbuf_add_text(out, "```");
    for (size_t i = 0; i < b->fact_count; i++) {
        strbuf_reset(&line);
        strbuf_addf(&line, "%-12.*s  ", (int)b->facts[i].name.len, b->facts[i].name.p);
        add_escaped(&line, b->facts[i].value, true);
        strbuf_add_char(&line, '\n');
        if (!line.failed && out->len + line.len < SECTION_MAX_BYTES)
            strbuf_add_slice(out, strbuf_slice(&line));
    }
    strbuf_add_text(out, "```");
    strbuf_fini(&line);
}

static void add_calls(struct strbuf *out, const struct brief *b)
{
    char head[80];

    if (b->call_count) {
        snprintf(head, sizeof head, "%zu of %zu calls that show it:", b->call_count,
                 b->calls_in_all);
        strbuf_add_text(out, head);
    }
    for (size_t i = 0; i < b->call_count; i++) {
        add_link(out, b->calls[i].page, "\n", b->calls[i].id);
        if (b->calls[i].packets.len)
            add_link(out, b->calls[i].packets, "  ", SLICE("packets"));
    }
    if (b->search.len)
        add_link(out, b->search, out->len ? "\n" : "", SLICE("all its calls"));
}

static void write_one(struct jsonw *j, const struct brief *b)
{
    struct strbuf text = { .max_bytes = DIALECT_BODY_MAX };

    add_title(&text, b);
    write_section(j, &text);
    add_facts(&text, b);
    write_section(j, &text);
    add_calls(&text, b);
    write_section(j, &text);
    if (b->runbook.len) {
        strbuf_add_text(&text, "*Do first:* ");
        add_escaped(&text, b->runbook, false);
        write_section(j, &text);
    }
    strbuf_fini(&text);
}

/* "3 alerts", and the first one's title. */
static void write_notification(struct jsonw *j, const struct notify_message *m,
                               const struct dialect_room *room)
{
    struct strbuf text = { .max_bytes = DIALECT_BODY_MAX };
    struct brief b;

    (void)brief_make(&b, m, m->alerts[0], room);
    brief_add_upper(&text, b.word);
    strbuf_add_text(&text, ": ");
    if (m->count > 1)
        strbuf_addf(&text, "%zu alerts: ", m->count);
    add_escaped(&text, b.title, false);
    write_text(j, "text", strbuf_slice(&text));
    strbuf_fini(&text);
    brief_fini(&b);
}

void dialect_slack(struct strbuf *out, const struct notify_message *m,
                   const struct dialect_room *room)
{
    struct strbuf text = { .max_bytes = DIALECT_BODY_MAX };
    struct jsonw j = jsonw_to(out);

    jsonw_object_open(&j);
    write_notification(&j, m, room);
    jsonw_key(&j, "blocks");
    jsonw_array_open(&j);
    for (size_t i = 0; i < room->alerts && !out->failed; i++) {
        struct brief b;

        (void)brief_make(&b, m, m->alerts[i], room);
        write_one(&j, &b);
        brief_fini(&b);
    }
    if (room->alerts < m->count) {
        strbuf_addf(&text, "and %zu more", m->count - room->alerts);
        write_section(&j, &text);
    }
    jsonw_array_close(&j);
    write_text(&j, "parse", SLICE("none"));
    jsonw_key(&j, "link_names");
    jsonw_bool(&j, false);
    jsonw_key(&j, "unfurl_links");
    jsonw_bool(&j, false);
    jsonw_key(&j, "unfurl_media");
    jsonw_bool(&j, false);
    jsonw_object_close(&j);
    strbuf_fini(&text);
}
