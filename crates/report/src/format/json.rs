//! JSON: the summary itself, numbers in full, NaN and the infinities as text.

use crate::Summary;
use serde::Serialize;
use surprisal_spec::shown_json;

/// The number of this form, and the summary.
#[derive(Serialize)]
struct Numbered<'a> {
    schema: u32,
    #[serde(flatten)]
    summary: &'a Summary,
}

pub(super) fn render(summary: &Summary) -> String {
    let mut json = serde_json::to_string_pretty(&Numbered { schema: 1, summary }).expect("plain data becomes JSON");
    json.push('\n');
    shown_json(&json).into_owned()
}
