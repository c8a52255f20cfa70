//! The two job scripts of Slurm: an array over shards that goes back into the queue by itself, and the tables after it.

use super::{Launch, quoted, word};
use anyhow::{Result, ensure};
use std::num::NonZeroUsize;

/// What a task asks of Slurm; values are passed on as they stand.
#[derive(clap::Args)]
pub struct Resources {
    /// Time limit of a task, as sbatch takes it: minutes, or [days-]hours:minutes:seconds
    #[arg(short, long)]
    time: Option<String>,
    /// Memory of a task, as sbatch takes it: 4G
    #[arg(long)]
    mem: Option<String>,
    /// Cores of a task, and its workers
    #[arg(short, long, default_value = "1", value_name = "N")]
    cpus_per_task: NonZeroUsize,
    /// Partition
    #[arg(short, long)]
    partition: Option<String>,
    /// Account to charge
    #[arg(short = 'A', long)]
    account: Option<String>,
    /// Quality of service
    #[arg(short, long)]
    qos: Option<String>,
    /// Name of the job; the experiment's by default
    #[arg(short = 'J', long)]
    job_name: Option<String>,
    /// Most tasks at a time
    #[arg(long, value_name = "N")]
    at_most: Option<NonZeroUsize>,
    /// Seconds before the time limit at which a task stops and goes back into the queue; Slurm may come a minute early
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    grace: u16,
    /// How often a task goes back into the queue before it gives up
    #[arg(long, default_value_t = 100, value_name = "N")]
    requeues: u32,
    /// Further options of sbatch
    #[arg(last = true, value_name = "SBATCH OPTIONS")]
    more: Vec<String>,
}

impl Resources {
    /// The array over the open shards.
    ///
    /// The signal before the limit goes to the shell alone, which passes it on; SIGTERM, before preemption, reaches both.
    /// A task that stopped cleanly (75) asks for its own place in the queue, by array and index, for the job id of the
    /// last task is also that of the whole array. It does not if Slurm itself has ended or requeued it meanwhile.
    pub fn array(&self, it: &Launch) -> Result<String> {
        let (todo, all) = it.runs;
        let at_most = self.at_most.map(|n| format!("%{n}")).unwrap_or_default();
        let head = self.head(it, "%A_%a.log", &format!("#SBATCH --array={}{at_most}\n", it.ranges()))?;
        let cpus = self.cpus_per_task;
        Ok(format!(
            r#"#!/usr/bin/env bash
# {name}: {count} shards; {todo} of {all} runs to do.
{head}#SBATCH --cpus-per-task={cpus}
#SBATCH --requeue
#SBATCH --signal=B:USR1@{grace}
echo "shard $SLURM_ARRAY_TASK_ID of {count} on ${{SLURMD_NODENAME:-$HOSTNAME}}, start $((${{SLURM_RESTART_COUNT:-0}} + 1))"
run=
stop=
trap 'stop=USR1; [ -z "$run" ] || kill -USR1 "$run"' USR1
trap 'stop=TERM; [ -z "$run" ] || kill -TERM "$run"' TERM
{run} &
run=$!
[ -z "$stop" ] || kill -"$stop" "$run"
# A trap ends `wait` before the program has ended.
while kill -0 "$run" 2>/dev/null; do wait "$run"; done
wait "$run"
code=$?
# Slurm ends what it takes back with SIGTERM: nobody is left to pass it on to.
trap '' USR1 TERM
task=${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}
if [ "$code" = 75 ] && [ "${{SLURM_RESTART_COUNT:-0}}" -lt {requeues} ] &&
    [ "$(squeue --noheader --jobs="$task" --format=%T 2>/dev/null)" = RUNNING ]; then
    echo "stopped in time; back into the queue"
    scontrol requeue "$task"
fi
exit "$code"
"#,
            name = it.name,
            count = it.count,
            grace = self.grace,
            requeues = self.requeues,
            run = it.run(r#""$SLURM_ARRAY_TASK_ID""#, &cpus.to_string()),
        ))
    }
    /// The job after the array, whatever became of its tasks: what lacks is told in the table.
    pub fn table(&self, it: &Launch) -> Result<String> {
        let head = self.head(it, "%j-%A.log", "")?;
        Ok(format!("#!/usr/bin/env bash\n# {}: the tables.\n{head}exec {}\n", it.name, it.table()))
    }
    fn head(&self, it: &Launch, log: &str, array: &str) -> Result<String> {
        let name = self.job_name.as_deref().unwrap_or(&it.name);
        let folder = quoted(&it.folder)?;
        ensure!(!folder.contains('\\'), "{folder} has a backslash, which ends the patterns of a log's name in Slurm");
        let log = word(&format!("{}/{log}", it.folder.display().to_string().replace('%', "%%")))?;
        let mut head = format!("#SBATCH --job-name={}\n{array}", word(name)?);
        head += &format!("#SBATCH --chdir={}\n#SBATCH --output={log}\n", quoted(&it.root)?);
        head += "#SBATCH --open-mode=append\n#SBATCH --ntasks=1\n";
        let optional = [
            ("time", &self.time),
            ("mem", &self.mem),
            ("partition", &self.partition),
            ("account", &self.account),
            ("qos", &self.qos),
        ];
        for (key, value) in optional.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
            head += &format!("#SBATCH --{key}={}\n", word(value)?);
        }
        if !self.more.is_empty() {
            let more = self.more.iter().map(|text| word(text)).collect::<Result<Vec<_>>>()?;
            head += &format!("#SBATCH {}\n", more.join(" "));
        }
        Ok(head)
    }
}
