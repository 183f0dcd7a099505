// SPDX-License-Identifier: MIT
//
// ECP5 cells for simulation: what Opsin instantiates, in the modes it does. Pins, address bits and
// the order of initial values are those that yosys uses (techlibs/lattice). Other modes stop the
// simulation.

// Block RAM: port A writes, port B reads, one clock. 1024 rows of 18 bits; words below 9 bits leave
// bits 8 and 17 of a row unused, a word of 36 takes two rows. Output registers are optional. A word
// that is read while it is written is undefined: here, the complement of the old one.
module DP16KD (
    input
    DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
    DIA3, DIA2, DIA1, DIA0, ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4,
    ADA3, ADA2, ADA1, ADA0, CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0, DIB17, DIB16, DIB15,
    DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1,
    DIB0, ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1,
    ADB0, CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output
    DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4,
    DOA3, DOA2, DOA1, DOA0, DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8,
    DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);
    parameter DATA_WIDTH_A = 18, DATA_WIDTH_B = 18;
    parameter REGMODE_A = "NOREG", REGMODE_B = "NOREG";
    parameter WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL";
    parameter CSDECODE_A = "0b000", CSDECODE_B = "0b000";
    parameter RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC", GSR = "ENABLED";
    parameter [319:0]
    INITVAL_00 = 0, INITVAL_01 = 0, INITVAL_02 = 0, INITVAL_03 = 0, INITVAL_04 = 0, INITVAL_05 =
    0, INITVAL_06 = 0, INITVAL_07 = 0, INITVAL_08 = 0, INITVAL_09 = 0, INITVAL_0A = 0,
    INITVAL_0B = 0, INITVAL_0C = 0, INITVAL_0D = 0, INITVAL_0E = 0, INITVAL_0F = 0, INITVAL_10 =
    0, INITVAL_11 = 0, INITVAL_12 = 0, INITVAL_13 = 0, INITVAL_14 = 0, INITVAL_15 = 0,
    INITVAL_16 = 0, INITVAL_17 = 0, INITVAL_18 = 0, INITVAL_19 = 0, INITVAL_1A = 0, INITVAL_1B =
    0, INITVAL_1C = 0, INITVAL_1D = 0, INITVAL_1E = 0, INITVAL_1F = 0, INITVAL_20 = 0,
    INITVAL_21 = 0, INITVAL_22 = 0, INITVAL_23 = 0, INITVAL_24 = 0, INITVAL_25 = 0, INITVAL_26 =
    0, INITVAL_27 = 0, INITVAL_28 = 0, INITVAL_29 = 0, INITVAL_2A = 0, INITVAL_2B = 0,
    INITVAL_2C = 0, INITVAL_2D = 0, INITVAL_2E = 0, INITVAL_2F = 0, INITVAL_30 = 0, INITVAL_31 =
    0, INITVAL_32 = 0, INITVAL_33 = 0, INITVAL_34 = 0, INITVAL_35 = 0, INITVAL_36 = 0,
    INITVAL_37 = 0, INITVAL_38 = 0, INITVAL_39 = 0, INITVAL_3A = 0, INITVAL_3B = 0, INITVAL_3C =
    0, INITVAL_3D = 0, INITVAL_3E = 0, INITVAL_3F = 0;
    localparam [20479:0] INITIAL = {
    INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39,
    INITVAL_38, INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32,
    INITVAL_31, INITVAL_30, INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B,
    INITVAL_2A, INITVAL_29, INITVAL_28, INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24,
    INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20, INITVAL_1F, INITVAL_1E, INITVAL_1D,
    INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18, INITVAL_17, INITVAL_16,
    INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10, INITVAL_0F,
    INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
    INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01,
    INITVAL_00
    };
    localparam WIDTH = DATA_WIDTH_A;
    localparam STEP = WIDTH >= 9 ? WIDTH / 9 * 8 : WIDTH;  // of an address, in bits without ninths
    localparam BYTES = WIDTH >= 18 ? WIDTH / 9 : 0;        // with an enable each

    wire [35:0] written = {
        DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5,
        DIB4, DIB3, DIB2, DIB1, DIB0, DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10,
        DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0
    };
    wire [13:0] place_a = {
        ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0
    };
    wire [13:0] place_b = {
        ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0
    };
    wire write = CEA & WEA & ~(|{CSA2, CSA1, CSA0});
    wire enable = CEB & ~(|{CSB2, CSB1, CSB0});

    reg [17:0] rows[0:1023];
    reg [35:0] latched = 0, register = 0;
    wire [35:0] read = REGMODE_B == "OUTREG" ? register : latched;
    assign {
        DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5,
        DOB4, DOB3, DOB2, DOB1, DOB0, DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10,
        DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0
    } = WIDTH == 36 ? read : {read[17:0], 18'b0};

    integer k, bit_a, bit_b;
    initial begin
        for (k = 0; k < 1024; k = k + 1) rows[k] = INITIAL[20 * k +: 18];
        if (DATA_WIDTH_B != WIDTH || REGMODE_A != REGMODE_B) begin
            $display("DP16KD: ports must be alike");
            $stop;
        end
    end

    // Bit of the memory, in rows of 18, of bit k of the word at a place.
    function integer position(input [13:0] place, input integer k);
        integer bits;
        begin
            if (WIDTH >= 9) position = place / STEP * WIDTH + k;
            else begin
                bits = place / STEP * STEP + k;
                position = bits / 8 * 9 + bits % 8;
            end
        end
    endfunction

    always @(posedge CLKB) begin
        if (OCEB) register <= latched;
        if (WEB | RSTA | RSTB) begin
            $display("DP16KD: port B must not write, nothing be reset");
            $stop;
        end
        for (k = 0; k < WIDTH; k = k + 1) begin
            bit_a = position(place_a, k);
            bit_b = position(place_b, k);
            if (enable) latched[k] <= rows[bit_b / 18][bit_b % 18]
                ^ (write & bit_a == bit_b & (BYTES == 0 | place_a[k / 9]));
            if (write & (BYTES == 0 | place_a[k / 9])) rows[bit_a / 18][bit_a % 18] <= written[k];
        end
    end
endmodule

// 18 × 18 bit multiplier; each operand signed or not. Registers: operands, pipeline, product.
module MULT18X18D (
    input
    A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0, B17, B16,
    B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0, C17, C16, C15, C14,
    C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0, SIGNEDA, SIGNEDB, SOURCEA,
    SOURCEB, CLK0, CE0, RST0,
    output
    P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
    P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);
    parameter REG_INPUTA_CLK = "NONE", REG_INPUTA_CE = "CE0", REG_INPUTA_RST = "RST0";
    parameter REG_INPUTB_CLK = "NONE", REG_INPUTB_CE = "CE0", REG_INPUTB_RST = "RST0";
    parameter REG_PIPELINE_CLK = "NONE", REG_PIPELINE_CE = "CE0", REG_PIPELINE_RST = "RST0";
    parameter REG_OUTPUT_CLK = "NONE", REG_OUTPUT_CE = "CE0", REG_OUTPUT_RST = "RST0";
    parameter RESETMODE = "SYNC", GSR = "ENABLED";

    // with a sign in front, which is 0 for an unsigned operand
    wire signed [18:0] a = {SIGNEDA & A17,
        A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
    wire signed [18:0] b = {SIGNEDB & B17,
        B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
    reg signed [18:0] a_held = 0, b_held = 0;
    reg signed [37:0] pipeline = 0, product = 0;
    wire signed [18:0] a_used = REG_INPUTA_CLK == "CLK0" ? a_held : a;
    wire signed [18:0] b_used = REG_INPUTB_CLK == "CLK0" ? b_held : b;
    wire signed [37:0] multiplied = a_used * b_used;
    wire signed [37:0] piped = REG_PIPELINE_CLK == "CLK0" ? pipeline : multiplied;
    wire signed [37:0] result = REG_OUTPUT_CLK == "CLK0" ? product : piped;
    assign {
        P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19,
        P18, P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
    } = result[35:0];

    always @(posedge CLK0) begin
        if (RST0 | SOURCEA | SOURCEB) begin
            $display("MULT18X18D: nothing must be reset or cascaded");
            $stop;
        end
        if (CE0) begin
            a_held <= a;
            b_held <= b;
            pipeline <= multiplied;
            product <= piped;
        end
    end
endmodule

// Two carry cells. Each adds what its LUT holds and the carry; where the LUT holds 0, the carry that
// leaves is what the LUT holds for C = D = 0.
module CCU2C (
    input CIN, A0, B0, C0, D0, A1, B1, C1, D1,
    output S0, S1, COUT
);
    parameter [15:0] INIT0 = 0, INIT1 = 0;
    parameter INJECT1_0 = "YES", INJECT1_1 = "YES";

    wire [3:0] place_0 = {D0, C0, B0, A0}, place_1 = {D1, C1, B1, A1};
    wire carry = INIT0[place_0] ? CIN : INIT0[{2'b00, B0, A0}];
    assign S0 = INIT0[place_0] ^ CIN;
    assign S1 = INIT1[place_1] ^ carry;
    assign COUT = INIT1[place_1] ? carry : INIT1[{2'b00, B1, A1}];

    initial if (INJECT1_0 != "NO" || INJECT1_1 != "NO") begin
        $display("CCU2C: carries must be injected");
        $stop;
    end
endmodule

// Register without enable or reset.
module TRELLIS_FF (
    input CLK, LSR, CE, DI,
    output reg Q
);
    parameter GSR = "ENABLED", CEMUX = "1", CLKMUX = "CLK", LSRMUX = "LSR", REGSET = "RESET";

    initial begin
        Q = 0;
        if (CEMUX != "1" || CLKMUX != "CLK" || REGSET != "RESET") begin
            $display("TRELLIS_FF: must have neither enable nor set, and the clock's rising edge");
            $stop;
        end
    end
    always @(posedge CLK) begin
        if (LSR) begin
            $display("TRELLIS_FF: nothing must be reset");
            $stop;
        end
        Q <= DI;
    end
endmodule

// Register that the global set/reset network does not reach.
module FD1S3AX (
    input CK, D,
    output reg Q
);
    parameter GSR = "ENABLED";

    initial begin
        Q = 0;
        if (GSR != "DISABLED") begin
            $display("FD1S3AX: must not be set by the global network");
            $stop;
        end
    end
    always @(posedge CK) Q <= D;
endmodule

// What drives the global set/reset network. The registers it sets are not modelled.
module SGSR (
    input CLK, GSR
);
endmodule

// Gate of a clock: takes its enable while the clock is low.
module DCCA (
    input CLKI, CE,
    output CLKO
);
    reg enabled;
    initial enabled = 0;
    always_latch if (!CLKI) enabled = CE;
    assign CLKO = CLKI & enabled;
endmodule
