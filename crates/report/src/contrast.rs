//! Factorial differences: the likelihood at equal prior, the prior at equal likelihood, squared error as Gaussian × flat.

use crate::observed::Observed;
use crate::statistic::estimate;
use crate::summarise::Group;
use crate::{Contrast, Difference, label};
use surprisal_density::Binding;
use surprisal_spec::{Arm, Estimator, Number, likelihood_text, prior_text};

/// At most so many are shown.
const LIMIT: usize = 12;
/// The scores whose differences are shown.
const SCORES: [&str; 2] = ["nll", "rmse"];

/// A likelihood without the priors of its learned parameters: what MLE and MAP have in common.
fn bare(arm: &Arm) -> String {
    let mut likelihood = arm.likelihood.clone();
    for binding in &mut likelihood.bindings {
        if let Binding::Learned(prior) = binding {
            *prior = None;
        }
    }
    likelihood_text(&likelihood)
}

/// A Gaussian with a learned scale: what mse is at its optimum.
pub(crate) fn is_learned_gaussian(arm: &Arm) -> bool {
    let likelihood = &arm.likelihood;
    let learned = likelihood.family.parameters().iter().zip(&likelihood.bindings);
    likelihood.family.name() == "gaussian"
        && learned.filter(|(p, _)| !p.location).all(|(_, b)| matches!(b, Binding::Learned(_)))
}

/// Two arms by index, (arm, minus), and what to call them.
type Pair = (usize, usize, Contrast);

/// The contrasts that exist, and the sentences above them.
pub(crate) fn contrasts(group: &Group) -> (Vec<Contrast>, Vec<String>) {
    let scores: Vec<usize> =
        SCORES.iter().filter_map(|name| group.columns.iter().position(|c| c.score == *name)).collect();
    if !group.paired || scores.is_empty() {
        return (vec![], vec![]);
    }
    let arms: Vec<&Arm> = group.arms.iter().map(|it| it.arm).collect();
    let others = label::others(&arms);
    let mut by_factor: [Vec<Pair>; 3] = Default::default();
    // What else the arms share: model and varied keys.
    let context: Vec<Vec<String>> = (0..arms.len())
        .map(|i| {
            let keys = others.iter().filter(|(_, values)| values.iter().any(|v| *v != values[0]));
            let mut text: Vec<String> = keys.map(|(key, values)| format!("{key}={}", values[i])).collect();
            if arms.iter().any(|arm| arm.model != arms[0].model) {
                text.insert(0, label::model_text(&arms[i].model));
            }
            text
        })
        .collect();
    for at in 0..arms.len() {
        let first = |same: &dyn Fn(usize) -> bool| (0..arms.len()).find(|&j| context[j] == context[at] && same(j));
        likelihood_pair(&arms, at, &first, &context[at], &mut by_factor);
        prior_pair(&arms, at, &first, &context[at], &mut by_factor);
    }
    for pairs in &mut by_factor {
        pairs.retain_mut(|(arm, minus, contrast)| {
            let (arm, minus) = (&group.arms[*arm], &group.arms[*minus]);
            contrast.differences = scores.iter().map(|&score| difference(group, score, arm, minus)).collect();
            runs(arm.arm) != runs(minus.arm) && contrast.differences.iter().any(Option::is_some)
        });
    }
    let total: usize = by_factor.iter().map(Vec::len).sum();
    // Each factor gets its share of the lines before any gets more.
    let mut keep = [0; 3];
    for _ in 0..LIMIT.min(total) {
        let open = (0..3).filter(|&f| keep[f] < by_factor[f].len());
        let Some(least) = open.min_by_key(|&f| keep[f]) else { break };
        keep[least] += 1;
    }
    let kept = by_factor.into_iter().zip(keep).flat_map(|(pairs, n)| pairs.into_iter().take(n));
    let contrasts: Vec<Contrast> = kept.map(|(_, _, contrast)| contrast).collect();
    let caption = if contrasts.is_empty() { vec![] } else { caption(group, contrasts.len(), total) };
    (contrasts, caption)
}

fn runs(arm: &Arm) -> Vec<&String> {
    arm.units.iter().flat_map(|unit| &unit.runs).collect()
}

fn given(mut parts: Vec<String>, context: &[String]) -> String {
    parts.extend(context.iter().cloned());
    parts.join(", ")
}

type First<'a> = dyn Fn(&dyn Fn(usize) -> bool) -> Option<usize> + 'a;

/// Another likelihood at equal prior; mse is the Gaussian one at flat priors, compared with the stated one if there is one.
fn likelihood_pair(arms: &[&Arm], at: usize, first: &First, context: &[String], out: &mut [Vec<Pair>; 3]) {
    let is_mse = |i: usize| arms[i].estimator == Estimator::Mse;
    let class = |i: usize| (if is_mse(i) { Estimator::Mle } else { arms[i].estimator }, prior_text(&arms[i].prior));
    let stated = |j: usize| class(j) == class(at) && !is_mse(j);
    let minus = first(&|j| stated(j) && is_learned_gaussian(arms[j]))
        .or_else(|| first(&|j| stated(j) && arms[j].likelihood.family.name() == "gaussian"))
        .or_else(|| first(&|j| class(j) == class(at) && is_mse(j)))
        .or_else(|| first(&stated));
    let Some(minus) = minus.filter(|&minus| minus != at && arms[minus].likelihood != arms[at].likelihood) else {
        return;
    };
    let name = |i: usize| if is_mse(i) { "mse".to_string() } else { likelihood_text(&arms[i].likelihood) };
    let flat = vec![class(at).0.name().to_string(), class(at).1];
    let contrast = |factor: &str, shared| Contrast {
        factor: factor.into(),
        arm: name(at),
        minus: name(minus),
        given: given(shared, context),
        differences: vec![],
    };
    if is_mse(at) {
        // Squared error is Gaussian × flat: it has nothing to say about another family.
        if arms[minus].likelihood.family.name() == "gaussian" {
            out[2].push((at, minus, contrast("mse", flat)));
        }
    } else {
        out[0].push((at, minus, contrast("likelihood", flat)));
    }
}

/// A prior against none at equal likelihood; where nothing is flat, against the first.
fn prior_pair(arms: &[&Arm], at: usize, first: &First, context: &[String], out: &mut [Vec<Pair>; 3]) {
    if arms[at].estimator != Estimator::Map {
        return;
    }
    let likelihood = bare(arms[at]);
    let minus = first(&|j| arms[j].estimator == Estimator::Mle && bare(arms[j]) == likelihood)
        .or_else(|| first(&|j| arms[j].estimator == Estimator::Mse && is_learned_gaussian(arms[at])))
        .or_else(|| first(&|j| arms[j].estimator == Estimator::Map && bare(arms[j]) == likelihood));
    let Some(minus) = minus.filter(|&minus| minus != at) else { return };
    let name = |i: usize| match arms[i].estimator {
        Estimator::Map => format!("map {}", prior_text(&arms[i].prior)),
        other => other.name().to_string(),
    };
    let given = given(vec![likelihood], context);
    out[1].push((
        at,
        minus,
        Contrast { factor: "prior".into(), arm: name(at), minus: name(minus), given, differences: vec![] },
    ));
}

fn difference(group: &Group, score: usize, arm: &Observed, minus: &Observed) -> Option<Difference> {
    let column = &group.columns[score];
    let same_measure = arm.is_continuous() == minus.is_continuous() && arm.arm.kind == minus.arm.kind;
    if column.score == "nll" && !same_measure {
        return None;
    }
    let pair = |unit: &usize| Some((*unit, arm.number(score, *unit)? - minus.number(score, *unit)?));
    let (units, differences): (Vec<usize>, Vec<f64>) = group.units.iter().filter_map(pair).unzip();
    let it = estimate(&differences, group.overlap(&units))?;
    Some(Difference {
        score: column.score.clone(),
        mean: Number(it.mean),
        se: it.se.map(Number),
        interval: it.half_width().map(|half| (Number(it.mean - half), Number(it.mean + half))),
        n: it.k,
    })
}

fn caption(group: &Group, shown: usize, total: usize) -> Vec<String> {
    let error = match group.overlapping {
        true => "Nadeau–Bengio corrected standard error",
        false => "standard error",
    };
    let mut sentences = vec![format!(
        "Paired differences, first minus second, over the units where both gave a number: mean ± {error} [95 % t interval]; below 0 the first is better. The intervals are not adjusted for their number."
    )];
    if shown < total {
        sentences.push(format!("{shown} of {total} contrasts are shown."));
    }
    sentences
}
