// SPDX-License-Identifier: MIT
// The two functions of LZ4 that Verilator's FST writer calls, so that no LZ4 need be installed.
// Block format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

namespace opsin_lz4 {

// One sequence: literals, then a match of `length` bytes `offset` back; length 0: none, the last.
inline uint8_t* put(uint8_t* out, const uint8_t* literal, int count, int offset, int length) {
    const auto extend = [&out](int rest) {
        for (; rest >= 255; rest -= 255) *out++ = 255;
        *out++ = uint8_t(rest);
    };
    const int match = length ? length - 4 : 0;
    *out++ = uint8_t((count < 15 ? count : 15) << 4 | (match < 15 ? match : 15));
    if (count >= 15) extend(count - 15);
    memcpy(out, literal, count);
    out += count;
    if (!length) return out;
    *out++ = uint8_t(offset);
    *out++ = uint8_t(offset >> 8);
    if (match >= 15) extend(match - 15);
    return out;
}

}  // namespace opsin_lz4

// Greedy, with one candidate per hash of four bytes. The target always has room for the bound.
inline int LZ4_compress_default(const char* source, char* target, int size, int) {
    const auto* in = reinterpret_cast<const uint8_t*>(source);
    auto* out = reinterpret_cast<uint8_t*>(target);
    std::vector<int> seen(size > 65536 ? 65536 : 4096, -1);
    const int last_match = size - 12, last_literals = size - 5;  // the format's rules
    int start = 0;                                               // of the literals not yet written
    for (int at = 0; at <= last_match;) {
        uint32_t four;
        memcpy(&four, in + at, 4);
        int& slot = seen[(four * 2654435761u >> 16) & (seen.size() - 1)];
        const int candidate = slot;
        slot = at;
        if (candidate < 0 || at - candidate > 65535 || memcmp(in + candidate, in + at, 4)) {
            at++;
            continue;
        }
        int length = 4;
        while (at + length < last_literals && in[candidate + length] == in[at + length]) length++;
        out = opsin_lz4::put(out, in + start, at - start, at - candidate, length);
        start = at += length;
    }
    out = opsin_lz4::put(out, in + start, size - start, 0, 0);
    return int(out - reinterpret_cast<uint8_t*>(target));
}
