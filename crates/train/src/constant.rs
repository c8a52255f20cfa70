//! The constant model under a run's own family: what features are compared with.

use crate::attempt::now;
use crate::fit::{Job, Predicted, train};
use crate::lanes::Engine;
use crate::score;
use crate::{Control, TrainError};
use std::collections::HashMap;
use std::sync::Mutex;
use surprisal_density::{AnyFamily, Binding, Likelihood, Prior};
use surprisal_spec::{Constant, Model, Optimiser, Run, Scores};

/// Scores of constant models, which many runs share.
#[derive(Default)]
pub struct Constants(Mutex<HashMap<String, Scores>>);

impl Constants {
    /// Test scores of η = b under the run's family, every trainable parameter learned by maximum likelihood.
    pub fn scores(&self, run: &Run, job: Job, control: &Control) -> Result<Scores, TrainError> {
        if job.split.test.is_empty() {
            return Ok(Scores::new());
        }
        let run = constant(run);
        let key = run.canonical().to_string();
        if let Some(known) = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let fitted = now(train(&run, job.table, &job.split.train, control, &Engine::Candle))?;
        let Predicted { family, at, y } = fitted.predict(job.table, &job.split.test)?;
        let scores = score::scores(family, &at, &y);
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key, scores.clone());
        Ok(scores)
    }
}

/// The run of the constant model under the same family.
fn constant(run: &Run) -> Run {
    let learn = |(parameter, binding): (&surprisal_density::Parameter, &Binding)| match binding {
        Binding::Fixed(x) if !parameter.trainable => Binding::Fixed(*x),
        _ if parameter.location => Binding::Predicted,
        _ => Binding::Learned(None),
    };
    let family = run.likelihood.family;
    let likelihood = match family {
        AnyFamily::Categorical(_) => run.likelihood.clone(),
        _ => Likelihood {
            family,
            bindings: family.parameters().iter().zip(&run.likelihood.bindings).map(learn).collect(),
        },
    };
    Run {
        model: Model::Constant(Constant {}),
        likelihood,
        prior: Prior::flat(),
        optimiser: Optimiser::default(),
        dtype: surprisal_spec::DType::F64,
        engine: surprisal_spec::Engine::Candle,
        seed: 0,
        early_stopping: None,
        select: None,
        ..run.clone()
    }
}
