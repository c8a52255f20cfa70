
// categorical, @DTYPE@, @WHAT@: @TEAM@ threads to a row, `share` rows to a block
KERNEL @NAME@(i64 n, i64 stride, const i64 *RESTRICT rows, const @IO@ *RESTRICT eta, const @D@ *RESTRICT learned,
              const double *RESTRICT fixed, const @D@ *RESTRICT y, const @D@ *RESTRICT weight,
              const @D@ *RESTRICT offset, const @R@ *RESTRICT columns, @IO@ *RESTRICT slopes,
              @D@ *RESTRICT values, @D@ *RESTRICT out, double *scratch, unsigned *arrivals@MORE@) {
  SHARED @R@ maxima[@TEAM@];
  SHARED double masses[@TEAM@], sums[1][LANES];
  const i64 first = BLOCK * share, end = first + share < n ? first + share : n, heads = classes - (reference >= 0);
  THREADS(t, LANES) sums[0][t] = 0;
  for (i64 i = first; i < end; ++i) {
    const i64 asked = rows ? rows[i] : i;
    const int known = asked >= 0 && asked < stride; // a row that there is not makes the loss NaN
    const i64 row = known ? asked : 0;
    const @R@ w = !known ? NAN@B@ : (weight ? (@R@)weight[row] : (@R@)1);
    const @IO@ *const x = eta + i * heads;
    THREADS(t, @TEAM@) {
      @R@ max = t == 0 && reference >= 0 ? 0 : -INFINITY@B@;
      double sum = t == 0 && reference >= 0 ? 1 : 0;
      UNROLL(4)
      for (i64 k = t; k < heads; k += @TEAM@) push_@R@(&max, &sum, load_@DTYPE@(x[k]));
      maxima[t] = max;
      masses[t] = sum;
    }
    SYNC;
    for (int width = @TEAM@ / 2; width > 0; width /= 2) {
      THREADS(t, @TEAM@) if (t < width) merge_@R@(maxima + t, masses + t, maxima[t + width], masses[t + width]);
      SYNC;
    }
    THREADS(t, @TEAM@) {
      const @R@ max = maxima[0];
      const double sum = masses[0];
      const i64 own = head_of_@R@((@R@)y[row], classes, reference);
      if (t == 0) {
        const double loss = class_loss_@R@(own, own < 0 ? 0 : load_@DTYPE@(x[own]), max, sum);
        sums[0][0] += (double)w * loss;
@VALUE@
      }
@SLOPES@
    }
    SYNC;
  }
  if (!total(sums, 1, scratch, arrivals, (n + share - 1) / share)) return;
  THREADS(t, LANES) if (t == 0) out[0] = (@D@)sums[0][0];
}
