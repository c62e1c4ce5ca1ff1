/*
 * bench_sip_msg - messages a second of the SIP and SDP parsers on one core.
 *
 * Three messages as a carrier's trunk carries them. Each row is the best of several rounds: the
 * noise of a shared machine only ever makes a round slower.
 */
#include "analyzer/sip/sdp.h"
#include "analyzer/sip/sip_msg.h"

#include <stdio.h>
#include <time.h>

enum { ROUNDS = 7, MESSAGES = 400000 };

#define SDP                                                                                        \
    "v=0\r\n"                                                                                      \
    "o=trunk 3892 3893 IN IP4 198.51.100.20\r\n"                                                   \
    "s=call\r\n"                                                                                   \
    "c=IN IP4 198.51.100.21\r\n"                                                                   \
    "t=0 0\r\n"                                                                                    \
    "m=audio 24680 RTP/AVP 8 0 18 9 101\r\n"                                                       \
    "a=rtpmap:8 PCMA/8000\r\n"                                                                     \
    "a=rtpmap:0 PCMU/8000\r\n"                                                                     \
    "a=rtpmap:18 G729/8000\r\n"                                                                    \
    "a=fmtp:18 annexb=no\r\n"                                                                      \
    "a=rtpmap:9 G722/8000\r\n"                                                                     \
    "a=rtpmap:101 telephone-event/8000\r\n"                                                        \
    "a=fmtp:101 0-16\r\n"                                                                          \
    "a=ptime:20\r\n"                                                                               \
    "a=sendrecv\r\n"

static const char invite[] =
    "INVITE sip:+4930555012@trunk.example.net:5060;user=phone SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-524287-1-9c6a71d05e2c4a1f;rport\r\n"
    "Via: SIP/2.0/UDP 10.20.30.40:5080;branch=z9hG4bK-77aa12;received=192.0.2.77\r\n"
    "Record-Route: <sip:192.0.2.10;lr;ftag=8a6b3c>\r\n"
    "From: \"Front Desk\" <sip:+4940555087@pbx.example.org;user=phone>;tag=8a6b3c51f0\r\n"
    "To: <sip:+4930555012@trunk.example.net;user=phone>\r\n"
    "Call-ID: 3f0c2e9a-7d51-4be2-9a60-1cfa8bd64c11@192.0.2.10\r\n"
    "CSeq: 102 INVITE\r\n"
    "Max-Forwards: 69\r\n"
    "Contact: <sip:+4940555087@192.0.2.10:5060;transport=udp>\r\n"
    "User-Agent: Example PBX 4.2\r\n"
    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY\r\n"
    "Supported: timer, 100rel, replaces\r\n"
    "Session-Expires: 1800;refresher=uac\r\n"
    "P-Asserted-Identity: <sip:+4940555087@pbx.example.org>\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 324\r\n"
    "\r\n" SDP;

static const char answer[] =
    "SIP/2.0 200 OK\r\n"
    "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-524287-1-9c6a71d05e2c4a1f;rport=5060\r\n"
    "Record-Route: <sip:192.0.2.10;lr;ftag=8a6b3c>\r\n"
    "From: \"Front Desk\" <sip:+4940555087@pbx.example.org;user=phone>;tag=8a6b3c51f0\r\n"
    "To: <sip:+4930555012@trunk.example.net;user=phone>;tag=as5d3e1b70\r\n"
    "Call-ID: 3f0c2e9a-7d51-4be2-9a60-1cfa8bd64c11@192.0.2.10\r\n"
    "CSeq: 102 INVITE\r\n"
    "Contact: <sip:+4930555012@198.51.100.20:5060>\r\n"
    "Server: Example Trunk 9\r\n"
    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 324\r\n"
    "\r\n" SDP;

static const char bye[] =
    "BYE sip:+4940555087@192.0.2.10:5060;transport=udp SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 198.51.100.20:5060;branch=z9hG4bK-2b8e1f\r\n"
    "From: <sip:+4930555012@trunk.example.net;user=phone>;tag=as5d3e1b70\r\n"
    "To: \"Front Desk\" <sip:+4940555087@pbx.example.org;user=phone>;tag=8a6b3c51f0\r\n"
    "Call-ID: 3f0c2e9a-7d51-4be2-9a60-1cfa8bd64c11@192.0.2.10\r\n"
    "CSeq: 1 BYE\r\n"
    "Max-Forwards: 70\r\n"
    "Reason: Q.850;cause=16;text=\"Normal call clearing\"\r\n"
    "Content-Length: 0\r\n"
    "\r\n";

/* A voice packet: what the start line test sees most of. */
static const char rtp[] = "\x80\x08\x1c\x5a\x00\x01\x86\xa0\x1d\x2e\x3f\x40\xd5\xd5\xd5\xd5";

enum work { LOOK, MSG, MSG_AND_SDP };

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Something of each result, so that no call can be left out. */
static uint64_t parse_once(enum work work, struct slice datagram)
{
    struct sip_msg msg;
    struct sdp sdp;
    uint64_t sum;

    if (work == LOOK)
        return sip_msg_looks_like(datagram);
    sum = sip_msg_parse(&msg, datagram) + msg.call_id.len + msg.anomalies + msg.body.len;
    if (work == MSG_AND_SDP)
        sum += sdp_parse(&sdp, sdp_find_body(msg.content_type, msg.body)) + sdp.format_count;
    return sum;
}

static uint64_t measure(const char *name, enum work work, struct slice datagram)
{
    double best = 1e18;
    uint64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        int64_t begin = now_ns();
        double ns;

        for (int i = 0; i < MESSAGES; i++) {
            __asm__ volatile("" : : "r"(datagram.p) : "memory");
            sum += parse_once(work, datagram);
        }
        ns = (double)(now_ns() - begin) / MESSAGES;
        best = ns < best ? ns : best;
    }
    printf("%-28s %5zu bytes %8.1f ns %8.2f M/s\n", name, datagram.len, best, 1e3 / best);
    return sum;
}

int main(void)
{
    static const struct {
        const char *name;
        enum work work;
        struct slice datagram;
    } rows[] = {
        { "looks_like, RTP", LOOK, SLICE_INIT(rtp) },
        { "looks_like, INVITE", LOOK, SLICE_INIT(invite) },
        { "INVITE", MSG, SLICE_INIT(invite) },
        { "INVITE and its SDP", MSG_AND_SDP, SLICE_INIT(invite) },
        { "200 OK", MSG, SLICE_INIT(answer) },
        { "200 OK and its SDP", MSG_AND_SDP, SLICE_INIT(answer) },
        { "BYE", MSG, SLICE_INIT(bye) },
    };
    uint64_t sum = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        sum += measure(rows[i].name, rows[i].work, rows[i].datagram);
    return sum == 0;
}
