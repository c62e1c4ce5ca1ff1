#include "analyzer/privacy/privacy_record.h"

#include "analyzer/privacy/privacy_field.h"

#include <stdlib.h>

/* clang-format off */
/* Types, and what each of their texts holds; those that are not listed are plain in types that are
 * listed as such (type, NULL). */
static const struct {
    const struct record_type *type;
    const char *field;
    enum privacy_class what;
} classes[] = {
    { &record_type_call, "call_id", PRIVACY_CALL_ID },
    { &record_type_call, "transport", PRIVACY_PLAIN },
    { &record_type_call, "state", PRIVACY_PLAIN },
    { &record_type_call, "from_user", PRIVACY_USER },
    { &record_type_call, "to_user", PRIVACY_USER },
    { &record_type_call, "from_uri", PRIVACY_URI },
    { &record_type_call, "to_uri", PRIVACY_URI },
    { &record_type_call, "request_uri", PRIVACY_URI },
    { &record_type_call, "from_tag", PRIVACY_TEXT },
    { &record_type_call, "to_tag", PRIVACY_TEXT },
    { &record_type_call, "user_agent", PRIVACY_TEXT },
    { &record_type_call, "server", PRIVACY_TEXT },
    { &record_type_call, "final_reason", PRIVACY_TEXT },
    { &record_type_call, "reason_header", PRIVACY_TEXT },
    { &record_type_call, "ended_by", PRIVACY_PLAIN },
    { &record_type_call, "outcome", PRIVACY_PLAIN },
    { &record_type_call, "nos_cause", PRIVACY_PLAIN },
    { &record_type_call, "codecs", PRIVACY_JSON },
    { &record_type_call, "media_verdict", PRIVACY_PLAIN },
    { &record_type_call, "capture_confidence", PRIVACY_PLAIN },
    { &record_type_call, "capture_confidence_reasons", PRIVACY_PLAIN },
    { &record_type_call, "dtmf", PRIVACY_PLAIN },
    { &record_type_call, "vq_reports", PRIVACY_JSON },
    { &record_type_call, "vlan", PRIVACY_PLAIN },
    { &record_type_call, "tunnel", PRIVACY_PLAIN },
    { &record_type_call, "sip_anomalies", PRIVACY_PLAIN },
    { &record_type_call, "ended_how", PRIVACY_PLAIN },
    { &record_type_call, "history", PRIVACY_JSON },
    { &record_type_call, "links", PRIVACY_JSON },
    { &record_type_call, "deviations", PRIVACY_JSON },
    { &record_type_call, "media_evidence", PRIVACY_PLAIN },
    { &record_type_call, "media_timeouts", PRIVACY_PLAIN },
    { &record_type_call, "from_number", PRIVACY_USER },
    { &record_type_call, "to_number", PRIVACY_USER },
    { &record_type_call, "trunk_in", PRIVACY_PLAIN },
    { &record_type_call, "trunk_out", PRIVACY_PLAIN },
    { &record_type_call, "destination", PRIVACY_PLAIN },
    { &record_type_call, "destination_prefix", PRIVACY_PLAIN },
    { &record_type_call, "stir", PRIVACY_JSON },
    { &record_type_call, "kept", PRIVACY_PLAIN },
    { &record_type_call, "kept_by", PRIVACY_TEXT },
    { &record_type_call, "media_offered", PRIVACY_TEXT },
    { &record_type_stream, "call_id", PRIVACY_CALL_ID },
    { &record_type_stream, "direction", PRIVACY_PLAIN },
    { &record_type_stream, "media", PRIVACY_PLAIN },
    { &record_type_stream, "codec", PRIVACY_TEXT },
    { &record_type_stream, "fmtp", PRIVACY_TEXT },
    { &record_type_stream, "loss_runs", PRIVACY_PLAIN },
    { &record_type_stream, "rtcp.loss_side", PRIVACY_PLAIN },
    { &record_type_stream, "rtcp.cname", PRIVACY_USER_AT },
    { &record_type_stream, "rtcp.xr", PRIVACY_PLAIN },
    { &record_type_stream, "codec_model", PRIVACY_PLAIN },
    { &record_type_stream, "model.codec", PRIVACY_PLAIN },
    { &record_type_stream, "model.scale", PRIVACY_PLAIN },
    { &record_type_stream, "model.version", PRIVACY_PLAIN },
    { &record_type_stream, "udptl.error_correction", PRIVACY_PLAIN },
    { &record_type_stream, "events", PRIVACY_PLAIN },
    { &record_type_transaction, "method", PRIVACY_PLAIN },
    { &record_type_transaction, "call_id", PRIVACY_CALL_ID },
    { &record_type_transaction, "user", PRIVACY_USER },
    { &record_type_transaction, "from_uri", PRIVACY_URI },
    { &record_type_transaction, "to_uri", PRIVACY_URI },
    { &record_type_transaction, "user_agent", PRIVACY_TEXT },
    { &record_type_transaction, "final_reason", PRIVACY_TEXT },
    { &record_type_transaction, "contact", PRIVACY_URI },
    { &record_type_registration, "user", PRIVACY_USER },
    { &record_type_registration, "domain", PRIVACY_TEXT },
    { &record_type_registration, "source", PRIVACY_PLAIN },
    { &record_type_registration, "registrar", PRIVACY_PLAIN },
    { &record_type_registration, "state", PRIVACY_PLAIN },
    { &record_type_registration, "contact", PRIVACY_URI },
    { &record_type_registration, "user_agent", PRIVACY_TEXT },
    { &record_type_security, "fact", PRIVACY_PLAIN },
    { &record_type_security, "source", PRIVACY_PLAIN },
    { &record_type_security, "subject", PRIVACY_SUBJECT },
    { &record_type_security, "trunk", PRIVACY_PLAIN },
    { &record_type_security, "call_id", PRIVACY_CALL_ID },
    { &record_type_security, "user_agent", PRIVACY_TEXT },
    { &record_type_security, "evidence", PRIVACY_JSON },
    { &record_type_leg, "call_id_a", PRIVACY_CALL_ID },
    { &record_type_leg, "call_id_b", PRIVACY_CALL_ID },
    { &record_type_leg, "evidence", PRIVACY_JSON },
    { &record_type_leg, "media", PRIVACY_PLAIN },
    { &record_type_certificate, "server_name", PRIVACY_TEXT },
    { &record_type_certificate, "transport", PRIVACY_PLAIN },
    { &record_type_certificate, "tls_version", PRIVACY_PLAIN },
    { &record_type_certificate, "state", PRIVACY_PLAIN },
    { &record_type_certificate, "subject", PRIVACY_TEXT },
    { &record_type_certificate, "issuer", PRIVACY_TEXT },
    { &record_type_certificate, "subject_alt_names", PRIVACY_JSON },
    { &record_type_certificate, "serial", PRIVACY_PLAIN },
    { &record_type_certificate, "fingerprint", PRIVACY_PLAIN },
    { &record_type_certificate, "key_type", PRIVACY_PLAIN },
    { &record_type_certificate, "origin", PRIVACY_PLAIN },
    /* Nothing in them is a person's: counts by name, addresses, trunks. */
    { &record_type_capture, NULL, PRIVACY_PLAIN },
    { &record_type_mirror, NULL, PRIVACY_PLAIN },
    { &record_type_store, NULL, PRIVACY_PLAIN },
    { &record_type_kpi, NULL, PRIVACY_PLAIN },
    { &record_type_peer, NULL, PRIVACY_PLAIN },
    { &record_type_load, NULL, PRIVACY_PLAIN },
    { &record_type_probe, NULL, PRIVACY_PLAIN },
    /* Made of masked records. */
    { &record_type_alert, NULL, PRIVACY_PLAIN },
    { &record_type_baseline, NULL, PRIVACY_PLAIN },
};
/* clang-format on */

enum privacy_class privacy_class_of(const struct record_type *type,
                                    const struct record_field *field)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (classes[i].type == type &&
            (!classes[i].field || strcmp(classes[i].field, field->name) == 0))
            return classes[i].what;
    }
    return PRIVACY_UNCLASSED;
}

enum privacy_class privacy_class_of_key(struct slice key)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (classes[i].field && classes[i].what != PRIVACY_PLAIN &&
            slice_eq(key, slice_of_text(classes[i].field)))
            return classes[i].what;
    }
    return PRIVACY_PLAIN;
}

const struct record_type *privacy_type_of(struct slice name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (slice_eq(name, slice_of_text(classes[i].type->name)))
            return classes[i].type;
    }
    return NULL;
}

void privacy_scratch_fini(struct privacy_scratch *scratch)
{
    free(scratch->bytes);
    *scratch = (struct privacy_scratch){ NULL, 0 };
}

/* One that the table lacks is looked at like a stranger's words: rather too much than too little. */
static enum privacy_class class_of(const struct record_type *type, const struct record_field *field)
{
    enum privacy_class what = privacy_class_of(type, field);

    if (field->kind != FIELD_TEXT && field->kind != FIELD_JSON)
        return PRIVACY_PLAIN;
    if (what == PRIVACY_UNCLASSED)
        what = field->kind == FIELD_JSON ? PRIVACY_JSON : PRIVACY_TEXT;
    return what;
}

static const struct slice *text_of(const void *record, const struct record_field *field)
{
    return record_at(record, field);
}

static size_t texts_bytes(const struct record_type *type, const void *record)
{
    size_t total = 0;

    for (size_t i = 0; i < type->field_count; i++) {
        if (class_of(type, &type->fields[i]) != PRIVACY_PLAIN)
            total += text_of(record, &type->fields[i])->len;
    }
    return total;
}

static bool is_of_nobody(const struct record_type *type, const void *record)
{
    const struct security_record *fact = type == &record_type_security ? record : NULL;

    return fact && privacy_field_names_nobody(fact->fact);
}

/* Gives the copy texts of its own, masked. Returns where the next may stand. */
static char *mask_texts(const struct privacy *p, const struct record_type *type, void *copy,
                        char *room, struct mask_seen *seen)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *f = &type->fields[i];
        enum privacy_class what = class_of(type, f);
        struct slice *s = (struct slice *)(void *)((char *)copy + f->offset);

        if (what == PRIVACY_PLAIN || s->len == 0)
            continue;
        memcpy(room, s->p, s->len);
        privacy_mask_field(p, what, is_of_nobody(type, copy), room, s->len, seen);
        s->p = room;
        room += s->len;
    }
    return room;
}

/* Numbers that were found anywhere, in all the other texts. */
static void sweep_texts(const struct privacy *p, const struct record_type *type, void *copy,
                        struct mask_seen *seen)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *f = &type->fields[i];
        enum privacy_class what = class_of(type, f);
        struct slice *s = (struct slice *)(void *)((char *)copy + f->offset);
        char *text;

        if (what == PRIVACY_PLAIN || s->len == 0)
            continue;
        text = (char *)(uintptr_t)s->p; /* our own, by now */
        if (what == PRIVACY_JSON)
            privacy_mask_json(p, text, s->len, true, seen);
        else
            mask_sweep(p, seen, text, s->len);
    }
}

static bool make_room(struct privacy_scratch *scratch, size_t bytes)
{
    char *p;

    if (bytes <= scratch->room)
        return true;
    p = realloc(scratch->bytes, bytes + bytes / 2);
    if (!p)
        return false;
    scratch->bytes = p;
    scratch->room = bytes + bytes / 2;
    return true;
}

/* Structs stand in front of the texts, each where its kind may stand. */
static size_t aligned(size_t bytes)
{
    return (bytes + 15) & ~(size_t)15;
}

const void *privacy_record(const struct privacy *p, const struct record_type *type,
                           const void *record, struct privacy_scratch *scratch)
{
    const struct call_record *call = type == &record_type_call ? record : NULL;
    size_t streams = call ? call->stream_count : 0, head = aligned(type->size), total;
    struct mask_seen seen = { .count = 0 };
    struct stream_record *copies;
    char *room;

    if (!privacy_masks(p))
        return record;
    total = head + streams * sizeof(struct stream_record) + texts_bytes(type, record);
    for (size_t i = 0; i < streams; i++)
        total += texts_bytes(&record_type_stream, &call->streams[i]);
    if (!make_room(scratch, total))
        return NULL;
    memcpy(scratch->bytes, record, type->size);
    copies = (struct stream_record *)(void *)(scratch->bytes + head);
    room = (char *)(copies + streams);
    room = mask_texts(p, type, scratch->bytes, room, &seen);
    for (size_t i = 0; i < streams; i++) {
        copies[i] = call->streams[i];
        room = mask_texts(p, &record_type_stream, &copies[i], room, &seen);
    }
    sweep_texts(p, type, scratch->bytes, &seen);
    for (size_t i = 0; i < streams; i++)
        sweep_texts(p, &record_type_stream, &copies[i], &seen);
    if (streams)
        ((struct call_record *)(void *)scratch->bytes)->streams = copies;
    return scratch->bytes;
}
