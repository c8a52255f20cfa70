
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
    for (int round = 0; round < rounds; round += @BATCH@) {
      // What a batch of rows looks at is loaded before anything is computed, so that memory is kept busy.
      i64 at[@BATCH@], of[@BATCH@]; // row of eta, row of the data
      int live[@BATCH@], known[@BATCH@]; // inside the block; a row that there is not makes the loss NaN
      @R@ w[@BATCH@];
@DECLARE@
      EACH(b, @BATCH@) {
        const i64 place = first + (i64)(round + b) * LANES + t;
        live[b] = place < n;
        at[b] = live[b] ? place : n - 1;
        of[b] = at[b];
      }
      if (rows) EACH(b, @BATCH@) of[b] = rows[at[b]];
      EACH(b, @BATCH@) {
        known[b] = of[b] >= 0 && of[b] < stride;
        of[b] = known[b] ? of[b] : 0;
        w[b] = 1;
      }
@LOADS@
      if (weight) EACH(b, @BATCH@) w[b] = (@R@)weight[of[b]];
      EACH(b, @BATCH@) w[b] = known[b] ? w[b] : NAN@B@;
      EACH(b, @BATCH@) {
@BODY@
      }
    }
@LANE_SUMS@
  }
  meet(sums, @SUMS@);
  if (!total(sums, @SUMS@, scratch, arrivals, (n + LANES * ROUNDS - 1) / (LANES * ROUNDS))) return;
  THREADS(t, LANES) if (t == 0) {
@TOTALS@
  }
}
