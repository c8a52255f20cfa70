//! The sentences around a table: what the numbers are, and what they must not be taken for.

use crate::contrast::is_learned_gaussian;
use crate::number::short;
use crate::summarise::Group;
use crate::{Better, Errors, Note, Row, Statistic, label};
use surprisal_density::Binding;
use surprisal_spec::{Arm, Estimator, Records};

/// Remarks, each with its mark; equal texts share one.
#[derive(Default)]
pub(crate) struct Notes {
    restless: Vec<String>,
    marked: Vec<Note>,
    free: Vec<String>,
}

/// At most so many remarks of one sort.
const LIMIT: usize = 8;

impl Notes {
    /// The mark of a remark: a, b, …, z, aa, ….
    fn mark(&mut self, text: String) -> String {
        if let Some(known) = self.marked.iter().find(|note| note.text == text) {
            return known.mark.clone();
        }
        let n = self.marked.len();
        let letter = char::from(b'a' + (n % 26) as u8);
        let mark = letter.to_string().repeat(n / 26 + 1);
        self.marked.push(Note { mark: mark.clone(), text });
        mark
    }
    fn say(&mut self, text: String) {
        if !self.free.contains(&text) {
            self.free.push(text);
        }
    }
    /// ‡ first, letters, then remarks on everything.
    pub fn finish(self) -> Vec<Note> {
        let mut notes = vec![];
        if !self.restless.is_empty() {
            let text = format!("not stationary, so no MLE or MAP estimate as it stands: {}", self.restless.join("; "));
            notes.push(Note { mark: "‡".into(), text });
        }
        notes.extend(self.marked);
        notes.extend(self.free.into_iter().map(|text| Note { mark: String::new(), text }));
        notes
    }
}

/// Puts the marks on rows and cells, and collects what they say.
pub(crate) fn annotate(group: &Group, records: &Records, rows: &mut [Row], notes: &mut Notes) {
    let nll = group.columns.iter().position(|c| c.score == "nll");
    for (i, it) in group.arms.iter().enumerate() {
        let title = label::title(&group.labels[i], &group.shown);
        if let Some(restless) = &it.restless {
            let counts: Vec<String> = restless.counts.iter().map(|c| format!("{} {}", c.what, c.count)).collect();
            let norm = short(restless.gradient_norm);
            let (counts, fits) = (counts.join(", "), restless.fits);
            notes.restless.push(format!("{title}: {counts} of {fits} fits, median gradient norm {norm}"));
            rows[i].marks.push("‡".into());
        }
        let same =
            |j: &usize| group.arms[*j].arm.units == it.arm.units && it.arm.units.iter().any(|u| !u.runs.is_empty());
        if let Some(twin) = (0..i).find(same) {
            let twin = label::title(&group.labels[twin], &group.shown);
            let mark = notes.mark(format!("= same run as {twin}"));
            rows[i].marks.push(mark);
        }
    }
    let counted = group.arms.iter().any(|it| matches!(it.arm.kind.name(), "count" | "class" | "ordinal"));
    let discrete = group.arms.iter().any(|it| !it.is_continuous());
    for (i, row) in rows.iter_mut().enumerate() {
        let continuous = match i.checked_sub(group.arms.len()) {
            None => group.arms[i].is_continuous(),
            Some(k) => group.references[k].continuous,
        };
        if let Some(cell) = nll.map(|k| &mut row.cells[k])
            && continuous
            && (counted || discrete)
            && cell.statistic != Statistic::Absent
        {
            cell.marks.push(notes.mark("density, not pmf: its nll does not compare with that of probabilities".into()));
        }
        for cell in row.cells.iter_mut().filter(|cell| cell.statistic == Statistic::Median) {
            cell.marks.push(notes.mark("median over all units that ran, failures ranked worst".into()));
        }
    }
    remarks(group, records, notes);
}

/// Remarks that concern the whole section.
fn remarks(group: &Group, records: &Records, notes: &mut Notes) {
    let arms = || group.arms.iter().map(|it| it.arm);
    let plugged = |arm: &&Arm| arm.estimator == Estimator::Mse && arm.model.is_linear();
    let learned = |arm: &&Arm| {
        let own_prior = arm.likelihood.bindings.iter().any(|b| matches!(b, Binding::Learned(Some(_))));
        arm.model.is_linear() && is_learned_gaussian(arm) && arm.prior.is_flat() && !own_prior
    };
    if arms().any(|arm| plugged(&arm) && arms().any(|other| learned(&other) && other.model == arm.model)) {
        notes.say("at a linear optimum mse and Gaussian mle with learned scale are the same row".into());
    }
    if group.kinds_differ {
        notes.say(
            "the target has another kind for other arms, so nll is not compared: declare the data set's kind".into(),
        );
    }
    if !group.paired {
        notes.say("the arms were scored on different rows: nothing here is compared".into());
    }
    if group.arms.iter().any(|it| it.arm.lattice && it.is_continuous()) {
        notes.say("the target lies on few values (a lattice): a density can be arbitrarily good there".into());
    }
    let outcomes = || {
        arms()
            .flat_map(|arm| &arm.units)
            .flat_map(|unit| &unit.runs)
            .filter_map(|id| records.get(id))
            .map(|r| &r.outcome)
    };
    let mut texts: Vec<&str> = vec![];
    for text in outcomes().flat_map(|outcome| &outcome.notes) {
        if !texts.contains(&text.as_str()) {
            texts.push(text);
        }
    }
    let more = texts.len().saturating_sub(LIMIT);
    texts.iter().take(LIMIT).for_each(|text| notes.say(text.to_string()));
    if more > 0 {
        notes.say(format!("{more} more remarks on the data are in the records"));
    }
    let mut reasons: Vec<(&str, usize)> = vec![];
    for text in outcomes().filter_map(|outcome| outcome.failure.as_deref()) {
        match reasons.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => reasons.push((text, 1)),
        }
    }
    let more = reasons.len().saturating_sub(LIMIT);
    reasons.iter().take(LIMIT).for_each(|(text, count)| notes.say(format!("failed ({count}): {text}")));
    if more > 0 {
        notes.say(format!("{more} more reasons of failures are in the records"));
    }
}

/// What one unit is called.
fn unit_word(group: &Group, n: usize) -> &'static str {
    match (group.overlapping || group.units.len() < 2, n) {
        (true, 1) => "split",
        (true, _) => "splits",
        (false, 1) => "replicate",
        (false, _) => "replicates",
    }
}

/// The caption: what is the same for all rows, what ± means, what n counts, units, and the rule of bold.
pub(crate) fn sentences(group: &Group, rows: &[Row], bold: bool) -> Vec<String> {
    let mut out = vec![];
    let fixed = group.labels.first().into_iter().flatten().filter(|(key, _)| !group.shown.contains(key));
    let fixed: Vec<String> = fixed.map(|(key, value)| format!("{key} {value}")).collect();
    if !fixed.is_empty() {
        out.push(format!("All arms: {}.", fixed.join("; ")));
    }
    out.extend(cells(group));
    let seeds = group.arms.iter().flat_map(|it| &it.arm.units).map(|unit| unit.runs.len()).max().unwrap_or(0);
    if seeds > 1 {
        let word = unit_word(group, 1);
        out.push(format!(
            "Up to {seeds} seeds are averaged within each {word} first; counts of failures and statuses are of runs."
        ));
    }
    out.extend(short_of(group));
    out.extend(units(group));
    if bold {
        out.push(
            "Bold: the best mean, and every arm whose paired difference to it is within its 95 % t interval (corrected where units share rows). Diagnostics and reference rows are never bold."
                .into(),
        );
    } else {
        out.push("Nothing is bold: no two arms compare on two common units.".into());
    }
    if !group.one_measure && group.columns.iter().any(|c| c.score == "nll") {
        out.push("nll is not bold: densities, probabilities and other kinds of targets do not compare.".into());
    }
    let ended = rows.iter().flat_map(|row| &row.status);
    if ended.clone().count() > 0 && ended.clone().all(|it| it.what == "converged") {
        let failed = rows.iter().any(|row| !row.failures.is_empty());
        out.push(format!("All runs {}converged.", if failed { "that gave numbers " } else { "" }));
    }
    out
}

/// What a cell is, what ± means, what n counts.
fn cells(group: &Group) -> Vec<String> {
    let k = group.units.len();
    let words = unit_word(group, k);
    if k < 2 {
        let text = format!(
            "Cells: the score of one {words}; without a second there is no ±. n: {words}s with a number, of all."
        );
        return vec![text];
    }
    let error = match (group.errors, group.overlapping) {
        (Errors::Corrected, true) => "± the Nadeau–Bengio corrected standard error s·√(1/k + n_test/n_train)".into(),
        (Errors::Corrected, false) => "± the standard error s/√k".into(),
        (Errors::Naive, true) => {
            format!("± the naive standard error s/√k, which is too small: the {words} share rows")
        }
        (Errors::Naive, false) => "± the naive standard error s/√k".into(),
    };
    let mut out = vec![format!("Cells: mean over {k} {words} {error}. n: {words} with a number, of all.")];
    if group.overlapping {
        out.push(format!("Mean n_test/n_train: {}.", short(group.overlap(&group.units))));
    }
    out
}

/// Which units the means are over, where it is not all.
fn short_of(group: &Group) -> Vec<String> {
    let k = group.units.len();
    if !group.paired {
        return vec!["Each row is a mean over its own units.".into()];
    }
    let mut by_count: Vec<(usize, Vec<&str>)> = vec![];
    for column in group.columns.iter().filter(|column| column.common < k) {
        let score = group.columns.iter().position(|c| c.score == column.score).unwrap_or(0);
        if group.arms.iter().all(|it| it.values[score].values().all(|v| *v == crate::observed::Value::Undefined)) {
            continue;
        }
        match by_count.iter_mut().find(|(n, _)| *n == column.common) {
            Some((_, names)) => names.push(&column.score),
            None => by_count.push((column.common, vec![&column.score])),
        }
    }
    let words = unit_word(group, k);
    let sentence = |(n, names): (usize, Vec<&str>)| match n {
        0 => {
            format!("{}: there is no {} where all compared arms gave a number.", names.join(", "), unit_word(group, 1))
        }
        _ => format!("{}: means over the {n} of {k} {words} where all compared arms gave a number.", names.join(", ")),
    };
    by_count.into_iter().map(sentence).collect()
}

/// The units of the scores.
fn units(group: &Group) -> Vec<String> {
    let of = |unit: &str| -> Vec<&str> {
        group.columns.iter().filter(|c| c.unit == unit).map(|c| c.score.as_str()).collect()
    };
    let mut parts = vec![];
    for (unit, text) in [("nats", "in nats per row"), ("y", "in the units of y")] {
        if !of(unit).is_empty() {
            parts.push(format!("{} {text}", of(unit).join(", ")));
        }
    }
    let targets = group.columns.iter().filter_map(|c| match c.better {
        Better::Target(x) => Some(format!("{} should be {}", c.score, short(x))),
        _ => None,
    });
    parts.extend(targets);
    if parts.is_empty() { vec![] } else { vec![format!("{}.", parts.join("; "))] }
}
