//! Which engine `auto` takes, which runs may stand beside each other, and that neither looks at more than it must.

use surprisal_density::{Likelihood, Prior};
use surprisal_spec::{DType, Data, Engine, Model, Optimiser, Run, Shape};

/// A run of the diabetes data set's size, from the JSON of its parts.
fn run(model: &str, likelihood: &str, optimiser: &str) -> Run {
    fn part<T: serde::de::DeserializeOwned>(text: &str) -> T {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }
    Run {
        schema: 1,
        data: Data {
            table: "t".into(),
            split: "s".into(),
            unit: 0,
            kind: part(r#""real""#),
            standardise: true,
            features: (0..10).map(|k| format!("x{k}")).collect(),
        },
        model: part::<Model>(model),
        likelihood: part::<Likelihood>(likelihood),
        prior: Prior::flat(),
        optimiser: part::<Optimiser>(optimiser),
        dtype: DType::F32,
        engine: Engine::Lanes,
        seed: 0,
        early_stopping: None,
        select: None,
    }
}

const MLP: &str = r#"{"mlp":{"widths":[50]}}"#;
const GAUSSIAN: &str = r#"{"gaussian":{"scale":"learned"}}"#;
const ADAM: &str = r#"{"adam":{}}"#;

/// What `auto` takes.
fn auto(run: &Run) -> (Engine, String) {
    Engine::Auto.resolve(run).expect("auto always finds one")
}

#[test]
fn lanes_train_small_models_in_small_batches_and_candle_the_rest() {
    for optimiser in [r#"{"sgd":{"momentum":0.9}}"#, ADAM, r#"{"adamw":{"batch":1024}}"#] {
        for model in [MLP, r#"{"linear":{}}"#, r#"{"constant":{}}"#, r#"{"mlp":{"widths":[512,512]}}"#] {
            assert_eq!(auto(&run(model, GAUSSIAN, optimiser)).0, Engine::Lanes, "{model} {optimiser}");
        }
    }
    let classes = |n: usize| format!(r#"{{"categorical":{{"classes":{n}}}}}"#);
    assert_eq!(auto(&run(MLP, &classes(512), ADAM)).0, Engine::Lanes);
    for (it, why) in [
        (run(MLP, GAUSSIAN, r#"{"lbfgs":{}}"#), "`lbfgs` looks at all rows at once, lanes at batches"),
        (run(MLP, GAUSSIAN, r#"{"adam":{"batch":1025}}"#), "batches of 1025 rows"),
        (run(r#"{"mlp":{"widths":[5,513]}}"#, GAUSSIAN, ADAM), "a layer of 513 units"),
        (run(MLP, &classes(513), ADAM), "513 classes"),
    ] {
        let (engine, found) = auto(&it);
        assert!(engine == Engine::Candle && found.contains(why), "{found}");
        let refused = Engine::Lanes.resolve(&it).expect_err("asked for in vain");
        assert!(refused.contains(why), "{refused}");
        assert_eq!(Engine::Candle.resolve(&it).expect("it trains all").0, Engine::Candle);
    }
    let mut wide = run(r#"{"linear":{}}"#, GAUSSIAN, ADAM);
    wide.data.features = (0..513).map(|k| k.to_string()).collect();
    assert!(auto(&wide).1.contains("513 features"));
}

#[test]
fn what_auto_takes_does_not_depend_on_what_the_run_names_or_on_its_numbers() {
    let it = run(MLP, GAUSSIAN, ADAM);
    let others = [
        Run { engine: Engine::Candle, ..it.clone() },
        Run { engine: Engine::Auto, ..it.clone() },
        Run { seed: 9, dtype: DType::F64, ..it.clone() },
        run(MLP, r#"{"laplace":{"scale":3.0}}"#, r#"{"adam":{"lr":0.5,"epochs":3}}"#),
    ];
    assert!(others.iter().all(|other| auto(other) == auto(&it)));
}

#[test]
fn runs_of_one_shape_differ_in_numbers_families_and_rows_only() {
    let it = run(MLP, GAUSSIAN, ADAM);
    let shape = |it: &Run| Shape::of(it).expect("it is trained in lanes");
    let mut moved = Run { seed: 5, ..it.clone() };
    (moved.data.unit, moved.data.split) = (3, "u".into());
    for same in [
        moved,
        run(MLP, r#"{"laplace":{"scale":"learned"}}"#, r#"{"adamw":{"lr":0.5,"epochs":3,"weight_decay":0.1}}"#),
        run(r#"{"mlp":{}}"#, r#"{"student_t":{"nu":4.0,"scale":"learned"}}"#, ADAM),
    ] {
        assert_eq!(shape(&same), shape(&it));
    }
    for other in [
        run(r#"{"mlp":{"widths":[51]}}"#, GAUSSIAN, ADAM),
        run(r#"{"mlp":{"activation":"tanh"}}"#, GAUSSIAN, ADAM),
        run(r#"{"linear":{}}"#, GAUSSIAN, ADAM),
        run(MLP, r#"{"gaussian":{"scale":1.0}}"#, ADAM),
        run(MLP, r#"{"gaussian":{"scale":"predicted"}}"#, ADAM),
        run(MLP, GAUSSIAN, r#"{"adam":{"batch":33}}"#),
        run(MLP, GAUSSIAN, r#"{"sgd":{}}"#),
        Run { dtype: DType::F64, ..it.clone() },
    ] {
        assert_ne!(shape(&other), shape(&it));
    }
    assert_eq!(Shape::of(&Run { engine: Engine::Candle, ..it }), None);
}
