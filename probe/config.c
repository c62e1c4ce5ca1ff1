/*
 * The table. To add an option: a field in struct config, a row here. The rest follows from the row; the
 * unit test says which pages are to be made anew.
 */
#include "probe/config_form.h"

#include "analyzer/plan/plan.h"
#include "probe/notify/address_guard.h"

#include <stddef.h>

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
    { "capture.timestamps", CONFIG_TEXT, AT(capture_timestamps), 0, 0, "host", &config_form_timestamps,
      "Who says when a packet came: host, the system, or adapter, where the network adapter can. "
      "An adapter's clock must be kept in step with the system's, by phc2sys or the like." },
    { "decap.vxlan_ports", CONFIG_LIST, AT(decap_vxlan_ports), 0, 8, "4789, 8472", &config_form_port,
      "The UDP ports that VXLAN tunnels are sent to. "
      "A packet to one of them that is not VXLAN is read as any other." },
    { "decap.geneve_ports", CONFIG_LIST, AT(decap_geneve_ports), 0, 8, "6081", &config_form_port,
      "The same of Geneve." },
    { "decap.gtpu_ports", CONFIG_LIST, AT(decap_gtpu_ports), 0, 8, "2152", &config_form_port,
      "The same of GTP-U, which carries the packets of mobile phones." },
    { "decap.tzsp_ports", CONFIG_LIST, AT(decap_tzsp_ports), 0, 8, "37008", &config_form_port,
      "The same of TZSP, which some routers mirror with." },
    { "decap.l2tp_ports", CONFIG_LIST, AT(decap_l2tp_ports), 0, 8, "1701", &config_form_port,
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
    { "store.keep", CONFIG_TEXT, AT(store_keep), 0, 0, "headers", &config_form_keep,
      "What of the packets of a call is kept where store.policy says nothing: full, every byte; headers, "
      "signalling and the headers of RTP but nothing of what was said; signalling; or nothing. "
      "Loss, jitter and MOS are measured either way. "
      "Sound can be heard of what is kept in full, and in most countries the law asks for a reason." },
    { "store.policy", CONFIG_LIST, AT(store_policy), 0, 256, NULL, &config_form_policy,
      "What is kept of which calls: 'LEVEL FILTER', like 'full trunk:carrier-a' or 'nothing vlan:30', "
      "with the levels of store.keep and the language of 'earshot calls'. "
      "The first line that fits a call counts." },
    { "store.media_of", CONFIG_LIST, AT(store_media_of), 0, 64, NULL, &config_form_filter,
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
    { "privacy.numbers", CONFIG_TEXT, AT(privacy_numbers), 0, 0, "clear", &config_form_privacy,
      "How numbers are written, in rows and in packets: clear; redact, the last privacy.digits of them "
      "as X; or pseudonym, the last eight digits replaced by others that only who has the key can "
      "search for." },
    { "privacy.names", CONFIG_TEXT, AT(privacy_names), 0, 0, "clear", &config_form_privacy,
      "The same of display names and of users that are no numbers." },
    { "privacy.digits", CONFIG_INT, AT(privacy_digits), 1, 32, "4", NULL,
      "How many digits of a number redact hides." },
    { "privacy.key_file", CONFIG_TEXT, AT(privacy_key_file), 0, 0, NULL, NULL,
      "The file with the key of pseudonyms: 32 bytes or more that nobody else may read. "
      "Who loses it cannot search for them any more." },
    { "privacy.blank", CONFIG_LIST, AT(privacy_blank), 0, 4, NULL, &config_form_blank,
      "What is blanked before anything is written: digest (responses to a challenge), sdes (keys of "
      "SRTP), dtmf (keys that people press), message (texts of MESSAGE)." },
    { "audio.listen", CONFIG_BOOL, AT(audio_listen), 0, 0, "no", NULL,
      "Whether calls may be listened to, in the dashboard and with 'earshot export -o call.wav'. "
      "Every listening is a line in audit.jsonl in the store. "
      "In most countries the law asks for a reason." },
    { "audit.syslog", CONFIG_TEXT, AT(audit_syslog), 0, 0, NULL, &config_form_syslog,
      "Where a copy of each line of the audit trail goes as well, in the form of RFC 5424: "
      "udp://HOST:PORT, tcp://HOST:PORT or unix:///dev/log. "
      "Nobody waits for it: what it does not take is counted, and left out." },
    { "audit.syslog_texts", CONFIG_BOOL, AT(audit_syslog_texts), 0, 0, "no", NULL,
      "Whether the copy holds Call-IDs, and what was searched for, as well. "
      "No erasure of a person reaches what has left this machine." },
    { "dtmf.keep_digits", CONFIG_BOOL, AT(dtmf_keep_digits), 0, 0, "no", NULL,
      "Whether the keys that people press are stored: they may be PINs and card numbers. "
      "Otherwise only when, for how long and in which way a key was pressed. "
      "Packets that are kept in full carry the keys either way, unless privacy.blank says dtmf." },
    { "dtmf.inband", CONFIG_TEXT, AT(dtmf_inband), 0, 0, "auto", &config_form_inband,
      "When the sound itself is listened to for keys: auto, in G.711 calls that agreed on no "
      "telephone-event; always, in every G.711 call, which costs a few times the analysis; or never." },
    { "trunks", CONFIG_MAPS, AT(trunks), 0, PLAN_TRUNKS_MAX, NULL, NULL,
      "The trunks to carriers, SBCs and branches, so that calls are counted for each of them by "
      "name. "
      "A list of maps with the keys name, addresses, channels and encrypted. "
      "A call came from the trunk that sent the INVITE, and went to the one that it was sent to last." },
    { "numbers.country", CONFIG_TEXT, AT(numbers_country), 0, 0, NULL, &config_form_country,
      "The country code of numbers that are dialled without one, like 49. "
      "Its national and international prefixes are known for most countries. "
      "Unset, only numbers that begin with a plus are understood." },
    { "numbers.rules", CONFIG_LIST, AT(numbers_rules), 0, PLAN_RULES_MAX, NULL, &config_form_rule,
      "What dialled strings mean here, before the country's habits are asked: 'PREFIX MIN-MAX "
      "REPLACEMENT', where strings of MIN to MAX characters that begin with PREFIX begin with "
      "REPLACEMENT instead, and - is nothing. "
      "The longest prefix that fits counts, then the first." },
    { "numbers.emergency", CONFIG_LIST, AT(numbers_emergency), 0, PLAN_EMERGENCY_MAX, NULL,
      &config_form_emergency,
      "The numbers that call for help, exactly as dialled or as numbers.rules make them; "
      "urn:service:sos always does. "
      "Unset, 112, 911, 999 and 000, which any mobile phone knows, and the police, fire and ambulance "
      "numbers of numbers.country: 110 of Germany is an extension elsewhere. "
      "A list takes the place of all of them." },
    { "destinations.file", CONFIG_TEXT, AT(destinations_file), 0, 0, NULL, NULL,
      "A CSV file of prefixes and names, like '4930,Berlin', over the countries and area codes "
      "that are built in." },
    { "legs.headers", CONFIG_LIST, AT(legs_headers), 0, 16,
      "X-CID, X-Call-ID, X-Correlation-ID, X-CorrelationID, In-Reply-To", &config_form_header,
      "Headers in which a B2BUA or SBC repeats what tells that two calls are legs of one "
      "conversation." },
    { "security.hours", CONFIG_TEXT, AT(security_hours), 0, 0, NULL, &config_form_hours,
      "The hours of the day, in UTC, in which calls abroad are usual, like 07:00-19:00. "
      "Unset, the whole day." },
    { "web.listen", CONFIG_TEXT, AT(web_listen), 0, 0, "127.0.0.1:8080", &config_form_address,
      "Where the dashboard and the API listen. "
      "Who has no session and no token sees nothing but the login page." },
    { "web.root", CONFIG_TEXT, AT(web_root), 0, 0, NULL, NULL,
      "The folder with the dashboard's files. "
      "Unset, the one that was installed with the program." },
    { "web.insecure", CONFIG_BOOL, AT(web_insecure), 0, 0, "no", NULL,
      "Whether the dashboard may be served without TLS to other machines. "
      "Passwords, sessions and calls can then be read, and taken over, by whoever is on the way. "
      "Say yes only where something before it speaks TLS." },
    { "web.metrics_open", CONFIG_BOOL, AT(web_metrics_open), 0, 0, "no", NULL,
      "Whether a program on this machine may read /metrics without a token. "
      "Only where web.listen is a loopback address: a proxy before it makes every stranger local." },
    { "web.tls.certificate", CONFIG_TEXT, AT(web_tls_certificate), 0, 0, NULL, NULL,
      "A PEM file with the server's certificate and those of the authorities between it and the root. "
      "With it and web.tls.key the dashboard speaks HTTPS. "
      "Both are read anew when they change, without a restart." },
    { "web.tls.key", CONFIG_TEXT, AT(web_tls_key), 0, 0, NULL, NULL,
      "A PEM file with its private key, which nobody else should be able to read. "
      "Unset, it is in the file of web.tls.certificate." },
    { "web.limits.connections", CONFIG_INT, AT(web_limits_connections), 16, 16384, "1024", NULL,
      "How many connections there may be at once. "
      "When all are taken, the one that has been idle longest makes room." },
    { "web.limits.connections_per_address", CONFIG_INT, AT(web_limits_connections_per_address), 1, 16384,
      "32", NULL,
      "How many of them from one address, or from one /64 in IPv6." },
    { "web.limits.connections_local", CONFIG_INT, AT(web_limits_connections_local), 1, 16384, "768", NULL,
      "How many of them from this machine, where a proxy may speak for many." },
    { "web.limits.live_clients", CONFIG_INT, AT(web_limits_live_clients), 1, 16384, "512", NULL,
      "How many browsers and programs may listen to the live feed at once." },
    { "web.limits.header_size", CONFIG_SIZE, AT(web_limits_header_size), 1024, 60 << 10, "8KiB", NULL,
      "How long the headers of a request may be, all together." },
    { "web.limits.header_time", CONFIG_DURATION, AT(web_limits_header_time), 1000, 60000, "5s", NULL,
      "Within what time they, and the handshake of TLS, must have come." },
    { "web.limits.body_size", CONFIG_SIZE, AT(web_limits_body_size), 1024, 1 << 20, "16KiB", NULL,
      "How long the body of a request may be." },
    { "web.limits.body_time", CONFIG_DURATION, AT(web_limits_body_time), 1000, 60000, "5s", NULL,
      "Within what time it must have come." },
    { "web.limits.idle_time", CONFIG_DURATION, AT(web_limits_idle_time), 1000, 600000, "15s", NULL,
      "How long a connection is kept for the next request." },
    { "web.limits.stall_time", CONFIG_DURATION, AT(web_limits_stall_time), 1000, 600000, "30s", NULL,
      "How long a client may take nothing of its answer before it is let go." },
    { "access.idle", CONFIG_DURATION, AT(access_idle), 60000, 86400000, "30min", NULL,
      "How long a session lasts when nothing is asked for." },
    { "access.session", CONFIG_DURATION, AT(access_session), 60000, 2592000000, "12h", NULL,
      "How long a session lasts at all: then its user logs in again." },
    { "access.token_days", CONFIG_INT, AT(access_token_days), 1, 3650, "365", NULL,
      "How many days a token may be good at most." },
    { "access.link_hours", CONFIG_INT, AT(access_link_hours), 1, 720, "72", NULL,
      "How many hours the one-time link of a new user, or for a new password, is good." },
    { "rules.directory", CONFIG_TEXT, AT(rules_directory), 0, 0, NULL, NULL,
      "The folder with the rules that raise alerts, a YAML file each. "
      "Unset, the one that was installed with the program." },
    { "notify.webhooks", CONFIG_LIST, AT(notify_webhooks), 0, 16, NULL, &config_form_url,
      "URLs that every alert is posted to, as JSON: the short form of a receiver of kind webhook." },
    { "notify.receivers", CONFIG_MAPS, AT(notify_receivers), 0, 16, NULL, NULL,
      "Whom alerts are told, and which of them. "
      "A list of maps with the keys below." },
    { "notify.allow", CONFIG_LIST, AT(notify_allow), 0, ADDRESS_GUARD_ALLOW_MAX, NULL, &config_form_allow,
      "Addresses, networks and names of hosts that messages may go to although they are internal: of this "
      "machine, or of a private network. "
      "All others of that kind are refused when a connection is made, so that no name can lead there." },
    { "notify.exec", CONFIG_BOOL, AT(notify_exec), 0, 0, "no", NULL,
      "Whether receivers of kind exec may run programs." },
    { "notify.ca_file", CONFIG_TEXT, AT(notify_ca_file), 0, 0, NULL, NULL,
      "A PEM file of the authorities whose certificates receivers may have, in place of the system's." },
    { "notify.base_url", CONFIG_TEXT, AT(notify_base_url), 0, 0, NULL, &config_form_url,
      "What a person's browser must put before the path of a page, for the links in alerts. "
      "Unset, alerts carry the address that the dashboard listens on." },
    { "notify.link_hours", CONFIG_INT, AT(notify_link_hours), 1, 720, "24", NULL,
      "How many hours a link to packets in a message is good; whoever has it can fetch them without more." },
    { "notify.maintenance", CONFIG_LIST, AT(notify_maintenance), 0, 64, NULL, &config_form_window,
      "Times in which nobody is told: 'MATCH; DAYS HH:MM-HH:MM', like 'trunk=carrier-a; sun 02:00-06:00', or "
      "once, like '; 2026-12-24 18:00 - 2026-12-26 08:00', in local time. "
      "What still fires when they are over is told then." },
    { "certificates.watch", CONFIG_LIST, AT(certificates_watch), 0, 256, NULL, &config_form_host_port,
      "Servers, as HOST:PORT, whose certificates the web process looks at by a TLS handshake, so that those "
      "behind TLS 1.3 and those that nobody called today are known too. "
      "Unset, it connects to none." },
    { "certificates.every", CONFIG_DURATION, AT(certificates_every), 600000, 604800000, "6h", NULL,
      "How often." },
    { "user", CONFIG_TEXT, AT(user), 0, 0, NULL, NULL,
      "The user to become once the interfaces are open, when started as root. "
      "The store must be theirs to write." },
    { "log.level", CONFIG_TEXT, AT(log_level), 0, 0, "warn", &config_form_log_level,
      "What is told on the standard error: error, warn, info or debug, each with those before." },
};

#undef AT
#define AT(field) offsetof(struct config_trunk, field)

const struct config_option config_trunk_keys[CONFIG_TRUNK_KEYS] = {
    { "name", CONFIG_TEXT, AT(name), 0, 0, NULL, &config_form_trunk_name,
      "What calls and reports call it." },
    { "addresses", CONFIG_LIST, AT(addresses), 0, 4096, NULL, &config_form_trunk_address,
      "Its IP addresses, each alone, with a port, or as a network. "
      "Of those that overlap the narrower one counts." },
    { "channels", CONFIG_INT, AT(channels), 1, 1000000, NULL, NULL,
      "How many calls it carries at once." },
    { "encrypted", CONFIG_BOOL, AT(encrypted), 0, 0, NULL, NULL,
      "Whether its signalling and media must be encrypted, so that it is told when they are not." },
};

#undef AT
#define AT(field) offsetof(struct config_receiver, field)

const struct config_option config_receiver_keys[CONFIG_RECEIVER_KEYS] = {
    { "name", CONFIG_TEXT, AT(name), 0, 0, NULL, &config_form_receiver_name,
      "What lists and logs call it; it keeps what it was told under that name." },
    { "kind", CONFIG_TEXT, AT(kind), 0, 0, "webhook", &config_form_receiver_kind,
      "webhook, JSON in the shape of Alertmanager's webhooks, signed as Standard Webhooks has it; alertmanager, "
      "its own API; pagerduty, Events v2; slack; mail; syslog; exec, a program that reads the JSON; or "
      "heartbeat, which hears no alerts but is called every so often as long as the probe and this "
      "process live." },
    { "url", CONFIG_TEXT, AT(url), 0, 0, NULL, NULL,
      "Where: https://…, smtps://… or smtp://…, syslog+udp://… or syslog+tcp://…, of exec the path of the "
      "program." },
    { "url_file", CONFIG_TEXT, AT(url_file), 0, 0, NULL, NULL,
      "A file that holds the url in its first line, where that is a secret, as Slack's is." },
    { "from", CONFIG_TEXT, AT(from), 0, 0, NULL, NULL, "The sender of mail." },
    { "to", CONFIG_TEXT, AT(to), 0, 0, NULL, NULL, "Whom mail is for, with commas between them." },
    { "key_file", CONFIG_TEXT, AT(key_file), 0, 0, NULL, NULL,
      "A file with the keys that webhooks are signed with, one a line, the newest first. "
      "Nobody else may read it." },
    { "token_file", CONFIG_TEXT, AT(token_file), 0, 0, NULL, NULL,
      "A file that holds the token in its first line: PagerDuty's routing key, the password of mail as "
      "USER:PASSWORD, of others what stands behind 'Authorization: Bearer'. "
      "Nobody else may read it." },
    { "severity", CONFIG_TEXT, AT(severity), 0, 0, "info", &config_form_severity,
      "The least severity that it is told." },
    { "match", CONFIG_TEXT, AT(match), 0, 0, NULL, &config_form_match,
      "Labels of the alerts that it is told, like 'trunk=carrier-* rule!=cert-*'. "
      "Unset, all." },
    { "hours", CONFIG_TEXT, AT(hours), 0, 0, NULL, &config_form_clock_hours,
      "The hours of the day in which it is told, in local time, like 08:00-18:00. "
      "What still fires when they begin is told then." },
    { "days", CONFIG_TEXT, AT(days), 0, 0, NULL, &config_form_days,
      "The days of the week in which it is told, like mon-fri." },
    { "group_wait", CONFIG_DURATION, AT(group_wait), 0, 3600000, "0s", NULL,
      "How long alerts of one rule are gathered for one message. "
      "Those that are found together are one message in any case." },
    { "interval", CONFIG_DURATION, AT(interval), 0, 86400000, "0s", NULL,
      "The least time between two messages; what comes meanwhile is gathered." },
    { "every", CONFIG_DURATION, AT(every), 1000, 86400000, "1min", NULL,
      "How often a heartbeat is sent." },
    { "resolved", CONFIG_BOOL, AT(resolved), 0, 0, "yes", NULL,
      "Whether it is told that an alert is over." },
};
/* clang-format on */

const struct config_map config_maps[CONFIG_MAPS_COUNT] = {
    { "trunks", sizeof(struct config_trunk), config_trunk_keys, CONFIG_TRUNK_KEYS,
      "name and addresses" },
    { "notify.receivers", sizeof(struct config_receiver), config_receiver_keys,
      CONFIG_RECEIVER_KEYS, "name, kind and url" },
};

const char *config_option_name(size_t i)
{
    return i < CONFIG_OPTIONS ? config_options[i].name : NULL;
}
