// SPDX-License-Identifier: MIT
// One instance of the verilated design behind a C interface; compiled together with it.
#include "bench.h"

#ifdef OPSIN_WAVE
#include "verilated_fst_c.h"
#endif

struct Bench {
    VerilatedContext context;
    Vtop* top = nullptr;
    uint64_t half_cycles = 0;
#ifdef OPSIN_WAVE
    VerilatedFstC* wave = nullptr;
#endif
};

// One half of a clock cycle, 5 ns.
void bench_eval(Bench* bench) {
    bench->top->eval();
#ifdef OPSIN_WAVE
    bench->wave->dump(bench->half_cycles * 5);
#endif
    bench->half_cycles++;
}

uint64_t bench_time(Bench* bench) { return bench->half_cycles / 2; }

extern "C" Bench* bench_new(const char* wave) {
    Bench* bench = new Bench;
#ifdef OPSIN_WAVE
    bench->context.traceEverOn(true);
#endif
    bench->top = new Vtop{&bench->context, ""};
#ifdef OPSIN_WAVE
    bench->wave = new VerilatedFstC;
    bench->top->trace(bench->wave, 99);
    bench->wave->open(wave);
#endif
    return bench;
}

extern "C" void bench_free(Bench* bench) {
#ifdef OPSIN_WAVE
    bench->wave->close();
    delete bench->wave;
#endif
    bench->top->final();
    delete bench->top;
    delete bench;
}

// Combinational outputs follow inputs set between runs; no time passes.
extern "C" void bench_settle(Bench* bench) { bench->top->eval(); }
