//! What is left to do: groups of runs that may stand beside each other, the longest first.

use super::Task;
use std::collections::{BTreeMap, VecDeque};
use surprisal_spec::Shape;

/// Runs of one shape.
#[derive(Debug)]
struct Group {
    left: VecDeque<usize>,
    /// Of those left.
    cost: f64,
    /// Workers that draw from it.
    workers: usize,
}

/// Groups of runs, by their places among the tasks.
pub struct Queue<'t> {
    tasks: &'t [Task],
    groups: Vec<Group>,
}

impl<'t> Queue<'t> {
    /// Of all tasks: those in lanes by their shape, the others in one group, for they are trained one after another.
    pub fn by_shape(tasks: &'t [Task]) -> Queue<'t> {
        let mut groups: BTreeMap<Option<Shape>, Vec<usize>> = BTreeMap::new();
        for (index, task) in tasks.iter().enumerate() {
            groups.entry(Shape::of(&task.run)).or_default().push(index);
        }
        Queue::of(tasks, groups.into_values())
    }

    /// Of these groups.
    pub fn of(tasks: &'t [Task], groups: impl IntoIterator<Item = Vec<usize>>) -> Queue<'t> {
        let group = |mut runs: Vec<usize>| {
            // Of equal runs the first in the plan is the first.
            runs.sort_by(|&a, &b| tasks[b].cost.total_cmp(&tasks[a].cost).then(a.cmp(&b)));
            Group { cost: runs.iter().map(|&run| tasks[run].cost).sum(), left: runs.into(), workers: 0 }
        };
        Queue { tasks, groups: groups.into_iter().map(group).collect() }
    }

    /// How many runs are left.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.left.len()).sum()
    }

    /// How many runs are left in a group.
    pub fn left(&self, group: usize) -> usize {
        self.groups[group].left.len()
    }

    /// A run for a worker that has none, and its group: one that no other worker draws from, if there is such, else the
    /// one that has the most to do.
    pub fn first(&mut self) -> Option<(usize, usize)> {
        let some = (0..self.groups.len()).filter(|&g| !self.groups[g].left.is_empty());
        let key = |g: usize| (self.groups[g].workers == 0, self.groups[g].cost);
        let most = |&a: &usize, &b: &usize| {
            let ((free, cost), (other_free, other)) = (key(a), key(b));
            free.cmp(&other_free).then(cost.total_cmp(&other)).then(b.cmp(&a))
        };
        let group = some.max_by(most)?;
        self.groups[group].workers += 1;
        Some((group, self.next(group).expect("it is not empty")))
    }

    /// Another run of a group.
    pub fn next(&mut self, group: usize) -> Option<usize> {
        let it = &mut self.groups[group];
        let run = it.left.pop_front()?;
        it.cost -= self.tasks[run].cost;
        Some(run)
    }

    /// Puts a run at the end of its group.
    pub fn put(&mut self, group: usize, run: usize) {
        self.groups[group].left.push_back(run);
        self.groups[group].cost += self.tasks[run].cost;
    }

    /// A worker draws from a group no longer.
    pub fn leave(&mut self, group: usize) {
        self.groups[group].workers -= 1;
    }
}

/// Runs of which one took down the process of all, as two groups: after a few such deaths it stands alone.
pub fn halves(mut runs: Vec<usize>) -> [Vec<usize>; 2] {
    let second = runs.split_off(runs.len().div_ceil(2));
    [runs, second]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Tasks that cost so much: the queue looks at nothing else, once there are groups.
    fn tasks(costs: &[f64]) -> Vec<Task> {
        let run = serde_json::json!({
            "schema": 1, "model": { "linear": {} }, "likelihood": { "gaussian": { "scale": 1.0 } }, "prior": surprisal_density::Prior::flat(),
            "data": { "table": "", "split": "", "unit": 0, "kind": "real", "standardise": true, "features": [] },
            "optimiser": { "adam": {} }, "dtype": "f64", "engine": "lanes", "seed": 0,
        });
        let source = serde_json::json!({ "dataset": { "linear_gaussian": { "n": 3 } } });
        let task = serde_json::json!({
            "id": "", "run": run, "source": source, "root": "", "data_dir": null, "results": null, "checkpoint": null,
        });
        let task: Task = serde_json::from_value(task).expect("a task");
        costs.iter().map(|&cost| Task { cost, ..task.clone() }).collect()
    }

    proptest! {
        #[test]
        fn every_run_is_given_once_to_workers_that_hold_any_number_of_one_group(
            groups in prop::collection::vec(prop::collection::vec(0.0..9.0_f64, 0..9), 1..6),
            rooms in prop::collection::vec(1_usize..5, 1..5),
            again in prop::collection::vec(any::<bool>(), 40),
        ) {
            let tasks = tasks(&groups.concat());
            let mut next = 0..tasks.len();
            let indices: Vec<Vec<usize>> = groups.iter().map(|group| next.by_ref().take(group.len()).collect()).collect();
            let mut queue = Queue::of(&tasks, indices.clone());
            let (mut given, mut again) = (Vec::new(), again.into_iter());
            for room in rooms.iter().cycle() {
                let Some((group, first)) = queue.first() else { break };
                let mut held = vec![first];
                while let Some(run) = (held.len() < *room).then(|| queue.next(group)).flatten() {
                    // What another process is at comes again later.
                    if again.next().unwrap_or(false) { queue.put(group, run) } else { held.push(run) }
                }
                prop_assert!(held.iter().all(|run| indices[group].contains(run)));
                given.extend(held);
                queue.leave(group);
            }
            given.sort_unstable();
            prop_assert_eq!(given, (0..tasks.len()).collect::<Vec<_>>());
            prop_assert_eq!(queue.len(), 0);
        }

        #[test]
        fn no_worker_is_idle_for_longer_than_the_longest_run(
            // In eighths: times are then added and taken off without rounding.
            groups in prop::collection::vec(prop::collection::vec((8..72_u32).prop_map(|t| f64::from(t) / 8.0), 0..30), 1..5),
            workers in 1_usize..5,
            lanes in 1_usize..9,
        ) {
            let tasks = tasks(&groups.concat());
            let mut next = 0..tasks.len();
            let mut queue = Queue::of(&tasks, groups.iter().map(|group| next.by_ref().take(group.len()).collect()));
            let mut idle = vec![0.0; workers];
            // Runs under way by the time at which they end, and their worker; a free lane is filled at once.
            let (mut under_way, mut at): (Vec<(f64, usize)>, Vec<Option<usize>>) = (vec![], vec![None; workers]);
            let (mut now, mut longest) = (0.0, 0.0_f64);
            loop {
                for worker in 0..workers {
                    loop {
                        let held = under_way.iter().filter(|(_, by)| *by == worker).count();
                        let run = match at[worker] {
                            Some(group) if held < lanes => queue.next(group),
                            None => queue.first().map(|(group, run)| { at[worker] = Some(group); run }),
                            Some(_) => break,
                        };
                        match run {
                            Some(run) => {
                                longest = longest.max(tasks[run].cost);
                                under_way.push((now + tasks[run].cost, worker));
                            }
                            None if held == 0 && at[worker].is_some() => queue.leave(at[worker].take().expect("a group")),
                            None => break,
                        }
                    }
                }
                let Some(end) = under_way.iter().map(|(end, _)| *end).min_by(f64::total_cmp) else { break };
                for worker in 0..workers {
                    if !under_way.iter().any(|(_, by)| *by == worker) {
                        idle[worker] += end - now;
                    }
                }
                now = end;
                under_way.retain(|(end, _)| *end > now);
            }
            prop_assert_eq!(queue.len(), 0);
            prop_assert!(idle.iter().all(|idle| *idle <= longest), "{:?}, and the longest is {}", idle, longest);
        }

        #[test]
        fn whoever_is_to_blame_is_alone_after_few_deaths(n in 2_usize..40, guilty in 0_usize..40) {
            let (mut company, mut deaths) = ((0..n).collect::<Vec<_>>(), 0);
            while company.len() > 1 {
                let [a, b] = halves(company);
                prop_assert!(a.len().abs_diff(b.len()) <= 1);
                company = if a.contains(&(guilty % n)) { a } else { b };
                deaths += 1;
            }
            prop_assert_eq!(company, vec![guilty % n]);
            prop_assert!(deaths <= n.next_power_of_two().ilog2(), "{} deaths", deaths);
        }
    }

    #[test]
    fn long_runs_come_first_and_workers_begin_with_different_groups() {
        let tasks = tasks(&[1.0, 5.0, 3.0, 4.0, 4.0, 2.0]);
        let mut queue = Queue::of(&tasks, [vec![0, 1, 2], vec![3, 4], vec![5]]);
        let begun: Vec<_> = std::iter::from_fn(|| queue.first()).take(4).collect();
        // The groups cost 9, 8 and 2; then all have a worker, and 4 is the most that is left, in two of them.
        assert_eq!(begun, [(0, 1), (1, 3), (2, 5), (0, 2)]);
        assert_eq!((queue.next(0), queue.next(0), queue.next(1)), (Some(0), None, Some(4)));
    }
}
