# SPDX-License-Identifier: MIT
"""Where a job's cycles went: names of the counters."""

from .isa import Unit

__all__ = ["COUNTERS", "UNIT_COUNTERS"]

_UNITS = [unit.name.lower() for unit in Unit]

UNIT_COUNTERS = {
    "begun": "commands that the {0} unit has begun",
    "token_wait": "cycles in which the next command of the {0} unit waited for tokens",
    "unit_wait": "cycles in which the next command of the {0} unit waited for the unit alone",
    "idle": "cycles in which the {0} unit had no command, nor one coming",
}
"""Of each unit; ``{0}`` is its name."""

_PAIRS = [(taker, giver) for taker in _UNITS for giver in _UNITS if giver != taker]

COUNTERS: dict[str, str] = {
    "cycles": "from start to done",
    "memory_busy": "cycles in which a word came from memory or went there",
    "memory_both": "cycles in which one came and one went",
    "fetch_words": "memory words of descriptors",
    "fetch_wait": "cycles in which the next descriptor had not come",
    "checking": "cycles in which a descriptor was checked",
    "order_wait": "cycles in which a fence or the job's end waited for commands to finish",
    "released": "descriptors handed to units",
    **{
        f"{unit}_{event}": meaning.format(unit)
        for unit in _UNITS
        for event, meaning in UNIT_COUNTERS.items()
    },
    **{
        f"{taker}_for_{giver}": f"cycles in which the next command of the {taker} unit waited for a"
        f" token of the {giver} unit"
        for taker, giver in _PAIRS
    },
    "load_busy": "cycles in which the load unit had work, or memory owed it words",
    "load_bursts": "bursts that it asked for",
    "load_words": "memory words that came for it",
    "load_request_wait": "cycles in which memory did not take its request",
    "load_word_wait": "cycles in which it waited for a word of memory",
    "load_local_wait": "cycles in which the scratchpad did not take its word: the vector unit did"
    " write to that bank",
    "array_busy": "cycles in which the array had work",
    "array_vectors": "vectors that entered the mesh",
    "array_tiles": "weight tiles that were used",
    "array_weight_wait": "cycles in which a vector waited for its tile's weights",
    "array_weight_conflict": "cycles in which a weight row waited: activations were read from its"
    " bank",
    "vector_busy": "cycles in which the vector unit had work",
    "vector_words": "words that it wrote",
    "vector_starved": "cycles in which it waited for parameters",
    "vector_full": "cycles in which a row waited for room behind the lanes",
    "vector_read_wait": "cycles in which the scratchpad did not take its request to read: the array"
    " read from that bank",
    "vector_sums_wait": "cycles in which the accumulator did not: the array added in that bank",
    "vector_write_wait": "cycles in which the scratchpad did not take its word",
    "store_busy": "cycles in which the store unit had work, or memory owed it answers",
    "store_bursts": "bursts that it announced",
    "store_words": "memory words that it sent",
    "store_request_wait": "cycles in which memory did not take its announcement",
    "store_word_wait": "cycles in which memory did not take its word",
    "store_local_wait": "cycles in which the scratchpad did not take its request to read: another"
    " unit read from that bank",
}
"""Name and meaning of every counter, in the order of their numbers."""
