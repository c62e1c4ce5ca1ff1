#include "analyzer/legs/leg_sdp.h"

enum {
    LINES_MAX = 64,     /* the first audio stands well before */
    SESSION_DIGITS = 6, /* "o=- 0 0" and small counters are many sessions' */
};

/* The next word of a line. */
static struct slice word(struct slice *line)
{
    return slice_cut(line, ' ');
}

static uint32_t hash_origin(const struct siphash_key *key, struct slice line)
{
    const char *begin = line.p;
    struct slice session;

    word(&line);
    session = word(&line);
    if (session.len < SESSION_DIGITS)
        return 0;
    return (uint32_t)siphash(key, begin, (size_t)(session.p + session.len - begin)) | 1;
}

/* "IN IP4 192.0.2.1": what stands last; a hold of old (0.0.0.0) is nowhere. */
static struct slice address_of(struct slice line)
{
    struct slice host;

    word(&line);
    word(&line);
    host = slice_trim(slice_cut(&line, '/'));
    return slice_eq(host, SLICE("0.0.0.0")) ? SLICE_ABSENT : host;
}

struct leg_sdp leg_sdp_of(const struct siphash_key *key, struct slice body)
{
    struct leg_sdp out = { 0 };
    struct slice host = SLICE_ABSENT, port = SLICE_ABSENT;

    for (int i = 0; i < LINES_MAX && body.len; i++) {
        struct slice line = slice_trim(slice_cut(&body, '\n'));

        if (line.len < 2 || line.p[1] != '=')
            continue;
        if (line.p[0] == 'm' && port.p)
            break;
        if (line.p[0] == 'o' && !out.origin)
            out.origin = hash_origin(key, slice_of(line.p + 2, line.len - 2));
        if (line.p[0] == 'c')
            host = address_of(slice_of(line.p + 2, line.len - 2));
        if (slice_starts_with(line, SLICE("m=audio "))) {
            struct slice rest = slice_of(line.p + 8, line.len - 8);

            port = word(&rest);
        }
    }
    if (host.len == 0)
        return out;
    out.host = (uint32_t)siphash(key, host.p, host.len) | 1;
    if (port.len && !slice_eq(port, SLICE("0")))
        out.media = (siphash(key, host.p, host.len) * 31 + siphash(key, port.p, port.len)) | 1;
    return out;
}
