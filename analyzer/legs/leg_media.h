/*
 * leg_media - the streams of two legs that carry the same sound: proof that they are legs, and what
 * the machine between them adds.
 *
 * Ownership  leg_media_take keeps with the call what it needs of its streams; leg_media_drop.
 */
#ifndef ANALYZER_LEGS_LEG_MEDIA_H
#define ANALYZER_LEGS_LEG_MEDIA_H

#include "analyzer/base/jsonw.h"
#include "analyzer/legs/leg_pair.h"

enum {
    LEG_PRINTS_RELAYED = 4, /* equal sounds that prove it where one host is seen to pass them on */
    LEG_PRINTS_APART = 6,   /* … where no host is in both */
};

struct leg_media_worst {
    double loss_added_ratio, delay_added_ms; /* NaN: not known */
};

/* Of those streams of the call that another call sounds like. */
void leg_media_take(struct leg_call *c, const struct call_record *record);
void leg_media_drop(struct leg_call *c);

/* Do the two carry the same sound, and nobody else? *prints: how many equal ones say so. */
bool leg_media_proves(const struct leg_pair *p, unsigned *prints);

/* The streams that carry the same sound, as objects of an array that is open. How many. */
unsigned leg_media_write(const struct leg_pair *p, struct jsonw *j, struct leg_media_worst *worst);

#endif
