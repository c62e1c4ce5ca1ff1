/*
 * api_registrations - who is registered now, from the rows of the newest days.
 */
#include "probe/web/api_context.h"
#include "probe/web/api_view.h"

#include "analyzer/privacy/mask.h"
#include "analyzer/record_id.h"
#include "probe/web/moment.h"
#include "probe/web/registration_sums.h"
#include "storage/query_scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    /* Who has not been heard of for longer has moved out. */
    DAYS_LOOKED_AT = 7,
    /* Three days of 100,000 phones: some 0.4 s of a processor. Who has more of them sees fewer days, but
     * never less than one. */
    ROWS_MAX = 300000,
    WANTED_MAX = 128, /* of a text that is searched for; users are cut to that too */
};

#define DAY_NS INT64_C(86400000000000)

struct now {
    struct api_context *c;
    struct registration_sums sums;
    struct slice wanted; /* searched for; absent: everybody is */
    char masked[WANTED_MAX];
    size_t masked_len;      /* the same as a masked store has it */
    bool users_too;         /* the search may look at names */
    int64_t newest, oldest; /* times of rows */
    int64_t last_seen;      /* of all that was looked at */
    bool no_memory;
};

/* ---- who is looked for ---- */

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool has_part(struct slice text, struct slice part)
{
    for (size_t at = 0; at + part.len <= text.len; at++) {
        size_t i = 0;

        while (i < part.len && small(text.p[at + i]) == small(part.p[i]))
            i++;
        if (i == part.len)
            return true;
    }
    return false;
}

/* "bob@example.com" finds the one, "bob" and "example" parts of either. */
static bool is_user(const struct now *n, const struct registration_record *row)
{
    struct slice domain = n->wanted;
    struct slice user = slice_cut(&domain, '@');

    if (user.len < n->wanted.len)
        return (!user.len || slice_ieq(row->user, user)) && has_part(row->domain, domain);
    return has_part(row->user, n->wanted) || has_part(row->domain, n->wanted) ||
           (n->masked_len && slice_eq(row->user, slice_of(n->masked, n->masked_len)));
}

static bool is_wanted(const struct now *n, const struct registration_record *row)
{
    if (!n->wanted.p)
        return true;
    return (n->users_too && is_user(n, row)) || has_part(row->source, n->wanted) ||
           has_part(row->registrar, n->wanted);
}

static void read_search(struct now *n)
{
    const struct privacy *privacy = n->c->api->options.privacy;
    struct slice text = n->c->asked.text;

    n->wanted = text;
    n->users_too = !identity_is_masked(&n->c->x->who);
    if (!text.p || !privacy || text.len > sizeof n->masked)
        return;
    memcpy(n->masked, text.p, text.len);
    n->masked_len = text.len;
    mask_user(privacy, n->masked, n->masked_len, NULL);
}

/* ---- the rows ---- */

static bool on_row(void *ctx, const void *record)
{
    const struct registration_record *row = record;
    struct now *n = ctx;
    int64_t time_ns = record_id_time_ns(row->id);

    if (n->newest == RECORD_NONE)
        n->newest = time_ns;
    if (time_ns < n->newest - DAYS_LOOKED_AT * DAY_NS)
        return false;
    n->oldest = time_ns;
    if (row->last_seen > n->last_seen)
        n->last_seen = row->last_seen;
    n->no_memory = !registration_sums_add(&n->sums, row, is_wanted(n, row));
    return !n->no_memory;
}

static int look(struct now *n)
{
    static const char *const fields[] = { "user",         "domain", "source",
                                          "registrar",    "state",  "since",
                                          "expires_time", "flaps",  "first_seen",
                                          "last_seen",    NULL };
    const struct query_scan scan = { .type = &record_type_registration,
                                     .fields = fields,
                                     .since = RECORD_NONE,
                                     .until = RECORD_NONE,
                                     .rows_max = ROWS_MAX,
                                     .row = on_row,
                                     .ctx = n };
    bool cut;
    int err = query_scan_rows(n->c->api->query, &scan, &cut);

    n->sums.cut = n->sums.cut || (cut && n->newest - n->oldest < DAY_NS);
    return err ? err : n->no_memory ? -ENOMEM : 0;
}

/* ---- the answer ---- */

/* The calls of that user; of who must not be named, those of the address. */
static void write_filter(struct jsonw *j, const struct registration_record *row, bool named)
{
    struct strbuf text = { 0 };

    strbuf_add_text(&text, named && row->user.len ? "user:" : "ip:");
    filter_print_text(&text, named && row->user.len ? row->user : row->source);
    api_write_key_text(j, "filter", text.failed ? SLICE_ABSENT : strbuf_slice(&text));
    strbuf_fini(&text);
}

static void write_aor(struct jsonw *j, const struct registration_record *row)
{
    struct strbuf aor = { 0 };

    strbuf_add_slice(&aor, row->user);
    if (row->domain.len) {
        if (row->user.len)
            strbuf_add_char(&aor, '@');
        strbuf_add_slice(&aor, row->domain);
    }
    api_write_key_text(j, "aor", aor.failed ? SLICE_ABSENT : strbuf_slice(&aor));
    strbuf_fini(&aor);
}

struct shown {
    struct api_context *c;
    const struct registration_place *place;
};

static bool on_shown(void *ctx, const void *record)
{
    const struct shown *s = ctx;
    const struct registration_record *row =
        api_view_record(s->c, &record_type_registration, record);
    struct jsonw *j = &s->c->json;

    if (!row)
        return false;
    jsonw_object_open(j);
    jsonw_key(j, "id");
    api_write_id(j, row->id);
    write_aor(j, row);
    api_write_key_text(j, "user", row->user);
    api_write_key_text(j, "domain", row->domain);
    api_write_key_text(j, "contact", row->contact);
    api_write_key_int(j, "contacts", row->contacts);
    api_write_key_text(j, "server", row->registrar);
    api_write_key_text(j, "user_agent", row->user_agent);
    api_write_key_text(j, "src", row->source);
    api_write_key_text(j, "state",
                       registration_state_name((enum registration_state)s->place->state));
    api_write_key_text(j, "told", row->state);
    api_write_key_time(j, "since", s->place->since);
    api_write_key_time(j, "expires", row->expires_time);
    api_write_key_time(j, "first", row->first_seen);
    api_write_key_time(j, "last", row->last_seen);
    api_write_key_time(j, "last_success", row->last_success);
    api_write_key_int(j, "attempts", row->attempts);
    api_write_key_int(j, "failures", row->failures);
    api_write_key_int(j, "challenges", row->challenges);
    api_write_key_int(j, "unanswered", row->unanswered);
    api_write_key_int(j, "last_status", row->last_status);
    jsonw_key(j, "round_trip_ms");
    jsonw_real(j, row->round_trip_ms, 3);
    api_write_key_int(j, "flaps", s->place->flaps);
    write_filter(j, row, !identity_is_masked(&s->c->x->who));
    jsonw_object_close(j);
    return false;
}

/* "<since as 16 hex digits>.<id>" */
static bool read_cursor(struct slice text, struct registration_place *place)
{
    struct slice rest = text;
    struct slice since = slice_cut(&rest, '.');
    uint64_t ns;

    if (!params_parse_id(since, &ns) || ns > INT64_MAX || !params_parse_id(rest, &place->id))
        return false;
    place->since = (int64_t)ns;
    return true;
}

static void write_next(struct jsonw *j, const struct registration_place *last)
{
    char cursor[2 * RECORD_ID_TEXT_LEN + 2];

    jsonw_key(j, "next");
    if (!last) {
        jsonw_null(j);
        return;
    }
    snprintf(cursor, sizeof cursor, "%016" PRIx64 ".%016" PRIx64, (uint64_t)last->since, last->id);
    jsonw_text(j, slice_of_text(cursor));
}

static int write_rows(struct now *n, const struct registration_place *places, size_t count)
{
    struct jsonw *j = &n->c->json;
    int err = 0;

    jsonw_key(j, "registrations");
    jsonw_array_open(j);
    for (size_t i = 0; i < count && err == 0 && !j->out->failed; i++) {
        struct shown shown = { n->c, &places[i] };

        err = query_scan_one(n->c->api->query, &record_type_registration, places[i].id, on_shown,
                             &shown);
    }
    jsonw_array_close(j);
    return err;
}

static int answer(struct now *n, int64_t now_ns, const struct registration_place *after,
                  struct registration_place *places)
{
    struct api_context *c = n->c;
    enum registration_state state =
        c->asked.state.p ? registration_state_parse(c->asked.state) : REGISTRATION_STATES;
    size_t limit = c->asked.limit, count;
    uint64_t counts[REGISTRATION_STATES];
    struct jsonw *j = &c->json;
    int err;

    registration_sums_judge(&n->sums, now_ns, counts);
    count = registration_sums_pick(&n->sums, state, after, places, limit + 1);
    jsonw_object_open(j);
    api_write_key_time(j, "as_of", now_ns);
    jsonw_key(j, "counts");
    jsonw_object_open(j);
    for (unsigned i = 0; i < REGISTRATION_STATES; i++)
        api_write_key_int(j, registration_state_name((enum registration_state)i).p,
                          (int64_t)counts[i]);
    jsonw_object_close(j);
    err = write_rows(n, places, count < limit ? count : limit);
    write_next(j, count > limit ? &places[limit - 1] : NULL);
    if (n->sums.cut) {
        jsonw_key(j, "cut");
        jsonw_bool(j, true);
    }
    jsonw_object_close(j);
    return err;
}

void api_registrations_get_now(struct api_context *c)
{
    struct registration_place after = { 0 }, *places = calloc(c->asked.limit + 1, sizeof *places);
    struct now n = { .c = c, .newest = RECORD_NONE, .last_seen = RECORD_NONE };
    struct siphash_key key;
    int64_t now_ns;
    int err = getrandom(&key, sizeof key, 0) == (ssize_t)sizeof key ? 0 : -EIO;

    if (c->asked.cursor.p && !read_cursor(c->asked.cursor, &after)) {
        exchange_fail(c->x, 400,
                      "bad value of parameter 'cursor': expected the next of the page before");
        free(places);
        return;
    }
    if (err == 0)
        err = places ? registration_sums_init(&n.sums, &key) : -ENOMEM;
    read_search(&n);
    if (err == 0)
        err = moment_of_store(c->api->query, &now_ns);
    if (err == 0)
        err = look(&n);
    if (err == 0)
        err = answer(&n, now_ns > n.last_seen ? now_ns : n.last_seen,
                     c->asked.cursor.p ? &after : NULL, places);
    if (err)
        api_fail_store(c, err);
    else
        api_finish_json(c);
    registration_sums_fini(&n.sums);
    free(places);
}
