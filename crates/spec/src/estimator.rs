//! Estimators are not code paths: they lower to a likelihood and a prior.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use surprisal_data::TargetKind;
use surprisal_density::{Binding, Likelihood, Prior, Support, family::Gaussian};

/// Which part of −ln p(θ | D) is minimised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// Squared error: a Gaussian whose scale is plugged in afterwards, under flat priors.
    Mse,
    /// The likelihood, under flat priors.
    Mle,
    /// Likelihood times priors.
    #[default]
    Map,
}

impl Estimator {
    /// The YAML word.
    pub fn name(self) -> &'static str {
        match self {
            Estimator::Mse => "mse",
            Estimator::Mle => "mle",
            Estimator::Map => "map",
        }
    }

    /// The assumption it stands for. The error is a sentence.
    pub fn assume(self, likelihood: Option<&Likelihood>, prior: &Prior) -> Result<(Likelihood, Prior), String> {
        if self == Estimator::Mse {
            if let Some(it) = likelihood.filter(|it| matches!(it.family.support(), Support::Classes(_))) {
                return Err(refuse_classes(it.family.name()));
            }
            return Ok((Likelihood::new(Gaussian, &[Binding::PlugIn]), Prior::flat()));
        }
        let name = self.name();
        let likelihood =
            likelihood.ok_or_else(|| format!("estimator `{name}` needs a `likelihood`; only `mse` brings its own"))?;
        let mut likelihood = likelihood.clone();
        if likelihood.bindings.contains(&Binding::PlugIn) {
            return Err("`plug_in` is what the estimator `mse` assumes; write `estimator: mse`, or `learned`".into());
        }
        if self == Estimator::Map {
            return Ok((likelihood, prior.clone()));
        }
        for binding in &mut likelihood.bindings {
            if let Binding::Learned(prior) = binding {
                *prior = None;
            }
        }
        Ok((likelihood, Prior::flat()))
    }
}

fn refuse_classes(family: &str) -> String {
    format!(
        "`mse` on classes is refused: squared error is a Gaussian density over numbers, and class labels are names; use `mle` or `map` with `{family}`"
    )
}

/// What a target is under a likelihood: as declared, or, where nothing is declared, as the likelihood's support says.
pub fn target_kind(declared: Option<TargetKind>, likelihood: &Likelihood) -> Result<TargetKind, String> {
    let support = likelihood.family.support();
    let Some(kind) = declared else {
        return Ok(match support {
            Support::Positive => TargetKind::Positive,
            Support::Counts => TargetKind::Count,
            Support::Classes(_) => TargetKind::Class,
            Support::Real | Support::Clamped(..) => TargetKind::Real,
        });
    };
    let fits = match support {
        Support::Real | Support::Clamped(..) => kind != TargetKind::Class,
        Support::Positive => kind == TargetKind::Positive,
        Support::Counts => kind == TargetKind::Count,
        Support::Classes(_) => matches!(kind, TargetKind::Class | TargetKind::Ordinal),
    };
    let name = likelihood.family.name();
    if fits {
        Ok(kind)
    } else if likelihood.bindings.contains(&Binding::PlugIn) {
        Err(refuse_classes("categorical"))
    } else {
        let (kind, need) = (kind.name(), support.expected());
        Err(format!("`{name}` is a density over {need}, and the data set declares its target as `kind: {kind}`"))
    }
}
