/*
 * websocket - the frames of one direction of a WebSocket connection, as their bytes come.
 *
 * Ownership  Plain value, zero-initialised before use. Pieces point into the bytes given.
 * Source     RFC 6455 §4 (upgrade), §5.2 (frames), §5.4 (fragments), §5.5 (control frames);
 *            RFC 7118 §4 (the subprotocol "sip"), §5
 */
#ifndef PROBE_DECAP_WEBSOCKET_H
#define PROBE_DECAP_WEBSOCKET_H

#include "analyzer/base/slice.h"

enum {
    WEBSOCKET_HEADER_MAX = 14,
    /* A frame longer than that is believed to be damage: nothing that carries SIP is near. */
    WEBSOCKET_FRAME_MAX = 16 << 20,
};

struct websocket {
    uint8_t header[WEBSOCKET_HEADER_MAX];
    uint8_t header_bytes; /* gathered so far */
    bool in_payload;
    bool in_message; /* between the first and the last frame of a message */
    bool compressed; /* the message at hand, by an extension: it cannot be read */
    bool begins;     /* nothing of the message at hand was given yet */
    uint8_t mask[4]; /* of the next byte first; zeroes: none */
    uint32_t left;   /* payload bytes to come */
};

enum websocket_step {
    WEBSOCKET_MORE,    /* everything was taken */
    WEBSOCKET_PIECE,   /* of a text or binary message */
    WEBSOCKET_CONTROL, /* a ping, pong or close, or a piece of one */
    WEBSOCKET_BAD,     /* this is no frame; the direction cannot be followed */
};

struct websocket_piece {
    struct slice payload; /* as on the wire; may be empty */
    uint8_t mask[4];      /* of its first byte first */
    bool masked;
    bool begins, ends; /* the message does */
    bool compressed;   /* by an extension */
};

/* Takes bytes off *bytes up to the next step; call it until WEBSOCKET_MORE. */
enum websocket_step websocket_next(struct websocket *w, struct slice *bytes,
                                   struct websocket_piece *piece);

/* A hole of `missing` bytes: whether it lies within the payload of a frame, which then goes on behind
 * it. Otherwise the frames cannot be followed. */
bool websocket_skip(struct websocket *w, size_t missing);

void websocket_unmask(uint8_t *p, size_t len, const uint8_t mask[4]);

/* Do these bytes begin with a frame that begins a SIP message? For a direction joined in the
 * middle. */
bool websocket_looks_like_sip(struct slice bytes);

enum websocket_upgrade {
    WEBSOCKET_UPGRADE_NONE,
    WEBSOCKET_UPGRADE,       /* no subprotocol was named */
    WEBSOCKET_UPGRADE_SIP,   /* "sip" is (one of) the subprotocol(s) */
    WEBSOCKET_UPGRADE_OTHER, /* a WebSocket, and not for SIP */
};

/* What the head of an HTTP request or response, up to its empty line, asks for or grants. */
enum websocket_upgrade websocket_upgrade_read(struct slice head);

#endif
