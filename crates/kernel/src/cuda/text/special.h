
// Special functions, in double: they take differences of large numbers. Without branches, so that a function and its
// derivative share what they have in common. Below 12 the argument is raised by 12, then Stirling's series
// (Abramowitz & Stegun 6.1.40) with eight terms.
#define RAISED 12.0

// What Stirling's formula leaves over at x = 1/w, and its first two derivatives.
DEVICE double rest_0(double w) {
  const double q = w * w;
  double s = -3617.0 / 122400;
  s = FMA(s, q, 1.0 / 156);
  s = FMA(s, q, -691.0 / 360360);
  s = FMA(s, q, 1.0 / 1188);
  s = FMA(s, q, -1.0 / 1680);
  s = FMA(s, q, 1.0 / 1260);
  s = FMA(s, q, -1.0 / 360);
  s = FMA(s, q, 1.0 / 12);
  return s * w;
}
DEVICE double rest_1(double w) {
  const double q = w * w;
  double s = 3617.0 / 8160;
  s = FMA(s, q, -1.0 / 12);
  s = FMA(s, q, 691.0 / 32760);
  s = FMA(s, q, -1.0 / 132);
  s = FMA(s, q, 1.0 / 240);
  s = FMA(s, q, -1.0 / 252);
  s = FMA(s, q, 1.0 / 120);
  s = FMA(s, q, -1.0 / 12);
  return s * q;
}
DEVICE double rest_2(double w) {
  const double q = w * w;
  double s = -3617.0 / 510;
  s = FMA(s, q, 7.0 / 6);
  s = FMA(s, q, -691.0 / 2730);
  s = FMA(s, q, 5.0 / 66);
  s = FMA(s, q, -1.0 / 30);
  s = FMA(s, q, 1.0 / 42);
  s = FMA(s, q, -1.0 / 30);
  s = FMA(s, q, 1.0 / 6);
  return s * q * w;
}
// x (x + 1) ... (x + 11), by pairs: (x + i)(x + 11 - i) = q + i (11 - i).
DEVICE double product(double x) {
  const double q = x * (x + 11);
  return q * (q + 10) * (q + 18) * (q + 24) * (q + 28) * (q + 30);
}
// 1/x + 1/(x + 1) + ... + 1/(x + 11), as one fraction.
DEVICE double harmonic(double x) {
  const double q = x * (x + 11);
  double over = 1, under = q;
  over = FMA(over, q + 10, under); under *= q + 10;
  over = FMA(over, q + 18, under); under *= q + 18;
  over = FMA(over, q + 24, under); under *= q + 24;
  over = FMA(over, q + 28, under); under *= q + 28;
  over = FMA(over, q + 30, under); under *= q + 30;
  return (2 * x + 11) * (over / under);
}
// The same with squares.
DEVICE double harmonic_2(double x) {
  double sum = 0;
  for (int i = 11; i >= 0; --i) {
    const double w = 1 / (x + i);
    sum = FMA(w, w, sum);
  }
  return sum;
}
DEVICE double raised(double x) { return x < RAISED ? x + RAISED : x; }

DEVICE double lgamma_0(double x) {
  const double z = raised(x);
  const double far = FMA(z - 0.5, ln64(z) - 1, rest_0(1 / z)) + (@LN_SQRT_TAU@ - 0.5);
  const double near = x < RAISED ? ln64(product(x)) : 0;
  return x > 0 ? far - near : (x == 0 ? INFINITY64 : NAN64);
}
DEVICE double lgamma_1(double x) {
  const double w = 1 / raised(x);
  const double far = FMA(-0.5, w, ln64(raised(x))) + rest_1(w);
  return x > 0 ? far - (x < RAISED ? harmonic(x) : 0) : NAN64;
}
DEVICE double lgamma_2(double x) {
  const double w = 1 / raised(x);
  const double far = FMA(0.5 * w, w, w) + rest_2(w);
  return x > 0 ? far + (x < RAISED ? harmonic_2(x) : 0) : NAN64;
}

// ln Gamma(a + n) - ln Gamma(a) - n ln a, and its derivatives in a: Stirling on both sides; what is equal cancels in
// the formula, not in the numbers.
DEVICE double step(double a, double n) {
  return n + ((a + n < RAISED ? RAISED : 0) - (a < RAISED ? RAISED : 0));
}
DEVICE double rising_excess_0(double a, double n) {
  const double b = a + n, from = raised(a), to = raised(b), m = step(a, n), ratio = ln_1p_64(m / from);
  const double main = FMA(to - 0.5, ratio, -m) + (rest_0(1 / to) - rest_0(1 / from));
  const double products = ln64(product(a) / (b < RAISED ? product(b) : 1));
  const double near = FMA(n, ln64(from / a), FMA(m - n, ln64(from), products));
  return n == 0 || a == INFINITY64 ? 0 : main + (a < RAISED ? near : 0);
}
DEVICE double rising_excess_1(double a, double n) {
  const double b = a + n, from = raised(a), to = raised(b), m = step(a, n), ratio = ln_1p_64(m / from);
  const double main = FMA(0.5 * (m / from), 1 / to, ratio - n / a) + (rest_1(1 / to) - rest_1(1 / from));
  const double near = (a < RAISED ? harmonic(a) : 0) - (b < RAISED ? harmonic(b) : 0);
  return a == INFINITY64 ? 0 : main + near;
}
DEVICE double rising_excess_2(double a, double n) {
  const double b = a + n, v = 1 / raised(a), w = 1 / raised(b), m = step(a, n);
  const double main = -m * v * w * FMA(0.5, v + w, 1) + n / a / a + (rest_2(w) - rest_2(v));
  return a == INFINITY64 ? 0 : main + ((b < RAISED ? harmonic_2(b) : 0) - (a < RAISED ? harmonic_2(a) : 0));
}

// e^(x^2) erfc x for x >= 0.7: the trapezoidal rule with step 1/2 and its pole (Matta & Reichel 1971).
DEVICE double erfc_scaled(double x) {
  const double v = 0.25 / x; // the n-th node is n/2: x^2 + n^2/4 = x (x + n^2 v)
  double sum = 2.3195228302435696e-16 / (x + 144 * v); // e^(-n^2/4), n = 12 ... 1
  sum += 7.287724095819692e-14 / (x + 121 * v);
  sum += 1.3887943864964021e-11 / (x + 100 * v);
  sum += 1.6052280551856116e-09 / (x + 81 * v);
  sum += 1.1253517471925912e-07 / (x + 64 * v);
  sum += 4.785117392129009e-06 / (x + 49 * v);
  sum += 0.00012340980408667956 / (x + 36 * v);
  sum += 0.0019304541362277093 / (x + 25 * v);
  sum += 0.01831563888873418 / (x + 16 * v);
  sum += 0.10539922456186433 / (x + 9 * v);
  sum += 0.36787944117144233 / (x + 4 * v);
  sum += 0.7788007830714049 / (x + v);
  const double pole = 12.566370614359172 * x; // 2 pi x / h
  const double correction = 2 * exp64(x * x - pole) / (1 - exp64(-pole));
  return 0.15915494309189535 * (1 / x + 2 * sum) - (x < 6.28 ? correction : 0);
}
// ln Phi(x) of the standard normal.
DEVICE double ln_normal_cdf(double x) {
  const double far = ABS(x) > 1 ? ABS(x) : 1, tail = 0.5 * erfc_scaled(0.7071067811865476 * far);
  const double density = exp64(-0.5 * x * x);
  // Phi = 1/2 + phi (x + x^3/3 + x^5/15 + ...) near 0
  double series = 1;
  for (int n = 16; n > 0; --n) series = FMA(series, x * x / (2 * n + 1), 1.0);
  const double lower = FMA(-0.5 * x, x, ln64(tail)), upper = ln_1p_64(-tail * density);
  const double middle = ln64(FMA(0.3989422804014327 * x, density * series, 0.5));
  return x < -1 ? lower : (x > 1 ? upper : (x == x ? middle : NAN64));
}
