#include "storage/audio/tones.h"

#include "storage/audio/audio_have.h"

#if HAVE_SPANDSP

#include <spandsp.h>
#include <stdlib.h>

enum {
    BLOCK_SAMPLES = 102, /* what spandsp judges at a time */
    /* Where a key lies before what told of it: two blocks, and of the one before as much as it
     * takes to hit it or to miss it; the middle of what was measured at every place in a block. */
    TOLD_AFTER_BEGIN = 2 * BLOCK_SAMPLES + 29,
    TOLD_AFTER_END = 2 * BLOCK_SAMPLES - 24,
};

struct listener {
    dtmf_rx_state_t *receiver;
    uint64_t fed, begin;
    char digit; /* that is being pressed; '\0': none */
    tone_fn found;
    void *ctx;
};

static void end_key(struct listener *l, uint64_t at)
{
    if (l->digit)
        l->found(l->ctx, l->digit, l->begin, at > l->begin ? (uint32_t)(at - l->begin) : 1);
    l->digit = '\0';
}

/* A receiver's word at the end of a block: which key is pressed now, if any. */
static void on_change(void *ctx, int code, int level, int delay)
{
    struct listener *l = ctx;

    (void)level;
    (void)delay;
    end_key(l, l->fed > TOLD_AFTER_END ? l->fed - TOLD_AFTER_END : 0);
    if (code == 0)
        return;
    l->digit = (char)code;
    l->begin = l->fed > TOLD_AFTER_BEGIN ? l->fed - TOLD_AFTER_BEGIN : 0;
    l->found(l->ctx, l->digit, l->begin, 0);
}

static void *open_listener(void)
{
    struct listener *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->receiver = dtmf_rx_init(NULL, NULL, NULL);
    if (!l->receiver) {
        free(l);
        return NULL;
    }
    dtmf_rx_set_realtime_callback(l->receiver, on_change, l);
    return l;
}

/* In pieces that end where blocks do, so that whoever is called back knows where he is. */
static void listen_to(void *listener, const int16_t *samples, size_t count, tone_fn found,
                      void *ctx)
{
    struct listener *l = listener;

    l->found = found;
    l->ctx = ctx;
    for (size_t n; count; samples += n, count -= n) {
        n = BLOCK_SAMPLES - l->fed % BLOCK_SAMPLES;
        if (n > count)
            n = count;
        l->fed += n;
        dtmf_rx(l->receiver, samples, (int)n);
    }
}

static void close_listener(void *listener)
{
    struct listener *l = listener;

    if (!l)
        return;
    dtmf_rx_free(l->receiver);
    free(l);
}

struct tone_listener tones_listener(void)
{
    return (struct tone_listener){ open_listener, listen_to, close_listener };
}

#else

struct tone_listener tones_listener(void)
{
    return (struct tone_listener){ NULL, NULL, NULL };
}

#endif
