//! Folders that several processes share, that are moved or copied, and data that change under a sweep.

use crate::common::{AB, Folder};
use crate::signals::add;
use crate::sweep::*;

/// Two processes at once.
pub fn two(calm: &Calm, times: usize) -> Cost {
    shared(calm, times, 2)
}

/// Eight processes at once.
pub fn eight(calm: &Calm, times: usize) -> Cost {
    shared(calm, times, 8)
}

fn shared(calm: &Calm, times: usize, processes: usize) -> Cost {
    let mut cost = Cost::default();
    for _ in 0..times {
        let folder = calm.folder();
        let all: Vec<_> = (0..processes).map(|_| start(&folder, &["run", "a.yaml", "-j", "1"], None)).collect();
        for child in all {
            let output = child.wait_with_output().expect("it ends");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let table = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(table, folder.read("results/sweep/table.txt"), "each prints the whole table");
        }
        assert!(!folder.path("results/sweep/claims").exists(), "no claim is left");
        add(&mut cost, calm.judge(&folder, 1));
    }
    cost
}

/// A sweep that was stopped is moved and goes on there; a copy of it goes on too.
pub fn moved(calm: &Calm, times: usize) -> Cost {
    let mut cost = Cost::default();
    for i in 0..times {
        let first = calm.folder();
        let mut child = start(&first, &["run", "a.yaml", "--checkpoint", "0s"], None);
        until(&first, &mut child, 3 + i);
        signal(&child, "KILL");
        ended(child);
        let copied = |from: &Folder| {
            let to = Folder::new();
            for (path, bytes) in from.files() {
                let path = to.path(&path.to_string_lossy());
                std::fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
                std::fs::write(path, bytes).expect("a file");
            }
            to
        };
        let second = Folder::new();
        for name in ["a.yaml", "results"] {
            std::fs::rename(first.path(name), second.path(name)).expect("it is moved");
        }
        let third = copied(&second);
        add(&mut cost, calm.judge(&second, 1));
        add(&mut cost, calm.judge(&third, 1));
        third.call(&["verify", "results", "--sample", "2"]).ends(0);
    }
    cost
}

/// Another file in the place of the data makes other runs: none of the old results is taken for them, and none is lost
/// when the first file is back. Data that are damaged are told with their place.
pub fn replaced(calm: &Calm, times: usize) -> Cost {
    let yaml = "schema: 1\nname: mine\ndataset: { csv: { path: data.csv, target: y, split: { kfold: { k: 4 } } } }\n\
                likelihood: { gaussian: { scale: learned } }\nsweep: { grid: { estimator: [mse, mle] } }\n";
    let mut cost = Cost::default();
    for _ in 0..times {
        let folder = Folder::with(yaml).file("data.csv", AB);
        folder.call(&["run", "a.yaml"]).ends(0);
        let tables = folder.tables("mine");
        folder.write("data.csv", &AB.replace("8.9", "9.8"));
        let said = folder.call(&["run", "a.yaml"]).ends(0);
        assert!(said.err.contains("8/8 runs, 0 failed"), "all are done for the new data: {}", said.err);
        assert_ne!(folder.tables("mine"), tables);
        let verified = folder.call(&["verify", "results/mine", "--all"]).ends(4);
        assert!(verified.out.contains("8 of 8 done again are equal to the bit; 16 records"), "{}", verified.out);
        assert!(verified.out.contains("8 not done again: the data `data` have changed"), "{}", verified.out);
        folder.write("data.csv", &AB.replace("8.9", "many"));
        let said = folder.call(&["run", "a.yaml"]).ends(4);
        assert!(said.err.contains("line 8, column `y`: expected a number, found `many`"), "{}", said.err);
        folder.write("data.csv", AB);
        let said = folder.call(&["run", "a.yaml"]).ends(0);
        assert!(said.err.contains("nothing to do"), "{}", said.err);
        assert_eq!(folder.tables("mine"), tables);
        // The sweep that all are judged by has no file: it is struck by nothing, and stays what it was.
        let other = calm.folder();
        add(&mut cost, calm.judge(&other, 1));
    }
    cost
}
