/*
 * stage - plays scenes of the corpus one after the other, mixed as their weights say.
 *
 * The first ones are plain, so that a probe has seen the network at its best; then each is played once
 * before any comes again. Those that the end of the capture cuts short begin when all others are over.
 *
 * Ownership  stage_start allocates what stage_free frees when the world has come to an end.
 */
#ifndef TESTS_SUPPORT_STAGE_H
#define TESTS_SUPPORT_STAGE_H

#include "tests/support/world.h"

struct stage;

/* False, with a word on stderr: --scenes names one that there is none of. */
bool stage_start(struct world *w, struct stage **out);
void stage_free(struct stage *s);

#endif
