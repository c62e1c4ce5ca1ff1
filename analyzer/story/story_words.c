#include "analyzer/story/story_words.h"

#include "analyzer/base/json_item.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct code {
    int64_t code;
    const char *words;
};

/* What it means for the one who called, in the order of the codes. */
static const struct code statuses[] = {
    { 300, "there are several places to try" },
    { 301, "the number has moved for good" },
    { 302, "the number has moved for now" },
    { 305, "it must be reached by a proxy" },
    { 380, "another service is offered instead" },
    { 400, "the message was not understood" },
    { 401, "credentials were asked for, and no good ones came" },
    { 402, "nobody pays for it" },
    { 403, "it is not allowed" },
    { 404, "nobody has that number there" },
    { 405, "that method is not allowed" },
    { 407, "credentials were asked for, and no good ones came" },
    { 408, "it took too long: whoever is behind it did not answer" },
    { 410, "the number is gone" },
    { 413, "the message is too large" },
    { 415, "the body's format is not understood" },
    { 416, "the kind of address is not understood" },
    { 420, "a required extension is not known" },
    { 421, "an extension is required" },
    { 422, "the session timer is too short" },
    { 423, "the interval is too short" },
    { 428, "an identity token is required" },
    { 436, "the identity token's certificate cannot be fetched" },
    { 437, "the identity token's certificate is not trusted" },
    { 438, "the identity token does not fit" },
    { 480, "nobody is there at the moment" },
    { 481, "the other side knows of no such call" },
    { 482, "the message went in a circle, or came twice" },
    { 483, "it passed too many hops: a loop" },
    { 484, "the number is incomplete" },
    { 485, "the number is ambiguous" },
    { 486, "busy" },
    { 487, "it was given up" },
    { 488, "the media that was offered is not acceptable" },
    { 489, "the event is not known" },
    { 491, "both sides changed the call at once" },
    { 493, "it could not be decrypted" },
    { 500, "the server failed" },
    { 501, "the server cannot do that" },
    { 502, "the next server answered nonsense" },
    { 503, "the server is overloaded, or out of service" },
    { 504, "the next server did not answer in time" },
    { 505, "the SIP version is not known" },
    { 513, "the message is too large" },
    { 580, "a precondition failed" },
    { 600, "busy everywhere" },
    { 603, "declined" },
    { 604, "the number exists nowhere" },
    { 606, "the media that was offered is acceptable nowhere" },
    { 607, "rejected as unwanted" },
    { 608, "rejected by a call analytics service" },
};

static const struct code causes[] = {
    { 1, "unassigned number" },
    { 2, "no route to the transit network" },
    { 3, "no route to the destination" },
    { 4, "special information tone" },
    { 6, "channel unacceptable" },
    { 16, "normal clearing" },
    { 17, "user busy" },
    { 18, "no user responding" },
    { 19, "no answer from the user" },
    { 20, "subscriber absent" },
    { 21, "call rejected" },
    { 22, "number changed" },
    { 26, "cleared, not selected" },
    { 27, "destination out of order" },
    { 28, "invalid number format" },
    { 29, "facility rejected" },
    { 31, "normal, unspecified" },
    { 34, "no circuit available" },
    { 38, "network out of order" },
    { 41, "temporary failure" },
    { 42, "switching equipment congestion" },
    { 43, "access information discarded" },
    { 44, "requested circuit not available" },
    { 47, "resource unavailable" },
    { 50, "facility not subscribed" },
    { 52, "outgoing calls barred" },
    { 54, "incoming calls barred" },
    { 55, "incoming calls barred within the group" },
    { 57, "bearer capability not authorized" },
    { 58, "bearer capability not available" },
    { 63, "service not available" },
    { 65, "bearer capability not provided" },
    { 69, "facility not provided" },
    { 79, "service not provided" },
    { 81, "invalid call reference" },
    { 87, "user not a member of the group" },
    { 88, "incompatible destination" },
    { 95, "invalid message" },
    { 96, "mandatory information missing" },
    { 97, "message type not known" },
    { 98, "message not fit for the state" },
    { 99, "information element not known" },
    { 100, "invalid information element" },
    { 101, "message not fit for the state" },
    { 102, "a timer ran out" },
    { 111, "protocol error" },
    { 127, "interworking, unspecified" },
};

static const char *find_code(const struct code *table, size_t count, int64_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].code == code)
            return table[i].words;
    }
    return NULL;
}

const char *story_status_words(int64_t status)
{
    return find_code(statuses, COUNT(statuses), status);
}

const char *story_cause_words(int64_t q850_cause)
{
    return find_code(causes, COUNT(causes), q850_cause);
}

void story_add_duration(struct strbuf *out, double ms)
{
    double s = floor(ms / 1000 + 0.5);

    if (!(ms >= 0) || ms > 1e15)
        strbuf_add_text(out, "an unknown time");
    else if (ms < 999.5)
        strbuf_addf(out, "%.0f ms", ms);
    else if (ms < 9950)
        strbuf_addf(out, "%.1f s", ms / 1000);
    else if (s < 60)
        strbuf_addf(out, "%.0f s", s);
    else if (s < 3600)
        strbuf_addf(out, "%.0f min %.0f s", floor(s / 60), fmod(s, 60));
    else
        strbuf_addf(out, "%.0f h %.0f min", floor(s / 3600), floor(fmod(s, 3600) / 60));
}

void story_add_count(struct strbuf *out, int64_t count)
{
    uint64_t left = count < 0 ? 0 : (uint64_t)count, unit = 1;

    while (left / unit >= 1000)
        unit *= 1000;
    strbuf_addf(out, "%u", (unsigned)(left / unit));
    for (; unit > 1; unit /= 1000)
        strbuf_addf(out, ",%03u", (unsigned)(left % unit / (unit / 1000)));
}

void story_add_counted(struct strbuf *out, int64_t count, const char *one)
{
    story_add_count(out, count);
    strbuf_addf(out, " %s%s", one, count == 1 ? "" : "s");
}

void story_add_percent(struct strbuf *out, double ratio)
{
    double percent = ratio * 100;

    if (percent > 0 && percent < 0.05)
        strbuf_add_text(out, "under 0.1 %");
    else
        strbuf_addf(out, percent < 9.95 ? "%.1f %%" : "%.0f %%", percent);
}

void story_add_name(struct strbuf *out, struct slice text)
{
    size_t len = text.len;

    if (len > STORY_NAME_MAX) {
        len = STORY_NAME_MAX;
        while (len && ((unsigned char)text.p[len] & 0xc0) == 0x80)
            len--;
    }
    strbuf_add(out, text.p, len);
    if (len < text.len)
        strbuf_add_text(out, "…");
}

void story_add_addr(struct strbuf *out, const struct addr *a)
{
    char text[ADDR_TEXT_MAX];

    if (a->port)
        addr_format(a, text);
    else
        addr_format_ip(a, text);
    strbuf_add_text(out, text);
}

void story_add_json(struct strbuf *out, struct slice value)
{
    struct strbuf text = { .max_bytes = 8192 };

    json_item_add_raw(&text, value);
    story_add_name(out, strbuf_slice(&text));
    strbuf_fini(&text);
}

/* The classes of G.107 Annex B, with the words of somebody who was asked. */
const char *story_mos_word(double mos)
{
    static const struct {
        double least;
        const char *word;
    } words[] = { { 4.03, "well" }, { 3.6, "fairly well" }, { 3.1, "with trouble" } };

    for (size_t i = 0; i < COUNT(words); i++) {
        if (mos >= words[i].least)
            return words[i].word;
    }
    return "badly";
}

bool story_says(struct slice value, const char *word)
{
    struct slice text = slice_of_text(word);

    return value.len == text.len + 2 && value.p[0] == '"' &&
           memcmp(value.p + 1, text.p, text.len) == 0;
}
