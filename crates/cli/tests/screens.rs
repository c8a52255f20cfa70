//! What a person sees in a terminal of 80 columns: the README's screens, taken from one.
//!
//! `SURPRISAL_BLESS=1` writes them to the README.

mod common;

use common::*;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::Read;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const WIDTH: u16 = 80;
const ROWS: NonZero<u16> = at_least_one(200);

const fn at_least_one(n: u16) -> NonZero<u16> {
    NonZero::new(n).expect("a screen has a size")
}

/// A terminal in which a command runs.
struct Terminal {
    screen: vt100::Parser,
    bytes: Receiver<Vec<u8>>,
    pair: portable_pty::PtyPair,
    child: Box<dyn portable_pty::Child + Send + Sync>,
}

impl Terminal {
    fn start(folder: &Folder, arguments: &[&str], columns: u16) -> Terminal {
        let size = PtySize { rows: ROWS.get(), cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_surprisal"));
        command.args(arguments);
        command.cwd(folder.path(""));
        for name in ["SURPRISAL_DATA_DIR", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).expect("it starts");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (send, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 || send.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Terminal { screen: vt100::Parser::new(ROWS, at_least_one(columns), 0), bytes, pair, child }
    }
    /// What is on the screen, without what is blank at its ends.
    fn shown(&self) -> String {
        let columns = self.screen.screen().size().1.get();
        let rows = self.screen.screen().rows(0, columns);
        rows.map(|row| row.trim_end().to_string()).collect::<Vec<_>>().join("\n").trim_end().to_string()
    }
    /// Reads until the screen is as wanted, or nothing comes any more; whether it was.
    fn until(&mut self, wanted: impl Fn(&str) -> bool) -> bool {
        loop {
            if wanted(&self.shown()) {
                return true;
            }
            match self.bytes.recv_timeout(Duration::from_millis(100)) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(_) if self.child.try_wait().expect("a child").is_some() => {
                    // What it wrote last.
                    while let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(200)) {
                        self.screen.process(&bytes);
                    }
                    return wanted(&self.shown());
                }
                Err(_) => {}
            }
        }
    }
    /// The screen after the command has ended with that code.
    fn end(mut self, code: u32) -> String {
        self.until(|_| false);
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.exit_code(), code, "{}", self.shown());
        self.shown()
    }
    fn resize(&mut self, columns: u16) {
        let size = PtySize { rows: ROWS.get(), cols: columns, pixel_width: 0, pixel_height: 0 };
        self.pair.master.resize(size).expect("own terminal");
        self.screen.screen_mut().set_size(ROWS, at_least_one(columns));
    }
}

fn project() -> Folder {
    let folder = Folder::new();
    folder.call(&["init"]).ends(0);
    folder
}

/// Where things stand: numbers, the bar's length, the times and what is trained differ from run to run.
fn layout(screen: &str) -> String {
    let (counted, _) = screen.split_once(" runs, ").unwrap_or((screen, ""));
    let mut out = String::new();
    for c in counted.chars() {
        let c = if c.is_ascii_digit() { '0' } else { c };
        if !(out.ends_with(c) && "0█░".contains(c)) {
            out.push(c);
        }
    }
    out
}

/// Compares with the README, or writes it there.
#[track_caller]
fn compare(name: &str, screen: &str, same: fn(&str, &str) -> bool) {
    for line in screen.lines() {
        assert!(line.chars().count() <= usize::from(WIDTH), "{line}");
    }
    let path = repository().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("a README");
    let marker = format!("<!-- surprisal:{name}-screen -->");
    let block = readme.split_once(&marker).and_then(|(_, rest)| rest.split_once("<!-- /surprisal -->"));
    let block = block.unwrap_or_else(|| panic!("the README has no `{marker}`")).0.trim();
    let shown = block.strip_prefix("```text\n").and_then(|it| it.strip_suffix("\n```")).unwrap_or_default();
    if same(shown, screen) {
        return;
    }
    if std::env::var_os("SURPRISAL_BLESS").is_some() {
        let block = format!("```text\n{screen}\n```");
        let new = surprisal_report::splice(&readme, &format!("{name}-screen"), &block).expect("it has the marker");
        std::fs::write(&path, new).expect("own README");
        return;
    }
    panic!("the README shows\n{shown}\nand the terminal\n{screen}");
}

#[test]
fn the_readme_shows_the_screens_of_an_80_column_terminal() {
    let folder = project();
    let screen = |arguments: &[&str], code| {
        let shown = Terminal::start(&folder, arguments, WIDTH).end(code);
        format!("$ surprisal {}\n{shown}", arguments.join(" "))
    };
    compare("plan", &screen(&["plan", "experiments/first"], 0), |a, b| a == b);

    let text = folder.read("experiments/first/experiment.yaml");
    folder.write("experiments/wrong/experiment.yaml", &text.replace("learned", "lerned").replace("dim: 2", "dim: 0"));
    compare("error", &screen(&["check", "experiments/wrong"], 2), |a, b| a == b);

    // Long enough to be seen under way.
    folder.write("experiments/first/experiment.yaml", &text.replace("replicates: 10", "replicates: 100"));
    let mut terminal = Terminal::start(&folder, &["run", "experiments/first"], WIDTH);
    let third = |screen: &str| {
        let done =
            screen.split(' ').find_map(|word| word.split_once('/').and_then(|(done, _)| done.parse::<u32>().ok()));
        done.is_some_and(|done| done > 100)
    };
    assert!(terminal.until(third), "no progress was seen: {}", terminal.shown());
    let progress = format!("$ surprisal run experiments/first\n{}", terminal.shown());
    compare("run", &progress, |a, b| layout(a) == layout(b));
    let end = terminal.end(0);
    assert!(!end.contains(['█', '░']), "the bar is gone at the end:\n{end}");

    folder.write("experiments/first/experiment.yaml", &text);
    folder.call(&["run", "experiments/first"]).ends(0);
    // Below come differences; one of them is a rounding error, whose digits are the processor's own.
    let table = screen(&["table", "experiments/first"], 0);
    let (above, _) = table.split_once("\ncontrast").expect("contrasts");
    compare("table", &format!("{above}…"), |a, b| a == b);
}

#[test]
fn the_bar_survives_narrow_terminals_and_resizing() {
    let text = "schema: 1\nname: a\ndataset: { heavy_tails: { n: 100, dim: 2, replicates: 60, test_n: 100 } }\n\
                likelihood: { student_t: { nu: learned, scale: learned } }\nsweep: { grid: { estimator: [mse, mle] } }\n";
    let one = |screen: &str| screen.lines().filter(|line| line.contains("/120")).count();
    for columns in [9, 20, 40] {
        let folder = Folder::with(text);
        let mut terminal = Terminal::start(&folder, &["run", "a.yaml"], columns);
        assert!(terminal.until(|screen| one(screen) == 1), "{columns}: {}", terminal.shown());
        // Each drawing replaces the last: never two at a time.
        for _ in 0..20 {
            if let Ok(bytes) = terminal.bytes.recv_timeout(Duration::from_millis(100)) {
                terminal.screen.process(&bytes);
            }
            assert!(one(&terminal.shown()) <= 1, "{columns}: {}", terminal.shown());
        }
        terminal.resize(60);
        let end = terminal.end(0);
        // The sweep may have ended before the resize: its table then has the old width.
        assert!(!end.contains(['█', '░']), "{columns}: the bar is gone at the end:\n{end}");
    }
}
