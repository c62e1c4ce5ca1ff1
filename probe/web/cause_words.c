#include "probe/web/cause_words.h"

#include <stddef.h>

static const struct cause_words causes[] = {
    { 0, "no final response",
      "Nobody answered for 32 s: the machine is down, a firewall eats the packets, or the caller "
      "gave up "
      "and his CANCEL was answered by nobody.",
      "other" },
    { 300, "Multiple Choices",
      "The other side offers several targets and the caller's system must choose.", "other" },
    { 301, "Moved Permanently", "The number lives elsewhere: the route should be changed.",
      "other" },
    { 302, "Moved Temporarily",
      "Diverted, or a redirect server that routes. Whether it was followed is another call.",
      "other" },
    { 305, "Use Proxy", "To be sent through another proxy.", "other" },
    { 380, "Alternative Service", "Emergency calls above all are sent elsewhere with it.",
      "other" },
    { 400, "Bad Request",
      "Something in the message is not understood: a software's defect, or an SBC's rule.",
      "other" },
    { 401, "Unauthorized",
      "Nobody came back with credentials, or with the right ones: a wrong password, or a scan.",
      "other" },
    { 402, "Payment Required", "Credit used up, as some wholesale carriers say it.", "other" },
    { 403, "Forbidden",
      "Refused by policy: caller's number not allowed, a barred destination, an address that is "
      "not known, "
      "credit used up.",
      "other" },
    { 404, "Not Found",
      "The number does not exist there: misdialled, a prefix too much or too little, a list of bad "
      "numbers, portability data out of date.",
      "not_found" },
    { 405, "Method Not Allowed", "The other side does not take calls at this address.", "other" },
    { 406, "Not Acceptable", "What was offered is not understood.", "other" },
    { 407, "Proxy Authentication Required",
      "Nobody came back with credentials, or with the right ones: a wrong password, or a "
      "scan.",
      "other" },
    { 408, "Request Timeout", "The next hop behind it is gone; after ringing: nobody picked up.",
      "other" },
    { 410, "Gone", "The number was taken out of service.", "not_found" },
    { 413, "Request Entity Too Large", "The INVITE is too long for the other side.", "other" },
    { 415, "Unsupported Media Type", "Its body is of a kind that is not understood.", "other" },
    { 416, "Unsupported URI Scheme", "tel: or sips: where only sip: is spoken.", "other" },
    { 420, "Bad Extension", "An extension is required that the other side lacks.", "other" },
    { 422, "Session Interval Too Small",
      "Session timers do not agree; usually tried again at once.", "other" },
    { 423, "Interval Too Brief", "A registration for too short a time.", "other" },
    { 428, "Use Identity Header", "A signed caller (STIR) is asked for.", "other" },
    { 433, "Anonymity Disallowed", "Calls without a number are refused.", "other" },
    { 436, "Bad Identity Info", "The certificate of the signature (STIR) cannot be fetched.",
      "other" },
    { 437, "Unsupported Credential", "The certificate of the signature (STIR) is not trusted.",
      "other" },
    { 438, "Invalid Identity Header", "The signature of the caller (STIR) does not fit the call.",
      "other" },
    { 480, "Temporarily Unavailable",
      "Not registered, do not disturb, or rang out: the callee, not the network.", "other" },
    { 481, "Call/Transaction Does Not Exist",
      "The two sides do not agree on which call it is: a restart in between.", "other" },
    { 482, "Loop Detected",
      "It came back to where it had been: two routes that point at each other.", "other" },
    { 483, "Too Many Hops", "A loop of routes that send it on to each other.", "other" },
    { 484, "Address Incomplete", "Too few digits: overlap dialling, or a prefix cut wrongly.",
      "other" },
    { 485, "Ambiguous", "The number means several.", "other" },
    { 486, "Busy Here",
      "The callee's line is busy: a campaign, a televote, a dialler that redials. Some carriers "
      "say it where "
      "their own channels are used up.",
      "busy" },
    { 487, "Request Terminated",
      "The caller hung up first: a long delay, no ringing tone, ringing that nobody answers, or a "
      "dialler that gives up early.",
      "cancel" },
    { 488, "Not Acceptable Here", "No common codec, or encryption is asked for by one side alone.",
      "other" },
    { 491, "Request Pending", "Both sides changed the call at once.", "other" },
    { 493, "Undecipherable", "An encrypted body without the key.", "other" },
    { 500, "Server Internal Error", "A defect of the other side's software or data.", "failure" },
    { 501, "Not Implemented", "The other side does not know the method.", "failure" },
    { 502, "Bad Gateway", "The gateway's far side answered nonsense, or refused.", "failure" },
    { 503, "Service Unavailable", "No free channel, overload, maintenance, or no route behind it.",
      "failure" },
    { 504, "Server Time-out", "The gateway's far side did not answer: its next hop is gone.",
      "failure" },
    { 505, "Version Not Supported", "Not SIP/2.0.", "failure" },
    { 513, "Message Too Large", "The INVITE is too long for the other side.", "failure" },
    { 580, "Precondition Failure", "Bandwidth or quality that was asked for cannot be had (VoLTE).",
      "failure" },
    { 600, "Busy Everywhere", "All the callee's lines are busy, or he sends calls away.", "busy" },
    { 603, "Decline",
      "The callee pressed the call away; from a carrier: its analytics took it for spam.",
      "other" },
    { 604, "Does Not Exist Anywhere", "The number exists nowhere.", "not_found" },
    { 606, "Not Acceptable", "What was offered fits none of the callee's devices.", "other" },
    { 607, "Unwanted", "The callee marked it as unwanted.", "other" },
    { 608, "Rejected", "An analytics engine took it for spam.", "other" },
};

static const struct kind_words kinds[] = {
    { "busy", "Busy",
      "The callee's lines are full, a dialler redials, or a carrier answers busy where its own "
      "channels "
      "are used up.",
      "nos_cause:busy" },
    { "cancel", "Cancelled by the caller",
      "A long post-dial delay, no ringing tone, ringing that nobody answers, or a dialler "
      "that gives up early.",
      "nos_cause:cancel" },
    { "not_found", "Number not found",
      "A bad list of numbers, a prefix that is added or cut wrongly, portability data out "
      "of date.",
      "nos_cause:not_found" },
    { "failure", "Failed with 5xx",
      "The other side's machine: overload, no channel, no route, a defect.", "outcome:failure" },
    { "other", "Other", "Refused, rang out, timed out: the status tells which.",
      "nos_cause:other" },
};

const struct cause_words *cause_words_find(int status)
{
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        if (causes[i].status == status)
            return &causes[i];
    }
    return NULL;
}

const struct kind_words *cause_words_kind(unsigned at)
{
    return at < sizeof kinds / sizeof *kinds ? &kinds[at] : NULL;
}

const char *cause_words_kind_of(int status)
{
    const struct cause_words *words = cause_words_find(status);

    if (words)
        return words->kind;
    return status >= 500 && status < 600 ? "failure" : "other";
}
