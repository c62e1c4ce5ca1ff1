/*
 * signed - requests that come by a signed link of a message.
 *
 * Whoever may ask without a signature needs none; but a link that says until when it is good must be
 * right, and is not taken for one without a signature when it was cut or changed.
 *
 * Thread  Any.
 */
#ifndef PROBE_WEB_SIGNED_H
#define PROBE_WEB_SIGNED_H

#include "probe/web/exchange.h"

enum signed_verdict {
    SIGNED_NOT,     /* it comes without: who asks must be known otherwise */
    SIGNED_GOOD,    /* the time and the signature are taken off the parameters */
    SIGNED_REFUSED, /* x is the refusal */
};

/* The key is STORE/links.key, which is there once a link was signed. */
enum signed_verdict signed_read(const char *store_dir, struct exchange *x);

#endif
