/*
 * status - the statuses that are answered, by name.
 *
 * Thread  Pure functions.
 * Source  RFC 9110 §15, RFC 6585, RFC 4918.
 */
#ifndef PROBE_WEB_STATUS_H
#define PROBE_WEB_STATUS_H

/* "Not Found"; of one that is none of ours the name of 500. */
const char *status_title(int status);

#endif
