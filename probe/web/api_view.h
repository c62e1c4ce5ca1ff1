/*
 * api_view - what of a record is shown to somebody who is not to see numbers and names.
 *
 * Every handler hands what it writes through here: records before they are written, or the JSON of one
 * record when it is. Who may see everything gets it as it is.
 *
 * A search for what he is not shown would show it to him, digit by digit: it is refused.
 *
 * Thread  A worker's.
 */
#ifndef PROBE_WEB_API_VIEW_H
#define PROBE_WEB_API_VIEW_H

#include "probe/web/api_context.h"

bool api_view_is_masked(const struct api_context *c);

/* The record, or a copy that may be shown, lent until the next one. NULL, and a failure: out of memory.
 * Of alerts it is api_view_json that masks. */
const void *api_view_record(struct api_context *c, const struct record_type *type,
                            const void *record);

/* The object that stands in the body from there to its end. */
void api_view_json(struct api_context *c, size_t from);

/* One line of the probe's, in place. */
void api_view_line(const struct api_context *c, char *text, size_t len);

/* Some fields of an alert, as members. */
void api_view_write_alert_fields(struct api_context *c, const struct alert_record *alert,
                                 const char *const *names, size_t count);

/* A SIP message: itself, or a copy in `room`. Absent without memory. */
struct slice api_view_message(const struct api_context *c, struct slice raw, struct strbuf *room);

/* True, and 400: it asks for numbers or names. */
bool api_view_refuses_filter(struct api_context *c, const struct filter *filter,
                             const struct filter_field *sort);
/* The same of a parameter that was given. */
bool api_view_refuses(struct api_context *c, const char *parameter, struct slice value);

#endif
