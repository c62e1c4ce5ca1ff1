#include "probe/cmd/call_packets.h"

#include "storage/packets/call_frames.h"

#define TICK_NS 1000000000ll

struct reading {
    call_packet_fn fn;
    void *ctx;
    int error;
};

static void take_unit(void *ctx, const struct decap_unit *unit)
{
    struct reading *r = ctx;

    if (r->error == 0)
        r->error = r->fn(r->ctx, &unit->datagram);
}

static int read_frames(struct call_packets *p, struct call_frames *frames, struct decap *decap,
                       struct reading *r)
{
    struct frame frame;
    int64_t tick_ns = 0;
    int err = 0;

    while (r->error == 0 && (err = call_frames_next(frames, &frame)) > 0) {
        if (frame.time_ns - tick_ns >= TICK_NS) {
            decap_tick(decap, frame.time_ns, take_unit, r);
            tick_ns = frame.time_ns;
        }
        decap_frame(decap, &frame, take_unit, r);
        p->frames++;
    }
    if (r->error)
        return r->error;
    decap_finish(decap, take_unit, r);
    return err ? err : r->error;
}

int call_packets_read(struct call_packets *p, call_packet_fn fn, void *ctx)
{
    struct reading r = { .fn = fn, .ctx = ctx };
    struct call_frames *frames;
    struct decap *decap;
    int err = decap_new(&decap, p->decap);

    if (err)
        return err;
    p->frames = 0;
    err = call_frames_open(&frames, p->store, p->call);
    if (err == 0) {
        err = read_frames(p, frames, decap, &r);
        p->damaged = call_frames_damaged(frames);
        call_frames_close(frames);
    }
    decap_free(decap);
    return err;
}
