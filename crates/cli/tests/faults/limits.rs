//! Policies on failures.

use crate::common::{Folder, program};
use crate::sweep::*;

#[test]
fn fail_fast_stops_at_the_first_failure_and_max_failures_at_the_stated_one() {
    for (arguments, least, most, engine) in [
        (vec!["--fail-fast"], 1, 1, "candle"),
        (vec!["--max-failures", "3"], 3, 3, "candle"),
        // Those beside the last one have begun, and end as they end.
        (vec!["--fail-fast"], 1, 16, "lanes"),
    ] {
        let folder = Folder::with(&format!("{SWEEP}engine: {engine}\n"));
        let mut all = vec!["run", "a.yaml", "-j", "1"];
        all.extend(&arguments);
        let (code, said) = ended(start(&folder, &all, Some("panic@2")));
        assert_eq!(code, 1, "{said}");
        let failed = folder.records("sweep").len();
        assert!((least..=most).contains(&failed), "{failed} failures with {arguments:?}: {said}");
        assert!(said.contains("no more are begun"), "{said}");
    }
    let folder = Folder::with(SWEEP);
    let (code, _) = ended(start(&folder, &["run", "a.yaml", "--keep-going"], Some("panic@2")));
    assert_eq!((code, folder.records("sweep").len()), (1, RUNS), "by default all are tried");
}

#[test]
fn a_worker_whose_owner_is_gone_ends_by_itself_and_well() {
    let worker = program(&std::env::temp_dir()).arg("worker").stdin(std::process::Stdio::null()).output();
    let worker = worker.expect("it starts");
    assert_eq!(worker.status.code(), Some(0), "{}", String::from_utf8_lossy(&worker.stderr));
}

#[test]
fn only_a_death_is_tried_again_and_no_more_often_than_stated() {
    for engine in ["candle", "lanes"] {
        dies_again(&Calm::new(engine));
    }
}

fn dies_again(calm: &Calm) {
    let id = &calm.ids()[3];
    let folder = calm.folder();
    let fault = format!("kill@3:{id}");
    let (code, said) =
        ended(start(&folder, &["run", "a.yaml", "--retries", "2", "--checkpoint", "never"], Some(&fault)));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("its process aborted (signal 6)"), "{said}");
    assert_eq!(folder.records("sweep").len(), RUNS);
    calm.judge(&folder, 1).assert_nothing();
}
