# SPDX-License-Identifier: MIT
"""Programs that simulate a design under cocotb: Verilator's, compiled, and Icarus Verilog's."""

import shutil
import subprocess
from pathlib import Path

from cocotb_tools import config

from .build import units
from .cache import cached, digest
from .errors import ToolError
from .export import Design, faithful_systemverilog, fast_systemverilog
from .toolchain import compile_all, link, run, runtime, verilate, version

__all__ = ["SIMULATORS", "command"]

SIMULATORS = ("verilator", "icarus")
"""Names of the simulators that cocotb benches run on."""

_WAVE_MODULE = """
module opsin_wave;
  reg [8191:0] file;
  initial if ($value$plusargs("wave=%s", file)) begin
    $dumpfile(file);
    $dumpvars(0, dut);
  end
endmodule
"""


def command(simulator: str, design: Design, wave: Path | None) -> list[str]:
    """Command that simulates ``design`` for cocotb, built if need be.

    Raises
    ------
    ValueError
        If ``simulator`` is not one of :data:`SIMULATORS`.
    ToolError
        If the simulator or a compiler is missing or fails.
    """
    if simulator == "verilator":
        options = [] if wave is None else ["--trace", "--trace-file", str(wave)]
        return [str(_verilator(design, trace=wave is not None)), *options]
    if simulator == "icarus":
        options = ["-none"] if wave is None else ["-fst", f"+wave={wave}"]
        library = config.lib_name_path("vpi", "icarus")
        return ["vvp", "-m", str(library), str(_icarus(design)), *options]
    raise ValueError(f"simulator must be one of {SIMULATORS}, not {simulator!r}")


def _icarus(design: Design) -> Path:
    if shutil.which("iverilog") is None:
        raise ToolError("Icarus Verilog is not installed: install the package iverilog")
    source = faithful_systemverilog(design.rtlil)
    banner = subprocess.run(["iverilog", "-V"], capture_output=True, text=True).stdout
    banner = banner.partition("\n")[0]

    def build(directory: Path) -> None:
        (directory / "wave.v").write_text(_WAVE_MODULE)
        (directory / "options").write_text("+timescale+1ns/1ps\n")
        call = ["iverilog", "-g2012", "-s", "dut", "-s", "opsin_wave", "-f", "options"]
        run([*call, "-o", "dut.vvp", str(source), "wave.v"], "Icarus Verilog", directory)

    return cached("icarus", digest(banner, _WAVE_MODULE, source.read_text()), build) / "dut.vvp"


def _verilator(design: Design, *, trace: bool) -> Path:
    source = (faithful_systemverilog if trace else fast_systemverilog)(design.rtlil)
    options = [
        "--vpi",
        "--timescale",
        "1ns/1ps",
        *(["--trace-fst", "--no-trace-top"] if trace else []),
    ]
    defines = ["-DVM_TRACE=1", "-DVM_TRACE_FST=1"] if trace else ["-DVM_TRACE=0"]
    bridge = config.share_dir / "lib" / "verilator" / "verilator.cpp"
    # only ports are visible to the bench, so that all else may be optimised
    lines = ["`verilator_config"]
    lines += [f'public_flat_rw -module "dut" -var "{name}"' for name in design.ports]

    def build(directory: Path) -> None:
        generated = directory / "generated"
        generated.mkdir()
        (directory / "public.vlt").write_text("\n".join([*lines, ""]))
        files = verilate(source, generated, [*options, str(directory / "public.vlt")])
        sources = units(files, generated, [f'#include "{bridge}"'])
        objects = compile_all(sources, directory, defines)
        parts = ["verilated.cpp", "verilated_threads.cpp", "verilated_vpi.cpp"]
        parts += ["verilated_fst_c.cpp"] if trace else []
        libs = [f"-L{config.libs_dir}", f"-Wl,-rpath,{config.libs_dir}", "-lcocotbvpi_verilator"]
        link([*objects, *runtime(parts)], directory / "dut", libs)
        for path in (*objects, *generated.iterdir()):
            path.unlink()

    key = digest(version(), options, lines, bridge.read_text(), config.libs_dir)
    return cached("verilator", digest(key, source.read_text()), build) / "dut"
