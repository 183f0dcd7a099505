// SPDX-License-Identifier: MIT
// Memory behind ports for bursts: any number on their way, one bandwidth for all.
#include "bench.h"

#include <algorithm>
#include <cstring>
#include <deque>

namespace {

constexpr uint64_t BLOCK = 16;  // words, which no burst leaves

struct Word {
    uint64_t due;
    bool error;
    uint8_t bytes[128];
};

struct Asked {
    uint64_t address;
    uint64_t words;
    uint64_t sent;
    uint64_t due;  // of the answer, when whole
    bool error;
};

struct Sent {
    bool last;
    uint8_t bytes[128 + 17];  // data, strobes
};

struct State {
    std::deque<Word> read;
    std::deque<Asked> asked;  // writes
    std::deque<Sent> sent;
};

State& state_of(Burst& b) {
    if (!b.state) b.state = new State;
    return *static_cast<State*>(b.state);
}

bool refused(const Burst& b, uint64_t address) {
    return address < b.refused_end && address + b.word_bytes > b.refused_begin;
}

bool bit(const uint8_t* bytes, uint64_t n) { return bytes[n / 8] >> n % 8 & 1; }

// A word could move now, as far as port and memory are concerned.
bool wants(Burst& b, uint64_t now) {
    if (b.write) return b.data && *b.words_valid;
    State& state = state_of(b);
    return !b.offered && !state.read.empty() && state.read.front().due <= now;
}

void answer(Job& job, Burst& b, uint64_t now) {
    State& state = state_of(b);
    if (b.data && !b.offered && !state.asked.empty()) {
        const Asked& burst = state.asked.front();
        b.offered = burst.sent == burst.words && burst.due <= now && !chance(job, job.idle);
        if (b.offered) {  // reads see the words from now on
            for (uint64_t n = 0; n < burst.words; n++) {
                const Sent& word = state.sent.front();
                uint8_t* to = b.data + burst.address + n * b.word_bytes;
                for (uint64_t k = 0; k < b.word_bytes; k++)
                    if (bit(word.bytes, 8 * b.word_bytes + k) && !burst.error) to[k] = word.bytes[k];
                state.sent.pop_front();
            }
            *b.response = burst.error;
        }
    }
    *b.response_valid = b.offered;
}

bool fault(Job& job, uint64_t port, uint64_t address, uint64_t kind) {
    job.fault_memory = job.memory_count + port;
    job.fault_address = address;
    job.fault_write = kind;
    return false;
}

bool request(Job& job, uint64_t k, uint64_t now) {
    Burst& b = job.bursts[k];
    State& state = state_of(b);
    uint32_t address;
    memcpy(&address, b.request, 4);
    const uint64_t words = (b.request[4] & 15) + 1;
    if (address % b.word_bytes || address + words * b.word_bytes > b.size)
        return fault(job, k, address, b.write);
    if (address / b.word_bytes % BLOCK + words > BLOCK) return fault(job, k, address, 2);
    if (b.write) {
        bool error = false;
        for (uint64_t n = 0; n < words; n++) error |= refused(b, address + n * b.word_bytes);
        state.asked.push_back({address, words, 0, 0, error});
        return true;
    }
    for (uint64_t n = 0; n < words; n++) {
        const uint64_t at = address + n * b.word_bytes;
        state.read.push_back({now + 1 + job.latency, refused(b, at), {}});
        memcpy(state.read.back().bytes, b.data + at, b.word_bytes);
    }
    return true;
}

// Words belong to the bursts in order, and may come before they are asked for.
bool assign(Job& job, uint64_t k, uint64_t now) {
    Burst& b = job.bursts[k];
    State& state = state_of(b);
    size_t n = 0;
    for (Asked& burst : state.asked) {
        while (burst.sent < burst.words && n + burst.sent < state.sent.size()) {
            burst.sent++;
            if (state.sent[n + burst.sent - 1].last != (burst.sent == burst.words))
                return fault(job, k, burst.address, 2);
            if (burst.sent == burst.words) burst.due = now + 1 + job.latency;
        }
        n += burst.words;
        if (n > state.sent.size()) break;
    }
    return true;
}

}  // namespace

void offer_bursts(Job& job, uint64_t now) {
    uint64_t word = 0;
    for (uint64_t k = 0; k < job.burst_count; k++) word = std::max(word, job.bursts[k].word_bytes);
    // what a whole number of words leaves is kept, but never another word
    const double most = std::max(double(word), word + job.bandwidth - 1);
    job.credit = std::min(job.credit + job.bandwidth, most);

    // Whoever follows the port that has moved a word last goes first.
    const uint64_t first = job.last + 1;
    for (uint64_t n = 0; n < job.burst_count; n++) {
        const uint64_t k = (first + n) % job.burst_count;
        Burst& b = job.bursts[k];
        bool may = wants(b, now) && (!job.bandwidth || job.credit >= b.word_bytes);
        may = may && !chance(job, b.write ? job.stall : job.idle);
        if (may) {
            job.credit -= b.word_bytes;
            job.last = k;
        }
        if (b.write) {
            *b.words_ready = may;
        } else if (may) {
            b.offered = 1;
            const Word& word = state_of(b).read.front();
            memcpy(b.response, word.bytes, b.word_bytes);
            b.response[b.word_bytes] = word.error;
        }
    }
    for (uint64_t k = 0; k < job.burst_count; k++) {
        Burst& b = job.bursts[k];
        *b.request_ready = b.data && !chance(job, job.stall);
        if (b.write)
            answer(job, b, now);
        else
            *b.response_valid = b.offered;
    }
}

bool move_bursts(Job& job, uint64_t now) {
    for (uint64_t k = 0; k < job.burst_count; k++) {
        Burst& b = job.bursts[k];
        State& state = state_of(b);
        if (*b.response_valid && *b.response_ready) {
            b.offered = 0;
            if (b.write) {
                state.asked.pop_front();
            } else {
                state.read.pop_front();
                b.moved++;
            }
        }
        bool more = false;
        if (*b.request_valid && *b.request_ready) {
            if (!request(job, k, now)) return false;
            more = true;
        }
        if (b.write && *b.words_valid && *b.words_ready) {
            Sent word{bit(b.words, 9 * b.word_bytes), {}};
            memcpy(word.bytes, b.words, b.word_bytes + (b.word_bytes + 7) / 8);
            state.sent.push_back(word);
            b.moved++;
            more = true;
        }
        if (b.write && more && !assign(job, k, now)) return false;
    }
    return true;
}

void forget_bursts(Burst& b) {
    delete static_cast<State*>(b.state);
    b.state = nullptr;
    b.offered = 0;
}
