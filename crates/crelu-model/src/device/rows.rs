use std::sync::{Arc, Mutex, PoisonError};

use crelu_core::{Backend, LossKind, RowLoss};
use gpu_wgpu::{Ascents, Balanced, Device, GpuError, Loss, Motion, Rows, TrainingRows, block_on};
use linalg_core::{Control, Real, axpy, dot};

use crelu_global::engine::{self, Batch, Ends, Evaluate, HostRows, Phase, RowEngine, RowProblem};

/// The passes over the rows on a graphics adapter. Where it fails the host goes on: what was trained
/// until then stays, and the report says so.
#[derive(Debug)]
pub(crate) struct DeviceRows {
    device: Arc<Device>,
    rows: Arc<Rows>,
    /// Rows with their loss, where the device has code for it.
    training: Option<Arc<TrainingRows>>,
    constant: f64,
    fault: Mutex<Option<GpuError>>,
}

impl DeviceRows {
    /// Takes the rows of a problem, as it has them in `f32`, and its loss.
    pub(crate) fn new(
        device: &Arc<Device>,
        problem: &RowProblem,
        narrow: &[f32],
    ) -> Result<Self, GpuError> {
        let (n, rank) = (problem.n_samples(), problem.rank());
        let rows = Arc::new(Rows::upload(device, narrow, n, rank)?);
        let by_rows = problem.loss_of().by_rows();
        let constant = by_rows.as_ref().map_or(0.0, |of| of.constant);
        let known = by_rows.and_then(|of| known(&of));
        let training = match known {
            None => None,
            Some((loss, target)) => {
                let target = transposed(&target, problem.outputs());
                let weights: Vec<f32> = (0..n)
                    .map(|i| f32::of(problem.loss_of().weight(i)))
                    .collect();
                let made = TrainingRows::new(device, &rows, &target, &weights, loss)?;
                Some(Arc::new(made))
            }
        };
        Ok(Self {
            device: Arc::clone(device),
            rows,
            training,
            constant,
            fault: Mutex::new(None),
        })
    }

    fn is_sound(&self) -> bool {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.is_none()
    }

    fn note_fault(&self, error: GpuError) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.get_or_insert(error);
    }

    fn try_ascend(
        &self,
        problem: &RowProblem,
        batch: &Batch<'_>,
        control: &Control<'_>,
    ) -> Result<Ends, GpuError> {
        let rank = problem.rank();
        let rows = match batch.sample_rows() {
            None => Arc::clone(&self.rows),
            Some(rows) => {
                let count = rows.len() / rank.max(1);
                Arc::new(Rows::upload(&self.device, rows, count, rank)?)
            }
        };
        let theta = transposed(batch.theta, problem.outputs());
        let motion = Motion {
            momentum: engine::MOMENTUM,
            gain: engine::GAIN,
            least: engine::LEAST_VALUE,
        };
        let (columns, signs) = (batch.columns, batch.signs);
        let mut ascents = Ascents::new(&self.device, &rows, &theta, columns, signs, motion)?;
        let goes_on = || control.halt().is_none();
        block_on(async {
            for Phase { sizes, culls } in engine::phases(batch.course, batch.steps) {
                ascents.restart(true)?;
                let mut begin = 0;
                for cull in culls {
                    // the columns that are given up have gone one step too far
                    ascents.climb(&sizes[begin..=cull], goes_on).await?;
                    let kept = engine::better_half(&ascents.values().await?, ascents.signs());
                    ascents.keep(&kept).await?;
                    begin = cull + 1;
                }
                ascents.climb(&sizes[begin..], goes_on).await?;
                ascents.climb(&[0.0], goes_on).await?;
                if !goes_on() {
                    break;
                }
            }
            let ended = ascents.ends().await?;
            Ok(Ends {
                points: ended.points,
                values: ended.values,
                signs: ascents.signs().to_vec(),
                gone_through: ascents.columns_gone_through(),
            })
        })
    }
}

/// The device's code for a loss, and the targets as it takes them.
fn known(of: &RowLoss<'_>) -> Option<(Loss, Vec<f32>)> {
    let plain = || of.target.iter().map(|y| f32::of(*y)).collect();
    match &of.kind {
        LossKind::Squared => Some((Loss::Squared, plain())),
        LossKind::Logistic => {
            let share = |y: &f64| f32::of(0.5 * (1.0 + y));
            Some((Loss::Logistic, of.target.iter().map(share).collect()))
        }
        LossKind::Softmax => Some((Loss::Softmax, plain())),
        LossKind::Huber { delta } => {
            let delta = delta.iter().map(|d| f32::of(*d)).collect();
            Some((Loss::Huber { delta }, plain()))
        }
        // one that is to come: the host has the trait
        _ => None,
    }
}

/// `K` numbers a row become the rows of each output.
fn transposed(values: &[f32], outputs: usize) -> Vec<f32> {
    if outputs <= 1 {
        return values.to_vec();
    }
    let of = |k: usize| values.iter().skip(k).step_by(outputs).copied();
    (0..outputs).flat_map(of).collect()
}

impl RowEngine for DeviceRows {
    fn ascend(&self, problem: &RowProblem, batch: &Batch<'_>, control: &Control<'_>) -> Ends {
        if self.is_sound() && !batch.signs.is_empty() {
            match self.try_ascend(problem, batch, control) {
                Ok(ends) => return ends,
                Err(error) => self.note_fault(error),
            }
        }
        HostRows.ascend(problem, batch, control)
    }

    fn balanced<'p>(&'p self, problem: &'p RowProblem, m: usize) -> Box<dyn Evaluate + 'p> {
        if let (true, Some(training)) = (self.is_sound(), &self.training) {
            match Balanced::new(training, m) {
                Ok(on_device) => {
                    let (rank, outputs) = (problem.rank(), problem.outputs());
                    return Box::new(DeviceBalanced {
                        engine: self,
                        problem,
                        m,
                        on_device,
                        host: None,
                        w: vec![0.0; m * rank],
                        a: vec![0.0; m * outputs],
                        by_w: vec![0.0; m * rank],
                        by_a: vec![0.0; m * outputs],
                    });
                }
                Err(error) => self.note_fault(error),
            }
        }
        HostRows.balanced(problem, m)
    }

    fn backend(&self) -> Backend {
        match self.is_sound() {
            true => Backend::Wgpu,
            false => Backend::Faer,
        }
    }

    fn note(&self) -> Option<String> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match &*fault {
            None => format!("searches and slides on {}", self.device.adapter().name),
            Some(error) => format!("{error}: searches and slides went on without it"),
        })
    }
}

/// The balanced objective on the device, and by the host once that fails.
struct DeviceBalanced<'p> {
    engine: &'p DeviceRows,
    problem: &'p RowProblem,
    m: usize,
    on_device: Balanced,
    host: Option<Box<dyn Evaluate + 'p>>,
    w: Vec<f32>,
    /// `outputs x m`, as the device has it.
    a: Vec<f32>,
    by_w: Vec<f64>,
    by_a: Vec<f64>,
}

impl DeviceBalanced<'_> {
    fn try_evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, GpuError> {
        let (problem, m) = (self.problem, self.m);
        let (outputs, scale) = (problem.outputs(), problem.narrow_scale());
        let (w, a) = x.split_at(self.w.len());
        for (narrow, w) in self.w.iter_mut().zip(w) {
            *narrow = f32::of(w / scale);
        }
        for (i, head) in a.chunks_exact(outputs).enumerate() {
            for (k, a) in head.iter().enumerate() {
                self.a[k * m + i] = f32::of(*a);
            }
        }
        let (by_w, by_a) = (&mut self.by_w, &mut self.by_a);
        let loss = block_on(self.on_device.evaluate(&self.w, &self.a, by_w, by_a))?;
        problem.count_products(2, problem.n_samples(), problem.rank(), m);
        if outputs > 1 {
            problem.count_products(3, problem.n_samples(), outputs, m);
        }
        linalg_core::combine(problem.beta_sum(), x, 0.0, x, gradient);
        let (to_w, to_a) = gradient.split_at_mut(self.w.len());
        axpy(1.0 / scale, &self.by_w, to_w);
        for (i, head) in to_a.chunks_exact_mut(outputs).enumerate() {
            for (k, to) in head.iter_mut().enumerate() {
                *to += self.by_a[k * m + i];
            }
        }
        Ok(loss + self.engine.constant + 0.5 * problem.beta_sum() * dot(x, x))
    }
}

impl Evaluate for DeviceBalanced<'_> {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        if self.host.is_none() {
            match self.try_evaluate(x, gradient) {
                Ok(value) => return value,
                Err(error) => self.engine.note_fault(error),
            }
        }
        let (problem, m) = (self.problem, self.m);
        let host = self
            .host
            .get_or_insert_with(|| HostRows.balanced(problem, m));
        host.evaluate(x, gradient)
    }
}
