
// Sums of one fixed shape: term i of a block of 4096 goes to lane i mod 32, lanes meet in a tree; blocks meet by lanes
// and tree again, 64 to a group, then all groups. Whoever arrives last adds, so the order in time does not matter.
#define LANES 32
#define ROUNDS 128
#define GROUP 64

// lane 0 = the sum of the lanes.
DEVICE void meet(double (*sums)[LANES], int count) {
  SYNC;
  for (int width = LANES / 2; width > 0; width /= 2) {
    THREADS(t, LANES) if (t < width) for (int s = 0; s < count; ++s) sums[s][t] += sums[s][t + width];
    SYNC;
  }
}
// lane 0 = the sum of `count` terms for each of the sums; those of one sum lie behind each other, sums `stride` apart.
DEVICE void gather(double (*sums)[LANES], int of, const volatile double *terms, i64 stride, i64 first, i64 count) {
  THREADS(t, LANES) for (int s = 0; s < of; ++s) {
    double sum = 0;
    for (i64 i = t; i < count; i += LANES) sum += terms[s * stride + first + i];
    sums[s][t] = sum;
  }
  meet(sums, of);
}
// Writes lane 0 as the terms of `place` and says whether this was the last of `expected` to arrive.
DEVICE int last(double (*sums)[LANES], int of, double *terms, i64 stride, i64 place, unsigned *arrivals, unsigned expected) {
  SHARED int is_last;
  THREADS(t, LANES) if (t == 0) {
    for (int s = 0; s < of; ++s) ((volatile double *)terms)[s * stride + place] = sums[s][0];
    FENCE;
    is_last = ARRIVE(arrivals) == expected - 1;
    if (is_last) *arrivals = 0; // ready for the next launch
    FENCE;
  }
  SYNC;
  return is_last;
}
// Whether this block is the last of all; then lane 0 has the totals. `scratch` holds `of` sums of blocks, then of groups;
// `arrivals` one number for all groups, then one for each, zero before the first launch.
DEVICE int total(double (*sums)[LANES], int of, double *scratch, unsigned *arrivals, i64 blocks) {
  const i64 groups = (blocks + GROUP - 1) / GROUP, group = BLOCK / GROUP, first = group * GROUP;
  const i64 members = blocks - first < GROUP ? blocks - first : GROUP;
  double *const of_groups = scratch + of * blocks;
  if (!last(sums, of, scratch, blocks, BLOCK, arrivals + 1 + group, (unsigned)members)) return 0;
  gather(sums, of, scratch, blocks, first, members);
  if (!last(sums, of, of_groups, groups, group, arrivals, (unsigned)groups)) return 0;
  gather(sums, of, of_groups, groups, 0, groups);
  return 1;
}
