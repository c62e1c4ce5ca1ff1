/*
 * wave - a number of calls that have something in common: one trunk, one country, a slow answer.
 *
 * Waves one after the other make a day with an incident in it: an ordinary hour, then ten minutes in
 * which a trunk refuses, is slow, loses packets. What a wave does not say is as the options say.
 *
 *   AT:N:OVER[,KEY=VALUE…]     N calls from second AT on, spread over OVER s
 *   trunk=0 pbx=3 way=in|out from=+4477009xxxxx to=+1212555xxxx fail=503:20/486:10 cancel=5
 *   pdd=0.5-2 ring=4-9 talk=60-180 media=none|both|one-way impaired=yes|no offer=g729
 *
 * Two numbers are a range, each call draws its own; an x is a digit drawn. `fail` and `cancel` are
 * in percent of the wave's calls.
 *
 * Ownership  Texts are borrowed from argv.
 */
#ifndef TESTS_SUPPORT_WAVE_H
#define TESTS_SUPPORT_WAVE_H

#include "analyzer/base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { WAVE_FAILS_MAX = 8, WAVE_NUMBER_MAX = 31 };

/* status 0: nobody answers at all. */
struct fail_share {
    int status;
    uint64_t chance;
};

struct wave_span {
    double low_s, high_s; /* high_s 0: not said */
};

enum wave_way { WAVE_EITHER_WAY, WAVE_IN, WAVE_OUT };
enum wave_media { WAVE_MEDIA_AS_OPTIONS, WAVE_NO_MEDIA, WAVE_MEDIA, WAVE_ONE_WAY };

struct wave {
    double at_s, over_s;
    int64_t count;
    int64_t trunk, pbx; /* −1: any */
    enum wave_way way;
    enum wave_media media;
    int8_t impaired;       /* −1: not said */
    int64_t codec;         /* enum codec_id, offered alone; −1: not said */
    struct slice from, to; /* patterns; absent: not said */
    struct wave_span pdd, ring, talk;
    struct fail_share fails[WAVE_FAILS_MAX];
    int fail_count;
};

/* False: it does not understand the text. */
bool wave_parse(struct wave *w, const char *text);

#endif
