//! Faults, each injected through the program itself: nothing is lost, nothing doubled, and the table is equal.
//!
//! Each fault is a test, struck a few times. `just faults` strikes each many times and prints the table of all:
//! `SURPRISAL_FAULTS=folder cargo test -p surprisal --test faults -- --ignored --nocapture` also writes it there.

#[path = "../common/mod.rs"]
mod common;

mod devices;
mod folders;
mod limits;
mod many;
mod records;
mod runs;
mod signals;
mod sweep;

use std::fmt::Write;
use sweep::{Calm, Cost};

/// What trains the runs that faults strike.
const ENGINES: [&str; 2] = ["candle", "lanes"];

/// Each fault: its test, what the table calls it, what strikes, how often in a test, and how often in the table.
macro_rules! faults {
    ($($test:ident: $name:literal, $strike:path, $few:literal, $many:literal;)+) => {
        mod candle {
            use super::*;
            $(
                #[test]
                fn $test() {
                    $strike(&Calm::new("candle"), $few).assert_nothing();
                }
            )+
        }

        /// The same with runs side by side: a fault of one costs no other.
        mod lanes {
            use super::*;
            $(
                #[test]
                fn $test() {
                    $strike(&Calm::new("lanes"), $few).assert_nothing();
                }
            )+
        }

        /// All of them, as often as the table asks.
        fn all(calm: &Calm) -> Vec<(&'static str, Cost)> {
            vec![$({
                eprintln!("{}", $name);
                ($name, $strike(calm, $many))
            }),+]
        }
    };
}

faults! {
    a_sweep_that_is_killed_at_random_moments_loses_nothing: "kill -9 at a random moment", signals::killed, 8, 100;
    a_run_whose_process_is_killed_is_tried_again_and_goes_on_to_the_bit:
        "kill -9 of a worker at a random moment", signals::worker_killed, 2, 20;
    a_run_that_dies_at_every_few_steps_goes_on_from_its_checkpoint:
        "death of a run at every 7th step, from checkpoints", runs::dies, 1, 4;
    the_first_ctrl_c_ends_in_130_and_says_how_to_go_on: "SIGINT once", signals::interrupted, 2, 20;
    the_second_ctrl_c_ends_at_once: "SIGINT twice", signals::interrupted_twice, 2, 20;
    a_sigterm_ends_in_143: "SIGTERM", signals::terminated, 2, 20;
    a_segment_cut_at_any_byte_costs_the_torn_run_only: "segment cut at a byte", records::cut, 12, 400;
    garbage_in_a_segment_costs_the_lines_that_it_hit: "garbage in a segment", records::garbage, 3, 40;
    records_of_an_older_schema_are_left_alone: "records of an older schema", records::older, 1, 4;
    names_of_segments_from_a_clock_that_ran_backwards_decide_nothing:
        "clock that runs backwards", records::clock, 2, 10;
    a_full_disk_is_told_and_the_sweep_goes_on_when_there_is_room: "full disk (tmpfs)", devices::full, 1, 6;
    a_file_that_may_not_grow_is_told_like_a_full_disk: "file size limit", devices::limited, 2, 10;
    results_that_are_read_only_are_told: "read-only results", devices::read_only, 1, 4;
    a_run_that_panics_is_a_failure_and_the_others_go_on: "panic in a run", runs::panics, 2, 24;
    a_run_that_is_out_of_memory_is_a_failure_and_the_others_go_on: "out of memory in a run", runs::out_of_memory, 1, 8;
    a_run_that_never_ends_is_a_failure_after_its_time: "run that never ends", runs::hangs, 1, 6;
    a_value_that_is_not_finite_is_a_status_with_the_last_finite_state: "NaN at a step", runs::not_finite, 2, 24;
    a_data_file_that_was_replaced_makes_other_runs: "data file replaced and put back", folders::replaced, 1, 4;
    two_processes_share_a_folder_and_do_each_run_once: "two processes, one folder", folders::two, 1, 8;
    eight_processes_share_a_folder_and_do_each_run_once: "eight processes, one folder", folders::eight, 1, 4;
    a_folder_that_was_moved_or_copied_goes_on_where_it_is: "folder moved, then copied", folders::moved, 1, 6;
}

#[test]
#[ignore = "strikes hundreds of times; `just faults`"]
fn the_table_of_faults() {
    let costs: Vec<_> =
        ENGINES.iter().flat_map(|engine| all(&Calm::new(engine)).into_iter().map(move |it| (engine, it))).collect();
    let mut text = String::from(
        "| engine | fault | times injected | runs lost | runs doubled | table equal |\n|---|---|---:|---:|---:|---|\n",
    );
    for (engine, (name, Cost { times, lost, doubled, unequal })) in &costs {
        let equal = if *unequal == 0 { "yes" } else { "no" };
        writeln!(text, "| {engine} | {name} | {times} | {lost} | {doubled} | {equal} |").expect("a string");
    }
    println!("{text}");
    if let Some(folder) = std::env::var_os("SURPRISAL_FAULTS") {
        std::fs::write(std::path::Path::new(&folder).join("table.md"), &text).expect("a file");
    }
    costs.into_iter().for_each(|(_, (_, cost))| cost.assert_nothing());
}
