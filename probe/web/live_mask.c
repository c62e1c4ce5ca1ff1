#include "probe/web/live_mask.h"

#include "analyzer/privacy/privacy_json.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

int live_mask_init(struct live_mask *m, const struct privacy *stored)
{
    *m = (struct live_mask){ .view = privacy_of_viewer(stored) };
    if (getrandom(&m->key, sizeof m->key, 0) != (ssize_t)sizeof m->key)
        return -EIO;
    m->places = calloc(LIVE_MASK_PLACES, sizeof *m->places);
    return m->places ? 0 : -ENOMEM;
}

static void clear(struct live_mask *m, struct live_masked *place)
{
    m->bytes -= place->len;
    free(place->text);
    *place = (struct live_masked){ 0 };
}

void live_mask_fini(struct live_mask *m)
{
    for (size_t i = 0; m->places && i < LIVE_MASK_PLACES; i++)
        clear(m, &m->places[i]);
    free(m->places);
    m->places = NULL;
    strbuf_fini(&m->room);
}

static void keep(struct live_mask *m, struct live_masked *place, uint64_t hash, struct slice text)
{
    clear(m, place);
    if (m->bytes + text.len > LIVE_MASK_BYTES_MAX)
        return;
    place->text = malloc(text.len);
    if (!place->text)
        return;
    memcpy(place->text, text.p, text.len);
    place->len = text.len;
    place->hash = hash;
    m->bytes += text.len;
}

struct slice live_mask_show(void *mask, struct slice message)
{
    struct live_mask *m = mask;
    uint64_t hash = siphash(&m->key, message.p, message.len);
    struct live_masked *place = &m->places[hash % LIVE_MASK_PLACES];

    if (hash && place->hash == hash && place->len == message.len) {
        m->from_cache++;
        return slice_of(place->text, place->len);
    }
    strbuf_reset(&m->room);
    m->room.failed = false;
    strbuf_add_slice(&m->room, message);
    if (m->room.failed || message.len == 0)
        return SLICE("{}");
    privacy_json(&m->view, m->room.p, m->room.len);
    m->masked++;
    keep(m, place, hash, strbuf_slice(&m->room));
    return strbuf_slice(&m->room);
}
