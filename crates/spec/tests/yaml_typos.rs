//! A word with one slip is told with the word that was meant.

mod yaml_common;

use surprisal_spec::yaml::*;
use yaml_common::*;

/// Each way to mistype a word once.
fn typos(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut all = Vec::new();
    for at in 0..letters.len() {
        let mut dropped = letters.clone();
        dropped.remove(at);
        let mut doubled = letters.clone();
        doubled.insert(at, letters[at]);
        let mut changed = letters.clone();
        changed[at] = if letters[at] == 'x' { 'z' } else { 'x' };
        all.extend([dropped, doubled, changed]);
        if at > 0 {
            let mut swapped = letters.clone();
            swapped.swap(at - 1, at);
            all.push(swapped);
        }
    }
    let mut all: Vec<String> = all.into_iter().map(|letters| letters.into_iter().collect()).collect();
    all.retain(|typo| typo != word && !typo.is_empty());
    all
}

#[test]
fn the_nearest_word_to_every_typo_is_the_word() {
    let known = [
        "likelihood",
        "prior",
        "estimator",
        "dataset",
        "csv",
        "path",
        "by",
        "lr",
        "nu",
        "mle",
        "map",
        "mse",
        "scale",
        "sd",
        "student_t",
        "gaussian",
        "categorical",
        "max_steps",
        "seeds",
        "sweep",
        "zip",
        "when",
    ];
    let mut tried = 0;
    for word in known.into_iter().filter(|word| word.len() > 1) {
        for typo in typos(word).into_iter().filter(|typo| !known.contains(&&**typo)) {
            let distance = |other: &str| strsim::damerau_levenshtein(&typo, other);
            if known.iter().all(|other| *other == word || distance(other) > distance(word)) {
                assert_eq!(nearest(&typo, known), Some(word), "{typo}");
                tried += 1;
            } else {
                assert_eq!(nearest(&typo, known), nearest(&typo, known));
                assert!(nearest(&typo, known).is_some(), "{typo}");
            }
        }
    }
    assert!(tried > 400, "{tried}");
    assert_eq!(nearest("Student-T", known), Some("student_t"));
    assert_eq!(nearest("gauss", known), Some("gaussian"));
    assert_eq!(nearest("mxe", ["map", "mle", "mse"]), Some("mle"));
    assert_eq!(nearest("mae", ["tae", "mse", "map"]), Some("mse"));
    assert_eq!(nearest("xyz", known), None);
    assert_eq!(nearest("x", ["n", "y"]), None);
    assert_eq!(nearest("", known), None);
}

#[test]
fn every_typo_of_every_key_is_told_with_the_right_key() {
    let yaml = "schema: 1\nname: a\nlikelihood: {student_t: {nu: 4, scale: 1}}\nprior: {half_cauchy: {scale: 1, shift: 0}}\n\
                estimator: mle\ntrain: {max_steps: 8, lr: 1, by: row, shuffle: true, rates: [1]}\n";
    let keys = ["schema", "name", "likelihood", "student_t", "nu", "scale", "half_cauchy", "shift", "estimator", "mle"];
    let mut tried = 0;
    for key in keys.into_iter().chain(["train", "max_steps", "lr", "by", "shuffle", "rates", "prior"]) {
        for typo in typos(key).into_iter().filter(|typo| !["tags", "map", "mse"].contains(&&**typo)) {
            let at = yaml.find(&format!("{key}:")).or(yaml.find(key)).unwrap();
            let bad = format!("{}{typo}{}", &yaml[..at], &yaml[at + key.len()..]);
            let mut sources = Sources::default();
            let source = sources.add(Place::File("x.yaml".into()), &*bad);
            let problems = read::<Config>(&Node::parse(&sources, source).unwrap()).expect_err(&typo);
            let [problem] = &problems[..] else { panic!("{typo}: {problems:?}") };
            assert_eq!(problem.at().start as usize, at, "{typo}");
            let meant = format!("did you mean `{key}`?");
            assert!(
                problem.advice() == Some(&meant) || key == "mle" && problem.advice().is_some(),
                "{typo}: {problem:?}"
            );
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}
