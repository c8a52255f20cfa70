//! `surprisal bench`: the losses beside others on this machine, as JSON, tables and a figure.

mod sweep;

use crate::place::Options;
use crate::{atomic, exit, made};
use anyhow::{Context, Result, anyhow, bail};
use std::path::{Path, PathBuf};
use std::time::Duration;
use surprisal_bench::{Case, Header, Kernels, SCHEMA, Settings, TABLE_SIZES, Variant, cases};
use surprisal_kernel::Isa;

/// Columns of the tables.
const WIDTH: usize = 170;

#[derive(clap::Args)]
#[command(
    after_help = "\
Examples:
  surprisal bench --case laplace/location --size 4096 --rounds 2 --sample 0.1 --out results/bench
  surprisal bench --case poisson --size 1024 --rounds 2 --sample 0.1 --peers python3
  surprisal bench --show results/bench/*/kernels.json
  surprisal bench --compare results/bench/*/kernels.json results/bench/*/kernels.json",
    args_conflicts_with_subcommands = true
)]
pub struct Bench {
    #[command(subcommand)]
    sweep: Option<What>,
    /// Losses as FAMILY or FAMILY/PARAMETERS, say `student_t/location+scale`; by default all
    #[arg(long = "case", value_name = "LOSS", value_delimiter = ',')]
    cases: Vec<String>,
    /// The losses that have published goals, and only those
    #[arg(long, conflicts_with = "cases")]
    published: bool,
    /// Elements (rows, or logits) of each
    #[arg(long = "size", value_name = "N", value_delimiter = ',', default_values_t = TABLE_SIZES)]
    sizes: Vec<usize>,
    /// f32, f64
    #[arg(long = "dtype", value_name = "DTYPE", value_delimiter = ',', default_value = "f32", value_parser = ["f32", "f64"])]
    dtypes: Vec<String>,
    /// fused, fused_forward, operation, naive, candle, candle_tuned, memcpy, jax, torch, torch_compiled; by default all that can be
    #[arg(long = "variant", value_name = "VARIANT", value_delimiter = ',')]
    variants: Vec<Variant>,
    #[command(flatten)]
    how: How,
    /// Show files again, and measure nothing
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["compare", "out"])]
    show: Vec<PathBuf>,
    /// Two files: what became faster or slower, and what cannot be told
    #[arg(long, num_args = 2, value_names = ["FIRST", "SECOND"], conflicts_with = "out")]
    compare: Option<Vec<PathBuf>>,
    /// One pass of each kernel and nothing else: `scripts/instructions` counts what is executed
    #[arg(long, hide = true)]
    count: bool,
    /// Time for another process of this program
    #[arg(long, hide = true)]
    serve: bool,
}

#[derive(clap::Subcommand)]
enum What {
    /// Steps of small models, one and 64 at once, in every engine
    Sweep(sweep::Sweep),
}

/// How it is measured, and where that is kept.
#[derive(clap::Args)]
pub struct How {
    /// A Python that has bench/peers/requirements.txt: JAX and PyTorch are timed in the same rounds
    #[arg(long, value_name = "PYTHON")]
    peers: Option<PathBuf>,
    /// Rounds; each times everything twice
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(2..))]
    rounds: u16,
    /// Milliseconds of one sample, at least
    #[arg(long, value_name = "MS", default_value_t = 5.0)]
    sample: f64,
    /// Core that everything is pinned to; by default the last
    #[arg(long)]
    core: Option<usize>,
    /// Write the results into a folder of this one, named by the CPU
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Bench {
    /// Measures, compares or shows.
    pub fn call(&self, options: &Options) -> Result<u8> {
        if let Some(What::Sweep(sweep)) = &self.sweep {
            return sweep.call(options);
        }
        if self.serve {
            surprisal_bench::serve()?;
            return Ok(exit::FINE);
        }
        if self.count {
            surprisal_bench::instructions(Isa::current(), &mut |name, elements| println!("{name} {elements}"));
            return Ok(exit::FINE);
        }
        if let Some([first, second]) = self.compare.as_deref() {
            print!("{}", surprisal_bench::compare(&read(first)?, &read(second)?, WIDTH));
            return Ok(exit::FINE);
        }
        if !self.show.is_empty() {
            // Read first: nothing is shown of some where one cannot be.
            let all: Vec<String> = self.show.iter().map(|file| shown(file, options)).collect::<Result<_>>()?;
            print!("{}", all.concat());
            return Ok(exit::FINE);
        }
        let kernels = self.measure(options)?;
        if let Some(folder) = self.how.folder() {
            write(&folder, &kernels)?;
        }
        print!("{}", if options.json { kernels.write() } else { tables(&kernels) });
        Ok(exit::FINE)
    }

    fn measure(&self, options: &Options) -> Result<Kernels> {
        let (core, isa) = (self.how.pin()?, Isa::current());
        let program = std::env::current_exe().context("cannot tell where this program is")?;
        let usual = Variant::ALL.into_iter().filter(|v| self.how.peers.is_some() || !v.is_peer());
        let bench = surprisal_bench::Bench {
            cases: self.asked()?,
            sizes: self.sizes.clone(),
            dtypes: self.dtypes.clone(),
            variants: if self.variants.is_empty() { usual.collect() } else { self.variants.clone() },
            isa,
            settings: self.how.settings(),
            program: (program, vec!["bench".into(), "--serve".into()]),
            peers: self.how.peers.clone(),
        };
        let before = surprisal_bench::load();
        let rows = bench.run(&mut |row| {
            if !options.json {
                let time = row.ns_per_element.map_or(String::new(), |ns| format!("{ns:.3} ns"));
                let note = row.note.as_deref().unwrap_or_default();
                eprintln!("{} ({}) {} {} {}: {time} {note}", row.family, row.parameters, row.dtype, row.n, row.variant);
            }
        })?;
        let header = self.how.header(core, isa, before, surprisal_bench::DOMAIN);
        Ok(Kernels { schema: SCHEMA, header, rows })
    }

    /// The losses that were named.
    fn asked(&self) -> Result<Vec<Case>> {
        let all = cases();
        let names = if self.published { surprisal_bench::published() } else { self.cases.clone() };
        if names.is_empty() {
            return Ok(all);
        }
        let mut found = Vec::new();
        for name in &names {
            let is = |case: &&Case| case.family() == name || case.name() == *name;
            let some: Vec<Case> = all.iter().filter(is).cloned().collect();
            if some.is_empty() {
                let known: Vec<String> = all.iter().map(Case::name).collect();
                let near = surprisal_spec::yaml::nearest(name, known.iter().map(String::as_str));
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                bail!("`{name}` is no loss{near} There are {}", known.join(", "));
            }
            found.extend(some);
        }
        Ok(found)
    }
}

impl How {
    /// Pins everything to one core.
    pub fn pin(&self) -> Result<Option<usize>> {
        if !(self.sample.is_finite() && self.sample > 0.0) {
            bail!("`--sample` must be a number of milliseconds greater than 0, found {}", self.sample);
        }
        match (surprisal_bench::pin(self.core), self.core) {
            (Ok(core), _) => Ok(Some(core)),
            (Err(why), Some(_)) => bail!("{why}"),
            (Err(why), None) => {
                eprintln!("note: not pinned to a core: {why}");
                Ok(None)
            }
        }
    }
    /// Rounds and samples.
    pub fn settings(&self) -> Settings {
        let sample = Duration::from_secs_f64(self.sample * 1e-3);
        Settings { rounds: usize::from(self.rounds), sample, tries: 3 }
    }
    /// What stands above the rows; `load` is that of the beginning.
    pub fn header(&self, core: Option<usize>, isa: Isa, load: f64, domain: &str) -> Header {
        let mut versions = surprisal_bench::versions();
        versions.extend(self.peers.as_deref().map(surprisal_bench::peer_versions).unwrap_or_default());
        versions.insert("surprisal".into(), made::code().into());
        let settings = self.settings();
        Header {
            cpu: made::cpu(),
            isa: isa.name().into(),
            allocator: surprisal_bench::allocator(),
            load: [load, surprisal_bench::load()],
            date: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            core,
            versions,
            peak_gflops: surprisal_bench::peak_gflops(isa),
            rounds: (settings.rounds, self.sample, settings.tries),
            domain: domain.into(),
        }
    }
    /// The folder of this CPU, if results are kept.
    pub fn folder(&self) -> Option<PathBuf> {
        self.out.as_ref().map(|out| out.join(slug(&made::cpu())))
    }
}

fn tables(kernels: &Kernels) -> String {
    format!("{}\n{}", surprisal_bench::render(kernels, WIDTH), surprisal_bench::goals(kernels, WIDTH))
}

fn text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|error| anyhow!(exit::Missing(format!("cannot read `{}`: {error}", path.display()))))
}

fn kernels(path: &Path, text: &str) -> Result<Kernels> {
    Kernels::read(text).map_err(|why| anyhow!("`{}` is no file of `surprisal bench`: {why}", path.display()))
}

fn read(path: &Path) -> Result<Kernels> {
    kernels(path, &text(path)?)
}

/// A file of kernels or of a sweep, as when it was written.
fn shown(path: &Path, options: &Options) -> Result<String> {
    let text = text(path)?;
    if let Ok(it) = surprisal_bench::Sweep::read(&text) {
        return Ok(if options.json { it.write() } else { it.render(sweep::WIDTH) });
    }
    let kernels = kernels(path, &text)?;
    Ok(if options.json { kernels.write() } else { tables(&kernels) })
}

fn write(folder: &Path, kernels: &Kernels) -> Result<()> {
    atomic::write(&folder.join("kernels.json"), kernels.write().as_bytes())?;
    atomic::write(&folder.join("kernels.txt"), tables(kernels).as_bytes())?;
    let figure = surprisal_bench::roofline(kernels, "f32").or_else(|_| surprisal_bench::roofline(kernels, "f64"));
    figure.map_err(anyhow::Error::msg).and_then(|svg| atomic::write(&folder.join("roofline.svg"), svg.as_bytes()))
}

/// `AMD EPYC 7773X` as the name of a folder.
fn slug(cpu: &str) -> String {
    let words = cpu.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}
