//! The golden bits: if this test changes, so must `surprisal_spec::BITS`, for records of older bits are then stale.

use surprisal_density::{AnyFamily, Family, Purpose, Stream, Visit};
use surprisal_kernel::{Bound, Rows, kernel};

struct Examples;
impl Visit for Examples {
    type Output = Vec<(usize, Vec<f64>)>;
    fn visit<F: Family>(self, _: F) -> Self::Output {
        F::examples().into_iter().map(|(family, at)| (family.arity(), at)).collect()
    }
}

/// FNV-1a over the bits of values and gradients of every family, everything predicted, on 5000 rows.
fn digest() -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |x: f64| hash = (hash ^ x.to_bits()).wrapping_mul(0x0000_0100_0000_01b3);
    for family in AnyFamily::all() {
        for (arity, at) in family.visit(Examples).into_iter().take(1) {
            let family = match family {
                AnyFamily::Categorical(mut it) => {
                    it.classes = Some(arity);
                    it.into()
                }
                other => other,
            };
            let kernel = kernel(&Bound::predicted(family));
            let mut stream = Stream::new(Purpose::Sample, &[1]);
            let y: Vec<f64> = (0..5000).map(|_| family.sample(&at, &mut stream)).collect();
            let eta: Vec<f64> = (0..5000 * kernel.heads()).map(|_| stream.normal()).collect();
            let targets = kernel.targets(y, None, None);
            let mut gradient = vec![0.0; eta.len()];
            eat(kernel.value_and_gradient(&eta, &[], &targets, Rows::All, &mut gradient, &mut []));
            gradient.into_iter().for_each(&mut eat);
        }
    }
    hash
}

#[test]
fn the_bits_of_every_kernel_are_the_golden_ones() {
    assert_eq!(digest(), 739_107_032_836_920_436, "new bits: set them here and bump `BITS` in crates/spec/src/run.rs");
}
