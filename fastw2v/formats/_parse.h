/* float32 <-> decimal text, correctly rounded and shortest, without Python objects.
 *
 * Parsing. A decimal is digits * 10^exp10 with at most 19 digits. Their product in double is off by less than
 * F2V_ULP_BOUND double ulps (three roundings, and what is beyond the 19th digit); the nearest float32 of that double
 * is the right answer unless a border between two float32 values (the middle of the 29 bits that are cut off)
 * lies within that bound. Those few cases (about one in 10^7 of random numbers), and subnormal results, are
 * reported as F2V_EXACT and decided by the caller in exact arithmetic. So nothing is ever rounded twice.
 *
 * Printing. The Schubfach method (R. Giulietti, "The Schubfach way to render doubles", 2020), section 9: the
 * shortest decimal inside the rounding interval, and among those the nearest. For float32 every product
 * needs 64 x 32 bits only, so no 128-bit type is used.
 */
#ifndef F2V_PARSE_H
#define F2V_PARSE_H

#include <stdint.h>
#include <string.h>
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

enum { F2V_OK = 0, F2V_BAD = 1, F2V_EXACT = 2 };

/* Row status of f2v_parse_row: the first thing that is wrong with a row. */
enum { F2V_ROW_OK = 0, F2V_ROW_NUMBER = 1, F2V_ROW_SHORT = 2, F2V_ROW_LONG = 3, F2V_ROW_NONFINITE = 4 };

#define F2V_MAX_FLOAT_TEXT 24
#define F2V_ULP_BOUND 4

typedef struct {
    uint64_t digits;  /* the first 19 significant digits */
    int32_t exp10;    /* value = digits * 10^exp10 */
    uint8_t negative;
    uint8_t cut;      /* digits after the 19th were dropped */
    uint8_t special;  /* 0 a number, 1 infinity, 2 not a number */
} f2v_decimal;

/* 10^-65 ... 10^38, each the nearest double: outside of these every float32 is zero or infinite. */
#define F2V_LEAST_EXP10 (-65)
#define F2V_LARGEST_EXP10 38
static const double F2V_POW10[104] = {
    1e-65, 1e-64, 1e-63, 1e-62, 1e-61, 1e-60, 1e-59, 1e-58, 1e-57, 1e-56, 1e-55, 1e-54, 1e-53, 1e-52, 1e-51,
    1e-50, 1e-49, 1e-48, 1e-47, 1e-46, 1e-45, 1e-44, 1e-43, 1e-42, 1e-41, 1e-40, 1e-39, 1e-38, 1e-37, 1e-36,
    1e-35, 1e-34, 1e-33, 1e-32, 1e-31, 1e-30, 1e-29, 1e-28, 1e-27, 1e-26, 1e-25, 1e-24, 1e-23, 1e-22, 1e-21,
    1e-20, 1e-19, 1e-18, 1e-17, 1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5,
    1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
    1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32,
    1e33, 1e34, 1e35, 1e36, 1e37, 1e38};

static inline int f2v_is_digit(unsigned char c) { return (unsigned char)(c - '0') < 10; }

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define F2V_EIGHT_AT_ONCE 0
#else
#define F2V_EIGHT_AT_ONCE 1
#endif

/* Index of the lowest set bit of x != 0. */
static inline int f2v_lowest_bit(uint64_t x) {
#if defined(_MSC_VER) && !defined(__clang__)
    unsigned long index;
    _BitScanForward64(&index, x);
    return (int)index;
#else
    return __builtin_ctzll(x);
#endif
}

/* Value of eight digits, each in its byte, the first in the lowest byte: pairs, then fours, then all. */
static inline uint64_t f2v_eight_values(uint64_t v) {
    v = v * 10 + (v >> 8);
    return (((v & 0x000000FF000000FFu) * 0x000F424000000064u + ((v >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u) >>
            32) &
           0xFFFFFFFFu;
}

/* Digits from p, appended to *digits (which may wrap around: the caller counts them). */
static inline const unsigned char *f2v_digits(const unsigned char *p, const unsigned char *end, uint64_t *digits) {
    static const uint64_t power[8] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    uint64_t d = *digits, v, other;
    int n;
    while (F2V_EIGHT_AT_ONCE && end - p >= 8) {
        memcpy(&v, p, 8);
        v ^= 0x3030303030303030u; /* a digit becomes its value, everything else at least 10 */
        other = (v | (v + 0x0606060606060606u)) & 0xF0F0F0F0F0F0F0F0u;
        if (other) { /* a carry may mark bytes above the first other one, never below it */
            n = f2v_lowest_bit(other) >> 3;
            if (n) d = d * power[n] + f2v_eight_values(v << (64 - 8 * n));
            *digits = d;
            return p + n;
        }
        d = d * 100000000u + f2v_eight_values(v);
        p += 8;
    }
    while (p < end && f2v_is_digit(*p)) d = d * 10 + (uint64_t)(*p++ - '0');
    *digits = d;
    return p;
}

/* More than 19 digits: read them again, keep the first 19 significant ones, return how many follow. */
static inline int64_t f2v_long_digits(const unsigned char *p, const unsigned char *end, uint64_t *digits) {
    uint64_t d = 0;
    int64_t dropped = 0;
    int kept = 0;
    for (; p < end; p++) {
        if (*p == '.') continue;
        if (kept == 19) {
            dropped++;
        } else {
            d = d * 10 + (uint64_t)(*p - '0');
            if (d) kept++;
        }
    }
    *digits = d;
    return dropped;
}

static inline int f2v_same_word(const unsigned char *p, int64_t n, const char *word) {
    int64_t i;
    for (i = 0; i < n; i++)
        if ((p[i] | 0x20) != (unsigned char)word[i]) return 0;
    return word[n] == 0;
}

/* What separates fields: a space, or a tab. */
static inline int f2v_is_border(unsigned char c) { return c == ' ' || c == '\t'; }

/* Parse the number in [p, end) up to a border; NULL if there is none. */
static inline const unsigned char *f2v_parse_decimal(const unsigned char *p, const unsigned char *end, f2v_decimal *out) {
    const unsigned char *first, *last, *stop;
    uint64_t digits = 0;
    int64_t n_digits, exponent = 0;
    out->negative = out->cut = out->special = 0;
    if (p < end && (*p == '-' || *p == '+')) out->negative = *p++ == '-';
    first = p;
    while (p < end && f2v_is_digit(*p)) digits = digits * 10 + (uint64_t)(*p++ - '0');
    n_digits = p - first;
    if (p < end && *p == '.') {
        const unsigned char *fraction = ++p;
        p = f2v_digits(p, end, &digits);
        exponent = -(int64_t)(p - fraction);
        n_digits += p - fraction;
    }
    last = p;
    if (n_digits == 0) {
        if (last != first) return NULL; /* a lone point */
        for (stop = p; stop < end && !f2v_is_border(*stop) && stop - p < 9; stop++) {
        }
        if (stop < end && !f2v_is_border(*stop)) return NULL;
        if (f2v_same_word(p, stop - p, "nan"))
            out->special = 2;
        else if (f2v_same_word(p, stop - p, "inf") || f2v_same_word(p, stop - p, "infinity"))
            out->special = 1;
        else
            return NULL;
        return stop;
    }
    if (n_digits > 19) {
        int64_t dropped = f2v_long_digits(first, last, &digits);
        exponent += dropped;
        out->cut = dropped > 0;
    }
    if (p < end && (*p | 0x20) == 'e') {
        int64_t e = 0;
        int negative = 0;
        p++;
        if (p < end && (*p == '-' || *p == '+')) negative = *p++ == '-';
        first = p;
        for (; p < end && f2v_is_digit(*p); p++)
            if (e < 100000000) e = e * 10 + (*p - '0'); /* saturates far outside every float */
        if (p == first) return NULL;
        exponent += negative ? -e : e;
    }
    if (p < end && !f2v_is_border(*p)) return NULL;
    out->digits = digits;
    out->exp10 = (int32_t)(exponent < -2000000000 ? -2000000000 : exponent > 2000000000 ? 2000000000 : exponent);
    return p;
}

/* Where the key of a line ends whose last dim fields are numbers.
 *
 * A line of dim + 1 fields has a key without borders. One with more has a key of several words, unless the last of them
 * is empty or a number as well: then the line may be one that is too long (`any` takes even that for part of the key).
 */
static inline const unsigned char *f2v_key_end(
    const unsigned char *first, const unsigned char *end, int64_t dim, int any, int64_t *n_borders) {
    const unsigned char *p, *last = end, *field;
    int64_t borders = 0;
    f2v_decimal number;
    for (p = first; p < end; p++) borders += f2v_is_border(*p);
    *n_borders = borders;
    if (borders > dim) {
        int64_t left = dim;
        while (left) left -= f2v_is_border(*--last);
        if (any) return last;
        for (field = last; field > first && !f2v_is_border(field[-1]); field--) {
        }
        if (field < last && f2v_parse_decimal(field, last, &number) == NULL) return last;
    }
    for (p = first; p < end && !f2v_is_border(*p); p++) {
    }
    return p;
}

static inline float f2v_float_of_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, 4);
    return x;
}

/* The nearest float32, or F2V_EXACT if doubles cannot tell which it is. */
static inline int f2v_decimal_to_float(const f2v_decimal *d, float *out) {
    uint32_t sign = d->negative ? 0x80000000u : 0;
    uint64_t bits, rest;
    double x;
    float y;
    if (d->special) {
        *out = f2v_float_of_bits((d->special == 1 ? 0x7F800000u : 0x7FC00000u) | sign);
        return F2V_OK;
    }
    /* digits < 2^64 < 10^20: below half of the least subnormal, or above the largest float */
    if (d->digits == 0 || d->exp10 < F2V_LEAST_EXP10) {
        *out = f2v_float_of_bits(sign);
        return F2V_OK;
    }
    if (d->exp10 > F2V_LARGEST_EXP10) {
        *out = f2v_float_of_bits(0x7F800000u | sign);
        return F2V_OK;
    }
    x = (double)d->digits * F2V_POW10[d->exp10 - F2V_LEAST_EXP10];
    memcpy(&bits, &x, 8);
    rest = bits & 0x1FFFFFFFu;
    if (rest - (0x10000000u - F2V_ULP_BOUND) <= 2 * F2V_ULP_BOUND || x < 1.2e-38) {
        /* an integer below 2^53 is exact as a double, so rounding it once more is right */
        if (d->exp10 != 0 || d->cut || d->digits > ((uint64_t)1 << 53)) return F2V_EXACT;
    }
    if (x >= 3.4028235677973366e38) {
        *out = f2v_float_of_bits(0x7F800000u | sign);
        return F2V_OK;
    }
    y = (float)x;
    *out = d->negative ? -y : y;
    return F2V_OK;
}

/* A double if one correctly rounded operation on exact operands gives it, else F2V_EXACT. */
static inline int f2v_decimal_to_double(const f2v_decimal *d, double *out) {
    double x;
    if (d->special || d->cut || d->digits > ((uint64_t)1 << 53)) return F2V_EXACT;
    if (d->exp10 < -22 || d->exp10 > 22) return F2V_EXACT;
    x = F2V_POW10[(d->exp10 < 0 ? -d->exp10 : d->exp10) - F2V_LEAST_EXP10];
    x = d->exp10 < 0 ? (double)d->digits / x : (double)d->digits * x;
    *out = d->negative ? -x : x;
    return F2V_OK;
}

static inline int f2v_is_ascii(const char *p, int64_t n) {
    uint64_t word = 0, all = 0;
    for (; n >= 8; n -= 8, p += 8) {
        memcpy(&word, p, 8);
        all |= word;
    }
    for (; n > 0; n--) all |= (uint64_t)(unsigned char)*p++;
    return !(all & 0x8080808080808080u);
}

/* Copy one row of float32; whether a value is NaN or infinite. Integer tests, because they become SIMD code. */
static inline int f2v_copy_row(float *out, const unsigned char *in, int64_t dim) {
    uint32_t bits, found = 0;
    int64_t i;
    memcpy(out, in, (size_t)dim * 4);
    for (i = 0; i < dim; i++) {
        memcpy(&bits, in + 4 * i, 4);
        found |= (bits & 0x7F800000u) == 0x7F800000u;
    }
    return (int)found;
}

/* High part of g * c * 2^-64 rounded to odd: the last bit also stands for everything that was cut off. */
static inline uint32_t f2v_round_to_odd(uint64_t g, uint32_t c) {
    uint64_t low = (g & 0xFFFFFFFFu) * c;
    uint64_t high = (g >> 32) * c + (low >> 32);
    return (uint32_t)(high >> 32) | ((uint32_t)high > 1);
}

static inline int32_t f2v_floor_shift(int32_t x, int n) { return x >= 0 ? x >> n : -((-x + (1 << n) - 1) >> n); }

#define F2V_G_FIRST (-31) /* powers of ten that float32 needs: 10^-31 ... 10^45 */
#define F2V_G_COUNT 77

/* The shortest decimal of a finite positive float32 that is not zero; g: see pow10_table in _parse.pyx. */
static inline uint32_t f2v_shortest(uint32_t bits, const uint64_t *g, int32_t *exp10) {
    uint32_t fraction = bits & 0x7FFFFFu, biased = bits >> 23;
    uint32_t c = biased ? fraction | 0x800000u : fraction;
    int32_t q = (biased ? (int32_t)biased : 1) - 150;
    int narrow = fraction == 0 && biased > 1; /* below a power of two the gap is half as wide */
    uint32_t odd = c & 1;
    int32_t k = f2v_floor_shift(q * 1262611 - (narrow ? 524031 : 0), 22); /* floor(log10(gap)) */
    int32_t h = q + f2v_floor_shift(-k * 1741647, 19) + 1;                /* 1741647/2^19 = log2(10) */
    uint64_t pow10 = g[-k - F2V_G_FIRST];
    uint32_t left = f2v_round_to_odd(pow10, (4 * c - 2 + (uint32_t)narrow) << h);
    uint32_t value = f2v_round_to_odd(pow10, (4 * c) << h);
    uint32_t right = f2v_round_to_odd(pow10, (4 * c + 2) << h);
    uint32_t s = value / 4, tens = s / 10, middle = 4 * s + 2;
    uint32_t below, above, below_tens, above_tens, one, shorter, nearer;
    left += odd; /* an even significand owns the borders of its interval */
    right -= odd;
    below_tens = left <= 40 * tens;
    above_tens = 40 * tens + 40 <= right;
    below = left <= 4 * s;
    above = 4 * s + 4 <= right;
    /* one candidate inside: that one; both or none: the nearer one. No branches: they would be coin tosses */
    nearer = (value > middle) | ((value == middle) & s & 1);
    one = 0u - (below ^ above); /* all bits set, or none */
    shorter = (s >= 10) & (below_tens ^ above_tens);
    *exp10 = k + (int32_t)shorter;
    shorter = 0u - shorter;
    return ((tens + above_tens) & shorter) | ((s + ((above & one) | (nearer & ~one))) & ~shorter);
}

/* Nine digits of x < 10^9, with leading zeros. */
static inline void f2v_nine_digits(char *out, uint32_t x) {
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
        "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
        "9899";
    uint32_t high = x / 10000, low = x % 10000; /* 5 and 4 digits */
    uint32_t top = high / 10000;
    high %= 10000;
    out[0] = (char)('0' + top);
    memcpy(out + 1, pairs + 2 * (high / 100), 2);
    memcpy(out + 3, pairs + 2 * (high % 100), 2);
    memcpy(out + 5, pairs + 2 * (low / 100), 2);
    memcpy(out + 7, pairs + 2 * (low % 100), 2);
}

/* Print like NumPy's str(float32): positional from 1e-4 to below 1e6, else with an exponent. At most 15 bytes,
 * but up to F2V_MAX_FLOAT_TEXT are written: pieces of fixed length are faster than exact ones. */
static inline char *f2v_format_float(char *out, float x, const uint64_t *g) {
    static const uint32_t power[10] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    uint32_t bits, digits;
    int32_t exp10, n, point;
    char text[24];
    memcpy(&bits, &x, 4);
    if ((bits & 0x7F800000u) == 0x7F800000u && (bits & 0x7FFFFFu)) {
        memcpy(out, "nan", 3);
        return out + 3;
    }
    *out = '-';
    out += bits >> 31;
    bits &= 0x7FFFFFFFu;
    if (bits == 0 || bits == 0x7F800000u) {
        memcpy(out, bits ? "inf" : "0.0", 3);
        return out + 3;
    }
    digits = f2v_shortest(bits, g, &exp10);
    while (digits % 10 == 0) {
        digits /= 10;
        exp10++;
    }
    n = 7 + (digits >= 10000000) + (digits >= 100000000);
    if (digits < 1000000)
        for (n = 1; digits >= power[n]; n++) {
        }
    digits *= power[9 - n];
    point = n + exp10; /* the decimal point stands after this many digits */
    if (bits < 0x38D1B718u || bits >= 0x49742400u) { /* the first float32 >= 1e-4; 1e6 */
        f2v_nine_digits(out + 1, digits);
        out[0] = out[1];
        out[1] = '.';
        out += n > 1 ? n + 1 : 1;
        *out++ = 'e';
        point--;
        *out++ = point < 0 ? '-' : '+';
        if (point < 0) point = -point;
        *out++ = (char)('0' + point / 10);
        *out++ = (char)('0' + point % 10);
        return out;
    }
    if (point <= 0) { /* 0.000ddd */
        memcpy(out, "0.000", 5);
        out += 2 - point;
        f2v_nine_digits(out, digits);
        return out + n;
    }
    f2v_nine_digits(text, digits);
    memset(text + 9, '0', 8);
    memcpy(out, text, 6);
    out += point;
    *out++ = '.';
    memcpy(out, text + point, 8);
    return out + (n > point ? n - point : 1);
}

#endif
