//! Names come from strangers.

use crate::make::*;
use surprisal_report::{Format, summarise};
use surprisal_spec::Arm;

fn rendered(dataset: &str, format: Format) -> String {
    let arm = Arm { dataset: dataset.into(), ..mle("a", &gaussian(), 2) };
    let mut records = Records::default();
    put_nll(&mut records, &arm, &[1.0, 2.0]);
    summarise("t", &[arm], &records, &scores(&["nll"])).render(format)
}

#[test]
fn control_characters_do_not_reach_a_terminal() {
    let text = rendered("\u{1b}[31mred\u{202e}\r\nx", Format::Text);
    assert!(text.starts_with("t: \\u{1b}[31mred\\u{202e}\\u{d}\\u{a}x\n"), "{text}");
}

#[test]
fn a_name_is_no_markup_and_ends_no_comment() {
    let md = rendered("a|b <!-- /surprisal --> *c* _d_ e_f [g](h) `i` \\", Format::Md);
    let line = md.lines().next().unwrap();
    assert_eq!(
        line,
        r"**t: a\|b &lt;!-- /surprisal --&gt; \*c\* \_d\_ e_f \[g\](h) \`i\` \\**".replace("!--", r"\!--")
    );
}

#[test]
fn a_name_is_no_command_of_a_typesetter() {
    let latex = rendered(r"\input{x} 50% $a_b$ #1 & ~^ <é>", Format::Latex);
    let expected = r"\caption{t: \textbackslash{}input\{x\} 50\% \$a\_b\$ \#1 \& \textasciitilde{}\textasciicircum{} \textless{}é\textgreater{}}";
    assert!(latex.contains(expected), "{latex}");
}

#[test]
fn a_cell_of_a_csv_file_keeps_its_commas_and_quotes() {
    let csv = rendered("a,\"b\"c", Format::Csv);
    assert!(csv.contains("\n\"a,\"\"b\"\"c\",arm,mle,gaussian(scale=learned),flat,linear,nll,nats,1.5,"), "{csv}");
}

#[test]
fn no_format_lets_a_name_speak_to_a_terminal() {
    let hostile = "\u{1b}]0;x\u{7}\u{9b}2J\u{202e}\u{200b}\u{ad}\u{e0041}\r\n=1";
    for format in Format::ALL {
        let out = rendered(hostile, format);
        let hidden = out.chars().find(|c| surprisal_spec::is_hidden(*c) && *c != '\n');
        assert_eq!(hidden, None, "{}: {out:?}", format.name());
    }
    let json: serde_json::Value = serde_json::from_str(&rendered(hostile, Format::Json)).unwrap();
    assert_eq!(json["sections"][0]["dataset"], hostile, "JSON still means the name itself");
}

#[test]
fn a_name_is_no_formula_of_a_spreadsheet() {
    for name in ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "-x"] {
        let csv = rendered(name, Format::Csv);
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        let cell = rows.records().next().unwrap().unwrap()[0].to_string();
        assert_eq!(cell, format!("'{name}"));
    }
    let csv = rendered("-1.5", Format::Csv);
    assert!(csv.contains("\n-1.5,arm"), "{csv}");
}

#[test]
fn a_table_is_spliced_only_between_two_comments_that_stand_alone() {
    use surprisal_report::splice;
    let page = "a\n```\n<!-- surprisal:table -->\n```\n<!-- surprisal:table -->\nold\n```\n<!-- /surprisal -->\n```\n<!-- /surprisal -->\nb";
    let spliced = splice(page, "table", "new\n").unwrap();
    assert_eq!(
        spliced,
        "a\n```\n<!-- surprisal:table -->\n```\n<!-- surprisal:table -->\n\nnew\n\n<!-- /surprisal -->\nb"
    );
    assert_eq!(splice(&spliced, "table", "new\n").as_deref(), Some(spliced.as_str()));
    assert_eq!(splice("a <!-- surprisal:table --> b\n<!-- /surprisal -->", "table", "x"), None);
    assert_eq!(splice("<!-- surprisal:table -->\n", "table", "x"), None);
    assert_eq!(splice("<!-- surprisal:table -->\n<!-- surprisal:other -->\n<!-- /surprisal -->\n", "table", "x"), None);
    let dos = splice("<!-- surprisal:table -->\r\n<!-- /surprisal -->\r\n", "table", "x\ny\n").unwrap();
    assert_eq!(dos, "<!-- surprisal:table -->\r\n\r\nx\r\ny\r\n\r\n<!-- /surprisal -->\r\n");
}
