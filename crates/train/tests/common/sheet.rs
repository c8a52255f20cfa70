//! Tables written to files, so that tests read what a person would write.

use surprisal_density::{Purpose, Stream};

pub const FOLDER: &str = env!("CARGO_TARGET_TMPDIR");

/// Columns of a file.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub x: Vec<Vec<f64>>,
    pub y: Vec<f64>,
    pub weight: Option<Vec<f64>>,
    pub offset: Option<Vec<f64>>,
}

impl Sheet {
    /// `n` rows of `d` normal features, and a target made from each row.
    pub fn draw(seed: u64, n: usize, d: usize, target: impl Fn(&[f64], &mut Stream) -> f64) -> Sheet {
        let mut sheet = Sheet::default();
        for i in 0..n {
            let mut stream = Stream::new(Purpose::Sample, &[seed, i as u64]);
            let x: Vec<f64> = (0..d).map(|_| stream.normal()).collect();
            sheet.y.push(target(&x, &mut stream));
            sheet.x.push(x);
        }
        sheet
    }
    pub fn weighted(mut self, weight: impl Fn(usize) -> f64) -> Sheet {
        self.weight = Some((0..self.y.len()).map(weight).collect());
        self
    }
    pub fn with_offset(mut self, offset: impl Fn(usize) -> f64) -> Sheet {
        self.offset = Some((0..self.y.len()).map(offset).collect());
        self
    }
    /// Writes the file; the data set of an experiment with all its rows in training, unless `keys` split it.
    pub fn dataset(&self, keys: &str) -> String {
        let d = self.x.first().map_or(0, Vec::len);
        let mut names: Vec<String> = (1..=d).map(|j| format!("x{j}")).collect();
        names.push("y".into());
        names.extend(self.weight.as_ref().map(|_| "weight".into()));
        names.extend(self.offset.as_ref().map(|_| "offset".into()));
        let mut text = names.join(",") + "\n";
        for i in 0..self.y.len() {
            let more = [&self.weight, &self.offset].into_iter().flatten().map(|column| column[i]);
            let cells = self.x[i].iter().copied().chain([self.y[i]]).chain(more);
            text += &(cells
                .map(|x| if x == x.trunc() { format!("{x:.0}") } else { format!("{x:?}") })
                .collect::<Vec<_>>()
                .join(",")
                + "\n");
        }
        let name = format!("{:016x}.csv", Stream::text_key(&text));
        let path = std::path::Path::new(FOLDER).join(&name);
        let part = path
            .with_extension(format!("{:?}", std::thread::current().id()).replace(|c: char| !c.is_alphanumeric(), ""));
        std::fs::write(&part, text).expect("the folder of tests can be written");
        std::fs::rename(&part, &path).expect("the folder of tests can be written");
        let roles = [("weight", self.weight.is_some()), ("offset", self.offset.is_some())];
        let roles: String = roles.iter().filter(|(_, is)| *is).map(|(role, _)| format!(", {role}: {role}")).collect();
        let split = if keys.contains("split:") { "" } else { ", split: none" };
        let keys = if keys.is_empty() { String::new() } else { format!(", {keys}") };
        format!("{{ csv: {{ path: {name}, target: y{roles}{split}{keys} }} }}")
    }
}

pub const RAW: &str = "standardise: false";
pub const STANDARDISED: &str = "standardise: true";

/// −2, −1, 0, 1, 2, … : true weights of a test.
pub fn linear(x: &[f64]) -> f64 {
    x.iter().enumerate().map(|(j, x)| x * (j as f64 - 1.5) * 0.6).sum::<f64>() + 0.7
}
