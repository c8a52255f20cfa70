
// Runs launches: a header of 20 numbers, then the inputs; the outputs come back.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  struct { i64 kernel, n, stride, blocks, scratch, arrivals, more[3], in[8], out[3]; } h;
  while (fread(&h, sizeof h, 1, stdin) == 1) {
    void *in[8], *out[3];
    for (int k = 0; k < 8; ++k) {
      in[k] = h.in[k] < 0 ? NULL : malloc(h.in[k] + 1);
      if (h.in[k] > 0 && fread(in[k], 1, h.in[k], stdin) != (size_t)h.in[k]) return 1;
    }
    for (int k = 0; k < 3; ++k) out[k] = h.out[k] ? memset(malloc(h.out[k]), 0xff, h.out[k]) : NULL;
    double *scratch = memset(malloc(h.scratch * sizeof *scratch), 0xff, h.scratch * sizeof *scratch);
    unsigned *arrivals = calloc(h.arrivals, sizeof *arrivals);
    for (BLOCK = 0; BLOCK < h.blocks; ++BLOCK) {
      switch (h.kernel) {
@CALLS@
        default: return 2;
      }
    }
    for (i64 k = 0; k < h.arrivals; ++k) if (arrivals[k]) return 3; // ready for the next launch
    for (int k = 0; k < 3; ++k) if (h.out[k]) fwrite(out[k], 1, h.out[k], stdout);
    fflush(stdout);
    for (int k = 0; k < 8; ++k) free(in[k]);
    for (int k = 0; k < 3; ++k) free(out[k]);
    free(scratch);
    free(arrivals);
  }
  return 0;
}
