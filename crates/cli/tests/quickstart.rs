//! The README's first command, and what it leaves behind; the other shipped experiments pass `check`.

mod common;

use common::*;

/// A copy of the shipped experiments and configs.
fn copy() -> Folder {
    let folder = Folder::new();
    folder.copy("experiments");
    folder.copy("configs");
    folder
}

#[test]
fn the_quickstart_puts_three_estimators_side_by_side_and_its_second_run_has_nothing_to_do() {
    let folder = copy();
    let first = folder.call(&["run", "experiments/quickstart"]).ends(0);
    let header = first.out.lines().find(|line| line.starts_with("estimator")).expect("a header");
    for column in ["nll", "rmse", "crps", "coverage_90", "n"] {
        assert!(header.contains(column), "{header}");
    }
    for arm in ["mse", "mle", "map"] {
        let row = first.out.lines().find(|line| line.starts_with(arm)).expect("a row");
        assert!(row.contains('±') && row.trim_end().ends_with("20"), "{row}");
    }
    assert!(first.out.contains("constant"), "a table has a row of a constant model:\n{}", first.out);
    assert!(first.err.contains("60/60 runs, 0 failed"), "{}", first.err);
    assert!(first.err.contains("records: results/quickstart/records"), "{}", first.err);
    assert!(first.err.contains("table:   results/quickstart/table.md"), "{}", first.err);

    let second = folder.call(&["run", "experiments/quickstart"]).ends(0);
    assert_eq!(second.out, first.out);
    assert!(second.err.contains("nothing to do: all 60 runs have records"), "{}", second.err);
    let table = folder.call(&["table", "experiments/quickstart"]).ends(0);
    assert_eq!(table.out, first.out);
    assert_eq!(folder.read("results/quickstart/table.txt"), first.out);
    for (format, end) in [("md", "md"), ("csv", "csv"), ("latex", "tex")] {
        let table = folder.call(&["table", "experiments/quickstart", "--format", format]).ends(0);
        assert_eq!(table.out, folder.read(&format!("results/quickstart/table.{end}")));
    }

    let before = folder.files();
    let status = folder.call(&["status", "experiments/quickstart"]).ends(0);
    assert!(status.out.contains("60 done"), "{}", status.out);
    let plan = folder.call(&["plan", "experiments/quickstart"]).ends(0);
    assert!(plan.out.contains("3 arms, 60 runs") && plan.out.contains("60 done"), "{}", plan.out);
    folder.call(&["list"]).ends(0);
    assert_eq!(folder.files(), before, "commands that only read create no files");
}

#[test]
fn what_is_piped_holds_no_escape_codes() {
    let folder = copy();
    let calls: [&[&str]; 6] = [
        &["run", "experiments/quickstart"],
        &["table", "experiments/quickstart"],
        &["status", "experiments/quickstart"],
        &["list"],
        &["--help"],
        &["check", "experiments/nowhere"],
    ];
    for call in calls {
        let said = folder.call(call);
        assert!(!said.out.contains('\x1b') && !said.err.contains('\x1b'), "{call:?}: {said:?}");
    }
    folder.write("bad.yaml", "schema: 2\n");
    let said = folder.call(&["check", "bad.yaml"]).ends(2);
    assert!(!said.err.contains('\x1b'), "{}", said.err);
}

/// What the program writes to a terminal, made by `script`; nothing where there is no such program.
fn on_a_terminal(folder: &Folder, no_colour: bool) -> Option<String> {
    let mut command = std::process::Command::new("script");
    let call = format!("{} check bad.yaml", env!("CARGO_BIN_EXE_surprisal"));
    command.args(["-qec", &call, "/dev/null"]).current_dir(folder.path("")).env_remove("NO_COLOR");
    if no_colour {
        command.env("NO_COLOR", "1");
    }
    let output = command.stdin(std::process::Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn errors_are_coloured_on_a_terminal_unless_no_color_is_set() {
    let folder = Folder::new().file("bad.yaml", "schema: 2\n");
    let (Some(plain), Some(coloured)) = (on_a_terminal(&folder, true), on_a_terminal(&folder, false)) else { return };
    assert!(plain.contains("this program reads `schema: 1`") && !plain.contains("\x1b["), "{plain:?}");
    assert!(coloured.contains("\x1b["), "{coloured:?}");
}

#[test]
fn shipped_experiments_pass_check_and_plan_creates_nothing() {
    let folder = copy();
    let before = folder.files();
    let names: Vec<String> = folder
        .path("experiments")
        .read_dir()
        .expect("a folder")
        .map(|entry| format!("experiments/{}", entry.expect("an entry").file_name().display()))
        .collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in &names {
        if name.starts_with("experiments/uci-") {
            continue;
        }
        let said = folder.call(&["check", name]).ends(0);
        assert!(said.out.contains("fine ("), "{}", said.out);
        folder.call(&["plan", name]).ends(0);
    }
    assert_eq!(folder.files(), before);
}

#[test]
fn uci_linear_without_its_data_says_where_they_come_from() {
    let folder = copy();
    let said = folder.call(&["check", "experiments/uci-linear"]).ends(4);
    assert!(said.err.contains("pass `--data-dir FOLDER`; the file comes from github.com/"), "{}", said.err);
    assert!(said.err.contains("9 errors. Nothing was run."), "{}", said.err);
    assert!(said.err.contains("configs/dataset/uci/boston.yaml:5:9"), "{}", said.err);
    let said = folder.call(&["run", "experiments/uci-linear", "--data-dir", "nowhere"]).ends(4);
    assert!(said.err.contains("there is no file `nowhere/boston/data.txt`; get it from github.com/"), "{}", said.err);
}

#[test]
fn the_table_can_be_put_into_the_readme_and_checked() {
    let folder = copy();
    folder.call(&["run", "experiments/quickstart"]).ends(0);
    let readme = "experiments/quickstart/README.md";
    folder.call(&["table", "experiments/quickstart", "--splice"]).ends(0);
    folder.call(&["table", "experiments/quickstart", "--check"]).ends(0);
    let text = folder.read(readme);
    assert!(text.contains(folder.read("results/quickstart/table.md").trim()), "{text}");
    let start = text.find("surprisal:table").expect("a mark");
    let digit = start + text[start..].find("mse").expect("a row");
    folder.write(readme, &format!("{}x{}", &text[..digit], &text[digit..]));
    folder.call(&["table", "experiments/quickstart", "--check"]).ends(3);
}
