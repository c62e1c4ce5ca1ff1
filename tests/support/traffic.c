/*
 * earshot-traffic - writes a capture of calls that never were, and the truth about it.
 *
 * Everything that acts is an actor in one heap of events: dialers begin calls, a call plays its SIP
 * messages, its legs play RTP and RTCP, noise plays the rest. Popping the heap gives the capture in
 * order of time, and memory follows the calls that are open, not the length of the capture.
 */
#include "tests/support/dialer.h"
#include "tests/support/noise.h"
#include "tests/support/rtp_source.h"
#include "tests/support/stage.h"
#include "tests/support/truth.h"

#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>

enum { CHECK_EVERY = 4096 }; /* events between two looks for a full disk */

static int complain(const char *what, const char *path, int err)
{
    fprintf(stderr, "earshot-traffic: %s %s: %s\n", what, path, strerror(-err));
    return err == -ENOSPC || err == -EIO ? EX_IOERR : EX_CANTCREAT;
}

static int open_files(struct world *w)
{
    const struct options *o = &w->options;
    struct pcap_writer_format format = { flow_link_type(o->style.link), o->nanoseconds, o->pcapng };
    int err = pcap_writer_open(&w->pcap, o->output_path, &format);

    if (err)
        return complain("cannot write", o->output_path, err);
    if (!o->truth_path)
        return 0;
    w->truth = strcmp(o->truth_path, "-") == 0 ? stdout : fopen(o->truth_path, "w");
    if (!w->truth)
        return complain("cannot write", o->truth_path, -errno);
    return 0;
}

static int close_files(struct world *w)
{
    int err = pcap_writer_close(w->pcap);
    int code = err ? complain("cannot write all of", w->options.output_path, err) : 0;

    if (w->truth && (fflush(w->truth) != 0 || ferror(w->truth)))
        code = complain("cannot write all of", w->options.truth_path, -errno);
    if (w->truth && w->truth != stdout)
        fclose(w->truth);
    return code;
}

static int run(struct world *w)
{
    struct dialer *dialers = NULL;
    struct noise *noise = NULL;
    struct stage *stage = NULL;
    uint32_t steps = 0;

    if (!w->options.scenes) {
        dialers = dialer_start_all(w);
        noise = noise_start(w);
    } else if (!stage_start(w, &stage)) {
        return 2;
    }

    while (event_heap_step(&w->events)) {
        if (++steps % CHECK_EVERY == 0 && pcap_writer_error(w->pcap))
            break;
    }
    truth_write_totals(w);
    dialer_free_all(dialers);
    free(noise);
    stage_free(stage);
    return 0;
}

static void report(const struct world *w)
{
    const struct world_totals *t = &w->totals;

    fprintf(stderr, "earshot-traffic: %lld packets, %lld bytes, %lld calls, %lld SIP, %lld RTP\n",
            (long long)t->packets, (long long)t->bytes, (long long)t->calls,
            (long long)t->frames[WORLD_SIP], (long long)t->frames[WORLD_RTP]);
}

int main(int argc, char **argv)
{
    struct world w = { .quantum_ns = 1000 };
    int code;

    switch (options_parse(&w.options, argc, argv)) {
    case OPTIONS_HELPED:
        return EX_OK;
    case OPTIONS_WRONG:
        return 2;
    case OPTIONS_RUN:
        break;
    }
    if (w.options.nanoseconds)
        w.quantum_ns = 1;
    w.start_ns = world_from_seconds(w.options.start_s);
    w.noise_end_ns = dialer_horizon(&w);
    w.audio = audio_open(w.options.ptime_ms, (enum audio_kind)w.options.audio);
    if (!w.audio) {
        fputs("earshot-traffic: no memory\n", stderr);
        return EX_OSERR;
    }
    code = open_files(&w);
    if (code == 0)
        code = run(&w);
    if (w.pcap) {
        int closed = close_files(&w);

        if (code == 0)
            code = closed;
    }
    if (code == 0)
        report(&w);
    rtp_source_free_flights(&w);
    event_heap_fini(&w.events);
    strbuf_fini(&w.message);
    strbuf_fini(&w.body);
    audio_close(w.audio);
    return code;
}
