/*
 * The table, and single values. To add an option: a field in struct config, a row here. The rest
 * follows from the row; the unit test says which pages are to be made anew.
 */
#include "probe/config_option.h"
#include "probe/keep_load.h"

#include "analyzer/base/addr.h"
#include "analyzer/plan/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { VALUE_BYTES_MAX = 4096, LIST_ITEMS_MAX = 256, ERRORS_MAX = 20 };

static const char *const log_levels[] = { "error", "warn", "info", "debug" };

static bool is_address(struct slice value)
{
    struct addr ignored;

    return addr_parse(value, &ignored);
}

static bool is_url(struct slice value)
{
    return (slice_istarts_with(value, SLICE("http://")) && value.len > 7) ||
           (slice_istarts_with(value, SLICE("https://")) && value.len > 8);
}

static bool is_log_level(struct slice value)
{
    for (size_t i = 0; i < sizeof log_levels / sizeof log_levels[0]; i++) {
        if (slice_eq(value, slice_of_text(log_levels[i])))
            return true;
    }
    return false;
}

static bool is_port(struct slice value)
{
    uint64_t port;

    return slice_to_u64(value, UINT16_MAX, &port) && port > 0;
}

static bool is_timestamps(struct slice value)
{
    return slice_eq(value, SLICE("host")) || slice_eq(value, SLICE("adapter"));
}

static bool is_inband(struct slice value)
{
    return slice_eq(value, SLICE("auto")) || slice_eq(value, SLICE("always")) ||
           slice_eq(value, SLICE("never"));
}

static bool is_rule(struct slice value)
{
    struct plan_rule ignored;

    return plan_rule_parse(value, &ignored);
}

/* RFC 3261 token, which a header's name is. */
static bool is_header(struct slice value)
{
    static const char marks[] = "-.!%*_+`'~";

    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (!letter && !(c >= '0' && c <= '9') && !(c && strchr(marks, c)))
            return false;
    }
    return value.len > 0 && value.len <= 64;
}

/* "07:00": hours alone, the minutes are there because people write them. */
static bool parse_hour(struct slice text, uint8_t *out)
{
    struct slice minutes = text, hour = slice_cut(&minutes, ':');
    uint64_t number;

    if (!slice_eq(minutes, SLICE("00")) || !slice_to_u64(hour, 24, &number) || hour.len > 2)
        return false;
    *out = (uint8_t)number;
    return true;
}

static bool parse_hours(struct slice value, uint8_t *from, uint8_t *to)
{
    struct slice rest = value, first = slice_cut(&rest, '-');

    return parse_hour(slice_trim(first), from) && parse_hour(slice_trim(rest), to) && *from < *to;
}

static bool is_hours(struct slice value)
{
    uint8_t from, to;

    return parse_hours(value, &from, &to);
}

static bool is_trunk_name(struct slice value)
{
    return value.len <= PLAN_NAME_MAX;
}

static bool is_one_of(struct slice value, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(value, slice_of_text(words[i])))
            return true;
    }
    return false;
}

static bool is_keep(struct slice value)
{
    static const char *const levels[] = { "full", "headers", "signalling", "nothing" };

    return is_one_of(value, levels, sizeof levels / sizeof levels[0]);
}

static bool is_policy(struct slice value)
{
    struct slice rest = value, level = slice_cut(&rest, ' ');

    return is_keep(level) && slice_trim(rest).len > 0;
}

static bool explain_policy(struct slice value, struct strbuf *why)
{
    return keep_load_check(value, true, why);
}

static bool is_anything(struct slice value)
{
    (void)value;
    return true;
}

static bool explain_filter(struct slice value, struct strbuf *why)
{
    return keep_load_check(value, false, why);
}

static bool is_privacy(struct slice value)
{
    static const char *const ways[] = { "clear", "redact", "pseudonym" };

    return is_one_of(value, ways, sizeof ways / sizeof ways[0]);
}

static bool is_blank(struct slice value)
{
    static const char *const secrets[] = { "digest", "sdes", "dtmf", "message" };

    return is_one_of(value, secrets, sizeof secrets / sizeof secrets[0]);
}

static const struct config_form form_keep = { "one of full, headers, signalling, nothing", is_keep,
                                              NULL };
static const struct config_form form_policy = { "LEVEL FILTER, like 'full trunk:carrier-a'",
                                                is_policy, explain_policy };
static const struct config_form form_filter = { "a filter, like 'mos<3.5'", is_anything,
                                                explain_filter };
static const struct config_form form_privacy = { "one of clear, redact, pseudonym", is_privacy,
                                                 NULL };
static const struct config_form form_blank = { "one of digest, sdes, dtmf, message", is_blank,
                                               NULL };
static const struct config_form form_country = { "a country code, like 49 or +49", plan_is_country,
                                                 NULL };
static const struct config_form form_rule = { "PREFIX MIN-MAX REPLACEMENT, like '0 6-12 +49' or "
                                              "'- 3-4 +4930555'",
                                              is_rule, NULL };
static const struct config_form form_emergency = { "2 to 15 digits, like 112",
                                                   plan_is_emergency_number, NULL };
static const struct config_form form_header = { "the name of a header", is_header, NULL };
static const struct config_form form_hours = { "FROM-TO in full hours, like 07:00-19:00", is_hours,
                                               NULL };
static const struct config_form form_trunk_name = { "at most 64 bytes long", is_trunk_name, NULL };
static const struct config_form form_trunk_address = {
    "an IP address, IP:PORT or CIDR, like 192.0.2.1, [2001:db8::1]:5060 or 192.0.2.0/24",
    plan_is_address, NULL
};
static const struct config_form form_inband = { "auto, always or never", is_inband, NULL };
static const struct config_form form_timestamps = { "host or adapter", is_timestamps, NULL };
static const struct config_form form_address = { "ADDRESS:PORT, like 127.0.0.1:8080 or [::1]:8080",
                                                 is_address, NULL };
static const struct config_form form_url = { "a URL that begins with http:// or https://", is_url,
                                             NULL };
static const struct config_form form_port = { "a port, from 1 to 65535", is_port, NULL };
static const struct config_form form_log_level = { "one of error, warn, info, debug", is_log_level,
                                                   NULL };

#define AT(field) offsetof(struct config, field)

/* clang-format off */
const struct config_option config_options[CONFIG_OPTIONS] = {
    { "capture.interfaces", CONFIG_LIST, AT(capture_interfaces), 0, 0, NULL, NULL,
      "The network interfaces to listen on, usually those that a mirrored port feeds." },
    { "capture.filter", CONFIG_TEXT, AT(capture_filter), 0, 0, NULL, NULL,
      "A filter in the language of tcpdump, applied in the kernel. "
      "Unset, everything is read, which costs little and misses nothing." },
    { "capture.filter_wrap", CONFIG_BOOL, AT(capture_filter_wrap), 0, 0, "yes", NULL,
      "Whether the filter is widened by what hides ports and addresses from it: fragments, VLAN tags, "
      "MPLS, PPPoE and tunnels pass." },
    { "capture.ring_mib", CONFIG_INT, AT(capture_ring_mib), 1, 2047, "256", NULL,
      "The kernel's ring for each interface, in MiB. "
      "It holds what arrives while the probe is busy; when packets are dropped, make it larger." },
    { "capture.promiscuous", CONFIG_BOOL, AT(capture_promiscuous), 0, 0, "yes", NULL,
      "Whether to take packets that are addressed to others, as those of a mirrored port are." },
    { "capture.snaplen", CONFIG_SIZE, AT(capture_snaplen), 64, 262144, "65535", NULL,
      "How much of each packet is kept. "
      "Less than the network's packets are long means that messages and audio are cut." },
    { "capture.block_timeout", CONFIG_DURATION, AT(capture_block_timeout), 1, 10000, "100ms", NULL,
      "How long the kernel may gather packets before it hands them over. "
      "Longer costs less work, shorter shows calls sooner." },
    { "capture.timestamps", CONFIG_TEXT, AT(capture_timestamps), 0, 0, "host", &form_timestamps,
      "Who says when a packet came: host, the system, or adapter, where the network adapter can. "
      "An adapter's clock must be kept in step with the system's, by phc2sys or the like." },
    { "decap.vxlan_ports", CONFIG_LIST, AT(decap_vxlan_ports), 0, 8, "4789, 8472", &form_port,
      "The UDP ports that VXLAN tunnels are sent to. "
      "A packet to one of them that is not VXLAN is read as any other." },
    { "decap.geneve_ports", CONFIG_LIST, AT(decap_geneve_ports), 0, 8, "6081", &form_port,
      "The same of Geneve." },
    { "decap.gtpu_ports", CONFIG_LIST, AT(decap_gtpu_ports), 0, 8, "2152", &form_port,
      "The same of GTP-U, which carries the packets of mobile phones." },
    { "decap.tzsp_ports", CONFIG_LIST, AT(decap_tzsp_ports), 0, 8, "37008", &form_port,
      "The same of TZSP, which some routers mirror with." },
    { "decap.l2tp_ports", CONFIG_LIST, AT(decap_l2tp_ports), 0, 8, "1701", &form_port,
      "The same of L2TP." },
    { "decap.depth", CONFIG_INT, AT(decap_depth), 1, 32, "8", NULL,
      "How many tunnels within one another are opened." },
    { "decap.duplicate_window", CONFIG_DURATION, AT(decap_duplicate_window), 0, 250, "50ms", NULL,
      "How long after a packet the same packet is a copy that the mirror made, and is left out. "
      "With 0 every copy is analysed. "
      "SIP repeats a message after 500 ms, so the window must stay far below." },
    { "decap.separate_vlans", CONFIG_BOOL, AT(decap_separate_vlans), 0, 0, "yes", NULL,
      "Whether the same address in two VLANs, or in two virtual networks of VXLAN or Geneve, is two "
      "hosts. "
      "Say no when the two directions of a call are mirrored with different tags." },
    { "decap.fragment_memory_mib", CONFIG_INT, AT(decap_fragment_memory_mib), 1, 1024, "16", NULL,
      "What fragments of IP packets may take while the rest is awaited, in MiB." },
    { "decap.tcp_memory_mib", CONFIG_INT, AT(decap_tcp_memory_mib), 1, 4096, "64", NULL,
      "What TCP segments may take while others are awaited, in MiB." },
    { "decap.classify", CONFIG_BOOL, AT(decap_classify), 0, 0, "yes", NULL,
      "Whether nDPI is asked what unknown flows may be, to say what is seen but not analysed. "
      "It looks at the first eight packets of each." },
    { "store.directory", CONFIG_TEXT, AT(store_directory), 0, 0, "/var/lib/earshot", NULL,
      "Where calls and packets are kept, a folder a day." },
    { "store.video", CONFIG_BOOL, AT(store_video), 0, 0, "no", NULL,
      "Whether the packets of video streams are kept. "
      "Their loss and jitter are measured either way." },
    { "store.keep", CONFIG_TEXT, AT(store_keep), 0, 0, "headers", &form_keep,
      "What of the packets of a call is kept where store.policy says nothing: full, every byte; headers, "
      "signalling and the headers of RTP but nothing of what was said; signalling; or nothing. "
      "Loss, jitter and MOS are measured either way. "
      "Sound can be heard of what is kept in full, and in most countries the law asks for a reason." },
    { "store.policy", CONFIG_LIST, AT(store_policy), 0, 256, NULL, &form_policy,
      "What is kept of which calls: 'LEVEL FILTER', like 'full trunk:carrier-a' or 'nothing vlan:30', "
      "with the levels of store.keep and the language of 'earshot calls'. "
      "The first line that fits a call counts." },
    { "store.media_of", CONFIG_LIST, AT(store_media_of), 0, 64, NULL, &form_filter,
      "Of which calls the media stays when they end, as filters: 'mos<3.5', 'one_way:yes'. "
      "Any of them may fit; pinned calls and those of alerts stay in any case. "
      "Unset, the media of every call stays." },
    { "store.media_sample", CONFIG_INT, AT(store_media_sample), 0, 1000000000, "0", NULL,
      "Of one call in that many the media stays as well, whatever store.media_of says; 0 is none." },
    { "store.chunk_memory_mib", CONFIG_INT, AT(store_chunk_memory_mib), 16, 65536, "512", NULL,
      "What packets may take in memory before they are written, in MiB. "
      "Beyond, the oldest are written sooner, in smaller pieces." },
    { "store.sync", CONFIG_DURATION, AT(store_sync), 0, 3600000, "5s", NULL,
      "How much a power cut may cost: so often the disk is told to write down what it was given. "
      "0 leaves that to the system. "
      "A killed probe loses a second or two, whatever stands here." },
    { "retention.rows_days", CONFIG_INT, AT(retention_rows_days), 0, 36500, "365", NULL,
      "How many days calls, alerts and everything else in rows are kept; 0 is without limit. "
      "Pinned calls are kept longer, of the other limits too." },
    { "retention.signalling_days", CONFIG_INT, AT(retention_signalling_days), 0, 36500, "90", NULL,
      "The same of the packets of SIP." },
    { "retention.media_days", CONFIG_INT, AT(retention_media_days), 0, 36500, "30", NULL,
      "The same of the packets of media, without what was said." },
    { "retention.audio_days", CONFIG_INT, AT(retention_audio_days), 0, 36500, "7", NULL,
      "The same of what was said, where store.keep or store.policy keep it." },
    { "retention.rows_size", CONFIG_SIZE, AT(retention_rows_size), 0, INT64_MAX, "0", NULL,
      "How much rows may take; 0 is without limit. "
      "The oldest day goes first." },
    { "retention.signalling_size", CONFIG_SIZE, AT(retention_signalling_size), 0, INT64_MAX, "0", NULL,
      "The same of the packets of SIP." },
    { "retention.media_size", CONFIG_SIZE, AT(retention_media_size), 0, INT64_MAX, "0", NULL,
      "The same of the packets of media." },
    { "retention.audio_size", CONFIG_SIZE, AT(retention_audio_size), 0, INT64_MAX, "0", NULL,
      "The same of what was said." },
    { "retention.free_percent", CONFIG_INT, AT(retention_free_percent), 0, 90, "5", NULL,
      "How much of the disk stays free, or retention.free_size if that is less: before it is less, the "
      "oldest media goes, then signalling, then rows, and what comes in is thinned out." },
    { "retention.free_size", CONFIG_SIZE, AT(retention_free_size), 0, INT64_MAX, "2GiB", NULL,
      "See retention.free_percent." },
    { "privacy.numbers", CONFIG_TEXT, AT(privacy_numbers), 0, 0, "clear", &form_privacy,
      "How numbers are written, in rows and in packets: clear; redact, the last privacy.digits of them "
      "as X; or pseudonym, the last eight digits replaced by others that only who has the key can "
      "search for." },
    { "privacy.names", CONFIG_TEXT, AT(privacy_names), 0, 0, "clear", &form_privacy,
      "The same of display names and of users that are no numbers." },
    { "privacy.digits", CONFIG_INT, AT(privacy_digits), 1, 32, "4", NULL,
      "How many digits of a number redact hides." },
    { "privacy.key_file", CONFIG_TEXT, AT(privacy_key_file), 0, 0, NULL, NULL,
      "The file with the key of pseudonyms: 32 bytes or more that nobody else may read. "
      "Who loses it cannot search for them any more." },
    { "privacy.blank", CONFIG_LIST, AT(privacy_blank), 0, 4, NULL, &form_blank,
      "What is blanked before anything is written: digest (responses to a challenge), sdes (keys of "
      "SRTP), dtmf (keys that people press), message (texts of MESSAGE)." },
    { "audio.listen", CONFIG_BOOL, AT(audio_listen), 0, 0, "no", NULL,
      "Whether calls may be listened to, in the dashboard and with 'earshot export -o call.wav'. "
      "Every listening is a line in audit.jsonl in the store. "
      "In most countries the law asks for a reason." },
    { "dtmf.keep_digits", CONFIG_BOOL, AT(dtmf_keep_digits), 0, 0, "no", NULL,
      "Whether the keys that people press are stored: they may be PINs and card numbers. "
      "Otherwise only when, for how long and in which way a key was pressed. "
      "Packets that are kept in full carry the keys either way, unless privacy.blank says dtmf." },
    { "dtmf.inband", CONFIG_TEXT, AT(dtmf_inband), 0, 0, "auto", &form_inband,
      "When the sound itself is listened to for keys: auto, in G.711 calls that agreed on no "
      "telephone-event; always, in every G.711 call, which costs a few times the analysis; or never." },
    { "trunks", CONFIG_TRUNKS, AT(trunks), 0, PLAN_TRUNKS_MAX, NULL, NULL,
      "The trunks to carriers, SBCs and branches, so that calls are counted for each of them by "
      "name. "
      "A list of maps with the keys name, addresses, channels and encrypted. "
      "A call came from the trunk that sent the INVITE, and went to the one that it was sent to last." },
    { "numbers.country", CONFIG_TEXT, AT(numbers_country), 0, 0, NULL, &form_country,
      "The country code of numbers that are dialled without one, like 49. "
      "Its national and international prefixes are known for most countries. "
      "Unset, only numbers that begin with a plus are understood." },
    { "numbers.rules", CONFIG_LIST, AT(numbers_rules), 0, PLAN_RULES_MAX, NULL, &form_rule,
      "What dialled strings mean here, before the country's habits are asked: 'PREFIX MIN-MAX "
      "REPLACEMENT', where strings of MIN to MAX characters that begin with PREFIX begin with "
      "REPLACEMENT instead, and - is nothing. "
      "The longest prefix that fits counts, then the first." },
    { "numbers.emergency", CONFIG_LIST, AT(numbers_emergency), 0, PLAN_EMERGENCY_MAX, NULL,
      &form_emergency,
      "The numbers that call for help, exactly as dialled or as numbers.rules make them; "
      "urn:service:sos always does. "
      "Unset, 112, 911, 999 and 000, which any mobile phone knows, and the police, fire and ambulance "
      "numbers of numbers.country: 110 of Germany is an extension elsewhere. "
      "A list takes the place of all of them." },
    { "destinations.file", CONFIG_TEXT, AT(destinations_file), 0, 0, NULL, NULL,
      "A CSV file of prefixes and names, like '4930,Berlin', over the countries and area codes "
      "that are built in." },
    { "legs.headers", CONFIG_LIST, AT(legs_headers), 0, 16,
      "X-CID, X-Call-ID, X-Correlation-ID, X-CorrelationID, In-Reply-To", &form_header,
      "Headers in which a B2BUA or SBC repeats what tells that two calls are legs of one "
      "conversation." },
    { "security.hours", CONFIG_TEXT, AT(security_hours), 0, 0, NULL, &form_hours,
      "The hours of the day, in UTC, in which calls abroad are usual, like 07:00-19:00. "
      "Unset, the whole day." },
    { "web.listen", CONFIG_TEXT, AT(web_listen), 0, 0, "127.0.0.1:8080", &form_address,
      "Where the dashboard and the API listen. "
      "There is no login: whoever reaches this address sees every call." },
    { "web.root", CONFIG_TEXT, AT(web_root), 0, 0, NULL, NULL,
      "The folder with the dashboard's files. "
      "Unset, the one that was installed with the program." },
    { "rules.directory", CONFIG_TEXT, AT(rules_directory), 0, 0, NULL, NULL,
      "The folder with the rules that raise alerts, a YAML file each. "
      "Unset, the one that was installed with the program." },
    { "notify.webhooks", CONFIG_LIST, AT(notify_webhooks), 0, 0, NULL, &form_url,
      "URLs that every alert is posted to, as JSON." },
    { "notify.base_url", CONFIG_TEXT, AT(notify_base_url), 0, 0, NULL, &form_url,
      "What a person's browser must put before the path of a page, for the links in alerts. "
      "Unset, alerts carry no links." },
    { "user", CONFIG_TEXT, AT(user), 0, 0, NULL, NULL,
      "The user to become once the interfaces are open, when started as root. "
      "The store must be theirs to write." },
    { "log.level", CONFIG_TEXT, AT(log_level), 0, 0, "warn", &form_log_level,
      "What is told on the standard error: error, warn, info or debug, each with those before." },
};

#undef AT
#define AT(field) offsetof(struct config_trunk, field)

const struct config_option config_trunk_keys[CONFIG_TRUNK_KEYS] = {
    { "name", CONFIG_TEXT, AT(name), 0, 0, NULL, &form_trunk_name,
      "What calls and reports call it." },
    { "addresses", CONFIG_LIST, AT(addresses), 0, 4096, NULL, &form_trunk_address,
      "Its IP addresses, each alone, with a port, or as a network. "
      "Of those that overlap the narrower one counts." },
    { "channels", CONFIG_INT, AT(channels), 1, 1000000, NULL, NULL,
      "How many calls it carries at once." },
    { "encrypted", CONFIG_BOOL, AT(encrypted), 0, 0, NULL, NULL,
      "Whether its signalling and media must be encrypted, so that it is told when they are not." },
};
/* clang-format on */

void config_complain(struct config_origin *origin, const char *format, ...)
{
    char text[512];
    va_list args;

    if (++origin->count > ERRORS_MAX) {
        if (origin->count == ERRORS_MAX + 1)
            strbuf_addf(origin->errors, "%s: and more\n", origin->name);
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (origin->line)
        strbuf_addf(origin->errors, "%s:%zu:%zu: %s\n", origin->name, origin->line, origin->column,
                    text);
    else
        strbuf_addf(origin->errors, "%s: %s\n", origin->name, text);
}

void *config_field(void *of, const struct config_option *o)
{
    return (char *)of + o->offset;
}

void config_list_clear(struct config_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct config_list){ NULL, 0 };
}

static char *text_copy(struct slice value)
{
    char *copy = malloc(value.len + 1);

    if (copy) {
        memcpy(copy, value.p, value.len);
        copy[value.len] = '\0';
    }
    return copy;
}

/* Whole numbers with a unit. false: not of this shape, or past what 64 bits hold. */
static bool parse_with_unit(struct slice value, enum config_type type, int64_t *out)
{
    static const struct {
        const char *unit;
        enum config_type type;
        uint64_t factor;
    } units[] = {
        { "", CONFIG_INT, 1 },
        { "", CONFIG_SIZE, 1 },
        { "B", CONFIG_SIZE, 1 },
        { "KiB", CONFIG_SIZE, 1024 },
        { "MiB", CONFIG_SIZE, 1024 * 1024 },
        { "GiB", CONFIG_SIZE, 1024 * 1024 * 1024 },
        { "ms", CONFIG_DURATION, 1 },
        { "s", CONFIG_DURATION, 1000 },
        { "min", CONFIG_DURATION, 60 * 1000 },
        { "h", CONFIG_DURATION, 3600 * 1000 },
        { "d", CONFIG_DURATION, 86400 * 1000 },
    };
    size_t digits = 0;
    struct slice unit;
    uint64_t number;

    while (digits < value.len && value.p[digits] >= '0' && value.p[digits] <= '9')
        digits++;
    unit = slice_trim(slice_of(value.p + digits, value.len - digits));
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].type != type || !slice_ieq(unit, slice_of_text(units[i].unit)))
            continue;
        if (!slice_to_u64(slice_of(value.p, digits), INT64_MAX / units[i].factor, &number))
            return false;
        *out = (int64_t)(number * units[i].factor);
        return true;
    }
    return false;
}

static bool parse_bool(struct slice value, bool *out)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = { { "yes", true }, { "true", true },   { "on", true },
                  { "no", false }, { "false", false }, { "off", false } };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_ieq(value, slice_of_text(words[i].text))) {
            *out = words[i].value;
            return true;
        }
    }
    return false;
}

static int set_number(const struct config_option *o, void *field, struct slice value,
                      struct config_origin *origin)
{
    static const char *const shapes[] = {
        [CONFIG_INT] = "a whole number",
        [CONFIG_SIZE] = "a size, like 65535, 64KiB or 1MiB",
        [CONFIG_DURATION] = "a duration, like 100ms, 2s, 5min, 1h or 7d",
    };
    int64_t number;

    if (!parse_with_unit(value, o->type, &number)) {
        config_complain(origin, "%s: '%s' is not %s", o->name, log_text(value), shapes[o->type]);
        return -EINVAL;
    }
    if (number < o->min || number > o->max) {
        config_complain(origin, "%s: '%s' is not between %" PRId64 " and %" PRId64 "%s", o->name,
                        log_text(value), o->min, o->max,
                        o->type == CONFIG_DURATION ? " ms"
                        : o->type == CONFIG_SIZE   ? " bytes"
                                                   : "");
        return -EINVAL;
    }
    *(int64_t *)field = number;
    return 0;
}

/* Whether a text may be the option's, or an item of its list. */
static int check_text(const struct config_option *o, struct slice value,
                      struct config_origin *origin)
{
    if (value.len > VALUE_BYTES_MAX) {
        config_complain(origin, "%s: longer than %d bytes", o->name, VALUE_BYTES_MAX);
        return -EINVAL;
    }
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.p[i] < ' ') {
            config_complain(origin, "%s: holds a control character", o->name);
            return -EINVAL;
        }
    }
    if (o->form && !o->form->accepts(value)) {
        config_complain(origin, "%s: '%s' is not %s", o->name, log_text(value), o->form->text);
        return -EINVAL;
    }
    if (o->form && o->form->explains) {
        struct strbuf why = { 0 };
        bool fits = o->form->explains(value, &why);

        if (!fits)
            config_complain(origin, "%s: '%s': %s", o->name, log_text(value), why.p ? why.p : "");
        strbuf_fini(&why);
        return fits ? 0 : -EINVAL;
    }
    return 0;
}

/* An empty text unsets it. */
static int set_text(const struct config_option *o, char **field, struct slice value,
                    struct config_origin *origin)
{
    char *copy = NULL;
    int err;

    if (value.len) {
        err = check_text(o, value, origin);
        if (err)
            return err;
        copy = text_copy(value);
        if (!copy)
            return -ENOMEM;
    }
    free(*field);
    *field = copy;
    return 0;
}

int config_list_append(const struct config_option *o, struct config_list *list, struct slice value,
                       struct config_origin *origin)
{
    size_t items_max = o->max ? (size_t)o->max : LIST_ITEMS_MAX;
    int err = check_text(o, value, origin);
    char **items, *copy;

    if (!err && value.len == 0) {
        config_complain(origin, "%s: an empty item", o->name);
        err = -EINVAL;
    }
    if (!err && list->n == items_max) {
        config_complain(origin, "%s: more than %zu items", o->name, items_max);
        err = -EINVAL;
    }
    if (err)
        return err;
    copy = text_copy(value);
    items = copy ? realloc(list->items, (list->n + 1) * sizeof *items) : NULL;
    if (!items) {
        free(copy);
        return -ENOMEM;
    }
    list->items = items;
    list->items[list->n++] = copy;
    return 0;
}

/* One value. A list becomes a list of that one. */
int config_set_one(void *of, const struct config_option *o, struct slice value,
                   struct config_origin *origin)
{
    void *field = config_field(of, o);

    switch (o->type) {
    case CONFIG_TEXT:
        return set_text(o, field, value, origin);
    case CONFIG_LIST:
        config_list_clear(field);
        return config_list_append(o, field, value, origin);
    case CONFIG_BOOL:
        if (parse_bool(value, field))
            return 0;
        config_complain(origin, "%s: '%s' is neither yes nor no", o->name, log_text(value));
        return -EINVAL;
    case CONFIG_TRUNKS:
        config_complain(origin, "%s: must be a list of maps, each with name and addresses",
                        o->name);
        return -EINVAL;
    case CONFIG_INT:
    case CONFIG_SIZE:
    case CONFIG_DURATION:
        break;
    }
    return set_number(o, field, value, origin);
}

void config_trunks_clear(struct config_trunks *trunks)
{
    for (size_t i = 0; i < trunks->n; i++) {
        free(trunks->items[i].name);
        config_list_clear(&trunks->items[i].addresses);
    }
    free(trunks->items);
    *trunks = (struct config_trunks){ NULL, 0 };
}

struct config_trunk *config_trunks_append(const struct config_option *o,
                                          struct config_trunks *trunks,
                                          struct config_origin *origin)
{
    struct config_trunk *items;

    if (trunks->n == (size_t)o->max) {
        config_complain(origin, "%s: more than %" PRId64 " items", o->name, o->max);
        return NULL;
    }
    items = realloc(trunks->items, (trunks->n + 1) * sizeof *items);
    if (!items)
        return NULL;
    trunks->items = items;
    items[trunks->n] = (struct config_trunk){ .name = NULL };
    return &items[trunks->n++];
}

const struct config_option *config_option_find(const char *name)
{
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        if (strcmp(config_options[i].name, name) == 0)
            return &config_options[i];
    }
    return NULL;
}

static int set_default(struct config *c, const struct config_option *o,
                       struct config_origin *origin)
{
    struct slice rest = slice_of_text(o->fallback);
    int err = 0;

    if (o->type != CONFIG_LIST)
        return o->fallback ? config_set_one(c, o, rest, origin) : 0;
    while (rest.len && !err)
        err = config_list_append(o, config_field(c, o), slice_trim(slice_cut(&rest, ',')), origin);
    return err;
}

int config_init(struct config *c)
{
    struct strbuf errors = { 0 };
    struct config_origin origin = { "default", 0, 0, &errors, 0 };
    int err = 0;

    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < CONFIG_OPTIONS && !err; i++)
        err = set_default(c, &config_options[i], &origin);
    strbuf_fini(&errors);
    if (err)
        config_fini(c);
    return err;
}

void config_fini(struct config *c)
{
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        void *field = config_field(c, &config_options[i]);

        if (config_options[i].type == CONFIG_LIST)
            config_list_clear(field);
        if (config_options[i].type == CONFIG_TRUNKS)
            config_trunks_clear(field);
        if (config_options[i].type == CONFIG_TEXT) {
            free(*(char **)field);
            *(char **)field = NULL;
        }
    }
}

int config_set(struct config *c, const char *option, const char *called, const char *const *values,
               size_t n, struct strbuf *errors)
{
    const struct config_option *o = config_option_find(option);
    struct config_origin origin = { called, 0, 0, errors, 0 };
    int err = 0;

    if (!o || (n != 1 && o->type != CONFIG_LIST)) {
        config_complain(&origin, "%s: %s", option, o ? "takes one value" : "no such option");
        return -EINVAL;
    }
    if (o->type != CONFIG_LIST)
        return config_set_one(c, o, slice_of_text(values[0]), &origin);
    config_list_clear(config_field(c, o));
    for (size_t i = 0; i < n && !err; i++)
        err = config_list_append(o, config_field(c, o), slice_of_text(values[i]), &origin);
    return err;
}

const char *config_option_name(size_t i)
{
    return i < CONFIG_OPTIONS ? config_options[i].name : NULL;
}

enum log_level config_log_level(const struct config *c)
{
    for (size_t i = 0; i < sizeof log_levels / sizeof log_levels[0]; i++) {
        if (c->log_level && strcmp(c->log_level, log_levels[i]) == 0)
            return (enum log_level)i;
    }
    return LOG_LEVEL_WARN;
}

void config_hours(const struct config *c, uint8_t *from, uint8_t *to)
{
    if (!c->security_hours || !parse_hours(slice_of_text(c->security_hours), from, to))
        *from = *to = 0;
}
