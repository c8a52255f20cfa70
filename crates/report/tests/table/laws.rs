//! What holds for all records: formats agree, and order does not matter.

use crate::make::*;
use proptest::prelude::*;
use surprisal_report::{Format, Summary, summarise};
use surprisal_spec::Status;

/// Outcomes of three arms over three splits, from numbers.
fn made(values: &[(f64, u8)], rows: &[usize]) -> Summary {
    let arms = [mse("a", 3), mle("b", &student(), 3), map("c", &gaussian(), &normal(2.0), 3)];
    let mut records = Records::default();
    for &k in rows {
        let (x, what) = values[k];
        let (arm, unit) = (&arms[k / 3], k % 3);
        let outcome = match what {
            0 => failed("no"),
            1 => ended(Status::Unbounded, &[("nll", x)]),
            2 => ended(Status::BudgetSpent, &[("nll", x), ("rmse", x * x)]),
            3 => converged(&[("nll", f64::INFINITY), ("rmse", 1.0)]),
            4 => continue,
            _ => converged(&[("nll", x), ("rmse", x * x)]),
        };
        put_run(&mut records, arm, &arm.units[unit], &arm.units[unit].runs[0], outcome);
    }
    summarise("t", &arms, &records, &scores(&["nll", "rmse"]))
}

/// The numbers of the cells of a table, as texts `value` or `value ± se`, row by row.
fn cells_of_md(md: &str) -> Vec<String> {
    let table =
        md.lines().skip_while(|line| !line.starts_with("| estimator")).skip(2).take_while(|line| line.starts_with('|'));
    let clean = |cell: &str| cell.split("<sup>").next().unwrap_or("").replace("**", "").trim().to_string();
    table.flat_map(|line| line.split(" | ").skip(3).take(2).map(clean).collect::<Vec<_>>()).collect()
}

/// Whether the shown text is `x`, to the digits that it shows.
fn shows(text: &str, x: f64) -> bool {
    let Ok(shown) = text.parse::<f64>() else { return false };
    if !x.is_finite() {
        return shown.to_string() == x.to_string();
    }
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, d)| d.len()) as i32;
    let unit: f64 = format!("1e{}", exponent.parse::<i32>().unwrap() - decimals).parse().unwrap();
    // Tens and hundreds are zeros: the unit is that of the last digit that is not.
    let zeros = mantissa.chars().rev().take_while(|c| *c == '0').count() as i32;
    let unit = if decimals == 0 && exponent == "0" { format!("1e{zeros}").parse::<f64>().unwrap() } else { unit };
    (shown - x).abs() <= 0.5 * unit * (1.0 + 1e-9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn text_markdown_and_csv_agree_on_every_number(
        values in prop::collection::vec(((-3.0..3.0f64, -6..7i32).prop_map(|(m, e)| m * format!("1e{e}").parse::<f64>().unwrap()), 0..12u8), 9)
    ) {
        let summary = made(&values, &(0..9).collect::<Vec<_>>());
        let md = cells_of_md(&summary.render(Format::Md));
        let csv = summary.render(Format::Csv);
        let mut reader = csv.lines().skip(1).map(|line| line.rsplit(',').collect::<Vec<_>>());
        prop_assert_eq!(md.len(), 6);
        let text = summary.render(Format::Text);
        for shown in &md {
            let line = reader.next().unwrap();
            // From the right: marks, bold, status, failures, tried, units, given, n, median, se, mean; statuses may hold commas.
            let fields: Vec<&str> = csv_fields(&csv, &line);
            let (mean, se, median) = (fields[0], fields[1], fields[2]);
            let (value, error) = shown.split_once(" ± ").map_or((shown.as_str(), None), |(v, e)| (v, Some(e)));
            match (mean, median) {
                ("", "") => prop_assert_eq!(value, "–"),
                // Nothing is left of a value far below its uncertainty: then the error's last digit is the unit.
                ("", x) | (x, _) if value == "0" && error.is_some_and(|error| shows(error, x.parse::<f64>().unwrap() + error.parse::<f64>().unwrap())) => {}
                ("", x) | (x, _) => prop_assert!(shows(value, x.parse().unwrap()), "{} is shown as {}", x, value),
            }
            match error {
                Some(error) => prop_assert!(shows(error, se.parse().unwrap()), "{} is shown as {}", se, error),
                None => prop_assert_eq!(se, ""),
            }
            prop_assert!(text.contains(shown.as_str()), "{} in\n{}", shown, text);
        }
    }

    #[test]
    fn the_order_in_which_records_came_changes_nothing(
        values in prop::collection::vec((-9.0..9.0f64, 0..9u8), 9),
        order in Just((0..9).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let sorted: Vec<usize> = (0..9).collect();
        for format in Format::ALL {
            prop_assert_eq!(made(&values, &sorted).render(format), made(&values, &order).render(format));
        }
    }

    #[test]
    fn the_order_of_arms_changes_the_order_of_rows_and_no_number(values in prop::collection::vec((-9.0..9.0f64, 0..9u8), 9)) {
        let arms = [mse("a", 3), mle("b", &student(), 3), map("c", &gaussian(), &normal(2.0), 3)];
        let mut records = Records::default();
        for (k, (x, what)) in values.iter().enumerate() {
            let outcome = if *what < 2 { failed("no") } else { converged(&[("nll", *x)]) };
            put_run(&mut records, &arms[k / 3], &arms[k / 3].units[k % 3], &arms[k / 3].units[k % 3].runs[0], outcome);
        }
        let [a, b, c] = arms;
        let one = summarise("t", &[a.clone(), b.clone(), c.clone()], &records, &scores(&["nll"])).sections.remove(0);
        let two = summarise("t", &[c, a, b], &records, &scores(&["nll"])).sections.remove(0);
        let numbers = |rows: Vec<&surprisal_report::Row>| rows.iter().map(|r| (r.cells[0].value, r.cells[0].se, r.cells[0].bold, r.given)).collect::<Vec<_>>();
        prop_assert_eq!(numbers(one.rows.iter().collect()), numbers(vec![&two.rows[1], &two.rows[2], &two.rows[0]]));
    }
}

/// Mean, se and median of a line: found by the score and its unit, which stand before them.
fn csv_fields<'a>(_csv: &'a str, reversed: &[&'a str]) -> Vec<&'a str> {
    let line: Vec<&str> = reversed.iter().rev().copied().collect();
    let at = line.iter().position(|field| *field == "nll" || *field == "rmse").unwrap();
    line[at + 2..at + 5].to_vec()
}
