//! A trained model as a file that others can load, and what it says about new rows.
//!
//! The file is `.safetensors`: weights by layer, learned numbers by name, the scaling of the data; its metadata hold the
//! run, the names of features and classes, and all else that is needed to predict.

use crate::TrainError;
use crate::assume::Assumption;
use crate::fit::Fitted;
use crate::layout::Layout;
use crate::network::Network;
use crate::score;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::{BTreeMap, HashMap};
use surprisal_data::{Scale, Table};
use surprisal_density::{AnyFamily, Support};
use surprisal_spec::{Run, weights};

/// A model that was trained: all that predictions need.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The run; where it selected, that of the winner.
    pub run: Run,
    /// Names of the features, in order: `column=level` for a level of a categorical column.
    pub features: Vec<String>,
    /// All levels of the categorical columns, the first of which has no feature.
    pub levels: BTreeMap<String, Vec<String>>,
    /// Name of the target.
    pub target: String,
    /// Labels of a class target.
    pub classes: Vec<String>,
    /// Whether a number is added to the location head of each row: the log exposure of a count.
    pub offset: bool,
    scale: Scale,
    theta: Vec<f64>,
    plug_in: Option<f64>,
}

/// Rows to predict.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// Features, row by row, in original units.
    pub x: Vec<f64>,
    /// How many rows.
    pub rows: usize,
    /// Added to the location head of each row, if the model was trained with such a column.
    pub offset: Option<Vec<f64>>,
}

impl Trained {
    /// Of a fit on rows of a table.
    pub(crate) fn new(run: &Run, table: &Table, fitted: &Fitted) -> Trained {
        Trained {
            run: run.clone(),
            features: table.features.clone(),
            levels: table.levels.clone(),
            target: table.target.clone(),
            classes: table.classes.clone(),
            offset: table.offset.is_some(),
            scale: fitted.objective.scale.clone(),
            theta: fitted.solution.theta.clone(),
            plug_in: fitted.plug_in,
        }
    }

    fn assumption(&self) -> Assumption {
        Assumption::new(&self.run.likelihood, &self.scale)
    }
    fn layout(&self) -> Layout {
        Layout::new(&self.run.model, &self.features, &self.assumption().bound, &self.classes)
    }
    /// The family of the predictions.
    pub fn family(&self) -> AnyFamily {
        self.assumption().bound.family
    }

    /// Values of the family's parameters for each row, in original units.
    pub fn predict(&self, new: &Inputs) -> Result<Vec<Vec<f64>>, TrainError> {
        let assumption = self.assumption();
        let assumption = self.plug_in.map_or(assumption.clone(), |scale| assumption.plugged(scale));
        let network = Network::new(self.layout(), self.run.dtype);
        let y = vec![0.0; new.rows];
        let mut table = Table::new("new", self.features.clone(), new.x.clone(), &self.target, y, None);
        table.offset.clone_from(&new.offset);
        let rows: Vec<usize> = (0..new.rows).collect();
        score::predictive(&network, &assumption, &self.scale, &self.theta, &table, &rows)
    }

    /// The file.
    pub fn bytes(&self) -> Result<Vec<u8>, TrainError> {
        let (layout, scale) = (self.layout(), &self.scale);
        let mut tensors: Vec<(String, Vec<usize>, Vec<f64>)> = layout
            .tensors()
            .into_iter()
            .map(|(name, shape, range)| (name, shape, self.theta[range].to_vec()))
            .collect();
        let bound = self.assumption().bound;
        for (k, at) in layout.learned.clone().enumerate() {
            let (name, u) = (&layout.learned_names[k], self.theta[at]);
            let domain = bound.family.domain(bound.learned_parameters()[k]);
            tensors.push((name.clone(), vec![], vec![domain.link(u)]));
            tensors.push((format!("unconstrained.{name}"), vec![], vec![u]));
        }
        tensors.extend(self.plug_in.map(|scale| ("plug_in".to_string(), vec![], vec![scale])));
        tensors.push(("x_mean".into(), vec![scale.x_mean.len()], scale.x_mean.clone()));
        tensors.push(("x_sd".into(), vec![scale.x_sd.len()], scale.x_sd.clone()));
        tensors.push(("y_mean".into(), vec![], vec![scale.y_mean]));
        tensors.push(("y_sd".into(), vec![], vec![scale.y_sd]));
        let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
            .into_iter()
            .map(|(name, shape, xs)| (name, shape, xs.iter().flat_map(|x| x.to_le_bytes()).collect()))
            .collect();
        let views = bytes.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F64, shape.clone(), bytes);
            (name.as_str(), view.expect("a shape is that of its numbers"))
        });
        let json = |it: Result<String, serde_json::Error>| it.expect("plain data becomes JSON");
        let said = HashMap::from([
            ("format".to_string(), FORMAT.to_string()),
            ("run".into(), json(serde_json::to_string(&self.run))),
            ("features".into(), json(serde_json::to_string(&self.features))),
            ("levels".into(), json(serde_json::to_string(&self.levels))),
            ("target".into(), self.target.clone()),
            ("classes".into(), json(serde_json::to_string(&self.classes))),
            ("offset".into(), self.offset.to_string()),
        ]);
        safetensors::serialize(views, Some(said)).map_err(|error| TrainError::Invalid(error.to_string()))
    }

    /// Reads a file that [`Trained::bytes`] wrote.
    pub fn read(bytes: &[u8]) -> Result<Trained, TrainError> {
        let wrong = |what: String| TrainError::Invalid(format!("this is no model of surprisal: {what}"));
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| wrong(error.to_string()))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| wrong(error.to_string()))?;
        let said = header.metadata().clone().unwrap_or_default();
        let text = |key: &str| said.get(key).map(String::as_str).ok_or_else(|| wrong(format!("`{key}` is missing")));
        if text("format")? != FORMAT {
            return Err(wrong(format!("expected the format `{FORMAT}`, found `{}`", text("format")?)));
        }
        let bad = |key: &str, error: serde_json::Error| wrong(format!("`{key}`: {error}"));
        let names = |key: &str| serde_json::from_str::<Vec<String>>(text(key)?).map_err(|error| bad(key, error));
        let numbers = |name: &str| -> Result<Vec<f64>, TrainError> {
            let view = tensors.tensor(name).map_err(|_| wrong(format!("the tensor `{name}` is missing")))?;
            if view.dtype() != Dtype::F64 {
                return Err(wrong(format!("the tensor `{name}` is not of f64")));
            }
            Ok(view.data().as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
        };
        let number = |name: &str| numbers(name)?.first().copied().ok_or_else(|| wrong(format!("`{name}` is empty")));
        let mut it = Trained {
            run: serde_json::from_str(text("run")?).map_err(|error| bad("run", error))?,
            features: names("features")?,
            levels: serde_json::from_str(text("levels")?).map_err(|error| bad("levels", error))?,
            target: text("target")?.into(),
            classes: names("classes")?,
            offset: text("offset")? == "true",
            scale: Scale {
                x_mean: numbers("x_mean")?,
                x_sd: numbers("x_sd")?,
                y_mean: number("y_mean")?,
                y_sd: number("y_sd")?,
            },
            theta: vec![],
            plug_in: tensors.tensor("plug_in").is_ok().then(|| number("plug_in")).transpose()?,
        };
        let dim = it.features.len();
        if it.scale.x_mean.len() != dim || it.scale.x_sd.len() != dim {
            return Err(wrong(format!("it has {dim} features, and a scaling of other ones")));
        }
        let (needs, holds) = (weights(&it.run.model, &it.run.likelihood, dim), bytes.len() / 8);
        if needs > holds {
            return Err(wrong(format!("its model has {needs} weights, and the file no room for them")));
        }
        let layout = it.layout();
        it.theta = vec![0.0; layout.len()];
        for (name, shape, range) in layout.tensors() {
            let found = numbers(&name)?;
            if found.len() != range.len() {
                return Err(wrong(format!("the tensor `{name}` should have the shape {shape:?}")));
            }
            it.theta[range].copy_from_slice(&found);
        }
        for (name, at) in layout.learned_names.iter().zip(layout.learned.clone()) {
            it.theta[at] = number(&format!("unconstrained.{name}"))?;
        }
        Ok(it)
    }

    /// Whether predictions are probabilities of classes.
    pub fn is_of_classes(&self) -> bool {
        matches!(self.family().support(), Support::Classes(_))
    }
}

/// What a file is, and its version.
const FORMAT: &str = "surprisal model 1";
