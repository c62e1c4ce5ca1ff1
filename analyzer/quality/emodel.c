/*
 * emodel - the equations, in the order in which the Recommendation has them.
 *
 * The narrowband model computes Ro and Is from levels; the wideband and fullband ones fix them.
 * Each scale is a row of numbers below; what the rows share is computed once.
 *
 * Invariant: every term of Id and Ie_eff grows (or stays) with delay, loss and burst ratio, and
 * emodel_mos grows with R; the test walks a dense grid over both, and over the places where a
 * formula switches (0 and 100 ms, STMR 9 and 20).
 */
#include "analyzer/quality/emodel.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

struct scale {
    double ro;         /* 0: computed from the levels */
    double ie_ceiling; /* what Ie_eff tends to as everything is lost */
    double r_per_mos;  /* R of this scale is divided by it for the MOS */
    double re_slope;   /* Re = 80 + slope · (TERV − 14) */
    double idd_weight;
    bool hears_echo;     /* Idte and Idle are part of the model */
    bool silent_at_zero; /* no delay, no Id at all; G.107 keeps a residue of 0.15 in Idle */
};

static const struct scale scales[] = {
    [EMODEL_NARROWBAND] = { 0, 95, 1, 2.5, 1, true, false },
    [EMODEL_WIDEBAND] = { 129, 95, 1.29, 3, 1, true, true },
    [EMODEL_FULLBAND] = { 148, 132, 1.48, 0, 1.48, false, true },
};

static double square(double x)
{
    return x * x;
}

static double from_db(double db)
{
    return pow(10, db / 10);
}

/* max, but NaN stays NaN: fmax would hide it. */
static double at_least(double floor, double x)
{
    return x < floor ? floor : x;
}

static double at_most(double ceiling, double x)
{
    return x > ceiling ? ceiling : x;
}

/* The sum of the noise powers at the 0 dBr point: G.107 clause 7.2. */
static double noise_no(const struct emodel_inputs *in)
{
    double olr = in->slr_db + in->rlr_db;
    double pre = in->pr_dba + 10 * log10(1 + from_db(10 - in->lstr_db));
    double nos =
        in->ps_dba - in->slr_db - in->ds - 100 + 0.004 * square(in->ps_dba - olr - in->ds - 14);
    double nor = in->rlr_db - 121 + pre + 0.008 * square(pre - 35);
    double nfo = in->nfor_dbmp + in->rlr_db;

    return 10 * log10(from_db(in->nc_dbm0p) + from_db(nos) + from_db(nor) + from_db(nfo));
}

/* Impairment by a sidetone that is too loud or too faint: clause 7.3.2. */
static double sidetone_ist(const struct emodel_inputs *in)
{
    double echo = exp(-in->echo_ms / 4) * from_db(-in->telr_db);
    double stmro = -10 * log10(from_db(-in->stmr_db) + echo);

    return 12 * pow(1 + pow((stmro - 13) / 6, 8), 1.0 / 8) -
           28 * pow(1 + pow((stmro + 1) / 19.4, 35), 1.0 / 35) -
           13 * pow(1 + pow((stmro - 3) / 33, 13), 1.0 / 13) + 29;
}

/* What comes with the voice itself: clause 7.3. */
static double simultaneous_is(const struct emodel_inputs *in, double no, double ro, double ist)
{
    double xolr = (in->slr_db + in->rlr_db + 0.2 * (64 + no - in->rlr_db)) / 8;
    double iolr = 20 * (pow(1 + pow(xolr, 8), 1.0 / 8) - xolr);
    double q = 37 - 15 * log10(in->qdu);
    double g = 1.07 + 0.258 * q + 0.0602 * square(q);
    double y = (ro - 100) / 15 + 46 / 8.4 - g / 9;
    double z = 46.0 / 30 - g / 40;
    double iq = 15 * log10(1 + pow(10, y) + pow(10, z));

    return iolr + ist + iq;
}

/* The upper branch of a hyperbola around x = 0: near 0 far below it, near x far above. */
static double soft_floor(double x, double width)
{
    return x / 2 + sqrt(square(x) / 4 + width);
}

/*
 * Talker echo: clause 7.4.1; the wideband model masks it by K on top.
 * For an echo of a few milliseconds the formula gives down to −0.23, a delay that helps; echo never
 * does, so it starts at 0.
 */
static double talker_echo_idte(const struct emodel_inputs *in, double roe, double ist)
{
    const struct scale *scale = &scales[in->scale];
    double t = in->echo_ms;
    double terv =
        in->telr_db - 40 * log10((1 + t / 10) / (1 + t / 150)) + 6 * exp(-0.3 * square(t));
    double idte;

    if (in->scale == EMODEL_WIDEBAND)
        terv += at_most(18, 0.08 * t + 10);
    else if (in->stmr_db < 9)
        terv += ist / 2;
    idte = soft_floor(roe - (80 + scale->re_slope * (terv - 14)), 100) - 1;
    idte = at_least(0, idte) * (1 - exp(-t));
    if (in->scale == EMODEL_NARROWBAND && in->stmr_db > 20)
        idte = sqrt(square(idte) + square(ist));
    return idte;
}

/* Listener echo: clause 7.4.2. */
static double listener_echo_idle(const struct emodel_inputs *in, double ro)
{
    double rle = 10.5 * (in->wepl_db + 7) * pow(in->loop_ms + 1, -0.25);

    return soft_floor(ro - rle, 169);
}

/* Delay that hurts even without echo: clause 7.4.3. */
static double delay_idd(double one_way_ms)
{
    double x;

    if (one_way_ms <= 100)
        return 0;
    x = log2(one_way_ms / 100);
    return 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);
}

/* Codec and packet loss: clause 7.5. */
double emodel_ie_eff(enum emodel_scale scale, double ie, double bpl, double loss_percent,
                     double burst_ratio)
{
    double left = scales[scale].ie_ceiling - ie;
    double percent = at_most(100, at_least(0, loss_percent));

    if (percent == 0) /* a codec without a Bpl is still itself when nothing is lost */
        return ie;
    return ie + left * percent / (percent / at_least(1, burst_ratio) + bpl);
}

static struct emodel_inputs within_range(const struct emodel_inputs *given)
{
    struct emodel_inputs in = *given;

    in.one_way_ms = at_least(0, in.one_way_ms);
    in.loop_ms = at_least(0, in.loop_ms);
    in.echo_ms = at_least(0, in.echo_ms);
    return in;
}

void emodel_inputs_default(struct emodel_inputs *in, enum emodel_scale scale)
{
    *in = (struct emodel_inputs){
        .scale = scale,
        .slr_db = 8,
        .rlr_db = 2,
        .stmr_db = 15,
        .lstr_db = 18,
        .ds = 3,
        .telr_db = 65,
        .wepl_db = 110,
        .qdu = 1,
        .nc_dbm0p = -70,
        .nfor_dbmp = -64,
        .ps_dba = 35,
        .pr_dba = 35,
        .bpl = 25.1,
        .burst_ratio = 1,
    };
}

void emodel_set_delay(struct emodel_inputs *in, double one_way_ms)
{
    in->one_way_ms = one_way_ms;
    in->echo_ms = one_way_ms;
    in->loop_ms = 2 * one_way_ms;
}

void emodel_budget_lose(struct emodel_budget *b, enum emodel_scale scale, double ie, double bpl,
                        double loss_percent, double burst_ratio)
{
    b->ie_eff = emodel_ie_eff(scale, ie, bpl, loss_percent, burst_ratio);
    b->r = b->ro - b->is - b->id - b->ie_eff + b->a;
    b->mos = emodel_mos(b->r, scale);
}

void emodel_compute(const struct emodel_inputs *given, struct emodel_budget *out)
{
    struct emodel_inputs in = within_range(given);
    const struct scale *scale = &scales[in.scale];
    struct emodel_budget b = { .ro = scale->ro, .a = in.advantage };
    double roe = scale->ro, ist = 0;

    if (in.scale == EMODEL_NARROWBAND) {
        double no = noise_no(&in);

        b.ro = 15 - 1.5 * (in.slr_db + no);
        roe = -1.5 * (no - in.rlr_db);
        ist = sidetone_ist(&in);
        b.is = simultaneous_is(&in, no, b.ro, ist);
    }
    if (scale->hears_echo) {
        b.idte = talker_echo_idte(&in, roe, ist);
        b.idle = listener_echo_idle(&in, b.ro);
    }
    if (scale->silent_at_zero && in.loop_ms == 0 && in.echo_ms == 0)
        b.idle = 0;
    b.idd = scale->idd_weight * delay_idd(in.one_way_ms);
    b.id = b.idte + b.idle + b.idd;
    emodel_budget_lose(&b, in.scale, in.ie, in.bpl, in.loss_percent, in.burst_ratio);
    *out = b;
}

double emodel_r(const struct emodel_inputs *in)
{
    struct emodel_budget b;

    emodel_compute(in, &b);
    return b.r;
}

/* Annex B. Below R 6.5 the cubic dips under 1, and for a negative R it rises again: hence the ends. */
double emodel_mos(double r, enum emodel_scale scale)
{
    double x = r / scales[scale].r_per_mos;

    if (x <= 0)
        return 1;
    if (x >= 100)
        return 4.5;
    return at_most(4.5, at_least(1, 1 + 0.035 * x + x * (x - 60) * (100 - x) * 7e-6));
}

double emodel_r_on_narrowband(double r, enum emodel_scale scale)
{
    return r / scales[scale].r_per_mos;
}

struct emodel_budget emodel_of_loss(enum emodel_scale scale, double ie, double bpl,
                                    double loss_percent, double burst_ratio, double one_way_ms)
{
    struct emodel_inputs in;
    struct emodel_budget out;

    emodel_inputs_default(&in, scale);
    emodel_set_delay(&in, one_way_ms);
    in.ie = ie;
    in.bpl = bpl;
    in.loss_percent = loss_percent;
    in.burst_ratio = burst_ratio;
    emodel_compute(&in, &out);
    return out;
}
