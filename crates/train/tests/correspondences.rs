//! The thesis as tests, through the real runner: every loss is −ln p, every penalty a prior.

mod common;

use common::newton::Design;
use common::sheet::{RAW, STANDARDISED, Sheet, linear};
use common::{Done, assert_value, close, one, prepare};
use surprisal_data::{InnerRule, inner_split};
use surprisal_spec::Status;
use surprisal_train::{At, Objective};

fn noisy(n: usize) -> Sheet {
    Sheet::draw(111, n, 3, |x, stream| linear(x) + 0.8 * stream.normal())
}
fn weights(done: &Done) -> Vec<(String, f64)> {
    done.parameters().into_iter().filter(|(name, _)| name != "scale").collect()
}
fn same(a: &Done, b: &Done, tolerance: f64) {
    for ((name, x), (_, y)) in weights(a).iter().zip(weights(b)) {
        close(*x, y, tolerance, name);
    }
}

#[test]
fn gaussian_nll_trains_like_squared_error_whatever_the_scale() {
    for keys in [RAW, STANDARDISED] {
        let dataset = noisy(60).dataset(keys);
        let mse = one(&dataset, "estimator: mse");
        for scale in ["0.01", "1", "30", "{ standardised: 0.5 }", "learned"] {
            let gaussian = one(&dataset, &format!("likelihood: {{ gaussian: {{ scale: {scale} }} }}\nestimator: mle"));
            same(&mse, &gaussian, 1e-6);
        }
    }
}

#[test]
fn sgd_on_gaussian_nll_is_sgd_on_squared_error_with_the_rate_times_the_variance() {
    // ½r² and r²/2σ²: a rate of lr σ² for the second is the same path, batch by batch, so the shuffles are the same.
    for keys in [RAW, STANDARDISED] {
        let dataset = noisy(61).dataset(keys);
        for sigma in [0.25, 2.0] {
            let sgd = |lr: f64| format!("optimiser: {{ sgd: {{ lr: {lr:?}, epochs: 4, batch: 7, momentum: 0.5 }} }}");
            let mse = one(&dataset, &format!("estimator: mse\n{}", sgd(0.02)));
            let likelihood =
                format!("likelihood: {{ gaussian: {{ scale: {{ standardised: {sigma} }} }} }}\nestimator: mle");
            let gaussian = one(&dataset, &format!("{likelihood}\n{}", sgd(0.02 * sigma * sigma)));
            same(&mse, &gaussian, 1e-12);
            assert!(mse.at("w.x1") != 0.0);
        }
    }
}

#[test]
fn mse_is_gaussian_mle_with_learned_scale_at_the_optimum() {
    let mse = one("{ diabetes: { split: none } }", "estimator: mse");
    let mle = one("{ diabetes: { split: none } }", "likelihood: { gaussian: { scale: learned } }\nestimator: mle");
    same(&mse, &mle, 1e-6);
    close(mse.at("scale"), mle.at("scale"), 1e-6, "scale");
    assert_value(&mse, mle.fit().objective.0);
}

#[test]
fn a_gaussian_prior_is_weight_decay() {
    // Whole batches of ½r² with decay σ²/(τ²N), stepped by hand.
    let (sigma, tau, lr, n) = (0.8, 0.3, 0.05, 40.0);
    let text = format!(
        "likelihood: {{ gaussian: {{ scale: {sigma} }} }}\nprior: {{ gaussian: {{ scale: {tau} }} }}\n\
         optimiser: {{ sgd: {{ lr: {:?}, epochs: 25, batch: 40 }} }}",
        lr * sigma * sigma
    );
    let done = one(&noisy(40).dataset(RAW), &text);
    let design = Design::of(&done, true, &["location"], &[]);
    let decay = sigma * sigma / (tau * tau * n);
    let mut theta = vec![0.0; 4];
    for _ in 0..25 {
        let mut gradient = [0.0; 4];
        for i in 0..40 {
            let row = design.row(i);
            let r = common::algebra::dot(&row, &theta) - design.y[i];
            (0..4).for_each(|j| gradient[j] += r * row[j] / n);
        }
        (0..4).for_each(|j| theta[j] -= lr * (gradient[j] + if j < 3 { decay * theta[j] } else { 0.0 }));
    }
    for (name, x) in design.names.iter().zip(theta) {
        close(done.at(name), x, 1e-12, name);
    }
}

#[test]
fn a_laplace_prior_is_the_lasso() {
    // min ½|y − Xθ|² + λ|θ|₁ with λ = σ²/b, by coordinate descent with soft thresholds.
    let (sigma, b): (f64, f64) = (0.8, 0.04);
    let done = one(
        &noisy(60).dataset(RAW),
        &format!("likelihood: {{ gaussian: {{ scale: {sigma} }} }}\nprior: {{ laplace: {{ scale: {b} }} }}"),
    );
    let design = Design::of(&done, true, &["location"], &[]);
    let lambda = sigma * sigma / b;
    let mut theta = vec![0.0_f64; 4];
    for _ in 0..5000 {
        for j in 0..4 {
            let (mut xr, mut xx) = (0.0, 0.0);
            for i in 0..60 {
                let row = design.row(i);
                let r = design.y[i] - common::algebra::dot(&row, &theta) + row[j] * theta[j];
                xr += row[j] * r;
                xx += row[j] * row[j];
            }
            let shrunk = if j < 3 { xr.signum() * (xr.abs() - lambda).max(0.0) } else { xr };
            theta[j] = shrunk / xx;
        }
    }
    for (name, x) in design.names.iter().zip(theta) {
        close(done.at(name), x, 1e-6, name);
        assert!(x != 0.0 || done.at(name) == 0.0, "{name} is exactly 0");
    }
}

#[test]
fn student_t_becomes_gaussian_as_nu_grows_at_the_rate_of_one_over_nu() {
    for keys in [RAW, STANDARDISED] {
        let dataset = noisy(50).dataset(keys);
        let gaussian = one(&dataset, "likelihood: { gaussian: { scale: 0.7 } }\nestimator: mle");
        let gap = |nu: &str| {
            let student =
                one(&dataset, &format!("likelihood: {{ student_t: {{ nu: {nu}, scale: 0.7 }} }}\nestimator: mle"));
            let far = weights(&student)
                .iter()
                .zip(weights(&gaussian))
                .map(|((_, a), (_, b))| (a - b).abs())
                .fold(0.0, f64::max);
            (far, student.fit().objective.0 - gaussian.fit().objective.0)
        };
        let (a, b, c) = (gap("1e3"), gap("1e4"), gap("1e9"));
        close(a.0 / b.0, 10.0, 0.5, "ratio of distances");
        close(a.1 / b.1, 10.0, 0.5, "ratio of values");
        assert!(c.0 < 1e-6 && c.1.abs() < 1e-6, "{c:?}");
    }
}

#[test]
fn map_under_a_flat_prior_is_mle_and_the_same_run() {
    let keys = "likelihood: { laplace: { scale: learned } }\nsweep: { grid: { estimator: [mle, map] } }";
    let it = prepare("{ diabetes: { split: none } }", keys);
    assert_eq!((it.plan.runs.len(), it.plan.shared), (1, 1));
    assert_eq!(it.plan.arms[0].units[0].runs, it.plan.arms[1].units[0].runs);
    let wide = "prior: { gaussian: { scale: 3 } }\nlikelihood: { gaussian: { scale: learned } }\nsweep: { grid: { estimator: [mle, map] } }";
    assert_eq!(prepare("{ diabetes: { split: none } }", wide).plan.runs.len(), 2, "a prior makes another run");
}

#[test]
fn map_becomes_mle_at_the_rate_of_one_over_n() {
    let gap = |n: usize| {
        let dataset = format!("{{ linear_gaussian: {{ n: {n}, test_n: 1, replicates: 1 }} }}");
        let likelihood = "likelihood: { gaussian: { scale: 1 } }\nprior: { gaussian: { scale: 0.5 } }";
        let (map, mle) = (one(&dataset, likelihood), one(&dataset, &format!("{likelihood}\nestimator: mle")));
        let square: f64 = weights(&map).iter().zip(weights(&mle)).map(|((_, a), (_, b))| (a - b) * (a - b)).sum();
        square.sqrt()
    };
    let (a, b, c) = (gap(200), gap(2000), gap(20_000));
    assert!((7.0..14.0).contains(&(a / b)) && (8.5..11.5).contains(&(b / c)), "{a} {b} {c}");
}

#[test]
fn adam_with_a_prior_reaches_the_map_and_adamw_with_decay_does_not() {
    let dataset = noisy(40).dataset(RAW);
    let likelihood = "likelihood: { gaussian: { scale: 0.8 } }";
    let map = one(&dataset, &format!("{likelihood}\nprior: {{ gaussian: {{ scale: 0.2 }} }}"));
    let steps = "lr: 0.003, epochs: 6000, batch: 40";
    let adam = one(
        &dataset,
        &format!("{likelihood}\nprior: {{ gaussian: {{ scale: 0.2 }} }}\noptimiser: {{ adam: {{ {steps} }} }}"),
    );
    same(&map, &adam, 1e-3);
    // Decay of the gradient of the prior over N, λ = 1/(τ²N): what one would write.
    let adamw = one(&dataset, &format!("{likelihood}\noptimiser: {{ adamw: {{ {steps}, weight_decay: 0.625 }} }}"));
    let far = weights(&map).iter().zip(weights(&adamw)).map(|((_, a), (_, b))| (a - b).abs()).fold(0.0, f64::max);
    assert!(far > 0.05, "adamw is {far} from the map");
    let plain = one(&dataset, &format!("{likelihood}\noptimiser: {{ adam: {{ {steps} }} }}"));
    let zero = one(&dataset, &format!("{likelihood}\noptimiser: {{ adamw: {{ {steps} }} }}"));
    assert_eq!(plain.fit().parameters, zero.fit().parameters, "no decay unless stated");
}

#[test]
fn the_prior_counts_once_an_epoch_whatever_the_batch_size() {
    // One epoch of tiny steps moves θ by the whole gradient; the last batch of 7s and 32s is short.
    let dataset = noisy(50).dataset(RAW);
    let assumption = "likelihood: { gaussian: { scale: 0.8 } }\nprior: { gaussian: { location: 1, scale: 0.05, bias: { laplace: { location: -1, scale: 0.01 } } } }";
    let whole = one(&dataset, assumption);
    let names: Vec<String> = whole.parameters().into_keys().collect();
    let slope = |name: &str| {
        let at = |x: f64| names.iter().map(|it| (it.clone(), if it == name { x } else { 0.0 })).collect::<At>();
        (whole.objective_at(&at(1e-5)).objective() - whole.objective_at(&at(-1e-5)).objective()) / 2e-5
    };
    for batch in [1, 7, 32, 50, 64] {
        let lr = 1e-9;
        let done =
            one(&dataset, &format!("{assumption}\noptimiser: {{ sgd: {{ lr: {lr:?}, epochs: 1, batch: {batch} }} }}"));
        for name in &names {
            let moved = -done.at(name) * (batch.min(50) as f64) / lr;
            close(moved / slope(name), 1.0, 1e-5, &format!("{name}, batches of {batch}"));
        }
    }
}

#[test]
fn whole_batches_reach_the_map() {
    let dataset = noisy(50).dataset(RAW);
    let assumption = "likelihood: { gaussian: { scale: 1 } }\nprior: { gaussian: { scale: 0.2 } }";
    let map = one(&dataset, assumption);
    for batch in [50, 64] {
        let sgd =
            one(&dataset, &format!("{assumption}\noptimiser: {{ sgd: {{ lr: 0.1, epochs: 2000, batch: {batch} }} }}"));
        same(&map, &sgd, 1e-6);
        assert_eq!(*sgd.status(), Status::Converged);
    }
}

#[test]
fn rows_of_early_stopping_are_outside_n() {
    let dataset = noisy(100).dataset(RAW);
    let keys = "likelihood: { gaussian: { scale: 0.8 } }\nprior: { gaussian: { scale: 0.5 } }
optimiser: { adam: { lr: 0.01, epochs: 50 } }
early_stopping: { share: 0.2, patience: 5 }";
    let done = one(&dataset, keys);
    assert_eq!(done.fit().rows, 80);
    let inner = inner_split(&done.table, &done.split.train, InnerRule::Share(0.2), done.run.data.unit).remove(0);
    assert_eq!((inner.train.len(), inner.test.len()), (80, 20));
    let nll: f64 = inner
        .train
        .iter()
        .map(|&i| {
            let row = done.table.row(i);
            let eta = (0..3).map(|j| row[j] * done.at(&format!("w.x{}", j + 1))).sum::<f64>() + done.at("bias");
            done.run.likelihood.family.nll(&[eta, 0.8], done.table.y[i])
        })
        .sum();
    close(done.fit().nll.0, nll, 1e-9, "the NLL sums over the rows that gave gradients");
}

/// Where a run sets out: θ of the real objective.
fn start(keys: &str) -> (Vec<String>, Vec<f64>) {
    let it = prepare("{ linear_gaussian: { n: 30, test_n: 5, replicates: 1 } }", keys);
    let job = it.job(0);
    let objective = Objective::new(job.run, job.table, &job.split.train).unwrap_or_else(|error| panic!("{error}"));
    (objective.layout().names(), objective.layout().start(job.run.seed, job.run.data.unit))
}

#[test]
fn arms_are_paired_and_a_further_head_shifts_no_draw() {
    let model = "model: { mlp: { widths: [6, 4], activation: tanh } }\noptimiser: { adam: {} }\nseeds: [3]";
    let (names, theta) = start(&format!("{model}\nestimator: mse"));
    let arms = [
        "likelihood: { gaussian: { scale: learned } }\nestimator: mle",
        "likelihood: { laplace: { scale: 0.5 } }\nprior: { gaussian: { scale: 0.1 } }",
        "likelihood: { gaussian: { scale: predicted } }\nestimator: mle",
        "likelihood: { student_t: { nu: predicted, scale: predicted } }\nprior: { laplace: { scale: 1 } }",
    ];
    for arm in arms {
        let (others, there) = start(&format!("{model}\n{arm}"));
        for (name, x) in names.iter().zip(&theta) {
            let headed = name.replace("layer2.w", "layer2.location.w").replace("layer2.bias", "layer2.location.bias");
            let at = others
                .iter()
                .position(|other| other == name || *other == headed)
                .unwrap_or_else(|| panic!("no {name} in {others:?}"));
            assert_eq!(x.to_bits(), there[at].to_bits(), "{arm}: {name}");
        }
    }
    let (_, other) = start(&format!("{}\nestimator: mse", model.replace("[3]", "[4]")));
    assert_ne!(theta, other, "another seed, other draws");
}

#[test]
fn mse_and_gaussian_networks_of_one_seed_take_the_same_path() {
    let net = |arm: &str, lr: f64| {
        let keys = format!(
            "{arm}\nmodel: {{ mlp: {{ widths: [5] }} }}\noptimiser: {{ sgd: {{ lr: {lr:?}, epochs: 3, batch: 8 }} }}\nseeds: [5]"
        );
        one("{ linear_gaussian: { n: 50, test_n: 40, replicates: 1 } }", &keys)
    };
    let mse = net("estimator: mse", 0.01);
    let gaussian = net("likelihood: { gaussian: { scale: 0.5 } }\nestimator: mle", 0.0025);
    let rmse = |done: &Done| done.outcome.scores["rmse"].0;
    close(rmse(&mse), rmse(&gaussian), 1e-12, "test RMSE after equal paths");
    assert_eq!(*gaussian.status(), Status::BudgetSpent);
}

#[test]
fn an_exponential_is_a_gamma_of_shape_one_and_laplace_an_asymmetric_one_in_the_middle() {
    let gamma = surprisal_density::AnyFamily::named("gamma").expect("it is registered");
    let waits = Sheet::draw(112, 50, 3, |x, stream| gamma.sample(&[libm::exp(linear(x)), 1.0], stream)).dataset(RAW);
    let exponential = one(&waits, "likelihood: { exponential: {} }\nestimator: mle");
    let one_shape = one(&waits, "likelihood: { gamma: { shape: 1 } }\nestimator: mle");
    same(&exponential, &one_shape, 1e-6);
    assert_value(&exponential, one_shape.fit().objective.0);
    let laplace = one(&noisy(50).dataset(RAW), "likelihood: { laplace: { scale: 0.5 } }\nestimator: mle");
    let middle = one(
        &noisy(50).dataset(RAW),
        "likelihood: { asymmetric_laplace: { quantile: 0.5, scale: 0.25 } }\nestimator: mle",
    );
    same(&laplace, &middle, 1e-6);
    assert_value(&laplace, middle.fit().objective.0);
}
