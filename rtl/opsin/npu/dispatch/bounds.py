# SPDX-License-Identifier: MIT
"""What has to be added up and compared to know that a descriptor stays within its memories."""

from dataclasses import replace
from typing import NamedTuple

from amaranth.lib import data, enum

from ...config import NpuConfig
from ..isa import FIELDS, Field, Opcode

__all__ = [
    "OTHERS",
    "Constant",
    "Factor",
    "Kind",
    "Limit",
    "StepLayout",
    "Term",
    "constants",
    "programs",
]

OTHERS = {"STILL": Opcode.LOAD, "PACKED": Opcode.MATMUL, "EDGES": Opcode.DEPTHWISE}
"""Second programs: of a LOAD without rows, a MATMUL with packed weights, a DEPTHWISE with edges."""

# What Reader.operand has in the place of two words
_WORDS, _ROWS = Field(0, 0, 32), Field(15, 0, 32)  # of a copy but one
_MORE = {"k0": Field(0, 0, 16), "k1": Field(15, 0, 16)}  # k but one that edges leave
_SKIPPED = {"k0": Field(0, 16, 16), "k1": Field(15, 16, 16)}  # k before these


class Kind(enum.Enum, shape=3):
    """What a step does to the lowest and the highest address reached."""

    BEGIN = 0  # both are the term
    REACH = 1  # one of them moves by factor times the term, by the sign of that
    SCALE = 2  # the highest is multiplied by the factor
    BELOW = 3  # the highest must be at most the limit, the lowest at least its counterpart
    MOVE = 4  # both move by the term, unless the factor is zero


class Term(enum.Enum, shape=3):
    """Which part of an operand's word, and how to read it."""

    WORD = 0
    SIGNED_WORD = 1
    SIGNED_LOW = 2
    SIGNED_HIGH = 3
    LOW = 4
    CONSTANT = 5


class Factor(enum.Enum, shape=3):
    """Which part of a factor's word."""

    LOW_LESS_ONE = 0
    HIGH_LESS_ONE = 1
    LOW = 2
    HIGH = 3
    WORD = 4
    ONE = 5


class Limit(enum.Enum, shape=3):
    """Highest address or size."""

    SCRATCHPAD = 0
    SCRATCHPAD_SIZE = 1
    ACCUMULATOR = 2
    ACCUMULATOR_SIZE = 3
    MEMORY_SIZE = 4


class Constant(enum.Enum, shape=2):
    """A number in place of an operand."""

    ONE = 0
    PARAMETERS = 1  # words of parameters but one
    ROWS = 2  # words of a weight tile
    HALF_ROWS = 3  # of a packed one


class StepLayout(data.StructLayout):
    """A step of a program; ``last`` of it."""

    def __init__(self) -> None:
        super().__init__(
            {
                "kind": Kind,
                "term": Term,
                "word": 4,
                "factor": Factor,
                "factor_word": 4,
                "limit": Limit,
                "constant": Constant,
                "last": 1,
            }
        )


class Step(NamedTuple):
    """One step, with what differs from zero."""

    kind: Kind
    term: Field | Constant | None = None
    factor: Field | None = None
    less_one: bool = True
    limit: Limit = Limit.SCRATCHPAD

    def value(self) -> dict[str, object]:
        """Fields of :class:`StepLayout`."""
        fields: dict[str, object] = {"kind": self.kind, "limit": self.limit}
        if isinstance(self.term, Constant):
            fields |= {"term": Term.CONSTANT, "constant": self.term}
        elif self.term is not None:
            halves = {0: Term.SIGNED_LOW if self.term.signed else Term.LOW, 16: Term.SIGNED_HIGH}
            whole = Term.SIGNED_WORD if self.term.signed else Term.WORD
            term = whole if self.term.width == 32 else halves[self.term.lsb]
            fields |= {"term": term, "word": self.term.word}
        if self.factor is None:
            fields |= {"factor": Factor.ONE}
        elif self.factor.width == 32:
            fields |= {"factor": Factor.WORD, "factor_word": self.factor.word}
        else:
            kinds = {0: (Factor.LOW, Factor.LOW_LESS_ONE), 16: (Factor.HIGH, Factor.HIGH_LESS_ONE)}
            kind = kinds[self.factor.lsb][self.less_one]
            fields |= {"factor": kind, "factor_word": self.factor.word}
        return fields


def constants(config: NpuConfig) -> dict[Constant, int]:
    """Value of every constant."""
    return {
        Constant.ONE: 1,
        Constant.PARAMETERS: 7,
        Constant.ROWS: config.rows,
        Constant.HALF_ROWS: config.rows // 2,
    }


def _nest(
    opcode: Opcode, base: str, loops: dict[str, str], limit: Limit = Limit.SCRATCHPAD
) -> list[Step]:
    """Check that ``base`` plus every multiple of strides below counts is in a memory."""
    fields = FIELDS[opcode]
    reach = [Step(Kind.REACH, fields[stride], fields[n]) for n, stride in loops.items()]
    return [Step(Kind.BEGIN, fields[base]), *reach, Step(Kind.BELOW, limit=limit)]


def _edges() -> list[Step]:
    """Check a DEPTHWISE's nest without the words that padding takes the place of."""
    f = FIELDS[Opcode.DEPTHWISE]
    move = [Step(Kind.MOVE, f[f"{k}_stride"], n, less_one=False) for k, n in _SKIPPED.items()]
    reach = [Step(Kind.REACH, f[f"{k}_stride"], n, less_one=False) for k, n in _MORE.items()]
    reach += [Step(Kind.REACH, f[f"{n}_stride"], f[n]) for n in ("n0", "n1")]
    local = replace(f["local"], signed=True)
    return [Step(Kind.BEGIN, local), *move, *reach, Step(Kind.BELOW)]


def _run(opcode: Opcode, base: str, each: Constant, counts: str, limit: Limit) -> list[Step]:
    """Check that ``base + each * Π counts`` is at most a memory's size."""
    fields = FIELDS[opcode]
    names = [name for name in fields if name in {f"{counts}{n}" for n in range(3)}]
    return [
        Step(Kind.BEGIN, each),
        *(Step(Kind.SCALE, None, fields[name], less_one=False) for name in names),
        Step(Kind.REACH, fields[base]),
        Step(Kind.BELOW, limit=limit),
    ]


def _copy(opcode: Opcode) -> tuple[list[Step], list[Step]]:
    """Local side and memory's."""
    f = FIELDS[opcode]
    local = [
        Step(Kind.BEGIN, f["local"]),
        Step(Kind.REACH, _WORDS),
        Step(Kind.REACH, f["local_row_stride"], _ROWS),
        Step(Kind.REACH, f["local_plane_stride"], f["planes"]),
        Step(Kind.BELOW),
    ]
    remote = [
        Step(Kind.BEGIN, f["memory"]),
        Step(Kind.REACH, f["row_bytes"]),
        Step(Kind.REACH, f["row_stride"], f["rows"]),
        Step(Kind.REACH, f["plane_stride"], f["planes"]),
        Step(Kind.BELOW, limit=Limit.MEMORY_SIZE),
    ]
    return local, remote


def programs() -> dict[str, list[Step]]:
    """List the steps of every opcode's check by its name, and those of :data:`OTHERS`.

    The first BELOW that fails is the fault.
    """
    found = {}
    for opcode in (Opcode.LOAD, Opcode.STORE):
        found[opcode.name] = [step for side in _copy(opcode) for step in side]
    found["STILL"] = _copy(Opcode.LOAD)[0]
    loops = {f"{a}{n}": f"{a}{n}_stride" for a in "kn" for n in range(3)}
    for name, opcode, each in (
        ("MATMUL", Opcode.MATMUL, Constant.ROWS),
        ("PACKED", Opcode.MATMUL, Constant.HALF_ROWS),
        ("DEPTHWISE", Opcode.DEPTHWISE, Constant.ONE),
        ("EDGES", Opcode.DEPTHWISE, Constant.ONE),
    ):
        found[name] = [
            *(_edges() if name == "EDGES" else _nest(opcode, "local", loops)),
            *_run(opcode, "weights", each, "k", Limit.SCRATCHPAD_SIZE),
            *_run(opcode, "accumulator", Constant.ONE, "n", Limit.ACCUMULATOR_SIZE),
        ]
    for opcode in (Opcode.REQUANTIZE, Opcode.ADD, Opcode.MAXIMUM, Opcode.MEAN):
        counts: list[str] = [n for n in ("n0", "n1", "k0", "k1") if n in FIELDS[opcode]]
        steps = []
        for base in ("local", "source", "operand"):
            if base in FIELDS[opcode]:
                strides = {n: f"{base}_{n}_stride" for n in counts}
                used = {n: name for n, name in strides.items() if name in FIELDS[opcode]}
                of_sums = opcode is Opcode.REQUANTIZE and base == "source"
                limit = Limit.ACCUMULATOR if of_sums else Limit.SCRATCHPAD
                steps += _nest(opcode, base, used, limit)
        if opcode is Opcode.REQUANTIZE:
            steps += [
                Step(Kind.BEGIN, FIELDS[opcode]["parameters"]),
                Step(Kind.REACH, Constant.PARAMETERS),
                Step(Kind.BELOW),
            ]
        found[opcode.name] = steps
    return found
