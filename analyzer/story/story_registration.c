/*
 * story_registration - a user at a registrar: in, out, or never let in.
 */
#include "analyzer/story/story_part.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void add_who(struct strbuf *out, const struct registration_record *r)
{
    if (r->user.len)
        story_add_name(out, r->user);
    else
        strbuf_add_text(out, "Somebody");
}

static void add_status(struct strbuf *out, const struct registration_record *r)
{
    const char *words = story_status_words(r->last_status);

    if (r->last_status == RECORD_NONE)
        return;
    strbuf_addf(out, ": %lld", (long long)r->last_status);
    if (words && r->last_status >= 300)
        strbuf_addf(out, " (%s)", words);
}

static void add_number(struct strbuf *out, int64_t count, const char *one, bool *first)
{
    if (count <= 0)
        return;
    strbuf_add_text(out, *first ? " " : ", ");
    story_add_counted(out, count, one);
    *first = false;
}

static void add_numbers(struct strbuf *out, const struct registration_record *r)
{
    bool first = true;

    add_number(out, r->attempts, "attempt", &first);
    add_number(out, r->challenges, "challenge", &first);
    add_number(out, r->successes, "confirmation", &first);
    add_number(out, r->failures, "refusal", &first);
    if (r->unanswered > 0) {
        strbuf_add_text(out, first ? " " : ", ");
        story_add_count(out, r->unanswered);
        strbuf_add_text(out, " without an answer");
        first = false;
    }
    if (!first)
        strbuf_add_char(out, '.');
}

void story_add_registration(struct strbuf *out, const struct registration_record *r)
{
    static const struct {
        const char *state, *words;
        bool status; /* what the registrar said last belongs to it */
    } states[] = {
        { "registered", " is registered", false },
        { "expired", " was registered, and did not renew it", false },
        { "removed", " signed off", false },
        { "refused", " was refused registration", true },
        { "challenged", " was asked for credentials, and is not registered", false },
        { "unknown", " asked to be registered", true },
    };

    add_who(out, r);
    for (size_t i = 0; i < COUNT(states); i++) {
        if (!story_is(r->state, states[i].state))
            continue;
        strbuf_add_text(out, states[i].words);
        if (r->registrar.len) {
            strbuf_add_text(out, " at ");
            story_add_name(out, r->registrar);
        }
        if (r->source.len) {
            strbuf_add_text(out, ", coming from ");
            story_add_name(out, r->source);
        }
        if (states[i].status)
            add_status(out, r);
    }
    strbuf_add_char(out, '.');
    add_numbers(out, r);
}
