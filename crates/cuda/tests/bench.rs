//! The bench program, where there is a GPU and where there is none.

use std::process::Command;

#[test]
fn the_bench_says_so_where_there_is_no_gpu() {
    let out = Command::new(env!("CARGO_BIN_EXE_cuda-bench")).arg("--agreement-only").output().expect("built");
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
    // With a GPU, the agreement was checked there.
    assert!(said == "no GPU\n" || said.contains("launches whose bits differ from the launch before: 0"), "{said}");
}

#[test]
fn an_option_that_there_is_not_is_told() {
    let out = Command::new(env!("CARGO_BIN_EXE_cuda-bench")).arg("--fast").output().expect("built");
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(said, "error: expected --compiled FOLDER, --out FILE or --agreement-only, found `--fast`\n");
}
