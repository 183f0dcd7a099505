# SPDX-License-Identifier: MIT
"""cocotb benches; they run inside the simulator."""
