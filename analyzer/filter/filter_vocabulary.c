#include "analyzer/filter/filter_vocabulary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_MOST 1e15

enum { EXAMPLE_BYTES = 96 };

/* The names of analyzer/security/fact.h, which this room does not lean on; a test holds them together. */
static const char facts[] =
    "scanner_agent extension_sweep invite_sweep always_refused register_bruteforce "
    "new_network number_redial new_destination out_of_hours clear_credentials foreign_rtp "
    "downgrade flood stir_mismatch stir_expired";

/* What the kind of a field does not say. */
static const struct said {
    const struct record_type *type;
    const char *name;
    const char *values;
    bool is_ip; /* a text that is an IP address */
    bool is_loose;
    bool is_status;
    const char *name_key;
} said[] = {
    { &record_type_transaction, "method", .values = "register options message subscribe" },
    { &record_type_transaction, "final_status", .is_status = true },
    { &record_type_transaction, "final_reason", .is_loose = true },
    { &record_type_transaction, "user_agent", .is_loose = true },
    { &record_type_transaction, "from_uri", .is_loose = true },
    { &record_type_transaction, "to_uri", .is_loose = true },
    { &record_type_transaction, "contact", .is_loose = true },
    { &record_type_kpi, "direction", .values = "in out" },
    { &record_type_registration, "state",
      .values = "registered expired removed refused challenged unknown" },
    { &record_type_registration, "source", .is_ip = true },
    { &record_type_registration, "registrar", .is_ip = true },
    { &record_type_registration, "last_status", .is_status = true },
    { &record_type_registration, "contact", .is_loose = true },
    { &record_type_registration, "user_agent", .is_loose = true },
    { &record_type_peer, "state", .values = "up down unknown" },
    { &record_type_peer, "source", .is_ip = true },
    { &record_type_peer, "target", .is_ip = true },
    { &record_type_peer, "history", .name_key = "state" },
    { &record_type_security, "fact", .values = facts },
    { &record_type_security, "source", .is_ip = true },
    { &record_type_security, "user_agent", .is_loose = true },
    { &record_type_certificate, "transport", .values = "tls dtls" },
    { &record_type_certificate, "state", .values = "seen not_observable" },
    { &record_type_certificate, "origin", .values = "wire watch" },
    { &record_type_certificate, "subject", .is_loose = true },
    { &record_type_certificate, "issuer", .is_loose = true },
    { &record_type_mirror, "complaints", .values = "doubled one_way vlan_missing cut" },
    { &record_type_store, "step", .values = "full headers metrics" },
    { &record_type_store, "step_cause", .values = "disk_full budget disk_slow disk_error" },
    { &record_type_alert, "severity", .values = "info warning critical" },
    { &record_type_alert, "state", .values = "pending firing resolved passed" },
    { &record_type_alert, "summary", .is_loose = true },
};

/* --- one field ------------------------------------------------------------------------------ */

static const struct said *find_said(const struct record_type *type, const char *name)
{
    static const struct said nothing;

    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (said[i].type == type && strcmp(said[i].name, name) == 0)
            return &said[i];
    }
    return &nothing;
}

/* "round_trip_ms.p95" and "round_trip_ms" end in "_ms". */
static bool has_unit(const char *name, const char *suffix)
{
    size_t len = strcspn(name, "."), tail = strlen(suffix);

    return len > tail && memcmp(name + len - tail, suffix, tail) == 0;
}

static void set_number(struct filter_field *f, const struct said *s)
{
    f->scale = 1;
    f->low = -NUMBER_MOST;
    f->high = NUMBER_MOST;
    if (s->is_status) {
        f->has_classes = true;
        f->low = 100;
        f->high = 699;
    } else if (has_unit(f->name, "_ratio")) {
        f->unit = "%";
        f->scale = 0.01;
        f->low = 0;
        f->high = 1;
    } else if (has_unit(f->name, "_ms")) {
        f->unit = "ms";
    } else if (has_unit(f->name, "_s") && !has_unit(f->name, "_bytes_s")) {
        f->unit = "s";
    } else if (strcmp(f->name, "days_left") == 0) {
        f->unit = "d";
    }
}

/* False: nothing can be asked of it. */
static bool set_kind(struct filter_field *f, const struct record_field *member,
                     const struct said *s)
{
    switch ((enum field_kind)member->kind) {
    case FIELD_TEXT:
        f->kind = s->is_ip ? FILTER_ADDR : FILTER_TEXT;
        f->ignores_case = true;
        return true;
    case FIELD_JSON:
        f->kind = FILTER_NAMES;
        f->ignores_case = true;
        return true;
    case FIELD_INT:
    case FIELD_REAL:
        f->kind = FILTER_NUMBER;
        set_number(f, s);
        return true;
    case FIELD_TIME:
        f->kind = FILTER_INSTANT;
        return true;
    case FIELD_BOOL:
        f->kind = FILTER_TRUTH;
        return true;
    case FIELD_ADDR:
        f->kind = FILTER_ADDR;
        return true;
    case FIELD_ID:
        f->kind = FILTER_ID;
        return true;
    default:
        return false;
    }
}

static void write_example(char *out, const struct filter_field *f)
{
    static const char *const values[] = {
        [FILTER_TEXT] = ":abc*", [FILTER_NUMBER] = ">10",
        [FILTER_TRUTH] = ":yes", [FILTER_ADDR] = ":192.0.2.7",
        [FILTER_NAMES] = ":*",   [FILTER_ID] = ":32a1b2c3d4e5f607",
        [FILTER_ALERT] = ":*",   [FILTER_INSTANT] = ">2026-11-21",
        [FILTER_TIME] = ":2h",   [FILTER_PORT] = ":5060",
    };
    const char *value = values[f->kind];

    if (f->values)
        snprintf(out, EXAMPLE_BYTES, "%s:%.*s", f->name, (int)strcspn(f->values, " "), f->values);
    else if (f->has_classes)
        snprintf(out, EXAMPLE_BYTES, "%s:5xx", f->name);
    else if (f->unit)
        snprintf(out, EXAMPLE_BYTES, "%s>10%s", f->name, f->unit);
    else
        snprintf(out, EXAMPLE_BYTES, "%s%s", f->name, value);
}

/* --- all of them ---------------------------------------------------------------------------- */

/* "server_port", of the address that the field before it is; its name and example stand in `name`. */
static void add_port(struct filter_field *port, const struct filter_field *address, char *name)
{
    snprintf(name, EXAMPLE_BYTES, "%s_port", address->name);
    *port = *address;
    port->name = name;
    port->aliases = "";
    port->kind = FILTER_PORT;
    port->low = 0;
    port->high = UINT16_MAX;
    port->scale = 1;
    snprintf(name + EXAMPLE_BYTES, EXAMPLE_BYTES, "%s_port:5061", address->name);
    port->example = name + EXAMPLE_BYTES;
}

int filter_vocabulary_make(struct filter_field **fields, size_t *count,
                           const struct record_type *type)
{
    size_t max = 2 * type->field_count; /* an address has a port */
    struct filter_field *made = calloc(max, sizeof *made + 2 * EXAMPLE_BYTES);
    char *texts = made ? (char *)(made + max) : NULL;

    if (!made)
        return -ENOMEM;
    *count = 0;
    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *member = &type->fields[i];
        const struct said *s = find_said(type, member->name);
        struct filter_field *f = &made[*count];
        char *example = texts + 2 * EXAMPLE_BYTES * *count;
        char *alias = example + EXAMPLE_BYTES;

        *f = (struct filter_field){ .name = member->name,
                                    .aliases = "",
                                    .type = type,
                                    .members = { member->name },
                                    .values = s->values,
                                    .is_loose = s->is_loose,
                                    .name_key = s->name_key,
                                    .help = "",
                                    .example = example };
        if (!set_kind(f, member, s))
            continue;
        write_example(example, f);
        if (f->kind == FILTER_ADDR) {
            snprintf(alias, EXAMPLE_BYTES, "%s_ip", f->name);
            f->aliases = alias;
        }
        ++*count;
        if (member->kind == FIELD_ADDR) {
            add_port(&made[*count], f, texts + 2 * EXAMPLE_BYTES * *count);
            ++*count;
        }
    }
    *fields = made;
    return 0;
}

static char plain(char c)
{
    if (c == '-' || c == '.')
        return '_';
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_name(struct slice name, struct slice word)
{
    if (word.len == 0 || name.len != word.len)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (plain(name.p[i]) != plain(word.p[i]))
            return false;
    }
    return true;
}

static bool is_called(const struct filter_field *field, struct slice name)
{
    struct slice aliases = slice_of_text(field->aliases);

    if (is_name(name, slice_of_text(field->name)))
        return true;
    while (aliases.len) {
        if (is_name(name, slice_cut(&aliases, ' ')))
            return true;
    }
    return false;
}

const struct filter_field *filter_vocabulary_find(const struct filter_vocabulary *v,
                                                  struct slice name)
{
    for (size_t i = 0; i < v->count; i++) {
        if (is_called(&v->fields[i], name))
            return &v->fields[i];
    }
    return NULL;
}
