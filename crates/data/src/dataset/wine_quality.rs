//! Graded quality of red wine, 1599 wines.

use super::bundled::Bundled;
use super::{About, Dataset};
use crate::{DataError, Loaded, Roots, TargetKind};

dataset! {
    /// 1599 red wines, eleven measurements, a grade: the whole numbers 3 to 8.
    ///
    /// As a real target it is on a lattice, which its notes say; `kind: ordinal` and `kind: class` make labels of it.
    pub struct WineQuality: stored {}
}

impl Dataset for WineQuality {
    const NAME: &'static str = "wine_quality";
    const ABOUT: About = About {
        what: "graded quality of red wine (3 … 8) from eleven measurements; 240 rows repeat others",
        rows: Some(1599),
        features: Some(11),
        kind: Some(TargetKind::Real),
        licence: "CC BY 4.0 (UCI data set 186, as quoted second-hand)",
        citation: "Cortez, Cerdeira, Almeida, Matos & Reis, \"Modeling wine preferences by data mining from physicochemical properties\", Decision Support Systems 47(4), 2009",
    };
    fn load(&self, roots: &Roots) -> Result<Loaded, DataError> {
        let data = linfa_datasets::winequality();
        let bundled = Bundled {
            name: Self::NAME,
            features: &[
                "fixed_acidity",
                "volatile_acidity",
                "citric_acid",
                "residual_sugar",
                "chlorides",
                "free_sulfur_dioxide",
                "total_sulfur_dioxide",
                "density",
                "ph",
                "sulphates",
                "alcohol",
            ],
            target: "quality",
            classes: &[],
            kind: self.kind.or(Self::ABOUT.kind),
        };
        bundled.load(data.records.iter().copied(), data.targets.iter().map(|&grade| grade as f64), &self.split, roots)
    }
}
