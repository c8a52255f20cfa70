//! From records to a table: which units count, what a cell is worth, what is bold.

use crate::caption::{self, Notes};
use crate::observed::{Observed, Value, Values, given, number};
use crate::reference::{Reference, references};
use crate::statistic::{Errors, estimate, median};
use crate::{Better, Cell, Column, Row, RowKind, Section, Statistic, Summary, contrast, label};
use std::collections::{BTreeMap, BTreeSet};
use surprisal_density::{AnyScore, score::Direction, score::Nature};
use surprisal_spec::{Arm, Number, Records};

/// The table of `arms`: one section per data set, with corrected standard errors.
///
/// `records` are looked up by the ids that the arms name; what is not there has not run.
pub fn summarise(title: &str, arms: &[Arm], records: &Records, scores: &[AnyScore]) -> Summary {
    summarise_with(title, arms, records, scores, Errors::Corrected)
}

/// [`summarise`] with the standard error that `errors` says. Marks and contrasts stay corrected.
pub fn summarise_with(title: &str, arms: &[Arm], records: &Records, scores: &[AnyScore], errors: Errors) -> Summary {
    let mut groups: Vec<(String, Vec<&Arm>)> = vec![];
    for arm in arms {
        let heading = label::section_heading(arm);
        match groups.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, group)) => group.push(arm),
            None => groups.push((heading, vec![arm])),
        }
    }
    let sections = groups.into_iter().map(|(heading, arms)| section(heading, &arms, records, scores, errors));
    let mut sections: Vec<Section> = sections.collect();
    let caption = share(&mut sections);
    Summary { title: title.into(), sections, caption }
}

/// Takes out the sentences that all sections say.
fn share(sections: &mut [Section]) -> Vec<String> {
    let mut shared = vec![];
    let parts: [fn(&mut Section) -> &mut Vec<String>; 2] = [|it| &mut it.caption, |it| &mut it.contrast_caption];
    for part in parts {
        let said: Vec<Vec<String>> =
            sections.iter_mut().map(|it| part(it).clone()).filter(|it| !it.is_empty()).collect();
        if said.len() > 1 {
            let all = said[0].iter().filter(|sentence| said.iter().all(|it| it.contains(sentence)));
            let all: Vec<String> = all.cloned().collect();
            sections.iter_mut().for_each(|it| part(it).retain(|sentence| !all.contains(sentence)));
            shared.extend(all);
        }
    }
    shared
}

/// What the cells of a section are made from.
pub(crate) struct Group<'a> {
    pub arms: Vec<Observed<'a>>,
    pub references: Vec<Reference>,
    pub labels: Vec<label::Labels>,
    pub shown: Vec<String>,
    pub scores: &'a [AnyScore],
    pub columns: Vec<Column>,
    /// For each score, the units where every compared arm gave a number.
    pub common: Vec<Vec<usize>>,
    /// All units.
    pub units: Vec<usize>,
    /// Whether the arms were scored on the same rows, unit by unit.
    pub paired: bool,
    /// Whether units share rows.
    pub overlapping: bool,
    /// Whether NLLs of the section compare: all densities or all probabilities, of one kind of target.
    pub one_measure: bool,
    /// Whether the target's kinds differ.
    pub kinds_differ: bool,
    pub errors: Errors,
}

impl Group<'_> {
    /// Mean n_test/n_train over `units` where they share rows, else 0.
    pub fn overlap(&self, units: &[usize]) -> f64 {
        if !self.overlapping || units.is_empty() {
            return 0.0;
        }
        let all = self.arms.iter().flat_map(|it| &it.arm.units);
        let ratios: BTreeMap<usize, f64> = all.map(|u| (u.index, u.test as f64 / u.train.max(1) as f64)).collect();
        units.iter().filter_map(|unit| ratios.get(unit)).sum::<f64>() / units.len() as f64
    }
    /// Whether the numbers of a score may be ranked.
    pub fn is_ranked(&self, score: usize) -> bool {
        let column = &self.columns[score];
        let directed = matches!(column.better, Better::Lower | Better::Higher);
        self.paired && directed && !column.diagnostic && (self.one_measure || column.score != "nll")
    }
    /// The score that `n` counts: NLL if it is there.
    pub fn primary(&self) -> Option<usize> {
        self.columns.iter().position(|c| c.score == "nll").or((!self.columns.is_empty()).then_some(0))
    }
    fn cell(&self, score: usize, values: &Values, is_arm: bool) -> Cell {
        let of = |units: &[usize]| -> Vec<f64> { units.iter().filter_map(|&unit| number(values, unit)).collect() };
        let any = given(values).next().is_some();
        // Arms take part as long as they have numbers; the reference rows never decide which units count.
        let units: Vec<usize> = match self.paired && any && !self.common[score].is_empty() {
            true => self.common[score].iter().copied().filter(|&u| number(values, u).is_some()).collect(),
            false if !self.paired || !is_arm => given(values).collect(),
            false => vec![],
        };
        let overlap = if self.errors == Errors::Naive { 0.0 } else { self.overlap(&units) };
        let cell = |statistic, value, se: Option<f64>, n| Cell {
            statistic,
            value: Number(value),
            se: se.map(Number),
            n,
            bold: false,
            marks: vec![],
        };
        if let Some(it) = estimate(&of(&units), overlap) {
            return cell(Statistic::Mean, it.mean, it.se, it.k);
        }
        let numbers = of(&self.units);
        let failed = values.values().filter_map(|value| match value {
            Value::NonFinite(x) => Some(*x),
            Value::Failed => Some(f64::INFINITY),
            _ => None,
        });
        let failed: Vec<f64> = failed.collect();
        if numbers.is_empty() && failed.is_empty() {
            return Cell::absent();
        }
        let value = median(&numbers, &failed, self.columns[score].better);
        cell(Statistic::Median, value, None, numbers.len() + failed.len())
    }
}

fn column(score: &AnyScore) -> Column {
    Column {
        score: score.name().into(),
        unit: score.unit().into(),
        better: match score.direction() {
            Direction::Lower => Better::Lower,
            Direction::Higher => Better::Higher,
            Direction::Target(x) => Better::Target(x),
            Direction::None => Better::None,
        },
        diagnostic: matches!(score.nature(), Nature::Diagnostic),
        common: 0,
    }
}

/// Whether every unit has the same rows for all arms, as far as records tell.
fn is_paired(arms: &[&Arm], records: &Records) -> bool {
    let mut seen: BTreeMap<usize, (&str, &str)> = BTreeMap::new();
    let units = arms.iter().flat_map(|arm| &arm.units);
    let mut runs =
        units.flat_map(|unit| unit.runs.iter().filter_map(|id| records.get(id)).map(|r| (unit.index, &r.run.data)));
    runs.all(|(unit, data)| {
        let rows = (data.table.as_str(), data.split.as_str());
        *seen.entry(unit).or_insert(rows) == rows
    })
}

fn section<'a>(
    heading: String,
    arms: &[&'a Arm],
    records: &Records,
    scores: &'a [AnyScore],
    errors: Errors,
) -> Section {
    let observed: Vec<Observed> = arms.iter().map(|arm| Observed::new(arm, records, scores)).collect();
    let units: BTreeSet<usize> = arms.iter().flat_map(|arm| arm.units.iter().map(|unit| unit.index)).collect();
    let labels = label::labels(arms);
    let continuous: BTreeSet<bool> = observed.iter().map(Observed::is_continuous).collect();
    let kinds: BTreeSet<&str> = arms.iter().map(|arm| arm.kind.name()).collect();
    let mut group = Group {
        references: references(&observed, records, scores),
        shown: label::shown(&labels),
        labels,
        scores,
        columns: scores.iter().map(column).collect(),
        common: vec![],
        units: units.into_iter().collect(),
        paired: is_paired(arms, records),
        overlapping: arms.iter().any(|arm| arm.overlapping),
        one_measure: continuous.len() < 2 && kinds.len() < 2,
        kinds_differ: kinds.len() > 1,
        errors,
        arms: observed,
    };
    for score in 0..scores.len() {
        let compared: Vec<&Observed> =
            group.arms.iter().filter(|it| given(&it.values[score]).next().is_some()).collect();
        let all = |unit: &usize| !compared.is_empty() && compared.iter().all(|it| it.number(score, *unit).is_some());
        let common: Vec<usize> = group.units.iter().copied().filter(all).collect();
        group.columns[score].common = common.len();
        group.common.push(common);
    }
    let mut notes = Notes::default();
    let mut rows = rows(&group);
    let bold = mark_best(&group, &mut rows);
    caption::annotate(&group, records, &mut rows, &mut notes);
    let (contrasts, contrast_caption) = contrast::contrasts(&group);
    Section {
        dataset: heading,
        has_candidates: arms.iter().any(|arm| arm.candidates > 1),
        has_failures: rows.iter().any(|row| !row.failures.is_empty()),
        has_status: rows.iter().flat_map(|row| &row.status).any(|it| it.what != "converged"),
        caption: caption::sentences(&group, &rows, bold),
        notes: notes.finish(),
        labels: group.shown,
        columns: group.columns,
        rows,
        contrasts,
        contrast_caption,
    }
}

fn rows(group: &Group) -> Vec<Row> {
    let mut rows = vec![];
    let cells = |values: &[Values], is_arm| -> Vec<Cell> {
        values.iter().enumerate().map(|(score, values)| group.cell(score, values, is_arm)).collect()
    };
    let count = |values: &[Values]| group.primary().map_or(0, |score| given(&values[score]).count());
    for (it, labels) in group.arms.iter().zip(&group.labels) {
        rows.push(Row {
            kind: RowKind::Arm,
            labels: labels.clone(),
            cells: cells(&it.values, true),
            given: count(&it.values),
            units: it.arm.units.len(),
            candidates: Some(it.arm.candidates),
            failures: it.failures.clone(),
            status: it.status.clone(),
            marks: vec![],
        });
    }
    for it in &group.references {
        rows.push(Row {
            kind: it.kind,
            labels: it.labels(&group.labels[0]),
            cells: cells(&it.values, false),
            given: count(&it.values),
            units: group.units.len(),
            candidates: None,
            failures: vec![],
            status: vec![],
            marks: vec![],
        });
    }
    rows
}

/// Makes the best mean and all that do not differ from it bold; says whether any score was judged.
fn mark_best(group: &Group, rows: &mut [Row]) -> bool {
    let mut judged = false;
    for score in (0..group.scores.len()).filter(|&score| group.is_ranked(score)) {
        let units = &group.common[score];
        let is_mean = |i: &usize| rows[*i].cells[score].statistic == Statistic::Mean;
        let arms: Vec<usize> = (0..group.arms.len()).filter(is_mean).collect();
        if arms.len() < 2 || units.len() < 2 {
            continue;
        }
        let higher = group.columns[score].better == Better::Higher;
        let value = |i: usize| if higher { -rows[i].cells[score].value.0 } else { rows[i].cells[score].value.0 };
        let best = arms.iter().copied().min_by(|&a, &b| value(a).total_cmp(&value(b))).unwrap_or(arms[0]);
        judged = true;
        for i in arms {
            let pair = |&unit: &usize| Some(group.arms[i].number(score, unit)? - group.arms[best].number(score, unit)?);
            let differences: Vec<f64> = units.iter().filter_map(pair).collect();
            let same = estimate(&differences, group.overlap(units))
                .is_some_and(|it| it.half_width().is_some_and(|half| it.mean.abs() <= half));
            rows[i].cells[score].bold = i == best || same;
        }
    }
    judged
}
