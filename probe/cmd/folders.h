/*
 * folders - where the shipped rules and the dashboard's files are.
 *
 * Beside the build (build/NAME/share/WHAT) or installed (PREFIX/share/earshot/WHAT), found from the
 * place of the binary itself, so that a checkout and a package both work without a setting.
 *
 * Ownership  Returns a text that lives as long as the process, or NULL when there is none.
 * Thread     Main thread.
 */
#ifndef PROBE_CMD_FOLDERS_H
#define PROBE_CMD_FOLDERS_H

/* what: "rules" or "web". */
const char *folders_find(const char *what);

#endif
