#include "probe/decap/tcp_message.h"

#include <stdlib.h>

/* Most messages of a call fit into it. */
enum { FIRST_ROOM = 1024 };

static bool reserve(struct tcp_message *m, const struct tcp_account *a, size_t *paid, size_t need,
                    size_t wanted)
{
    size_t room = m->room ? 2 * (size_t)m->room : FIRST_ROOM;
    uint8_t *bytes;

    if (need <= m->room)
        return true;
    if (wanted > need)
        need = wanted;
    if (room < need || wanted >= need)
        room = need;
    if (!tcp_account_pay(a, paid, room - m->room))
        return false;
    bytes = realloc(m->bytes, room);
    if (!bytes) {
        tcp_account_return(a, paid, room - m->room);
        return false;
    }
    m->bytes = bytes;
    m->room = (uint32_t)room;
    return true;
}

bool tcp_message_add(struct tcp_message *m, const struct tcp_account *a, size_t *paid,
                     struct tcp_segment *segment, struct slice piece, size_t wanted)
{
    if (!reserve(m, a, paid, m->len + piece.len, wanted))
        return false;
    if (piece.len)
        memcpy(m->bytes + m->len, piece.p, piece.len);
    m->len += (uint32_t)piece.len;
    if (!segment)
        return true;
    if (m->last != segment) {
        segment->next = NULL;
        if (!segment->frames)
            m->before = m->last;
        *(m->last ? &m->last->next : &m->segments) = segment;
        m->last = segment;
    }
    segment->until = m->len;
    return true;
}

void tcp_message_drop(struct tcp_message *m, const struct tcp_account *a, size_t *paid, size_t n,
                      const struct tcp_segment *spare)
{
    while (m->segments && m->segments->until <= n) {
        struct tcp_segment *s = m->segments;

        m->segments = s->next;
        s->next = NULL;
        if (!m->segments)
            m->last = NULL;
        if (m->before == s)
            m->before = NULL;
        if (s != spare)
            tcp_segment_release(a, paid, s);
    }
    for (struct tcp_segment *s = m->segments; s; s = s->next)
        s->until -= (uint32_t)n;
    m->len -= (uint32_t)n;
    if (m->len) {
        memmove(m->bytes, m->bytes + n, m->len);
    } else if (m->room) {
        tcp_account_return(a, paid, m->room);
        free(m->bytes);
        m->bytes = NULL;
        m->room = 0;
    }
}

bool tcp_message_settle(struct tcp_message *m, const struct tcp_account *a, size_t *paid,
                        const struct frame *frame, const struct tcp_packet *packet)
{
    struct tcp_segment **link = m->before ? &m->before->next : &m->segments;
    struct tcp_segment *at_hand = *link, *held;

    if (!at_hand || at_hand->frames)
        return true;
    held = tcp_segment_hold(a, paid, at_hand, frame, packet);
    if (held)
        held->next = at_hand->next;
    *link = held ? held : at_hand->next;
    if (m->last == at_hand)
        m->last = held ? held : m->before;
    return held != NULL;
}
