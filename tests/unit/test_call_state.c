/*
 * test_call_state - the life of a call, arrow by arrow, and no event that is illegal.
 */
#include "analyzer/call/call_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The arrows at the head of call_state.h; what is not among them changes nothing. */
static const struct {
    enum call_state from;
    enum call_event event;
    enum call_state to;
} arrows[] = {
    { CALL_TRYING, EVENT_PROGRESS, CALL_RINGING },
    { CALL_TRYING, EVENT_ANSWER, CALL_IN_CALL },
    { CALL_RINGING, EVENT_ANSWER, CALL_IN_CALL },
    { CALL_TRYING, EVENT_FAILURE, CALL_FAILED },
    { CALL_RINGING, EVENT_FAILURE, CALL_FAILED },
    { CALL_TRYING, EVENT_CANCELLED_FAILURE, CALL_CANCELLED },
    { CALL_RINGING, EVENT_CANCELLED_FAILURE, CALL_CANCELLED },
    { CALL_FAILED, EVENT_ANSWER, CALL_IN_CALL },
    { CALL_CANCELLED, EVENT_ANSWER, CALL_IN_CALL },
    { CALL_TRYING, EVENT_BYE, CALL_COMPLETED },
    { CALL_RINGING, EVENT_BYE, CALL_COMPLETED },
    { CALL_IN_CALL, EVENT_BYE, CALL_COMPLETED },
    { CALL_TRYING, EVENT_SILENCE, CALL_ABANDONED },
    { CALL_RINGING, EVENT_SILENCE, CALL_ABANDONED },
    { CALL_FAILED, EVENT_RETRY, CALL_TRYING },
    { CALL_CANCELLED, EVENT_RETRY, CALL_TRYING },
    { CALL_ABANDONED, EVENT_RETRY, CALL_TRYING },
    /* One that was given up may be heard of again. */
    { CALL_ABANDONED, EVENT_PROGRESS, CALL_RINGING },
    { CALL_ABANDONED, EVENT_ANSWER, CALL_IN_CALL },
    { CALL_ABANDONED, EVENT_FAILURE, CALL_FAILED },
    { CALL_ABANDONED, EVENT_CANCELLED_FAILURE, CALL_CANCELLED },
    { CALL_ABANDONED, EVENT_BYE, CALL_COMPLETED },
};

static void every_event_is_legal_in_every_state(void **state)
{
    (void)state;
    for (int from = 0; from < CALL_STATES; from++) {
        for (int event = 0; event < CALL_EVENTS; event++) {
            int expected = from;

            for (size_t i = 0; i < sizeof arrows / sizeof arrows[0]; i++) {
                if ((int)arrows[i].from == from && (int)arrows[i].event == event)
                    expected = (int)arrows[i].to;
            }
            if ((int)call_state_after((enum call_state)from, (enum call_event)event) != expected)
                fail_msg("state %d, event %d", from, event);
        }
    }
}

static void each_state_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < CALL_STATES; a++) {
        assert_true(call_state_text((enum call_state)a).len > 0);
        for (int b = 0; b < a; b++)
            assert_false(
                slice_eq(call_state_text((enum call_state)a), call_state_text((enum call_state)b)));
    }
    for (int a = 0; a < CALL_STATES; a++)
        assert_int_equal(call_state_is_over((enum call_state)a),
                         a != CALL_TRYING && a != CALL_RINGING && a != CALL_IN_CALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_legal_in_every_state),
        cmocka_unit_test(each_state_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
