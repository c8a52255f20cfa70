//! `predict`: mean, quantiles and density for new rows, in original units, and located errors for a bad file.

mod common;

use common::*;

const LINEAR: &str = "\
schema: 1
name: line
dataset: { csv: { path: data.csv, target: y, split: none } }
likelihood: { gaussian: { scale: learned } }
estimator: mle
";

fn id(folder: &Folder, name: &str) -> String {
    folder.records(name)[0]["id"].as_str().expect("an id").to_string()
}

/// The cells of a CSV, by name.
fn column(text: &str, name: &str) -> Vec<f64> {
    let mut lines = text.lines();
    let at = lines
        .next()
        .expect("a header")
        .split(',')
        .position(|it| it == name)
        .unwrap_or_else(|| panic!("{name}: {text}"));
    lines.map(|line| line.split(',').nth(at).expect("a cell").parse().unwrap_or(f64::NAN)).collect()
}

#[test]
fn predictions_are_those_of_the_fitted_line_in_original_units() {
    let folder = Folder::with(LINEAR).file("data.csv", AB).file("new.csv", "b,a,y\n0.5,2,4.5\n10,-3,\n");
    folder.call(&["run", "a.yaml"]).ends(0);
    let fit = folder.records("line")[0]["outcome"]["fit"].clone();
    let at = |name: &str| fit["parameters_original"][name].as_f64().expect(name);
    let said =
        folder.call(&["predict", &id(&folder, "line")[..8], "new.csv", "--quantiles", "0.05,0.5", "--at", "4"]).ends(0);
    let (mean, low, median) = (column(&said.out, "mean"), column(&said.out, "q0.05"), column(&said.out, "q0.5"));
    let sd = at("scale");
    for (i, (a, b)) in [(2.0, 0.5), (-3.0, 10.0)].into_iter().enumerate() {
        let line = at("bias") + at("w.a") * a + at("w.b") * b;
        assert!((mean[i] - line).abs() < 1e-9 && (median[i] - line).abs() < 1e-9, "{}", said.out);
        assert!((low[i] - (line - 1.6448536269514722 * sd)).abs() < 1e-9, "{}", said.out);
    }
    let normal = |y: f64, mean: f64| {
        libm::exp(-0.5 * ((y - mean) / sd) * ((y - mean) / sd)) / (sd * (2.0 * std::f64::consts::PI).sqrt())
    };
    assert!((column(&said.out, "density")[0] - normal(4.5, mean[0])).abs() < 1e-12);
    assert!((column(&said.out, "density(4)")[0] - normal(4.0, mean[0])).abs() < 1e-12);
    assert!((column(&said.out, "nll")[0] + libm::log(normal(4.5, mean[0]))).abs() < 1e-12);
    assert!(column(&said.out, "nll")[1].is_nan(), "where there is no target there is no density");
    assert_eq!(column(&said.out, "line"), [2.0, 3.0]);
}

#[test]
fn predictions_for_test_rows_are_those_beside_the_record() {
    let yaml = "schema: 1\nname: net\ndataset: { diabetes: { split: { random: { k: 1, test: 0.1 } } } }\n\
                model: { mlp: { widths: [6], activation: tanh } }\nlikelihood: { student_t: { nu: learned, scale: predicted } }\n\
                prior: { gaussian: { scale: 1.0 } }\noptimiser: { adam: { lr: 0.01, epochs: 5 } }\n";
    let folder = Folder::with(yaml);
    folder.call(&["run", "a.yaml"]).ends(0);
    let id = id(&folder, "net");
    let side: serde_json::Value =
        serde_json::from_str(&folder.read(&format!("results/net/side/{id}.json"))).expect("JSON");
    // The test rows as a file: the set is small and its numbers are short.
    let set = as_csv(&side);
    folder.write("new.csv", &set);
    let said = folder
        .call(&["predict", &format!("results/net/side/{id}.safetensors"), "new.csv", "--quantiles", "0.5"])
        .ends(0);
    let expected: Vec<f64> =
        side["at"].as_array().expect("rows").iter().map(|at| at[0].as_f64().expect("a location")).collect();
    assert_eq!(column(&said.out, "q0.5"), expected, "the median of a Student t is its location, to the bit");
}

/// The test rows of the diabetes data as CSV, from the table that ships with the program.
fn as_csv(side: &serde_json::Value) -> String {
    let dataset: surprisal_data::AnyDataset =
        serde_json::from_str(r#"{ "diabetes": { "split": { "random": { "k": 1 } } } }"#).expect("a data set");
    let loaded = dataset.load(&surprisal_data::Roots::here(".")).expect("it ships");
    let (table, _) = loaded.unit(0);
    let rows = side["rows"].as_array().expect("rows").iter().map(|row| row.as_u64().expect("a row") as usize);
    let line = |row: &[f64]| row.iter().map(|x| format!("{x:?}")).collect::<Vec<_>>().join(",");
    let rows: Vec<String> = rows.map(|i| line(table.row(i))).collect();
    format!("{}\n{}\n", table.features.join(","), rows.join("\n"))
}

#[test]
fn classes_have_probabilities_that_sum_to_one_and_labels_of_categorical_columns_are_known() {
    let yaml = "schema: 1\nname: kinds\ndataset: { csv: { path: k.csv, target: kind, kind: class, categorical: [shop], split: none } }\n\
                likelihood: categorical\nprior: { gaussian: { scale: 1.0 } }\n";
    let data = "x,shop,kind\n1,north,red\n2,south,green\n3,west,blue\n1.5,north,red\n2.5,south,green\n3.5,west,blue\n";
    let folder = Folder::with(yaml).file("k.csv", data).file("new.csv", "shop,x\nwest,3\nnorth,1\n");
    folder.call(&["run", "a.yaml"]).ends(0);
    let id = id(&folder, "kinds");
    let said = folder.call(&["predict", &id, "new.csv", "--json"]).ends(0).json();
    for row in &said {
        let sum: f64 = ["red", "green", "blue"].iter().map(|k| row[format!("p.{k}")].as_f64().expect("a share")).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{row}");
    }
    assert!(
        said[0]["p.blue"].as_f64() > said[0]["p.red"].as_f64()
            && said[1]["p.red"].as_f64() > said[1]["p.blue"].as_f64()
    );
    folder.write("new.csv", "shop,x\nwest,3\nnorht,1\n");
    let said = folder.call(&["predict", &id, "new.csv"]).ends(4);
    assert!(
        said.err.contains("line 3, column `shop`: expected one of `north`, `south`, `west`, found `norht`"),
        "{}",
        said.err
    );
}

#[test]
fn a_bad_file_or_a_missing_model_is_told_with_its_place_and_what_to_do() {
    let folder = Folder::with(LINEAR).file("data.csv", AB);
    folder.call(&["run", "a.yaml"]).ends(0);
    let id = id(&folder, "line");
    for (text, why) in [
        ("a,b\n1,2\n1,x\n", "line 3, column `b`: expected a number, found `x`"),
        ("a,bb\n1,2\n", "`new.csv` has no column `b`; did you mean `bb`?"),
        ("a,b\n1\n", "line 2"),
        ("a,b\n", "it has a header and no rows"),
        ("", "it is empty"),
    ] {
        folder.write("new.csv", text);
        let said = folder.call(&["predict", &id, "new.csv"]).ends(4);
        assert!(said.err.contains(why), "{why}: {}", said.err);
        assert_eq!(said.out, "");
    }
    folder.write("new.csv", "a,b\n1,2\n");
    let said = folder.call(&["predict", &id, "new.csv", "--quantiles", "1.5"]).ends(2);
    assert!(said.err.contains("shares between 0 and 1"), "{}", said.err);
    let expected = folder.call(&["predict", &id, "new.csv"]).ends(0).out;
    std::fs::remove_dir_all(folder.path("results/line/side")).expect("a folder");
    let said = folder.call(&["predict", &id, "new.csv"]).ends(4);
    let again = said.err.split('`').nth(1).expect("a command").strip_prefix("surprisal ").expect("ours");
    folder.call(&again.split_whitespace().collect::<Vec<_>>()).ends(0);
    assert_eq!(folder.call(&["predict", &id, "new.csv"]).ends(0).out, expected);
    folder.write("results/line/side/broken.safetensors", "no model");
    let said = folder.call(&["predict", "results/line/side/broken.safetensors", "new.csv"]).ends(2);
    assert!(said.err.contains("this is no model of surprisal"), "{}", said.err);
}
