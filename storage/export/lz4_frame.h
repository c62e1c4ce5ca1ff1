/*
 * lz4_frame - bytes in, one LZ4 frame out: the only thing in LZ4 that Wireshark opens.
 *
 * With the checksum of its content, so that a download that broke is told from a whole one.
 *
 * Ownership  lz4_frame_open/close.
 * Errors     −ENOMEM, −EIO.
 * Source     LZ4 Frame Format 1.6.3
 */
#ifndef STORAGE_EXPORT_LZ4_FRAME_H
#define STORAGE_EXPORT_LZ4_FRAME_H

#include "analyzer/base/strbuf.h"

struct lz4_frame;

int lz4_frame_open(struct lz4_frame **fp);
void lz4_frame_close(struct lz4_frame *f);

/* Appends what comes of these bytes, which may be nothing yet. */
int lz4_frame_add(struct lz4_frame *f, struct slice bytes, struct strbuf *out);

/* The end of the frame. */
int lz4_frame_end(struct lz4_frame *f, struct strbuf *out);

#endif
