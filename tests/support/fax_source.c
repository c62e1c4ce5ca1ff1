#include "tests/support/fax_source.h"

#include "tests/support/rtp_source.h"

#include <string.h>

enum {
    STEP_MS = 30,
    INDICATORS = 20, /* CED, preambles and the like come first */
    LINE_BYTES = 54, /* 30 ms at 14,400 bit/s */
    UDPTL_MAX = 512,
    DSCP_EF = 46,
    PREAMBLE = 0x06, /* t30-indicator v21-preamble */
    V17_DATA = 0xd0, /* t30-data v17-14400, with a data field */
    NON_ECM_DATA = 0xe0,
};

/* The caller sends the page, the callee an indicator now and then. */
static uint8_t make_primary(struct fax_source *f, uint8_t *out)
{
    int64_t n = f->number - f->first_number;

    if (f->side == CALL_CALLEE || n < INDICATORS) {
        out[0] = PREAMBLE;
        return 1;
    }
    out[0] = V17_DATA;
    out[1] = 1; /* fields */
    out[2] = NON_ECM_DATA;
    out[3] = 0;
    out[4] = LINE_BYTES - 1;
    for (int i = 0; i < LINE_BYTES; i++)
        out[5 + i] = (uint8_t)rng_next(&f->rng);
    return 5 + LINE_BYTES;
}

static size_t make_packet(struct fax_source *f, uint8_t *out)
{
    const struct options *o = &f->call->world->options;
    int64_t sent_before = f->number - f->first_number;
    int64_t repeats = sent_before < o->fax_repeats ? sent_before : o->fax_repeats;
    uint8_t *p = out;

    f->primary_len[f->number % FAX_KEPT] = make_primary(f, f->primaries[f->number % FAX_KEPT]);
    *p++ = (uint8_t)(f->number >> 8);
    *p++ = (uint8_t)f->number;
    for (int64_t back = 0; back <= repeats; back++) {
        int64_t kept = (f->number - back) % FAX_KEPT;

        if (back == 1) {
            *p++ = 0; /* secondary packets, not parity */
            *p++ = (uint8_t)repeats;
        }
        *p++ = f->primary_len[kept];
        memcpy(p, f->primaries[kept], f->primary_len[kept]);
        p += f->primary_len[kept];
    }
    if (repeats == 0) {
        *p++ = 0;
        *p++ = 0;
    }
    return (size_t)(p - out);
}

static bool is_lost(struct fax_source *f)
{
    const struct options *o = &f->call->world->options;

    if (!f->call->impaired)
        return false;
    if (o->gilbert) {
        f->losing = f->losing ? !rng_chance(&f->rng, o->gilbert_leave)
                              : rng_chance(&f->rng, o->gilbert_enter);
        if (f->losing)
            return true;
    }
    return rng_chance(&f->rng, o->loss);
}

/* A packet makes good what was lost just before it, as far back as it repeats. */
static void see(struct fax_source *f, int64_t now_ns)
{
    struct fax_seen *seen = &f->seen;
    int64_t gap, repeats = f->call->world->options.fax_repeats;

    if (seen->packets++ == 0) {
        seen->first = seen->highest = f->number;
        seen->first_ns = now_ns;
    }
    gap = f->number - seen->highest - 1;
    if (gap > 0) {
        seen->lost += gap;
        seen->recovered += gap < repeats ? gap : repeats;
    }
    seen->highest = f->number;
    seen->last_ns = now_ns;
}

static int64_t fax_run(struct actor *self, int64_t now_ns)
{
    struct fax_source *f = (struct fax_source *)self;
    struct call *c = f->call;
    uint8_t packet[UDPTL_MAX];
    size_t len = make_packet(f, packet);
    struct flow_part head = { packet, len, 0 }, none = { 0 };
    int64_t next_ns = now_ns + STEP_MS * NS_PER_MS * (f->side == CALL_CALLEE ? 10 : 1);

    if (!is_lost(f)) {
        see(f, now_ns);
        head.sum = flow_fold(flow_sum(packet, len));
        c->seen.frames++;
        world_write(c->world, WORLD_UDPTL, &f->flow, now_ns, &head, &none);
    }
    f->number++;
    if (next_ns < f->end_ns)
        return next_ns;
    call_release(c);
    return ACTOR_DONE;
}

void fax_source_start(struct call *c, int side, int64_t start_ns, int64_t end_ns)
{
    struct world *w = c->world;
    struct fax_source *f = world_alloc(sizeof(*f));

    f->actor.run = fax_run;
    f->call = c;
    f->side = side;
    f->rng = rng_for((uint64_t)w->options.seed, WORLD_RNG_FAX, c->index * 2 + (uint64_t)side);
    f->start_ns = world_time(w, start_ns);
    f->end_ns = world_time(w, end_ns);
    flow_init(&f->flow, &w->options.style, FLOW_UDP, &c->media[1][side],
              &c->media[1][call_other(side)], side == 0 ? 64 : 57, DSCP_EF,
              (uint16_t)rng_next(&f->rng));
    c->fax_legs[side] = f;
    call_take(c);
    event_heap_push(&w->events, f->start_ns, &f->actor);
}
