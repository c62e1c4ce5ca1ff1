/*
 * config - every option of Earshot: one table, one file, one struct.
 *
 * The table in config.c names each option with its type, range, default and help. From it come the
 * reading of the YAML file, --print-config, the options of earshot.yaml(5), and the errors.
 *
 * Ownership  The struct owns its strings; config_fini frees them.
 * Errors     Whole sentences, one a line, with file, line and column, appended to a strbuf: all of
 *            them at once (up to a cap), not one a run.
 */
#ifndef PROBE_CONFIG_H
#define PROBE_CONFIG_H

#include "analyzer/base/jsonw.h"
#include "analyzer/base/log.h"
#include "analyzer/base/strbuf.h"

struct config_list {
    char **items;
    size_t n;
};

struct config_trunk {
    char *name;
    struct config_list addresses; /* IP, IP:PORT, CIDR */
    int64_t channels;             /* 0: not known */
    bool encrypted;
};

struct config_trunks {
    struct config_trunk *items;
    size_t n;
};

struct config_receiver {
    char *name, *kind, *url, *url_file, *from, *to, *key_file, *token_file;
    char *severity, *match, *hours, *days;
    int64_t group_wait, interval, every; /* milliseconds */
    bool resolved;
};

struct config_receivers {
    struct config_receiver *items;
    size_t n;
};

/* Unset texts are NULL. Fields are named as their options: capture.ring_mib is capture_ring_mib. */
struct config {
    struct config_list capture_interfaces;
    char *capture_filter;
    bool capture_filter_wrap;
    int64_t capture_ring_mib;
    bool capture_promiscuous;
    int64_t capture_snaplen;       /* bytes */
    int64_t capture_block_timeout; /* milliseconds */
    char *capture_timestamps;      /* host, adapter */
    struct config_list decap_vxlan_ports, decap_geneve_ports, decap_gtpu_ports, decap_tzsp_ports,
        decap_l2tp_ports;
    int64_t decap_depth;
    int64_t decap_duplicate_window; /* milliseconds */
    bool decap_separate_vlans;
    int64_t decap_fragment_memory_mib, decap_tcp_memory_mib;
    bool decap_classify;
    char *store_directory;
    bool store_video;
    char *store_keep;                  /* full, headers, signalling, nothing */
    struct config_list store_policy;   /* "LEVEL FILTER" */
    struct config_list store_media_of; /* filters; none: of every call */
    int64_t store_media_sample;        /* 1 in that many is kept all the same; 0: none */
    int64_t store_chunk_memory_mib;
    int64_t store_sync; /* milliseconds; 0: never */
    int64_t retention_rows_days, retention_signalling_days, retention_media_days,
        retention_audio_days; /* 0: no limit; the same of sizes, in bytes */
    int64_t retention_rows_size, retention_signalling_size, retention_media_size,
        retention_audio_size;
    int64_t retention_free_percent, retention_free_size; /* the smaller of both is kept free */
    char *privacy_numbers, *privacy_names;               /* clear, redact, pseudonym */
    int64_t privacy_digits;
    char *privacy_key_file;
    struct config_list privacy_blank; /* digest, sdes, dtmf, message */
    bool audio_listen;
    char *audit_syslog;
    bool audit_syslog_texts;
    bool dtmf_keep_digits;
    char *dtmf_inband; /* auto, always, never */
    struct config_trunks trunks;
    char *numbers_country; /* "49" or "+49" */
    struct config_list numbers_rules;
    struct config_list numbers_emergency;
    char *destinations_file;
    struct config_list legs_headers;
    char *security_hours; /* "07:00-19:00" */
    char *web_listen;     /* ADDRESS:PORT */
    char *web_root;
    char *web_tls_certificate, *web_tls_key; /* PEM files */
    bool web_insecure, web_metrics_open;
    int64_t web_limits_connections, web_limits_connections_per_address,
        web_limits_connections_local, web_limits_live_clients;
    int64_t web_limits_header_size, web_limits_body_size; /* bytes */
    int64_t web_limits_header_time, web_limits_body_time, web_limits_idle_time,
        web_limits_stall_time; /* milliseconds */
    char *rules_directory;
    struct config_list notify_webhooks;
    struct config_receivers notify_receivers;
    struct config_list notify_allow;
    bool notify_exec;
    char *notify_ca_file;
    char *notify_base_url;
    int64_t notify_link_hours;
    int64_t access_idle, access_session; /* ms */
    int64_t access_token_days, access_link_hours;
    struct config_list notify_maintenance; /* "MATCH; TIMES" */
    struct config_list certificates_watch; /* HOST:PORT */
    int64_t certificates_every;            /* milliseconds */
    char *user;
    char *log_level;
};

/* The defaults. 0, or −ENOMEM. */
int config_init(struct config *c);
void config_fini(struct config *c);

/* Puts what the file says over what is there. 0; −EINVAL when something in it is wrong (the rest of
 * it was taken); or −errno when it cannot be read. */
int config_read_file(struct config *c, const char *path, struct strbuf *errors);

/* The same from memory. name: what errors call it. */
int config_read_text(struct config *c, const char *name, struct slice text, struct strbuf *errors);

/* An option of the command line over what is there: one value, or the n of a list. 0, −EINVAL,
 * −ENOMEM. The error begins with `called`, e.g. "--ring-mib". */
int config_set(struct config *c, const char *option, const char *called, const char *const *values,
               size_t n, struct strbuf *errors);

/* The configuration as a YAML file with its help, which reads back as the same. */
void config_print(const struct config *c, struct strbuf *out);

/* The same as a page shows it, as JSON: [{"option":"store.keep","value":"full","default":true}…]. What stands
 * behind the host of a URL is often a secret, and left out; keys and passwords stand in files anyway. */
void config_print_shown(const struct config *c, struct jsonw *j);

/* The options as a list of earshot.yaml(5), in mdoc. */
void config_print_manual(struct strbuf *out);

/* The names, in the table's order; NULL past the last one. */
const char *config_option_name(size_t i);

enum log_level config_log_level(const struct config *c);

/* The hours of security.hours; both 0: the whole day. */
void config_hours(const struct config *c, uint8_t *from, uint8_t *to);

/* Of the library that it stands on, as that says it. */
const char *config_library_version(void);

#endif
