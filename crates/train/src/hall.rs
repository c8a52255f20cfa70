//! Where cohorts are: models of each shape wait for a lane, go through their epochs, and leave.

use crate::Control;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Weak};
use surprisal_kernel::Isa;
use surprisal_lanes::{Cohort, Model, Number, Rows, Rule, Shape};

/// A model on its way through the epochs of a training.
pub(crate) struct Course<'a> {
    /// The run that waits for it.
    pub task: usize,
    pub control: Control<'a>,
    /// Rows of a full batch.
    pub size: usize,
    pub at: RefCell<At>,
}

/// Where it is in its epoch.
#[derive(Default)]
pub(crate) struct At {
    pub order: Vec<usize>,
    pub row: usize,
    pub steps: usize,
    pub mean: f64,
    /// What its run must see to before it goes on.
    pub word: Option<Word>,
    /// It has been asked whether it is interrupted, and is not, or no longer.
    pub asked: bool,
    /// The numbers that it ended with, where it has left its lane.
    pub left: Option<(Vec<f64>, Rule)>,
}

/// What a lane tells the run whose model it has.
pub(crate) enum Word {
    /// The epoch has ended.
    Epoch,
    /// The state is to be saved, and the run perhaps to be stopped.
    Pause { stop: bool },
    /// The objective or its gradient is not finite.
    NonFinite,
    /// It panicked.
    Panic(Box<dyn std::any::Any + Send>),
}

/// A cohort and who is in its lanes.
struct Room<'a, T> {
    cohort: Cohort<T>,
    courses: Vec<Option<Rc<Course<'a>>>>,
}

/// The cohorts of one precision.
pub(crate) struct Hall<'a, T> {
    isa: Isa,
    rooms: Vec<Room<'a, T>>,
    waiting: VecDeque<(Shape, Model<T>, Rc<Course<'a>>)>,
    /// Features of models that may still be there.
    features: Vec<Weak<Vec<T>>>,
}

/// A hall, whatever its precision.
pub(crate) trait Lodging<'a> {
    fn enter(&mut self, shape: Shape, model: Model<f64>, course: Rc<Course<'a>>);
    /// Tells the run where the last step was taken.
    fn was_at(&self, course: &Course<'a>);
    /// The parameters and the rule of a model; none while it waits.
    fn read(&self, course: &Course<'a>) -> Option<(Vec<f64>, Rule)>;
    fn leave(&mut self, course: &Course<'a>);
    /// A step of every lane that may take one; `ready` learns which runs have been told a word.
    fn step(&mut self, ready: &mut Vec<usize>);
}

impl<'a, T: Number> Hall<'a, T> {
    pub fn new(isa: Isa) -> Hall<'a, T> {
        Hall { isa, rooms: vec![], waiting: VecDeque::new(), features: vec![] }
    }

    /// Models on the same rows share them: less memory, and closer to the core.
    fn shared(&mut self, x: Vec<T>) -> Arc<Vec<T>> {
        self.features.retain(|it| it.strong_count() > 0);
        let known = self.features.iter().filter_map(Weak::upgrade).find(|it| **it == x);
        known.unwrap_or_else(|| {
            let x = Arc::new(x);
            self.features.push(Arc::downgrade(&x));
            x
        })
    }

    /// Models that wait are given the lanes that are free.
    fn seat(&mut self) {
        for _ in 0..self.waiting.len() {
            let Some((shape, model, course)) = self.waiting.pop_front() else { break };
            let fits = |room: &Room<T>| *room.cohort.shape() == shape;
            if !self.rooms.iter().any(fits) {
                self.rooms.retain(|room| !room.cohort.is_empty());
                let cohort = Cohort::new(shape.clone(), self.isa);
                let courses = (0..cohort.width()).map(|_| None).collect();
                self.rooms.push(Room { cohort, courses });
            }
            let room = self.rooms.iter_mut().find(|room| fits(room)).expect("there is one now");
            match room.cohort.free() {
                Some(lane) => {
                    room.cohort.put(lane, model);
                    room.courses[lane] = Some(course);
                }
                None => self.waiting.push_back((shape, model, course)),
            }
        }
    }

    fn place(&self, course: &Course<'a>) -> Option<(usize, usize)> {
        let same = |it: &Option<Rc<Course<'a>>>| it.as_ref().is_some_and(|it| std::ptr::eq(&**it, course));
        let lane = |room: &Room<'a, T>| room.courses.iter().position(same);
        self.rooms.iter().enumerate().find_map(|(room, it)| Some((room, lane(it)?)))
    }
}

impl<'a, T: Number> Lodging<'a> for Hall<'a, T> {
    fn enter(&mut self, shape: Shape, model: Model<f64>, course: Rc<Course<'a>>) {
        let rows = Arc::unwrap_or_clone(model.rows);
        let x = self.shared(rows.x.iter().map(|&x| T::of(x)).collect());
        let rows = Arc::new(rows.to::<T>(x));
        let Model { bound, priors, learned, size, rule, theta, .. } = model;
        self.waiting.push_back((shape, Model { rows, bound, priors, learned, size, rule, theta }, course));
    }
    fn was_at(&self, course: &Course<'a>) {
        if let Some((room, lane)) = self.place(course) {
            course.control.was_at(|| self.rooms[room].cohort.before(lane));
        }
    }
    fn read(&self, course: &Course<'a>) -> Option<(Vec<f64>, Rule)> {
        if let Some(left) = &course.at.borrow().left {
            return Some(left.clone());
        }
        let (room, lane) = self.place(course)?;
        let cohort = &self.rooms[room].cohort;
        Some((cohort.theta(lane), cohort.rule(lane)?))
    }
    fn leave(&mut self, course: &Course<'a>) {
        self.waiting.retain(|(.., it)| !std::ptr::eq(&**it, course));
        if let Some((room, lane)) = self.place(course) {
            self.rooms[room].courses[lane] = None;
            self.rooms[room].cohort.take(lane);
        }
    }
    fn step(&mut self, ready: &mut Vec<usize>) {
        self.seat();
        for room in &mut self.rooms {
            room.step(ready);
        }
    }
}

impl<T: Number> Room<'_, T> {
    fn step(&mut self, ready: &mut Vec<usize>) {
        let told = ready.len();
        let courses = || self.courses.iter().enumerate().filter_map(|(lane, it)| Some((lane, it.as_ref()?)));
        for (_, course) in courses() {
            let at = &mut *course.at.borrow_mut();
            if std::mem::take(&mut at.asked) {
                continue;
            }
            match catch_unwind(AssertUnwindSafe(|| course.control.interrupted())) {
                Ok(None) => continue,
                Ok(Some(stop)) => at.word = Some(Word::Pause { stop }),
                Err(panic) => at.word = Some(Word::Panic(panic)),
            }
            ready.push(course.task);
        }
        // Whoever is interrupted sees to it first; the others have been asked.
        if ready.len() > told || self.cohort.is_empty() {
            for (_, course) in courses().filter(|(_, it)| it.at.borrow().word.is_none()) {
                course.at.borrow_mut().asked = true;
            }
            return;
        }
        for (lane, course) in self.courses.iter().enumerate().filter_map(|(lane, it)| Some((lane, it.as_ref()?))) {
            let at = course.at.borrow();
            let end = at.order.len().min(at.row + course.size);
            self.cohort.batch(lane, &at.order[at.row..end]);
        }
        self.cohort.gradient();
        for lane in 0..self.courses.len() {
            let Some(course) = &self.courses[lane] else { continue };
            let at = &mut *course.at.borrow_mut();
            let (value, finite) = (self.cohort.value(lane), self.cohort.is_finite(lane));
            let value = catch_unwind(AssertUnwindSafe(|| course.control.step_in_lane(at.steps, value)));
            let word = match value {
                Ok(value) if value.is_finite() && finite => {
                    let rows = at.order.len();
                    at.mean += value * course.size as f64 / rows as f64;
                    at.steps += 1;
                    at.row = rows.min(at.row + course.size);
                    continue;
                }
                Ok(value) => {
                    let cohort = &self.cohort;
                    let finite = value.is_finite();
                    course.control.was_at(|| if finite { cohort.theta(lane) } else { cohort.before(lane) });
                    Word::NonFinite
                }
                Err(panic) => Word::Panic(panic),
            };
            at.word = Some(word);
            ready.push(course.task);
            at.left = self.cohort.take(lane).map(|model| (model.theta, model.rule));
        }
        for lane in 0..self.courses.len() {
            if self.courses[lane].as_ref().is_some_and(|it| it.at.borrow().left.is_some()) {
                self.courses[lane] = None;
            }
        }
        self.cohort.update();
        for course in self.courses.iter().flatten() {
            let at = &mut *course.at.borrow_mut();
            if at.row == at.order.len() {
                at.word = Some(Word::Epoch);
                ready.push(course.task);
            }
        }
    }
}

/// Rows of a model, in double until a hall says in which precision it computes.
pub(crate) fn rows(
    bound: &surprisal_kernel::Bound,
    x: &[f64],
    targets: &surprisal_kernel::Targets,
    shift: f64,
) -> Arc<Rows<f64>> {
    let x = Arc::new(x.to_vec());
    Arc::new(Rows::new(bound, x, &targets.y, targets.weight.clone(), targets.offset.as_deref(), shift))
}
