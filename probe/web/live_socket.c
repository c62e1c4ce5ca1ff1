#include "probe/web/live_socket.h"

#include "analyzer/base/json_item.h"
#include "analyzer/base/log.h"
#include "probe/access/access.h"
#include "probe/web/http.h"
#include "probe/web/live_pace.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    STALLED_S = 10, /* a client that takes no message */
    PING_S = 30,
    PONG_S = 10,
    CLOSE_S = 3,
    SNAPSHOT_PIECE_BYTES = 48 * 1024,
};

static void push(struct server *s, struct slice line)
{
    live_push(&s->live, line, live_state_key(line));
}

static void push_dropped(struct server *s, uint64_t count)
{
    char text[80];

    if (count == 0)
        return;
    snprintf(text, sizeof text, "{\"type\":\"dropped\",\"messages\":%" PRIu64 "}", count);
    push(s, slice_of_text(text));
}

static bool is_of(struct slice line, const char *type)
{
    struct slice said = json_item_get(line, "type");

    return said.len >= 2 && slice_eq(slice_of(said.p + 1, said.len - 2), slice_of_text(type));
}

static void on_line(void *ctx, struct slice line)
{
    struct server *s = ctx;

    s->told++;
    live_state_take(&s->live_state, line);
    if (is_of(line, "rules"))
        latest_line_set(&s->rules_line, line);
    else if (is_of(line, "stats"))
        latest_line_set(&s->stats_line, line);
    /* What is being read of the store may be older than this. */
    s->seed_again = s->seed_again || (s->is_seeding && is_of(line, "alert"));
    push(s, line);
}

/* From the probe itself. */
static void on_feed_line(void *ctx, struct slice line)
{
    struct server *s = ctx;

    if (s->options.hear)
        s->options.hear(s->options.hear_ctx, line);
    tally_take(&s->tally, line);
    on_line(s, line);
}

int live_socket_on_feed(struct server *s)
{
    uint64_t refused = s->feed_client.refused;
    int err = live_client_read(&s->feed_client, lws_get_socket_fd(s->feed), on_feed_line, s);

    push_dropped(s, s->feed_client.refused - refused);
    live_pace_wake(s);
    if (!err)
        live_pace_read(s);
    return err;
}

void live_socket_on_inbox(struct server *s)
{
    uint64_t before = s->live.next;

    push_dropped(s, live_inbox_take(&s->inbox, on_line, s));
    if (s->live.next != before)
        live_pace_wake(s);
}

/* ---- what was the case before the feed came ---- */

void live_socket_seed(struct server *s)
{
    struct exchange *x = s->is_seeding ? NULL : exchange_new();

    s->seed_again = s->seed_again || s->is_seeding;
    if (!x)
        return;
    x->is_seed = true;
    s->seed_again = false;
    s->is_seeding = pool_push_more(s->pool, x);
    if (!s->is_seeding)
        exchange_free(x);
}

void live_socket_on_seed(struct server *s, struct exchange *x)
{
    struct slice lines = strbuf_slice(&x->body);

    s->is_seeding = false;
    if (s->seed_again) {
        live_socket_seed(s);
        return;
    }
    while (x->status == 200 && lines.len)
        live_state_seed(&s->live_state, slice_cut(&lines, '\n'));
}

struct lws *live_socket_watch(struct server *s, int fd)
{
    lws_sock_file_fd_type file = { .filefd = fd };

    return lws_adopt_descriptor_vhost(s->vhost, LWS_ADOPT_RAW_FILE_DESC, file, NULL, NULL);
}

static void connect_feed(struct server *s)
{
    int fd = live_client_connect(s->options.store_dir);

    if (fd < 0)
        return; /* no probe is running; the next tick tries again */
    live_client_reset(&s->feed_client);
    s->feed = live_socket_watch(s, fd);
    if (s->feed) {
        atomic_store(&s->feed_is_live, true);
        log_info("web: live feed connected");
        live_state_forget_alerts(&s->live_state);
        live_socket_seed(s);
    } else {
        close(fd);
    }
}

void live_socket_on_feed_gone(struct server *s)
{
    s->feed = NULL;
    atomic_store(&s->feed_is_live, false);
    live_state_forget(&s->live_state);
    log_info("web: live feed ended");
}

/* ---- to one client ---- */

/* A message of the ring, or what has its form, with its number in front. */
static int write_message(struct server *s, struct client *c, uint64_t seq, struct slice message)
{
    char *start = (char *)s->out + LWS_PRE;
    int head =
        snprintf(start, ANSWER_ROOM, "{\"seq\":%" PRIu64 "%s", seq, message.len > 2 ? "," : "");
    size_t len = (size_t)head + message.len - 1;

    if (len > ANSWER_ROOM)
        return 0;
    memcpy(start + head, message.p + 1, message.len - 1);
    c->written++;
    return lws_write(c->wsi, s->out + LWS_PRE, len, LWS_WRITE_TEXT) < 0 ? -1 : 0;
}

static int write_hello(struct server *s, struct client *c, bool is_resumed)
{
    char text[160];

    snprintf(text, sizeof text, "{\"type\":\"hello\",\"epoch\":\"%s\",\"resumed\":%s,\"live\":%s}",
             s->epoch, is_resumed ? "true" : "false", s->feed ? "true" : "false");
    return write_message(s, c, c->position - 1, slice_of_text(text));
}

/* How many it lost, or was spared. */
static int write_count(struct server *s, struct client *c, const char *type, uint64_t *count)
{
    char text[80];

    snprintf(text, sizeof text, "{\"type\":\"%s\",\"messages\":%" PRIu64 "}", type, *count);
    *count = 0;
    return write_message(s, c, c->position - 1, slice_of_text(text));
}

/* The next piece of what is the case. What is too long for any piece is left out and counted. */
static int write_snapshot(struct server *s, struct client *c)
{
    struct strbuf text = { .max_bytes = ANSWER_ROOM - 64 };
    size_t at = c->snapshot_at, items = 0;
    bool has_more = false;
    struct slice item;
    int err;

    strbuf_add_text(&text, "{\"type\":\"snapshot\",\"items\":[");
    while (!has_more && live_state_next(&s->live_state, &at, &item)) {
        if (identity_is_masked(&c->who))
            item = live_mask_show(&s->mask, item);
        if (item.len > SNAPSHOT_PIECE_BYTES) {
            c->left_out++;
        } else if (text.len + item.len > SNAPSHOT_PIECE_BYTES && items > 0) {
            has_more = true; /* it begins the next piece */
            continue;
        } else {
            strbuf_add(&text, ",", items++ > 0);
            strbuf_add_slice(&text, item);
        }
        c->snapshot_at = at;
    }
    strbuf_addf(&text, "],\"left_out\":%" PRIu64 ",\"more\":%s}",
                has_more ? 0 : c->left_out + s->live_state.left_out, has_more ? "true" : "false");
    c->phase = has_more ? CLIENT_SNAPSHOT : CLIENT_FLOW;
    err = text.failed ? -1 : write_message(s, c, c->position - 1, strbuf_slice(&text));
    strbuf_fini(&text);
    return err;
}

static int write_first(struct server *s, struct client *c)
{
    bool is_resumed = c->resume_after != 0;

    if (is_resumed && c->resume_after + 1 < s->live.first) {
        c->dropped = s->live.first - c->resume_after - 1;
        is_resumed = false;
    }
    /* Else it goes on from where it came: what has come since is in the snapshot, and told once more. */
    if (is_resumed)
        c->position = c->resume_after + 1;
    c->phase = is_resumed ? CLIENT_FLOW : CLIENT_SNAPSHOT;
    return write_hello(s, c, is_resumed);
}

/* 1: frames were written, 0: there are none that fit, −1. In HTTP's way of writing the library takes bytes
 * as they are, so that many frames are one call of the system. */
static int write_block(struct server *s, struct client *c)
{
    bool masked = identity_is_masked(&c->who);
    struct live_block *b = &s->blocks[masked];

    if (b->from != c->position || b->built_at != s->live.next) {
        b->from = b->to = c->position;
        b->built_at = s->live.next;
        b->skipped = 0;
        b->len = live_read_frames(&s->live, &b->to, b->bytes + LWS_PRE, SERVER_BLOCK_BYTES,
                                  &b->skipped, masked ? &s->masked : NULL);
    }
    c->position = b->to;
    c->skipped += b->skipped;
    if (b->len == 0)
        return 0;
    c->written++;
    return lws_write(c->wsi, b->bytes + LWS_PRE, b->len, LWS_WRITE_HTTP) < 0 ? -1 : 1;
}

/* One that is too long for a block, by itself; or what was lost, or spared. */
static int write_alone(struct server *s, struct client *c)
{
    uint64_t lost = 0;
    struct slice message;

    switch (live_read(&s->live, &c->position, &message, &lost, &c->skipped)) {
    case LIVE_READ_MESSAGE:
        if (identity_is_masked(&c->who) && s->masked.show)
            message = s->masked.show(s->masked.ctx, message);
        return write_message(s, c, c->position - 1, message) ? -1 : 1;
    case LIVE_READ_DROPPED:
        c->dropped += lost;
        return write_count(s, c, "dropped", &c->dropped) ? -1 : 1;
    case LIVE_READ_NONE:
    default:
        if (c->skipped == 0)
            return 0;
        return write_count(s, c, "skipped", &c->skipped) ? -1 : 1;
    }
}

/* 1: something was written, 0: there is nothing, −1. */
static int write_flow(struct server *s, struct client *c)
{
    int wrote = write_block(s, c);

    return wrote ? wrote : write_alone(s, c);
}

static int write_next(struct server *s, struct client *c)
{
    switch (c->phase) {
    case CLIENT_HELLO:
        return write_first(s, c) ? -1 : 1;
    case CLIENT_SNAPSHOT:
        if (c->dropped)
            return write_count(s, c, "dropped", &c->dropped) ? -1 : 1;
        return write_snapshot(s, c) ? -1 : 1;
    default:
        return write_flow(s, c);
    }
}

int live_socket_on_writeable(struct server *s, struct client *c)
{
    if (c->ended_s) {
        static unsigned char why[] = "your session is over";

        lws_close_reason(c->wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, why, sizeof why - 1);
        return -1;
    }
    if (c->ping_due) {
        c->ping_due = false;
        /* Not empty: the library tells nobody of an empty pong. */
        memcpy(s->out + LWS_PRE, "ping", 4);
        if (lws_write(c->wsi, s->out + LWS_PRE, 4, LWS_WRITE_PING) < 0)
            return -1;
        lws_callback_on_writable(c->wsi);
        return 0;
    }
    for (int i = 0; i < live_pace_burst(s); i++) {
        int wrote = write_next(s, c);

        if (wrote <= 0)
            return wrote;
        if (lws_send_pipe_choked(c->wsi))
            break;
    }
    live_pace_again(s, c);
    return 0;
}

/* At once, with what the kernel holds for it: it would wait for this client for minutes. */
static void let_go(struct client *c)
{
    struct linger nothing = { .l_onoff = 1, .l_linger = 0 };

    setsockopt(lws_get_socket_fd(c->wsi), SOL_SOCKET, SO_LINGER, &nothing, sizeof nothing);
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

/* What his session is no more good for ends, too: also when he does not listen. */
static bool has_ended(struct server *s, struct client *c, int64_t now_s)
{
    if (!c->ended_s && access_still_may(s->options.access, &c->who, RIGHT_SEE, now_s))
        return false;
    if (c->ended_s++ >= CLOSE_S)
        let_go(c);
    lws_callback_on_writable(c->wsi);
    return true;
}

/* Once a second for each: who has not taken a message for STALLED_S or does not answer a ping
 * is let go. */
static void tick_client(struct server *s, struct client *c, int64_t now_s)
{
    bool behind = c->phase != CLIENT_FLOW || c->position != live_join(&s->live);

    if (has_ended(s, c, now_s))
        return;
    c->stalled_s = behind && c->written == c->written_before ? c->stalled_s + 1 : 0;
    c->written_before = c->written;
    c->ping_s++;
    if (c->stalled_s >= STALLED_S || (c->pong_due && c->ping_s >= PONG_S)) {
        let_go(c);
        return;
    }
    if (c->ping_s >= PING_S) {
        c->ping_s = 0;
        c->ping_due = c->pong_due = true;
        lws_callback_on_writable(c->wsi);
    }
}

/* Who only listens asks nothing, and would learn of no change that `earshot user` makes. */
static void look_for_changes(struct server *s)
{
    struct exchange *x = s->is_looking ? NULL : exchange_new();

    if (!x)
        return;
    x->is_look = true;
    s->is_looking = pool_push(s->pool, x);
    if (!s->is_looking)
        exchange_free(x);
}

void live_socket_tick(struct server *s)
{
    int64_t now_s = (int64_t)time(NULL);

    if (!s->feed)
        connect_feed(s);
    if (s->live_clients)
        look_for_changes(s);
    for (size_t i = 0; s->live_clients && i < s->client_room; i++) {
        if (s->clients[i].is_live)
            tick_client(s, &s->clients[i], now_s);
    }
}

/*
 * The library may see nothing but HTTP/1.1 and WebSocket: "Upgrade: h2c" would switch to its
 * HTTP/2, and after an unknown one it goes on with headers that it has freed. So this says go on or
 * hang up, and touches neither what it is handed nor the connection.
 */
int live_socket_on_upgrade(struct lws *wsi)
{
    char to[16];

    return slice_ieq(http_header(wsi, WSI_TOKEN_UPGRADE, to, sizeof to), SLICE("websocket")) ? 0
                                                                                             : -1;
}

/* "?epoch=0123…&since=42": the last message that it has, of this run of the server. Anything else is a new
 * beginning. */
static uint64_t read_resume(const struct server *s, struct lws *wsi)
{
    char epoch[64] = "", since[64] = ""; /* with their names */
    const char *e = lws_get_urlarg_by_name(wsi, "epoch=", epoch, sizeof epoch);
    const char *n = lws_get_urlarg_by_name(wsi, "since=", since, sizeof since);
    uint64_t number;

    if (!e || !n || strcmp(e, s->epoch) != 0 ||
        !slice_to_u64(slice_of_text(n), s->live.next - 1, &number))
        return 0;
    return number;
}

/* "?ticket=…": whose it is. */
static bool read_ticket(const struct server *s, struct lws *wsi, struct identity *who)
{
    char ticket[80] = ""; /* with its name */
    const char *t = lws_get_urlarg_by_name(wsi, "ticket=", ticket, sizeof ticket);

    return t && s->options.access &&
           access_take_ticket(s->options.access, slice_of_text(t), (int64_t)time(NULL), who);
}

int live_socket_on_request(struct server *s, struct client *c)
{
    struct exchange *x = exchange_new();
    unsigned char *start = s->out + LWS_PRE;
    struct http_request_room room;
    struct lws *wsi = c->wsi;
    struct request r = http_read_request(wsi, &room);
    bool accepted;

    if (x)
        x->over_tls = s->tls != NULL;
    accepted = x && request_accept_live(&r, &s->rules, x);

    if (accepted && s->live_clients >= s->limits.live_clients) {
        exchange_fail(x, 503, "%u live clients are connected already", s->limits.live_clients);
        accepted = false;
    }
    if (accepted && !read_ticket(s, wsi, &c->who)) {
        exchange_fail(
            x, 401,
            "no ticket, or one that was used, or is older than half a minute: ask for one "
            "with POST " REQUEST_LIVE_PATH "/ticket");
        accepted = false;
    }
    if (x && !accepted)
        lws_write(wsi, start, answer_write(x, start), LWS_WRITE_HTTP);
    exchange_free(x);
    c->resume_after = read_resume(s, wsi);
    return accepted ? 0 : -1;
}

int live_socket_on_open(struct server *s, struct client *c)
{
    c->is_live = true;
    c->phase = CLIENT_HELLO;
    c->position = live_join(&s->live);
    s->live_clients++;
    lws_callback_on_writable(c->wsi);
    return 0;
}
