//! Runs in lanes: each is a future that waits for its model to go through an epoch, while the models of many go together.

use crate::attempt::outcome;
use crate::constant::Constants;
use crate::first_order::{End, Walk};
use crate::fit::{Job, Side, fit_one};
use crate::hall::{At, Course, Hall, Lodging, Word, rows};
use crate::objective::Objective;
use crate::rule::Rule;
use crate::{Control, TrainError};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use surprisal_kernel::Isa;
use surprisal_lanes::{Kind, Model, Shape};
use surprisal_spec::{DType, Outcome, Run};

/// What computes the steps of first-order optimisers.
pub(crate) enum Engine<'a> {
    /// Tensors of candle, one run at a time.
    Candle,
    /// Lanes, many runs at a time.
    Lanes(Rc<Lanes<'a>>),
}

/// The cohorts of a queue of runs.
pub(crate) struct Lanes<'a> {
    single: RefCell<Hall<'a, f32>>,
    double: RefCell<Hall<'a, f64>>,
    /// The run that is being polled.
    task: Cell<usize>,
}

impl<'a> Lanes<'a> {
    fn hall(&self, dtype: DType) -> &RefCell<dyn Lodging<'a> + 'a> {
        match dtype {
            DType::F32 => &self.single,
            DType::F64 => &self.double,
        }
    }
}

/// A run that waits for lanes.
pub struct Task<'a> {
    /// What it is called when it is handed back.
    pub key: usize,
    /// The run and its rows.
    pub job: Job<'a>,
    /// Its own.
    pub control: Control<'a>,
}

/// Trains runs in lanes, as many at a time as there are lanes.
///
/// `next` is asked for a run whenever one more can be taken; with nothing waiting it gives none, without delay as long as
/// others are trained. `done` is told of each run as it ends: what [`attempt`](crate::attempt) would return, which is
/// nothing for a run that was asked to stop. Ends when no run is left and `next` gives none.
///
/// Runs of one shape share vectors; the bits of a run do not depend on its company.
pub fn cohort<'a>(
    isa: Isa,
    next: &mut dyn FnMut() -> Option<Task<'a>>,
    constants: &'a Constants,
    done: &mut dyn FnMut(usize, Option<(Outcome, Side)>),
) {
    type Running<'f> = Pin<Box<dyn Future<Output = Result<(Outcome, Side), TrainError>> + 'f>>;
    struct Seat<'a, 'f> {
        key: usize,
        job: Job<'a>,
        control: Control<'a>,
        future: Running<'f>,
    }
    let lanes = Rc::new(Lanes {
        single: RefCell::new(Hall::new(isa)),
        double: RefCell::new(Hall::new(isa)),
        task: Cell::new(0),
    });
    let mut running: Vec<Option<Seat>> = Vec::new();
    let mut poll = |running: &mut Vec<Option<Seat>>, at: usize| {
        let Some(seat) = running[at].as_mut() else { return };
        lanes.task.set(at);
        let mut context = Context::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| seat.future.as_mut().poll(&mut context)));
        let ended = match polled {
            Ok(Poll::Pending) => return,
            Ok(Poll::Ready(ended)) => Ok(ended),
            Err(panic) => Err(panic),
        };
        let outcome = outcome(ended, &seat.job, &seat.control);
        let key = seat.key;
        running[at] = None;
        done(key, outcome);
    };
    let mut ready = Vec::new();
    let mut room = 1;
    loop {
        while running.iter().flatten().count() < room {
            let Some(Task { key, job, control }) = next() else { break };
            room = match job.run.dtype {
                DType::F32 => surprisal_lanes::width::<f32>(isa),
                DType::F64 => surprisal_lanes::width::<f64>(isa),
            };
            let (own, engine) = (control.clone(), Engine::Lanes(lanes.clone()));
            let future: Running = Box::pin(async move { fit_one(job, constants, &own, &engine).await });
            let at = running.iter().position(Option::is_none).unwrap_or(running.len());
            running.resize_with(running.len().max(at + 1), || None);
            running[at] = Some(Seat { key, job, control, future });
            poll(&mut running, at);
        }
        if running.iter().all(Option::is_none) {
            return;
        }
        lanes.single.borrow_mut().step(&mut ready);
        lanes.double.borrow_mut().step(&mut ready);
        ready.drain(..).for_each(|at| poll(&mut running, at));
    }
}

impl<'a> Engine<'a> {
    /// A lane for a training, if steps are computed in lanes.
    pub fn lane(
        &self,
        objective: &Objective,
        run: &Run,
        walk: &Walk,
        (size, batch): (usize, usize),
        control: &Control<'a>,
    ) -> Option<Lane<'a>> {
        let Engine::Lanes(lanes) = self else { return None };
        let (layout, targets) = (objective.layout(), &objective.targets);
        let bound = &objective.assumption.bound;
        let first = &layout.layers[0];
        let hidden = layout.layers[..layout.layers.len() - 1].iter();
        let outputs = |layer: &crate::layout::Layer| {
            layer.bias.as_ref().or(layer.weight.as_ref()).map_or(layout.heads.len(), |it| it.outputs)
        };
        let (rule, kind) = match &walk.rule {
            Rule::Sgd { lr, momentum, velocity } => {
                (surprisal_lanes::Rule::Sgd { lr: *lr, momentum: *momentum, velocity: velocity.clone() }, Kind::Sgd)
            }
            Rule::Adam { lr, beta1, beta2, eps, decay, mean, square, power } => {
                let rule = surprisal_lanes::Rule::Adam {
                    lr: *lr,
                    beta1: *beta1,
                    beta2: *beta2,
                    eps: *eps,
                    decay: decay.iter().copied().fold(0.0, f64::max),
                    mean: mean.clone(),
                    square: square.clone(),
                    power: *power,
                };
                (rule, Kind::Adam)
            }
        };
        let shape = Shape {
            inputs: first.weight.as_ref().map_or(0, |w| w.inputs),
            hidden: hidden.map(outputs).collect(),
            heads: layout.heads.len(),
            bias: first.bias.is_some(),
            activation: layout.activation,
            learned: layout.learned.len(),
            // Runs on a few rows more or less share a shape.
            batch: batch.min(objective.rows.len().next_power_of_two()),
            rule: kind,
        };
        let model = Model {
            rows: rows(bound, &objective.x, targets, libm::log(objective.scale.y_sd)),
            bound: bound.clone(),
            priors: objective.priors.clone(),
            learned: objective.assumption.learned.clone(),
            size,
            rule,
            theta: walk.theta.clone(),
        };
        let at = RefCell::new(At::default());
        let course = Rc::new(Course { task: lanes.task.get(), control: control.clone(), size, at });
        lanes.hall(run.dtype).borrow_mut().enter(shape, model, course.clone());
        Some(Lane { lanes: lanes.clone(), dtype: run.dtype, course })
    }
}

/// A training's place among the lanes; given up when dropped.
pub(crate) struct Lane<'a> {
    lanes: Rc<Lanes<'a>>,
    dtype: DType,
    course: Rc<Course<'a>>,
}

impl Lane<'_> {
    /// The steps of an epoch that are left.
    pub async fn epoch(&self, walk: &mut Walk, order: Vec<usize>) -> Result<(), TrainError> {
        {
            let at = &mut *self.course.at.borrow_mut();
            (at.order, at.row, at.steps, at.mean) = (order, walk.row, walk.steps, walk.mean);
        }
        loop {
            let word = poll_fn(|_| match self.course.at.borrow_mut().word.take() {
                Some(word) => Poll::Ready(word),
                None => Poll::Pending,
            });
            let word = word.await;
            {
                let at = self.course.at.borrow();
                (walk.row, walk.steps, walk.mean) = (at.row, at.steps, at.mean);
            }
            match word {
                Word::Epoch => return Ok(()),
                Word::Pause { stop } => {
                    self.read(walk);
                    self.lanes.hall(self.dtype).borrow().was_at(&self.course);
                    self.course.control.save(stop, || walk.state())?;
                    self.course.at.borrow_mut().asked = true;
                }
                Word::NonFinite => {
                    walk.end = Some(End::NonFinite);
                    return Ok(());
                }
                Word::Panic(panic) => resume_unwind(panic),
            }
        }
    }

    /// Brings parameters and rule up to date.
    pub fn read(&self, walk: &mut Walk) {
        let Some((theta, rule)) = self.lanes.hall(self.dtype).borrow().read(&self.course) else { return };
        walk.theta = theta;
        let parts: [Vec<f64>; 3] = match rule {
            surprisal_lanes::Rule::Sgd { velocity, .. } => [velocity, vec![], vec![]],
            surprisal_lanes::Rule::Adam { mean, square, power, .. } => [mean, square, power.to_vec()],
        };
        for ((_, to), from) in walk.rule.parts_mut().into_iter().zip(parts) {
            to.copy_from_slice(&from);
        }
    }
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        self.lanes.hall(self.dtype).borrow_mut().leave(&self.course);
    }
}
