//! `surprisal init`: a folder with a first experiment that runs, and an editor that knows the keys.

use super::schema;
use crate::exit;
use crate::place::{Configs, Options, show};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use surprisal_spec::GROUPS;

/// Nothing that is there is touched: if one of the files exists, none is written.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal init demo
  surprisal run demo/experiments/first")]
pub struct Init {
    /// The folder; it is created if there is none
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
}

/// The files of a new folder that are the same for everyone.
const FILES: &[(&str, &str)] = &[
    ("experiments/first/experiment.yaml", include_str!("../../templates/experiment.yaml")),
    ("experiments/first/README.md", include_str!("../../templates/README.md")),
    ("configs/likelihood/heavy.yaml", include_str!("../../templates/heavy.yaml")),
];

impl Init {
    /// Writes the folder.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let mut files: Vec<(String, String)> =
            FILES.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect();
        files.push((".vscode/settings.json".into(), format!("{:#}\n", settings())));
        let schemas = schema::all(&Configs(self.folder.clone())).into_iter().map(|(name, _)| name);
        let planned = files.iter().map(|(path, _)| path.clone()).chain(schemas.map(|name| format!("schemas/{name}")));
        let there: Vec<String> = planned.filter(|path| self.folder.join(path).exists()).collect();
        if !there.is_empty() {
            bail!(
                "`{}` holds {} already, and nothing is overwritten; choose another folder, or write schemas alone with \
                 `surprisal config schema --write schemas`",
                self.folder.display(),
                there.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
            );
        }
        self.write(&files)?;
        // After the others: schemas name the files that are under configs/.
        let schemas = schema::all(&Configs(self.folder.clone()));
        let schemas: Vec<_> = schemas.into_iter().map(|(name, text)| (format!("schemas/{name}"), text)).collect();
        self.write(&schemas)?;
        files.extend(schemas);
        if options.json {
            let paths: Vec<&String> = files.iter().map(|(path, _)| path).collect();
            println!("{}", serde_json::json!({ "schema": 1, "folder": self.folder, "files": paths }));
            return Ok(exit::FINE);
        }
        files.iter().for_each(|(path, _)| println!("{}", show(&self.folder.join(path))));
        let here = self.folder.canonicalize().ok() == std::env::current_dir().ok();
        let go = if here { String::new() } else { format!("cd {} && ", self.folder.display()) };
        println!("\nNow: {go}surprisal run experiments/first");
        Ok(exit::FINE)
    }

    fn write(&self, files: &[(String, String)]) -> Result<()> {
        for (path, text) in files {
            let path = self.folder.join(path);
            let folder = path.parent().unwrap_or(&self.folder);
            std::fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", show(folder)))?;
            std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", show(&path)))?;
        }
        Ok(())
    }
}

/// Which schema is for which files, as the YAML extension of VS Code asks.
fn settings() -> serde_json::Value {
    let mut schemas = serde_json::json!({ "./schemas/experiment.schema.json": "experiments/*/experiment.yaml" });
    for group in GROUPS {
        schemas[format!("./schemas/{group}.schema.json")] = format!("configs/{group}/**/*.yaml").into();
    }
    serde_json::json!({ "yaml.schemas": schemas, "yaml.validate": true, "yaml.completion": true })
}
