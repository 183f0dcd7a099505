// SPDX-License-Identifier: MIT
// What Python and the compiled loop say to each other. harness/_native.py mirrors these structures.
#pragma once
#include <cstdint>

// A top-level stream. Pointers lead to the model's ports.
struct Stream {
    uint8_t* valid;
    uint8_t* ready;
    uint8_t* payload;
    uint8_t* buffer;   // payloads to send or room for those received; null: drop what comes
    uint64_t bytes;    // size of a payload
    uint64_t count;    // payloads to move
    uint64_t moved;    // payloads moved so far
    uint32_t source;   // 1: the model receives it
    uint32_t offered;  // source: a payload is on the port and not yet taken
};

// A MemoryPort of the model.
struct Memory {
    uint8_t* request_valid;
    uint8_t* request_ready;
    uint8_t* request;
    uint8_t* response_valid;
    uint8_t* response_ready;
    uint8_t* response;
    uint8_t* data;  // null: not served, requests wait
    uint64_t size;
    uint64_t word_bytes;
    uint64_t reads;
    uint64_t writes;
    void* queue;  // words read and not yet taken; owned by the loop
    uint32_t offered;
};

// A ReadPort or WritePort of the model.
struct Burst {
    uint8_t* request_valid;
    uint8_t* request_ready;
    uint8_t* request;
    uint8_t* words_valid;  // of a WritePort
    uint8_t* words_ready;
    uint8_t* words;
    uint8_t* response_valid;
    uint8_t* response_ready;
    uint8_t* response;
    uint8_t* data;  // null: not served, requests wait
    uint64_t size;
    uint64_t word_bytes;
    uint64_t refused_begin;  // words with bytes from here …
    uint64_t refused_end;    // … to before here are answered with an error
    uint64_t moved;          // words
    void* state;             // what is on its way; owned by bursts.cpp
    uint32_t write;
    uint32_t offered;
};

struct Job {
    uint8_t* clock;
    uint8_t* until;  // null: finished when every stream is
    Stream* streams;
    Memory* memories;
    Burst* bursts;
    uint64_t stream_count;
    uint64_t memory_count;
    uint64_t burst_count;
    uint64_t cycles;   // cycles run so far
    uint64_t limit;    // return after so many
    uint64_t latency;  // extra cycles from a read's request to its word
    uint64_t random;   // state of the generator
    uint64_t idle;     // probability × 2^32 that a source pauses
    uint64_t stall;    // probability × 2^32 that a sink does
    uint64_t endless;  // 1: only the limit ends it
    double bandwidth;  // bytes that burst ports may move per cycle together; 0: any number
    double credit;     // bytes that they may move now
    uint64_t last;     // burst port that has moved a word last
    uint64_t fault_memory;  // counted on in bursts
    uint64_t fault_address;
    uint64_t fault_write;
};

enum Result : int { FINISHED = 0, LIMIT = 1, FAULT = 2 };

// Of ports: pauses by the job's random numbers. move: false if the model asked for what is not there.
bool chance(Job& job, uint64_t threshold);
void offer_bursts(Job& job, uint64_t now);
bool move_bursts(Job& job, uint64_t now);
void forget_bursts(Burst& burst);

struct Bench;  // one instance of a model, defined in model.cpp
void bench_eval(Bench* bench);
uint64_t bench_time(Bench* bench);
