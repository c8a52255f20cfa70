//! Whether a cell can be run: what is wrong with it is told before anything is.

use crate::compose::Cell;
use crate::{Experiment, Model, Optimiser, Run};
use surprisal_data::{DataError, InnerRule, Loaded, Table};
use surprisal_density::{AnyScore, Binding, Likelihood, Strength, Support, score::Nature};

/// What is wrong with a cell whatever its data: the key, and a sentence.
pub fn check(cell: &Cell) -> Vec<(&'static str, String)> {
    let experiment = &cell.experiment;
    let mut found: Vec<(&'static str, String)> = Vec::new();
    if let Some(stopping) = &experiment.early_stopping {
        if matches!(experiment.optimiser, Optimiser::Lbfgs(_)) {
            let text = "early stopping watches epochs, and `lbfgs` has none; use sgd, adam or adamw";
            found.push(("early_stopping", text.into()));
        }
        if stopping.share.0 == 0.0 {
            found.push(("early_stopping", "`share` must be greater than 0: early stopping needs rows to watch".into()));
        }
    }
    if experiment.seeds.is_empty() {
        found.push(("seeds", "`seeds` is empty: give at least one".into()));
    }
    let seeds: std::collections::BTreeSet<&u64> = experiment.seeds.iter().collect();
    if seeds.len() < experiment.seeds.len() {
        found.push(("seeds", "a seed is given twice: it would count one run as two".into()));
    }
    let layers = match &experiment.model {
        Model::Mlp(it) => it.widths.len() + 1,
        _ => 1,
    };
    for (parameter, strength) in experiment.prior.family.parameters().iter().zip(&experiment.prior.at) {
        if let Strength::PerLayer(xs) = strength
            && xs.len() != layers
        {
            let (name, n) = (parameter.name, xs.len());
            found.push(("prior", format!("`per_layer` of `{name}` has {n} numbers, and the model {layers} layers")));
        }
    }
    if let Some((select, _)) = &cell.select
        && !select.refit
        && matches!(select.rows, InnerRule::Kfold(_))
    {
        let text = "`refit: false` keeps a model that was trained on one share of the rows; with `kfold` there is none";
        found.push(("select", text.into()));
    }
    found
}

/// Whether a likelihood fits the data, and the scores that decide fit the likelihood.
pub fn fits(experiment: &Experiment, loaded: &Loaded, likelihood: &Likelihood) -> Result<(), (&'static str, String)> {
    let support = likelihood.family.support();
    for table in &loaded.tables {
        let said = |error: DataError| format!("{error}; the likelihood is `{}`", likelihood.family.name());
        table.check_support(support).map_err(|error| ("dataset.csv.path", said(error)))?;
    }
    for (table, split) in (0..loaded.units()).map(|k| loaded.unit(k)) {
        if table.weight.as_ref().is_some_and(|w| split.train.iter().map(|&i| w[i]).sum::<f64>() <= 0.0) {
            return Err(("dataset", "all train rows of a split have weight 0: there is nothing to learn from".into()));
        }
    }
    if loaded.tables[0].offset.is_some() && (support == Support::Real || matches!(support, Support::Classes(_))) {
        let name = likelihood.family.name();
        let text =
            format!("an `offset` is a log exposure, added where the link is a logarithm; `{name}` has another link");
        return Err(("likelihood", text));
    }
    if !likelihood.bindings.contains(&Binding::Predicted) {
        return Err(("likelihood", "no parameter is predicted: there is nothing for the model to do".into()));
    }
    if loaded.tables[0].offset.is_some() && likelihood.bindings.first() != Some(&Binding::Predicted) {
        return Err(("likelihood", "an `offset` is added to a predicted location, and this one is not".into()));
    }
    size(&experiment.model, &experiment.optimiser, likelihood, loaded.unit(0).0)?;
    let classes = matches!(support, Support::Classes(_));
    if let Some(score) = experiment.early_stopping.as_ref().and_then(|it| it.score.as_ref()) {
        decides(&score.0, classes).map_err(|text| ("early_stopping", text))?;
    }
    Ok(())
}

/// Most weights of a model, and most hidden numbers of all rows: a gigabyte or two each.
const MAX_WEIGHTS: usize = 1 << 26;
const MAX_HIDDEN: usize = 1 << 28;

/// Whether a run over this table fits into memory: of a record from a stranger, before it is done again.
pub fn fits_memory(run: &Run, table: &Table) -> Result<(), String> {
    let own = [(&run.likelihood, &run.optimiser)].into_iter();
    let others = run.select.iter().flat_map(|it| &it.candidates).map(|it| (&it.likelihood, &it.optimiser));
    own.chain(others)
        .try_for_each(|(likelihood, optimiser)| size(&run.model, optimiser, likelihood, table))
        .map_err(|(_, text)| text)
}

/// Outputs of each layer of a model, the last being the heads.
fn outputs(model: &Model, likelihood: &Likelihood) -> Vec<usize> {
    let heads = match likelihood.family.support() {
        Support::Classes(Some(classes)) => classes,
        _ => likelihood.bindings.iter().filter(|binding| **binding == Binding::Predicted).count(),
    };
    let hidden = match model {
        Model::Mlp(it) => &it.widths[..],
        _ => &[],
    };
    hidden.iter().map(|width| width.0).chain([heads]).collect()
}

/// How many weights and biases a model of so many features has, at most.
pub fn weights(model: &Model, likelihood: &Likelihood, features: usize) -> usize {
    let mut inputs = if matches!(model, Model::Constant(_)) { 0 } else { features };
    let layer = |outputs: usize| std::mem::replace(&mut inputs, outputs).saturating_add(1).saturating_mul(outputs);
    outputs(model, likelihood).into_iter().map(layer).fold(0, usize::saturating_add)
}

/// Whether a model fits into memory, told before it is made.
fn size(
    model: &Model,
    optimiser: &Optimiser,
    likelihood: &Likelihood,
    table: &Table,
) -> Result<(), (&'static str, String)> {
    let weights = weights(model, likelihood, table.dim());
    if weights > MAX_WEIGHTS {
        return Err(("model", format!("it has {weights} weights, more than {MAX_WEIGHTS}")));
    }
    let (outputs, mut units) = (outputs(model, likelihood), 0_usize);
    outputs[..outputs.len() - 1].iter().for_each(|width| units = units.saturating_add(*width));
    if units.saturating_mul(table.rows()) > MAX_HIDDEN {
        let rows = table.rows();
        let text =
            format!("{units} hidden units at {rows} rows are more than the {MAX_HIDDEN} numbers that fit into memory");
        return Err(("model", text));
    }
    if let Optimiser::Lbfgs(it) = optimiser
        && it.memory.get().saturating_mul(weights) > MAX_HIDDEN
    {
        let text = format!("a memory of {} steps of {weights} weights does not fit into that of a machine", it.memory);
        return Err(("optimiser", text));
    }
    Ok(())
}

/// Whether a score may decide: it must reward good predictions, and be defined for them.
pub fn decides(name: &str, classes: bool) -> Result<(), String> {
    let Some(score) = AnyScore::named(name) else { return Ok(()) };
    let of_classes = matches!(name, "brier" | "accuracy");
    if score.nature() == Nature::Diagnostic {
        return Err(format!("`{name}` is a diagnostic: it describes predictions and can't choose between them"));
    }
    if name != "nll" && of_classes != classes {
        let (of, found) = if of_classes { ("classes", "numbers") } else { ("numbers", "classes") };
        return Err(format!("`{name}` is a score of {of}, and the likelihood is over {found}"));
    }
    Ok(())
}
