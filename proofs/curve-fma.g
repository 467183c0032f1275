# The product of two digits in scripts/curve/fma-field.mjs, as two doubles: for every integer t = x y with |t| <= 2^103,
#   h lies in [2^104, 2^105] and within 2^51 of C1 - t,
#   d = h - C1 + C3, written fma(-1.5 * 2^52, 2^52 - 1, h), is exact, and so is l = t + d, which lies in [2^52, 2^53].
# Bit patterns are linear in the value up to the end of a binade, the end included.
@double = float<ieee_64, ne>;
C1 = 30423614405477505635920876929024;  # 1.5 * 2^104
C3 = 6755399441055744;                  # 1.5 * 2^52
h = double(C1 - t);
d = double(h + (C3 - C1));
l = double(t + d);
{ @FIX(t, 0) /\ t in [-0x1p103, 0x1p103]
  -> h in [0x1p104, 0x1p105] /\ h - (C1 - t) in [-0x1p51, 0x1p51]
  /\ d - (h + (C3 - C1)) in [0, 0] /\ l - (t + d) in [0, 0] /\ t + d in [4503599627370496, 9007199254740992] }
t + d -> C3 + (h - (C1 - t)) + (d - (h + (C3 - C1)));
