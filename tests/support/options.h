/*
 * options - the command line of earshot-traffic.
 *
 * Ownership  Texts are borrowed from argv.
 * Units      Chances as in rng.h; the command line has them in percent.
 * Errors     options_parse says what is wrong on stderr.
 */
#ifndef TESTS_SUPPORT_OPTIONS_H
#define TESTS_SUPPORT_OPTIONS_H

#include "tests/support/audio.h"
#include "tests/support/flow.h"
#include "tests/support/rng.h"
#include "tests/support/sound.h"
#include "tests/support/wave.h"

enum {
    OPTIONS_DIGITS_MAX = 32,
    OPTIONS_FAILS_MAX = 16,
    OPTIONS_SPIKES_MAX = 16,
    OPTIONS_WAVES_MAX = 64,
    OPTIONS_TRUNKS_MAX = 200
};

struct spike {
    int status;
    int64_t count;
    int64_t trunk;
    double at_s, over_s;
};

struct options {
    int64_t seed;
    const char *output_path, *truth_path;

    const char *scenes; /* of the corpus; NULL: the calls that the other options ask for */
    bool mirror_gaps;
    int64_t calls;
    double rate_per_s;
    bool concurrent;
    double ramp_s;
    double start_s, duration_s, ring_s, length_s;
    int64_t trunks;
    uint64_t inbound;

    int64_t codec; /* enum codec_id */
    int64_t ptime_ms;
    int64_t audio; /* enum audio_kind */
    bool no_media, no_rtcp;
    struct sound_plan sound[2]; /* of the caller, of the callee; G.711 alone */

    uint64_t impaired, loss;
    bool gilbert;
    uint64_t gilbert_enter, gilbert_leave;
    double jitter_ms;
    uint64_t reorder, duplicate, one_way;
    uint64_t loss_after, event_loss, restart;
    int64_t drift_ppm;

    uint64_t dtmf, reinvite, early_media, auth, cancel, sip_loss, dtx;
    uint64_t dtmf_inband, dtmf_info, codec_switch, ssrc_change, foreign, fax, video, srtp,
        vq_publish;
    double dtmf_dbm0;
    const char *digits; /* NULL: drawn */
    bool dtmf_types, xr, rtcp_reduced, rtcp_mux;
    int64_t fax_repeats;
    bool short_failed;
    struct fail_share fails[OPTIONS_FAILS_MAX];
    int fail_count;
    struct spike spikes[OPTIONS_SPIKES_MAX];
    int spike_count;
    struct wave waves[OPTIONS_WAVES_MAX];
    int wave_count;

    int64_t registers, options;
    double background_per_s;

    uint64_t ipv6;
    struct flow_style style;
    int64_t vlan, link;
    bool nanoseconds, pcapng;
};

enum options_result { OPTIONS_RUN, OPTIONS_HELPED, OPTIONS_WRONG };

enum options_result options_parse(struct options *o, int argc, char **argv);

#endif
