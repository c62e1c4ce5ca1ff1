#include "tests/support/wave.h"

#include "tests/support/audio.h"
#include "tests/support/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_TEXT_MAX = 24 };

static bool read_real(struct slice text, double low, double high, double *out)
{
    char room[NUMBER_TEXT_MAX + 1], *stop;

    if (text.len == 0 || text.len > NUMBER_TEXT_MAX || text.p[0] == ' ')
        return false;
    memcpy(room, text.p, text.len);
    room[text.len] = '\0';
    *out = strtod(room, &stop);
    return *stop == '\0' && isfinite(*out) && *out >= low && *out <= high;
}

static bool read_int(struct slice text, double low, double high, int64_t *out)
{
    double value;

    if (!read_real(text, low, high, &value) || value != floor(value))
        return false;
    *out = (int64_t)value;
    return true;
}

static bool read_span(struct slice text, struct wave_span *out)
{
    struct slice low = slice_cut(&text, '-');

    if (!read_real(low, 0, 1e5, &out->low_s))
        return false;
    out->high_s = out->low_s;
    return text.len == 0 || (read_real(text, out->low_s, 1e5, &out->high_s));
}

static bool add_fail(struct wave *w, int status, struct slice percent)
{
    struct fail_share *f = &w->fails[w->fail_count];
    double value;

    if (w->fail_count == WAVE_FAILS_MAX || !read_real(percent, 0, 100, &value))
        return false;
    f->status = status;
    f->chance = (uint64_t)(value / 100 * (double)RNG_ALWAYS + 0.5);
    w->fail_count++;
    return true;
}

static bool read_fails(struct wave *w, struct slice text)
{
    while (text.len) {
        struct slice share = slice_cut(&text, '/');
        int64_t status;

        if (!read_int(slice_cut(&share, ':'), 0, 699, &status) || (status > 0 && status < 300) ||
            !add_fail(w, (int)status, share))
            return false;
    }
    return true;
}

/* The index of the word; −1: none of them. */
static int find_word(struct slice text, const char *const *words)
{
    for (int i = 0; words[i]; i++) {
        if (slice_eq(text, slice_of_text(words[i])))
            return i;
    }
    return -1;
}

static bool set(struct wave *w, struct slice key, struct slice value)
{
    static const char *const keys[] = { "trunk", "pbx",      "way",   "from", "to",
                                        "fail",  "cancel",   "pdd",   "ring", "talk",
                                        "media", "impaired", "offer", NULL };
    enum { TRUNK, PBX, WAY, FROM, TO, FAIL, CANCEL, PDD, RING, TALK, MEDIA, IMPAIRED, OFFER };
    static const char *const ways[] = { "either", "in", "out", NULL };
    static const char *const media[] = { "as-options", "none", "both", "one-way", NULL };
    static const char *const truths[] = { "no", "yes", NULL };
    static const char *const codecs[] = { "pcmu", "pcma", "g722", "g729", "gsm", NULL };
    int word;

    switch (find_word(key, keys)) {
    case TRUNK:
        return read_int(value, 0, 199, &w->trunk);
    case PBX:
        return read_int(value, 0, 7, &w->pbx);
    case WAY:
        word = find_word(value, ways);
        w->way = (enum wave_way)word;
        return word >= 0;
    case FROM:
        w->from = value;
        return value.len > 0 && value.len <= WAVE_NUMBER_MAX;
    case TO:
        w->to = value;
        return value.len > 0 && value.len <= WAVE_NUMBER_MAX;
    case FAIL:
        return read_fails(w, value);
    case CANCEL:
        return add_fail(w, 487, value);
    case PDD:
        return read_span(value, &w->pdd);
    case RING:
        return read_span(value, &w->ring);
    case TALK:
        return read_span(value, &w->talk) && w->talk.low_s >= 0.1;
    case MEDIA:
        word = find_word(value, media);
        w->media = (enum wave_media)word;
        return word >= 0;
    case IMPAIRED:
        word = find_word(value, truths);
        w->impaired = (int8_t)word;
        return word >= 0;
    case OFFER:
        w->codec = find_word(value, codecs);
        return w->codec >= 0;
    default:
        return false;
    }
}

bool wave_parse(struct wave *w, const char *text)
{
    struct slice rest = slice_of_text(text);
    struct slice when = slice_cut(&rest, ',');
    struct slice at = slice_cut(&when, ':'), count = slice_cut(&when, ':');

    *w = (struct wave){ .trunk = -1, .pbx = -1, .impaired = -1, .codec = -1 };
    if (!read_real(at, 0, 1e7, &w->at_s) || !read_int(count, 1, 1e9, &w->count) ||
        !read_real(when, 0, 1e7, &w->over_s))
        return false;
    while (rest.len) {
        struct slice value = slice_cut(&rest, ',');
        struct slice key = slice_cut(&value, '=');

        if (!set(w, key, value))
            return false;
    }
    return true;
}
