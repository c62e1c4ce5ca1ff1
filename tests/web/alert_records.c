#include "tests/web/alert_records.h"

#include "analyzer/base/jsonw.h"
#include "analyzer/record_id.h"

#include <stdio.h>

#define SECOND_NS 1000000000ll
#define ATTACK    "<img src=x onerror=ran=1>"

enum { STEPS = 48, STEP_S = 10, BEGIN_S = 1000 };

static void print_record(const struct alert_record *a)
{
    struct strbuf text = { 0 };
    struct jsonw j = jsonw_to(&text);

    record_write_json(&j, &record_type_alert, a);
    printf("%s\n", text.p);
    strbuf_fini(&text);
}

/* Quiet, with a hole, and then more and more. */
static void write_evidence(struct strbuf *out)
{
    strbuf_addf(out, "{\"step_s\":%d,\"series\":[", STEP_S);
    for (int i = 0; i < STEPS; i++) {
        if (i == 7)
            strbuf_add_text(out, ",null");
        else
            strbuf_addf(out, "%s%.4f", i ? "," : "",
                        i < 36 ? 0.01 + 0.004 * (i % 5) : 0.05 * (i - 34));
    }
    strbuf_add_text(out,
                    "],\"top\":[{\"field\":\"final_reason\",\"values\":[{\"value\":\"No "
                    "circuit " ATTACK "\",\"count\":31},{\"value\":\"Service "
                    "Unavailable\",\"count\":6}]},{\"field\":\"src.ip\",\"values\":[{\"value\":"
                    "\"192.0.2.10\",\"count\":37}]}]}");
}

static void add_spike(struct writer *w, int64_t start_ns, const char *state, const char *calls)
{
    int64_t since = start_ns + BEGIN_S * SECOND_NS;
    struct strbuf evidence = { 0 };
    struct alert_record a;

    record_clear(&record_type_alert, &a);
    write_evidence(&evidence);
    a.id = record_id_make(since, 1);
    a.rule = SLICE("sip-503-spike");
    a.severity = SLICE("critical");
    a.state = slice_of_text(state);
    a.group = SLICE("192.0.2.20, carrier " ATTACK);
    a.labels = SLICE("{\"rule\":\"sip-503-spike\",\"severity\":\"critical\",\"dst.ip\":\"192.0.2."
                     "20\",\"trunk_out\":\"carrier " ATTACK "\",\"area\":\"signalling\"}");
    a.summary = SLICE("503 spike at 192.0.2.20, carrier " ATTACK
                      ": 37 of 60 calls answered 503 in the last 60 s (62 %), since 18:06:40");
    a.description = SLICE("A destination answers calls with 503 far more often than single "
                          "failures explain. " ATTACK);
    a.runbook = SLICE("javascript:ran=1");
    a.since = since;
    a.time = since + 10 * SECOND_NS;
    a.changed_time = since + 120 * SECOND_NS;
    if (!slice_eq(a.state, SLICE("pending")))
        a.fired_time = since + 60 * SECOND_NS;
    if (slice_eq(a.state, SLICE("resolved")))
        a.ended_time = a.changed_time = since + 600 * SECOND_NS;
    a.value = 0.6167;
    a.threshold = 0.2;
    a.unit = SLICE("ratio");
    a.baseline = 0.018;
    a.before = 0.02;
    a.samples = 60;
    a.matching = 37;
    a.window_s = 60;
    a.flaps = 2;
    a.calls = slice_of_text(calls);
    a.evidence = strbuf_slice(&evidence);
    a.search = SLICE("status:503 dst.ip:192.0.2.20");
    writer_submit(w, &record_type_alert, &a);
    print_record(&a);
    strbuf_fini(&evidence);
}

static void add_explained(struct writer *w, int64_t start_ns)
{
    struct alert_record a;

    record_clear(&record_type_alert, &a);
    a.id = record_id_make(start_ns + (BEGIN_S + 1) * SECOND_NS, 2);
    a.rule = SLICE("asr-drop");
    a.severity = SLICE("warning");
    a.state = SLICE("firing");
    a.group = SLICE("carrier");
    a.labels = SLICE("{\"rule\":\"asr-drop\",\"severity\":\"warning\",\"trunk_out\":\"carrier\"}");
    a.summary = SLICE("ASR of carrier is 31 %, normally 62 %");
    a.since = a.time = a.fired_time = a.changed_time = start_ns + (BEGIN_S + 1) * SECOND_NS;
    a.value = 0.31;
    a.baseline = 0.62;
    a.unit = SLICE("ratio");
    a.muted_by = record_id_make(start_ns + BEGIN_S * SECOND_NS, 1);
    a.calls = SLICE("[]");
    writer_submit(w, &record_type_alert, &a);
}

static void add_old(struct writer *w, int64_t start_ns)
{
    struct alert_record a;

    record_clear(&record_type_alert, &a);
    a.id = record_id_make(start_ns, 3);
    a.rule = SLICE("certificate-expiring");
    a.severity = SLICE("info");
    a.state = SLICE("resolved");
    a.group = SLICE("192.0.2.50:5061");
    a.labels = SLICE("{\"rule\":\"certificate-expiring\",\"severity\":\"info\"}");
    a.summary = SLICE("The certificate of 192.0.2.50:5061 expires in 29 days");
    a.since = a.time = a.fired_time = start_ns;
    a.changed_time = a.ended_time = start_ns + 500 * SECOND_NS;
    a.value = 29;
    a.threshold = 30;
    a.unit = SLICE("days");
    a.calls = SLICE("[]");
    writer_submit(w, &record_type_alert, &a);
}

void alert_records_add(struct writer *writer, int64_t start_ns, const char *state,
                       const char *calls)
{
    add_spike(writer, start_ns, state, calls);
    add_explained(writer, start_ns);
    add_old(writer, start_ns);
}
