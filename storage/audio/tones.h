/*
 * tones - keypresses in the sound itself, found by spandsp.
 *
 * The home of spandsp's DTMF receiver. It judges blocks of 102 samples (12.75 ms): a key begins with
 * two good blocks in a row and ends with two others, so its begin and end are known to 7 ms.
 *
 * Ownership  A listener is opened and closed through the struct.
 * Thread     Each listener on one thread at a time.
 * Source     ITU-T Q.23, Q.24
 */
#ifndef STORAGE_AUDIO_TONES_H
#define STORAGE_AUDIO_TONES_H

#include "analyzer/sink.h"

/* All NULL where spandsp was not there when this was built. */
struct tone_listener tones_listener(void);

#endif
