// SPDX-License-Identifier: MIT
// The part of zlib that Verilator's FST writer calls, found at run time, so that no header of zlib
// need be installed. Where the library itself is missing too, nothing gets smaller; the writer then
// keeps the plain data, which the format allows.
#pragma once
#include <dlfcn.h>

using Bytef = unsigned char;
using uLong = unsigned long;
using uLongf = unsigned long;
enum { Z_OK = 0 };

inline uLong compressBound(uLong size) { return size + (size >> 10) + 64; }

inline int compress2(Bytef* to, uLongf* to_size, const Bytef* from, uLong size, int level) {
    using Function = int (*)(Bytef*, uLongf*, const Bytef*, uLong, int);
    static void* const library = dlopen("libz.so.1", RTLD_LAZY | RTLD_LOCAL);
    static const auto real =
        library ? reinterpret_cast<Function>(dlsym(library, "compress2")) : nullptr;
    if (real) return real(to, to_size, from, size, level);
    *to_size = size;
    return Z_OK;
}
