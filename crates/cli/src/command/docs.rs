//! `surprisal docs`: the reference pages, from the same registrations as the program. Hidden: for those who build it.

use super::list;
use crate::exit;
use crate::place::{Options, show};
use anyhow::{Context, Result};
use clap::CommandFactory;
use serde_json::Value;
use std::path::PathBuf;
use surprisal_spec::{GROUPS, Key, Variant, keys, variants};

/// Writes the pages of `docs/reference`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal docs docs/reference")]
pub struct Docs {
    /// Where to
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// What every page says first.
const MADE: &str = "<!-- Made by `surprisal docs docs/reference`: change the code, not this page. -->\n\n";

impl Docs {
    /// Writes them.
    pub fn call(&self, _: &Options) -> Result<u8> {
        std::fs::create_dir_all(&self.folder).with_context(|| format!("cannot create `{}`", show(&self.folder)))?;
        for (name, text) in [
            ("families.md", families()),
            ("configs.md", configs()),
            ("scores.md", scores()),
            ("commands.md", commands()),
        ] {
            let path = self.folder.join(name);
            std::fs::write(&path, format!("{MADE}{text}"))
                .with_context(|| format!("cannot write `{}`", show(&path)))?;
            println!("{}", show(&path));
        }
        Ok(exit::FINE)
    }
}

/// A cell of a table: a bar would end it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn row(cells: &[&str]) -> String {
    format!("| {} |\n", cells.iter().map(|it| cell(it)).collect::<Vec<_>>().join(" | "))
}

fn head(cells: &[&str]) -> String {
    format!("{}|{}\n", row(cells), "---|".repeat(cells.len()))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn families() -> String {
    let mut out = String::from(
        "# Families\n\nA family is a density p(y) of y given its parameters. In a config it plays a role: the `likelihood` of \
         targets, the `prior` of weights, or the prior of a learned parameter. The loss is −ln p in nats, every constant \
         kept. The link takes the number that is trained to the parameter's value.\n\n",
    );
    for family in items(&list::families()) {
        let roles: Vec<&str> = items(&family["roles"]).filter_map(Value::as_str).collect();
        out += &format!("## `{}`\n\n", text(family, "name"));
        out += &format!("    p(y) = {}\n\n", text(family, "formula"));
        out += &format!("y: {}. Role: {}.\n\n", text(family, "support"), roles.join(", "));
        if items(&family["parameters"]).next().is_some() {
            out += &head(&["parameter", "is", "as a likelihood's", "link", "default"]);
        }
        for p in items(&family["parameters"]) {
            let default = p["default"].as_str().unwrap_or("must be given");
            let name = format!("`{}`", text(p, "name"));
            out += &row(&[&name, text(p, "expected"), text(p, "takes"), text(p, "link"), default]);
        }
        out += "\n";
    }
    out.trim_end().to_string() + "\n"
}

fn table(keys: &[Key]) -> String {
    let mut out = head(&["key", "takes", "default", ""]);
    for key in keys {
        let name = format!("`{}`", key.key);
        let default = match list::default_text(key.default.as_ref()) {
            text if key.default.is_none() || text == "none" => text,
            text => format!("`{text}`"),
        };
        out += &row(&[&name, &key.takes, &default, &key.about]);
    }
    out + "\n"
}

fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str())).unwrap_or_default()
}

/// A table, and one for each mapping inside it that was not told before.
fn tables(path: &str, keys: &[Key], told: &mut Vec<Vec<Variant>>, out: &mut String) {
    *out += &table(keys);
    for key in keys.iter().filter(|key| !key.inside.is_empty() && !GROUPS.contains(&key.key.as_str())) {
        if told.contains(&key.inside) {
            continue;
        }
        told.push(key.inside.clone());
        for Variant { name, about, keys } in &key.inside {
            let path =
                [path, key.key.as_str(), name].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(": ");
            *out += &format!("#### `{path}`\n\n");
            if !about.is_empty() {
                *out += &format!("{about}\n\n");
            }
            tables(&path, keys, told, out);
        }
    }
}

fn configs() -> String {
    let mut out = String::from(
        "# Configs\n\nAn experiment is a YAML file. A word stands for what needs no keys: `model: linear` is \
         `model: { linear: {} }`; any other word under a group is the name of a file, `configs/<group>/<word>.yaml`. The \
         same as JSON Schema, for editors: `surprisal config schema`.\n\n## The keys of an experiment\n\n",
    );
    let mut told = Vec::new();
    tables("", &keys(), &mut told, &mut out);
    for group in GROUPS {
        out += &format!("## `{group}`\n\n");
        if group == "likelihood" {
            out += "See [families](families.md): `{ family: { parameter: value, … } }`.\n\n";
            continue;
        }
        for variant in variants(group) {
            let mut about = variant.about.clone();
            if let Some(it) =
                items(&list::datasets()).find(|it| group == "dataset" && it["name"] == variant.name.as_str())
            {
                let (what, licence, citation) = (text(it, "about"), text(it, "licence"), text(it, "citation"));
                about = format!("{}\n\nLicence: {licence}. Citation: {citation}.", sentence(what));
            }
            out += &format!("### `{group}: {}`\n\n{about}\n\n", variant.name);
            if !variant.keys.is_empty() {
                tables(&variant.name, &variant.keys, &mut told, &mut out);
            }
        }
    }
    out.trim_end().to_string() + "\n"
}

fn scores() -> String {
    let mut out = String::from(
        "# Scores\n\nWhat a prediction is worth on a test row, averaged over rows. A strictly proper score is best in \
         expectation for the true distribution alone; a consistent one sees a functional of it; a diagnostic describes, \
         and neither ranks nor selects.\n\n",
    );
    out += &head(&["score", "nature", "better", "unit"]);
    for it in items(&list::scores()) {
        let unit = if text(it, "unit").is_empty() { "a share" } else { text(it, "unit") };
        out += &row(&[&format!("`{}`", text(it, "name")), text(it, "nature"), text(it, "better"), unit]);
    }
    out
}

fn commands() -> String {
    let mut out = String::from("# Commands\n\n");
    let mut program = crate::Cli::command().term_width(80);
    program.build();
    page(&mut program, "surprisal", &mut out);
    out.trim_end().to_string() + "\n"
}

fn page(command: &mut clap::Command, name: &str, out: &mut String) {
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    *out += &format!("## `{name}`\n\n```text\n{}\n```\n\n", help.join("\n").trim_end());
    for sub in command.get_subcommands_mut().filter(|it| !it.is_hide_set() && it.get_name() != "help") {
        let name = format!("{name} {}", sub.get_name());
        page(sub, &name, out);
    }
}
