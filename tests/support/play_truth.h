/* play_truth - the truth about a play's calls, and about what is no call, as JSON lines. */
#ifndef TESTS_SUPPORT_PLAY_TRUTH_H
#define TESTS_SUPPORT_PLAY_TRUTH_H

#include "tests/support/play.h"

/* Of every call that was begun, and the play's notes. */
void play_truth_write(const struct play *p);

#endif
