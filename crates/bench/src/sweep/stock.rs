//! The loop that a user of candle-nn writes: `Linear`, `AdamW`, a shuffled epoch, `backward_step`.

use super::{FEATURES, SIGMA, TAU, WIDTH};
use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap, linear};
use surprisal_density::{Purpose, Stream};

/// Some models, trained one after the other.
pub struct Stock {
    x: Tensor,
    y: Tensor,
    rows: usize,
    batch: usize,
    models: Vec<Model>,
}

struct Model {
    map: VarMap,
    hidden: Linear,
    out: Linear,
    adam: AdamW,
    epoch: u64,
}

impl Stock {
    /// Models over these rows.
    pub fn new(x: &[f32], y: &[f32], models: usize, batch: usize) -> Result<Stock> {
        let cpu = Device::Cpu;
        let model = |_| {
            let map = VarMap::new();
            let vars = VarBuilder::from_varmap(&map, DType::F32, &cpu);
            let (hidden, out) = (linear(FEATURES, WIDTH, vars.pp("hidden"))?, linear(WIDTH, 1, vars.pp("out"))?);
            let settings = ParamsAdamW { lr: 1e-3, weight_decay: 0.0, ..ParamsAdamW::default() };
            Ok(Model { adam: AdamW::new(map.all_vars(), settings)?, map, hidden, out, epoch: 0 })
        };
        Ok(Stock {
            x: Tensor::from_slice(x, (y.len(), FEATURES), &cpu)?,
            y: Tensor::from_slice(y, y.len(), &cpu)?,
            rows: y.len(),
            batch,
            models: (0..models).map(model).collect::<Result<_>>()?,
        })
    }

    /// One epoch of each model; the mean loss of the last.
    pub fn epoch(&mut self) -> Result<f64> {
        let mut mean = f64::NAN;
        let share = self.batch as f64 / self.rows as f64;
        let constant = libm::log(SIGMA) + 0.5 * libm::log(std::f64::consts::TAU);
        for (k, model) in self.models.iter_mut().enumerate() {
            let mut order: Vec<u32> = (0..self.rows as u32).collect();
            Stream::new(Purpose::Shuffle, &[k as u64, model.epoch]).shuffle(&mut order);
            (model.epoch, mean) = (model.epoch + 1, 0.0);
            for rows in order.chunks(self.batch) {
                let rows = Tensor::from_slice(rows, rows.len(), &Device::Cpu)?;
                let (x, y) = (self.x.index_select(&rows, 0)?, self.y.index_select(&rows, 0)?);
                let mu = model.out.forward(&model.hidden.forward(&x)?.relu()?)?.squeeze(1)?;
                let nll = ((mu - y)?.sqr()? * (0.5 / (SIGMA * SIGMA)))?.sum_all()?;
                let nll = (nll + constant * self.batch as f64)?;
                let mut prior = Tensor::zeros((), DType::F32, &Device::Cpu)?;
                for var in model.map.all_vars() {
                    prior = (prior + (var.sqr()?.sum_all()? * (0.5 / (TAU * TAU)))?)?;
                }
                let loss = ((nll + (prior * share)?)? / self.batch as f64)?;
                model.adam.backward_step(&loss)?;
                mean += f64::from(loss.to_scalar::<f32>()?) * share;
            }
        }
        Ok(mean)
    }
}
