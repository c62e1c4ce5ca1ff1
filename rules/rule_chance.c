#include "rules/rule_chance.h"

#include <math.h>

/* sign: −1 the lower end, 1 the upper one. */
static double share_bound(double matching, double samples, double z, double sign)
{
    double p, zz = z * z, spread;

    if (!(samples > 0))
        return NAN;
    p = matching / samples;
    spread = z * sqrt(p * (1 - p) / samples + zz / (4 * samples * samples));
    return (p + zz / (2 * samples) + sign * spread) / (1 + zz / samples);
}

double rule_chance_share_low(double matching, double samples, double z)
{
    double low = share_bound(matching, samples, z, -1);

    return low < 0 ? 0 : low;
}

double rule_chance_share_high(double matching, double samples, double z)
{
    double high = share_bound(matching, samples, z, 1);

    return high > 1 ? 1 : high;
}

double rule_chance_mean_error(double count, double sum, double squares)
{
    double mean, variance;

    if (count < 2)
        return NAN;
    mean = sum / count;
    variance = (squares - sum * mean) / (count - 1);
    return variance > 0 ? sqrt(variance / count) : 0;
}

/* The root of a Poisson count varies by a half, whatever the count. */
static double count_bound(double count, double half_z)
{
    double root = sqrt(count + 3.0 / 8) + half_z;

    return root > 0 ? fmax(root * root - 3.0 / 8, 0) : 0;
}

double rule_chance_count_low(double count, double z)
{
    return count_bound(count, -z / 2);
}

double rule_chance_count_high(double count, double z)
{
    return count_bound(count + 1, z / 2); /* the next one may have been on its way */
}
