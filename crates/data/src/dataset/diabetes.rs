//! Progression of diabetes in a year, 442 patients.

use super::bundled::Bundled;
use super::{About, Dataset};
use crate::{DataError, Loaded, Roots, TargetKind};

dataset! {
    /// 442 patients, ten baseline measurements, the progression of the disease after one year.
    ///
    /// The features are stored centred, each with a sum of squares of 1 over all rows.
    pub struct Diabetes: stored {}
}

/// The first patient: `linfa-datasets` 0.8 reads that row of its headerless file as a header and loses it.
const FIRST: ([f64; 10], f64) = (
    [
        0.038_075_906_433_424_1,
        0.050_680_118_739_818_7,
        0.061_696_206_518_688_5,
        0.021_872_354_994_955_8,
        -0.044_223_498_424_446_4,
        -0.034_820_762_837_698_6,
        -0.043_400_845_652_026_9,
        -0.002_592_261_998_182_82,
        0.019_908_420_876_318_3,
        -0.017_646_125_159_805_2,
    ],
    151.0,
);

impl Dataset for Diabetes {
    const NAME: &'static str = "diabetes";
    const ABOUT: About = About {
        what: "progression of diabetes after a year, from ten baseline measurements",
        rows: Some(442),
        features: Some(10),
        kind: Some(TargetKind::Real),
        licence: "none stated for the data; the package is MIT OR Apache-2.0",
        citation: "Efron, Hastie, Johnstone & Tibshirani, \"Least angle regression\", Annals of Statistics 32(2), 2004",
    };
    fn load(&self, roots: &Roots) -> Result<Loaded, DataError> {
        let data = linfa_datasets::diabetes();
        let lost = data.targets.len() + 1 == 442;
        let x = FIRST.0.into_iter().filter(|_| lost).chain(data.records.iter().copied());
        let y = Some(FIRST.1).filter(|_| lost).into_iter().chain(data.targets.iter().copied());
        let bundled = Bundled {
            name: Self::NAME,
            features: &["age", "sex", "bmi", "map", "tc", "ldl", "hdl", "tch", "ltg", "glu"],
            target: "progression",
            classes: &[],
            kind: self.kind.or(Self::ABOUT.kind),
        };
        bundled.load(x, y, &self.split, roots)
    }
}
