# The product of two limbs in relaxed-fma.ts, as two doubles: for every integer t = x y in this range,
#   h lies in the binade of 2^103 and within 2^50 of C1 + t,
#   C2 - h is exact, and so is l = t + (C2 - h), which lies in the binade of 2^52.
# The range: limbs lie in [-2^9, 2^51 + 2^9], the last one in [-2^47, 2^47]. fma(x, y, c) rounds x y + c once.
@double = float<ieee_64, ne>;
C1 = 12676506002282294014967032053760;  # 1.25 * 2^103
C2 = 12676506002282300770366473109504;  # C1 + 3 * 2^51
h = double(t + C1);
d = double(C2 - h);
l = double(t + d);
{ @FIX(t, 0) /\ t in [-0x1p99, 0x1.01p102]
  -> h in [0x1p103, 0x1.fffffffffffffp103] /\ h - (t + C1) in [-0x1p50, 0x1p50]
  /\ d - (C2 - h) in [0, 0] /\ l - (t + d) in [0, 0] /\ l in [0x1p52, 0x1.fffffffffffffp52] }
t + d -> (C2 - C1) - (h - (t + C1)) + (d - (C2 - h));
