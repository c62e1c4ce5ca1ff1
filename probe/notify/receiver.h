/*
 * receiver - whom alerts are told, and which of them: one entry of notify.receivers.
 *
 * Ownership  Plain values that borrow the configuration's texts, which outlive the notifier.
 */
#ifndef PROBE_NOTIFY_RECEIVER_H
#define PROBE_NOTIFY_RECEIVER_H

#include "probe/secret/hmac.h"
#include "probe/state/label_match.h"

enum receiver_kind {
    RECEIVER_WEBHOOK,      /* Alertmanager's webhook v4 in JSON, Standard Webhooks signatures */
    RECEIVER_ALERTMANAGER, /* its own API, /api/v2/alerts; told again while an alert fires */
    RECEIVER_PAGERDUTY,    /* Events v2 */
    RECEIVER_SLACK,
    RECEIVER_MAIL, /* SMTP */
    RECEIVER_SYSLOG,
    RECEIVER_EXEC,      /* a program of the configuration, off unless notify.exec says yes */
    RECEIVER_HEARTBEAT, /* asked for every so often while probe and web process live */
    RECEIVER_KINDS
};

enum { RECEIVERS_MAX = 32, RECEIVER_KEYS_MAX = 4, RECEIVER_NAME_MAX = 63 };

struct receiver {
    char name[RECEIVER_NAME_MAX + 1]; /* its name in the outbox too */
    enum receiver_kind kind;
    const char
        *url; /* http(s)://, smtp(s)://, syslog+udp://, syslog+tcp://, of exec: the program */
    const char *from, *to;                   /* of mail */
    struct hmac_key keys[RECEIVER_KEYS_MAX]; /* the first signs; while keys rotate all of them do */
    size_t key_count;
    const char *token;               /* PagerDuty's routing key; of others: Authorization: Bearer */
    uint8_t least_severity;          /* 0 info, 1 warning, 2 critical */
    struct label_match match;        /* nothing: every alert */
    uint16_t from_minute, to_minute; /* of the day, local time; equal: all day */
    uint8_t days;                    /* bit 0 Monday … bit 6 Sunday; 0: all */
    int64_t group_wait_ms;           /* alerts of one rule within this are one message */
    int64_t least_interval_ms;       /* between two messages */
    int64_t heartbeat_ms;
    bool tells_resolved;
};

/* "webhook", …, as notify.receivers has them. */
const char *receiver_kind_name(enum receiver_kind kind);
bool receiver_kind_find(struct slice name, enum receiver_kind *kind);

/* 0 info, 1 warning, 2 critical; −1: none of them. */
int receiver_severity(struct slice name);
const char *receiver_severity_name(int severity);

/* Is it one of the hours and days in which it wants to be told? */
bool receiver_is_on_duty(const struct receiver *r, int64_t now_s);

#endif
