//! Faults inside a run: it fails, it is told, and no other run notices.

use crate::common::{Folder, Said};
use crate::signals::{add, deaths};
use crate::sweep::*;

/// A sweep in which some runs have a fault; what it said, and the records of its failures.
fn struck(folder: &Folder, fault: &str, ids: &[String], arguments: &[&str], code: i32) -> Said {
    let fault = ids.iter().map(|id| format!("{fault}:{id}")).collect::<Vec<_>>().join(",");
    let mut all = vec!["run", "a.yaml"];
    all.extend(arguments);
    let child = start(folder, &all, Some(&fault));
    let (found, err) = ended(child);
    assert_eq!(found, code, "{err}");
    Said { code: found, out: String::new(), err }
}

/// Strikes single runs in turn; each time, exactly that run has failed, with `cause`, and the rest are done.
fn each(calm: &Calm, times: usize, fault: &str, cause: &str, arguments: &[&str]) -> Cost {
    let mut cost = Cost::default();
    for id in calm.ids().iter().cycle().take(times) {
        let folder = calm.folder();
        let said = struck(&folder, fault, std::slice::from_ref(id), arguments, 1);
        let records = folder.records("sweep");
        assert_eq!(records.len(), RUNS, "every run has a record, the failed one too");
        let failed: Vec<_> = records.iter().filter(|it| !it["outcome"]["failure"].is_null()).collect();
        assert_eq!(failed.len(), 1, "{}", said.err);
        assert_eq!(failed[0]["id"], id.as_str());
        let why = failed[0]["outcome"]["failure"].as_str().expect("a cause");
        assert!(why.contains(cause), "{why}");
        assert!(said.err.contains(&format!("failed {id}: ")) && said.err.contains("1 runs failed"), "{}", said.err);
        // The command that it names does the run again, this time without the fault: that is another end.
        let named = said.err.lines().find_map(|line| line.split_once("to see one again: surprisal "));
        let named: Vec<&str> = named.expect("a command").1.split_whitespace().collect();
        let again = folder.call(&named).ends(3);
        assert!(again.out.contains("objective"), "{}", again.out);
        add(&mut cost, calm.judge(&folder, 1));
    }
    cost
}

/// A panic is caught, and told with its message and where the search was.
pub fn panics(calm: &Calm, times: usize) -> Cost {
    each(calm, times, "panic@9", "panicked: the fault asked for, at step 9", &["-j", "2"])
}

/// Memory that a process may not have ends that process, and no other.
pub fn out_of_memory(calm: &Calm, times: usize) -> Cost {
    each(calm, times, "memory@5", "memory allocation of", &["-j", "2", "--memory", "2G"])
}

/// A run that hangs is ended after its time.
pub fn hangs(calm: &Calm, times: usize) -> Cost {
    each(calm, times, "hang@5", "it did not end within 10s (--timeout)", &["-j", "2", "--timeout", "10s"])
}

/// A value that is not finite ends the fit: a status with the step, and where the search last was.
pub fn not_finite(calm: &Calm, times: usize) -> Cost {
    let mut cost = Cost::default();
    for id in calm.ids().iter().cycle().take(times) {
        let folder = calm.folder();
        let said = struck(&folder, "nan@6", std::slice::from_ref(id), &[], 1);
        let record = folder.records("sweep").into_iter().find(|it| it["id"] == id.as_str()).expect("a record");
        let outcome = &record["outcome"];
        assert_eq!(outcome["fit"]["status"]["non_finite"]["step"], 5, "{outcome}");
        assert_eq!(outcome["last"]["step"], 4, "{outcome}");
        assert!(outcome["last"]["value"].is_f64());
        assert!(said.err.contains("last finite at step 4"), "{}", said.err);
        // It is a result of that run, so only taking it back makes it anew.
        let path = &folder.segments("sweep")[0];
        let text = std::fs::read_to_string(path).expect("a segment");
        let kept = text.lines().filter(|line| !line.contains(id.as_str())).map(|line| format!("{line}\n"));
        std::fs::write(path, kept.collect::<String>()).expect("a segment");
        add(&mut cost, calm.judge(&folder, 1));
    }
    cost
}

/// Every process that trains dies at its seventh step in a run; the sweep tries again, and every try goes on.
pub fn dies(calm: &Calm, times: usize) -> Cost {
    let mut cost = Cost::default();
    for k in 0..times {
        let folder = calm.folder();
        let ids: Vec<String> = calm.ids().into_iter().skip(6 * k).take(6).collect();
        let said = struck(&folder, "kill@7", &ids, &["--retries", "30", "--checkpoint", "0s"], 0);
        assert_eq!(said.err.matches(": its process aborted").count(), deaths(&said.err), "{}", said.err);
        // 6 epochs of 13 batches are 78 steps, and the search of the constant model comes after. Side by side, runs go on
        // from a death together, until each is alone.
        let (deaths, least) = (deaths(&said.err), if calm.engine == "lanes" { 5 } else { 10 });
        assert!(deaths >= least * ids.len(), "{deaths} deaths: {}", said.err);
        assert!(folder.records("sweep").iter().all(|it| it["outcome"]["failure"].is_null()));
        assert!(!folder.path("results/sweep/checkpoints").exists(), "nothing is left of what was saved");
        add(&mut cost, calm.judge(&folder, deaths));
    }
    cost
}
