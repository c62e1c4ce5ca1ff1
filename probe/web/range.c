#include "probe/web/range.h"

/* Positions past this are as good as the end. */
#define POSITION_MAX UINT64_C(1000000000000000000)

static bool take_number(struct slice text, uint64_t *out)
{
    if (slice_to_u64(text, POSITION_MAX, out))
        return true;
    /* Digits that are too many for us are a number nevertheless. */
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    }
    *out = POSITION_MAX;
    return text.len > 0;
}

/* "-500": the last 500 bytes. */
static enum range_kind parse_suffix(struct slice text, uint64_t size, struct range *out)
{
    uint64_t count;

    if (!take_number(text, &count))
        return RANGE_WHOLE;
    if (count == 0 || size == 0) {
        *out = (struct range){ 0, 0 };
        return RANGE_OUTSIDE;
    }
    if (count > size)
        count = size;
    *out = (struct range){ size - count, count };
    return RANGE_PART;
}

enum range_kind range_parse(struct slice header, uint64_t size, struct range *out)
{
    struct slice last_text = slice_trim(header), unit, first_text;
    uint64_t first, last = POSITION_MAX;

    *out = (struct range){ 0, size };
    unit = slice_cut(&last_text, '=');
    if (!header.p || !slice_ieq(slice_trim(unit), SLICE("bytes")))
        return RANGE_WHOLE;
    if (slice_find(last_text, ',') < last_text.len || slice_find(last_text, '-') == last_text.len)
        return RANGE_WHOLE;
    first_text = slice_trim(slice_cut(&last_text, '-'));
    last_text = slice_trim(last_text);
    if (first_text.len == 0)
        return parse_suffix(last_text, size, out);
    if (!take_number(first_text, &first) || (last_text.len && !take_number(last_text, &last)) ||
        last < first)
        return RANGE_WHOLE;
    if (first >= size) {
        *out = (struct range){ 0, 0 };
        return RANGE_OUTSIDE;
    }
    if (last >= size)
        last = size - 1;
    *out = (struct range){ first, last - first + 1 };
    return RANGE_PART;
}

bool range_condition_holds(struct slice if_range, struct slice etag)
{
    return !if_range.p || (etag.len && slice_eq(slice_trim(if_range), etag));
}
