/*
 * test_privacy_filter - what is asked for by number or name is found under its pseudonym.
 */
#include "analyzer/privacy/privacy_filter.h"
#include "analyzer/privacy/privacy_record.h"

#include "tests/unit/privacy_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct call_record call_of(void)
{
    struct call_record call;

    record_clear(&record_type_call, &call);
    call.id = 1;
    call.call_id = SLICE("493012345678-1@h");
    call.from_user = SLICE("+493012345678");
    call.from_number = SLICE("+493012345678");
    call.from_uri = SLICE("sip:+493012345678@h");
    call.to_user = SLICE("alice");
    call.to_uri = SLICE("sip:alice@example.com");
    return call;
}

/* −EINVAL, or whether the masked call matches. */
static int asked(const struct privacy *p, const char *text)
{
    struct privacy_scratch scratch = { NULL, 0 };
    struct call_record call = call_of();
    struct filter_error error;
    struct filter *f;
    int result;

    assert_int_equal(filter_parse(&f, slice_of_text(text), 1795255200000000000, &error), 0);
    result = privacy_filter(p, f, &error);
    if (result == -EINVAL)
        assert_non_null(strstr(error.text, "cannot be found: "));
    else
        result = filter_match(f, privacy_record(p, &record_type_call, &call, &scratch), NULL);
    filter_free(f);
    privacy_scratch_fini(&scratch);
    return result;
}

struct row {
    const char *text;
    int pseudonym, redact;
};

static void filters(void **state)
{
    static const struct row rows[] = {
        { "from:+493012345678", 1, 1 },
        { "from:+493012345679", 0, 1 }, /* the last four digits are cut */
        { "from:+493012445679", 0, 0 },
        { "from:*3012345678", 1, -EINVAL },
        { "from:*12345678", 1, -EINVAL },
        { "from:*5678", -EINVAL, -EINVAL },
        { "from:+49*", 1, 1 },
        { "from:+43*", 0, 0 },
        { "number:*3012345678*", 1, 0 },
        { "call_id:493012345678-1@h", 1, 1 },
        { "call_id:493012345678-2@h", 0, 0 },
        { "to:alice", 1, 1 },
        { "to:bob", 0, 0 },
        { "to:ali*", -EINVAL, -EINVAL },
        { "uri:sip:alice@example.com", 1, 1 },
        { "uri:alice@example.com", 1, 1 },
        { "uri:@example.com", 1, 1 },
        { "uri:carol@example.com", 0, 1 }, /* as long a name */
        { "from:*", 1, 1 },
        { "not from:+493012345678", 0, 0 },
        { "", 1, 1 },
    };
    const struct privacy pseudonym = privacy_fixture(PRIVACY_PSEUDONYM, PRIVACY_PSEUDONYM, 0);
    const struct privacy redact = privacy_fixture(PRIVACY_REDACT, PRIVACY_REDACT, 0);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (asked(&pseudonym, rows[i].text) != rows[i].pseudonym)
            fail_msg("pseudonym %s: %d", rows[i].text, asked(&pseudonym, rows[i].text));
        if (asked(&redact, rows[i].text) != rows[i].redact)
            fail_msg("redact %s: %d", rows[i].text, asked(&redact, rows[i].text));
    }
}

static void clear_stays_clear(void **state)
{
    const struct privacy clear = privacy_fixture(PRIVACY_CLEAR, PRIVACY_CLEAR, 15);

    (void)state;
    assert_int_equal(asked(&clear, "from:*5678 to:ali*"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters),
        cmocka_unit_test(clear_stays_clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
