//! `kernels.json`: what the losses cost and how far they are off, in a schema of our own.

use crate::statistics::Estimate;
use crate::variant::Variant;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema that is written.
pub const SCHEMA: u32 = 1;

/// A file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kernels {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Where and how it was measured.
    #[serde(flatten)]
    pub header: Header,
    /// What was measured.
    pub rows: Vec<Row>,
}

/// Where and how it was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The CPU's name.
    pub cpu: String,
    /// The instructions of our kernels.
    pub isa: String,
    /// Of this process; `candle_tuned` has another.
    pub allocator: String,
    /// Processes that ran or waited, over the last minute, at the beginning and at the end.
    pub load: [f64; 2],
    /// When, in UTC.
    pub date: String,
    /// The core that all was pinned to, if it was.
    pub core: Option<usize>,
    /// Of what was compared.
    pub versions: BTreeMap<String, String>,
    /// GFLOP/s of fused multiply-adds of f32 in registers.
    pub peak_gflops: f64,
    /// Rounds, milliseconds of a sample, tries.
    pub rounds: (usize, f64, usize),
    /// Where errors were looked for.
    pub domain: String,
}

/// One way to compute one loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The family.
    pub family: String,
    /// Its predicted parameters, or its classes.
    pub parameters: String,
    /// How.
    pub variant: Variant,
    /// f32 or f64.
    pub dtype: String,
    /// Of our kernels; others have what their compilers chose.
    pub isa: Option<String>,
    /// Always 1.
    pub threads: usize,
    /// Elements: rows, or logits.
    pub n: usize,
    /// Median of all samples.
    pub ns_per_element: Option<f64>,
    /// Its interval of 95 %.
    pub ns_interval: Option<[f64; 2]>,
    /// What has to be moved, at least.
    pub bytes_per_element: f64,
    /// What has to be computed, about.
    pub flop_per_element: f64,
    /// Time per byte over that of a copy, in the same rounds.
    pub memcpy_ratio: Option<f64>,
    /// Time over that of `fused`, in the same rounds.
    pub fused_ratio: Option<Estimate>,
    /// See the header's domain.
    pub max_ulp: Option<f64>,
    /// See the header's domain.
    pub max_nat_error: Option<f64>,
    /// Why there is less than asked for: `ambiguous`, `no such op`, or what failed.
    pub note: Option<String>,
}

impl Row {
    /// What it is a measurement of.
    pub fn key(&self) -> (&str, &str, Variant, &str, Option<&str>, usize) {
        (&self.family, &self.parameters, self.variant, &self.dtype, self.isa.as_deref(), self.n)
    }
    /// The time and its interval, unless it is ambiguous.
    pub fn time(&self) -> Option<Estimate> {
        match (self.ns_per_element, self.ns_interval, &self.note) {
            (Some(value), Some([low, high]), None) => Some(Estimate { value, low, high }),
            _ => None,
        }
    }
    /// Bytes in a nanosecond.
    pub fn gb_per_second(&self) -> Option<f64> {
        self.ns_per_element.map(|ns| self.bytes_per_element / ns)
    }
}

impl Kernels {
    /// From the text of a file.
    ///
    /// # Errors
    /// A sentence, if it is no such file.
    pub fn read(text: &str) -> Result<Kernels, String> {
        read(text)
    }
    /// As the text of a file: a row is a line.
    pub fn write(&self) -> String {
        lines(self.schema, &self.header, &self.rows)
    }
    /// The row of a variant beside this one.
    pub fn beside(&self, row: &Row, variant: Variant) -> Option<&Row> {
        let same = |it: &&Row| {
            it.variant == variant
                && (&it.family, &it.parameters, &it.dtype, it.n) == (&row.family, &row.parameters, &row.dtype, row.n)
        };
        self.rows.iter().find(same)
    }
}

/// What [`lines`] wrote.
pub(crate) fn read<F: DeserializeOwned>(text: &str) -> Result<F, String> {
    let found: serde_json::Value = serde_json::from_str(text).map_err(|e| format!("it is no JSON: {e}"))?;
    if found["schema"] != SCHEMA {
        return Err(format!("expected `\"schema\": {SCHEMA}`, found {}", found["schema"]));
    }
    serde_json::from_value(found).map_err(|e| e.to_string())
}

/// A header over several lines, a row on one.
pub(crate) fn lines(schema: u32, header: &Header, rows: &[impl Serialize]) -> String {
    let mut header = serde_json::to_value(header).unwrap_or_default();
    header["schema"] = schema.into();
    let mut text = format!("{header:#}");
    // The brace that ends it comes after the rows.
    text.truncate(text.len().saturating_sub("\n}".len()));
    let rows: Vec<String> = rows.iter().map(|row| serde_json::to_string(row).unwrap_or_default()).collect();
    text + &format!(",\n  \"rows\": [\n    {}\n  ]\n}}\n", rows.join(",\n    "))
}
