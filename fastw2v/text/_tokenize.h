/* UTF-8 text to word ids: validation, white space, sentences.
 *
 * A block is read twice while it is in cache: once to validate it and to blank out white space
 * beyond ASCII (skipping ASCII eight bytes at a time), once to find words, 64 bytes at a time.
 * Nothing here touches a Python object; every function may run without the GIL.
 */
#ifndef FASTW2V_TOKENIZE_H
#define FASTW2V_TOKENIZE_H

#include "_words.h"

#if !defined(FASTW2V_NO_SIMD)
#if defined(__SSE2__) || defined(_M_X64)
#define FW_SSE2 1
#include <emmintrin.h>
#elif defined(__aarch64__) || defined(_M_ARM64)
#define FW_NEON 1
#include <arm_neon.h>
#endif
#endif

enum { FW_FRONT = 16, FW_BACK = 64 }; /* readable bytes around every block of text */

/* ---------------------------------------------------------------- UTF-8 and Unicode white space */

static inline int fw_trail(uint8_t c)
{
    return (c & 0xc0) == 0x80;
}

/* Check UTF-8 as strictly as Python does and overwrite white space beyond ASCII with blanks.
 * Returns n, or the offset of the first bad sequence. */
static inline size_t fw_clean_utf8(uint8_t *s, size_t n)
{
    size_t i = 0;
    while (i < n) {
        uint8_t c = s[i];
        if (c < 0x80) {
            i++;
            while (i + 8 <= n && !(fw_load64(s + i) & UINT64_C(0x8080808080808080)))
                i += 8;
        } else if (c < 0xe0) { /* 2 bytes */
            if (c < 0xc2 || n - i < 2 || !fw_trail(s[i + 1]))
                return i;
            if (c == 0xc2 && (s[i + 1] == 0x85 || s[i + 1] == 0xa0))
                memset(s + i, ' ', 2); /* U+0085, U+00A0 */
            i += 2;
        } else if (c < 0xf0) { /* 3 bytes: no overlong forms, no surrogates */
            uint8_t d;
            if (n - i < 3 || !fw_trail(d = s[i + 1]) || !fw_trail(s[i + 2]) || (c == 0xe0 && d < 0xa0) ||
                (c == 0xed && d > 0x9f))
                return i;
            if (c <= 0xe3 && c != 0xe0) {
                uint8_t e = s[i + 2];
                if ((c == 0xe3 && d == 0x80 && e == 0x80) ||                   /* U+3000 */
                    (c == 0xe2 && d == 0x80 && (e <= 0x8a || e == 0xa8 ||      /* U+2000-200A, U+2028, */
                                                e == 0xa9 || e == 0xaf)) ||    /* U+2029, U+202F */
                    (c == 0xe2 && d == 0x81 && e == 0x9f) ||                   /* U+205F */
                    (c == 0xe1 && d == 0x9a && e == 0x80))                     /* U+1680 */
                    memset(s + i, ' ', 3);
            }
            i += 3;
        } else { /* 4 bytes: U+10000 to U+10FFFF; no white space there */
            uint8_t d;
            if (c > 0xf4 || n - i < 4 || !fw_trail(d = s[i + 1]) || !fw_trail(s[i + 2]) || !fw_trail(s[i + 3]) ||
                (c == 0xf0 && d < 0x90) || (c == 0xf4 && d > 0x8f))
                return i;
            i += 4;
        }
    }
    return n;
}

/* ---------------------------------------------------------------- ASCII white space, 64 bytes at a time */

/* Bit i of *blank: byte i is ASCII white space (9-13, 28-32); of *newline: it is '\n'. */
static inline void fw_classify(const uint8_t *p, uint64_t *blank, uint64_t *newline)
{
#if defined(FW_SSE2)
    uint64_t is_blank = 0, is_newline = 0;
    int i;
    for (i = 0; i < 4; i++) {
        __m128i c = _mm_loadu_si128((const __m128i *)(p + 16 * i));
        __m128i from9 = _mm_sub_epi8(c, _mm_set1_epi8(9)), from28 = _mm_sub_epi8(c, _mm_set1_epi8(28));
        __m128i four = _mm_set1_epi8(4);
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(from9, four), from9),
                                   _mm_cmpeq_epi8(_mm_min_epu8(from28, four), from28));
        is_blank |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * i);
        is_newline |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(c, _mm_set1_epi8('\n'))) << (16 * i);
    }
    *blank = is_blank;
    *newline = is_newline;
#elif defined(FW_NEON)
    static const uint8_t powers[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t bit = vld1q_u8(powers), four = vdupq_n_u8(4), sums[2][4];
    int i;
    for (i = 0; i < 4; i++) {
        uint8x16_t c = vld1q_u8(p + 16 * i);
        uint8x16_t hit = vorrq_u8(vcleq_u8(vsubq_u8(c, vdupq_n_u8(9)), four),
                                  vcleq_u8(vsubq_u8(c, vdupq_n_u8(28)), four));
        sums[0][i] = vandq_u8(hit, bit);
        sums[1][i] = vandq_u8(vceqq_u8(c, vdupq_n_u8('\n')), bit);
    }
    for (i = 0; i < 2; i++) { /* pairwise sums: 64 bytes of single bits become one 64-bit mask */
        uint8x16_t s = vpaddq_u8(vpaddq_u8(sums[i][0], sums[i][1]), vpaddq_u8(sums[i][2], sums[i][3]));
        s = vpaddq_u8(s, s);
        *(i ? newline : blank) = vgetq_lane_u64(vreinterpretq_u64_u8(s), 0);
    }
#else
    uint64_t is_blank = 0, is_newline = 0;
    int i;
    for (i = 0; i < 64; i++) {
        uint8_t c = p[i];
        is_blank |= (uint64_t)((uint8_t)(c - 9) <= 4 || (uint8_t)(c - 28) <= 4) << i;
        is_newline |= (uint64_t)(c == '\n') << i;
    }
    *blank = is_blank;
    *newline = is_newline;
#endif
}

/* ---------------------------------------------------------------- one block of text */

typedef struct {
    int64_t n_words, n_sentences, max_sentence;
    int64_t *offsets; /* offsets[0..n_sentences], or NULL */
} fw_cutter;

/* The sentence that is open ends after word `end`; a longer one than max_sentence is cut. */
static inline void fw_end_sentence(fw_cutter *cut, int64_t *open_since, int64_t end)
{
    while (end > *open_since) {
        int64_t rest = end - *open_since;
        *open_since += rest < cut->max_sentence ? rest : cut->max_sentence;
        cut->n_sentences++;
        if (cut->offsets)
            cut->offsets[cut->n_sentences] = *open_since;
    }
}

/* Words of clean text[0..n) as ids, and where its sentences (lines, if `lines`) end.
 *
 * FW_FRONT bytes before and FW_BACK bytes after the text must be readable; ids (unless FW_COUNT) must hold n / 2 + 1 + FW_GROUP,
 * offsets n / 2 + 2 entries. */
static inline int fw_tokenize(const uint8_t *text, size_t n, int lines, int mode, fw_table *table, int32_t *ids,
                              fw_cutter *cut)
{
    fw_batch batch;
    size_t at;
    const uint8_t *start = text; /* of the word that is open */
    uint64_t after_blank = 1;
    int64_t n_words = 0, open_since = 0, n_done = 0;
    int status;
    batch.n = 0;
    cut->n_sentences = 0;
    if (cut->offsets)
        cut->offsets[0] = 0;
    for (at = 0; at < n; at += FW_GROUP) {
        uint64_t blank, newline, ends, edges;
        fw_classify(text + at, &blank, &newline);
        if (n - at < FW_GROUP) { /* beyond the text everything is blank */
            blank |= ~UINT64_C(0) << (n - at);
            newline &= ~(~UINT64_C(0) << (n - at));
        }
        edges = blank ^ ((blank << 1) | after_blank); /* where words start and end, by turns */
        ends = edges & blank;
        if (mode != FW_COUNT) {
            if (edges && (ends & (edges & (~edges + 1)))) { /* the first edge ends a word of an earlier group */
                const uint8_t *end = text + at + fw_ctz64(edges);
                fw_push(&batch, table, start, (size_t)(end - start));
                edges &= edges - 1;
            }
            while (edges) {
                start = text + at + fw_ctz64(edges);
                edges &= edges - 1;
                if (!edges)
                    break;
                fw_push(&batch, table, start, (size_t)(text + at + fw_ctz64(edges) - start));
                edges &= edges - 1;
            }
            if (batch.n >= FW_BATCH) {
                int n_batch = batch.n;
                if ((status = fw_flush(&batch, table, mode, ids + n_done)) != FW_OK)
                    return status;
                n_done += n_batch;
            }
        }
        if (lines) {
            while (newline) {
                uint64_t upto = newline ^ (newline - 1); /* the lowest newline and everything below */
                fw_end_sentence(cut, &open_since, n_words + fw_popcount64(ends & upto));
                newline &= newline - 1;
            }
        }
        n_words += fw_popcount64(ends);
        after_blank = blank >> 63;
    }
    if (!after_blank) { /* the text fills its last group and ends inside a word */
        n_words++;
        if (mode != FW_COUNT)
            fw_push(&batch, table, start, (size_t)(text + n - start));
    }
    if (mode != FW_COUNT && (status = fw_flush(&batch, table, mode, ids + n_done)) != FW_OK)
        return status;
    fw_end_sentence(cut, &open_since, n_words);
    cut->n_words = n_words;
    return FW_OK;
}

/* Translate ids by `mapping` (NULL: as they are), leave out negative ones, in place; returns how many are left. */
static inline int64_t fw_compact(int32_t *ids, int64_t *offsets, int64_t n_sentences, const int32_t *mapping)
{
    int64_t s, i, kept = 0, begin = offsets[0];
    for (s = 0; s < n_sentences; s++) {
        int64_t end = offsets[s + 1];
        for (i = begin; i < end; i++) {
            int32_t id = ids[i];
            if (mapping)
                id = mapping[id];
            ids[kept] = id; /* kept <= i: written before it matters, overwritten when unknown */
            kept += id >= 0;
        }
        begin = end;
        offsets[s + 1] = kept;
    }
    offsets[0] = 0;
    return kept;
}

#endif
