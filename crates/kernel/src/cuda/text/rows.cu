
// @FAMILY@, @WHAT@: rows in @R@
KERNEL @NAME@(i64 n, i64 stride, const i64 *RESTRICT rows, const @ROW@ *RESTRICT eta, const @D@ *RESTRICT learned,
              const double *RESTRICT fixed, const @D@ *RESTRICT y, const @D@ *RESTRICT weight,
              const @D@ *RESTRICT offset, const @R@ *RESTRICT columns, @ROW@ *RESTRICT slopes,
              @D@ *RESTRICT values, @D@ *RESTRICT out, double *scratch, unsigned *arrivals@MORE@) {
  SHARED double sums[@SUMS@][LANES];
  const i64 first = BLOCK * (LANES * ROUNDS), left = n - first;
  const int rounds = left < LANES * ROUNDS ? (int)((left + LANES - 1) / LANES) : ROUNDS;
  THREADS(t, LANES) {
@CALL@
    double @ZEROS@;
    UNROLL(@UNROLL@)
    for (int round = 0; round < rounds; ++round) {
      const i64 place = first + (i64)round * LANES + t;
      const int live = place < n;
      const i64 i = live ? place : n - 1, asked = rows ? rows[i] : i;
      const int known = asked >= 0 && asked < stride; // a row that there is not makes the loss NaN
      const i64 row = known ? asked : 0;
      const @R@ w = !known ? NAN@B@ : (weight ? (@R@)weight[row] : (@R@)1);
@BODY@
    }
@LANE_SUMS@
  }
  meet(sums, @SUMS@);
  if (!total(sums, @SUMS@, scratch, arrivals, (n + LANES * ROUNDS - 1) / (LANES * ROUNDS))) return;
  THREADS(t, LANES) if (t == 0) {
@TOTALS@
  }
}
