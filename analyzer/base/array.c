#include "analyzer/base/array.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST_ROOM = 64 };

void *array_grow(void *block, size_t *room, size_t count, size_t item_bytes)
{
    size_t more = *room ? *room * 2 : FIRST_ROOM;
    void *grown;

    if (count < *room)
        return block;
    if (more > SIZE_MAX / 2 / item_bytes)
        return NULL;
    grown = realloc(block, more * item_bytes);
    if (grown)
        *room = more;
    return grown;
}
