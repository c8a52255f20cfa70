//! The very text that a GPU gets, compiled by the host's C compiler and run against the reference.

mod common;

use common::compiler;
use common::host::Host;
use std::collections::BTreeMap;
use surprisal_cuda::Packed;
use surprisal_cuda::agreement::{Errors, cases};
use surprisal_kernel::cuda::{Dtype, Program};

fn agree(dtype: Dtype) {
    let Some(cc) = compiler() else {
        println!("skipped: no C compiler (`cc`, or what $CC names)");
        return;
    };
    let cases = cases(dtype);
    let programs: Vec<&Program> = cases.iter().map(|case| &case.program).collect();
    let mut host = Host::new(&cc, &format!("agree_{}", dtype.name()), &programs);
    let mut worst: BTreeMap<&str, Errors> = BTreeMap::new();
    let mut bad = Vec::new();
    for case in &cases {
        let errors = case.errors(|pass| host.run(&case.program, pass, &Packed::new(&case.program, pass, &case.given)));
        if !errors.within(case.allowed()) {
            bad.push(format!("{:?}: {errors:?}", case.of));
        }
        let known = worst.entry(case.of.family().name()).or_default();
        *known = known.max(errors);
    }
    println!("{} cases, {}: largest error in 1 + |x|", cases.len(), dtype.name());
    for (family, it) in &worst {
        println!("{family:20} value {:.1e} ({:.1} ulp)  slope {:.1e}  sum {:.1e}", it.value, it.ulp, it.slope, it.sum);
    }
    assert!(bad.is_empty(), "{} of {} cases:\n{}", bad.len(), cases.len(), bad.join("\n"));
}

#[test]
fn the_text_in_single_precision_agrees_with_the_reference() {
    agree(Dtype::F32);
}

#[test]
fn the_text_in_double_precision_agrees_with_the_reference() {
    agree(Dtype::F64);
}

#[test]
fn the_text_in_bfloat16_agrees_with_the_reference() {
    agree(Dtype::Bf16);
}
