/*
 * openapi - docs/openapi.json as the build has put it into the program, so that it is served without a file.
 */
#ifndef PROBE_WEB_OPENAPI_H
#define PROBE_WEB_OPENAPI_H

extern const unsigned char openapi_text[];
extern const unsigned openapi_size;
extern const char openapi_tag[]; /* an ETag of it, in its quotes */

#endif
