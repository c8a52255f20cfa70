//! Where things are: the experiment file, its root, its results, its configs.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use surprisal_data::Roots;
use surprisal_spec::Files;
use surprisal_spec::yaml::MAX_BYTES;

/// What holds for every command.
pub struct Options {
    /// Folder of data files.
    pub data_dir: Option<PathBuf>,
    /// Machine-readable output.
    pub json: bool,
    /// Whether to colour.
    pub colour: clap::ColorChoice,
}

/// An experiment on disk.
pub struct Place {
    /// The YAML file.
    pub file: PathBuf,
    /// Its path as a person gave it, for messages.
    pub shown: String,
    /// The nearest parent that holds `experiments/`, else the file's own folder.
    pub root: PathBuf,
}

impl Place {
    /// From a YAML file, or a folder with an `experiment.yaml`.
    pub fn find(given: &Path) -> Result<Place> {
        let path = if given.is_dir() { given.join("experiment.yaml") } else { given.to_path_buf() };
        if !path.is_file() {
            let near = nearest(given).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            bail!(
                "there is no experiment at `{}`: expected a YAML file, or a folder with an `experiment.yaml`{near}",
                given.display()
            );
        }
        let file = path.canonicalize().with_context(|| format!("cannot reach `{}`", path.display()))?;
        let root = root(file.parent().unwrap_or(Path::new("/")))?;
        Ok(Place { file, shown: path.display().to_string(), root })
    }
    /// The folder of the YAML file.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("/"))
    }
    /// Where the results of an experiment of that name lie.
    pub fn results(&self, name: &str) -> PathBuf {
        self.root.join("results").join(name)
    }
    /// Says where results are read and written if a link leads them out of the root.
    pub fn tell_links(&self, name: &str) {
        let results = self.results(name);
        let inside =
            ["records", "side", "claims", "checkpoints", "environments", "launch"].map(|part| results.join(part));
        for folder in [self.root.join("results"), results].iter().chain(&inside) {
            if let Ok(real) = folder.canonicalize()
                && !real.starts_with(&self.root)
            {
                eprintln!("note: `{}` leads to `{}`: results are read and written there", show(folder), real.display());
                return;
            }
        }
    }
    /// Where data files are looked for.
    pub fn roots(&self, options: &Options) -> Roots {
        Roots { here: self.folder().to_path_buf(), root: self.root.clone(), data_dir: options.data_dir.clone() }
    }
}

/// The nearest folder from here upwards that holds `experiments/`, else the folder itself.
pub fn root(folder: &Path) -> Result<PathBuf> {
    let folder = folder.canonicalize().with_context(|| format!("cannot reach `{}`", folder.display()))?;
    Ok(folder.ancestors().find(|up| up.join("experiments").is_dir()).unwrap_or(&folder).to_path_buf())
}

/// A path as seen from here, where that is shorter.
pub fn show(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf))
        .unwrap_or_else(|| path.to_path_buf())
        .display()
        .to_string()
}

fn nearest(given: &Path) -> Option<String> {
    let (folder, name) = (given.parent()?, given.file_name()?.to_str()?);
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let names: Vec<String> =
        folder.read_dir().ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let near = surprisal_spec::yaml::nearest(name, names.iter().map(String::as_str))?;
    Some(given.with_file_name(near).display().to_string())
}

/// Most options of a group that are listed.
const MAX_OPTIONS: usize = 10_000;

/// `configs/<group>/<name>.yaml` under the root.
pub struct Configs(pub PathBuf);

impl Files for Configs {
    fn option(&self, group: &str, name: &str) -> Option<(String, String)> {
        let inside = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
                && !part.starts_with('.')
        };
        if !name.split('/').all(inside) {
            return None;
        }
        let path = self.0.join("configs").join(group).join(format!("{name}.yaml"));
        // A link may lead to a file that is not of this project: its text would be shown in errors.
        let real = path.canonicalize().ok().filter(|real| real.starts_with(&self.0))?;
        crate::read::text(&real, MAX_BYTES).ok().map(|text| (show(&path), text))
    }
    fn options(&self, group: &str) -> Vec<String> {
        let mut found = Vec::new();
        let top = self.0.join("configs").join(group);
        let mut folders = vec![top.clone()];
        while let Some(folder) = folders.pop().filter(|_| found.len() < MAX_OPTIONS) {
            for entry in folder.read_dir().into_iter().flatten().flatten() {
                let path = entry.path();
                // Not through links: they may lead in circles.
                if entry.file_type().is_ok_and(|is| is.is_dir()) {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "yaml")
                    && let Ok(name) = path.with_extension("").strip_prefix(&top)
                {
                    found.push(name.display().to_string());
                }
            }
        }
        found.sort();
        found
    }
}
