#include "CChecksum.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

// Reflected Castagnoli polynomial.
#define POLYNOMIAL 0x82f63b78u

// The instruction has a latency of three cycles and a throughput of one, so three streams run side by side
// over blocks of these sizes; their sums are joined by a table that appends a block of zero bytes.
#define LONG_BLOCK 8192
#define SHORT_BLOCK 256

static uint32_t byte_table[8][256];
static uint32_t long_zeros[4][256];
static uint32_t short_zeros[4][256];
static int has_instruction;

static uint32_t portable_raw(uint32_t state, const uint8_t *p, size_t n) {
    while (n >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        word ^= state;
        state = byte_table[7][word & 0xff] ^ byte_table[6][(word >> 8) & 0xff] ^
                byte_table[5][(word >> 16) & 0xff] ^ byte_table[4][(word >> 24) & 0xff] ^
                byte_table[3][(word >> 32) & 0xff] ^ byte_table[2][(word >> 40) & 0xff] ^
                byte_table[1][(word >> 48) & 0xff] ^ byte_table[0][word >> 56];
        p += 8;
        n -= 8;
    }
    while (n--) {
        state = byte_table[0][(state ^ *p++) & 0xff] ^ (state >> 8);
    }
    return state;
}

// The state after `count` zero bytes depends linearly on the state before, so four tables of bytes hold it.
static void make_zeros(uint32_t tables[4][256], size_t count) {
    static const uint8_t zeros[SHORT_BLOCK];
    uint32_t column[32];
    for (int bit = 0; bit < 32; bit++) {
        uint32_t state = 1u << bit;
        for (size_t done = 0; done < count; done += sizeof zeros) {
            state = portable_raw(state, zeros, sizeof zeros);
        }
        column[bit] = state;
    }
    for (int part = 0; part < 4; part++) {
        for (int value = 0; value < 256; value++) {
            uint32_t state = 0;
            for (int bit = 0; bit < 8; bit++) {
                if (value >> bit & 1) {
                    state ^= column[8 * part + bit];
                }
            }
            tables[part][value] = state;
        }
    }
}

__attribute__((constructor)) static void prepare(void) {
    for (int value = 0; value < 256; value++) {
        uint32_t state = (uint32_t)value;
        for (int bit = 0; bit < 8; bit++) {
            state = state & 1 ? state >> 1 ^ POLYNOMIAL : state >> 1;
        }
        byte_table[0][value] = state;
    }
    for (int value = 0; value < 256; value++) {
        for (int level = 1; level < 8; level++) {
            uint32_t before = byte_table[level - 1][value];
            byte_table[level][value] = byte_table[0][before & 0xff] ^ before >> 8;
        }
    }
    make_zeros(long_zeros, LONG_BLOCK);
    make_zeros(short_zeros, SHORT_BLOCK);
#if defined(__x86_64__)
    has_instruction = __builtin_cpu_supports("sse4.2");
#elif defined(__aarch64__) && defined(__linux__)
    has_instruction = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#endif
}

#if defined(__x86_64__)
#define TARGET __attribute__((target("sse4.2")))
#define STEP8(state, word) _mm_crc32_u64((state), (word))
#define STEP1(state, byte) _mm_crc32_u8((uint32_t)(state), (byte))
#define HAS_STEPS 1
#elif defined(__aarch64__) && defined(__linux__)
#define TARGET __attribute__((target("+crc")))
#define STEP8(state, word) __crc32cd((uint32_t)(state), (word))
#define STEP1(state, byte) __crc32cb((uint32_t)(state), (byte))
#define HAS_STEPS 1
#endif

#ifdef HAS_STEPS
static inline uint32_t append_zeros(uint32_t tables[4][256], uint32_t state) {
    return tables[0][state & 0xff] ^ tables[1][state >> 8 & 0xff] ^ tables[2][state >> 16 & 0xff] ^
           tables[3][state >> 24];
}

TARGET static inline uint64_t three_streams(uint64_t state, const uint8_t *p, size_t block,
                                            uint32_t tables[4][256]) {
    uint64_t second = 0, third = 0, a, b, c;
    for (size_t at = 0; at < block; at += 8) {
        memcpy(&a, p + at, 8);
        memcpy(&b, p + block + at, 8);
        memcpy(&c, p + 2 * block + at, 8);
        state = STEP8(state, a);
        second = STEP8(second, b);
        third = STEP8(third, c);
    }
    state = append_zeros(tables, (uint32_t)state) ^ second;
    return append_zeros(tables, (uint32_t)state) ^ third;
}

TARGET static uint32_t hardware_raw(uint32_t start, const uint8_t *p, size_t n) {
    uint64_t state = start;
    while (n >= 3 * LONG_BLOCK) {
        state = three_streams(state, p, LONG_BLOCK, long_zeros);
        p += 3 * LONG_BLOCK;
        n -= 3 * LONG_BLOCK;
    }
    while (n >= 3 * SHORT_BLOCK) {
        state = three_streams(state, p, SHORT_BLOCK, short_zeros);
        p += 3 * SHORT_BLOCK;
        n -= 3 * SHORT_BLOCK;
    }
    while (n >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        state = STEP8(state, word);
        p += 8;
        n -= 8;
    }
    while (n--) {
        state = STEP1(state, *p++);
    }
    return (uint32_t)state;
}
#endif

uint32_t nsq_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
    return ~portable_raw(~crc, bytes, count);
}

uint32_t nsq_crc32c(uint32_t crc, const void *bytes, size_t count) {
#ifdef HAS_STEPS
    if (has_instruction) {
        return ~hardware_raw(~crc, bytes, count);
    }
#endif
    return nsq_crc32c_portable(crc, bytes, count);
}
