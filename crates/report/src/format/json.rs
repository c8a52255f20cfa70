//! JSON: the summary itself, numbers in full, NaN and the infinities as text.

use crate::Summary;

pub(super) fn render(summary: &Summary) -> String {
    let mut json = serde_json::to_string_pretty(summary).expect("plain data becomes JSON");
    json.push('\n');
    json
}
