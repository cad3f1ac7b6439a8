use core::ops::Range;

use faer::{Accum, MatMut, MatRef};
use linalg_core::{for_each_mut, norm, product};
use pulp::Arch;

/// Rows below which another task does not pay, and the most tasks; as in global training itself.
const TASK_ROWS: usize = 128;
const MAX_TASKS: usize = 16;

/// What an ordinary training minimises, with weight decay on every weight:
///
/// ```text
///     (1/2n) |f - y|^2 + beta/2 sum_i (|u_i|^2 + a_i^2),   f(x) = sum_i a_i max(0, u_i'x)
/// ```
///
/// At its minimum every neuron is balanced, and it equals `J`.
///
/// **Shapes** inputs `width x n_samples`; a point is all `u_i`, one after the other, and then all
/// `a_i`.
pub(crate) struct NetworkObjective<'a> {
    inputs: MatRef<'a, f64>,
    target: &'a [f64],
    beta: f64,
    neurons: usize,
    tasks: Vec<Task>,
    loss: f64,
}

/// Some rows, and what belongs to them; they are cut by their number alone, so that the result does
/// not depend on the number of threads.
struct Task {
    rows: Range<usize>,
    images: Vec<f64>,
    fitted: Vec<f64>,
    gradient: Vec<f64>,
    loss: f64,
}

impl<'a> NetworkObjective<'a> {
    pub(crate) fn new(
        inputs: MatRef<'a, f64>,
        target: &'a [f64],
        beta: f64,
        neurons: usize,
    ) -> Self {
        let (width, n) = (inputs.nrows(), inputs.ncols());
        let share = n.div_ceil((n / TASK_ROWS).clamp(1, MAX_TASKS)).max(1);
        let tasks = (0..n).step_by(share).map(|first| {
            let rows = first..(first + share).min(n);
            Task {
                images: vec![0.0; rows.len() * neurons],
                fitted: vec![0.0; rows.len()],
                gradient: vec![0.0; neurons * (width + 1)],
                loss: 0.0,
                rows,
            }
        });
        Self {
            inputs,
            target,
            beta,
            neurons,
            tasks: tasks.collect(),
            loss: 0.0,
        }
    }

    /// Numbers of a point.
    pub(crate) fn len(&self) -> usize {
        self.neurons * (self.inputs.nrows() + 1)
    }

    /// Flops of the two products of an evaluation.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of flops, to be divided by another"
    )]
    pub(crate) fn flops(&self) -> f64 {
        (4 * self.inputs.nrows() * self.inputs.ncols() * self.neurons) as f64
    }

    /// Value and gradient: every row is gone through once, for outputs, residual and both products.
    pub(crate) fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (inputs, target, neurons) = (self.inputs, self.target, self.neurons);
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let per_row = 1.0 / target.len() as f64;
        for_each_mut(&mut self.tasks, |_, task| {
            task.work(inputs, &target[task.rows.clone()], neurons, per_row, x);
        });
        linalg_core::combine(self.beta, x, 0.0, x, gradient);
        self.loss = 0.0;
        for task in &self.tasks {
            self.loss += task.loss;
            linalg_core::axpy(1.0, &task.gradient, gradient);
        }
        self.loss + 0.5 * self.beta * linalg_core::dot(x, x)
    }

    /// `J` with the penalty `beta sum |u_i| |a_i|`, what it is after balancing, at the point that was
    /// evaluated last.
    pub(crate) fn balanced(&self, x: &[f64]) -> f64 {
        self.loss + self.beta * self.sizes(x).iter().sum::<f64>()
    }

    /// `|u_i| |a_i|` of every neuron.
    pub(crate) fn sizes(&self, x: &[f64]) -> Vec<f64> {
        let (u, a) = x.split_at(self.neurons * self.inputs.nrows());
        let columns = u.chunks_exact(self.inputs.nrows()).zip(a);
        columns.map(|(u, a)| norm(u) * a.abs()).collect()
    }
}

impl Task {
    fn work(
        &mut self,
        inputs: MatRef<'_, f64>,
        target: &[f64],
        neurons: usize,
        per_row: f64,
        x: &[f64],
    ) {
        let (width, count) = (inputs.nrows(), self.rows.len());
        let part = inputs.subcols(self.rows.start, count);
        let (u, a) = x.split_at(neurons * width);
        product(
            MatMut::from_column_major_slice_mut(&mut self.images, count, neurons),
            Accum::Replace,
            part.transpose(),
            MatRef::from_column_major_slice(u, width, neurons),
            1.0,
        );
        let arch = Arch::new();
        let (to_u, to_a) = self.gradient.split_at_mut(neurons * width);
        let (images, slope) = (&mut self.images, &mut self.fitted);
        slope.fill(0.0);
        self.loss = arch.dispatch(
            #[inline(always)]
            || {
                for (column, a) in images.chunks_exact(count).zip(a) {
                    for (f, h) in slope.iter_mut().zip(column) {
                        *f += a * h.max(0.0);
                    }
                }
                let mut loss = 0.0;
                for (f, y) in slope.iter_mut().zip(target) {
                    let residual = *f - y;
                    loss += 0.5 * residual * residual;
                    *f = residual * per_row;
                }
                for ((column, a), to_a) in images.chunks_exact_mut(count).zip(a).zip(to_a) {
                    let mut along = [0.0_f64; 8];
                    for (h, s) in column.chunks_mut(8).zip(slope.chunks(8)) {
                        for ((h, s), sum) in h.iter_mut().zip(s).zip(&mut along) {
                            *sum += h.max(0.0) * s;
                            *h = if *h > 0.0 { a * s } else { 0.0 };
                        }
                    }
                    *to_a = along.iter().sum();
                }
                loss * per_row
            },
        );
        product(
            MatMut::from_column_major_slice_mut(to_u, width, neurons),
            Accum::Replace,
            part,
            MatRef::from_column_major_slice(images, count, neurons),
            1.0,
        );
    }
}
