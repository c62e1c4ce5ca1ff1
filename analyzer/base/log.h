/*
 * log - one line on stderr: "earshot: level: module: event, facts".
 *
 * Thread  Any. A stranger's text goes in through log_text only, quoted and made printable.
 * error: someone must act; warn: degraded, counted too; info: start, stop, configuration; debug.
 * Nothing per packet is logged: that is what counters are for.
 */
#ifndef ANALYZER_BASE_LOG_H
#define ANALYZER_BASE_LOG_H

#include "analyzer/base/slice.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* What is below this level is dropped. Default: LOG_LEVEL_WARN. Call before threads start. */
void log_set_level(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A stranger's text as a NUL-terminated printable one of at most 120 bytes, in a buffer of the
 * calling thread that the fourth next call overwrites. */
const char *log_text(struct slice s);

#endif
