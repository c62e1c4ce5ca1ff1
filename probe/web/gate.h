/*
 * gate - who may: no handler of the API runs for somebody who has not the right of its route.
 *
 * Thread  A worker's.
 */
#ifndef PROBE_WEB_GATE_H
#define PROBE_WEB_GATE_H

#include "probe/web/routes.h"

/* True: x->who is known, if he must be, and may. False: x is the refusal; of a path where nothing is
 * (route NULL) always: 401 to nobody, 404 to whom we know. */
bool gate_admit(const struct api_options *options, const struct route *route, struct exchange *x);

#endif
