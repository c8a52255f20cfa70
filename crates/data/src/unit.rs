//! What a split draws: single rows or groups that stay together, class by class.

use crate::{Table, TargetKind, note};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use surprisal_density::Stream;

/// Which rows a split keeps on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Groups {
    /// Every row for itself.
    None,
    /// Rows with the same features and target.
    Duplicates,
    /// Rows of one group of the data set's `group` column.
    Column,
}

impl Groups {
    /// What is stated, or the group column where there is one.
    pub(crate) fn resolve(stated: Option<Groups>, table: &Table) -> Groups {
        stated.unwrap_or(if table.group.is_some() { Groups::Column } else { Groups::None })
    }
}

/// Sets of rows that stay together, each with its class.
pub(crate) struct Units {
    /// The rows of each unit, units by their first row.
    rows: Vec<Vec<usize>>,
    /// The units of each class; one class for a target that has none.
    classes: Vec<Vec<usize>>,
}

impl Units {
    /// Of the given rows.
    pub fn of(table: &Table, rows: &[usize], groups: Groups) -> Units {
        let ids: Option<Vec<u64>> = match groups {
            Groups::None => None,
            Groups::Duplicates => Some(note::duplicates(table, rows)),
            Groups::Column => table.group.as_ref().map(|group| rows.iter().map(|&i| group[i]).collect()),
        };
        let units = match ids {
            None => rows.iter().map(|&row| vec![row]).collect(),
            Some(ids) => {
                let (mut units, mut index) = (Vec::<Vec<usize>>::new(), HashMap::new());
                for (&row, id) in rows.iter().zip(ids) {
                    let unit = *index.entry(id).or_insert(units.len());
                    if unit == units.len() {
                        units.push(vec![]);
                    }
                    units[unit].push(row);
                }
                units
            }
        };
        let stratified = table.kind == Some(TargetKind::Class);
        let mut classes = vec![vec![]; if stratified { table.classes.len().max(1) } else { 1 }];
        for (unit, rows) in units.iter().enumerate() {
            classes[if stratified { majority(table, rows) } else { 0 }].push(unit);
        }
        Units { rows: units, classes }
    }
    /// How many.
    pub fn count(&self) -> usize {
        self.rows.len()
    }
    /// How many rows the units of a class have.
    fn size(&self, class: usize) -> usize {
        self.classes[class].iter().map(|&unit| self.rows[unit].len()).sum()
    }
    /// Draws units with `size` rows in all, each class by its share; exact where units are single rows.
    pub fn draw(&self, size: usize, stream: &mut Stream) -> Vec<usize> {
        let sizes: Vec<usize> = (0..self.classes.len()).map(|class| self.size(class)).collect();
        let mut drawn = Vec::new();
        for (class, quota) in quotas(&sizes, size).into_iter().enumerate() {
            let mut order = self.classes[class].clone();
            stream.shuffle(&mut order);
            let mut taken = 0;
            for unit in order {
                let more = self.rows[unit].len();
                // Over the quota only if that is nearer to it.
                if taken < quota && taken + more <= quota + (quota - taken) {
                    taken += more;
                    drawn.extend_from_slice(&self.rows[unit]);
                }
            }
        }
        drawn
    }
    /// Deals all units to `k` folds of about equal size, in all and class by class.
    pub fn deal(&self, k: usize, stream: &mut Stream) -> Vec<Vec<usize>> {
        let mut folds = vec![vec![]; k];
        for class in &self.classes {
            let mut order = class.clone();
            stream.shuffle(&mut order);
            let mut own = vec![0; k];
            for unit in order {
                let fold = (0..k).min_by_key(|&fold| (own[fold], folds[fold].len())).unwrap_or(0);
                own[fold] += self.rows[unit].len();
                folds[fold].extend_from_slice(&self.rows[unit]);
            }
        }
        folds
    }
}

/// The most frequent class of some rows, the first of equals.
fn majority(table: &Table, rows: &[usize]) -> usize {
    let mut counts = vec![0_usize; table.classes.len()];
    rows.iter().for_each(|&row| counts[table.y[row] as usize] += 1);
    (0..counts.len()).rev().max_by_key(|&class| counts[class]).unwrap_or(0)
}

/// `size` in proportion to `sizes`, in whole rows, by largest remainder, the first of equals.
fn quotas(sizes: &[usize], size: usize) -> Vec<usize> {
    let n = sizes.iter().sum::<usize>().max(1);
    let mut quotas: Vec<usize> = sizes.iter().map(|s| size * s / n).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&class| std::cmp::Reverse(size * sizes[class] % n));
    let rest = size - quotas.iter().sum::<usize>();
    order.iter().take(rest).for_each(|&class| quotas[class] += 1);
    quotas
}
