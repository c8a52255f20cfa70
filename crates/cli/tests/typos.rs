//! Every shipped config with one word misspelt is told where, and with the word that was meant.

mod common;

use common::configs::{place, problems, shipped};
use common::*;
use std::collections::BTreeSet;
use surprisal_spec::yaml::{Kind, Node, Place, Sources, Span};

/// Where each key, and each word that stands for a choice, is in a text.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut sources = Sources::default();
    let source = sources.add(Place::File("x".into()), text);
    let mut found = Vec::new();
    walk(&Node::parse(&sources, source).expect("a shipped file is YAML"), "", &mut found);
    found
}

/// Words that are choices wherever they stand as a value; names of columns and texts are not.
const CHOICES: &[&str] = &[
    "mse",
    "mle",
    "map",
    "learned",
    "predicted",
    "flat",
    "poisson",
    "diabetes",
    "wine_quality",
    "iris",
    "linear",
    "constant",
    "relu",
    "tanh",
    "softplus",
    "f64",
    "f32",
    "real",
    "count",
    "class",
    "data_dir",
    "whitespace",
];

/// Keys under which a word is a name or a text.
const TEXTS: &[&str] =
    &["name", "question", "path", "target", "features", "columns", "unused", "licence", "citation", "source", "sha256"];

fn walk(node: &Node, key: &str, found: &mut Vec<(usize, String)>) {
    match &node.kind {
        Kind::Map(entries) => {
            // A dimension has a name of one's own.
            for entry in entries.iter().filter(|_| key == "zip") {
                walk(&entry.value, &entry.key, found);
            }
            for entry in entries.iter().filter(|_| key != "zip") {
                let Span { start, .. } = entry.at;
                let mut start = start as usize;
                for word in entry.key.split('.') {
                    found.push((start, word.into()));
                    start += word.len() + 1;
                }
                walk(&entry.value, &entry.key, found);
            }
        }
        Kind::Seq(items) => items.iter().for_each(|item| walk(item, key, found)),
        Kind::Scalar { text, .. } => {
            if !TEXTS.contains(&key) && (CHOICES.contains(&text.as_str()) || text.starts_with("uci/")) {
                found.push((node.span.start as usize, text.clone()));
            }
        }
    }
}

/// Ways to mistype a word: a letter left out, doubled, changed, two swapped.
fn typos(word: &str) -> BTreeSet<String> {
    let letters: Vec<char> = word.chars().collect();
    let (n, mut all) = (letters.len(), BTreeSet::new());
    for at in 0..n {
        let mut ways = Vec::new();
        let mut doubled = letters.clone();
        doubled.insert(at, letters[at]);
        ways.push(doubled);
        if n > 2 {
            let mut dropped = letters.clone();
            dropped.remove(at);
            let mut changed = letters.clone();
            changed[at] = if letters[at] == 'x' { 'z' } else { 'x' };
            ways.extend([dropped, changed]);
        }
        if at > 0 {
            let mut swapped = letters.clone();
            swapped.swap(at - 1, at);
            ways.push(swapped);
        }
        all.extend(ways.into_iter().map(|letters| letters.into_iter().collect::<String>()));
    }
    all.remove(word);
    all
}

/// Short words that are as near to a typo of `word` as the word itself: either may be offered.
fn near(typo: &str, word: &str) -> bool {
    let as_near: &[&[&str]] = &[&["mse", "mle", "map"], &["n", "nu"], &["f32", "f64"], &["k", "n"]];
    as_near.iter().any(|set| set.contains(&word) && typo.len() <= 3)
}

#[test]
fn shipped_configs_have_no_errors() {
    for (path, text) in shipped("experiments").into_iter().chain(shipped("configs")) {
        let found = problems(&path, &text);
        assert!(found.is_empty(), "{path}: {found:?}");
    }
}

#[test]
fn every_misspelt_word_of_every_shipped_config_is_told_in_its_place_with_the_word_that_was_meant() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for (path, text) in shipped("experiments").into_iter().chain(shipped("configs")) {
        for (at, word) in words(&text) {
            assert_eq!(&text[at..at + word.len()], word, "{path}");
            for typo in typos(&word) {
                let bad = format!("{}{typo}{}", &text[..at], &text[at + word.len()..]);
                let (found, there) = (problems(&path, &bad), place(&path, &bad, at));
                let [(problem, told)] = &found[..] else {
                    wrong.push(format!("{there}: `{typo}` for `{word}`: {} problems: {found:?}", found.len()));
                    continue;
                };
                let advice = problem.advice().unwrap_or_default();
                let right = advice.ends_with(&format!("`{word}`?")) || near(&typo, &word) && !advice.is_empty();
                if *told != there || !right {
                    wrong.push(format!("{there}: `{typo}` for `{word}`: {told}: {}; {advice}", problem.title()));
                }
                tried += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 8000, "{tried}");
}

#[test]
fn the_program_tells_the_misspelt_words_of_many_files_at_once_and_creates_nothing() {
    let folder = Folder::new();
    folder.copy("configs");
    folder.write("experiments/keep/experiment.yaml", "");
    let mut expected = Vec::new();
    for (path, text) in shipped("experiments") {
        for (k, (at, word)) in words(&text).into_iter().enumerate().filter(|(_, (_, word))| word.len() > 5).take(6) {
            let bad = format!("{}{}{}", &text[..at], &word[1..], &text[at + word.len()..]);
            let copy = path.replace("/experiment.yaml", &format!("-{k}.yaml"));
            folder.write(&copy, &bad);
            expected.push((place(&copy, &bad, at), copy, word));
        }
    }
    let before = folder.files();
    let files: Vec<&str> = expected.iter().map(|(_, copy, _)| copy.as_str()).collect();
    let said = folder.call(&[&["check"], &files[..]].concat()).ends(2);
    assert_eq!(said.out, "");
    let mut rest = said.err.as_str();
    for (place, _, word) in &expected {
        let at = rest.find(place.as_str()).unwrap_or_else(|| panic!("{place} is not in\n{rest}"));
        rest = &rest[at..];
        let end = rest.find("Nothing was run.").expect("each file ends so");
        assert!(rest[..end].contains(&format!("did you mean `{word}`?")), "{}", &rest[..end]);
        rest = &rest[end..];
    }
    let json = folder.call(&[&["check", "--json"], &files[..]].concat()).ends(2).json();
    assert_eq!(json.len(), files.len());
    for (line, (place, ..)) in json.iter().zip(&expected) {
        let error = &line["errors"][0];
        let told = format!("{}:{}:{}", error["file"].as_str().expect("text"), error["line"], error["column"]);
        assert_eq!(&told, place);
    }
    assert_eq!(folder.files(), before, "check creates no file");
}

#[test]
fn a_misspelt_name_of_an_experiment_or_of_a_command_is_told_with_the_right_one() {
    let folder = Folder::new();
    folder.copy("experiments/quickstart");
    let said = folder.call(&["check", "experiments/quikstart"]).ends(2);
    assert!(said.err.contains("did you mean `experiments/quickstart`?"), "{}", said.err);
    let said = folder.call(&["chekc", "experiments/quickstart"]).ends(2);
    assert!(said.err.contains("'check'"), "{}", said.err);
}
