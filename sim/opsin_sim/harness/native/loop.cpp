// SPDX-License-Identifier: MIT
// The clock loop: serves streams and memories of any model from buffers, cycle by cycle.
#include "bench.h"

#include <cstring>
#include <deque>
#include <vector>

namespace {

struct Word {
    uint64_t due;
    std::vector<uint8_t> bytes;
};

using Queue = std::deque<Word>;

}  // namespace

// xorshift64*: one draw decides one pause; nothing is drawn when nothing is random
bool chance(Job& job, uint64_t threshold) {
    if (!threshold) return false;
    job.random ^= job.random >> 12;
    job.random ^= job.random << 25;
    job.random ^= job.random >> 27;
    return ((job.random * 0x2545F4914F6CDD1DULL) >> 32) < threshold;
}

namespace {

Queue& queue_of(Memory& memory) {
    if (!memory.queue) memory.queue = new Queue;
    return *static_cast<Queue*>(memory.queue);
}

void offer(Job& job, Stream& s) {
    if (!s.source) {
        const bool open = !s.buffer || s.moved < s.count;
        *s.ready = open && !chance(job, job.stall);
    } else if (!s.offered) {
        s.offered = s.moved < s.count && !chance(job, job.idle);
        *s.valid = s.offered;
        if (s.offered) memcpy(s.payload, s.buffer + s.moved * s.bytes, s.bytes);
    }
}

void offer(Job& job, Memory& m, uint64_t now) {
    *m.request_ready = m.data && !chance(job, job.stall);
    if (m.offered) return;
    Queue& queue = queue_of(m);
    m.offered = !queue.empty() && queue.front().due <= now && !chance(job, job.idle);
    *m.response_valid = m.offered;
    if (m.offered) memcpy(m.response, queue.front().bytes.data(), m.word_bytes);
}

void move(Stream& s) {
    if (!*s.valid || !*s.ready) return;
    if (s.source) {
        s.offered = 0;
    } else if (s.buffer) {
        memcpy(s.buffer + s.moved * s.bytes, s.payload, s.bytes);
    }
    s.moved++;
}

// Request: address in bits 0..31, write in bit 32, data from bit 33 on. False: no such word.
bool move(Job& job, Memory& m, uint64_t now) {
    if (*m.response_valid && *m.response_ready) {
        queue_of(m).pop_front();
        m.offered = 0;
    }
    if (!*m.request_valid || !*m.request_ready) return true;
    uint32_t address;
    memcpy(&address, m.request, 4);
    const bool write = m.request[4] & 1;
    if (address % m.word_bytes || address + m.word_bytes > m.size) {
        job.fault_address = address;
        job.fault_write = write;
        return false;
    }
    uint8_t* word = m.data + address;
    if (write) {
        for (uint64_t k = 0; k < m.word_bytes; k++)
            word[k] = uint8_t(m.request[4 + k] >> 1 | m.request[5 + k] << 7);
        m.writes++;
    } else {
        queue_of(m).push_back({now + 1 + job.latency, {word, word + m.word_bytes}});
        m.reads++;
    }
    return true;
}

bool finished(const Job& job) {
    if (job.endless) return false;
    if (job.until) return *job.until;
    for (uint64_t k = 0; k < job.stream_count; k++) {
        const Stream& s = job.streams[k];
        if ((s.source || s.buffer) && s.moved < s.count) return false;
    }
    return true;
}

}  // namespace

// Run until finished or job.limit. The ports keep their last values, so a call may continue another.
extern "C" int bench_run(Bench* bench, Job* j) {
    Job& job = *j;
    while (job.cycles < job.limit) {
        const uint64_t now = bench_time(bench);
        for (uint64_t k = 0; k < job.stream_count; k++) offer(job, job.streams[k]);
        for (uint64_t k = 0; k < job.memory_count; k++) offer(job, job.memories[k], now);
        if (job.burst_count) offer_bursts(job, now);
        *job.clock = 0;
        bench_eval(bench);
        for (uint64_t k = 0; k < job.stream_count; k++) move(job.streams[k]);
        for (uint64_t k = 0; k < job.memory_count; k++) {
            if (move(job, job.memories[k], now)) continue;
            job.fault_memory = k;
            return FAULT;
        }
        if (job.burst_count && !move_bursts(job, now)) return FAULT;
        *job.clock = 1;
        bench_eval(bench);
        job.cycles++;
        if (finished(job)) return FINISHED;
    }
    return LIMIT;
}

extern "C" void bench_forget(Memory* memory) {
    delete static_cast<Queue*>(memory->queue);
    memory->queue = nullptr;
    memory->offered = 0;
}

extern "C" void bench_forget_bursts(Burst* burst) { forget_bursts(*burst); }
