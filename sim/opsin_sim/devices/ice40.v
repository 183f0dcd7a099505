// SPDX-License-Identifier: MIT
//
// iCE40 cells for simulation: what Opsin instantiates, in the modes it does. Other modes stop the
// simulation. tests/npu/test_pe.py uses yosys's model (techlibs/ice40) as well.

// Multiplier in its mode of two products of 8 × 8 signed bits, with registers for the operands and
// the products.
module SB_MAC16 (
    input CLK, CE,
    input [15:0] A, B,
    input AHOLD, BHOLD, IRSTTOP, IRSTBOT, ORSTTOP, ORSTBOT,
    output [31:0] O
);
    parameter A_REG = 0, B_REG = 0, TOP_8x8_MULT_REG = 0, BOT_8x8_MULT_REG = 0;
    parameter TOPOUTPUT_SELECT = 0, BOTOUTPUT_SELECT = 0;
    parameter MODE_8x8 = 0, A_SIGNED = 0, B_SIGNED = 0;

    reg signed [7:0] a_top = 0, a_bottom = 0, b_top = 0, b_bottom = 0;
    reg signed [15:0] top = 0, bottom = 0;
    assign O = {top, bottom};

    initial if (!A_REG || !B_REG || !TOP_8x8_MULT_REG || !BOT_8x8_MULT_REG || !MODE_8x8
                || !A_SIGNED || !B_SIGNED || TOPOUTPUT_SELECT != 2 || BOTOUTPUT_SELECT != 2) begin
        $display("SB_MAC16: must make two signed products, with all registers");
        $stop;
    end
    always @(posedge CLK) begin
        if (IRSTTOP | IRSTBOT | ORSTTOP | ORSTBOT | ~CE) begin
            $display("SB_MAC16: nothing must be reset or stopped");
            $stop;
        end
        if (~AHOLD) {a_top, a_bottom} <= A;
        if (~BHOLD) {b_top, b_bottom} <= B;
        top <= a_top * b_top;
        bottom <= a_bottom * b_bottom;
    end
endmodule
