//! What an unquoted scalar means where no type asks for text: YAML 1.2's core schema, and `1_000`.

/// A scalar's meaning.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scalar<'a> {
    /// `~`, `null`, or nothing at all.
    Null,
    /// `true` or `false`; `yes`, `no`, `on`, `off` are text.
    Bool(bool),
    /// A whole number of at least 0.
    Unsigned(u64),
    /// A whole number below 0.
    Signed(i64),
    /// Any other number, also a whole one beyond 64 bits.
    Float(f64),
    /// Everything else, and all that is quoted.
    Text(&'a str),
}

/// The meaning of a scalar, `plain` if it is unquoted.
pub fn resolve(text: &str, plain: bool) -> Scalar<'_> {
    match text {
        _ if !plain => Scalar::Text(text),
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ => number(text).unwrap_or(Scalar::Text(text)),
    }
}

/// The number a text writes: `12`, `-3`, `1e-3`, `.5`, `5.`, `1_000`, `0x1F`, `0o17`, `.inf`, `.nan`.
///
/// A leading zero (`0755`) makes it none, as YAML 1.1 and 1.2 read different numbers there; nor is anything that
/// overflows to infinity.
pub fn number(text: &str) -> Option<Scalar<'static>> {
    if !text.contains('_') {
        return ungrouped(text);
    }
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let between = |i: usize| i > 0 && digit(bytes.get(i - 1)) && digit(bytes.get(i + 1));
    let grouped = (0..bytes.len()).all(|i| bytes[i] != b'_' || between(i));
    if grouped { ungrouped(&text.replace('_', "")) } else { None }
}

/// Whether a text would be a number but for leading zeros.
pub(super) fn has_leading_zero(text: &str) -> bool {
    let body = text.trim_start_matches(['-', '+']);
    let rest = body.trim_start_matches('0');
    rest.len() < body.len() && number(text).is_none() && (rest.is_empty() || number(rest).is_some())
}

fn ungrouped(text: &str) -> Option<Scalar<'static>> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let radix = |digits: &str, radix| {
        let all = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        all.then(|| u64::from_str_radix(digits, radix).ok().map(Scalar::Unsigned))?
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    match body {
        ".inf" | ".Inf" | ".INF" => {
            return Some(Scalar::Float(if negative { f64::NEG_INFINITY } else { f64::INFINITY }));
        }
        ".nan" | ".NaN" | ".NAN" => return (body == text).then_some(Scalar::Float(f64::NAN)),
        _ => {}
    }
    let bytes = body.as_bytes();
    let leading_zero = bytes.len() > 1 && bytes[0] == b'0' && bytes[1].is_ascii_digit();
    let starts = bytes.first().is_some_and(|b| b.is_ascii_digit() || *b == b'.');
    if leading_zero || !starts || !bytes.iter().all(|b| b"0123456789.eE+-".contains(b)) {
        return None; // also keeps the words `inf`, `nan` and `infinity` from `str::parse`
    }
    if bytes.iter().all(u8::is_ascii_digit) {
        if !negative && let Ok(n) = body.parse() {
            return Some(Scalar::Unsigned(n));
        }
        // `-0` is left to the floats, which keep its sign.
        if let Ok(n) = text.parse()
            && n != 0
        {
            return Some(Scalar::Signed(n));
        }
    }
    text.parse().ok().filter(|x: &f64| x.is_finite()).map(Scalar::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let real = |text: &str| match number(text) {
            Some(Scalar::Unsigned(n)) => n as f64,
            Some(Scalar::Signed(n)) => n as f64,
            Some(Scalar::Float(x)) => x,
            _ => panic!("{text} is a number"),
        };
        let cases =
            [("1e-3", 1e-3), ("1E+3", 1e3), (".5", 0.5), ("5.", 5.0), ("+1", 1.0), ("-7", -7.0), ("1_000", 1000.0)];
        let more =
            [("1_0.5", 10.5), ("0x1F", 31.0), ("0o17", 15.0), ("-.inf", f64::NEG_INFINITY), ("0", 0.0), ("-.5", -0.5)];
        for (text, expected) in cases.into_iter().chain(more) {
            assert_eq!(real(text), expected, "{text}");
        }
        assert!(real("-0").is_sign_negative() && real("-0.0").is_sign_negative());
        assert_eq!(number("18446744073709551615"), Some(Scalar::Unsigned(u64::MAX)));
        assert_eq!(number("-9223372036854775808"), Some(Scalar::Signed(i64::MIN)));
        assert_eq!(number("18446744073709551616"), Some(Scalar::Float(18446744073709551616.0)));
        assert!(real(".nan").is_nan());
    }

    #[test]
    fn what_only_looks_like_a_number_is_text() {
        let texts = [
            "0755", "00", "-01", "1__0", "_1", "1_", "1._5", "1e400", "0x", "0o8", "0x+1", "e5", "inf", "nan", "+-1",
            "--1",
        ];
        for text in texts.into_iter().chain([
            "2024-01-01",
            "1.2.3",
            "1:30",
            ".",
            "-",
            "+",
            "",
            "no",
            "on",
            "-.nan",
            "1 000",
            "٣",
        ]) {
            assert_eq!(number(text), None, "{text}");
        }
        assert!(has_leading_zero("0755") && has_leading_zero("-01.5") && has_leading_zero("00"));
        assert!(
            !has_leading_zero("0")
                && !has_leading_zero("0.5")
                && !has_leading_zero("0ops")
                && !has_leading_zero("text")
        );
        assert_eq!(resolve("no", true), Scalar::Text("no"));
        assert_eq!(resolve("1", false), Scalar::Text("1"));
        assert_eq!(resolve("", true), Scalar::Null);
    }
}
