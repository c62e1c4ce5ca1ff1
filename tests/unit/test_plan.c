#include "analyzer/plan/plan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int setup(void **state)
{
    return plan_new((struct plan **)state);
}

static int teardown(void **state)
{
    plan_free(*state);
    return 0;
}

/* The number from a heap block of the text's own size; NULL: none. */
static const char *number_of(const struct plan *p, const char *text, char out[PLAN_NUMBER_MAX])
{
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);
    bool is;

    assert_non_null(copy);
    memcpy(copy, text, len);
    is = plan_number(p, slice_of(copy, len), out);
    free(copy);
    return is ? out : NULL;
}

static struct plan *plan_of(const char *country)
{
    struct plan *p;

    assert_int_equal(plan_new(&p), 0);
    if (country)
        assert_int_equal(plan_set_country(p, slice_of_text(country)), 0);
    return p;
}

static const struct {
    const char *country, *user, *number; /* NULL: cannot be told */
} dialled[] = {
    /* Without a country only what is whole. */
    { NULL, "+493012345678", "+493012345678" },
    { NULL, "+1 (212) 555-0123", "+12125550123" },
    { NULL, "+49.30.1234567", "+49301234567" },
    { NULL, "%2b493012345678", "+493012345678" },
    { NULL, "+4930%201234567", "+49301234567" },
    { NULL, "+493012345678;npdi;rn=+4930", "+493012345678" },
    { NULL, "+493012345678;phone-context=example.com", "+493012345678" },
    { NULL, "tel:+49-30-12345678;ext=12", "+493012345678" },
    { NULL, "TEL:+493012345678", "+493012345678" },
    { NULL, "sip:+493012345678@example.com;user=phone", "+493012345678" },
    { NULL, "sips:+493012345678@example.com", "+493012345678" },
    { NULL, "+49 (0)30 12345678", "+493012345678" },
    { NULL, "  +493012345678 ", "+493012345678" },
    { NULL, "+4930123456789012345", "+4930123456789012345" }, /* 19 digits are kept */
    { NULL, "+6834567", "+6834567" },
    { NULL, "+123456", NULL },
    { NULL, "+12345678901234567890123", NULL },
    { NULL, "+0301234567", NULL },
    { NULL, "+", NULL },
    { NULL, "++493012345678", NULL },
    { NULL, "+49301234*678", NULL },
    { NULL, "+4930a1234567", NULL },
    { NULL, "00493012345678", NULL },
    { NULL, "03012345678", NULL },
    { NULL, "493012345678", NULL },
    { NULL, "", NULL },
    { NULL, "anonymous", NULL },
    { NULL, "tel:", NULL },
    { NULL, ";phone-context=+49", NULL },
    { NULL, "%", NULL },
    { NULL, "%0049301234567", NULL },
    { NULL, "+49301234567%00", NULL },
    { NULL,
      "+4930\xc3\xa4"
      "1234567",
      NULL },
    /* The country that the text itself names. */
    { NULL, "tel:030-12345678;phone-context=+49", "+493012345678" },
    { NULL, "03012345678;isub=1;phone-context=+4930", "+493012345678" },
    { NULL, "tel:863-1234;phone-context=+1-914-555", NULL }, /* the example of RFC 3966 */
    { "49", "tel:07911123456;phone-context=+44", "+447911123456" },
    /* Germany */
    { "49", "03012345678", "+493012345678" },
    { "49", "(030) 12345678", "+493012345678" },
    { "+49", "015112345678", "+4915112345678" },
    { "49", "00442079460000", "+442079460000" },
    { "49", "0012125550123", "+12125550123" },
    { "49", "004930123456", "+4930123456" },
    { "49", "+442079460000", "+442079460000" },
    { "49", "493012345678", "+493012345678" },
    { "49", "4930123456", NULL }, /* ten digits may be a local number */
    { "49", "00", NULL },
    { "49", "0", NULL },
    { "49", "110", NULL },
    { "49", "0110", NULL },
    { "49", "112", NULL },
    { "49", "4711", NULL },
    { "49", "12345678", NULL },
    { "49", "0002125550123", NULL },
    { "49", "0099912345678", NULL }, /* no country */
    { "49", "*21*03012345678#", NULL },
    { "49", "192.168.10.100", NULL },
    { "49", "10.0.0.1", NULL },
    { "49", "alice", NULL },
    { "49", "030alice1", NULL },
    /* United States and Canada */
    { "1", "2125550123", "+12125550123" },
    { "1", "12125550123", "+12125550123" },
    { "1", "212-555-0123", "+12125550123" },
    { "1", "011493012345678", "+493012345678" },
    { "1", "5550123", NULL },
    { "1", "911", NULL },
    { "1", "1125550123", NULL }, /* no area code begins with 1 */
    { "1", "02125550123", NULL },
    { "1", "00493012345678", NULL },
    { "1", "22125550123", NULL },
    /* United Kingdom */
    { "44", "02079460000", "+442079460000" },
    { "44", "07911123456", "+447911123456" },
    { "44", "447911123456", "+447911123456" },
    { "44", "00493012345678", "+493012345678" },
    { "44", "999", NULL },
    /* Countries without a national prefix */
    { "34", "912345678", "+34912345678" },
    { "34", "34912345678", "+34912345678" },
    { "34", "0033123456789", "+33123456789" },
    { "34", "91234567", NULL },
    { "39", "0612345678", "+390612345678" },
    { "39", "3331234567", "+393331234567" },
    { "47", "22334455", "+4722334455" },
    { "45", "33123456", "+4533123456" },
    { "48", "221234567", "+48221234567" },
    { "420", "224123456", "+420224123456" },
    /* Other prefixes */
    { "33", "0123456789", "+33123456789" },
    { "36", "0612345678", "+3612345678" },
    { "7", "84951234567", "+74951234567" },
    { "7", "810493012345678", "+493012345678" },
    { "61", "0298765432", "+61298765432" },
    { "61", "0011493012345678", "+493012345678" },
    { "81", "0312345678", "+81312345678" },
    { "81", "010493012345678", "+493012345678" },
    { "358", "990493012345678", "+493012345678" },
    { "41", "0441234567", "+41441234567" },
    { "43", "01123456", "+431123456" },
    { "86", "013812345678", "+8613812345678" },
    { "91", "09812345678", "+919812345678" },
    { "65", "61234567", "+6561234567" },
    { "65", "001493012345678", "+493012345678" },
    { "82", "00182212345678", "+82212345678" },
    { "852", "21234567", "+85221234567" },
    /* Carriers are chosen behind 00: 0014 49… is not +14 49…. */
    { "55", "0014493012345678", NULL },
    { "55", "1123456789", NULL },
    { "55", "+551123456789", "+551123456789" },
    { "53", "119493012345678", "+493012345678" },
    /* A country whose habits are not in the table. */
    { "229", "00493012345678", "+493012345678" },
    { "229", "0121212121", NULL },
};

static void numbers_by_country(void **state)
{
    char out[PLAN_NUMBER_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof dialled / sizeof dialled[0]; i++) {
        struct plan *p = plan_of(dialled[i].country);
        const char *number = number_of(p, dialled[i].user, out);

        if (!number != !dialled[i].number || (number && strcmp(number, dialled[i].number) != 0))
            fail_msg("%s in %s: %s, not %s", dialled[i].user,
                     dialled[i].country ? dialled[i].country : "no country",
                     number ? number : "none", dialled[i].number ? dialled[i].number : "none");
        plan_free(p);
    }
}

static void rules_come_first(void **state)
{
    static const char *const rules[] = {
        "- 3-4 +4930555", "9 5-20 -", "90 5-20 0", "*31* 6-30 -", "49 10-15 +49", "0 4-5 00",
    };
    static const struct {
        const char *user, *number;
    } rows[] = {
        { "4711", "+49305554711" },
        { "123", "+4930555123" },
        { "12", NULL },
        { "12345", NULL },
        { "903012345678", "+493012345678" }, /* the longer prefix */
        { "9+442079460000", "+442079460000" },
        { "*31*03012345678", "+493012345678" },
        { "4930123456", "+4930123456" },
        { "03012345678", "+493012345678" }, /* too long for any rule */
    };
    struct plan *p = *state;
    char out[PLAN_NUMBER_MAX];
    struct plan_rule rule;

    assert_int_equal(plan_set_country(p, SLICE("49")), 0);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        assert_true(plan_rule_parse(slice_of_text(rules[i]), &rule));
        assert_int_equal(
            plan_add_rule(p, rule.prefix, rule.min_len, rule.max_len, rule.replacement), 0);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *number = number_of(p, rows[i].user, out);

        if (rows[i].number)
            assert_string_equal(number ? number : rows[i].user, rows[i].number);
        else
            assert_null(number);
    }
}

static void rules_have_a_shape(void **state)
{
    static const char *const wrong[] = { "",
                                         "0",
                                         "0 1-2",
                                         "0 12 +49",
                                         "0 2-1 +",
                                         "0 0-5 +49",
                                         "0 1-65 +49",
                                         "0 x-5 +49",
                                         "0 1- +",
                                         "0 -5 +",
                                         "0 1-5 + 49",
                                         "000000 1-5 +",
                                         "0 1-99999999999999999999 +49" };
    struct plan *p = *state;
    struct plan_rule rule;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (plan_rule_parse(slice_of_text(wrong[i]), &rule))
            fail_msg("'%s' was taken for a rule", wrong[i]);
    }
    assert_true(plan_rule_parse(SLICE("  00   5-20   +  "), &rule));
    assert_true(slice_eq(rule.prefix, SLICE("00")));
    assert_true(slice_eq(rule.replacement, SLICE("+")));
    assert_int_equal(rule.min_len, 5);
    assert_int_equal(rule.max_len, 20);
    assert_int_equal(plan_add_rule(p, SLICE("0"), 3, 2, SLICE("")), -EINVAL);
    for (int i = 0; i < PLAN_RULES_MAX; i++)
        assert_int_equal(plan_add_rule(p, SLICE("0"), 2, 3, SLICE("1")), 0);
    assert_int_equal(plan_add_rule(p, SLICE("0"), 2, 3, SLICE("1")), -E2BIG);
}

static void countries_are_those_of_e164(void **state)
{
    static const char *const good[] = { "1", "+1", "7", "49", "+49", "420", "998", "211", "383" };
    static const char *const bad[] = {
        "", "+", "0", "2", "999", "210", "4930", "de", "49 ", "++49"
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(plan_is_country(slice_of_text(good[i])));
        assert_int_equal(plan_set_country(*state, slice_of_text(good[i])), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(plan_is_country(slice_of_text(bad[i])));
        assert_int_equal(plan_set_country(*state, slice_of_text(bad[i])), -EINVAL);
    }
}

static void destinations_by_the_longest_prefix(void **state)
{
    static const struct {
        const char *number, *name, *prefix;
    } rows[] = {
        { "+493012345678", "Germany", "49" },
        { "+4915112345678", "Germany mobile", "4915" },
        { "+4990012345678", "Germany premium", "49900" },
        { "+12125550123", "United States", "1212" },
        { "+14165550123", "Canada", "1416" },
        { "+18765550123", "Jamaica", "1876" },
        { "+16585550123", "Jamaica", "1658" },
        { "+18095550123", "Dominican Republic", "1809" },
        { "+17875550123", "Puerto Rico", "1787" },
        { "+18005550123", "North America toll-free", "1800" },
        { "+18885550123", "North America toll-free", "1888" },
        { "+19005550123", "North America premium", "1900" },
        { "+12115550123", "North America", "1" },
        { "+79161234567", "Russia mobile", "79" },
        { "+74951234567", "Russia", "7" },
        { "+77272501234", "Kazakhstan", "77" },
        { "+77011234567", "Kazakhstan mobile", "7701" },
        { "+447911123456", "United Kingdom mobile", "4479" },
        { "+447624123456", "Isle of Man mobile", "447624" },
        { "+447011123456", "United Kingdom personal numbers", "4470" },
        { "+442079460000", "United Kingdom", "44" },
        { "+441534123456", "Jersey", "441534" },
        { "+390669812345", "Vatican", "3906698" },
        { "+390612345678", "Italy", "39" },
        { "+393331234567", "Italy mobile", "393" },
        { "+5999123456", "Curacao", "5999" },
        { "+88161234567", "Iridium", "8816" },
        { "+882101234567", "International networks", "882" },
        { "+97912345678", "International premium", "979" },
        { "+21012345678", NULL, NULL },
        { "+99912345678", NULL, NULL },
        { "+", NULL, NULL },
        { "", NULL, NULL },
        { "4930", NULL, NULL },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct plan_destination *d = plan_find_destination(*state, rows[i].number);

        if (!d != !rows[i].name || (d && (!slice_eq(d->name, slice_of_text(rows[i].name)) ||
                                          !slice_eq(d->prefix, slice_of_text(rows[i].prefix)))))
            fail_msg("%s: %.*s", rows[i].number, d ? (int)d->name.len : 7,
                     d ? d->name.p : "unknown");
    }
}

/* Every code of one to three digits is one destination's, as the ITU's list has it. */
static void every_country_code_is_there(void **state)
{
    static const char codes[] =
        "1 20 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 "
        "236 "
        "237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 "
        "260 "
        "261 262 263 264 265 266 267 268 269 27 290 291 297 298 299 30 31 32 33 34 350 351 352 353 "
        "354 "
        "355 356 357 358 359 36 370 371 372 373 374 375 376 377 378 379 380 381 382 383 385 386 "
        "387 "
        "389 39 40 41 420 421 423 43 44 45 46 47 48 49 500 501 502 503 504 505 506 507 508 509 51 "
        "52 "
        "53 54 55 56 57 58 590 591 592 593 594 595 596 597 598 599 60 61 62 63 64 65 66 670 672 "
        "673 "
        "674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 7 800 808 81 82 "
        "84 "
        "850 852 853 855 856 86 870 878 880 881 882 883 886 90 91 92 93 94 95 960 961 962 963 964 "
        "965 "
        "966 967 968 970 971 972 973 974 975 976 977 979 98 992 993 994 995 996 998 ";
    unsigned known = 0, listed = 0;

    for (unsigned code = 1; code < 1000; code++) {
        char number[PLAN_NUMBER_MAX], word[8];
        const struct plan_destination *d;
        bool is_listed;

        snprintf(number, sizeof number, "+%u", code);
        snprintf(word, sizeof word, "%u ", code);
        d = plan_find_destination(*state, number);
        is_listed = strncmp(codes, word, strlen(word)) == 0;
        for (const char *at = codes; !is_listed && (at = strstr(at, word)) != NULL; at++)
            is_listed = at[-1] == ' ';
        listed += is_listed;
        if (is_listed && (!d || !slice_eq(d->prefix, slice_of(number + 1, strlen(number) - 1))))
            fail_msg("+%u is missing", code);
        known += d != NULL;
    }
    assert_int_equal(listed, 215);
    assert_true(known > listed); /* longer ones begin with these */
}

static void destinations_can_be_added(void **state)
{
    struct plan *p = *state;
    const struct plan_destination *before = plan_find_destination(p, "+493012345678");

    assert_int_equal(plan_add_destination(p, SLICE("+4930"), SLICE("Berlin")), 0);
    assert_int_equal(plan_add_destination(p, SLICE("49"), SLICE("Alemania")), 0);
    assert_true(slice_eq(before->name, SLICE("Alemania"))); /* pointers stay */
    assert_true(slice_eq(plan_find_destination(p, "+493012345678")->name, SLICE("Berlin")));
    assert_true(slice_eq(plan_find_destination(p, "+498912345678")->name, SLICE("Alemania")));
    assert_int_equal(plan_add_destination(p, SLICE("049"), SLICE("other")), 0);
    assert_true(slice_eq(plan_find_destination(p, "+498912345678")->name, SLICE("Alemania")));
    assert_int_equal(plan_add_destination(p, SLICE(""), SLICE("x")), -EINVAL);
    assert_int_equal(plan_add_destination(p, SLICE("+"), SLICE("x")), -EINVAL);
    assert_int_equal(plan_add_destination(p, SLICE("49x"), SLICE("x")), -EINVAL);
    assert_int_equal(plan_add_destination(p, SLICE("1234567890123456"), SLICE("x")), -EINVAL);
    assert_int_equal(plan_add_destination(p, SLICE("4940"), SLICE("")), -EINVAL);
    assert_int_equal(plan_add_destination(p, SLICE("4940"), SLICE("a\nb")), -EINVAL);
}

static void a_table_that_is_too_long_is_refused(void **state)
{
    char prefix[PLAN_NUMBER_MAX];
    int err = 0, i;

    for (i = 0; i <= PLAN_DESTINATIONS_MAX && !err; i++) {
        snprintf(prefix, sizeof prefix, "49%08d", i);
        err = plan_add_destination(*state, slice_of_text(prefix), SLICE("x"));
    }
    assert_int_equal(err, -E2BIG);
    assert_int_equal(i, PLAN_DESTINATIONS_MAX + 1);
    assert_int_equal(plan_add_destination(*state, SLICE("4900000007"), SLICE("seven")), 0);
    assert_true(slice_eq(plan_find_destination(*state, "+4900000007")->name, SLICE("seven")));
}

static int read_csv(struct plan *p, const char *text, struct plan_csv_error *error)
{
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);
    int err;

    assert_non_null(copy);
    memcpy(copy, text, len);
    err = plan_read_csv(p, slice_of(copy, len), error);
    free(copy);
    return err;
}

static void tables_are_read(void **state)
{
    static const char text[] = "\xef\xbb\xbf"
                               "Prefix,Destination,Price\r\n"
                               "# a comment, with a comma\r\n"
                               "\r\n"
                               "+4930, Berlin ,0.01\r\n"
                               "4940,\"Hamburg, \"\"Hanse\"\"\"\n"
                               "  \"4989\" , \"M\xc3\xbcnchen\" \r"
                               "4969,Frankfurt";
    struct plan_csv_error error = { 0 };

    assert_int_equal(read_csv(*state, text, &error), 0);
    assert_true(slice_eq(plan_find_destination(*state, "+4930123")->name, SLICE("Berlin")));
    assert_true(
        slice_eq(plan_find_destination(*state, "+4940123")->name, SLICE("Hamburg, \"Hanse\"")));
    assert_true(slice_eq(plan_find_destination(*state, "+4989123")->name, SLICE("M\xc3\xbcnchen")));
    assert_true(slice_eq(plan_find_destination(*state, "+4969123")->name, SLICE("Frankfurt")));
    assert_int_equal(read_csv(*state, "", &error), 0);
    assert_int_equal(read_csv(*state, "\n\n", &error), 0);
}

static void tables_that_are_wrong_say_where(void **state)
{
    static const struct {
        const char *text;
        size_t line;
        const char *what;
    } rows[] = {
        { "4930,Berlin\n4940\n", 2, "no comma between prefix and name" },
        { "prefix,name\nx,y\n", 2, "the prefix is not digits alone" },
        { "49a,Berlin\n", 1, "the prefix is not digits alone" },
        { "1,a\n\n# x\n,y\n", 4, "no prefix" },
        { "1,a\r\n2,\r\n", 2, "the name is not 1 to 64 printable characters" },
        { "1,a\n2,\"b\n3,c\n", 2, "a quote is not closed" },
        { "1,\"b", 1, "a quote is not closed" },
        { "1,\"", 1, "a quote is not closed" },
        { "1,\"b\"x\n", 1, "text behind a closing quote" },
        { "1234567890123456,x\n", 1, "the prefix has more than 15 digits" },
    };
    struct plan_csv_error error;
    char *longest = malloc(2000);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        error = (struct plan_csv_error){ 0, "" };
        assert_int_equal(read_csv(*state, rows[i].text, &error), -EINVAL);
        assert_string_equal(error.what, rows[i].what);
        assert_int_equal(error.line, rows[i].line);
    }
    assert_non_null(longest);
    memset(longest, 'x', 1999);
    longest[0] = '1';
    longest[1] = ',';
    longest[1999] = '\0';
    assert_int_equal(read_csv(*state, longest, &error), -EINVAL);
    assert_string_equal(error.what, "a cell is longer than 512 bytes");
    free(longest);
}

static struct addr addr_of(const char *text)
{
    struct addr a;

    assert_true(addr_parse(slice_of_text(text), &a));
    return a;
}

static int add_trunk(struct plan *p, const char *name)
{
    return plan_add_trunk(p, &(struct plan_trunk){ slice_of_text(name), 30, false });
}

static int add_address(struct plan *p, const char *trunk, const char *address)
{
    return plan_add_trunk_address(p, slice_of_text(trunk), slice_of_text(address));
}

static void the_narrower_address_counts(void **state)
{
    static const struct {
        const char *addr, *trunk;
    } rows[] = {
        { "192.0.2.1:5060", "net" },      { "192.0.2.200:5060", "half" },
        { "192.0.2.7:5060", "host" },     { "192.0.2.7:5080", "port" },
        { "192.0.2.9:5080", "port" },     { "192.0.2.9:5060", "net" },
        { "198.51.100.1:5060", NULL },    { "203.0.113.130:1", "half" },
        { "203.0.113.1:1", NULL },        { "[2001:db8::1]:5060", "net" },
        { "[2001:db8:1::1]:5060", "v6" }, { "[2001:db8:1::2]:5061", "port" },
        { "[2001:db9::1]:5060", "all6" }, { "10.1.2.3:5060", NULL },
    };
    const struct addr elsewhere = addr_of("10.1.2.3:5060");
    struct plan *p = *state;

    assert_null(plan_find_trunk(p, &elsewhere));
    assert_int_equal(add_trunk(p, "net"), 0);
    assert_int_equal(add_trunk(p, "half"), 0);
    assert_int_equal(add_trunk(p, "host"), 0);
    assert_int_equal(add_trunk(p, "port"), 0);
    assert_int_equal(add_trunk(p, "v6"), 0);
    assert_int_equal(add_trunk(p, "all6"), 0);
    assert_int_equal(add_address(p, "net", "192.0.2.0/24"), 0);
    assert_int_equal(add_address(p, "half", "192.0.2.129/25"), 0); /* host bits do no harm */
    assert_int_equal(add_address(p, "host", "192.0.2.7"), 0);
    assert_int_equal(add_address(p, "port", "192.0.2.7:5080"), 0);
    assert_int_equal(add_address(p, "port", "192.0.2.9:5080"), 0);
    assert_int_equal(add_address(p, "half", "203.0.113.128/25"), 0);
    assert_int_equal(add_address(p, "net", "2001:db8::/32"), 0);
    assert_int_equal(add_address(p, "v6", "2001:db8:1::/48"), 0);
    assert_int_equal(add_address(p, "port", "[2001:db8:1::2]:5061"), 0);
    assert_int_equal(add_address(p, "all6", "::/0"), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct addr a = addr_of(rows[i].addr);
        const struct plan_trunk *t = plan_find_trunk(p, &a);

        if (!t != !rows[i].trunk || (t && !slice_eq(t->name, slice_of_text(rows[i].trunk))))
            fail_msg("%s is of %.*s", rows[i].addr, t ? (int)t->name.len : 4,
                     t ? t->name.p : "none");
    }
    assert_int_equal(add_address(p, "half", "0.0.0.0/0"), 0);
    assert_true(slice_eq(plan_find_trunk(p, &elsewhere)->name, SLICE("half")));
}

static void trunks_that_cannot_be_are_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "x",
                                       "192.0.2.1/33",
                                       "192.0.2.1/",
                                       "/24",
                                       "192.0.2.1:0",
                                       "192.0.2.1:",
                                       "192.0.2.1:70000",
                                       "192.0.2",
                                       "::1/129",
                                       "[::1]:x",
                                       "192.0.2.0/24:5060",
                                       "192.0.2.0/2x" };
    struct plan *p = *state;
    char name[PLAN_NAME_MAX + 2];

    assert_int_equal(add_trunk(p, "a"), 0);
    assert_int_equal(add_trunk(p, "a"), -EEXIST);
    assert_int_equal(add_trunk(p, ""), -EINVAL);
    assert_int_equal(add_trunk(p, "a\tb"), -EINVAL);
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(add_trunk(p, name), -EINVAL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(plan_is_address(slice_of_text(bad[i])));
        assert_int_equal(add_address(p, "a", bad[i]), -EINVAL);
    }
    assert_int_equal(add_address(p, "b", "192.0.2.1"), -ENOENT);
    assert_int_equal(add_trunk(p, "b"), 0);
    assert_int_equal(add_address(p, "a", "192.0.2.1"), 0);
    assert_int_equal(add_address(p, "a", "192.0.2.1/32"), 0); /* the same again */
    assert_int_equal(add_address(p, "b", "192.0.2.1"), -EEXIST);
    for (int i = 2; i < PLAN_TRUNKS_MAX; i++) {
        snprintf(name, sizeof name, "t%d", i);
        assert_int_equal(add_trunk(p, name), 0);
    }
    assert_int_equal(add_trunk(p, "one more"), -E2BIG);
    assert_int_equal(plan_find_trunk_named(p, SLICE("a"))->channel_limit, 30);
    assert_null(plan_find_trunk_named(p, SLICE("c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_by_country),
        cmocka_unit_test_setup_teardown(rules_come_first, setup, teardown),
        cmocka_unit_test_setup_teardown(rules_have_a_shape, setup, teardown),
        cmocka_unit_test_setup_teardown(countries_are_those_of_e164, setup, teardown),
        cmocka_unit_test_setup_teardown(destinations_by_the_longest_prefix, setup, teardown),
        cmocka_unit_test_setup_teardown(every_country_code_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(destinations_can_be_added, setup, teardown),
        cmocka_unit_test_setup_teardown(a_table_that_is_too_long_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(tables_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(tables_that_are_wrong_say_where, setup, teardown),
        cmocka_unit_test_setup_teardown(the_narrower_address_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(trunks_that_cannot_be_are_refused, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
