//! Reading text files, and what is said when one is wrong.

mod common;

use common::{File, dataset};
use surprisal_data::{AnyDataset, DataError, Loaded, Note, Roots, Table, TargetKind};
use surprisal_density::Support;

fn table(loaded: Result<Loaded, DataError>) -> Table {
    loaded.unwrap_or_else(|error| panic!("{error}")).tables.remove(0)
}

const NONE: &str = r#""split": "none""#;

#[test]
fn a_plain_file_needs_its_path_and_its_target() {
    let file = File::new("\u{feff}a ,\"b, c\", y\r\n1,2,3\r\n4,-5e-1,6\r\n\r\n");
    let table = table(file.load(&format!(r#""target": "y", {NONE}"#)));
    assert_eq!((table.features, table.x), (vec!["a".to_string(), "b, c".into()], vec![1.0, 2.0, 4.0, -0.5]));
    assert_eq!((table.y, table.kind, table.name.as_str()), (vec![3.0, 6.0], None, "d"));
    assert_eq!(table.places.unwrap().lines, [2, 3]);
}

#[test]
fn the_same_numbers_have_the_same_hash_however_they_are_stored() {
    let comma = table(File::new("a,b,y\n1,2,3\n4,5,6\n").load(&format!(r#""target": "y", {NONE}"#)));
    for (text, delimiter) in [("a;b;y\n1;2;3\n4;5;6\n", "semicolon"), ("a\tb\ty\n1\t2\t3.0\n4\t5\t6\n", "tab")] {
        let other = File::new(text).load(&format!(r#""target": 2, "delimiter": "{delimiter}", {NONE}"#));
        assert_eq!(table(other).hash, comma.hash);
    }
    let keys = r#""header": false, "delimiter": "whitespace", "columns": ["a", "b", "y", "z"], "unused": ["z"]"#;
    let other = File::new("  1 2.0\t3 9 \n\n 4 5e0 6 9\n").load(&format!(r#""target": "y", {keys}, {NONE}"#));
    assert_eq!(table(other).hash, comma.hash);
    let swapped = File::new("a,b,y\n1,2,3\n4,5,6\n").load(&format!(r#""target": "y", "features": ["b", 0], {NONE}"#));
    let swapped = table(swapped);
    assert_eq!(swapped.features, ["b", "a"]);
    assert_eq!(swapped.x, [2.0, 1.0, 5.0, 4.0]);
    let unnamed = table(File::new("1,2\n3,4\n").load(&format!(r#""target": 1, "header": false, {NONE}"#)));
    assert_eq!((unnamed.features[0].as_str(), unnamed.target.as_str()), ("column_0", "column_1"));
}

#[test]
fn columns_have_their_uses() {
    let file = File::new("id,colour,a,w,e,g,y\n7,red,1,2,0.5,p,0\n8,blue,2,0,1.5,q,1\n9,green,3,1,2.5,p,4\n");
    let table = table(file.load(&format!(
        r#""target": "y", "unused": ["id"], "categorical": ["colour"], "weight": "w", "offset": "e", "group": "g",
           "kind": "count", {NONE}"#
    )));
    assert_eq!(table.features, ["colour=green", "colour=red", "a"]);
    assert_eq!(table.x, [0.0, 1.0, 1.0, 0.0, 0.0, 2.0, 1.0, 0.0, 3.0]);
    assert_eq!(table.weight, Some(vec![2.0, 0.0, 1.0]));
    assert_eq!(table.offset, Some(vec![0.5, 1.5, 2.5]));
    assert_eq!(table.group, Some(vec![0, 1, 0]));
}

#[test]
fn labels_become_indices_in_the_stated_or_sorted_order() {
    let labels = |text: &str, keys: &str| {
        let table = table(File::new(text).load(&format!(r#""target": "y", {keys}, {NONE}"#)));
        (table.classes, table.y)
    };
    let text = "x,y\n1,mid\n2,low\n3,high\n4,low\n";
    let (classes, y) = labels(text, r#""kind": "class""#);
    assert_eq!((classes.join(" "), y), ("high low mid".into(), vec![2.0, 1.0, 0.0, 1.0]));
    let (classes, y) = labels(text, r#""kind": "ordinal", "classes": ["low", "mid", "high"]"#);
    assert_eq!((classes.join(" "), y), ("low mid high".into(), vec![1.0, 0.0, 2.0, 0.0]));
    let (classes, y) = labels("x,y\n1,10\n2,9\n3,-1\n", r#""kind": "ordinal""#);
    assert_eq!((classes.join(" "), y), ("-1 9 10".into(), vec![2.0, 1.0, 0.0]));
    let file = File::new(text);
    assert_eq!(
        file.error(r#""target": "y", "kind": "ordinal""#),
        "`d.csv`: the labels of an ordinal target need an order: \
         say `classes: […]` with `high`, `low`, `mid`, lowest first"
    );
    assert_eq!(
        file.error(r#""target": "y", "kind": "class", "classes": ["low", "high"]"#),
        "`d.csv`, line 2, column `y`: `mid` is none of the classes `low`, `high`"
    );
    assert_eq!(
        file.error(r#""target": "y""#),
        "`d.csv`, line 2, column `y`: expected a number, found `mid`; if it is a label, say `kind: class`; and so at line 3, column `y`; line 4, column `y`; line 5, column `y`"
    );
    assert_eq!(
        file.error(r#""target": "x", "classes": ["low"], "unused": ["y"]"#),
        "`d.csv`: no column is left for a feature"
    );
}

#[test]
fn missing_cells_are_refused_or_their_rows_dropped_and_never_filled() {
    let file = File::new("a,b,y\n1,?,3\n,2,4\n3,3,5\nNA,,6\n4,NaN,7\n5,5,\n");
    let keys = r#""target": "y", "unused": ["b"]"#;
    assert_eq!(
        file.error(keys),
        "`d.csv`, line 3, column `a`: the cell is empty; `missing: drop_rows` leaves such rows out"
    );
    assert_eq!(
        file.error(r#""target": "y""#),
        "`d.csv`, line 2, column `b`: the value is missing (`?`); `missing: drop_rows` leaves such rows out"
    );
    let table = table(file.load(&format!(r#"{keys}, "missing": "drop_rows", {NONE}"#)));
    assert_eq!((table.x.clone(), table.y.clone()), (vec![1.0, 3.0, 4.0], vec![3.0, 5.0, 7.0]));
    assert!(table.notes.contains(&Note::DroppedRows { rows: 3 }));
    assert_eq!(table.places.unwrap().lines, [2, 4, 6]);
    let error = serde_json::from_str::<AnyDataset>(r#"{ "csv": { "path": "p", "target": "y", "missing": "mean" } }"#);
    assert!(error.unwrap_err().to_string().starts_with("a mean would have to come from train rows"));
}

#[test]
fn all_cells_that_are_no_numbers_are_told_at_once() {
    let file = File::new("a,b,y\n1,2,3\nx,2,3\n1,2,z\n1,w,3\n");
    let error = file.load(r#""target": "y""#).unwrap_err().to_string();
    assert_eq!(
        error.replace(&format!("{}/", file.roots().here.display()), ""),
        "`d.csv`, line 3, column `a`: expected a number, found `x`; name the column in `categorical` if it holds labels, \
         or in `unused`; and so at line 4, column `y`; line 5, column `b`"
    );
}

#[test]
fn a_missing_file_says_what_was_tried_and_where_to_get_it() {
    let file = File::new("");
    let error = |keys: &str, roots: &Roots| {
        let error = dataset(&format!(r#"{{ "csv": {{ "path": "no.csv", "target": "y", {keys} }} }}"#)).load(roots);
        error.unwrap_err().to_string().replace(&format!("{}", file.roots().here.display()), "HERE")
    };
    let roots = file.roots();
    assert_eq!(
        error(r#""source": "github.com/a/b""#, &roots),
        "there is no file `HERE/no.csv`; get it from github.com/a/b; \
         with `from: data_dir`, `--data-dir FOLDER` says where to look"
    );
    assert_eq!(
        error(r#""from": "data_dir", "source": "github.com/a/b""#, &roots),
        "`no.csv` is in the data folder (`from: data_dir`), and none was named; \
         pass `--data-dir FOLDER`; the file comes from github.com/a/b"
    );
    let roots = Roots { data_dir: Some(roots.here.clone()), ..roots };
    assert_eq!(
        error(r#""from": "data_dir""#, &roots),
        "there is no file `HERE/no.csv`; `--data-dir FOLDER` says where to look"
    );
}

#[test]
fn another_file_than_the_declared_one_is_refused() {
    let file = File::new("a,y\n1,2\n");
    let found = "ae1de6e6d7ff51d2c6e0ef26a0f2a8d9c4b5a6c7d8e9f0a1b2c3d4e5f6a7b8c9";
    let error = file.error(&format!(r#""target": "y", "sha256": "{found}""#));
    let own = error.split_once("its sha256 is ").unwrap().1.split_once(',').unwrap().0.to_string();
    assert_eq!(error, format!("`d.csv` is not the declared file: its sha256 is {own}, declared is {found}"));
    file.load(&format!(r#""target": "y", {NONE}, "sha256": "{}""#, own.to_uppercase())).unwrap();
    let short = serde_json::from_str::<AnyDataset>(r#"{ "csv": { "path": "p", "target": "y", "sha256": "ab" } }"#);
    assert!(short.unwrap_err().to_string().starts_with("expected a sha256 of 64 hexadecimal digits, found `ab`"));
}

#[test]
fn whatever_is_wrong_with_a_file_is_told_at_its_place() {
    let error = |text: &str, keys: &str| File::new(text).error(&format!(r#""target": "y", {keys} "split": "none""#));
    assert_eq!(error("", ""), "`d.csv`: it is empty");
    assert_eq!(error("a,y\n", ""), "`d.csv`: it has a header and no rows");
    assert_eq!(error("a,y,a\n1,2,3\n", ""), "`d.csv`: columns 0 and 2 are both named `a`");
    assert_eq!(error("a,y\n1,2\n\n1,2,3\n", ""), "`d.csv`, line 4: expected 2 cells (`a`, `y`), found 3");
    assert_eq!(
        error("a,y\n1,2\nred,3\n", ""),
        "`d.csv`, line 3, column `a`: expected a number, found `red`; \
         name the column in `categorical` if it holds labels, or in `unused`"
    );
    assert_eq!(error("a,y\n1,2\ninf,3\n", ""), "`d.csv`, line 3, column `a`: expected a finite number, found `inf`");
    assert_eq!(error("a,Y\n1,2\n", ""), "`d.csv` has no column `y`; did you mean `Y`?");
    assert_eq!(error("alpha,beta\n1,2\n", ""), "`d.csv` has no column `y`; it has `alpha`, `beta`");
    assert_eq!(
        error("length,y\n1,2\n", r#""features": ["lenght"],"#),
        "`d.csv` has no column `lenght`; did you mean `length`?"
    );
    assert_eq!(error("a,y\n1,2\n", r#""features": [4],"#), "`d.csv`: there is no column 4: it has the columns 0 … 1");
    assert_eq!(
        error("a,y\n1,2\n", r#""features": ["a", "y"],"#),
        "`d.csv`: the column `y` is used twice: for `target` and for `features`"
    );
    assert_eq!(error("y\n1\n", ""), "`d.csv`: no column is left for a feature");
    assert_eq!(
        error("a,b,y\n1,2,3\n", r#""categorical": ["b"], "unused": ["b"],"#),
        "`d.csv`: the column `b` is `categorical` and no feature"
    );
    assert_eq!(
        error("a,y\n1,2\n", r#""columns": ["a", "y"],"#),
        "`d.csv`: `columns` names the columns of a file without a header: add `header: false`"
    );
    assert_eq!(
        error("a,w,y\n1,1,2\n1,-1,2\n", r#""weight": "w","#),
        "`d.csv`, line 3, column `w`: expected a weight of at least 0, found -1"
    );
    assert_eq!(
        error("a,y\n1,2\n1,0\n", r#""kind": "positive","#),
        "`d.csv`, line 3, column `y`: declared `kind: positive`, so expected a number greater than 0, found 0"
    );
    assert_eq!(
        error("a,y\n1,2\n", r#""classes": ["2"],"#),
        "`d.csv`: `classes` needs `kind: class` or `kind: ordinal`"
    );
}

#[test]
fn text_that_is_not_utf8_is_told_with_its_line() {
    let file = File::new("");
    std::fs::write(file.roots().here.join("d.csv"), b"a,y\n1,2\n\xff,3\n").unwrap();
    assert_eq!(file.error(r#""target": "y""#), "`d.csv`, line 3: this is not UTF-8 text");
}

#[test]
fn a_target_outside_the_support_is_told_at_its_line() {
    let file = File::new("a,y\n1,2\n\n2,0\n3,2.5\n");
    let keys = |kind: &str| format!(r#""target": "y", {kind} {NONE}"#);
    let undeclared = table(file.load(&keys("")));
    let error = |table: &Table, support| {
        let text = table.check_support(support).unwrap_err().to_string();
        text.replace(&format!("{}/", file.roots().here.display()), "")
    };
    undeclared.check_support(Support::Real).unwrap();
    assert_eq!(
        error(&undeclared, Support::Positive),
        "`d.csv`, line 4, column `y`: expected a number greater than 0, found 0"
    );
    assert_eq!(
        error(&undeclared, Support::Counts),
        "`d.csv`, line 5, column `y`: expected a count 0, 1, 2, …, found 2.5"
    );
    assert_eq!(
        error(&undeclared, Support::Classes(Some(2))),
        "`d.csv`, line 2, column `y`: expected a class 0 … 1, found 2"
    );
    let classes = table(file.load(&keys(r#""kind": "class","#)));
    classes.check_support(Support::Classes(None)).unwrap();
    classes.check_support(Support::Classes(Some(3))).unwrap();
    assert_eq!(
        error(&classes, Support::Classes(Some(2))),
        "`d.csv`, line 5, column `y`: expected a class 0 … 1, found class 2 (`2.5`)"
    );
    assert_eq!(
        error(&classes, Support::Real),
        "the target `y` of `d` is declared `class`: a label is no number, take a likelihood for classes"
    );
    let real = table(file.load(&keys(r#""kind": "real","#)));
    assert_eq!(
        error(&real, Support::Classes(None)),
        "the target `y` of `d` is declared `real`, and the likelihood is for classes: declare `kind: class`"
    );
    let own = Table::new("own", vec![], vec![], "y", vec![1.0, -1.0], Some(TargetKind::Real));
    assert_eq!(
        own.check_support(Support::Positive).unwrap_err().to_string(),
        "`own`, row 1, target `y`: expected a number greater than 0, found -1"
    );
}

#[test]
fn what_is_written_reads_back_and_defaults_are_not_written() {
    let json = r#"{"csv":{"path":"d.csv","target":3,"from":"data_dir","header":false,"delimiter":"whitespace","columns":["a","b"],"features":["a",1],"unused":["b"],"missing":"drop_rows","standardise":false,"split":{"rows":{"test":[1]}},"kind":"positive"}}"#;
    let set = dataset(json);
    assert_eq!(serde_json::to_string(&set).unwrap(), json);
    assert_eq!((set.licence(), set.kind(), set.standardise()), ("not stated", Some(TargetKind::Positive), false));
    let bare = dataset(r#"{ "csv": { "path": "p", "target": "y", "missing": "refuse", "header": true } }"#);
    assert_eq!(serde_json::to_string(&bare).unwrap(), r#"{"csv":{"path":"p","target":"y"}}"#);
    let fail = |json: &str| serde_json::from_str::<AnyDataset>(json).unwrap_err().to_string();
    assert!(fail(r#"{ "csv": { "path": "p" } }"#).starts_with("missing field `target`"));
    assert!(fail(r#"{ "csv": { "path": "p", "target": -1 } }"#).contains("the name of a column, or its place"));
    assert!(fail(r#"{ "csv": { "paths": "p" } }"#).starts_with("unknown field `paths`, expected one of `path`"));
    assert!(fail(r#"{ "csv": { "path": "p", "path": "q" } }"#).starts_with("duplicate field `path`"));
}
