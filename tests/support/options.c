/*
 * One table holds every option: its name, where its value goes, its range and its help. To add an
 * option is to add a row.
 */
#include "tests/support/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum option_kind { KIND_FLAG, KIND_INT, KIND_REAL, KIND_CHANCE, KIND_TEXT, KIND_PARSED, KIND_HEAD };

/* False when it does not understand the text. */
typedef bool (*option_fn)(struct options *o, const char *text);

struct option_row {
    const char *name;
    char letter;
    enum option_kind kind;
    size_t offset;
    double low, high;
    option_fn parse;
    const char *meta, *help;
};

static const char *const codec_words[] = { "pcmu",      "pcma",    "g722", "g729",   "gsm",
                                           "opus",      "opus-fb", "amr",  "amr-oa", "amr-wb",
                                           "amr-wb-oa", "-",       "mix",  NULL };
static const char *const audio_words[] = { "speech", "tone", NULL };
static const char *const link_words[] = { "ether", "sll", "sll2", "raw", NULL };
static const char *const format_words[] = { "pcap", "pcapng", NULL };

/* A decimal number at *text, which is moved behind it and behind one `end` character. */
static bool take_number(const char **text, char end, double low, double high, double *out)
{
    char *stop;

    errno = 0;
    if (isspace((unsigned char)**text))
        return false;
    *out = strtod(*text, &stop);
    if (stop == *text || errno || !isfinite(*out) || *out < low || *out > high)
        return false;
    if (*stop != '\0' && *stop != end)
        return false;
    *text = *stop ? stop + 1 : stop;
    return true;
}

static bool take_int(const char **text, char end, double low, double high, int64_t *out)
{
    double value;

    if (!take_number(text, end, low, high, &value) || value != floor(value))
        return false;
    *out = (int64_t)value;
    return true;
}

static bool take_chance(const char **text, char end, uint64_t *out)
{
    double percent;

    if (!take_number(text, end, 0, 100, &percent))
        return false;
    *out = (uint64_t)(percent / 100 * (double)RNG_ALWAYS + 0.5);
    return true;
}

static bool take_word(const char *text, const char *const *words, int64_t *out)
{
    for (int64_t i = 0; words[i]; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool parse_codec(struct options *o, const char *text)
{
    return take_word(text, codec_words, &o->codec);
}

static bool parse_audio(struct options *o, const char *text)
{
    return take_word(text, audio_words, &o->audio);
}

static bool parse_link(struct options *o, const char *text)
{
    return take_word(text, link_words, &o->link);
}

static bool parse_format(struct options *o, const char *text)
{
    int64_t which;

    if (!take_word(text, format_words, &which))
        return false;
    o->pcapng = which == 1;
    return true;
}

static bool parse_gilbert(struct options *o, const char *text)
{
    o->gilbert = take_chance(&text, ',', &o->gilbert_enter) && *text &&
                 take_chance(&text, '\0', &o->gilbert_leave) && o->gilbert_leave > 0;
    return o->gilbert;
}

static bool parse_fail(struct options *o, const char *text)
{
    uint64_t sum = 0;

    for (o->fail_count = 0; *text; o->fail_count++) {
        struct fail_share *f = &o->fails[o->fail_count];
        int64_t status;

        if (o->fail_count == OPTIONS_FAILS_MAX || !take_int(&text, ':', 0, 699, &status) ||
            (status > 0 && status < 300) || !*text || !take_chance(&text, ',', &f->chance))
            return false;
        f->status = (int)status;
        sum += f->chance;
    }
    return sum <= RNG_ALWAYS;
}

static bool parse_spike(struct options *o, const char *text)
{
    struct spike *s = &o->spikes[o->spike_count];
    int64_t status;

    if (o->spike_count == OPTIONS_SPIKES_MAX)
        return false;
    *s = (struct spike){ 0 };
    if (!take_int(&text, ':', 300, 699, &status) || !*text ||
        !take_number(&text, ':', 0, 1e7, &s->at_s) || !*text ||
        !take_int(&text, ':', 1, 1e9, &s->count) || !*text ||
        !take_number(&text, ':', 0, 1e7, &s->over_s))
        return false;
    if (*text && !take_int(&text, '\0', 0, OPTIONS_TRUNKS_MAX - 1, &s->trunk))
        return false;
    s->status = (int)status;
    o->spike_count++;
    return true;
}

static bool parse_wave(struct options *o, const char *text)
{
    return o->wave_count < OPTIONS_WAVES_MAX && wave_parse(&o->waves[o->wave_count++], text);
}

static bool add_tone(struct sound_plan *plan, const char *text)
{
    struct sound_tone *t = &plan->tones[plan->tone_count];

    if (plan->tone_count == SOUND_TONES_MAX)
        return false;
    *t = (struct sound_tone){ 0 };
    if (!take_number(&text, ':', 1, 3999, &t->hz) || !*text ||
        !take_number(&text, ':', -90, 3.14, &t->dbm0))
        return false;
    if (*text && (!take_number(&text, ':', 0, 1e6, &t->start_s) || !*text ||
                  !take_number(&text, '\0', 0.001, 1e6, &t->length_s)))
        return false;
    plan->tone_count++;
    return true;
}

static bool parse_tone(struct options *o, const char *text)
{
    return add_tone(&o->sound[0], text);
}

static bool parse_tone_callee(struct options *o, const char *text)
{
    return add_tone(&o->sound[1], text);
}

static bool set_voice(struct sound_plan *plan, const char *text)
{
    if (strcmp(text, "silence") == 0) {
        plan->voice = SOUND_SILENCE;
        return true;
    }
    if (strncmp(text, "speech", 6) != 0 || (text[6] != '\0' && text[6] != ':'))
        return false;
    plan->voice = SOUND_SPEECH;
    text += 7;
    return text[-1] == '\0' || take_number(&text, '\0', -60, 60, &plan->gain_db);
}

static bool parse_voice(struct options *o, const char *text)
{
    return set_voice(&o->sound[0], text);
}

static bool parse_voice_callee(struct options *o, const char *text)
{
    return set_voice(&o->sound[1], text);
}

static bool set_noise(struct sound_plan *plan, const char *text)
{
    plan->noisy = take_number(&text, '\0', -90, 0, &plan->noise_dbm0);
    return plan->noisy;
}

static bool parse_noise(struct options *o, const char *text)
{
    return set_noise(&o->sound[0], text);
}

static bool parse_noise_callee(struct options *o, const char *text)
{
    return set_noise(&o->sound[1], text);
}

#define AT(field) offsetof(struct options, field)

/* clang-format off */
static const struct option_row rows[] = {
    { "Output", 0, KIND_HEAD, 0, 0, 0, NULL, NULL, NULL },
    { "output", 'o', KIND_TEXT, AT(output_path), 0, 0, NULL, "FILE", "the capture; - is standard output (default)" },
    { "truth", 't', KIND_TEXT, AT(truth_path), 0, 0, NULL, "FILE", "JSON lines: what an ideal observer would say of it" },
    { "format", 0, KIND_PARSED, 0, 0, 0, parse_format, "pcap|pcapng", "file format (default pcap)" },
    { "nanoseconds", 0, KIND_FLAG, AT(nanoseconds), 0, 0, NULL, NULL, "times in nanoseconds, not microseconds" },
    { "link", 0, KIND_PARSED, 0, 0, 0, parse_link, "ether|sll|sll2|raw", "link layer (default ether)" },
    { "vlan", 0, KIND_INT, AT(vlan), 1, 4094, NULL, "ID", "an 802.1Q tag on every frame; ether alone" },
    { "ipv6", 0, KIND_CHANCE, AT(ipv6), 0, 0, NULL, "P", "share of calls over IPv6, percent" },
    { "seed", 0, KIND_INT, AT(seed), 0, 9e15, NULL, "N", "the same seed and options give the same bytes (default 1)" },

    { "Calls", 0, KIND_HEAD, 0, 0, 0, NULL, NULL, NULL },
    { "calls", 'n', KIND_INT, AT(calls), 0, 1e9, NULL, "N", "number of calls (default 1)" },
    { "rate", 'r', KIND_REAL, AT(rate_per_s), 1e-6, 1e6, NULL, "CPS", "calls begun per second (default 1)" },
    { "concurrent", 0, KIND_FLAG, AT(concurrent), 0, 0, NULL, NULL, "begin all calls within --ramp seconds instead" },
    { "ramp", 0, KIND_REAL, AT(ramp_s), 0, 1e6, NULL, "S", "for --concurrent (default 1)" },
    { "duration", 'd', KIND_REAL, AT(duration_s), 0.1, 1e6, NULL, "S", "talk time, answer to BYE (default 10)" },
    { "ring", 0, KIND_REAL, AT(ring_s), 0, 300, NULL, "S", "mean ringing time (default 2)" },
    { "start", 0, KIND_REAL, AT(start_s), 0, 4e9, NULL, "EPOCH", "time of the first call (default 1770000000)" },
    { "length", 0, KIND_REAL, AT(length_s), 0.1, 1e7, NULL, "S", "how long noise goes on (default: as the calls do)" },
    { "scenes", 0, KIND_TEXT, AT(scenes), 0, 0, NULL, "NAME,…", "instead of all that: labelled scenes, by name, or all, harmless, alike; --calls and --rate tell how many" },
    { "mirror-gaps", 0, KIND_FLAG, AT(mirror_gaps), 0, 0, NULL, NULL, "with --scenes: the mirror loses all RTP for 0.3 s, every 4 s" },
    { "trunks", 0, KIND_INT, AT(trunks), 1, OPTIONS_TRUNKS_MAX, NULL, "N", "number of trunk addresses (default 2)" },
    { "inbound", 0, KIND_CHANCE, AT(inbound), 0, 0, NULL, "P", "share of calls that come from a trunk (default 30)" },

    { "Signalling", 0, KIND_HEAD, 0, 0, 0, NULL, NULL, NULL },
    { "fail", 0, KIND_PARSED, 0, 0, 0, parse_fail, "S:P,…", "failures in percent of calls: 404:5,486:10,487:5; status 0: no answer" },
    { "cancel", 0, KIND_CHANCE, AT(cancel), 0, 0, NULL, "P", "calls given up while ringing (CANCEL, 487)" },
    { "spike", 0, KIND_PARSED, 0, 0, 0, parse_spike, "S:AT:N:OVER[:TRUNK]", "N more calls with that status from second AT on, over OVER s, from one trunk" },
    { "wave", 0, KIND_PARSED, 0, 0, 0, parse_wave, "AT:N:OVER[,KEY=VALUE…]", "N more calls from second AT on, over OVER s, with trunk=, pbx=, way=in|out, from=, to=, fail=503:20/486:10, cancel=, pdd=, ring=, talk=, media=none|both|one-way, impaired=, offer=CODEC of their own; repeatable" },
    { "short-failed", 0, KIND_FLAG, AT(short_failed), 0, 0, NULL, NULL, "every call is INVITE 100 180 486 ACK" },
    { "auth", 0, KIND_CHANCE, AT(auth), 0, 0, NULL, "P", "calls and registrations challenged first (407, 401)" },
    { "early-media", 0, KIND_CHANCE, AT(early_media), 0, 0, NULL, "P", "calls with 183, SDP and RTP before the answer" },
    { "reinvite", 0, KIND_CHANCE, AT(reinvite), 0, 0, NULL, "P", "calls with a re-INVITE: hold and resume, another port, or another codec" },
    { "sip-loss", 0, KIND_CHANCE, AT(sip_loss), 0, 0, NULL, "P", "SIP messages lost behind the capture point: they are sent again" },

    { "Media", 0, KIND_HEAD, 0, 0, 0, NULL, NULL, NULL },
    { "codec", 'c', KIND_PARSED, 0, 0, 0, parse_codec, "NAME", "pcmu pcma g722 g729 gsm opus opus-fb amr amr-oa amr-wb amr-wb-oa mix (default pcma)" },
    { "ptime", 0, KIND_INT, AT(ptime_ms), 10, 60, NULL, "MS", "10 20 30 40 60 (default 20)" },
    { "audio", 0, KIND_PARSED, 0, 0, 0, parse_audio, "speech|tone", "what G.711 says (default speech); a tone compresses well" },
    { "tone", 0, KIND_PARSED, 0, 0, 0, parse_tone, "HZ:DBM0[:AT:S]", "the caller's G.711 is silence but for this tone, from second AT of its media on; repeatable" },
    { "tone-callee", 0, KIND_PARSED, 0, 0, 0, parse_tone_callee, "HZ:DBM0[:AT:S]", "likewise the callee's" },
    { "voice", 0, KIND_PARSED, 0, 0, 0, parse_voice, "speech[:DB]|silence", "what the caller says in G.711, so much louder: 30 dB are clipped" },
    { "voice-callee", 0, KIND_PARSED, 0, 0, 0, parse_voice_callee, "speech[:DB]|silence", "likewise the callee" },
    { "noise", 0, KIND_PARSED, 0, 0, 0, parse_noise, "DBM0", "white noise under what the caller says, which is nothing without --voice" },
    { "noise-callee", 0, KIND_PARSED, 0, 0, 0, parse_noise_callee, "DBM0", "likewise the callee" },
    { "no-media", 0, KIND_FLAG, AT(no_media), 0, 0, NULL, NULL, "signalling only" },
    { "no-rtcp", 0, KIND_FLAG, AT(no_rtcp), 0, 0, NULL, NULL, "no RTCP (by default both sides send it every 5 s)" },
    { "dtmf", 0, KIND_CHANCE, AT(dtmf), 0, 0, NULL, "P", "calls in which digits are dialled (RFC 4733)" },
    { "dtmf-types", 0, KIND_FLAG, AT(dtmf_types), 0, 0, NULL, NULL, "two payload types of telephone-event, taken in turn" },
    { "dtmf-info", 0, KIND_CHANCE, AT(dtmf_info), 0, 0, NULL, "P", "calls in which both sides send digits in INFO, in two forms" },
    { "dtmf-inband", 0, KIND_CHANCE, AT(dtmf_inband), 0, 0, NULL, "P", "calls in which digits are tones in G.711, and SDP has no telephone-event" },
    { "dtmf-level", 0, KIND_REAL, AT(dtmf_dbm0), -60, 0, NULL, "DBM0", "of each of the two frequencies (default -20)" },
    { "digits", 0, KIND_TEXT, AT(digits), 0, 0, NULL, "TEXT", "what is dialled, up to 32 of 0-9 * # A-D (default: drawn)" },
    { "dtx", 0, KIND_CHANCE, AT(dtx), 0, 0, NULL, "P", "calls that fall silent between phrases: comfort noise, then a marker" },
    { "one-way", 0, KIND_CHANCE, AT(one_way), 0, 0, NULL, "P", "answered calls of which one direction never arrives" },

    { "codec-switch", 0, KIND_CHANCE, AT(codec_switch), 0, 0, NULL, "P", "calls whose caller goes over to a payload type that no SDP named" },
    { "ssrc-change", 0, KIND_CHANCE, AT(ssrc_change), 0, 0, NULL, "P", "calls in which both sides take another SSRC in the middle" },
    { "restart", 0, KIND_CHANCE, AT(restart), 0, 0, NULL, "P", "calls whose caller's sequence numbers begin anew in the middle" },
    { "foreign", 0, KIND_CHANCE, AT(foreign), 0, 0, NULL, "P", "calls to whose callee a third address sends RTP" },
    { "drift", 0, KIND_INT, AT(drift_ppm), -5000, 5000, NULL, "PPM", "how much too fast the senders' clocks run" },
    { "srtp", 0, KIND_CHANCE, AT(srtp), 0, 0, NULL, "P", "calls with RTP/SAVP and payloads that cannot be read; without RTCP" },
    { "video", 0, KIND_CHANCE, AT(video), 0, 0, NULL, "P", "calls with video (VP8) in both directions" },
    { "fax", 0, KIND_CHANCE, AT(fax), 0, 0, NULL, "P", "calls that turn to T.38 with a re-INVITE" },
    { "fax-repeats", 0, KIND_INT, AT(fax_repeats), 0, 4, NULL, "N", "earlier packets that each UDPTL packet carries again (default 2)" },

    { "Reports", 0, KIND_HEAD, 0, 0, 0, NULL, NULL, NULL },
    { "xr", 0, KIND_FLAG, AT(xr), 0, 0, NULL, NULL, "RTCP has extended reports: VoIP metrics, RRTR, DLRR" },
    { "rtcp-reduced", 0, KIND_FLAG, AT(rtcp_reduced), 0, 0, NULL, NULL, "every other report without SDES, extended reports in packets of their own" },
    { "rtcp-mux", 0, KIND_FLAG, AT(rtcp_mux), 0, 0, NULL, NULL, "RTCP goes to the ports of RTP" },
    { "vq-publish", 0, KIND_CHANCE, AT(vq_publish), 0, 0, NULL, "P", "calls of which the caller's side reports the quality afterwards (RFC 6035)" },

    { "Impairment", 0, KIND_HEAD, 0, 0, 0, NULL, NULL, NULL },
    { "impaired", 0, KIND_CHANCE, AT(impaired), 0, 0, NULL, "P", "share of calls to which the following applies (default 100)" },
    { "loss", 0, KIND_CHANCE, AT(loss), 0, 0, NULL, "P", "random loss" },
    { "loss-after", 0, KIND_CHANCE, AT(loss_after), 0, 0, NULL, "P", "random loss behind the capture point: only RTCP tells" },
    { "event-loss", 0, KIND_CHANCE, AT(event_loss), 0, 0, NULL, "P", "random loss of telephone-event packets" },
    { "gilbert", 0, KIND_PARSED, 0, 0, 0, parse_gilbert, "P,R", "loss in bursts: chance to enter and to leave the state that loses all" },
    { "jitter", 0, KIND_REAL, AT(jitter_ms), 0, 200, NULL, "MS", "standard deviation of the delay; order is kept unless --reorder" },
    { "reorder", 0, KIND_CHANCE, AT(reorder), 0, 0, NULL, "P", "packets overtaken by the next one to three" },
    { "duplicate", 0, KIND_CHANCE, AT(duplicate), 0, 0, NULL, "P", "packets that arrive twice" },

    { "Noise", 0, KIND_HEAD, 0, 0, 0, NULL, NULL, NULL },
    { "register", 0, KIND_INT, AT(registers), 0, 1e9, NULL, "N", "registrations" },
    { "options", 0, KIND_INT, AT(options), 0, 1e9, NULL, "N", "OPTIONS pings" },
    { "background", 0, KIND_REAL, AT(background_per_s), 0, 1e7, NULL, "PPS", "other packets per second: DNS, NTP, TCP, ICMP, ARP" },
};
/* clang-format on */

enum {
    ROW_COUNT = sizeof(rows) / sizeof(rows[0]),
    FIRST_LONG = 256,
    HELP = 1000,
    USAGE_COLUMN = 32
};

static void help(FILE *out)
{
    fputs("usage: earshot-traffic [OPTION]... -o FILE [--truth FILE]\n"
          "Writes a capture of VoIP calls that never were, and the truth about it.\n"
          "P is a percentage; addresses and numbers are those reserved for documentation and "
          "fiction.\n",
          out);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct option_row *row = &rows[i];
        char letter[5] = "    ";
        int n;

        if (row->kind == KIND_HEAD) {
            fprintf(out, "\n%s\n", row->name);
            continue;
        }
        if (row->letter)
            snprintf(letter, sizeof(letter), "-%c, ", row->letter);
        n = fprintf(out, "  %s--%s%s%s", letter, row->name, row->meta ? " " : "",
                    row->meta ? row->meta : "");
        if (n < USAGE_COLUMN)
            fprintf(out, "%*s%s\n", USAGE_COLUMN - n, "", row->help);
        else
            fprintf(out, "\n%*s%s\n", USAGE_COLUMN, "", row->help);
    }
    fputs("\n  -h, --help                    this text\n", out);
}

static bool set_value(struct options *o, const struct option_row *row, const char *text)
{
    char *field = (char *)o + row->offset;
    bool flag = true;
    int64_t number;
    double real;
    uint64_t chance;

    switch (row->kind) {
    case KIND_FLAG:
        memcpy(field, &flag, sizeof(flag));
        return true;
    case KIND_INT:
        if (!take_int(&text, '\0', row->low, row->high, &number))
            return false;
        memcpy(field, &number, sizeof(number));
        return true;
    case KIND_REAL:
        if (!take_number(&text, '\0', row->low, row->high, &real))
            return false;
        memcpy(field, &real, sizeof(real));
        return true;
    case KIND_CHANCE:
        if (!take_chance(&text, '%', &chance))
            return false;
        memcpy(field, &chance, sizeof(chance));
        return *text == '\0';
    case KIND_TEXT:
        memcpy(field, &text, sizeof(text));
        return true;
    case KIND_PARSED:
        return row->parse(o, text);
    case KIND_HEAD:
        break;
    }
    return false;
}

/* What each option cannot know alone. NULL when all fits together. */
static const char *find_conflict(struct options *o)
{
    if (o->vlan && o->link != FLOW_ETHERNET)
        return "--vlan needs --link ether";
    if (o->ptime_ms % 10 != 0 || o->ptime_ms == 50)
        return "--ptime takes 10, 20, 30, 40 or 60";
    if (o->codec != CODEC_MIX && !audio_takes_ptime((enum codec_id)o->codec, o->ptime_ms))
        return "that --codec has no packets of that --ptime";
    if ((sound_is_asked_for(&o->sound[0]) || sound_is_asked_for(&o->sound[1])) &&
        o->codec != CODEC_PCMU && o->codec != CODEC_PCMA && o->codec != CODEC_MIX)
        return "--tone, --voice and --noise need G.711";
    if (o->reorder && o->jitter_ms * 10 > 80 * (double)o->ptime_ms)
        return "--jitter with --reorder: at most 8 times --ptime, or packets come too late to be "
               "told from a restart of the stream";
    for (int i = 0; i < o->spike_count; i++) {
        if (o->spikes[i].trunk >= o->trunks)
            return "--spike names a trunk beyond --trunks";
    }
    for (int i = 0; i < o->wave_count; i++) {
        if (o->waves[i].trunk >= o->trunks)
            return "--wave names a trunk beyond --trunks";
        if (o->waves[i].codec >= 0 &&
            !audio_takes_ptime((enum codec_id)o->waves[i].codec, o->ptime_ms))
            return "--wave offers a codec that has no packets of that --ptime";
    }
    if (o->video && o->reinvite)
        return "--video and --reinvite would share ports";
    if (o->reinvite && (o->fax || o->ssrc_change || o->codec_switch || o->restart))
        return "--reinvite goes with none of --fax, --ssrc-change, --codec-switch, --restart";
    if (o->restart && o->reorder)
        return "--restart needs the order kept: no --reorder";
    if (o->digits && (strlen(o->digits) > OPTIONS_DIGITS_MAX ||
                      strspn(o->digits, "0123456789*#ABCD") != strlen(o->digits)))
        return "--digits takes up to 32 of 0-9 * # A-D";
    if (o->truth_path && strcmp(o->truth_path, "-") == 0 && strcmp(o->output_path, "-") == 0)
        return "--output and --truth cannot both be standard output";
    return NULL;
}

static enum options_result read_all(struct options *o, int argc, char **argv)
{
    struct option longs[ROW_COUNT + 2] = { 0 };
    char shorts[ROW_COUNT * 2 + 4] = "h";
    size_t short_len = 1, long_len = 0;
    int c;

    for (size_t i = 0; i < ROW_COUNT; i++) {
        bool has_value = rows[i].kind != KIND_FLAG;

        if (rows[i].kind == KIND_HEAD)
            continue;
        longs[long_len++] =
            (struct option){ rows[i].name, has_value ? required_argument : no_argument, NULL,
                             FIRST_LONG + (int)i };
        if (rows[i].letter) {
            shorts[short_len++] = rows[i].letter;
            shorts[short_len++] = ':';
        }
    }
    longs[long_len] = (struct option){ "help", no_argument, NULL, 'h' };

    while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct option_row *row = NULL;

        if (c == 'h') {
            help(stdout);
            return OPTIONS_HELPED;
        }
        if (c == '?')
            return OPTIONS_WRONG;
        for (size_t i = 0; i < ROW_COUNT; i++) {
            if (c == FIRST_LONG + (int)i || (rows[i].letter && c == rows[i].letter))
                row = &rows[i];
        }
        if (!row || !set_value(o, row, optarg)) {
            fprintf(stderr, "earshot-traffic: --%s: cannot use '%s'; expected %s: %s\n",
                    row ? row->name : "", optarg ? optarg : "", row ? row->meta : "",
                    row ? row->help : "");
            return OPTIONS_WRONG;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "earshot-traffic: '%s' is no option; the file goes behind -o\n",
                argv[optind]);
        return OPTIONS_WRONG;
    }
    return OPTIONS_RUN;
}

enum options_result options_parse(struct options *o, int argc, char **argv)
{
    enum options_result result;
    const char *conflict;

    *o = (struct options){
        .seed = 1,
        .output_path = "-",
        .calls = 1,
        .rate_per_s = 1,
        .ramp_s = 1,
        .start_s = 1770000000,
        .duration_s = 10,
        .ring_s = 2,
        .trunks = 2,
        .inbound = RNG_ALWAYS / 10 * 3,
        .codec = CODEC_PCMA,
        .ptime_ms = 20,
        .audio = AUDIO_SPEECH,
        .dtmf_dbm0 = -20,
        .fax_repeats = 2,
        .impaired = RNG_ALWAYS,
    };
    result = read_all(o, argc, argv);
    if (result != OPTIONS_RUN)
        return result;
    conflict = find_conflict(o);
    if (conflict) {
        fprintf(stderr, "earshot-traffic: %s\n", conflict);
        return OPTIONS_WRONG;
    }
    o->style = (struct flow_style){ (enum flow_link)o->link, (int)o->vlan };
    return OPTIONS_RUN;
}
