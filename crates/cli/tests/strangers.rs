//! What comes from a stranger, an experiment, its data or its results, through the binary: it says so, or is refused.

mod common;

use common::*;
use std::time::Instant;

/// Neither stream holds what would move a cursor or begin an escape sequence.
#[track_caller]
fn clean(said: &Said) {
    for text in [&said.out, &said.err] {
        let hidden =
            text.chars().find(|c| *c != '\n' && (c.is_control() || "\u{200b}\u{200f}\u{202e}\u{feff}".contains(*c)));
        assert_eq!(hidden, None, "{text}");
    }
}

/// Escape sequences, 8-bit ones too, a change of direction, markup of HTML, Markdown and LaTeX, a formula.
const HOSTILE: &str = "=\u{1b}[2J\u{9b}31m\u{202e}<script>|`*\\input{x}$&%";

#[test]
fn hostile_names_reach_no_terminal_page_or_typesetter_from_any_command() {
    // YAML refuses such characters as they stand, and takes them escaped.
    let escape = |c: char| if c.is_ascii_graphic() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
    let quoted = format!("\"{}\"", HOSTILE.replace('\\', "\\\\").chars().map(escape).collect::<String>());
    let yaml = format!(
        "schema: 1\nname: hostile\nquestion: {quoted}\ndataset: {{ csv: {{ path: data.csv, target: {quoted}, categorical: [c], \
         licence: {quoted}, split: {{ random: {{ k: 3, test: 0.4 }} }} }} }}\nlikelihood: {{ gaussian: {{ scale: learned }} }}\n\
         prior: {{ gaussian: {{ scale: 1 }} }}\n"
    );
    let cell = HOSTILE.replace('"', "\"\"");
    let rows: String = (0..12)
        .map(|i| format!("{},{},\"{}\"\n", f64::from(i * i % 5), i, if i % 2 == 0 { &cell } else { "b" }))
        .collect();
    let folder = Folder::with(&yaml).file("data.csv", &format!("\"{cell}\",\"x{cell}\",c\n{rows}"));
    for arguments in [
        &["check", "a.yaml"][..],
        &["plan", "a.yaml", "--list"],
        &["plan", "a.yaml", "--json"],
        &["run", "a.yaml"],
        &["run", "a.yaml", "--json"],
        &["status", "a.yaml"],
        &["status", "a.yaml", "--json"],
        &["launch", "script", "a.yaml"],
        &["table", "a.yaml", "--format", "text"],
        &["table", "a.yaml", "--format", "md"],
        &["table", "a.yaml", "--format", "csv"],
        &["table", "a.yaml", "--format", "latex"],
        &["table", "a.yaml", "--format", "json"],
    ] {
        let said = folder.call(arguments).ends(0);
        clean(&said);
        if arguments.contains(&"--json") {
            said.json();
        }
        if arguments.last() == Some(&"md") {
            assert!(!said.out.contains("<script>"), "{}", said.out);
        }
        if arguments.last() == Some(&"latex") {
            assert!(!said.out.contains(r"\input{x}"), "{}", said.out);
        }
    }
    // And when the names are wrong.
    for (old, new) in
        [("scale: learned", &format!("{quoted}: 1")[..]), ("categorical: [c]", &format!("unused: [{quoted}y]"))]
    {
        let broken = Folder::with(&yaml.replace(old, new)).file("data.csv", &folder.read("data.csv"));
        for arguments in [&["check", "a.yaml"][..], &["check", "a.yaml", "--json"]] {
            let said = broken.call(arguments);
            assert_ne!(said.code, 0);
            clean(&said);
        }
    }
    let raw = Folder::with("schema: 1\nname: \u{9b}31m\u{202e}x\nlikelihod: 1 # \u{9b}2J\n");
    clean(&raw.call(&["check", "a.yaml"]).ends(2));
}

#[test]
fn a_record_from_a_stranger_says_nothing_to_the_terminal_either() {
    let folder = Folder::with(RIDGE).file("data.csv", AB);
    folder.call(&["run", "a.yaml"]).ends(0);
    let name = "results/ridge/records/3\u{1b}[2J\u{9b}.jsonl";
    folder.write(name, "\u{1b}[31m{\n");
    for command in ["status", "table", "run", "plan"] {
        let said = folder.call(&[command, "a.yaml"]).ends(0);
        clean(&said);
    }
}

#[test]
fn a_data_file_outside_the_project_is_refused_unless_the_data_folder_covers_it() {
    let outer = Folder::new();
    outer.write("secret.csv", AB);
    outer.write("project/experiments/x/experiment.yaml", &RIDGE.replace("data.csv", "../../../secret.csv"));
    let said = outer.call(&["check", "project/experiments/x"]).ends(4);
    assert!(
        said.err.contains("`../../../secret.csv` leads to `") && said.err.contains("experiment.yaml:3:25"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("0,1,0.1"), "its text is not shown: {}", said.err);
    outer.call(&["check", "project/experiments/x", "--data-dir", "."]).ends(0);
    let passwd = Folder::with(&RIDGE.replace("data.csv", "../../../../../../../../etc/passwd"));
    let said = passwd.call(&["run", "a.yaml"]).ends(4);
    assert!(said.err.contains("leads to `/etc/passwd`, outside"), "{}", said.err);
    assert!(!said.err.contains("root:"), "{}", said.err);
}

#[test]
fn a_plan_of_a_billion_runs_is_refused_at_its_place_before_it_is_made() {
    let start = Instant::now();
    let list = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    let mlp = RIDGE
        .replace("linear: { bias: true }", "mlp: { widths: [4] }")
        .replace("split: none", "split: { random: { k: 100000 } }");
    let seeds = mlp.replace("seeds: [0]", &format!("seeds: [{}]", list(10_000)));
    let said = Folder::with(&seeds).file("data.csv", AB).call(&["check", "a.yaml"]).ends(2);
    assert!(
        said.err.contains("the plan is too large: with 1000000000 runs of this cell (100000 units × 10000 seeds)"),
        "{}",
        said.err
    );
    assert!(said.err.contains("a.yaml:3:"), "{}", said.err);

    let grid = |keys: &[(&str, usize)]| {
        let axes: Vec<String> = keys.iter().map(|(key, n)| format!("{key}: [{}]", list(*n))).collect();
        format!("{RIDGE}sweep: {{ grid: {{ {} }} }}\n", axes.join(", "))
    };
    let three =
        [("optimiser.lbfgs.max_iterations", 1000), ("likelihood.gaussian.scale", 1000), ("prior.gaussian.scale", 1000)];
    let said = Folder::with(&grid(&three)).call(&["check", "a.yaml"]).ends(2);
    assert!(said.err.contains("more than 20000 combinations"), "{}", said.err);
    let select = format!(
        "{}select: {{ over: {{ prior.gaussian.scale: [{}] }} }}\n",
        grid(&[("likelihood.gaussian.scale", 1000)]),
        list(1000)
    );
    let said = Folder::with(&select).call(&["check", "a.yaml"]).ends(2);
    assert!(said.err.contains("1000 cells with 1000 candidates each are more than 100000 configs"), "{}", said.err);
    let long = grid(&[("likelihood.gaussian.scale", 5000)]).replace("seeds: [0]", &format!("seeds: [{}]", list(5000)));
    let said = Folder::with(&long).call(&["check", "a.yaml"]).ends(2);
    assert!(said.err.contains("are more than 5000000 values"), "{}", said.err);

    let wide = RIDGE.replace("linear: { bias: true }", "mlp: { widths: [65536, 65536] }");
    let said = Folder::with(&wide).file("data.csv", AB).call(&["check", "a.yaml"]).ends(2);
    assert!(said.err.contains("it has 4295294977 weights, more than 67108864"), "{}", said.err);
    assert!(start.elapsed().as_secs() < 60, "none of it was made");
}

#[test]
fn an_alias_bomb_and_a_config_without_end_are_refused_quickly() {
    let mut bomb = String::from("a: &a0 [x, x, x, x, x, x, x, x, x]\n");
    (1..30).for_each(|i| bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", ")));
    let said = Folder::with(&bomb).call(&["check", "a.yaml"]).ends(2);
    assert!(said.err.contains("more than 20000 values, counting aliases"), "{}", said.err);
    let said = Folder::with(&"[".repeat(1_000_000)).call(&["check", "a.yaml"]).ends(2);
    assert!(said.err.contains("error[yaml]"), "{}", said.err);
    let folder = Folder::new();
    std::fs::File::create(folder.path("a.yaml")).and_then(|file| file.set_len(8 << 30)).expect("a file with a hole");
    let said = folder.call(&["check", "a.yaml"]).ends(2);
    assert!(said.err.contains("longer than 4 MiB"), "{}", &said.err[..said.err.len().min(1000)]);
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn results_that_lie_elsewhere_are_used_and_said() {
        let (folder, other) = (Folder::with(RIDGE).file("data.csv", AB), Folder::new());
        symlink(other.path(""), folder.path("results")).expect("a link");
        let said = folder.call(&["run", "a.yaml"]).ends(0);
        let note = said.err.lines().find(|line| line.starts_with("note: `results` leads to `/")).map(str::to_string);
        assert!(note.is_some_and(|note| note.ends_with("results are read and written there")), "{}", said.err);
        assert!(other.path("ridge/table.txt").is_file());
        assert!(folder.call(&["status", "a.yaml"]).ends(0).err.contains("leads to"));
    }

    #[test]
    fn a_link_in_the_place_of_a_result_is_replaced_and_never_written_through() {
        let (folder, other) = (Folder::with(RIDGE).file("data.csv", AB), Folder::new());
        let names = ["table.txt", "table.md", "table.csv", "table.tex", "environment.json"];
        std::fs::create_dir_all(folder.path("results/ridge/launch")).expect("a folder");
        for name in names.into_iter().chain(["launch/shards.sh"]) {
            let target = other.path(name.rsplit('/').next().expect("a name"));
            std::fs::write(&target, "mine").expect("a file");
            symlink(&target, folder.path("results/ridge").join(name)).expect("a link");
        }
        folder.call(&["launch", "script", "a.yaml"]).ends(0);
        folder.call(&["run", "a.yaml"]).ends(0);
        folder.call(&["runs", "gc", "a.yaml"]).ends(0);
        for (name, bytes) in other.files() {
            assert_eq!(bytes, b"mine", "{}", name.display());
        }
        for name in &names[..4] {
            assert!(folder.path("results/ridge").join(name).symlink_metadata().expect("a table").is_file(), "{name}");
        }
    }

    #[test]
    fn a_segment_that_is_a_link_or_a_device_is_skipped_and_said() {
        let folder = Folder::with(RIDGE).file("data.csv", AB);
        folder.call(&["run", "a.yaml"]).ends(0);
        for (name, target) in [("zero", "/dev/zero"), ("passwd", "/etc/passwd"), ("own", "../../../a.yaml")] {
            symlink(target, folder.path(&format!("results/ridge/records/{name}.jsonl"))).expect("a link");
        }
        for name in ["table.txt", "launch/jobs.jsonl"] {
            let path = folder.path("results/ridge").join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            let _ = std::fs::remove_file(&path);
            symlink("/dev/zero", path).expect("a link");
        }
        let said = folder.call(&["status", "a.yaml"]).ends(0);
        assert_eq!(said.out.matches("it is no regular file").count(), 3, "{}", said.out);
        assert!(!said.out.contains("root:"), "{}", said.out);
        let said = folder.call(&["run", "a.yaml"]).ends(0);
        assert!(said.err.contains("nothing to do"), "{}", said.err);
        folder.call(&["runs", "gc", "a.yaml"]).ends(0);
        assert!(folder.path("results/ridge/records/zero.jsonl").symlink_metadata().is_ok(), "it is kept");
    }

    #[test]
    fn a_config_that_is_a_link_out_of_the_project_is_none() {
        let (folder, other) = (Folder::new(), Folder::new().file("secret.yaml", "hidden: text\n"));
        folder.write(
            "experiments/x/experiment.yaml",
            &RIDGE.replace("dataset: { csv", "# { csv").replace("model:", "dataset: secret\nmodel:"),
        );
        std::fs::create_dir_all(folder.path("configs/dataset")).expect("a folder");
        symlink(other.path("secret.yaml"), folder.path("configs/dataset/secret.yaml")).expect("a link");
        symlink(".", folder.path("configs/dataset/loop")).expect("a link");
        let said = folder.call(&["check", "experiments/x"]).ends(2);
        assert!(said.err.contains("unknown dataset `secret`") && !said.err.contains("hidden"), "{}", said.err);
    }
}

#[test]
fn a_reader_that_leaves_early_ends_the_program_well() {
    let folder = Folder::with(RIDGE).file("data.csv", AB);
    folder.call(&["run", "a.yaml"]).ends(0);
    let mut child = program(&folder.path(""))
        .args(["list"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
