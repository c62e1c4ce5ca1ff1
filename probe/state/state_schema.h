/*
 * state_schema - the tables of STORE/state.sqlite, and how those of older versions become them.
 *
 * Ownership  Text only; state_db runs it.
 */
#ifndef PROBE_STATE_STATE_SCHEMA_H
#define PROBE_STATE_STATE_SCHEMA_H

/* All tables of this version. */
extern const char state_schema[];

/* What brings version 1, which had deliveries alone, here; state_schema runs between the two. */
extern const char state_schema_leave_1[], state_schema_from_1[];

#endif
