/*
 * array - a list in one block that grows by doubling.
 *
 *     struct thing *grown = array_grow(things, &room, count, sizeof *grown);
 *
 *     if (!grown)
 *         return -ENOMEM;
 *     things = grown;
 *     things[count++] = …;
 *
 * Ownership  The block is the caller's, to be freed. Who lets an outsider add to it has a cap.
 */
#ifndef ANALYZER_BASE_ARRAY_H
#define ANALYZER_BASE_ARRAY_H

#include <stddef.h>

/* The block with room for one more behind `count` items, where it was or elsewhere; NULL without memory:
 * then it stays as it was. *room is 0 with a NULL block. */
void *array_grow(void *block, size_t *room, size_t count, size_t item_bytes);

#endif
