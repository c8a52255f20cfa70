//! What `plan` counts is what `run` does.

mod common;

use common::*;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

/// Parts of a sweep; each alone or with others is one.
const GRID: &[&str] = &[
    "estimator: [mse, mle, map]",
    "likelihood: [{ gaussian: { scale: 1 } }, { gaussian: { scale: learned } }]",
    "prior: [flat, { gaussian: { scale: 1 } }]",
    "prior.gaussian.scale: { logspace: [0.1, 10, 3] }",
    "model: [constant, linear]",
    "dataset.linear_gaussian.n: { range: [8, 12, 2] }",
];
const REST: &[&str] = &[
    "  zip: { pair: { dtype: [f64, f32], optimiser.lbfgs.memory: [5, 6] } }\n",
    "  when: [{ if: { estimator: map }, grid: { prior.gaussian.location: [0, 1] } }]\n",
    "  exclude: [{ estimator: [mse, mle], dtype: f32 }]\n",
    "  random: { n: 3, seed: 4, over: { dataset.linear_gaussian.noise: { uniform: [0.5, 2] } } }\n",
    "  sobol: { n: 2, seed: 4, over: { optimiser.lbfgs.memory: { whole: [3, 9] } } }\n",
];
const ARGUMENTS: &[&[&str]] = &[
    &[],
    &["estimator=map,mle"],
    &["prior=flat"],
    &["optimiser={adam: {epochs: 1}}", "seeds=[0,1]"],
    &["two=zip(estimator=[map,mle],dtype=[f32,f64])"],
];

fn experiment(grid: &BTreeSet<usize>, rest: &BTreeSet<usize>) -> String {
    let mut out = String::from(
        "schema: 1\nname: a\ndataset: { linear_gaussian: { n: 10, dim: 2, test_n: 5, replicates: 2 } }\nlikelihood: { gaussian: { scale: 1 } }\nprior: { gaussian: { scale: 2 } }\nseeds: [0]\n",
    );
    let lines: String = grid.iter().map(|i| format!("    {}\n", GRID[*i])).collect();
    let rest: String = rest.iter().map(|i| REST[*i]).collect();
    if !lines.is_empty() || !rest.is_empty() {
        out += "sweep:\n";
    }
    if !lines.is_empty() {
        out += &format!("  grid:\n{lines}");
    }
    out + &rest
}

fn ids(plan: &Value) -> BTreeSet<String> {
    let runs = plan["runs"].as_array().expect("a list");
    let ids: BTreeSet<String> = runs.iter().map(|run| run["id"].as_str().expect("an id").to_string()).collect();
    assert_eq!(ids.len(), runs.len(), "each run once");
    ids
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plan_counts_what_run_does(
        grid in proptest::collection::btree_set(0..GRID.len(), 0..3),
        rest in proptest::collection::btree_set(0..REST.len(), 0..3),
        k in 0..ARGUMENTS.len(),
    ) {
        let folder = Folder::with(&experiment(&grid, &rest));
        let call = |command: &[&str]| folder.call(&[command, &["a.yaml"], ARGUMENTS[k]].concat());
        let said = call(&["plan", "--json"]);
        if said.code != 0 {
            // Two dimensions over one key, or a key that no cell has: `run` says the same.
            let (plan, run) = (call(&["plan"]), call(&["run"]));
            prop_assert_eq!((said.code, plan.err, folder.segments("a").len()), (2, run.err, 0));
            return Ok(());
        }
        let plan = said.json().remove(0);
        let count = |key: &str| plan[key].as_u64().expect("a number") as usize;
        let (arms, runs) = (plan["arms"].as_array().expect("a list"), ids(&plan));
        let asked: u64 = arms.iter().map(|arm| arm["runs"].as_u64().expect("a number")).sum();
        prop_assert_eq!(runs.len() + count("shared"), asked as usize);
        let cells = plan["steps"].as_array().expect("a list").last().map_or(1, |step| step["cells"].as_u64().unwrap_or(0));
        let no_effect: u64 = plan["no_effect"].as_array().expect("a list").iter().map(|why| why["cells"].as_u64().unwrap_or(0)).sum();
        prop_assert_eq!(cells - no_effect, arms.len() as u64);
        prop_assert_eq!(no_effect as usize, count("collapsed"));
        prop_assert_eq!(&plan["states"]["to do"], &serde_json::json!(runs.len()));

        call(&["run"]).ends(0);
        let records = folder.records("a");
        let done: BTreeSet<String> = records.iter().map(|record| record["id"].as_str().expect("an id").to_string()).collect();
        prop_assert_eq!(records.len(), runs.len());
        prop_assert_eq!(&done, &runs);
        let after = call(&["plan", "--json"]).ends(0).json().remove(0);
        prop_assert_eq!(ids(&after), runs);
        prop_assert_eq!(&after["states"], &serde_json::json!({ "done": records.len() }));
        let again = call(&["run"]).ends(0);
        prop_assert!(again.err.contains("nothing to do"), "{}", again.err);
    }
}

#[test]
fn plan_says_how_the_runs_come_to_be_what_has_no_effect_and_how_long_it_takes() {
    let yaml = "\
schema: 1
name: a
question: What is counted?
dataset: { linear_gaussian: { n: 10, dim: 2, test_n: 5, replicates: 3 } }
likelihood: { gaussian: { scale: 1 } }
prior: { gaussian: { scale: 2 } }
sweep:
  grid: { estimator: [mse, mle, map], prior: [flat, { gaussian: { scale: 1 } }] }
  zip: { pair: { dtype: [f32, f64], optimiser.lbfgs.memory: [5, 6] } }
  when: [{ if: { estimator: map, prior: gaussian }, grid: { prior.gaussian.location: { range: [0, 3] } } }]
  exclude: [{ estimator: mse, dtype: f32 }]
";
    let folder = Folder::with(yaml);
    let plan = folder.call(&["plan", "a.yaml"]).ends(0);
    let counted: Vec<&str> = plan.out.lines().skip_while(|line| !line.starts_with("  grid")).collect();
    insta::assert_snapshot!(counted.join("\n"), @r"
    grid       estimator 3 × prior 2  = 6
    zip        pair 2  = 12
    when       estimator = map and prior = gaussian → prior.gaussian.location 3  + 4 = 16
    exclude    estimator = mse and dtype = f32  − 2 = 14
    no effect  `prior` has no effect when estimator = mse  − 1 = 13
    no effect  `prior` has no effect when estimator = mle  − 2 = 11
    × units    splits or replicates, 3 each  = 33
    shared     runs that several arms ask for  − 6 = 27
    in all     11 arms, 27 runs
    engine     candle 27 runs: `lbfgs` looks at all rows at once, lanes at batches
    store      27 to do in results/a/records
    estimate   unknown: there are no records yet
    ");
    folder.call(&["run", "a.yaml", "estimator=mle"]).ends(0);
    let plan = folder.call(&["plan", "a.yaml", "-j", "2"]).ends(0);
    assert!(plan.out.contains("6 done, 21 to do in results/a/records"), "{}", plan.out);
    let estimate = plan.out.lines().find(|line| line.contains("estimate")).expect("a line");
    assert!(estimate.contains("2 workers, from 6 records"), "{estimate}");
    let plan = folder.call(&["plan", "a.yaml", "estimator=mle"]).ends(0);
    let notes: Vec<&str> = plan.out.lines().filter(|line| line.contains("note:")).collect();
    insta::assert_snapshot!(notes.join("\n"), @r"
    note: `when` holds in no cell: estimator = map and prior = gaussian → prior.gaussian.location 3
    note: `exclude` holds in no cell: estimator = mse and dtype = f32
    note: `estimator` is not swept over [mse, mle, map]: an argument says otherwise
    ");
    let json = folder.call(&["plan", "a.yaml", "--json"]).ends(0).json().remove(0);
    assert!(json["estimate"]["seconds"].as_f64().is_some_and(|s| s > 0.0), "{}", json["estimate"]);
}
