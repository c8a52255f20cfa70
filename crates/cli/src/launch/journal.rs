//! What was given to Slurm: one line for each submission, so that `status` knows whom to ask about.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;

/// An array and the job that waits for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// Id of the array.
    pub array: String,
    /// Id of the job that renders the tables.
    pub table: String,
    /// Shards of the plan; the array may hold some of them only.
    pub shards: usize,
    /// The cluster, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// When, as UTC.
    pub at: String,
}

/// Gives two scripts to Slurm and notes their ids.
pub fn submit(folder: &Path, shards: usize, array: &Path, table: &Path) -> Result<Submission> {
    let (id, cluster) = sbatch(&[], array)?;
    // `afterany`: a failed shard must not keep the others' results back.
    let (table, _) = sbatch(&[format!("--dependency=afterany:{id}")], table)
        .with_context(|| format!("the array is job {id}, and its table job was refused"))?;
    let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let it = Submission { array: id, table, shards, cluster, at };
    let path = folder.join(JOURNAL);
    let all = submissions(folder).into_iter().chain([it.clone()]);
    let lines: String = all.filter_map(|it| Some(serde_json::to_string(&it).ok()? + "\n")).collect();
    crate::atomic::write(&path, lines.as_bytes())
        .with_context(|| format!("job {} is submitted, and cannot be noted in `{}`", it.array, path.display()))?;
    Ok(it)
}

const JOURNAL: &str = "jobs.jsonl";
/// Most bytes of it: some hundred thousand submissions.
const MAX_JOURNAL: u64 = 16 << 20;

/// The submissions of a folder, oldest first; none where none was noted.
pub fn submissions(folder: &Path) -> Vec<Submission> {
    let bytes = crate::read::own(&folder.join(JOURNAL), MAX_JOURNAL).unwrap_or_default();
    let all = bytes.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Submission>(line).ok());
    // Ids become arguments of Slurm's programs.
    all.filter(|it| [&it.array, &it.table].into_iter().all(|id| is_id(id))).collect()
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Id and cluster, as `sbatch --parsable` prints them: `12` or `12;name`.
fn sbatch(options: &[String], script: &Path) -> Result<(String, Option<String>)> {
    let output = Command::new("sbatch").arg("--parsable").args(options).arg(script).output();
    let output = match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!(
                "there is no `sbatch` on this machine: call it where Slurm is, or take the script to another scheduler with `surprisal launch script`"
            )
        }
        other => other.context("cannot start `sbatch`")?,
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let (id, cluster) = match text.trim().split_once(';') {
        Some((id, cluster)) => (id, Some(cluster.to_string())),
        None => (text.trim(), None),
    };
    if !output.status.success() || !is_id(id) {
        bail!("Slurm refused `{}`: {}", script.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok((id.to_string(), cluster))
}
