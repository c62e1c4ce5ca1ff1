#include "probe/cmd/doctor_listen.h"

#include "probe/cmd/ledger_text.h"
#include "probe/engine/run_clock.h"
#include "probe/engine/stop_signal.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH_FRAMES = 1024, WAIT_MS = 100, LINK_ETHERNET = 1, MAC_BYTES = 6 };

#define NS_PER_S INT64_C(1000000000)
#define TICK_NS  INT64_C(200000000)

struct listener {
    struct engine *engine;
    struct doctor_heard *heard;
    struct doctor_report *report;
    uint8_t own[MAC_BYTES];
    bool has_own;
};

static void read_own_address(struct listener *l, const char *interface)
{
    struct ifreq request = { 0 };
    int fd;

    if (snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface) >=
        (int)sizeof request.ifr_name)
        return;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    l->has_own =
        ioctl(fd, SIOCGIFHWADDR, &request) == 0 && request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
    l->heard->is_ethernet = l->has_own;
    memcpy(l->own, request.ifr_hwaddr.sa_data, MAC_BYTES);
    close(fd);
}

static void on_frame(void *ctx, const struct frame *frame)
{
    struct listener *l = ctx;
    struct doctor_heard *h = l->heard;

    h->packets++;
    h->bytes += frame->wire_bytes;
    h->cut += frame->wire_bytes > frame->captured_bytes;
    if (frame->link_type == LINK_ETHERNET && frame->captured_bytes >= 2 * MAC_BYTES &&
        !(frame->data[0] & 1)) {
        h->unicast++;
        h->to_here += l->has_own && memcmp(frame->data, l->own, MAC_BYTES) == 0;
        h->from_here += l->has_own && memcmp(frame->data + MAC_BYTES, l->own, MAC_BYTES) == 0;
    }
    engine_frame(l->engine, frame);
}

static void take_json(struct strbuf *out, const struct record_type *type, const void *record)
{
    struct jsonw j = jsonw_to(out);

    strbuf_reset(out);
    record_write_json(&j, type, record);
}

static void copy(struct strbuf *out, struct slice json)
{
    strbuf_reset(out);
    strbuf_add_slice(out, json);
}

static void take_capture(struct doctor_heard *h, const struct capture_record *c)
{
    take_json(&h->capture_json, &record_type_capture, c);
    copy(&h->bins, c->bins);
    copy(&h->protocols, c->protocols);
    h->sip = doctor_heard_count(&h->bins, "sip");
    h->rtp = doctor_heard_count(&h->bins, "rtp") + doctor_heard_count(&h->bins, "rtp_unproven");
    h->calls = c->calls;
}

static void blame_doubled(struct doctor_report *r, const struct mirror_record *m)
{
    doctor_report_add(r, DOCTOR_WRONG, "doubled",
                      "on the switch, mirror each port in one direction only ('rx'), or one port "
                      "instead of both ends of a link",
                      "%.1f %% of the packets came twice", m->duplicate_ratio * 100);
}

static void blame_one_way(struct doctor_report *r, const struct mirror_record *m)
{
    doctor_report_add(r, DOCTOR_WRONG, "one way",
                      "on the switch, mirror both directions ('both'); of a tap, listen on its "
                      "other port too: run -i A -i B",
                      "%lld of %lld pairs of hosts are heard in one direction only",
                      (long long)m->one_way, (long long)m->conversations);
}

static void blame_vlan(struct doctor_report *r, const struct mirror_record *m)
{
    doctor_report_add(r, DOCTOR_WRONG, "tags",
                      "let the mirror keep the tags ('encapsulation replicate'), or set "
                      "decap.separate_vlans: no",
                      "%lld of %lld pairs of hosts are tagged in one direction otherwise than in "
                      "the other",
                      (long long)m->vlan_asymmetric, (long long)m->conversations);
}

static void blame_cut(struct doctor_report *r, const struct mirror_record *m)
{
    doctor_report_add(r, DOCTOR_WRONG, "cut",
                      "raise capture.snaplen; on the switch, no truncation of the mirrored "
                      "packets, and an MTU that fits them on the way here",
                      "%.1f %% of the packets are cut", m->truncated_ratio * 100);
}

static const struct {
    const char *name;
    void (*blame)(struct doctor_report *r, const struct mirror_record *m);
} mirror_complaints[] = {
    { "doubled", blame_doubled },
    { "one_way", blame_one_way },
    { "vlan_missing", blame_vlan },
    { "cut", blame_cut },
};

static void take_mirror(struct listener *l, const struct mirror_record *m)
{
    struct slice rest = m->complaints, name;
    int64_t none;

    take_json(&l->heard->mirror_json, &record_type_mirror, m);
    copy(&l->heard->vlans, m->vlans);
    copy(&l->heard->tunnels, m->tunnels);
    l->heard->conversations = m->conversations;
    while (ledger_text_next(&rest, &name, &none)) {
        l->heard->was_blamed = true;
        for (size_t i = 0; i < sizeof mirror_complaints / sizeof mirror_complaints[0]; i++) {
            if (slice_eq(name, slice_of_text(mirror_complaints[i].name)))
                mirror_complaints[i].blame(l->report, m);
        }
    }
}

static void on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct listener *l = ctx;

    if (type == &record_type_capture)
        take_capture(l->heard, record);
    else if (type == &record_type_mirror)
        take_mirror(l, record);
}

static void show_progress(const struct doctor_listen_options *o, const struct doctor_heard *h,
                          int64_t elapsed_ns)
{
    if (!o->quiet && isatty(STDERR_FILENO))
        fprintf(stderr, "\r  listening, %lld s left, %lld packets ",
                (long long)(o->seconds - elapsed_ns / NS_PER_S), (long long)h->packets);
}

static void wait_for(struct source *source)
{
    struct pollfd fd = { .fd = source_fd(source), .events = POLLIN };

    (void)poll(&fd, 1, WAIT_MS);
}

static void ignore(void *ctx, const struct frame *frame)
{
    (void)ctx;
    (void)frame;
}

/* What gathered in the ring while the disk was looked at, and was perhaps lost, does not count. */
static void forget_the_past(struct source *source, struct source_stats *before)
{
    for (int n = BATCH_FRAMES; n > 0;)
        n = source_poll(source, BATCH_FRAMES, ignore, NULL);
    source_stats_read(source, before);
}

static int64_t since(int64_t before, int64_t now)
{
    return before == RECORD_NONE || now == RECORD_NONE ? RECORD_NONE : now - before;
}

/* The frames of that many seconds, and what the kernel has gathered of them. */
static int hear(const struct doctor_listen_options *o, struct listener *l)
{
    int64_t begun = run_clock_boot_ns(), next_tick = 0, elapsed = 0;
    struct run_clock clock;
    int n = 0;

    run_clock_start(&clock);
    while (!stop_signal_seen() && (elapsed < o->seconds * NS_PER_S || n > 0)) {
        n = source_poll(o->source, BATCH_FRAMES, on_frame, l);
        if (n < 0)
            break;
        elapsed = run_clock_boot_ns() - begun;
        if (elapsed > (o->seconds + 1) * NS_PER_S)
            break; /* there is no end to it */
        if (elapsed >= next_tick) {
            show_progress(o, l->heard, elapsed);
            run_clock_look(&clock);
            next_tick = elapsed + TICK_NS;
        }
        if (n == 0)
            wait_for(o->source);
    }
    if (!o->quiet && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    l->heard->seconds = (double)elapsed / 1e9;
    l->heard->clock_steps = clock.steps;
    return n < 0 && n != SOURCE_END ? n : 0;
}

int doctor_listen(const struct doctor_listen_options *o, struct doctor_heard *out,
                  struct doctor_report *report, struct source_error *error)
{
    struct listener l = { .heard = out, .report = report };
    const struct engine_options options = { .source = o->interface,
                                            .live = true,
                                            .decap = *o->decap,
                                            .record = on_record,
                                            .record_ctx = &l };
    struct engine_error engine_error;
    struct source_stats before, stats;
    int err = engine_open(&l.engine, &options, &engine_error);

    if (err)
        return source_fail(error, SOURCE_FAULT_SYSTEM, -err, "%s", engine_error.text);
    read_own_address(&l, o->interface);
    forget_the_past(o->source, &before);
    err = hear(o, &l);
    if (err)
        *error = *source_last_error(o->source);
    source_stats_read(o->source, &stats);
    out->kernel_dropped = since(before.kernel_dropped, stats.kernel_dropped);
    out->interface_dropped = since(before.interface_dropped, stats.interface_dropped);
    engine_heartbeat(l.engine, run_clock_real_ns(),
                     &(struct engine_losses){ .kernel_dropped = out->kernel_dropped,
                                              .interface_dropped = out->interface_dropped,
                                              .clock_steps = out->clock_steps });
    engine_finish(l.engine);
    engine_close(l.engine);
    return err;
}
