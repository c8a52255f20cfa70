//! The shards as one script of a POSIX shell, for any scheduler.

use super::{Launch, quoted};
use anyhow::Result;

/// `shards.sh K` runs shard K, `shards.sh` all of them, `shards.sh table` renders the tables.
pub fn script(it: &Launch, jobs: usize) -> Result<String> {
    let (todo, all) = it.runs;
    let (count, name) = (it.count, &it.name);
    let open: Vec<String> = it.open.iter().map(|shard| shard.number().to_string()).collect();
    Ok(format!(
        r#"#!/bin/sh
# {name}: {count} shards, written when {todo} of {all} runs were to do.
#   shards.sh K       runs shard K; 75: it was stopped by SIGUSR1, and goes on when called again
#   shards.sh table   renders the tables
#   shards.sh         runs the open shards one after another, then renders the tables
# With GNU parallel, two at a time: parallel -j 2 sh shards.sh ::: {list} ; sh shards.sh table
set -u
cd {root} || exit
run() {{ {run}; }}
table() {{ {table}; }}
case "${{1-}}" in
"")
    worst=0
    for shard in {list}; do run "$shard" || worst=$?; done
    table || worst=$?
    exit "$worst"
    ;;
table) table ;;
*) run "$1" ;;
esac
"#,
        list = open.join(" "),
        root = quoted(&it.root)?,
        table = it.table(),
        run = it.run(r#""$1""#, &jobs.to_string()),
    ))
}
