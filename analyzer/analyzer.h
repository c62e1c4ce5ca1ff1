/*
 * analyzer - the same packets in, the same records out.
 *
 * The facade of the knowledge: SIP dialogs, RTP streams, quality. No I/O, no thread, no clock: time
 * is the packets' own. An instance holds all its state, so several can run side by side.
 *
 * Ownership  analyzer_new/free. The sink's functions are called from within the calls below.
 * Thread     One thread an instance.
 * Time       Nanoseconds since 1970 UTC, of the packets.
 */
#ifndef ANALYZER_ANALYZER_H
#define ANALYZER_ANALYZER_H

#include "analyzer/counters.h"
#include "analyzer/datagram.h"
#include "analyzer/sink.h"

struct analyzer;

void analyzer_options_default(struct analyzer_options *options);

/* 0 or −ENOMEM. The sink is copied. */
int analyzer_new(struct analyzer **ap, const struct analyzer_options *options,
                 const struct analyzer_sink *sink);
void analyzer_free(struct analyzer *a);

/* Takes one datagram; says in which bin it belongs and whose it was. */
enum packet_bin analyzer_datagram(struct analyzer *a, const struct datagram *d,
                                  struct claim *claim);

/*
 * Memory is slower than analysis, and a thousand calls do not fit the nearest cache. Whoever has
 * packets at hand before their turn can say so, in three steps some packets apart: look_ahead notes
 * the hash in the datagram and asks for the place in the table, look_closer for the stream,
 * look_through for what the stream points to. They change no record and may be left out.
 */
bool analyzer_is_crowded(const struct analyzer *a); /* so many streams that it pays */
void analyzer_look_ahead(const struct analyzer *a, struct datagram *d);
void analyzer_look_closer(const struct analyzer *a, const struct datagram *d);
void analyzer_look_through(const struct analyzer *a, const struct datagram *d);

/* Lets time pass: what is due expires, what changed since the last tick is reported. Call it about
 * once a second of packet time; going back is harmless. */
void analyzer_tick(struct analyzer *a, int64_t now_ns);

/* The end of the packets: everything open is closed and reported. */
void analyzer_finish(struct analyzer *a);

/* The probe looked at its counters: it lost so many packets since it did so before. Calls that went on
 * meanwhile carry reduced confidence. 0 says that until now nothing was lost. */
void analyzer_note_capture_loss(struct analyzer *a, uint64_t dropped);

/* {"bad_via":3,…}: SIP messages by what is odd about them (enum sip_anomaly). */
void analyzer_write_anomalies(const struct analyzer *a, struct jsonw *j);

/* What time other hosts say it is, in their Date headers, less that of the packets: the median of
 * those heard lately. False: too few say. *hosts is set either way. */
bool analyzer_sip_dates(const struct analyzer *a, double *offset_ms, size_t *hosts);

const struct counters *analyzer_counters(const struct analyzer *a);
struct analyzer_totals {
    uint64_t open_calls;
    uint64_t calls, streams; /* seen so far, the open ones included */
};
void analyzer_totals(const struct analyzer *a, struct analyzer_totals *totals);

#endif
