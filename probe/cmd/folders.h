/*
 * folders - where the shipped rules and the dashboard's files are.
 *
 * Beside the build (build/NAME/share/WHAT) or installed (PREFIX/share/earshot/WHAT), found from the
 * place of the binary itself, so that a checkout and a package both work without a setting.
 *
 * Ownership  Writes into the caller's room and returns it; NULL when there is no such folder.
 * Thread     Main thread.
 */
#ifndef PROBE_CMD_FOLDERS_H
#define PROBE_CMD_FOLDERS_H

enum { FOLDERS_PATH_MAX = 4096 };

/* what: "rules" or "web". */
const char *folders_find(const char *what, char room[FOLDERS_PATH_MAX]);

#endif
