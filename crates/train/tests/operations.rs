//! The loss and the prior as operations of candle: right in any graph, as candle's own operations are.

use candle_core::{DType, Device, Result, Tensor, Var};
use surprisal_density::{AnyFamily, Prior, Support, family::Categorical};
use surprisal_kernel::{Bound, Kernel, Penalty, Rows, kernel};
use surprisal_train::{NegLogPrior, Nll};

/// Each family in each way that leaves something to train, and classes in short rows and long ones.
fn bindings() -> Vec<Bound> {
    let first = AnyFamily::all().into_iter().flat_map(|family| family.examples().into_iter().take(1));
    let all = first.flat_map(|(family, at)| Bound::bindings(family, &at));
    let classes = [(4, Some(1)), (40, None)];
    let of = |(classes, reference)| Bound::predicted(Categorical { classes: Some(classes), reference }.into());
    all.filter(|bound| bound.heads() + bound.learned() > 0).chain(classes.map(of)).collect()
}

fn noise(i: usize, k: usize) -> f64 {
    let x = (i as f64 + 1.0) * (0.754_877_666_246_692_7 + 0.131 * k as f64) + 0.37 * k as f64;
    x - x.floor()
}

struct Case {
    bound: Bound,
    eta: Vec<f64>,
    learned: Vec<f64>,
    y: Vec<f64>,
    weight: Vec<f64>,
    offset: Vec<f64>,
}

const N: usize = 37;

fn case(bound: Bound) -> Case {
    let round = |x: f64| f64::from(x as f32);
    let y = (0..N).map(|i| match bound.family.support() {
        Support::Real => round(4.0 * noise(i, 7) - 2.0),
        Support::Positive => round(0.1 + 3.0 * noise(i, 7)),
        Support::Counts => (5.0 * noise(i, 7)).floor(),
        Support::Classes(classes) => (classes.unwrap_or(2) as f64 * noise(i, 7)).floor(),
        Support::Clamped(..) => unreachable!("no family of a config"),
    });
    Case {
        eta: (0..N * bound.heads()).map(|i| round(2.0 * noise(i, 1) - 1.0)).collect(),
        learned: (0..bound.learned()).map(|k| round(0.4 - 0.7 * k as f64)).collect(),
        y: y.collect(),
        weight: (0..N).map(|i| round(0.25 + noise(i, 3))).collect(),
        offset: (0..N).map(|i| round(noise(i, 4) - 0.5)).collect(),
        bound,
    }
}

/// Value, slopes in η, slopes in the learned numbers, over some rows.
fn reference(case: &Case, eta: &[f64], rows: Option<&[usize]>) -> (f64, Vec<f64>, Vec<f64>) {
    let kernel: Box<dyn Kernel> = kernel(&case.bound);
    let targets = kernel.targets(case.y.clone(), Some(case.weight.clone()), Some(case.offset.clone()));
    let (mut g, mut h) = (vec![0.0; eta.len()], vec![0.0; case.learned.len()]);
    let rows = rows.map_or(Rows::All, Rows::These);
    (kernel.value_and_gradient(eta, &case.learned, &targets, rows, &mut g, &mut h), g, h)
}

fn nll(case: &Case, dtype: DType) -> Result<Nll> {
    Nll::new(&case.bound, dtype, &case.y, Some(&case.weight), Some(&case.offset), &Device::Cpu)
}

fn tensor(x: &[f64], shape: impl Into<candle_core::Shape>, dtype: DType) -> Result<Tensor> {
    Tensor::from_vec(x.to_vec(), shape.into(), &Device::Cpu)?.to_dtype(dtype)
}

fn flat(x: &Tensor) -> Result<Vec<f64>> {
    x.to_dtype(DType::F64)?.flatten_all()?.to_vec1()
}

fn near(found: &[f64], expected: &[f64], factor: f64, dtype: DType, what: &str) {
    let allowed = if dtype == DType::F64 { 1e-12 } else { 4e-6 };
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let expected = factor * expected;
        assert!((found - expected).abs() <= allowed * (1.0 + expected.abs()), "{what}: {found} for {expected}");
    }
}

const BOTH: [DType; 2] = [DType::F64, DType::F32];

#[test]
fn value_and_slopes_are_those_of_the_reference_whatever_comes_from_above() -> Result<()> {
    for case in bindings().into_iter().map(case) {
        for dtype in BOTH {
            let what = format!("{:?} {dtype:?}", case.bound);
            let eta = Var::from_tensor(&tensor(&case.eta, (N, case.bound.heads()), dtype)?)?;
            let learned = Var::from_tensor(&tensor(&case.learned, case.learned.len(), dtype)?)?;
            let (value, g, h) = reference(&case, &case.eta, None);
            let loss = nll(&case, dtype)?.apply(&eta, Some(&learned), None)?;
            near(&flat(&loss)?, &[value], 1.0, dtype, &what);
            for factor in [1.0, -0.3] {
                let grads = loss.affine(factor, 5.0)?.backward()?;
                let slopes = |var: &Var| grads.get(var).map_or(Ok(vec![]), flat);
                near(&slopes(&eta)?, &g, factor, dtype, &what);
                near(&slopes(&learned)?, &h, factor, dtype, &what);
            }
        }
    }
    Ok(())
}

#[test]
fn a_strided_or_broadcast_eta_gives_what_its_copy_gives() -> Result<()> {
    for case in bindings().into_iter().filter(|bound| bound.heads() > 0).map(case) {
        let (dtype, heads) = (DType::F64, case.bound.heads());
        let learned = tensor(&case.learned, case.learned.len(), dtype)?;
        let op = nll(&case, dtype)?;
        // Columns of a wider tensor, head after head: strides of 1 and N + 2, and an offset.
        let wide: Vec<f64> = (0..(heads + 1) * (N + 2)).map(|i| noise(i, 2) - 0.5).collect();
        let wide = Var::from_tensor(&tensor(&wide, (heads + 1, N + 2), dtype)?)?;
        let eta = wide.narrow(0, 1, heads)?.narrow(1, 1, N)?.t()?;
        let (value, g, _) = reference(&case, &flat(&eta)?, None);
        let loss = op.apply(&eta, Some(&learned), None)?;
        near(&flat(&loss)?, &[value], 1.0, dtype, "strided");
        let grads = loss.backward()?;
        let found = grads.get(&wide).expect("it is used").narrow(0, 1, heads)?.narrow(1, 1, N)?.t()?;
        near(&flat(&found)?, &g, 1.0, dtype, "strided");
        // One row for all: the slopes are summed.
        let row = Var::from_tensor(&tensor(&case.eta[..heads], (1, heads), dtype)?)?;
        let (value, g, _) = reference(&case, &case.eta[..heads].repeat(N), None);
        let loss = op.apply(&row.broadcast_as((N, heads))?, Some(&learned), None)?;
        near(&flat(&loss)?, &[value], 1.0, dtype, "broadcast");
        let sums: Vec<f64> = (0..heads).map(|k| g.iter().skip(k).step_by(heads).sum()).collect();
        let grads = loss.backward()?;
        near(&flat(grads.get(&row).expect("it is used"))?, &sums, 1.0, dtype, "broadcast");
    }
    Ok(())
}

#[test]
fn one_loss_serves_many_times_in_one_graph_and_rows_by_number() -> Result<()> {
    for case in bindings().into_iter().map(case) {
        let (dtype, heads) = (DType::F64, case.bound.heads());
        let op = nll(&case, dtype)?;
        let eta = Var::from_tensor(&tensor(&case.eta, (N, heads), dtype)?)?;
        let learned = Var::from_tensor(&tensor(&case.learned, case.learned.len(), dtype)?)?;
        let (first, second): (Vec<usize>, Vec<usize>) = ((0..20).map(|i| i * 7 % N).collect(), vec![3, 3, 36, 0]);
        let mut expected = (0.0, vec![0.0; N * heads], vec![0.0; case.learned.len()]);
        let mut loss = Tensor::zeros((), dtype, &Device::Cpu)?;
        for (factor, rows) in [(1.0, &first), (2.0, &second), (0.5, &first)] {
            let numbers = Tensor::new(rows.iter().map(|&i| i as u32).collect::<Vec<_>>(), &Device::Cpu)?;
            let part = op.apply(
                &if heads > 0 {
                    eta.index_select(&numbers, 0)?
                } else {
                    Tensor::zeros((rows.len(), 0), dtype, &Device::Cpu)?
                },
                Some(&learned),
                Some(&numbers),
            )?;
            loss = (loss + part.affine(factor, 0.0)?)?;
            let some: Vec<f64> = rows.iter().flat_map(|&i| &case.eta[i * heads..(i + 1) * heads]).copied().collect();
            let (value, g, h) = reference(&case, &some, Some(rows));
            expected.0 += factor * value;
            for (at, &i) in rows.iter().enumerate() {
                (0..heads).for_each(|k| expected.1[i * heads + k] += factor * g[at * heads + k]);
            }
            expected.2.iter_mut().zip(h).for_each(|(sum, slope)| *sum += factor * slope);
        }
        let what = format!("{:?}", case.bound);
        near(&flat(&loss)?, &[expected.0], 1.0, dtype, &what);
        let grads = loss.backward()?;
        near(&grads.get(&eta).map_or(Ok(vec![]), flat)?, &expected.1, 1.0, dtype, &what);
        near(&grads.get(&learned).map_or(Ok(vec![]), flat)?, &expected.2, 1.0, dtype, &what);
    }
    Ok(())
}

#[test]
fn a_loss_that_nobody_trains_has_the_same_value() -> Result<()> {
    for case in bindings().into_iter().map(case) {
        for dtype in BOTH {
            let eta = tensor(&case.eta, (N, case.bound.heads()), dtype)?;
            let learned = tensor(&case.learned, case.learned.len(), dtype)?;
            let op = nll(&case, dtype)?;
            let plain = op.apply(&eta, Some(&learned), None)?;
            let var = Var::from_tensor(&learned)?;
            let tracked = op.apply(&eta, Some(&var), None)?;
            assert_eq!(flat(&plain)?, flat(&tracked)?, "{:?}", case.bound);
        }
    }
    Ok(())
}

#[test]
fn what_does_not_fit_is_an_error_that_says_what_was_expected() -> Result<()> {
    let case = case(Bound::predicted(AnyFamily::named("gaussian").expect("a family")));
    let error =
        |it: Result<Tensor>| it.expect_err("it does not fit").to_string().lines().next().unwrap_or("").to_string();
    let op = nll(&case, DType::F64)?;
    let eta = |n: usize, heads: usize, dtype: DType| Tensor::zeros((n, heads), dtype, &Device::Cpu);
    let found = [
        error(op.apply(&eta(N, 1, DType::F64)?, None, None)),
        error(op.apply(&eta(N, 2, DType::F32)?, None, None)),
        error(op.apply(&eta(N, 2, DType::F64)?, Some(&tensor(&[1.0], 1, DType::F64)?), None)),
        error(op.apply(&eta(1, 2, DType::F64)?, None, Some(&Tensor::new(&[37u32], &Device::Cpu)?))),
        error(op.apply(&eta(1, 2, DType::F64)?, None, Some(&Tensor::new(&[-1i64], &Device::Cpu)?))),
        error(Nll::new(&case.bound, DType::F64, &[1.0], Some(&[1.0, 2.0]), None, &Device::Cpu).map(|_| unreachable!())),
        error(
            Nll::new(
                &Bound::predicted(AnyFamily::named("asymmetric_laplace").expect("a family")),
                DType::F64,
                &[1.0],
                None,
                None,
                &Device::Cpu,
            )
            .map(|_| unreachable!()),
        ),
        error(Nll::new(&case.bound, DType::U8, &[1.0], None, None, &Device::Cpu).map(|_| unreachable!())),
        error(
            NegLogPrior::new(&Penalty { family: AnyFamily::named("gamma").expect("a family"), at: vec![1.0, 1.0] })
                .apply(&eta(1, 1, DType::F64)?),
        ),
    ];
    insta::assert_snapshot!(found.join("\n"));
    Ok(())
}

#[test]
fn a_prior_and_its_slopes_are_those_of_the_reference_in_any_shape() -> Result<()> {
    for family in AnyFamily::all().into_iter().filter(|it| Prior::may_be(*it)) {
        let at = family.examples().into_iter().next().map_or(vec![], |(_, at)| at);
        let penalty = Penalty { family, at };
        let prior = NegLogPrior::new(&penalty);
        for dtype in BOTH {
            let what = format!("{penalty:?} {dtype:?}");
            let theta: Vec<f64> = (0..3 * 5 * 7).map(|i| f64::from((4.0 * noise(i, 0) - 2.0) as f32)).collect();
            let var = Var::from_tensor(&tensor(&theta, (3, 5, 7), dtype)?)?;
            let view = var.transpose(0, 2)?.narrow(0, 1, 5)?;
            let numbers = flat(&view)?;
            let mut slopes = vec![0.0; numbers.len()];
            let value = penalty.value_and_gradient(&numbers, &mut slopes);
            let loss = prior.apply(&view)?;
            near(&flat(&loss)?, &[value], 1.0, dtype, &what);
            let twice = (prior.apply(&view)? + loss.affine(-3.0, 0.0)?)?;
            let grads = twice.backward()?;
            let found = grads.get(&var).expect("it is used").transpose(0, 2)?.narrow(0, 1, 5)?;
            near(&flat(&found)?, &slopes, -2.0, dtype, &what);
        }
    }
    Ok(())
}
