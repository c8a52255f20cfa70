//! What is wrong with data is told with the file, its row and column, and the key that asked for them.

mod common;

use common::*;
use insta::assert_snapshot;

#[test]
fn a_file_that_is_not_there() {
    assert_snapshot!(check(&ridge("path: data.csv", "path: dota.csv"), 4), @r"
    error[data]: there is no file `dota.csv`; with `from: data_dir`, `--data-dir FOLDER` says where to look
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: dota.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    let new = "path: dota.csv, from: data_dir, source: the attic";
    assert_snapshot!(check(&ridge("path: data.csv", new), 4), @r"
    error[data]: `dota.csv` is in the data folder (`from: data_dir`), and none was named; pass `--data-dir FOLDER`; the file comes from the attic
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: dota.csv, from: data_dir, source: the attic, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    let folder = ridge("path: data.csv", new);
    let said = folder.call(&["check", "a.yaml", "--data-dir", "attic"]).ends(4);
    assert_snapshot!(said.err, @r"
    error[data]: there is no file `attic/dota.csv`; get it from the attic; `--data-dir FOLDER` says where to look
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: dota.csv, from: data_dir, source: the attic, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
}

#[test]
fn a_file_that_is_not_the_declared_one() {
    let sha = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let new = format!("path: data.csv, sha256: {sha}");
    assert_snapshot!(check(&ridge("path: data.csv", &new), 4), @r"
    error[data]: `data.csv` is not the declared file: its sha256 is 15eecae649cea993bc84dabfc9de289dd2946f14c4b4a03aa5c35bc2437ef918, declared is e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
     --> a.yaml:3:43
      |
    3 | dataset: { csv: { path: data.csv, sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, target: y, features: [a, ...
      |                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("path: data.csv", "path: data.csv, sha256: e3b0"), 2), @r"
    error[value]: `dataset.csv.sha256`: expected a sha256 of 64 hexadecimal digits, found `e3b0`
     --> a.yaml:3:43
      |
    3 | dataset: { csv: { path: data.csv, sha256: e3b0, target: y, features: [a, b], standardise: false, split: none } }
      |                                           ^^^^

    1 error. Nothing was run.
    ");
}

#[test]
fn a_column_that_is_not_there() {
    assert_snapshot!(check(&ridge("features: [a, b]", "features: [a, B]"), 4), @r"
    error[data]: `data.csv` has no column `B`; did you mean `b`?
     --> a.yaml:3:60
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, B], standardise: false, split: none } }
      |                                                            ^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("target: y", "target: price"), 4), @r"
    error[data]: `data.csv` has no column `price`; it has `a`, `b`, `y`
     --> a.yaml:3:43
      |
    3 | dataset: { csv: { path: data.csv, target: price, features: [a, b], standardise: false, split: none } }
      |                                           ^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("features: [a, b]", "features: [a, 7]"), 4), @r"
    error[data]: `data.csv`: there is no column 7: it has the columns 0 … 2
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, 7], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
}

#[test]
fn a_cell_that_is_no_number() {
    let folder = Folder::with(RIDGE);
    let cell = |text: &str| {
        folder.write("data.csv", text);
        check(&folder, 4)
    };
    assert_snapshot!(cell("a,b,y\n0,1,0\n1,red,3\n"), @r"
    error[data]: `data.csv`, line 3, column `b`: expected a number, found `red`; name the column in `categorical` if it holds labels, or in `unused`
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(cell("a,b,y\n0,1,0\n1,,3\n"), @r"
    error[data]: `data.csv`, line 3, column `b`: the cell is empty; `missing: drop_rows` leaves such rows out
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(cell("a,b,y\n0,1,0\n1,2,NA\n"), @r"
    error[data]: `data.csv`, line 3, column `y`: the value is missing (`NA`); `missing: drop_rows` leaves such rows out
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(cell("a,b,y\n0,1,0\n1,2,yes\n"), @r"
    error[data]: `data.csv`, line 3, column `y`: expected a number, found `yes`; if it is a label, say `kind: class`
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(cell("a,b,y\n0,1,0\n1,2\n"), @r"
    error[data]: `data.csv`, line 3: expected 3 cells (`a`, `b`, `y`), found 2
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(cell("a,b,y\n0,1,inf\n1,2,3\n"), @r"
    error[data]: `data.csv`, line 2, column `y`: expected a finite number, found `inf`
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(cell("a,b,y\n"), @r"
    error[data]: `data.csv`: it has a header and no rows
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(cell(""), @r"
    error[data]: `data.csv`: it is empty
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
}

#[test]
fn a_target_outside_the_support_of_its_family() {
    let likelihood = "likelihood: { gaussian: { scale: 0.5 } }";
    assert_snapshot!(check(&ridge(likelihood, "likelihood: { gamma: { shape: 2 } }"), 2), @r"
    error[value]: `data.csv`, line 9, column `y`: expected a number greater than 0, found -3.2; the likelihood is `gamma`
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge(likelihood, "likelihood: poisson"), 2), @r"
    error[value]: `data.csv`, line 2, column `y`: expected a count 0, 1, 2, …, found 0.1; the likelihood is `poisson`
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge(likelihood, "likelihood: bernoulli"), 2), @r"
    error[value]: `data.csv`, line 2, column `y`: expected a class 0 … 1, found 0.1; the likelihood is `bernoulli`
     --> a.yaml:3:25
      |
    3 | dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
      |                         ^^^^^^^^

    1 error. Nothing was run.
    ");
    let folder = ridge(likelihood, "likelihood: poisson");
    folder.write("a.yaml", &folder.read("a.yaml").replace("target: y", "target: y, kind: real"));
    assert_snapshot!(check(&folder, 2), @r"
    error[value]: `poisson` is a density over a count 0, 1, 2, …, and the data set declares its target as `kind: real`
     --> a.yaml:5:13
      |
    5 | likelihood: poisson          # or: scale: learned | predicted
      |             ^^^^^^^

    1 error. Nothing was run.
    ");
}
