//! The golden bits: if this test changes, so must `surprisal_spec::BITS`, for records of older bits are then stale.

use surprisal_density::{AnyFamily, Purpose, Stream};
use surprisal_kernel::{Batch, Bound, Isa, Layout, Rows, Slot, Vectors, fused, kernel};

/// FNV-1a over the bits of value and gradients of a family, everything predicted, on 5000 rows of its first example: by
/// the reference, and by the vectors of f64 and f32.
fn digest(family: AnyFamily) -> Option<u64> {
    let (family, at) = family.examples().into_iter().next()?;
    let mut bound = Bound::predicted(family);
    let trainable = |j: usize| family.parameters().get(j).is_none_or(|it| it.trainable);
    // What is never trained is given.
    let mut heads = 0..;
    for (j, slot) in bound.slots.iter_mut().enumerate() {
        *slot = if trainable(j) { Slot::Predicted(heads.next().expect("endless")) } else { Slot::Fixed(at[j]) };
    }
    let mut stream = Stream::new(Purpose::Sample, &[1]);
    let y: Vec<f64> = (0..5000).map(|_| family.sample(&at, &mut stream)).collect();
    let eta: Vec<f64> = (0..5000 * bound.heads()).map(|_| stream.normal()).collect();
    let fnv = |hash: u64, x: &f64| (hash ^ x.to_bits()).wrapping_mul(0x0000_0100_0000_01b3);
    let all = [reference(&bound, &y, &eta), vectors::<f64>(&bound, &y, &eta), vectors::<f32>(&bound, &y, &eta)];
    Some(all.concat().iter().fold(0xcbf2_9ce4_8422_2325, fnv))
}

/// Value and gradient, row after row.
fn reference(bound: &Bound, y: &[f64], eta: &[f64]) -> Vec<f64> {
    let kernel = kernel(bound);
    let targets = kernel.targets(y.to_vec(), None, None);
    let mut gradient = vec![0.0; eta.len()];
    let value = kernel.value_and_gradient(eta, &[], &targets, Rows::All, &mut gradient, &mut []);
    [vec![value], gradient].concat()
}

/// The same by the kernels that train.
fn vectors<T: Vectors>(bound: &Bound, y: &[f64], eta: &[f64]) -> Vec<f64> {
    let of = |xs: &[f64]| xs.iter().map(|&x| T::of(x)).collect::<Vec<T>>();
    let (kernel, eta) = (fused::<T>(bound), of(eta));
    let batch = Batch { eta: &eta, layout: Layout::Rows, learned: &[], upstream: 1.0 };
    let mut gradient = vec![T::of(0.0); eta.len()];
    let data = kernel.data(of(y), None, None);
    let value = kernel.value_and_gradient(Isa::best(), &batch, &data, &mut gradient, &mut []);
    std::iter::once(value).chain(gradient.into_iter().map(T::to_f64)).collect()
}

/// A new family is added here once records of it exist; until then it has no bits to keep.
const GOLDEN: &[(&str, u64)] = &[
    ("asymmetric_laplace", 16_436_308_424_219_968_739),
    ("bernoulli", 2_350_626_535_931_570_376),
    ("categorical", 11_163_762_471_179_781_932),
    ("exponential", 13_940_143_994_362_782_399),
    ("gamma", 9_452_053_044_816_532_976),
    ("gaussian", 3_385_388_321_641_662_075),
    ("laplace", 550_663_949_303_550_059),
    ("log_normal", 2_282_450_725_777_460_242),
    ("logistic", 1_629_982_731_518_576_342),
    ("negative_binomial", 5_505_125_725_164_487_631),
    ("poisson", 15_129_628_818_537_996_345),
    ("student_t", 11_396_027_194_078_426_368),
];

#[test]
fn the_bits_of_every_kernel_are_the_golden_ones() {
    let all = AnyFamily::all();
    let found: Vec<(&str, u64)> = all.into_iter().filter_map(|it| Some((it.name(), digest(it)?))).collect();
    for (name, bits) in GOLDEN {
        let now = found.iter().find(|(known, _)| known == name).map(|(_, bits)| bits);
        assert_eq!(
            now,
            Some(bits),
            "new bits of {name}: set them here and bump `BITS` in crates/spec/src/run.rs; all: {found:?}"
        );
    }
}
