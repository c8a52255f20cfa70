//! Which engine trains a run, and that no result depends on what it was trained beside.

mod common;

use common::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Runs of four shapes in lanes, and some that lanes do not serve; with early stopping a lane ends before its company.
const SWEEP: &str = "\
schema: 1
name: sweep
dataset: { diabetes: { split: { random: { k: 3, test: 0.1 } } } }
prior: { gaussian: { scale: 1.0 } }
optimiser: { adam: { lr: 0.01, epochs: 5, batch: 32 } }
early_stopping: { share: 0.2, patience: 2 }
seeds: [0, 1]
dtype: f32
sweep:
  grid:
    model: [{ mlp: { widths: [7] } }, { mlp: { widths: [4, 3], activation: tanh } }]
    likelihood: [{ gaussian: { scale: learned } }, { laplace: { scale: 50 } }, { student_t: { nu: 4, scale: learned } }]
    estimator: [mle, map]
  exclude: [{ estimator: mle, likelihood: laplace }]
";

/// The facts of all runs, trained as they come.
static ALL: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let folder = Folder::with(SWEEP);
    folder.call(&["run", "a.yaml", "-j", "1"]).ends(0);
    facts(&folder.records("sweep"))
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_run_has_the_same_bits_in_any_company_and_order_and_alone(
        jobs in 1_usize..5,
        shard in 1_usize..4,
        of in 0_usize..3,
        some in prop::sample::select(vec![
            vec![], vec!["estimator=map"], vec!["likelihood=student_t"], vec!["model=mlp"], vec!["seeds=[1,0]"], vec!["seeds=[1]"],
        ]),
    ) {
        let folder = Folder::with(SWEEP);
        let (jobs, shard) = (jobs.to_string(), format!("{shard}/{}", shard + of));
        let ran = folder.call(&[&["run", "a.yaml", "-j", &jobs, "--shard", &shard], &some[..]].concat());
        // An option by its name alone has its defaults: those are other runs, and refused or done.
        prop_assert!(ran.code == 0 || ran.code == 2, "{}", ran.err);
        for (id, fact) in facts(&folder.records("sweep")) {
            if let Some(known) = ALL.get(&id) {
                prop_assert_eq!(known, &fact);
            }
        }
        folder.call(&["run", "a.yaml", "-j", &jobs]).ends(0);
        let found = facts(&folder.records("sweep"));
        prop_assert!(ALL.iter().all(|(id, fact)| found.get(id) == Some(fact)));
    }
}

#[test]
fn a_run_of_a_cohort_is_reproduced_alone_to_the_bit() {
    let folder = Folder::with(SWEEP);
    folder.call(&["run", "a.yaml", "-j", "1"]).ends(0);
    for id in ALL.keys().step_by(17) {
        let said = folder.call(&["reproduce", &format!("results/sweep#{id}")]).ends(0);
        assert!(said.err.contains("as recorded, to the bit"), "{}", said.err);
    }
    let said = folder.call(&["verify", "results", "--all", "-j", "3"]).ends(0);
    assert!(said.out.contains("60 of 60 done again are equal to the bit"), "{}", said.out);
}

#[test]
fn a_plan_says_what_trains_its_runs_and_why() {
    let engines = |yaml: &str, arguments: &[&str]| {
        let said = Folder::with(yaml).call(&[&["plan", "a.yaml"], arguments].concat()).ends(0);
        let lines = said.out.lines().skip_while(|line| !line.starts_with("  engine"));
        lines.take_while(|line| !line.starts_with("  store")).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(engines(SWEEP, &[]), @"  engine     lanes 60 runs: adam on a small model, many side by side");
    insta::assert_snapshot!(engines(SWEEP, &["engine=candle"]), @"  engine     candle 60 runs: `engine: candle` asks for it");
    insta::assert_snapshot!(engines(SWEEP, &["optimiser.adam.batch=32,2000", "model=linear"]), @r"
    engine     lanes 30 runs: adam on a small model, many side by side
               candle 30 runs: batches of 2000 rows are larger than the 1024 up to which lanes are faster
    ");
    let searched = SWEEP.replace("early_stopping: { share: 0.2, patience: 2 }\n", "");
    insta::assert_snapshot!(engines(&searched, &["optimiser=lbfgs,sgd", "dtype=f64"]), @r"
    engine     candle 60 runs: `lbfgs` looks at all rows at once, lanes at batches
               lanes 60 runs: sgd on a small model, many side by side
    ");
}

#[test]
fn lanes_that_cannot_train_a_run_are_refused_where_they_are_asked_for() {
    let yaml = SWEEP.replace("{ mlp: { widths: [7] } }", "{ mlp: { widths: [700] } }") + "engine: lanes\n";
    insta::assert_snapshot!(check(&Folder::with(&yaml), 2), @r"
    error[value]: lanes cannot train this: a layer of 700 units is wider than the 512 up to which lanes are faster; `auto` takes candle here
      --> a.yaml:15:9
       |
    15 | engine: lanes
       |         ^^^^^

    1 error. Nothing was run.
    ");
}

#[test]
fn the_engine_is_part_of_the_id_and_auto_is_not() {
    let ids = |arguments: &[&str]| {
        let said = Folder::with(SWEEP).call(&[&["plan", "a.yaml", "--json"], arguments].concat()).ends(0);
        let plan = said.json().remove(0);
        plan["runs"].as_array().expect("runs").iter().map(|run| run["id"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&[]), ids(&["engine=lanes"]));
    assert!(ids(&["engine=candle"]).iter().all(|id| !ids(&[]).contains(id)));
}

#[test]
fn the_pace_is_told_to_programs() {
    let folder = Folder::with(SWEEP);
    let said = folder.call(&["run", "a.yaml", "--progress", "json"]).ends(0);
    let events: Vec<serde_json::Value> =
        said.err.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let named = |name: &str| events.iter().filter(|it| it["event"] == name).cloned().collect::<Vec<_>>();
    let runs = named("run");
    assert_eq!(runs.len(), ALL.len());
    assert!(runs.iter().all(|it| it["runs"] == ALL.len() && it["eta_seconds"].is_f64()));
    let end = named("end").remove(0);
    // 60 runs of at most 5 epochs of 10 batches, of which some end early, and a few searches of constant models.
    let steps = end["steps"].as_u64().expect("a number");
    assert!((500..9000).contains(&steps), "{steps}");
    assert!(end["steps_per_second"].as_f64().is_some_and(|pace| pace > 0.0));
}
