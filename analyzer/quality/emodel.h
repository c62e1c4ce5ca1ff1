/*
 * emodel - how a call sounds, from what the network did to it: the E-model, whole.
 *
 * Three scales, whose R values are not comparable with each other: narrowband (R up to 94.8),
 * wideband (129) and fullband (148). MOS is.
 *
 * Thread    Pure functions; safe anywhere.
 * Units     Levels in dB or dBm as in G.107 Table 2, delays in ms, loss in percent.
 * Errors    NaN in an input makes NaN in the results: unknown stays unknown. Numbers outside their
 *           range (negative delay, loss over 100 %, burst ratio under 1) are taken to its end.
 * Monotone  MOS never rises with loss, with the burst ratio or with delay.
 * Source    ITU-T G.107 (2015), G.107.1 (2019), G.107.2
 */
#ifndef ANALYZER_QUALITY_EMODEL_H
#define ANALYZER_QUALITY_EMODEL_H

/* Stored beside each MOS, so that it can be recomputed: change it when a result may change. */
#define EMODEL_VERSION "g107-2015.1"

enum emodel_scale { EMODEL_NARROWBAND, EMODEL_WIDEBAND, EMODEL_FULLBAND };

struct emodel_inputs {
    enum emodel_scale scale;
    /* Terminals and rooms; the defaults of G.107 Table 2 unless somebody knows better. */
    double slr_db;                       /* send loudness rating */
    double rlr_db;                       /* receive loudness rating */
    double stmr_db;                      /* sidetone masking rating */
    double lstr_db;                      /* listener sidetone rating */
    double ds;                           /* D-value of the telephone, send side */
    double telr_db;                      /* talker echo loudness rating */
    double wepl_db;                      /* weighted echo path loss */
    double qdu;                          /* quantizing distortion units */
    double nc_dbm0p;                     /* circuit noise */
    double nfor_dbmp;                    /* noise floor at the receiver */
    double ps_dba;                       /* room noise, send side */
    double pr_dba;                       /* room noise, receive side */
    double advantage;                    /* A: what the user forgives, 0..20 */
    double one_way_ms, loop_ms, echo_ms; /* Ta absolute, Tr around the loop, T of the echo path */
    double ie, bpl;                      /* of the codec: see codec_ie.h */
    double loss_percent;                 /* Ppl, 0..100 */
    double burst_ratio;                  /* BurstR; 1 is random loss */
};

/* What the R value is made of: R = Ro − Is − Id − Ie_eff + A. */
struct emodel_budget {
    double ro;     /* signal to noise */
    double is;     /* what comes with the voice: too loud, sidetone, quantizing */
    double idte;   /* talker echo */
    double idle;   /* listener echo */
    double idd;    /* too long a delay */
    double id;     /* the sum of those three */
    double ie_eff; /* codec and packet loss */
    double a;
    double r;
    double mos;
};

/* Table 2 of G.107, no loss, no delay, a codec that costs nothing (Ie 0, Bpl of G.711). */
void emodel_inputs_default(struct emodel_inputs *in, enum emodel_scale scale);

/* Ta = T = the one-way delay, Tr = twice that. */
void emodel_set_delay(struct emodel_inputs *in, double one_way_ms);

void emodel_compute(const struct emodel_inputs *in, struct emodel_budget *out);

/* The R value alone. */
double emodel_r(const struct emodel_inputs *in);

/* MOS of an R value of that scale, within [1, 4.5]. */
double emodel_mos(double r, enum emodel_scale scale);

/* The R value on the narrowband scale that sounds the same: a limit for R means that one. */
double emodel_r_on_narrowband(double r, enum emodel_scale scale);

/* Ie_eff alone: all of R that hangs on loss. A few divisions, where the whole model takes powers. */
double emodel_ie_eff(enum emodel_scale scale, double ie, double bpl, double loss_percent,
                     double burst_ratio);

/* The same call with other losses: ie_eff, r and mos of `b` anew, to the last bit what
 * emodel_compute would say. */
void emodel_budget_lose(struct emodel_budget *b, enum emodel_scale scale, double ie, double bpl,
                        double loss_percent, double burst_ratio);

/* The short way: a codec, what was lost and how late the voice comes; the rest is Table 2. A delay
 * of 0 gives the listening quality (mos_lq). */
struct emodel_budget emodel_of_loss(enum emodel_scale scale, double ie, double bpl,
                                    double loss_percent, double burst_ratio, double one_way_ms);

#endif
