#include "analyzer/sip/sip_multipart.h"

#include "analyzer/sip/sip_header.h"
#include "analyzer/sip/sip_uri.h"

/* A part has a handful of header fields; RFC 2046 allows a boundary of 70 bytes. */
enum { PART_HEADERS_USED = 32, BOUNDARY_MAX = 256 };

bool sip_type_is(struct slice content_type, struct slice type)
{
    return slice_ieq(slice_trim(slice_cut(&content_type, ';')), type);
}

static bool is_multipart(struct slice content_type, struct slice *boundary)
{
    struct slice params = content_type;

    if (!slice_istarts_with(content_type, SLICE("multipart/")))
        return false;
    params.len -= slice_find(content_type, ';');
    params.p += content_type.len - params.len;
    *boundary = sip_param_find(params, SLICE("boundary"));
    return boundary->len > 0 && boundary->len <= BOUNDARY_MAX;
}

/* Is the line "--boundary", "--boundary--" or those with white space behind? */
static bool is_delimiter(struct slice line, struct slice boundary)
{
    if (line.len < boundary.len + 2 || line.p[0] != '-' || line.p[1] != '-' ||
        memcmp(line.p + 2, boundary.p, boundary.len) != 0)
        return false;
    line = slice_trim(slice_of(line.p + 2 + boundary.len, line.len - 2 - boundary.len));
    return line.len == 0 || slice_eq(line, SLICE("--"));
}

/* Takes what stands before the next delimiter off *rest, and the delimiter line too. False when
 * there is no delimiter any more; then *part is all of it. */
static bool cut_part(struct slice *rest, struct slice boundary, struct slice *part)
{
    const char *begin = rest->p;

    while (rest->len) {
        struct slice line = slice_cut(rest, '\n');

        if (!is_delimiter(line, boundary))
            continue;
        *part = slice_of(begin, (size_t)(line.p - begin));
        /* The line end before a delimiter belongs to the delimiter. */
        if (part->len && part->p[part->len - 1] == '\n')
            part->len--;
        if (part->len && part->p[part->len - 1] == '\r')
            part->len--;
        return true;
    }
    *part = slice_of(begin, (size_t)(rest->p - begin));
    return false;
}

static struct slice find_at_depth(struct slice content_type, struct slice body, struct slice type,
                                  int depth)
{
    struct slice boundary, part;
    struct sip_headers headers;
    bool more;

    if (sip_type_is(content_type, type))
        return body;
    if (depth == 0 || body.len == 0 || !is_multipart(content_type, &boundary))
        return SLICE_ABSENT;
    more = cut_part(&body, boundary, &part); /* the preamble, which says nothing */
    while (more) {
        struct slice found;

        more = cut_part(&body, boundary, &part);
        if (part.len == 0)
            continue;
        sip_headers_scan(&headers, part, PART_HEADERS_USED);
        if (!headers.ended)
            continue;
        found = find_at_depth(sip_headers_get(&headers, SIP_HEADER_CONTENT_TYPE),
                              slice_of(headers.end, (size_t)(part.p + part.len - headers.end)),
                              type, depth - 1);
        if (found.p)
            return found;
    }
    return SLICE_ABSENT;
}

struct slice sip_multipart_find(struct slice content_type, struct slice body, struct slice type)
{
    return find_at_depth(content_type, body, type, SIP_MULTIPART_DEPTH);
}
