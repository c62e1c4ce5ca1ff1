/*
 * play_media - what the cast of a play sends: RTP of 20 ms, pictures, fax.
 *
 * Payloads are drawn, so no two streams say the same, unless one is made an echo of another.
 */
#ifndef TESTS_SUPPORT_PLAY_MEDIA_H
#define TESTS_SUPPORT_PLAY_MEDIA_H

#include "tests/support/play.h"

/* The stream of that side, from its own address to the other's; made when it is first asked for. */
struct play_voice *play_voice(struct play_dialog *d, int side);
/* One more, from and to any address. Its packets count for d, where that is not NULL. */
struct play_voice *play_voice_between(struct play *p, struct play_dialog *d, const struct addr *src,
                                      const struct addr *dst, const struct play_codec *codec);
/* What that side says on one leg, said again on another with a number and a clock of its own. */
void play_echo(const struct play_voice *of, struct play_voice *echo);

/* It is heard between those times. */
void play_sound(struct play_voice *v, int64_t from_ns, int64_t to_ns);
/* Both sides are heard for so long, and the play goes on after. */
void play_talk(struct play_dialog *d, int64_t ms);
/* One side is. */
void play_speak(struct play_dialog *d, int side, int64_t ms);
/* The next packets of that side come from or go to another address, as another stream. */
void play_new_voice(struct play_dialog *d, int side);

#endif
