//! What Slurm knows of a sweep: squeue for what waits, runs or has just ended, sacct for what it has forgotten.

use super::journal::Submission;
use serde::Serialize;
use std::collections::BTreeMap;
use std::process::Command;
use surprisal_spec::Shard;

/// One job or task, as Slurm tells it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Task {
    /// Of the array, or of the table job.
    pub job: String,
    /// The shard; none for the table job.
    pub shard: Option<usize>,
    /// Slurm's word: PENDING, RUNNING, COMPLETED, TIMEOUT, …
    pub state: String,
    /// Why it waits, or where it runs or ran.
    pub detail: String,
}

/// The tasks of some submissions, by job and shard; nothing where Slurm is not, or does not answer.
pub fn tasks(submissions: &[Submission]) -> Vec<Task> {
    let mut known = BTreeMap::new();
    let clusters: std::collections::BTreeSet<&Option<String>> = submissions.iter().map(|it| &it.cluster).collect();
    for cluster in clusters {
        let ids: Vec<&str> = submissions
            .iter()
            .filter(|it| it.cluster == *cluster)
            .flat_map(|it| [it.array.as_str(), it.table.as_str()])
            .collect();
        let jobs = format!("--jobs={}", ids.join(","));
        let cluster = cluster.as_ref().map(|name| format!("--clusters={name}"));
        let ask = |program: &str, options: &[&str]| {
            let mut lines = answer(program, options.iter().copied().chain([jobs.as_str()]).chain(cluster.as_deref()));
            lines.retain(|line| ids.contains(&line.split(['|', '_']).next().unwrap_or_default()));
            lines
        };
        // sacct first: squeue is nearer to now.
        for line in ask("sacct", &["-X", "--noheader", "--parsable2", "--format=JobID,State,NodeList"]) {
            let [id, state, node] = fields(&line);
            let (job, index) = id.split_once('_').unwrap_or((id, ""));
            // `CANCELLED by 1000`
            let state = state.split(' ').next().unwrap_or_default();
            waiting(index).iter().for_each(|index| add(&mut known, job, index, state, node));
        }
        for line in ask("squeue", &["--noheader", "--array", "--states=all", "--format=%F|%K|%T|%r|%N"]) {
            let [job, index, state, reason, node] = fields(&line);
            add(&mut known, job, index, state, if state == "PENDING" { reason } else { node });
        }
    }
    known.into_values().collect()
}

/// One line for each submission that Slurm knows, and one for each of its shards that is not complete.
pub fn told(submissions: &[Submission], tasks: &[Task], is_done: impl Fn(Shard) -> (usize, usize)) -> Vec<String> {
    let mut lines = Vec::new();
    for it in submissions {
        let own: Vec<&Task> = tasks.iter().filter(|task| task.job == it.array && task.shard.is_some()).collect();
        let table = tasks.iter().find(|task| task.job == it.table);
        if own.is_empty() && table.is_none() {
            continue;
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        own.iter().for_each(|task| *counts.entry(task.words()).or_default() += 1);
        let counts: Vec<String> = counts.into_iter().map(|(words, n)| format!("{n} {words}")).collect();
        let table = table.map_or("gone".into(), Task::words);
        lines.push(format!("slurm {}: {}; table {}: {table}", it.array, counts.join(", "), it.table));
        let shards: Vec<Shard> = Shard::all(it.shards).collect();
        let open = own.iter().filter_map(|task| {
            let shard = *shards.get(task.shard?.checked_sub(1)?)?;
            let (done, all) = is_done(shard);
            (done < all).then(|| format!("  shard {shard}: {done} of {all} runs done, {}", task.words()))
        });
        let open: Vec<String> = open.collect();
        lines.extend(open.iter().take(SHOWN).cloned());
        if open.len() > SHOWN {
            lines.push(format!("  and {} shards more", open.len() - SHOWN));
        }
    }
    lines
}

/// Most shards that are told one by one.
const SHOWN: usize = 20;

impl Task {
    /// `running on node2`, `pending (Resources)`.
    fn words(&self) -> String {
        let state = self.state.to_lowercase();
        match self.detail.as_str() {
            "" | "None assigned" => state,
            why if self.state == "PENDING" => format!("{state} ({why})"),
            node if self.state == "RUNNING" => format!("{state} on {node}"),
            _ => state,
        }
    }
}

/// The tasks that a line of sacct is about: tasks that wait share one, `12_[1-3,7%2]`.
fn waiting(index: &str) -> Vec<String> {
    let Some(list) = index.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return vec![index.into()] };
    let list = list.split('%').next().unwrap_or_default();
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse::<usize>().ok()?..=last.parse::<usize>().ok()?)
    };
    list.split(',').filter_map(range).flatten().take(MOST).map(|index| index.to_string()).collect()
}

/// Most tasks of an array: Slurm's own limit.
const MOST: usize = 4_000_001;

fn add(known: &mut BTreeMap<(u64, usize), Task>, job: &str, index: &str, state: &str, detail: &str) {
    let shard = index.parse().ok();
    let key = (job.parse().unwrap_or(0), shard.unwrap_or(usize::MAX));
    known.insert(key, Task { job: job.into(), shard, state: state.into(), detail: detail.into() });
}

fn fields<const N: usize>(line: &str) -> [&str; N] {
    let mut parts = line.split('|');
    [(); N].map(|()| parts.next().unwrap_or_default())
}

/// The lines that a program of Slurm prints; none if it is not there, fails, or takes longer than ten seconds.
fn answer<'a>(program: &str, arguments: impl Iterator<Item = &'a str>) -> Vec<String> {
    let output = Command::new("timeout").args(["10", program]).args(arguments).output();
    let text = output.ok().filter(|it| it.status.success()).map(|it| it.stdout).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().map(str::to_string).collect()
}
