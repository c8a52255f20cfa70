//! An experiment from a stranger: composing and planning it, and telling what is wrong with it, never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use surprisal_data::{AnyDataset, Roots};
use surprisal_spec::yaml::{Sources, render, render_short};
use surprisal_spec::{Catalog, Files, compose, plan};

/// Two data sets that an experiment may name: with them its cells are lowered and its runs listed.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let mut catalog = Catalog::default();
    for json in [r#"{ "diabetes": {} }"#, r#"{ "iris": {} }"#] {
        let dataset: AnyDataset = serde_json::from_str(json).expect("its defaults");
        let loaded = dataset.load(&Roots::here("/nowhere")).expect("it comes with the program");
        catalog.insert(&dataset, loaded);
    }
    catalog
});

/// Every group has one option, `self`: the experiment's own text.
struct Own<'a>(&'a str);

impl Files for Own<'_> {
    fn option(&self, group: &str, name: &str) -> Option<(String, String)> {
        (name == "self").then(|| (format!("configs/{group}/self.yaml"), self.0.to_string()))
    }
    fn options(&self, _: &str) -> Vec<String> {
        vec!["self".into()]
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut sources = Sources::default();
    let planned = compose(&Own(text), &mut sources, "a.yaml", text.to_string())
        .and_then(|composed| plan(&composed, &CATALOG).map(|_| ()));
    for problem in planned.err().unwrap_or_default() {
        let shown = render(&sources, &problem, false);
        let hidden = |c: &char| c.is_control() && *c != '\n';
        assert!(shown.chars().find(hidden).is_none(), "{shown:?}");
        render_short(&sources, &problem);
        let view = problem.view(&sources);
        assert!(view.line >= 1 && view.column >= 1, "{view:?}");
    }
});
