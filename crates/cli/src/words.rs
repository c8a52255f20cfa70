//! Numbers as people say them.

/// `1 arm`, `3 arms`.
pub fn number_of(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `3 min`, `1.90 s`, `2.5 h`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.01 => "0.01 s".into(),
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 100.0 => format!("{s:.0} s"),
        s if s < 6000.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// `14 MB`, `300 kB`.
pub fn size(bytes: f64) -> String {
    match bytes {
        b if b < 1e6 => format!("{:.0} kB", (b / 1e3).max(1.0)),
        b if b < 1e9 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_in_the_unit_that_suits_them() {
        assert_eq!([0.0, 1.234, 59.6, 180.0, 9000.0].map(duration), ["0.01 s", "1.23 s", "60 s", "3 min", "2.5 h"]);
        assert_eq!([10.0, 3e5, 1.4e7, 2.5e9].map(size), ["1 kB", "300 kB", "14 MB", "2.5 GB"]);
        assert_eq!([0, 1, 2].map(|n| number_of(n, "arm")), ["0 arms", "1 arm", "2 arms"]);
    }
}
