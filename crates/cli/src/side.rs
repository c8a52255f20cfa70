//! What lies beside the records, by id: predictions and learning curve, the trained model, checkpoints. None is committed.

use crate::atomic;
use anyhow::Result;
use std::path::{Path, PathBuf};
use surprisal_spec::Number;
use surprisal_train::Side;

/// Where the model of a run lies.
pub fn model(results: &Path, id: &str) -> PathBuf {
    results.join("side").join(format!("{id}.safetensors"))
}

/// Where a run that is under way is saved.
pub fn checkpoint(results: &Path, id: &str) -> PathBuf {
    results.join("checkpoints").join(format!("{id}.safetensors"))
}

/// Removes what was saved of runs that are done: a kill may have come between the record and this.
pub fn sweep(results: &Path, is_done: impl Fn(&str) -> bool) {
    let folder = results.join("checkpoints");
    for path in folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.file_stem().and_then(|id| id.to_str()).is_some_and(&is_done) {
            let _ = std::fs::remove_file(path);
        }
    }
    let _ = std::fs::remove_dir(folder);
}

/// Writes the test rows with their targets and predictions, the learning curve and the model of a run.
pub fn write(results: &Path, id: &str, side: &Side) -> Result<()> {
    if let Some(model) = &side.model {
        atomic::write(&self::model(results, id), &model.bytes()?)?;
    }
    let Some(family) = side.family.filter(|_| !side.rows.is_empty() || !side.curve.is_empty()) else { return Ok(()) };
    let numbers = |xs: &[f64]| xs.iter().copied().map(Number).collect::<Vec<_>>();
    let at: Vec<_> = side.at.iter().map(|at| numbers(at)).collect();
    let curve: Vec<_> =
        side.curve.iter().map(|(epoch, mean, score)| (epoch, Number(*mean), score.map(Number))).collect();
    let text = serde_json::json!({
        "id": id, "family": family.name(), "rows": side.rows, "y": numbers(&side.y), "at": at, "curve": curve,
    });
    atomic::write(&results.join("side").join(format!("{id}.json")), text.to_string().as_bytes())
}
