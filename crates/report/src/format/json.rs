//! JSON: the summary itself, numbers in full, NaN and the infinities as text.

use crate::Summary;
use surprisal_spec::shown_json;

pub(super) fn render(summary: &Summary) -> String {
    let mut json = serde_json::to_string_pretty(summary).expect("plain data becomes JSON");
    json.push('\n');
    shown_json(&json).into_owned()
}
