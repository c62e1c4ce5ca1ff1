#include "probe/cmd/doctor_checks.h"
#include "probe/cmd/doctor_heard.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

/* The first finding about a topic; NULL: none. */
static const struct doctor_finding *find(const struct doctor_report *r, const char *topic)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->findings[i].topic, topic) == 0)
            return &r->findings[i];
    }
    return NULL;
}

static const struct doctor_heard quiet = {
    .seconds = 10, .is_ethernet = true, .kernel_dropped = 0, .interface_dropped = 0
};

static void blames_what_is_heard(void **state)
{
    static const struct {
        struct doctor_heard heard; /* over `quiet`: what is not 0 */
        const char *topic;
        enum doctor_level level;
        const char *says;
    } rows[] = {
        { { .packets = 0 }, "traffic", DOCTOR_WRONG, "nothing came in 10 s" },
        { { .packets = 9 }, "traffic", DOCTOR_WRONG, "only broadcasts" },
        { { .packets = 9, .unicast = 9 }, "traffic", DOCTOR_WRONG, "no SIP and no RTP among 9" },
        { { .packets = 9, .unicast = 9, .rtp = 9 }, "traffic", DOCTOR_NOTE, "no SIP" },
        { { .packets = 9, .unicast = 9, .sip = 9 }, "traffic", DOCTOR_NOTE, "no RTP" },
        { { .packets = 9, .unicast = 9, .sip = 1, .rtp = 8 }, "traffic", DOCTOR_FINE, "heard" },
        { { .packets = 9, .unicast = 9, .kernel_dropped = 3 }, "drops", DOCTOR_WRONG, "kernel" },
        { { .packets = 9, .unicast = 9, .interface_dropped = 3 },
          "drops",
          DOCTOR_WRONG,
          "interface dropped 3" },
        { { .packets = 9, .unicast = 9 }, "drops", DOCTOR_FINE, "none" },
        { { .packets = 9, .unicast = 9, .clock_steps = 1 }, "clock", DOCTOR_WRONG, "set" },
        { { .packets = 9, .unicast = 9, .cut = 2 }, "cut", DOCTOR_NOTE, "2 packets" },
        { { .packets = 9, .unicast = 9, .conversations = 4 }, "mirror", DOCTOR_FINE, "4 pairs" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct doctor_report report = { .count = 0 };
        struct doctor_heard heard = rows[i].heard;
        const struct doctor_finding *f;

        heard.seconds = quiet.seconds;
        heard.is_ethernet = true;
        doctor_heard_judge(&heard, "eth1", &report);
        f = find(&report, rows[i].topic);
        if (!f)
            fail_msg("row %zu: nothing about %s", i, rows[i].topic);
        assert_int_equal(f->level, rows[i].level);
        if (!strstr(f->text, rows[i].says))
            fail_msg("row %zu: no '%s' in '%s'", i, rows[i].says, f->text);
        if (f->level == DOCTOR_WRONG)
            assert_non_null(f->fix);
        doctor_report_fini(&report);
    }
}

/* Without an Ethernet nobody knows to whom a packet was sent; the mirror's own complaints stand. */
static void a_switch_that_cuts_is_blamed(void **state)
{
    struct doctor_heard heard = quiet;
    struct doctor_report report = { .count = 0 };

    (void)state;
    heard.packets = heard.unicast = 100;
    heard.sip = heard.rtp = 40;
    strbuf_add_text(&heard.bins, "{\"sip\":40,\"rtp\":40,\"ip_length\":15,\"udp_short\":5}");
    doctor_heard_judge(&heard, "eth1", &report);
    assert_non_null(find(&report, "cut"));
    assert_non_null(strstr(find(&report, "cut")->text, "20.0 %"));
    doctor_report_fini(&report);
    doctor_heard_fini(&heard);
}

static void says_no_more_than_it_knows(void **state)
{
    struct doctor_heard heard = quiet;
    struct doctor_report report = { .count = 0 };

    (void)state;
    heard.packets = heard.sip = heard.rtp = 5;
    heard.is_ethernet = false;
    heard.kernel_dropped = heard.interface_dropped = RECORD_NONE;
    heard.conversations = 3;
    heard.cut = 3;
    heard.was_blamed = true;
    doctor_heard_judge(&heard, "any", &report);
    assert_int_equal(doctor_report_complaints(&report), 0);
    assert_null(find(&report, "mirror"));
    assert_null(find(&report, "cut"));
    doctor_report_fini(&report);
}

static void one_that_hears_itself_is_told_so(void **state)
{
    struct doctor_heard heard = quiet;
    struct doctor_report report = { .count = 0 };

    (void)state;
    heard.packets = heard.unicast = 10;
    heard.sip = heard.rtp = 5;
    heard.to_here = heard.from_here = 5;
    doctor_heard_judge(&heard, "eth1", &report);
    assert_int_equal(report.findings[1].level, DOCTOR_NOTE);
    assert_non_null(strstr(report.findings[1].text, "this machine"));
    doctor_report_fini(&report);
    strbuf_add_text(&heard.tunnels, "{\"gre\":10}"); /* the mirror is sent here, in a tunnel */
    doctor_heard_judge(&heard, "eth1", &report);
    assert_string_equal(report.findings[1].topic, "drops");
    doctor_report_fini(&report);
    doctor_heard_fini(&heard);
}

static char *printed(void (*print)(FILE *out, void *ctx), void *ctx)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    print(out, ctx);
    fclose(out);
    return text;
}

static void print_heard(FILE *out, void *ctx)
{
    doctor_heard_print(ctx, out);
}

static void print_report(FILE *out, void *ctx)
{
    doctor_report_print(ctx, out);
}

static void shows_figures_as_people_read_them(void **state)
{
    struct doctor_heard heard = quiet;
    char *text;

    (void)state;
    heard.packets = 1234567;
    heard.bytes = 250000000;
    heard.calls = 12;
    strbuf_add_text(&heard.bins, "{\"sip\":12345,\"rtp\":1222222}");
    strbuf_add_text(&heard.vlans, "{\"untagged\":617284,\"100.42\":617283}");
    strbuf_add_text(&heard.tunnels, "{\"vxlan\":617283}");
    text = printed(print_heard, &heard);
    assert_non_null(strstr(text, "1,234,567 packets, 123,456 a second, 200.0 Mbit/s; 12 calls\n"));
    assert_non_null(strstr(text, "12,345    1.0 %  SIP messages\n"));
    assert_non_null(strstr(text, "  50.0 %  VLAN 100.42\n"));
    assert_non_null(strstr(text, "  50.0 %  untagged\n"));
    assert_non_null(strstr(text, "  50.0 %  in vxlan\n"));
    free(text);
    doctor_heard_fini(&heard);
}

static void prints_each_finding_once(void **state)
{
    struct doctor_report report = { .count = 0 };
    char *first, *second;

    (void)state;
    doctor_report_add(&report, DOCTOR_WRONG, "link", "ip link set eth1 up", "the link is %s",
                      "down");
    first = printed(print_report, &report);
    doctor_report_add(&report, DOCTOR_FINE, "ring", NULL, "256 MiB");
    second = printed(print_report, &report);
    assert_string_equal(first, "  WRONG  link       the link is down\n"
                               "                    fix: ip link set eth1 up\n");
    assert_string_equal(second, "  ok     ring       256 MiB\n");
    assert_int_equal(doctor_report_complaints(&report), 1);
    free(first);
    free(second);
    for (int i = 0; i < 2 * DOCTOR_FINDINGS_MAX; i++)
        doctor_report_add(&report, DOCTOR_WRONG, "link", "", "again");
    assert_int_equal(report.count, DOCTOR_FINDINGS_MAX);
    assert_null(report.findings[2].fix);
    doctor_report_fini(&report);
}

static void writes_json_that_machines_read(void **state)
{
    struct doctor_heard heard = quiet;
    struct doctor_report report = { .count = 0 };
    struct strbuf text = { 0 };
    struct jsonw j = jsonw_to(&text);
    json_t *root, *check, *figures;

    (void)state;
    heard.packets = heard.unicast = 4;
    heard.sip = 1;
    heard.interface_dropped = RECORD_NONE;
    strbuf_add_text(&heard.vlans, "{\"untagged\":4}");
    doctor_report_add(&report, DOCTOR_NOTE, "disk", NULL, "a \"name\"\n");
    jsonw_object_open(&j);
    doctor_report_write_json(&report, &j);
    doctor_heard_write_json(&heard, &j);
    jsonw_object_close(&j);
    root = json_loads(text.p, 0, NULL);
    assert_non_null(root);
    check = json_array_get(json_object_get(root, "checks"), 0);
    assert_string_equal(json_string_value(json_object_get(check, "text")), "a \"name\"\n");
    assert_string_equal(json_string_value(json_object_get(check, "level")), "note");
    figures = json_object_get(root, "heard");
    assert_float_equal(json_real_value(json_object_get(figures, "sip_share")), 0.25, 1e-9);
    assert_true(json_is_null(json_object_get(figures, "interface_dropped")));
    assert_true(json_is_null(json_object_get(figures, "mirror")));
    figures = json_object_get(figures, "vlans");
    assert_int_equal(json_integer_value(json_object_get(figures, "untagged")), 4);
    json_decref(root);
    strbuf_fini(&text);
    doctor_report_fini(&report);
    doctor_heard_fini(&heard);
}

static void measures_a_disk_and_leaves_nothing(void **state)
{
    char folder[] = "/tmp/earshot-doctor-XXXXXX", missing[64];
    struct doctor_report report = { .count = 0 };
    struct doctor_disk disk;

    (void)state;
    assert_non_null(mkdtemp(folder));
    doctor_checks_disk(&report, folder, &disk);
    assert_true(disk.bytes_per_s > 0);
    assert_true(disk.free_bytes > 0);
    assert_int_equal(rmdir(folder), 0); /* it is empty */
    snprintf(missing, sizeof missing, "%s/a/b", folder);
    doctor_report_fini(&report);
    doctor_checks_disk(&report, missing, &disk);
    assert_non_null(strstr(report.findings[0].text, "not there yet"));
    assert_int_equal(rmdir(folder), -1);
    doctor_report_fini(&report);
    doctor_checks_disk(&report, "/proc/self/status", &disk);
    assert_int_equal(report.findings[0].level, DOCTOR_WRONG);
    assert_true(isnan(disk.bytes_per_s));
    doctor_report_fini(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blames_what_is_heard),
        cmocka_unit_test(a_switch_that_cuts_is_blamed),
        cmocka_unit_test(says_no_more_than_it_knows),
        cmocka_unit_test(one_that_hears_itself_is_told_so),
        cmocka_unit_test(shows_figures_as_people_read_them),
        cmocka_unit_test(prints_each_finding_once),
        cmocka_unit_test(writes_json_that_machines_read),
        cmocka_unit_test(measures_a_disk_and_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
