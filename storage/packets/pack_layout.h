/*
 * pack_layout - where the headers of a frame stand, and which frames are of one stream.
 *
 * Only whoever packs asks. IP headers are recognised by themselves, wherever they stand: version, lengths
 * that fit the frame, a right checksum. A mistake costs bytes and nothing else.
 */
#ifndef STORAGE_PACKETS_PACK_LAYOUT_H
#define STORAGE_PACKETS_PACK_LAYOUT_H

#include "storage/packets/chunk.h"
#include "storage/packets/pack_stream.h"

/* False: no IP packet was found in it. */
bool pack_layout_find(struct pack_layout *l, const struct chunk_frame *f);

/* Is f of the stream that `header` is of? Link says whether what stands before IP is the same, too. */
bool pack_layout_fits(const struct pack_layout *l, const uint8_t *header,
                      const struct chunk_frame *f);
bool pack_layout_same_link(const struct pack_layout *l, const uint8_t *header,
                           const struct chunk_frame *f);

#endif
