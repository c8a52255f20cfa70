//! CSV: one line per row and score, every label, numbers in full.

use super::counted;
use crate::escape::csv as escape;
use crate::{Statistic, Summary};

pub(super) fn render(summary: &Summary) -> String {
    let mut keys: Vec<&str> = vec![];
    for (key, _) in summary.sections.iter().flat_map(|section| &section.rows).flat_map(|row| &row.labels) {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    let mut out = csv::WriterBuilder::new().from_writer(vec![]);
    let tail = [
        "score", "unit", "mean", "se", "median", "n", "given", "units", "tried", "failures", "status", "bold", "marks",
    ];
    let head = ["dataset", "row"].into_iter().chain(keys.iter().copied()).chain(tail);
    out.write_record(head.map(escape)).expect("a vector takes all");
    for section in &summary.sections {
        for row in &section.rows {
            for (column, cell) in section.columns.iter().zip(&row.cells) {
                let value =
                    |statistic| if cell.statistic == statistic { cell.value.0.to_string() } else { String::new() };
                let labels = keys.iter().map(|key| row.label(key).to_string());
                let mut marks = row.marks.clone();
                marks.extend(cell.marks.iter().cloned());
                let line = [section.dataset.clone(), row.kind.word().into()].into_iter().chain(labels).chain([
                    column.score.clone(),
                    column.unit.clone(),
                    value(Statistic::Mean),
                    cell.se.map_or(String::new(), |se| se.0.to_string()),
                    value(Statistic::Median),
                    cell.n.to_string(),
                    row.given.to_string(),
                    row.units.to_string(),
                    row.candidates.map_or(String::new(), |n| n.to_string()),
                    counted(&row.failures),
                    counted(&row.status),
                    cell.bold.to_string(),
                    marks.join(" "),
                ]);
                out.write_record(line.map(|cell| escape(&cell))).expect("a vector takes all");
            }
        }
    }
    String::from_utf8(out.into_inner().expect("a vector takes all")).expect("texts are UTF-8")
}
