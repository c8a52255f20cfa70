//! The losses as one would write them down in scalar Rust: row after row, value and slopes, functions of libm.
//!
//! ln y! is not computed (it is a constant), ln y is.

use crate::case::Problem;
use surprisal_kernel::Vectors;

/// A number with the functions of libm.
pub trait Scalar: Vectors + num::Number {
    /// Its bytes, as files have them.
    fn little_endian(self) -> Vec<u8>;
    /// Numbers of a file.
    fn of_little_endian(bytes: &[u8]) -> Vec<Self>;
}
macro_rules! scalar {
    ($($T:ty)+) => { $(
        impl Scalar for $T {
            fn little_endian(self) -> Vec<u8> {
                self.to_le_bytes().to_vec()
            }
            fn of_little_endian(bytes: &[u8]) -> Vec<$T> {
                bytes.as_chunks().0.iter().map(|it| <$T>::from_le_bytes(*it)).collect()
            }
        }
    )+ };
}
scalar!(f32 f64);

mod num {
    use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};
    /// What a formula asks for.
    pub trait Number:
        Copy
        + PartialOrd
        + Add<Output = Self>
        + Sub<Output = Self>
        + Mul<Output = Self>
        + Div<Output = Self>
        + Neg<Output = Self>
        + AddAssign
    {
        fn exp(self) -> Self;
        fn ln(self) -> Self;
        fn ln_1p(self) -> Self;
        fn lgamma(self) -> Self;
    }
    macro_rules! number {
        ($T:ty: $exp:ident $ln:ident $ln_1p:ident $lgamma:ident) => {
            impl Number for $T {
                #[inline]
                fn exp(self) -> $T {
                    libm::$exp(self)
                }
                #[inline]
                fn ln(self) -> $T {
                    libm::$ln(self)
                }
                #[inline]
                fn ln_1p(self) -> $T {
                    libm::$ln_1p(self)
                }
                #[inline]
                fn lgamma(self) -> $T {
                    libm::$lgamma(self)
                }
            }
        };
    }
    number!(f32: expf logf log1pf lgammaf);
    number!(f64: exp log log1p lgamma);
}

/// The digamma function: recurrence to 6, then the asymptotic series (Abramowitz & Stegun 6.3.5, 6.3.18).
fn digamma<T: Scalar>(mut x: T) -> T {
    let mut sum = T::of(0.0);
    while x < T::of(6.0) {
        sum += -T::of(1.0) / x;
        x += T::of(1.0);
    }
    let r = T::of(1.0) / (x * x);
    let series = T::of(1.0 / 12.0) - r * (T::of(1.0 / 120.0) - r * (T::of(1.0 / 252.0) - r * T::of(1.0 / 240.0)));
    sum + x.ln() - T::of(0.5) / x - r * series
}

/// Writes the slopes of each row; the sum of the losses without ln y!.
#[inline(always)]
fn rows<T: Scalar, const H: usize>(it: &Problem<T>, slopes: &mut [T], loss: impl Fn([T; H], T) -> (T, [T; H])) -> T {
    let (n, mut sum) = (it.rows, T::of(0.0));
    let y = &it.data.y[..n];
    let eta: [&[T]; H] = std::array::from_fn(|k| it.head(k));
    let mut columns = slopes.chunks_exact_mut(n);
    let to: [&mut [T]; H] = std::array::from_fn(|_| columns.next().expect("a column for each head"));
    for i in 0..n {
        let (value, slope) = loss(std::array::from_fn(|k| eta[k][i]), y[i]);
        sum += value;
        for k in 0..H {
            to[k][i] = slope[k];
        }
    }
    sum
}

/// Logits in rows.
fn softmax<T: Scalar>(it: &Problem<T>, slopes: &mut [T]) -> T {
    let (classes, mut sum) = (it.case.classes(), T::of(0.0));
    for (i, (row, slope)) in it.eta.chunks_exact(classes).zip(slopes.chunks_exact_mut(classes)).enumerate() {
        let largest = row.iter().fold(row[0], |m, &x| if x > m { x } else { m });
        let mut total = T::of(0.0);
        for (s, &x) in slope.iter_mut().zip(row) {
            *s = (x - largest).exp();
            total += *s;
        }
        slope.iter_mut().for_each(|s| *s = *s / total);
        let own = it.data.y[i].to_f64() as usize;
        sum += total.ln() + largest - row[own];
        slope[own] = slope[own] - T::of(1.0);
    }
    sum
}

/// ln(1 + eˣ) and its slope.
#[inline(always)]
fn softplus<T: Scalar>(x: T) -> (T, T) {
    let (zero, one) = (T::of(0.0), T::of(1.0));
    if x > zero {
        let e = (-x).exp();
        (x + e.ln_1p(), one / (one + e))
    } else {
        let e = x.exp();
        (e.ln_1p(), e / (one + e))
    }
}

/// A location and a scale, the scale fixed or predicted. `row` is given location, ln scale, 1/scale and target.
#[inline(always)]
fn location_scale<T: Scalar>(it: &Problem<T>, slopes: &mut [T], row: impl Fn(T, T, T, T) -> (T, [T; 2])) -> T {
    let scale = it.case.fixed("scale");
    let (ln_scale, w) = (T::of(libm::log(scale)), T::of(1.0) / T::of(scale));
    match it.case.bound.heads() {
        1 => rows(it, slopes, |[m], y| {
            let (value, [slope, _]) = row(m, ln_scale, w, y);
            (value, [slope])
        }),
        _ => rows(it, slopes, |[m, s], y| row(m, s, (-s).exp(), y)),
    }
}

/// One pass over a problem: Σ −ln p, slopes written. `None` for a family that nobody has written down here.
pub fn naive<T: Scalar>(it: &Problem<T>, slopes: &mut [T]) -> Option<f64> {
    let (zero, half, one, two) = (T::of(0.0), T::of(0.5), T::of(1.0), T::of(2.0));
    let fixed = |name| T::of(it.case.fixed(name));
    let ln_scale = T::of(libm::log(it.case.fixed("scale")));
    let ln_sqrt_tau = T::of(0.5 * libm::log(std::f64::consts::TAU));
    let sum = match (it.case.family(), it.case.bound.heads()) {
        ("gaussian", 1) => {
            let (w, c) = (one / (fixed("scale") * fixed("scale")), ln_scale + ln_sqrt_tau);
            rows(it, slopes, |[m], y| {
                let r = m - y;
                (half * w * r * r + c, [w * r])
            })
        }
        ("gaussian", 2) => rows(it, slopes, |[m, s], y| {
            let w = (-s).exp();
            let z = (m - y) * w;
            (half * z * z + s + ln_sqrt_tau, [z * w, one - z * z])
        }),
        ("log_normal", 1) => {
            let (w, c) = (one / (fixed("scale") * fixed("scale")), ln_scale + ln_sqrt_tau);
            rows(it, slopes, |[m], y| {
                let l = y.ln();
                let r = m - l;
                (half * w * r * r + c + l, [w * r])
            })
        }
        ("log_normal", 2) => rows(it, slopes, |[m, s], y| {
            let (l, w) = (y.ln(), (-s).exp());
            let z = (m - l) * w;
            (half * z * z + s + ln_sqrt_tau + l, [z * w, one - z * z])
        }),
        ("laplace", 1) => {
            let (w, c) = (one / fixed("scale"), ln_scale + two.ln());
            rows(it, slopes, |[m], y| {
                let r = m - y;
                if r < zero { (c - w * r, [-w]) } else { (c + w * r, [w]) }
            })
        }
        ("laplace", 2) => rows(it, slopes, |[m, s], y| {
            let (w, c) = ((-s).exp(), two.ln() + s);
            let r = m - y;
            if r < zero { (c - w * r, [-w, one + w * r]) } else { (c + w * r, [w, one - w * r]) }
        }),
        ("asymmetric_laplace", _) => {
            let tau = fixed("quantile");
            let c = -(tau.ln() + (-tau).ln_1p());
            location_scale(it, slopes, |m, s, w, y| {
                let r = y - m;
                let slope = if r < zero { tau - one } else { tau };
                let z = r * slope * w;
                (z + s + c, [-slope * w, one - z])
            })
        }
        ("logistic", _) => location_scale(it, slopes, |m, s, w, y| {
            let z = (y - m) * w;
            let (value, slope) = softplus(-z);
            let d = one - two * slope;
            (z + two * value + s, [-d * w, one - d * z])
        }),
        ("student_t", heads) => {
            let row = |m: T, s: T, nu: T, norm: T, y: T| {
                let w = (-s).exp();
                let z = (m - y) * w;
                let q = z * z / nu;
                let a = half * (nu + one);
                let share = q / (one + q);
                let value = a * q.ln_1p() + s + norm;
                let slope = (nu + one) * z * w / (nu + z * z);
                (value, [slope, one - two * a * share], half * q.ln_1p() - a * share / nu)
            };
            let norm = |nu: T| {
                let ln_pi = T::of(libm::log(std::f64::consts::PI));
                (half * nu).lgamma() - (half * (nu + one)).lgamma() + half * (nu.ln() + ln_pi)
            };
            match heads {
                1 => {
                    let (nu, c) = (fixed("nu"), norm(fixed("nu")));
                    rows(it, slopes, |[m], y| {
                        let (value, [slope, _], _) = row(m, ln_scale, nu, c, y);
                        (value, [slope])
                    })
                }
                2 => {
                    let (nu, c) = (fixed("nu"), norm(fixed("nu")));
                    rows(it, slopes, |[m, s], y| {
                        let (value, slopes, _) = row(m, s, nu, c, y);
                        (value, slopes)
                    })
                }
                _ => rows(it, slopes, |[m, u, s], y| {
                    let excess = u.exp();
                    let nu = excess + half;
                    let (value, [a, b], c) = row(m, s, nu, norm(nu), y);
                    let d = half * (digamma(half * nu) - digamma(half * (nu + one)) + one / nu);
                    (value, [a, excess * (c + d), b])
                }),
            }
        }
        ("poisson", _) => rows(it, slopes, |[u], y| {
            let mean = u.exp();
            (mean - y * u, [mean - y])
        }),
        ("exponential", _) => rows(it, slopes, |[u], y| {
            let z = y * (-u).exp();
            (z + u, [one - z])
        }),
        ("bernoulli", _) => rows(it, slopes, |[u], y| {
            let (value, p) = softplus(u);
            (value - y * u, [p - y])
        }),
        ("gamma", heads) => {
            let row = |u: T, k: T, y: T| {
                let (l, z) = (y.ln(), y * (-u).exp());
                (k * (z + u) - (k - one) * l, k * (one - z), k * (z + u - l))
            };
            match heads {
                1 => {
                    let k = fixed("shape");
                    let c = k.lgamma() - k * k.ln();
                    rows(it, slopes, |[u], y| {
                        let (value, slope, _) = row(u, k, y);
                        (value + c, [slope])
                    })
                }
                _ => rows(it, slopes, |[u, v], y| {
                    let k = v.exp();
                    let (value, slope, in_shape) = row(u, k, y);
                    (value + k.lgamma() - k * v, [slope, in_shape + k * (digamma(k) - v - one)])
                }),
            }
        }
        ("negative_binomial", heads) => {
            let row = |u: T, v: T, alpha: T, y: T| {
                let (r, x) = (one / alpha, alpha * u.exp());
                let (l, share) = (x.ln_1p(), x / (one + x));
                (r, l, share, (r + y) * l - y * (u + v), (r + y) * share - y)
            };
            match heads {
                1 => {
                    let alpha = fixed("dispersion");
                    let v = alpha.ln();
                    let c = (one / alpha).lgamma();
                    rows(it, slopes, |[u], y| {
                        let (r, _, _, value, slope) = row(u, v, alpha, y);
                        (value + c - (r + y).lgamma(), [slope])
                    })
                }
                _ => rows(it, slopes, |[u, v], y| {
                    let (r, l, _, value, slope) = row(u, v, v.exp(), y);
                    let value = value + r.lgamma() - (r + y).lgamma();
                    (value, [slope, slope + r * (digamma(r + y) - digamma(r) - l)])
                }),
            }
        }
        ("categorical", _) => softmax(it, slopes),
        _ => return None,
    };
    Some(sum.to_f64() + it.base)
}
