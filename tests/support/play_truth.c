#include "tests/support/play_truth.h"

#include "analyzer/base/jsonw.h"

/* One label: where it lies in the truth of a call. */
enum label_kind { LABEL_TEXT, LABEL_WORDS, LABEL_INT, LABEL_BOOL, LABEL_COUNT };

/* clang-format off */
static const struct label {
    const char *name;
    enum label_kind kind;
    size_t offset;
} labels[] = {
#define AT(member) offsetof(struct play_truth, member)
    { "outcome", LABEL_TEXT, AT(outcome) },
    { "nos_cause", LABEL_TEXT, AT(nos_cause) },
    { "media_verdict", LABEL_TEXT, AT(verdict) },
    { "one_way", LABEL_BOOL, AT(one_way) },
    { "ended_by", LABEL_TEXT, AT(ended_by) },
    { "ended_how", LABEL_TEXT, AT(ended_how) },
    { "final_status", LABEL_INT, AT(final_status) },
    { "q850_cause", LABEL_INT, AT(q850_cause) },
    { "auth_challenged", LABEL_BOOL, AT(challenged) },
    { "early_media", LABEL_BOOL, AT(early_media) },
    { "late_offer", LABEL_BOOL, AT(late_offer) },
    { "session_expires_s", LABEL_INT, AT(session_expires_s) },
    { "branches", LABEL_COUNT, AT(branches) },
    { "sightings", LABEL_COUNT, AT(sightings) },
    { "retransmissions", LABEL_COUNT, AT(retransmissions) },
    { "hold_count", LABEL_COUNT, AT(hold_count) },
    { "media_timeouts", LABEL_COUNT, AT(media_timeouts) },
    { "streams", LABEL_COUNT, AT(streams) },
    { "legs_delay_ms", LABEL_COUNT, AT(legs_delay_ms) },
    { "deviations", LABEL_WORDS, AT(deviations) },
    { "history", LABEL_WORDS, AT(history) },
    { "capture_confidence", LABEL_TEXT, AT(confidence) },
    { "legs", LABEL_TEXT, AT(legs) },
    { "trunk_in", LABEL_TEXT, AT(trunk_in) },
    { "trunk_out", LABEL_TEXT, AT(trunk_out) },
    { "attestation", LABEL_TEXT, AT(attestation) },
#undef AT
};
/* clang-format on */

static void put_text(struct jsonw *j, const char *key, const char *text)
{
    jsonw_key(j, key);
    jsonw_text(j, slice_of_text(text));
}

/* A list of words, as an array. */
static void put_words(struct jsonw *j, const char *words)
{
    struct slice rest = slice_of_text(words);

    jsonw_array_open(j);
    while (rest.len)
        jsonw_text(j, slice_cut(&rest, ' '));
    jsonw_array_close(j);
}

static void put_number(struct jsonw *j, enum label_kind kind, int value)
{
    if (kind == LABEL_BOOL ? value < 0 : kind == LABEL_INT && value == 0)
        jsonw_null(j);
    else if (kind == LABEL_BOOL)
        jsonw_bool(j, value > 0);
    else
        jsonw_int(j, value);
}

static void put_label(struct jsonw *j, const struct label *l, const struct play_truth *truth)
{
    const char *at = (const char *)truth + l->offset, *text;
    int number;

    if (l->kind == LABEL_TEXT || l->kind == LABEL_WORDS) {
        memcpy(&text, at, sizeof(text));
        if (text && strcmp(text, PLAY_ANY) == 0)
            return;
        jsonw_key(j, l->name);
        if (l->kind == LABEL_WORDS)
            put_words(j, text);
        else
            jsonw_text(j, slice_of_text(text));
        return;
    }
    memcpy(&number, at, sizeof(number));
    if (number == PLAY_ANY_INT)
        return;
    jsonw_key(j, l->name);
    put_number(j, l->kind, number);
}

/* What a dialled string means in the country of the cast, +44: whole numbers alone. */
static void put_phone_number(struct jsonw *j, const char *key, const char *user)
{
    char number[CALL_USER_MAX + 4];

    if (user[0] == '+')
        snprintf(number, sizeof(number), "%s", user);
    else if (strncmp(user, "00", 2) == 0)
        snprintf(number, sizeof(number), "+%s", user + 2);
    else
        snprintf(number, sizeof(number), "+44%s", user + 1);
    put_text(j, key, user[0] == '+' || user[0] == '0' ? number : NULL);
}

/* Who asked for credentials: nobody but callees do here. */
static void put_challenger(struct jsonw *j, const struct play_dialog *d)
{
    char text[ADDR_TEXT_MAX];

    addr_format(&d->party[CALL_CALLEE]->sip, text);
    put_text(j, "challenged_by", d->truth.challenged ? text : NULL);
}

/* What the box between two legs lost, of the worse direction. */
static void put_losses(struct jsonw *j, const struct play *p, const struct play_dialog *d)
{
    double worst = 0;

    if (d->truth.legs_delay_ms == PLAY_ANY_INT)
        return;
    for (int i = 0; i < p->voice_count; i++) {
        const struct play_voice *v = &p->voices[i];

        if (v->sent && (double)v->lost / (double)v->sent > worst)
            worst = (double)v->lost / (double)v->sent;
    }
    jsonw_key(j, "legs_lost_ratio");
    jsonw_real(j, worst, 4);
}

static void put_links(struct jsonw *j, const struct play_dialog *d)
{
    jsonw_key(j, "links");
    jsonw_array_open(j);
    for (int i = 0; i < d->link_count; i++) {
        jsonw_array_open(j);
        jsonw_text(j, slice_of_text(d->links[i].kind));
        jsonw_text(j, slice_of_text(d->links[i].other->call_id));
        jsonw_array_close(j);
    }
    jsonw_array_close(j);
}

static void put_call(struct jsonw *j, const struct play *p, const struct play_dialog *d)
{
    char tag[12];

    snprintf(tag, sizeof(tag), "%08x", d->tag[CALL_CALLER]);
    jsonw_object_open(j);
    put_text(j, "type", "label");
    put_text(j, "scene", p->scene);
    put_text(j, "call_id", d->call_id);
    put_text(j, "from_tag", tag);
    jsonw_key(j, "invite_time");
    if (d->invite_ns)
        jsonw_time(j, d->invite_ns);
    else
        jsonw_null(j);
    jsonw_key(j, "conversation");
    jsonw_int(j, d->truth.conversation);
    jsonw_key(j, "labels");
    jsonw_object_open(j);
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        put_label(j, &labels[i], &d->truth);
    if (d->truth.packets >= 0) {
        jsonw_key(j, "packets");
        jsonw_int(j, d->truth.packets);
    }
    put_phone_number(j, "from_number", d->party[CALL_CALLER]->user);
    put_phone_number(j, "to_number", d->party[CALL_CALLEE]->user);
    if (d->truth.challenged != PLAY_ANY_INT)
        put_challenger(j, d);
    put_losses(j, p, d);
    put_links(j, d);
    jsonw_object_close(j);
    jsonw_object_close(j);
}

void play_truth_write(const struct play *p)
{
    struct world *w = p->world;

    if (!w->truth)
        return;
    for (int i = 0; i < p->dialog_count; i++) {
        struct jsonw j;

        if (p->dialogs[i].unlabelled)
            continue;
        strbuf_reset(&w->message);
        j = jsonw_to(&w->message);
        put_call(&j, p, &p->dialogs[i]);
        strbuf_add_char(&w->message, '\n');
        fwrite(w->message.p, 1, w->message.len, w->truth);
    }
    if (p->notes.len)
        fwrite(p->notes.p, 1, p->notes.len, w->truth);
}
