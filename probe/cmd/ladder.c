#include "probe/cmd/ladder.h"

#include "analyzer/sip/sip_msg.h"
#include "probe/cmd/call_line.h"
#include "storage/packets/call_messages.h"

enum {
    HOSTS_MAX = 8,
    COLUMN_WIDTH = 28,
    TIME_WIDTH = 13,
    LABEL_MAX = 26,
    SEEN_MAX = 1024 /* messages that a repeat is recognised among */
};

#define AGAIN   "↻ " /* a retransmission */
#define SIGHTED "≡ " /* seen before, at another point of its path */

/* What is one message wherever it is seen, and what is one packet of it. */
struct seen {
    uint32_t message, packet;
};

struct ladder {
    struct strbuf *out;
    struct addr hosts[HOSTS_MAX];
    size_t host_count;
    const uint64_t *ids;
    size_t count;
    int64_t first_time;
    bool drawing; /* second pass */
    struct seen seen[SEEN_MAX];
    size_t seen_count;
    bool again, sighted; /* there was one */
};

/* The column of a host; HOSTS_MAX when there are too many. */
static size_t column_of(struct ladder *l, const struct addr *a)
{
    for (size_t i = 0; i < l->host_count; i++) {
        if (addr_eq(&l->hosts[i], a))
            return i;
    }
    if (l->drawing || l->host_count == HOSTS_MAX)
        return HOSTS_MAX;
    l->hosts[l->host_count] = *a;
    return l->host_count++;
}

/* FNV-1a. */
static uint32_t mix(uint32_t h, const void *p, size_t len)
{
    const unsigned char *at = p;

    for (size_t i = 0; i < len; i++)
        h = (h ^ at[i]) * 16777619u;
    return h;
}

/* By what a proxy leaves alone, and by the hop. */
static struct seen fingerprint(const struct stored_message *m, const struct sip_msg *msg)
{
    struct seen s = { mix(2166136261u, msg->call_id.p, msg->call_id.len), 0 };

    s.message = mix(s.message, msg->cseq_text.p, msg->cseq_text.len);
    s.message = mix(s.message, msg->from_tag.p, msg->from_tag.len);
    s.message = mix(s.message, msg->to_tag.p, msg->to_tag.len);
    s.message = mix(s.message, &msg->status, sizeof msg->status);
    s.message = mix(s.message, &msg->method, sizeof msg->method);
    s.packet = mix(s.message, msg->via_branch.p, msg->via_branch.len);
    s.packet = mix(s.packet, m->src.ip, sizeof m->src.ip);
    s.packet = mix(s.packet, m->dst.ip, sizeof m->dst.ip);
    return s;
}

/* NULL: it is the first. */
static const char *mark_of(struct ladder *l, const struct stored_message *m,
                           const struct sip_msg *msg)
{
    struct seen s = fingerprint(m, msg);
    bool sighted = false;

    for (size_t i = 0; i < l->seen_count; i++) {
        if (l->seen[i].packet == s.packet) {
            l->again = true;
            return AGAIN;
        }
        sighted = sighted || l->seen[i].message == s.message;
    }
    if (l->seen_count < SEEN_MAX)
        l->seen[l->seen_count++] = s;
    l->sighted = l->sighted || sighted;
    return sighted ? SIGHTED : NULL;
}

/* "A " to "P ": of which call, where there are several. */
static void add_call_letter(const struct ladder *l, uint64_t call, struct strbuf *label)
{
    for (size_t i = 0; i < l->count && l->count > 1; i++) {
        if (l->ids[i] == call)
            strbuf_addf(label, "%c ", (char)('A' + i));
    }
}

static void label_of(struct ladder *l, const struct stored_message *m, struct strbuf *label)
{
    struct sip_msg msg;
    const char *mark;

    add_call_letter(l, m->call, label);
    if (sip_msg_parse(&msg, m->raw) != SIP_PARSE_OK) {
        strbuf_add_text(label, "malformed");
        return;
    }
    mark = mark_of(l, m, &msg);
    if (mark)
        strbuf_add_text(label, mark);
    if (msg.is_request) {
        strbuf_add_printable(label, msg.method_text);
    } else {
        strbuf_addf(label, "%u ", msg.status);
        strbuf_add_printable(label, msg.reason);
    }
    if (msg.body.len && slice_istarts_with(msg.content_type, SLICE("application/sdp")))
        strbuf_add_text(label, " (SDP)");
}

static void repeat(struct strbuf *out, const char *text, size_t n)
{
    while (n-- > 0)
        strbuf_add_text(out, text);
}

static void add_lifelines(struct ladder *l, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        strbuf_add_text(l->out, "│");
        if (i + 1 < l->host_count)
            repeat(l->out, " ", COLUMN_WIDTH - 1);
    }
}

/* "├──── INVITE (SDP) ───▶" from the left column to the right one, or back. */
static void add_arrow(struct ladder *l, size_t left, size_t right, bool forward, struct slice label)
{
    size_t room = (right - left) * COLUMN_WIDTH - 1, text = 0, dashes;

    for (size_t i = 0; i < label.len; i++)
        text += ((unsigned char)label.p[i] & 0xc0) != 0x80;
    dashes = room > text + 3 ? room - text - 3 : 0;
    strbuf_add_text(l->out, forward ? "├" : "│");
    if (!forward)
        strbuf_add_text(l->out, "◀");
    repeat(l->out, "─", dashes / 2);
    strbuf_add_char(l->out, ' ');
    strbuf_add_slice(l->out, label);
    strbuf_add_char(l->out, ' ');
    repeat(l->out, "─", dashes - dashes / 2);
    if (forward)
        strbuf_add_text(l->out, "▶");
    strbuf_add_text(l->out, forward ? "│" : "┤");
    if (right + 1 < l->host_count) {
        repeat(l->out, " ", COLUMN_WIDTH - 1);
        add_lifelines(l, right + 1, l->host_count);
    }
}

static void cut_label(struct strbuf *label)
{
    while (label->len > LABEL_MAX - 4)
        strbuf_chop(label, 1);
    while (label->len && ((unsigned char)label->p[label->len - 1] & 0x80))
        strbuf_chop(label, 1); /* never half a character */
}

static void draw_message(struct ladder *l, const struct stored_message *m)
{
    size_t from = column_of(l, &m->src), to = column_of(l, &m->dst);
    struct strbuf label = { 0 };

    label_of(l, m, &label);
    strbuf_addf(l->out, "%+11.3f  ", (double)(m->time_ns - l->first_time) / 1e9);
    if (from == to || from == HOSTS_MAX || to == HOSTS_MAX) {
        char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

        addr_format(&m->src, src);
        addr_format(&m->dst, dst);
        strbuf_addf(l->out, "%s > %s  ", src, dst);
        strbuf_add_slice(l->out, strbuf_slice(&label));
    } else {
        size_t left = from < to ? from : to, right = from < to ? to : from;

        if (label.len > LABEL_MAX)
            cut_label(&label);
        add_lifelines(l, 0, left);
        add_arrow(l, left, right, from < to, strbuf_slice(&label));
    }
    strbuf_add_char(l->out, '\n');
    strbuf_fini(&label);
}

static bool on_message(void *ctx, const struct stored_message *m)
{
    struct ladder *l = ctx;

    if (l->drawing) {
        draw_message(l, m);
    } else {
        if (l->host_count == 0)
            l->first_time = m->time_ns;
        column_of(l, &m->src);
        column_of(l, &m->dst);
    }
    return !l->out->failed;
}

static void add_heading(struct ladder *l)
{
    repeat(l->out, " ", TIME_WIDTH);
    for (size_t i = 0; i < l->host_count; i++) {
        char text[ADDR_TEXT_MAX];

        addr_format(&l->hosts[i], text);
        call_line_cell(l->out, slice_of_text(text), COLUMN_WIDTH - 1);
    }
    strbuf_add_char(l->out, '\n');
}

static void add_legend(const struct ladder *l)
{
    if (l->again)
        strbuf_add_text(l->out, "             " AGAIN "sent again\n");
    if (l->sighted)
        strbuf_add_text(l->out,
                        "             " SIGHTED "seen before, at another point of its path\n");
    for (size_t i = 0; i < l->count && l->count > 1; i++) {
        strbuf_addf(l->out, "             %c call ", (char)('A' + i));
        call_line_id(l->out, l->ids[i]);
        strbuf_add_text(l->out, i ? "\n" : ", this one\n");
    }
}

int ladder_draw(struct strbuf *out, const char *store_dir, const uint64_t *ids, size_t count)
{
    struct ladder l = { .out = out, .ids = ids, .count = count };
    int err = call_messages_read_all(store_dir, ids, count, on_message, &l);

    if (err)
        return err;
    add_heading(&l);
    l.drawing = true;
    err = call_messages_read_all(store_dir, ids, count, on_message, &l);
    add_legend(&l);
    return err;
}
