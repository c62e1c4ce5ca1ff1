#include "tests/golden/truth_check.h"

#include "analyzer/quality/codec_ie.h"
#include "analyzer/quality/emodel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHOWN_MAX = 60,
    MOS_PACKETS_MIN = 100,
    DRIFT_LEAST_S = 60,
    FEW = 2,
    LEAST_NUMBERS_FOR_SIDES = 50, /* METRICS: fewer say nothing */
};

#define MOS_WITHIN       0.02
#define DRIFT_WITHIN_PPM 5

/* Of everything that has sequence numbers, fax as well. */
static const struct truth_comparison of_all[] = {
    { "direction", 0, 0 },    { "media", 0, 0 },      { "start_time", 0.001, 0 },
    { "end_time", 0.001, 0 }, { "packets", 0, 0 },    { "expected", 0, 0 },
    { "lost", 0, 0 },         { "duplicates", 0, 0 }, { "out_of_order", 0, 0 },
};

static const struct truth_comparison of_rtp[] = {
    { "clock_rate_hz", 0, 0 },        { "restarts", 0, 0 },        { "srtp", 0, 0 },
    { "foreign_source", 0, 0 },       { "loss_runs", 0, 0 },       { "jitter_ms.mean", 0.1, 0 },
    { "jitter_ms.p95", 0.02, 0.025 }, /* 2 % of the probe's, and the width of the truth's bins */
    { "jitter_ms.max", 0.1, 0 },      { "delta_ms.mean", 0.1, 0 }, { "delta_ms.max", 0.1, 0 },
};

static const struct truth_comparison of_codec[] = {
    { "codec", 0, 0 },
    { "payload_type", 0, 0 },
};

static const struct truth_comparison of_audio[] = {
    { "ptime_ms", 0.001, 0 },
    { "talkspurts", 0, 0 },
    { "comfort_noise", 0, 0 },
    { "playout.jb20.late", 0, 0 },
    { "playout.jb20.lost_total", 0, 0 },
    { "playout.jb50.late", 0, 0 },
    { "playout.jb50.lost_total", 0, 0 },
    { "playout.jb60.late", 0, 0 },
    { "playout.jb60.lost_total", 0, 0 },
    { "playout.jb120.late", 0, 0 },
    { "playout.jb120.lost_total", 0, 0 },
    { "playout.jb200.late", 0, 0 },
    { "playout.jb200.lost_total", 0, 0 },
    { "burst.bursts", 0, 0 },
    { "burst.longest_run", 0, 0 },
    { "burst.density_ratio", 0.001, 0 },
    { "burst.burst_ratio", 0.001, 0 },
};

static const struct truth_comparison of_reports[] = {
    { "rtcp.reports", 0, 0 },         { "rtcp.sender_reports", 0, 0 },
    { "rtcp.lost_cumulative", 0, 0 }, { "rtcp.fraction_lost_max", 0.001, 0 },
    { "rtcp.jitter_ms_max", 0.2, 0 }, /* whole units of the RTP clock */
    { "rtcp.rtt_ms", 1, 0 },          { "rtcp.cname", 0, 0 },
    { "rtcp.bye_time", 0.001, 0 },
};

static const struct truth_comparison of_extended[] = {
    { "rtcp.xr.loss_ratio", 0.001, 0 }, { "rtcp.xr.discard_ratio", 0.001, 0 },
    { "rtcp.xr.round_trip_ms", 0, 0 },  { "rtcp.xr.end_system_delay_ms", 0, 0 },
    { "rtcp.xr.r_factor", 0, 0 },       { "rtcp.xr.mos_lq", 0.01, 0 },
    { "rtcp.xr.mos_cq", 0.01, 0 },      { "rtcp.xr.jb_nominal_ms", 0, 0 },
    { "rtcp.xr.jb_maximum_ms", 0, 0 },
};

/* The probe looks at every fourth sample. */
static const struct truth_comparison of_sound[] = {
    { "level_dbm0", 0.2, 0 },
    { "silence_ratio", 0.01, 0 },
    { "clipping_ratio", 0.01, 0 },
};

static const struct truth_comparison of_fax[] = {
    { "udptl.recovered", 0, 0 },
    { "udptl.error_correction", 0, 0 },
};

void truth_check_complain(struct truth_check *c, const char *who, const char *path,
                          const json_t *expected, const json_t *actual)
{
    char *wanted =
        expected ? json_dumps(expected, JSON_ENCODE_ANY | JSON_REAL_PRECISION(16)) : NULL;
    char *got = actual ? json_dumps(actual, JSON_ENCODE_ANY | JSON_REAL_PRECISION(16)) : NULL;

    if (c->wrong++ < SHOWN_MAX)
        fprintf(stderr, "%s: %s is %.300s, the truth is %.300s\n", who, path, got ? got : "missing",
                wanted ? wanted : "that there is none");
    free(wanted);
    free(got);
}

static bool agree(const json_t *expected, const json_t *actual, double within, double part)
{
    if (!actual || !expected)
        return false;
    if (within > 0 && json_is_number(expected) && json_is_number(actual)) {
        double wanted = json_number_value(expected);

        return fabs(wanted - json_number_value(actual)) <= within + part * fabs(wanted);
    }
    return json_equal(expected, actual);
}

void truth_check_compare(struct truth_check *c, const char *who,
                         const struct truth_comparison *table, size_t count, const json_t *truth,
                         const json_t *actual)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *expected = jsonl_at(truth, table[i].path);
        const json_t *value = jsonl_at(actual, table[i].path);

        c->compared++;
        if (!agree(expected, value, table[i].within, table[i].part))
            truth_check_complain(c, who, table[i].path, expected, value);
    }
}

json_t *truth_check_find_stream(const json_t *streams, const json_t *wanted)
{
    static const char *const keys[] = { "ssrc", "src", "dst" };
    json_t *stream;
    size_t i;

    json_array_foreach(streams, i, stream)
    {
        bool same = true;

        for (size_t k = 0; k < TRUTH_CHECK_COUNT(keys); k++)
            same = same && json_equal(jsonl_at(stream, keys[k]), jsonl_at(wanted, keys[k]));
        if (same)
            return stream;
    }
    return NULL;
}

/* One MOS against the E-model of what was lost; null where the stream is too thin to say. */
static void compare_mos(struct truth_check *c, const char *who, const json_t *truth,
                        const json_t *stream, const char *path, double lost, double burst_ratio)
{
    const struct codec_ie *row =
        codec_ie_for_sdp(slice_of_text(jsonl_text(truth, "codec")),
                         (int64_t)jsonl_real(truth, "clock_rate_hz"), SLICE_ABSENT);
    double percent = 100 * lost / jsonl_real(truth, "expected");
    json_t *expected = json_null();

    c->compared++;
    if (row && jsonl_real(truth, "packets") >= MOS_PACKETS_MIN)
        expected =
            json_real(emodel_of_loss(row->scale, row->ie, row->bpl, percent, burst_ratio, 0).mos);
    if (!agree(expected, jsonl_at(stream, path), MOS_WITHIN, 0))
        truth_check_complain(c, who, path, expected, jsonl_at(stream, path));
    json_decref(expected);
}

/* Where the codec's figures are those of its name: not those of a mode, nor of two codecs. */
static void check_mos(struct truth_check *c, const char *who, const json_t *truth,
                      const json_t *stream)
{
    static const char *const models[] = { "jb20", "jb50", "jb60", "jb120", "jb200" };
    const char *codec = jsonl_text(truth, "codec");

    if (json_is_true(jsonl_at(truth, "codec_changed")) || strncmp(codec, "AMR", 3) == 0 ||
        strcmp(codec, "opus") == 0)
        return;
    compare_mos(c, who, truth, stream, "mos_lq.raw", jsonl_real(truth, "lost"),
                jsonl_real(truth, "loss_burst_ratio"));
    for (size_t i = 0; i < TRUTH_CHECK_COUNT(models); i++) {
        char mos[32], lost[64], ratio[64];

        snprintf(mos, sizeof mos, "mos_lq.%s", models[i]);
        snprintf(lost, sizeof lost, "playout.%s.lost_total", models[i]);
        snprintf(ratio, sizeof ratio, "playout.%s.burst_ratio", models[i]);
        compare_mos(c, who, truth, stream, mos, jsonl_real(truth, lost), jsonl_real(truth, ratio));
    }
}

/* Long streams alone tell how fast their sender's clock runs. */
static void check_drift(struct truth_check *c, const char *who, const json_t *truth,
                        const json_t *stream)
{
    static const struct truth_comparison drift = { "clock_drift_ppm", DRIFT_WITHIN_PPM, 0 };

    if (jsonl_real(truth, "end_time") - jsonl_real(truth, "start_time") >= DRIFT_LEAST_S)
        truth_check_compare(c, who, &drift, 1, truth, stream);
}

static bool same_pair(double a, double b, double c, double d, double within)
{
    return fabs(a - b) <= within && fabs(c - d) <= within;
}

/* Losses on either side of the probe: of the whole stream, or, where the probe cannot be sure that it
 * heard the beginning (packets under way when the first report was made), from the first report on.
 * On which side is not said of so few that they may be still under way, or copies. */
static void check_sides(struct truth_check *c, const char *who, const json_t *truth,
                        const json_t *stream)
{
    static const char *const paths[] = { "rtcp.lost_before_probe", "rtcp.lost_after_probe" };
    static const char *const firsts[] = { "rtcp.first_lost_before_probe",
                                          "rtcp.first_lost_after_probe" };
    static const struct truth_comparison side = { "rtcp.loss_side", 0, 0 };
    /* Twice as many as jitter holds back may be under way when a report ends a range of numbers. */
    double under_way =
        jsonl_real(truth, "out_of_order") > 0
            ? ceil(2 * jsonl_real(truth, "jitter_ms.max") / jsonl_real(truth, "ptime_ms"))
            : 0;
    double wanted[2], found[2], few[2] = { FEW, FEW + jsonl_real(truth, "duplicates") };
    bool clear = true;

    for (int i = 0; i < 2; i++) {
        wanted[i] = jsonl_real(truth, paths[i]);
        found[i] = jsonl_real(stream, paths[i]);
        clear = clear && (wanted[i] == 0 || wanted[i] - jsonl_real(truth, firsts[i]) > few[i]);
    }
    c->compared += 2;
    if (json_is_null(jsonl_at(truth, paths[0])))
        return;
    if (jsonl_real(truth, "expected") < LEAST_NUMBERS_FOR_SIDES) {
        if (!json_is_null(jsonl_at(stream, "rtcp.loss_side")))
            truth_check_complain(c, who, "the side of losses of a second", NULL,
                                 jsonl_at(stream, "rtcp"));
        return;
    }
    if (!same_pair(found[0], wanted[0], found[1], wanted[1], under_way) &&
        !same_pair(found[0], wanted[0] - jsonl_real(truth, firsts[0]), found[1],
                   wanted[1] - jsonl_real(truth, firsts[1]), under_way))
        truth_check_complain(c, who, "loss on either side of the probe", jsonl_at(truth, "rtcp"),
                             jsonl_at(stream, "rtcp"));
    if (clear)
        truth_check_compare(c, who, &side, 1, truth, stream);
}

static void check_audio(struct truth_check *c, const char *who, const json_t *truth,
                        const json_t *stream)
{
    truth_check_compare(c, who, of_audio, TRUTH_CHECK_COUNT(of_audio), truth, stream);
    if (!json_is_true(jsonl_at(truth, "codec_changed")))
        truth_check_compare(c, who, of_codec, TRUTH_CHECK_COUNT(of_codec), truth, stream);
    check_mos(c, who, truth, stream);
    check_drift(c, who, truth, stream);
    if (jsonl_at(truth, "level_dbm0"))
        truth_check_compare(c, who, of_sound, TRUTH_CHECK_COUNT(of_sound), truth, stream);
    if (json_is_true(jsonl_at(truth, "foreign_source")))
        return;
    truth_check_compare(c, who, of_reports, TRUTH_CHECK_COUNT(of_reports), truth, stream);
    check_sides(c, who, truth, stream);
    if (jsonl_at(truth, "rtcp.xr"))
        truth_check_compare(c, who, of_extended, TRUTH_CHECK_COUNT(of_extended), truth, stream);
}

void truth_check_stream(struct truth_check *c, const char *call_id, const json_t *truth,
                        const json_t *streams)
{
    const json_t *stream = truth_check_find_stream(streams, truth);
    const char *media = jsonl_text(truth, "media");
    char who[160];

    snprintf(who, sizeof who, "%s %s %s", call_id, media, jsonl_text(truth, "ssrc"));
    c->streams++;
    if (!stream) {
        truth_check_complain(c, who, "the stream", truth, NULL);
        return;
    }
    truth_check_compare(c, who, of_all, TRUTH_CHECK_COUNT(of_all), truth, stream);
    if (strcmp(media, "image") == 0) {
        truth_check_compare(c, who, of_fax, TRUTH_CHECK_COUNT(of_fax), truth, stream);
        return;
    }
    truth_check_compare(c, who, of_rtp, TRUTH_CHECK_COUNT(of_rtp), truth, stream);
    if (strcmp(media, "audio") == 0)
        check_audio(c, who, truth, stream);
}
