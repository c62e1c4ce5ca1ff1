#include "storage/call_filter.h"

#include "analyzer/record.h"

#include <math.h>

void call_filter_clear(struct call_filter *filter)
{
    *filter = (struct call_filter){
        .since = RECORD_NONE,
        .until = RECORD_NONE,
        .mos_min = NAN,
        .mos_max = NAN,
        .one_way = -1,
        .fax = -1,
    };
}
