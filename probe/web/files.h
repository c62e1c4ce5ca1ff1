/*
 * files - the static files of the web root.
 *
 * Names are checked before the file system sees them: letters, digits, '-', '_' and '.', no part
 * that begins with a dot. So there is no "..", no hidden file, and nothing outside the root but
 * what its owner linked there.
 *
 * Thread  Any; it reads files, so not the service thread.
 */
#ifndef PROBE_WEB_FILES_H
#define PROBE_WEB_FILES_H

#include "probe/web/exchange.h"

/* "/a/b.js" → "a/b.js", "/" → "index.html". False: no name that we serve. */
bool files_name(struct slice path, char out[EXCHANGE_PATH_MAX]);

const char *files_content_type(struct slice name);

void files_answer(const char *web_root, struct exchange *x);

#endif
