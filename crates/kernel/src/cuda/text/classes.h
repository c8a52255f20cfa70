
// Many logits as one pair: the largest, and the sum of e^(logit - largest), which is kept in double. One pass, one
// exponential for each (Milakov & Gimelshein 2018). An infinite logit is as large as itself.
DEVICE @R@ apart_@R@(@R@ x, @R@ from) { return x == from ? 0 : x - from; }
DEVICE void push_@R@(@R@ *max, double *sum, @R@ x) {
  const @R@ d = apart_@R@(x, *max);
  const int up = d > 0;
  const double e = exp@B@(up ? -d : d);
  *sum = up ? FMA(*sum, e, 1.0) : *sum + e;
  *max = up ? x : *max;
}
DEVICE void merge_@R@(@R@ *max, double *sum, @R@ other, double more) {
  const @R@ top = other > *max ? other : *max;
  *sum = FMA(*sum, (double)exp@B@(apart_@R@(*max, top)), more * (double)exp@B@(apart_@R@(other, top)));
  *max = top;
}
// The head of a class: -1 for the reference, whose logit is 0, and -2 for what is no class.
DEVICE i64 head_of_@R@(@R@ y, i64 classes, i64 reference) {
  if (!(y >= 0 && y < (@R@)classes)) return -2;
  const i64 k = (i64)y;
  if ((@R@)k != y) return -2;
  return reference < 0 || k < reference ? k : (k == reference ? -1 : k - 1);
}
DEVICE double class_loss_@R@(i64 own, @R@ logit, @R@ max, double sum) {
  return own == -2 ? NAN64 : ln64(sum) + (double)apart_@R@(max, logit);
}
