/* exp and log1p of one number, for the number type of SUFFIX; relative error at most 2e-7 + 6e-8 |x| in
 * float, 4e-16 + 1e-16 |x| in double. Loops of constant length over them are what every compiler turns into vector code. */

#define NAME(name) SIMD_JOIN(name, SUFFIX)

/* exp(-|x|) by 2^n * 2^r with |r| <= 1/2. */
SIMD_INLINE REAL NAME(exp_minus_abs)(REAL x) {
    static const REAL coefficient[14] = {/* ln(2)^k / k! */
                                         (REAL)1.0,
                                         (REAL)6.931471805599453094e-01,
                                         (REAL)2.402265069591007123e-01,
                                         (REAL)5.550410866482157995e-02,
                                         (REAL)9.618129107628477162e-03,
                                         (REAL)1.333355814642844342e-03,
                                         (REAL)1.540353039338160995e-04,
                                         (REAL)1.525273380405984028e-05,
                                         (REAL)1.321548679014430949e-06,
                                         (REAL)1.017808600923969973e-07,
                                         (REAL)7.054911620801123329e-09,
                                         (REAL)4.445538271870811498e-10,
                                         (REAL)2.567843599348820514e-11,
                                         (REAL)1.369148885390412888e-12};
    REAL negative = x < 0 ? x : -x;
    REAL t = (negative > EXP_FLOOR ? negative : EXP_FLOOR) * (REAL)1.442695040888963407;
    REAL shifted = t + ROUND_MAGIC;
    REAL r = t - (shifted - ROUND_MAGIC);
    /* even and odd powers apart: the two chains do not wait for each other */
    REAL even = 0, odd = 0, rr = r * r, p;
    UINT exponent, bits;
    SIMD_UNROLL
    for (int k = EXP_TERMS - 1; k >= 0; k--) {
        if (k % 2) odd = odd * rr + coefficient[k];
        else even = even * rr + coefficient[k];
    }
    p = odd * r + even;
    memcpy(&exponent, &shifted, sizeof exponent);
    memcpy(&bits, &p, sizeof bits);
    bits += exponent << MANTISSA_BITS;
    memcpy(&p, &bits, sizeof p);
    return p;
}

/* log(1 + e) for e in [0, 1] as 2 artanh(e / (2 + e)). */
SIMD_INLINE REAL NAME(log1p_unit)(REAL e) {
    REAL z = e / ((REAL)2 + e), zz = z * z, p = (REAL)1 / (2 * LOG_TERMS - 1);
    SIMD_UNROLL
    for (int k = LOG_TERMS - 2; k >= 0; k--) p = p * zz + (REAL)1 / (2 * k + 1);
    return 2 * z * p;
}

#undef NAME
