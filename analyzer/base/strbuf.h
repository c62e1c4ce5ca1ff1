/*
 * strbuf - text that grows, up to a cap.
 *
 * Ownership  Owns its bytes; strbuf_fini frees them. Zero-initialised is a valid empty buffer
 *            without a cap of its own (STRBUF_MAX_BYTES then holds).
 * Errors     An append that would pass the cap, or finds no memory, makes `failed` sticky and adds
 *            nothing: append freely, ask once at the end.
 */
#ifndef ANALYZER_BASE_STRBUF_H
#define ANALYZER_BASE_STRBUF_H

#include "analyzer/base/slice.h"

#define STRBUF_MAX_BYTES ((size_t)64 << 20)

struct strbuf {
    char *p; /* NUL-terminated once something was added */
    size_t len;
    size_t room;
    size_t max_bytes; /* 0: STRBUF_MAX_BYTES */
    bool failed;
};

void strbuf_fini(struct strbuf *b);
/* Empty again, the memory kept. */
void strbuf_reset(struct strbuf *b);
/* Makes room for len more bytes and the NUL; false at the cap or without memory. */
bool strbuf_reserve(struct strbuf *b, size_t len);

static inline void strbuf_add(struct strbuf *b, const void *p, size_t len)
{
    if ((b->failed || len >= b->room - b->len) && !strbuf_reserve(b, len))
        return;
    if (len)
        memcpy(b->p + b->len, p, len);
    b->len += len;
    b->p[b->len] = '\0';
}

static inline void strbuf_add_char(struct strbuf *b, char c)
{
    strbuf_add(b, &c, 1);
}

void strbuf_add_text(struct strbuf *b, const char *text);
void strbuf_add_slice(struct strbuf *b, struct slice s);
void strbuf_addf(struct strbuf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Removes the last n bytes (all, when there are fewer). */
void strbuf_chop(struct strbuf *b, size_t n);

/* A stranger's text for a terminal: control bytes, DEL, C1 and broken UTF-8 become '?'. */
void strbuf_add_printable(struct strbuf *b, struct slice s);

static inline struct slice strbuf_slice(const struct strbuf *b)
{
    return slice_of(b->p ? b->p : "", b->len);
}

#endif
