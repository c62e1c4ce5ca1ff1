#include "analyzer/privacy/privacy_field.h"

#include "analyzer/privacy/uri_scrub.h"

static bool is_user_key(struct slice key)
{
    static const struct slice keys[] = {
        SLICE_INIT("user"),      SLICE_INIT("number"),  SLICE_INIT("orig"),    SLICE_INIT("dest"),
        SLICE_INIT("from_user"), SLICE_INIT("to_user"), SLICE_INIT("numbers"), SLICE_INIT("users"),
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (slice_eq(key, keys[i]))
            return true;
    }
    return false;
}

static void mask_uri(const struct privacy *p, char *text, size_t len, struct mask_seen *seen)
{
    uri_scrub_displays(p, text, len, seen);
    if (uri_scrub(p, text, len, seen) == 0)
        mask_user_at(p, text, len, seen);
}

static void mask_json_text(const struct privacy *p, struct slice key, char *text, size_t len,
                           struct mask_seen *seen)
{
    if (is_user_key(key)) {
        mask_user_at(p, text, len, seen);
    } else if (slice_eq(key, SLICE("call_id"))) {
        mask_call_id(p, text, len);
    } else {
        uri_scrub_displays(p, text, len, seen);
        uri_scrub(p, text, len, seen);
    }
}

size_t privacy_string_end(const char *text, size_t len, size_t at)
{
    while (at < len && text[at] != '"')
        at += text[at] == '\\' ? 2 : 1;
    return at < len ? at : len;
}

void privacy_mask_json(const struct privacy *p, char *text, size_t len, bool sweep,
                       struct mask_seen *seen)
{
    struct slice key = SLICE("");

    for (size_t i = 0; i < len; i++) {
        size_t end;

        if (text[i] != '"')
            continue;
        end = privacy_string_end(text, len, i + 1);
        if (end + 1 < len && text[end + 1] == ':')
            key = slice_of(text + i + 1, end - i - 1);
        else if (sweep)
            mask_sweep(p, seen, text + i + 1, end - i - 1);
        else
            mask_json_text(p, key, text + i + 1, end - i - 1, seen);
        i = end;
    }
}

void privacy_mask_field(const struct privacy *p, enum privacy_class what, bool is_nobody,
                        char *text, size_t len, struct mask_seen *seen)
{
    switch (what) {
    case PRIVACY_USER:
        mask_user(p, text, len, seen);
        return;
    case PRIVACY_USER_AT:
        mask_user_at(p, text, len, seen);
        return;
    case PRIVACY_URI:
        mask_uri(p, text, len, seen);
        return;
    case PRIVACY_CALL_ID:
        mask_call_id(p, text, len);
        return;
    case PRIVACY_SUBJECT:
        if (!is_nobody)
            mask_user_at(p, text, len, seen);
        return;
    case PRIVACY_JSON:
        privacy_mask_json(p, text, len, false, seen);
        return;
    case PRIVACY_TEXT:
    case PRIVACY_UNCLASSED:
        uri_scrub(p, text, len, seen);
        return;
    case PRIVACY_PLAIN:
        return;
    }
}

bool privacy_field_names_nobody(struct slice fact)
{
    static const struct slice facts[] = {
        SLICE_INIT("new_destination"),
        SLICE_INIT("foreign_rtp"),
        SLICE_INIT("downgrade"),
    };

    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        if (slice_eq(fact, facts[i]))
            return true;
    }
    return false;
}
