//! Three species of iris, 150 flowers.

use super::bundled::Bundled;
use super::{About, Dataset};
use crate::{DataError, Loaded, Roots, TargetKind};

dataset! {
    /// 150 flowers, four lengths and widths in cm, three species.
    pub struct Iris: stored {}
}

impl Dataset for Iris {
    const NAME: &'static str = "iris";
    const ABOUT: About = About {
        what: "species of iris from the lengths and widths of sepals and petals",
        rows: Some(150),
        features: Some(4),
        kind: Some(TargetKind::Class),
        licence: "none stated for the data (UCI data set 53); the package is MIT OR Apache-2.0",
        citation: "Fisher, \"The use of multiple measurements in taxonomic problems\", Annals of Eugenics 7, 1936",
    };
    fn load(&self, roots: &Roots) -> Result<Loaded, DataError> {
        let data = linfa_datasets::iris();
        let bundled = Bundled {
            name: Self::NAME,
            features: &["sepal_length", "sepal_width", "petal_length", "petal_width"],
            target: "species",
            classes: &["setosa", "versicolor", "virginica"],
            kind: self.kind.or(Self::ABOUT.kind),
        };
        bundled.load(data.records.iter().copied(), data.targets.iter().map(|&class| class as f64), &self.split, roots)
    }
}
