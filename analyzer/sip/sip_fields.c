#include "analyzer/sip/sip_fields.h"

#include "analyzer/sip/sip_scan.h"

bool sip_fields_next(struct slice *block, struct slice *name, struct slice *value)
{
    struct slice field;
    size_t end = 0;

    if (block->len == 0)
        return false;
    do {
        end += scan_find(scan_skip(*block, end), '\n');
        end += end < block->len;
    } while (end < block->len && (block->p[end] == ' ' || block->p[end] == '\t'));
    field = scan_head(*block, end);
    *block = scan_skip(*block, end);
    *name = slice_trim(scan_cut(&field, ':'));
    *value = slice_trim(field);
    return true;
}
