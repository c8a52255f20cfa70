//! How much memory is free: of the machine, and of the groups of processes that this one is in.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// Bytes; nothing where the system does not say.
pub fn free() -> Option<u64> {
    free_below(Path::new("/"))
}

/// The same with another root: `/proc` and `/sys` are below it.
fn free_below(root: &Path) -> Option<u64> {
    let info = read_to_string(root.join("proc/meminfo")).ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let machine = line.split_whitespace().next()?.parse::<u64>().ok()? * 1024;
    Some(groups(root).into_iter().filter_map(|(folder, v2)| free_of(&folder, v2)).fold(machine, u64::min))
}

/// The groups that limit memory, from this process's own upwards, and whether each is of version 2.
///
/// A limit holds for all that is below: a scheduler may set it on a job, a step or a task.
fn groups(root: &Path) -> Vec<(PathBuf, bool)> {
    let own = read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mut found = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (top, v2) = match controllers {
            "" => (root.join("sys/fs/cgroup"), true),
            of if of.split(',').any(|it| it == "memory") => (root.join("sys/fs/cgroup/memory"), false),
            _ => continue,
        };
        // Seen from a container, the path may be that of its host: what is not there limits nothing.
        let own = top.join(path.trim_start_matches('/'));
        found.extend(own.ancestors().take_while(|up| up.starts_with(&top)).map(|up| (up.to_path_buf(), v2)));
    }
    found
}

fn free_of(group: &Path, v2: bool) -> Option<u64> {
    let (most, used) = match v2 {
        true => ("memory.max", "memory.current"),
        false => ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    };
    let number = |name: &str| read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    Some(number(most)?.saturating_sub(number(used).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in [("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    4000 kB\n")].iter().chain(files) {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        free_below(root.path())
    }

    #[test]
    fn free_memory_is_the_least_of_the_machine_and_of_every_group_above_this_process() {
        let own = ("proc/self/cgroup", "0::/slurm/job_7/step_0\n");
        let step = "sys/fs/cgroup/slurm/job_7/step_0/memory";
        assert_eq!(with(&[]), Some(4000 * 1024));
        assert_eq!(with(&[own, (&format!("{step}.max"), "max\n")]), Some(4000 * 1024));
        let job = [
            ("sys/fs/cgroup/slurm/job_7/memory.max", "3000000\n"),
            ("sys/fs/cgroup/slurm/job_7/memory.current", "1000000\n"),
        ];
        assert_eq!(with(&[own, (&format!("{step}.max"), "max\n"), job[0], job[1]]), Some(2_000_000));
        assert_eq!(with(&[own, (&format!("{step}.max"), "5000\n"), job[0], job[1]]), Some(5000));
        assert_eq!(with(&[own, (&format!("{step}.max"), "5000\n"), (&format!("{step}.current"), "6000\n")]), Some(0));
    }

    #[test]
    fn groups_of_version_1_and_paths_of_a_host_are_understood() {
        let own = ("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/docker/1\n0::/\n");
        let top = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000000\n");
        let used = ("sys/fs/cgroup/memory/memory.usage_in_bytes", "250000\n");
        assert_eq!(with(&[own, top, used]), Some(750_000));
        assert_eq!(with(&[own]), Some(4000 * 1024));
    }
}
