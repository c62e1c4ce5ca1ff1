#include "analyzer/sip/dtmf_info.h"

#include "analyzer/sip/sip_multipart.h"

/* A relay body has two or three lines. */
enum { LINES_READ = 16, EVENT_MAX = 255 };

/* One sign, or the number of the event. '\0' and *known: a signal, but no key. */
static char key_of(struct slice text, bool *known)
{
    static const char keys[] = "0123456789*#ABCD";
    uint64_t number;
    char c;

    *known = true;
    if (text.len == 1) {
        c = text.p[0];
        if (c >= 'a' && c <= 'd')
            c = (char)(c - 'a' + 'A');
        if (c != '\0' && memchr(keys, c, sizeof keys - 1))
            return c;
        *known = c == '!'; /* hook flash */
        return '\0';
    }
    if (slice_to_u64(text, EVENT_MAX, &number))
        return number < sizeof keys - 1 ? keys[number] : '\0';
    *known = slice_ieq(text, SLICE("hf")) || slice_ieq(text, SLICE("flash"));
    return '\0';
}

static enum dtmf_info_parse take_signal(struct dtmf_info *out, struct slice text)
{
    bool known;

    out->digit = key_of(slice_trim(text), &known);
    if (out->digit)
        return DTMF_INFO_OK;
    return known ? DTMF_INFO_NONE : DTMF_INFO_MALFORMED;
}

/* Lines of name=value, in any order. The first signal counts. */
static enum dtmf_info_parse read_relay(struct dtmf_info *out, struct slice body)
{
    enum dtmf_info_parse result = DTMF_INFO_MALFORMED;
    bool signal_seen = false;

    for (int i = 0; i < LINES_READ && body.len; i++) {
        struct slice line = slice_cut(&body, '\n');
        struct slice name = slice_trim(slice_cut(&line, '='));
        uint64_t ms;

        if (slice_ieq(name, SLICE("Signal")) && !signal_seen) {
            signal_seen = true;
            result = take_signal(out, line);
        } else if (slice_ieq(name, SLICE("Duration")) &&
                   slice_to_u64(slice_trim(line), DTMF_INFO_DURATION_MAX_MS, &ms)) {
            out->duration_ms = (uint32_t)ms;
        }
    }
    return result;
}

enum dtmf_info_parse dtmf_info_parse(struct dtmf_info *out, struct slice content_type,
                                     struct slice body)
{
    struct slice found = sip_multipart_find(content_type, body, SLICE("application/dtmf-relay"));

    *out = (struct dtmf_info){ '\0', 0 };
    if (found.p)
        return read_relay(out, found);
    found = sip_multipart_find(content_type, body, SLICE("application/dtmf"));
    if (!found.p)
        return DTMF_INFO_NONE;
    /* Some send the lines of the other type under this one's name. */
    if (slice_find(found, '=') < found.len)
        return read_relay(out, found);
    return take_signal(out, found);
}
