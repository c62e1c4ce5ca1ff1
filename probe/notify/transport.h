/*
 * transport - how the messages of one receiver travel: begun, worked at, and what became of them.
 *
 * HTTP (webhook.c), mail, syslog and programs each have a table of functions; each receiver a
 * transport of its own with one message under way, so a slow or lying one costs nobody but itself.
 * Nothing in it blocks.
 *
 * Ownership  open/close. Borrows the receiver and the environment; message and body are copied.
 * Thread     That of the notifier.
 * Errors     open and start: −errno. Everything that happens to a message is an outcome.
 */
#ifndef PROBE_NOTIFY_TRANSPORT_H
#define PROBE_NOTIFY_TRANSPORT_H

#include "probe/notify/receiver.h"

struct address_guard;

enum webhook_outcome {
    WEBHOOK_DELIVERED,
    WEBHOOK_REJECTED, /* this message, maybe not the next one: 3xx, 4xx, 500; 5yz of SMTP; exit 1 … */
    WEBHOOK_DOWN, /* the receiver: no answer, no whole answer, 408 425 429 502 503 504; 4yz of SMTP */
    WEBHOOK_GONE, /* 410: it wants no more */
};

struct webhook_answer {
    enum webhook_outcome outcome;
    int status;            /* of HTTP or SMTP, of a program its exit status; 0 without an answer */
    int64_t retry_after_s; /* 0: it did not say */
    char reason[160];      /* of a failure, printable, without secrets */
};

struct transport_message {
    const char *content_type;
    const char *id;      /* webhook-id; the same for every try */
    int64_t timestamp_s; /* of this try */
    struct slice body;
};

/* What all transports share. */
struct transport_environment {
    const struct address_guard *guard; /* where nothing may connect to */
    struct webhook_pool *pool;         /* of HTTP */
    int64_t timeout_ms;                /* of a whole exchange; 0: 10 s */
    const char *ca_file;               /* whose certificates are trusted, PEM; NULL: the system's */
    bool may_execute;                  /* notify.exec */
};

struct transport;

struct transport_kind {
    /* 0; −EINVAL: its URL is none of this kind; −ENOMEM. */
    int (*open)(struct transport **tp, const struct receiver *receiver,
                const struct transport_environment *environment);
    /* What is under way is broken off. */
    void (*close)(struct transport *t);
    /* Begins one message. 0 or −errno, when nothing was begun. */
    int (*start)(struct transport *t, const struct transport_message *message);
    /* Goes on with it, without waiting. True when it is done, and *answer says how; after that the
     * next one may be started. Called at least every TRANSPORT_RUN_MS while one is under way. */
    bool (*run)(struct transport *t, int64_t steady_ms, struct webhook_answer *answer);
};

enum { TRANSPORT_RUN_MS = 50 };

/* Each kind has a struct of its own with this as its first member. */
struct transport {
    const struct transport_kind *kind;
    bool is_busy;   /* start and run keep it */
    char place[96]; /* "https://host:443": what logs and lists call it, without secrets */
};

extern const struct transport_kind transport_http; /* webhook.c */
extern const struct transport_kind transport_mail, transport_syslog, transport_exec;

/* By the receiver's kind. */
const struct transport_kind *transport_of(enum receiver_kind kind);

#endif
