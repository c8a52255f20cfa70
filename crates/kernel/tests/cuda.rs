//! The CUDA text as a reader sees it. That it is right is tested where it can be compiled, in `surprisal-cuda`.

use surprisal_density::AnyFamily;
use surprisal_kernel::cuda::{Dtype, Pass, Program, module};
use surprisal_kernel::{Bound, Slot};

fn program(family: &str, slots: &[Slot], dtype: Dtype) -> Program {
    let family = AnyFamily::named(family).expect("registered");
    Program::of(&Bound { family, slots: slots.to_vec() }, dtype)
}

/// The text of one kernel.
fn kernel(program: &Program, pass: Pass) -> String {
    let text = module([program]);
    let from = text.find(&format!("KERNEL {}(", program.kernel(pass))).expect("printed");
    let to = text[from..].find("\n}\n").expect("closed");
    text[from..from + to + 2].to_owned()
}

#[test]
fn a_kernel_reads_like_its_formula() {
    insta::assert_snapshot!(kernel(
        &program("laplace", &[Slot::Predicted(0), Slot::Learned(0)], Dtype::F32),
        Pass::Fused
    ));
}

#[test]
fn what_is_the_same_in_each_row_is_computed_before_the_loop_in_double() {
    let text = kernel(&program("gaussian", &[Slot::Predicted(0), Slot::Learned(0)], Dtype::F32), Pass::Fused);
    let (before, inside) = text.split_once("for (int round").expect("a loop");
    assert!(before.contains("exp64(") && !inside.contains("exp32(") && !inside.contains("exp64("), "{text}");
}

#[test]
fn no_name_is_left_to_fill_in() {
    for family in AnyFamily::all().into_iter().filter(|family| family.name() != "flat") {
        for dtype in Dtype::ALL {
            let text = module([&Program::of(&Bound::predicted(family), dtype)]);
            assert!(!text.contains('@'), "{}: {:?}", family.name(), text.lines().find(|line| line.contains('@')));
        }
    }
}

#[test]
fn columns_are_computed_by_the_reference() {
    let poisson = program("poisson", &[Slot::Predicted(0)], Dtype::F32);
    assert!(poisson.wide());
    let y = [0.0, 1.0, 5.0];
    // ln y, and what −ln p is where the mean is y.
    let logarithm = y.map(|y: f64| if y > 0.0 { libm::log(y) } else { 0.0 }).to_vec();
    let base = y.map(|y| surprisal_density::Family::base::<f64>(&surprisal_density::family::Poisson, &[], y)).to_vec();
    assert_eq!(poisson.columns(&y), [logarithm, base]);
    assert!(program("gaussian", &[Slot::Predicted(0), Slot::Fixed(2.0)], Dtype::F32).columns(&[1.0]).is_empty());
}

#[test]
fn a_launch_depends_on_rows_alone_and_no_block_is_empty() {
    let rows = program("gaussian", &[Slot::Predicted(0), Slot::Learned(0)], Dtype::F32);
    let launch = rows.launch(4097, Pass::Fused);
    assert_eq!((launch.blocks, launch.threads, launch.arrivals), (2, 32, 2));
    assert_eq!(launch.scratch, 3 * (2 + 1)); // the loss, the weights, one slope; two blocks, one group
    assert_eq!(rows.launch(1 << 32, Pass::Fused).blocks, 1 << 20);
    let mut family = AnyFamily::named("categorical").expect("registered");
    if let AnyFamily::Categorical(it) = &mut family {
        it.classes = Some(1 << 17);
    }
    let long = Program::of(&Bound::predicted(family), Dtype::Bf16);
    assert_eq!(long.launch(16_384, Pass::Fused).threads, 512);
    assert_eq!(long.numbers(16_384), [1 << 17, -1, 4]);
}
