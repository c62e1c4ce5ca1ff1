/*
 * server_state - what the files of the server share: its connections, and what libwebsockets
 * 4.1.6 gives and takes.
 *
 * One service thread runs every callback. A request is copied into an exchange and handed to the
 * pool; while a worker has it the connection reads nothing (a waiting connection with unread bytes
 * would make the poll loop spin). The worker's lws_cancel_service(), the one call that is allowed
 * from another thread, brings us to http_on_answers(), and the answer is written piece by piece as
 * the socket takes it. All heads and bodies are framed by answer.c, none by the library.
 *
 * Thread  Everything here belongs to the service thread but for feed_is_live, exports, inbox and
 *         rules_line.
 */
#ifndef PROBE_WEB_SERVER_STATE_H
#define PROBE_WEB_SERVER_STATE_H

#include "probe/web/answer.h"
#include "probe/web/latest_line.h"
#include "probe/web/live.h"
#include "probe/web/live_client.h"
#include "probe/web/live_inbox.h"
#include "probe/web/live_mask.h"
#include "probe/web/live_state.h"
#include "probe/web/pool.h"
#include "probe/web/request.h"
#include "probe/web/server.h"
#include "probe/web/sound.h"
#include "probe/web/tally.h"
#include "probe/web/tls.h"

#include <libwebsockets.h>

enum {
    SERVER_HEADERS_MAX_BYTES = 8192, /* of what is looked at of one header */
    SERVER_BLOCK_BYTES = 32 * 1024,  /* of the live feed, written in one go */
    SERVER_SECURITY_HEADERS_MAX = 8,
    SERVER_HEADER_NAME_ROOM = 40,
    SERVER_EPOCH_LEN = 16,
};

/* What a WebSocket gets, one after the other. */
enum client_phase { CLIENT_HELLO, CLIENT_SNAPSHOT, CLIENT_FLOW };

struct client {
    struct lws *wsi; /* NULL: the slot is free */
    struct addr peer;
    struct identity who; /* of a live one: whose ticket it came with */

    bool is_leaving;     /* it makes room for another */
    uint64_t idle_since; /* by s->idle_clock */

    struct exchange *exchange;
    bool waiting;     /* … is with the pool */
    size_t body_left; /* of its body, still to come */
    bool body_whole;
    unsigned body_s; /* how long it has been coming */

    bool is_live;
    uint8_t phase;             /* enum client_phase */
    uint64_t position;         /* in the live feed */
    uint64_t dropped, skipped; /* not yet told */
    uint64_t resume_after;     /* the last message that it has; of this run of the server, or 0 */
    size_t snapshot_at;
    uint64_t left_out;                /* of its snapshot */
    uint64_t written, written_before; /* messages; a second ago */
    unsigned stalled_s, ping_s;
    bool ping_due, pong_due;
    unsigned ended_s; /* since when his session is over; 0: it is not */
};

/* Frames that all clients at one place of the feed get: made once, written to each. */
struct live_block {
    uint64_t from, to, built_at, skipped;
    size_t len;
    unsigned char bytes[LWS_PRE + SERVER_BLOCK_BYTES];
};

/* See live_pace.h. */
struct live_pace {
    lws_sorted_usec_list_t round, read;
    bool is_round_due;
    size_t at;               /* how far the round has come */
    int64_t cpu_us, wall_us; /* of this thread when the last round began */
};

struct server {
    struct server_options options;
    struct server_limits limits;
    struct request_rules rules;
    struct tls *tls; /* NULL: plain HTTP */
    unsigned ticks;
    char address[ADDR_TEXT_MAX];

    struct lws_context *context;
    struct lws_vhost *vhost;
    struct lws *listener, *stopper, *feed; /* descriptors that are no connections */
    int stop_fd;
    bool stopping;
    bool accept_paused; /* out of descriptors: until the next tick */
    lws_sorted_usec_list_t tick;

    struct pool *pool;
    struct sound *sound; /* NULL: nobody may listen */
    struct live live;
    struct live_block blocks[2]; /* as it is, and masked */
    struct live_view masked;
    struct live_mask mask;
    struct live_pace pace;
    struct live_state live_state;
    struct live_inbox inbox;                   /* from other threads */
    struct latest_line rules_line, stats_line; /* read by the workers */
    char epoch[SERVER_EPOCH_LEN + 1]; /* of the numbers of messages: this run of the server */
    bool is_looking;                  /* a worker does, see live_socket_tick */
    bool is_seeding, seed_again;      /* open alerts are being read; what is read is old already */
    struct live_client feed_client;
    struct tally tally;       /* what /metrics counts; of any thread */
    atomic_bool feed_is_live; /* read by the workers */
    atomic_uint exports;      /* searches that are being given out; outlives every exchange */

    size_t held_bytes; /* of all answers that wait to be sent */
    size_t live_clients;
    struct client *clients; /* client_room of them */
    size_t client_room;
    uint64_t idle_clock;       /* counts connections that have become idle */
    uint64_t evicted, refused; /* connections */
    uint64_t told;             /* messages of the feed */

    /* The security headers, as the library wants them for the answers that it makes itself. */
    struct lws_protocol_vhost_options headers[SERVER_SECURITY_HEADERS_MAX];
    const struct lws_protocol_vhost_options *first_header;
    char header_names[SERVER_SECURITY_HEADERS_MAX][SERVER_HEADER_NAME_ROOM];

    unsigned char out[LWS_PRE + ANSWER_ROOM]; /* what is being written */
};

#endif
