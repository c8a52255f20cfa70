//! Signals: to the program, and to one of its workers.

use crate::sweep::*;
use std::time::Duration;

/// Kills the program again and again, at moments spread over its work, until it has been struck so often.
pub fn killed(calm: &Calm, times: usize) -> Cost {
    let (mut draws, mut cost, mut folder, mut struck) = (Draws(2026), Cost::default(), calm.folder(), 0);
    for i in 0.. {
        let mut child = start(&folder, &["run", "a.yaml", "--checkpoint", "20ms"], None);
        // Some moments are counted from the start, others from where records are.
        if i % 2 == 0 {
            std::thread::sleep(Duration::from_secs_f64(draws.next() * 0.25));
        } else {
            let now = folder.records("sweep").len();
            until(&folder, &mut child, now + 1 + (draws.next() * 3.0) as usize);
        }
        // One that had ended was not struck.
        let alive = child.try_wait().expect("a child").is_none();
        child.kill().expect("a signal is sent");
        ended(child);
        struck += usize::from(alive);
        let enough = cost.times + struck >= times;
        if enough || folder.records("sweep").len() >= RUNS {
            add(&mut cost, calm.judge(&folder, struck));
            (folder, struck) = (calm.folder(), 0);
        }
        if enough {
            break;
        }
    }
    cost
}

/// Kills a worker; its run is tried again by the same sweep, which ends well.
pub fn worker_killed(calm: &Calm, times: usize) -> Cost {
    let (mut draws, mut cost) = (Draws(7), Cost::default());
    while cost.times < times {
        let folder = calm.folder();
        let arguments = ["run", "a.yaml", "-j", "2", "--retries", "3", "--checkpoint", "50ms"];
        let mut child = start(&folder, &arguments, None);
        until(&folder, &mut child, 1 + (draws.next() * 12.0) as usize);
        if let Some(worker) = workers_of(child.id()).first() {
            let _ = std::process::Command::new("kill").args(["-KILL", &worker.to_string()]).status();
        }
        let (code, said) = ended(child);
        assert_eq!(code, 0, "{said}");
        // A worker may have been between two runs, or about to leave: then no run was struck.
        add(&mut cost, calm.judge(&folder, deaths(&said)));
    }
    cost
}

/// Deaths of workers that were told, of one run or of several.
pub fn deaths(said: &str) -> usize {
    said.matches(" tried again ").count()
}

/// The children of all threads of a process.
fn workers_of(id: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    children.flat_map(|ids| ids.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect()
}

/// The first SIGINT: what is under way is given up, how to go on is said, the code is 130.
pub fn interrupted(calm: &Calm, times: usize) -> Cost {
    stopped(calm, times, &["INT"], 130)
}

/// The second SIGINT ends the program without more words.
pub fn interrupted_twice(calm: &Calm, times: usize) -> Cost {
    stopped(calm, times, &["INT", "INT"], 130)
}

/// SIGTERM: the same as SIGINT, with its own code.
pub fn terminated(calm: &Calm, times: usize) -> Cost {
    stopped(calm, times, &["TERM"], 143)
}

fn stopped(calm: &Calm, times: usize, signals: &[&str], code: i32) -> Cost {
    let (mut draws, mut cost) = (Draws(11), Cost::default());
    for _ in 0..times {
        let folder = calm.folder();
        // A run that never ends is among those under way: the second signal must not wait for it.
        let hang = format!("hang@1:{}", calm.ids()[(draws.next() * RUNS as f64) as usize]);
        let fault = (signals.len() > 1).then_some(hang.as_str());
        let mut child = start(&folder, &["run", "a.yaml", "-j", "2"], fault);
        until(&folder, &mut child, 1 + (draws.next() * 10.0) as usize);
        signals.iter().enumerate().for_each(|(i, name)| {
            if i > 0 {
                std::thread::sleep(Duration::from_millis(50));
            }
            signal(&child, name);
        });
        let (found, said) = ended(child);
        assert_eq!(found, code, "{said}");
        let left = RUNS - folder.records("sweep").len().min(RUNS);
        if signals.len() == 1 && left > 0 {
            assert!(said.contains("stopped; go on with: surprisal run a.yaml -j 2"), "{said}");
        }
        add(&mut cost, calm.judge(&folder, signals.len()));
    }
    cost
}

/// Adds up.
pub fn add(sum: &mut Cost, cost: Cost) {
    sum.times += cost.times;
    sum.lost += cost.lost;
    sum.doubled += cost.doubled;
    sum.unequal += cost.unequal;
}
