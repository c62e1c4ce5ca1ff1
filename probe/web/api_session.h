/*
 * api_session - what the handlers of sessions, users and tokens share.
 *
 * Thread  A worker's.
 */
#ifndef PROBE_WEB_API_SESSION_H
#define PROBE_WEB_API_SESSION_H

#include "probe/access/access.h"
#include "probe/web/api_context.h"

/* False, and a failure: there is nothing that knows users. */
bool api_session_has_access(struct api_context *c);
/* What has no words of its own: the database, or too many who log in. */
void api_session_fail(struct api_context *c, int err);
void api_session_fail_wait(struct api_context *c, unsigned wait_s);

static inline int64_t api_now_s(void)
{
    return api_now_ms() / 1000;
}

void api_session_write_key_s(struct jsonw *j, const char *key, int64_t time_s); /* 0: null */
/* Rights as a list of names. */
void api_session_write_rights(struct jsonw *j, unsigned rights);

#endif
