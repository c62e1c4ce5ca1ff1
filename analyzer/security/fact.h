/*
 * fact - the facts that are told of a source: name, when, sentence, and the reason for the numbers.
 *
 * The one table; docs/METRICS.md repeats it and a test holds the two together.
 */
#ifndef ANALYZER_SECURITY_FACT_H
#define ANALYZER_SECURITY_FACT_H

#include "analyzer/base/slice.h"

/* clang-format off */
#define FACTS(X)                                                                                    \
    X(SCANNER_AGENT, "scanner_agent", 1, 60,                                                        \
      "Requests carry the user-agent of a known attack tool.",                                      \
      "One is enough: nobody's phone calls itself that.")                                           \
    X(EXTENSION_SWEEP, "extension_sweep", 20, 300,                                                  \
      "Many users were asked for, and refused or challenged without an answer; hardly any accepted.", \
      "20 unknown users, and accepted ones under a quarter of them: a mistyped account is one user, "  \
      "a trunk has far more good ones than bad.")                                                   \
    X(INVITE_SWEEP, "invite_sweep", 20, 600,                                                        \
      "Many numbers were called, and refused; hardly any call went through.",                       \
      "20 numbers, and good ones under a quarter of them: a carrier or a call centre with old "     \
      "lists has every tenth refused, not four of five.")                                           \
    X(ALWAYS_REFUSED, "always_refused", 10, 600,                                                    \
      "Every call was refused.",                                                                    \
      "10 in a row: who is refused for a reason of his own notices before that.")                   \
    X(REGISTER_BRUTEFORCE, "register_bruteforce", 30, 300,                                          \
      "Passwords were tried again and again, and refused.",                                         \
      "30 from a source that never registered these users, one in ten accepted at most; 60 for one " \
      "user from anywhere: a phone with a wrong password tries every 10 to 60 s.")                  \
    X(NEW_NETWORK, "new_network", 1, 3600,                                                          \
      "A known user registered from a network that was never seen before.",                         \
      "A network is a /24 or a /48. A user is known a day after the first registration, so that "   \
      "home, office and mobile network have shown themselves; of who had eight networks nothing is told.") \
    X(NUMBER_REDIAL, "number_redial", 20, 600,                                                      \
      "One number was dialled again and again, and refused.",                                       \
      "20 times, one in ten accepted at most, from one source or many: nobody redials a number that " \
      "does not exist every 30 s.")                                                                 \
    X(NEW_DESTINATION, "new_destination", 1, 3600,                                                  \
      "A destination was called for the first time.",                                               \
      "Told after a day and 200 calls only: before, every destination is new to the probe.")        \
    X(OUT_OF_HOURS, "out_of_hours", 10, 3600,                                                       \
      "Many calls abroad outside of the usual hours.",                                              \
      "10 in an hour from one source; toll fraud comes at night and in bursts. Without configured " \
      "hours never.")                                                                               \
    X(CLEAR_CREDENTIALS, "clear_credentials", 1, 3600,                                              \
      "Credentials passed where anybody on the way could read or guess them.",                      \
      "A password in clear (Basic) anywhere; a digest without TLS to or from a trunk that is "      \
      "marked encrypted. A digest elsewhere is what everybody does.")                               \
    X(FOREIGN_RTP, "foreign_rtp", 1, 3600,                                                          \
      "Somebody else sent RTP to the port of a call.",                                              \
      "One stream is enough; who it is was judged by comparison with the call's own.")              \
    X(DOWNGRADE, "downgrade", 1, 3600,                                                              \
      "Plain signalling or plain RTP on a trunk that is marked encrypted.",                         \
      "One is enough: the configuration says that there must be none.")                             \
    X(FLOOD, "flood", 1000, 10,                                                                     \
      "So many requests a second that hardly any leads to anything.",                               \
      "100 a second for ten seconds, and one in five leads on at most; a busy carrier's calls "     \
      "ring, and end with a BYE.")                                                                  \
    X(STIR_MISMATCH, "stir_mismatch", 1, 3600,                                                      \
      "An Identity header vouches for other numbers than those of the call.",                       \
      "One is enough. Told only where both numbers can be read.")                                   \
    X(STIR_EXPIRED, "stir_expired", 1, 3600,                                                        \
      "An Identity header is older than a minute, or comes from the future.",                       \
      "60 s is what RFC 8224 calls fresh: older ones may be a replay, or a clock is wrong.")
/* clang-format on */

enum fact {
#define X(id, name, threshold, window_s, sentence, why) FACT_##id,
    FACTS(X)
#undef X
        FACT_COUNT
};

struct fact_rule {
    struct slice name;
    uint32_t threshold, window_s;
    struct slice sentence, why;
};

const struct fact_rule *fact_find(enum fact fact);

#endif
