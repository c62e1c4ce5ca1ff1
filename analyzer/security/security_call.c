/*
 * What calls tell: each is counted once, when its outcome is known.
 */
#include "analyzer/security/security_state.h"

#include <math.h>

static void write_numbers(struct jsonw *j, const void *ctx)
{
    const struct source_watch *w = ctx;

    jsonw_key(j, "top");
    if (w->suspected)
        top_list_write(&w->suspicion->top[KIND_NUMBER], j, "number");
    else
        jsonw_null(j);
}

static const struct plan_trunk *trunk_of(const struct security *s, const struct addr *addr)
{
    return s->options.plan ? plan_find_trunk(s->options.plan, addr) : NULL;
}

/* What all news of a call have. */
static struct fact_news news_of(const struct security *s, const struct call_record *call,
                                int64_t time_ns)
{
    return (struct fact_news){ .source = &call->src,
                               .trunk = trunk_of(s, &call->src),
                               .time_ns = time_ns,
                               .call = call->id,
                               .call_id = call->call_id,
                               .user_agent = call->user_agent };
}

static void take_outcome(struct security *s, struct source_watch *w, const struct call_record *call,
                         int64_t time_ns, bool refused)
{
    const struct fact_rule *rule = fact_find(FACT_ALWAYS_REFUSED);
    int64_t now_s = time_ns / SECURITY_NS_PER_S;
    struct fact_news news = news_of(s, call, time_ns);

    source_watch_count(w, refused ? TALLY_CALLS_REFUSED : TALLY_CALLS_ACCEPTED, now_s);
    if (!refused || source_watch_sum(w, TALLY_CALLS_ACCEPTED, now_s) > 0)
        return;
    news.count = source_watch_sum(w, TALLY_CALLS_REFUSED, now_s);
    news.evidence = write_numbers;
    news.ctx = w;
    if (news.count >= rule->threshold)
        fact_board_tell(&s->board, FACT_ALWAYS_REFUSED, &news);
}

static void write_sources(struct jsonw *j, const void *ctx)
{
    const struct subject_watch *number = ctx;

    jsonw_key(j, "sources");
    top_list_write(&number->top, j, "source");
}

static void take_number(struct security *s, const struct call_record *call, int64_t time_ns,
                        bool refused)
{
    const struct fact_rule *rule = fact_find(FACT_NUMBER_REDIAL);
    int64_t now_s = time_ns / SECURITY_NS_PER_S;
    struct slice number = call->to_number.len ? call->to_number : call->to_user;
    uint64_t hash = security_state_hash(s, '#', number);
    struct subject_watch *w;
    struct fact_news news = news_of(s, call, time_ns);

    if (number.len == 0)
        return;
    w = refused ? subject_watch_find(&s->subjects, hash, now_s)
                : subject_watch_known(&s->subjects, hash);
    if (!w)
        return;
    sliding_add(refused ? &w->refused : &w->accepted, rule->window_s, now_s);
    if (!refused)
        return;
    subject_watch_ask(w, &s->key, &call->src, rule->window_s, now_s);
    news.count = sliding_count(&w->refused, rule->window_s, now_s);
    if (news.count < rule->threshold ||
        sliding_count(&w->accepted, rule->window_s, now_s) * 10 > news.count)
        return;
    if (!w->one_source) {
        news.source = NULL;
        news.trunk = NULL;
    }
    news.subject = number;
    news.distinct = distinct_count(&w->sources, rule->window_s, now_s);
    news.evidence = write_sources;
    news.ctx = w;
    fact_board_tell(&s->board, FACT_NUMBER_REDIAL, &news);
}

static void write_destination(struct jsonw *j, const void *ctx)
{
    const struct call_record *call = ctx;

    jsonw_key(j, "prefix");
    jsonw_text(j, call->destination_prefix);
    jsonw_key(j, "number");
    jsonw_text(j, call->to_number);
    jsonw_key(j, "outcome");
    jsonw_text(j, call->outcome);
}

static void take_destination(struct security *s, const struct call_record *call, int64_t time_ns)
{
    const uint32_t window_s = fact_find(FACT_NEW_DESTINATION)->window_s;
    struct fact_news news = news_of(s, call, time_ns);

    if (call->destination_prefix.len == 0)
        return;
    news.count =
        destinations_call(&s->destinations, security_state_hash(s, 'd', call->destination_prefix),
                          window_s, time_ns / SECURITY_NS_PER_S);
    news.subject = call->destination;
    news.evidence = write_destination;
    news.ctx = call;
    if (news.count)
        fact_board_tell(&s->board, FACT_NEW_DESTINATION, &news);
}

/* Usual hours are from the one to the other, within a day. */
static bool is_out_of_hours(const struct security *s, int64_t time_ns)
{
    int64_t hour = time_ns / SECURITY_NS_PER_S / 3600 % 24;

    if (s->options.hours_from >= s->options.hours_to)
        return false; /* none are configured */
    return hour < s->options.hours_from || hour >= s->options.hours_to;
}

static bool is_abroad(const struct security *s, struct slice number)
{
    char text[PLAN_NUMBER_MAX];

    if (!s->options.plan || number.len == 0 || number.len >= sizeof text)
        return false;
    memcpy(text, number.p, number.len);
    text[number.len] = '\0';
    return plan_is_abroad(s->options.plan, text);
}

static void take_hour(struct security *s, struct source_watch *w, const struct call_record *call,
                      int64_t time_ns)
{
    int64_t begun_ns = call->invite_time != RECORD_NONE ? call->invite_time : time_ns;
    struct fact_news news = news_of(s, call, time_ns);

    if (!is_out_of_hours(s, begun_ns) || !is_abroad(s, call->to_number))
        return;
    source_watch_count(w, TALLY_CALLS_ABROAD, time_ns / SECURITY_NS_PER_S);
    news.count = source_watch_sum(w, TALLY_CALLS_ABROAD, time_ns / SECURITY_NS_PER_S);
    news.evidence = write_destination;
    news.ctx = call;
    if (news.count >= fact_find(FACT_OUT_OF_HOURS)->threshold)
        fact_board_tell(&s->board, FACT_OUT_OF_HOURS, &news);
}

static void take_call(struct security *s, const struct call_record *call, int64_t time_ns)
{
    struct source_watch *w = security_state_source(s, &call->src, time_ns);
    bool rang = call->answer_time != RECORD_NONE || call->first_18x_time != RECORD_NONE;
    enum security_outcome outcome =
        rang ? OUTCOME_ACCEPTED : security_state_outcome(call->final_status);

    if (!w)
        return;
    if (outcome != OUTCOME_NONE) {
        take_outcome(s, w, call, time_ns, outcome == OUTCOME_REFUSED);
        take_number(s, call, time_ns, outcome == OUTCOME_REFUSED);
    }
    take_destination(s, call, time_ns);
    take_hour(s, w, call, time_ns);
}

static void write_stream(struct jsonw *j, const void *ctx)
{
    const struct stream_record *stream = ctx;
    char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

    jsonw_key(j, "src");
    jsonw_text(j, slice_of(src, addr_format(&stream->src, src)));
    jsonw_key(j, "dst");
    jsonw_text(j, slice_of(dst, addr_format(&stream->dst, dst)));
    jsonw_key(j, "packets");
    jsonw_int(j, stream->packets);
    jsonw_key(j, "codec");
    jsonw_text(j, stream->codec);
}

static void take_foreign(struct security *s, const struct call_record *call, int64_t time_ns)
{
    for (size_t i = 0; i < call->stream_count; i++) {
        const struct stream_record *stream = &call->streams[i];
        struct fact_news news = news_of(s, call, time_ns);
        char dst[ADDR_TEXT_MAX];

        if (stream->foreign_source != 1)
            continue;
        news.source = &stream->src;
        news.trunk = trunk_of(s, &stream->src);
        news.subject = slice_of(dst, addr_format(&stream->dst, dst));
        news.user_agent = SLICE_ABSENT; /* the caller's, not the intruder's */
        news.count = 1;
        news.evidence = write_stream;
        news.ctx = stream;
        fact_board_tell(&s->board, FACT_FOREIGN_RTP, &news);
    }
}

static const struct plan_trunk *named_encrypted(const struct security *s, struct slice name)
{
    const struct plan_trunk *trunk = name.p ? plan_find_trunk_named(s->options.plan, name) : NULL;

    return trunk && trunk->encrypted ? trunk : NULL;
}

/* Plain sound to or from an encrypted trunk, by its own address or as a party of the call. */
static void take_plain_media(struct security *s, const struct call_record *call, int64_t time_ns)
{
    const struct plan_trunk *party = named_encrypted(s, call->trunk_in);

    if (!party)
        party = named_encrypted(s, call->trunk_out);
    for (size_t i = 0; i < call->stream_count; i++) {
        const struct stream_record *stream = &call->streams[i];
        const struct plan_trunk *trunk = trunk_of(s, &stream->src);
        struct fact_news news = news_of(s, call, time_ns);

        if (stream->srtp != 0 || stream->foreign_source == 1 ||
            !slice_eq(stream->media, SLICE("audio")))
            continue;
        if (!trunk || !trunk->encrypted)
            trunk = trunk_of(s, &stream->dst);
        news.trunk = trunk && trunk->encrypted ? trunk : party;
        if (!news.trunk)
            continue;
        news.subject = SLICE("media");
        news.evidence = write_stream;
        news.ctx = stream;
        fact_board_tell(&s->board, FACT_DOWNGRADE, &news);
        return;
    }
}

/* When something of the call happened last. */
static int64_t time_of(const struct call_record *call)
{
    int64_t latest = call->invite_time;

    if (call->settled_time != RECORD_NONE && call->settled_time > latest)
        latest = call->settled_time;
    if (call->end_time != RECORD_NONE && call->end_time > latest)
        latest = call->end_time;
    for (size_t i = 0; i < call->stream_count; i++) {
        if (call->streams[i].end_time > latest)
            latest = call->streams[i].end_time;
    }
    return latest;
}

void security_call(struct security *s, struct security_mark *mark, const struct call_record *call,
                   enum record_event event)
{
    int64_t time_ns = time_of(call);

    if (time_ns == RECORD_NONE)
        return; /* nothing of it has a time: a response without its request */
    if (!mark->counted && (call->settled_time != RECORD_NONE || event == RECORD_CLOSED)) {
        mark->counted = true;
        take_call(s, call, call->settled_time != RECORD_NONE ? call->settled_time : time_ns);
    }
    if (call->foreign_sources > 0)
        take_foreign(s, call, time_ns);
    if (s->options.plan && call->stream_count && !mark->media_looked_at) {
        mark->media_looked_at = event == RECORD_CLOSED || event == RECORD_CHANGED;
        if (mark->media_looked_at)
            take_plain_media(s, call, time_ns);
    }
}

static void write_identity(struct jsonw *j, const void *ctx)
{
    const struct security_identity *identity = ctx;

    jsonw_key(j, "age_s");
    jsonw_real(j, identity->age_s, 3);
    jsonw_key(j, "from_user");
    jsonw_text(j, identity->from_user);
    jsonw_key(j, "to_user");
    jsonw_text(j, identity->to_user);
    jsonw_key(j, "orig");
    jsonw_text(j, slice_of_text(identity->orig));
    jsonw_key(j, "orig_matches");
    if (identity->orig_matches < 0)
        jsonw_null(j);
    else
        jsonw_bool(j, identity->orig_matches);
    jsonw_key(j, "dest_matches");
    if (identity->dest_matches < 0)
        jsonw_null(j);
    else
        jsonw_bool(j, identity->dest_matches);
}

void security_identity(struct security *s, const struct security_identity *identity,
                       const struct sip_msg *msg, const struct datagram *d, uint64_t call)
{
    enum { FRESH_S = 60 }; /* RFC 8224 §6.2.1, both ways: clocks are not all right */
    const struct fact_news news = { .source = &d->src,
                                    .trunk = trunk_of(s, &d->src),
                                    .time_ns = d->time_ns,
                                    .call = call,
                                    .call_id = msg->call_id,
                                    .user_agent = msg->user_agent,
                                    .evidence = write_identity,
                                    .ctx = identity };

    if (identity->orig_matches == 0 || identity->dest_matches == 0)
        fact_board_tell(&s->board, FACT_STIR_MISMATCH, &news);
    if (fabs(identity->age_s) > FRESH_S)
        fact_board_tell(&s->board, FACT_STIR_EXPIRED, &news);
}
