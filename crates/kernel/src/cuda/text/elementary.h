
// Elementary functions of @R@: the same IEEE operations everywhere. NaN in, NaN out; overflow to infinity; subnormals
// are right.

// 2^n, n a normal exponent.
DEVICE @R@ two@B@(int n) { return float@B@((@U@)(n + @BIAS@) << @MANTISSA@); }

// x = k ln 2 + r + low, |r| <= ln(2)/2 (Cody & Waite 1980): k from the last bits of a sum that leaves no others.
typedef struct { @R@ r, low; int k; } Reduced@B@;
DEVICE Reduced@B@ reduce@B@(@R@ x) {
  const @R@ magic = @MAGIC@, t = @FMA@(x, @LOG2_E@, magic), k = t - magic;
  const @R@ rough = @FMA@(-k, @LN_2_HIGH@, x);
  Reduced@B@ out;
  out.k = (int)(bits@B@(t) - bits@B@(magic));
  out.r = @FMA@(-k, @LN_2_LOW@, rough);
  out.low = @FMA@(-k, @LN_2_LOW@, rough - out.r);
  return out;
}
// e^r - 1 - r for |r| <= ln(2)/2, by its series.
DEVICE @R@ series_exp@B@(@R@ r) {
@EXP_SERIES@
  return r * r * p;
}
DEVICE @R@ exp@B@(@R@ x) {
  const @R@ up = x < @EXP_LOW@ ? @EXP_LOW@ : x, at = up > @EXP_HIGH@ ? @EXP_HIGH@ : up;
  const Reduced@B@ it = reduce@B@(at);
  const @R@ high = 1 + it.r, low = (it.r - (high - 1)) + (series_exp@B@(it.r) + it.low);
  const int half = it.k >> 1; // in two steps, so that a subnormal is rounded once
  return (high + low) * two@B@(half) * two@B@(it.k - half);
}
DEVICE @R@ exp_m1_@B@(@R@ x) {
  const @R@ up = x < -40 ? -40 : x, at = up > @EXP_HIGH@ ? @EXP_HIGH@ : up;
  const Reduced@B@ it = reduce@B@(at);
  const @R@ half = two@B@(it.k - 1), s = it.r + (series_exp@B@(it.r) + it.low);
  return 2 * @FMA@(half, s, half - (@R@)0.5);
}
// e^x - 1 - x, near 0 by its series; e^x is infinite long before x is.
DEVICE @R@ exp_excess_@B@(@R@ x) {
  return x < (@R@)0.34375 && x > (@R@)-0.34375 ? series_exp@B@(x) : exp_m1_@B@(x) - (x > @EXP_HIGH@ ? @EXP_HIGH@ : x);
}

// ln u + extra - shift ln 2 for a normal u > 0: with u = 2^k (1 + f) and s = f/(2 + f), ln(1 + f) = 2 atanh s.
DEVICE @R@ ln_normal_@B@(@R@ u, int shift, @R@ extra) {
  const @U@ b = bits@B@(u) - @SQRT_HALF@;
  const @R@ k = (@R@)((int)((@S@)b >> @MANTISSA@) - shift);
  const @R@ f = float@B@((b & ((((@U@)1) << @MANTISSA@) - 1)) + @SQRT_HALF@) - 1;
  const @R@ s = f / (2 + f), w = s * s;
@LN_SERIES@
  const @R@ h = (@R@)0.5 * f * f, low = @FMA@(s, @FMA@(w, p, h), @FMA@(k, @LN_2_LOW@, extra));
  return @FMA@(k, @LN_2_HIGH@, f - (h - low));
}
DEVICE @R@ ln@B@(@R@ x) {
  const int tiny = x < @MIN_NORMAL@;
  const @R@ r = ln_normal_@B@(tiny ? x * two@B@(@MANTISSA@) : x, tiny ? @MANTISSA@ : 0, 0);
  return x > 0 ? (x < INFINITY@B@ ? r : x) : (x == 0 ? -INFINITY@B@ : NAN@B@);
}
DEVICE @R@ ln_1p_@B@(@R@ x) {
  const @R@ u = 1 + x, back = u - 1, lost = (1 - (u - back)) + (x - back);
  const @R@ r = ln_normal_@B@(u, 0, lost / u);
  return u > 0 ? (x < INFINITY@B@ ? r : x) : (u == 0 ? -INFINITY@B@ : NAN@B@);
}
