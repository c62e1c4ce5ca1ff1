#include "analyzer/legs/leg_names.h"

#include "analyzer/legs/legs.h"
#include "analyzer/sip/sdp.h"
#include "analyzer/sip/sip_uri.h"

enum {
    NAME_MIN_BYTES = 8,
    NAME_MAX_BYTES = 1024,
    NAMES_IN_VALUE = 4, /* In-Reply-To is a list */
    UUID_DIGITS = 32,
    LINES_MAX = SIP_HEADERS_USED,
};

static void add(const struct leg_names *n, struct leg_call *call, enum leg_key_kind kind,
                uint8_t header, struct slice text)
{
    uint64_t hash = leg_key_hash(n->key, kind, text);

    if (leg_keys_has(n->keys, call, hash, kind))
        return;
    if (!leg_key_is_number((uint8_t)kind)) {
        if (call->names >= LEGS_KEYS_MAX)
            return; /* a call's own doing: costs nobody else anything */
        call->names++;
    }
    if (!leg_keys_add(n->keys, call, hash, kind, header))
        ++*n->refused;
}

static bool looks_made_for_one_call(struct slice s)
{
    if (s.len < NAME_MIN_BYTES || s.len > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9')
            return true;
    }
    return false;
}

void leg_names_own(const struct leg_names *n, struct leg_call *call, struct slice call_id)
{
    if (looks_made_for_one_call(call_id))
        add(n, call, LEG_KEY_CALL_ID, 0, call_id);
}

/* Leaves in *value what stands before the first semicolon; the rest begins with it. */
static struct slice split_params(struct slice *value)
{
    struct slice whole = *value, rest = *value;
    struct slice head = slice_cut(&rest, ';');

    *value = slice_trim(head);
    return slice_of(whole.p + head.len, whole.len - head.len);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 32 hexadecimal digits, with dashes where somebody likes them; all zero is the nil UUID. */
static bool read_uuid(struct slice text, char out[UUID_DIGITS])
{
    bool nil = true;
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_digit(text.p[i]);

        if (text.p[i] == '-')
            continue;
        if (digit < 0 || n == UUID_DIGITS)
            return false;
        if (digit)
            nil = false;
        out[n++] = (char)digit;
    }
    return n == UUID_DIGITS && !nil;
}

static void add_session(const struct leg_names *n, struct leg_call *call, const char *uuid,
                        enum leg_key_kind kind)
{
    add(n, call, kind, 0, slice_of(uuid, UUID_DIGITS));
}

/* local is the sender's, remote the other's; both are told apart by the caller's, which the first
 * INVITE names. A re-INVITE of the callee turns them round. */
static void take_session(const struct leg_names *n, struct leg_call *call,
                         const struct sip_msg *msg)
{
    struct slice first = msg->session_id;
    struct slice params = split_params(&first);
    struct slice remote = sip_param_find(params, SLICE("remote"));
    char local_uuid[UUID_DIGITS], remote_uuid[UUID_DIGITS];
    bool has_local = read_uuid(first, local_uuid), has_remote = read_uuid(remote, remote_uuid);
    const char *from = NULL, *to = NULL;
    uint64_t hash_local = 0;

    if (has_local)
        hash_local = leg_key_hash(n->key, LEG_KEY_SESSION_FROM, slice_of(local_uuid, UUID_DIGITS));
    if (msg->is_request && !msg->to_tag.len) {
        from = has_local ? local_uuid : NULL;
        to = has_remote ? remote_uuid : NULL;
    } else if (!msg->is_request) {
        from = has_remote ? remote_uuid : NULL;
        to = has_local ? local_uuid : NULL;
        if (!has_remote && !call->session_from)
            from = to, to = NULL; /* of old, the response repeats what the request said */
        if (call->session_from && hash_local == call->session_from)
            return; /* the same, or a response to the callee's own request */
    }
    if (from && !call->session_from) {
        call->session_from =
            leg_key_hash(n->key, LEG_KEY_SESSION_FROM, slice_of(from, UUID_DIGITS));
        add_session(n, call, from, LEG_KEY_SESSION_FROM);
    }
    if (to)
        add_session(n, call, to, LEG_KEY_SESSION_TO);
}

static void take_charging(const struct leg_names *n, struct leg_call *call, struct slice value)
{
    static const struct slice names[] = { SLICE_INIT("icid-value"), SLICE_INIT("related-icid") };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct slice found = value; /* the first parameter has no semicolon before it */
        struct slice params = split_params(&found);
        struct slice name = slice_trim(slice_cut(&found, '='));

        found = slice_trim(found);
        if (!slice_ieq(name, names[i]))
            found = sip_param_find(params, names[i]);
        if (found.len >= 2 && found.p[0] == '"' && found.p[found.len - 1] == '"')
            found = slice_of(found.p + 1, found.len - 2);
        if (looks_made_for_one_call(found))
            add(n, call, LEG_KEY_ICID, 0, found);
    }
}

/* One value, or a list of them; parameters are not part of a name. */
static void take_value(const struct leg_names *n, struct leg_call *call, uint8_t header,
                       struct slice value)
{
    for (int i = 0; i < NAMES_IN_VALUE && value.len; i++) {
        struct slice part = slice_cut(&value, ',');
        struct slice name = slice_trim(slice_cut(&part, ';'));

        if (name.len >= 2 && (name.p[0] == '"' || name.p[0] == '<'))
            name = slice_of(name.p + 1, name.len - 2);
        if (looks_made_for_one_call(name))
            add(n, call, LEG_KEY_HEADER, header, name);
    }
}

static void take_line(const struct leg_names *n, struct leg_call *call, struct slice line)
{
    struct slice name = slice_trim(slice_cut(&line, ':'));

    for (size_t i = 0; i < n->header_count; i++) {
        if (n->headers[i].len == name.len && slice_ieq(n->headers[i], name)) {
            take_value(n, call, (uint8_t)i, slice_trim(line));
            return;
        }
    }
}

/* All headers of the list in one walk. */
static void take_headers(const struct leg_names *n, struct leg_call *call, struct slice block)
{
    for (int i = 0; i < LINES_MAX && block.len && n->header_count; i++)
        take_line(n, call, slice_cut(&block, '\n'));
}

static struct leg_number number_in(const struct leg_names *n, struct slice name_addr)
{
    struct sip_name_addr parsed;
    struct slice user;
    bool bad = false;

    if (!name_addr.len || !sip_name_addr_parse(&parsed, name_addr))
        return (struct leg_number){ 0 };
    user = sip_uri_user(parsed.uri, &bad);
    return leg_number_of(n->key, user);
}

static void file_number(const struct leg_names *n, struct leg_call *call, enum leg_key_kind kind,
                        struct leg_number number)
{
    uint64_t tail = leg_number_tail(number);

    if (tail)
        add(n, call, kind, 0, slice_of(&tail, sizeof tail));
}

/* Numbers are filed by what the INVITE says: known at once, and of calls yet undecided too. */
static void take_numbers(const struct leg_names *n, struct leg_call *call,
                         const struct sip_msg *msg)
{
    call->from = leg_number_of(n->key, msg->from_user);
    call->to = leg_number_of(n->key, msg->to_user);
    call->request = leg_number_of(n->key, msg->request_user);
    call->asserted = number_in(n, msg->asserted_identity);
    call->diverted = number_in(n, msg->diversion.len ? msg->diversion : msg->history_info);
    file_number(n, call, LEG_KEY_DIALLED, call->request);
    file_number(n, call, LEG_KEY_DIALLED, call->to);
    file_number(n, call, LEG_KEY_DIALLED, call->diverted);
    file_number(n, call, LEG_KEY_CALLER, call->from.packed ? call->from : call->asserted);
}

static void take_sdp(const struct leg_names *n, struct leg_call *call, const struct sip_msg *msg)
{
    struct leg_sdp *to = msg->is_request ? &call->offer : &call->answered;

    if (to->media || msg->body.len == 0 || (!msg->is_request && msg->status >= 300))
        return;
    *to = leg_sdp_of(n->key, sdp_find_body(msg->content_type, msg->body));
}

void leg_names_take(const struct leg_names *n, struct leg_call *call, const struct sip_msg *msg)
{
    bool opening = msg->is_request && msg->method == SIP_METHOD_INVITE && msg->to_tag.len == 0;

    if (opening && !call->invite_seen) {
        call->invite_seen = true;
        take_numbers(n, call, msg);
    }
    take_sdp(n, call, msg);
    if (msg->session_id.len)
        take_session(n, call, msg);
    if (msg->charging_vector.len)
        take_charging(n, call, msg->charging_vector);
    take_headers(n, call, msg->header_block);
}
