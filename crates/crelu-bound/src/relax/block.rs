use std::sync::Arc;

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::prelude::default;
use faer::{Accum, Mat, Par};
use linalg_core::{LinalgError, for_each_mut, product};

use super::form::Scales;
use super::moments::Moments;
use super::row_output::RowPoint;
use super::units::Reduced;
use crate::row_losses::Losses;

/// One block of rows: its data, and the moments of both signs.
pub(super) struct Block {
    /// `[m]`: rows of the reduced problem, ascending.
    pub(super) rows: Vec<usize>,
    /// `rank x m`.
    pub(super) x: Mat<f64>,
    /// `[m]`: `c_i = |x_i| / kappa`: a row's output is `c_i sum_s s p_s`.
    pub(super) outputs: Vec<f64>,
    /// Of all rows.
    losses: Arc<Losses>,
    /// `rank x rank`: `u = F w_u`.
    root: Mat<f64>,
    pub(super) signs: [Moments; 2],
}

impl Block {
    pub(super) fn new(
        data: &Reduced,
        rows: Vec<usize>,
        scales: Scales,
    ) -> Result<Self, LinalgError> {
        let (rank, m) = (data.rank(), rows.len());
        let x = Mat::from_fn(rank, m, |k, i| data.directions[(k, rows[i])]);
        let mut gamma = Mat::from_fn(rank, rank, |i, j| {
            if i == j {
                scales.delta * scales.delta
            } else {
                0.0
            }
        });
        product(gamma.as_mut(), Accum::Add, x.as_ref(), x.transpose(), 0.5);
        let (values, vectors) = eigen(&gamma)?;
        let root = Mat::from_fn(rank, rank, |i, k| vectors[(i, k)] / values[k].sqrt());
        Ok(Self {
            outputs: rows
                .iter()
                .map(|&i| data.lengths[i] / scales.kappa)
                .collect(),
            losses: data.losses.clone(),
            signs: [Moments::new(m, rank), Moments::new(m, rank)],
            rows,
            x,
            root,
        })
    }

    /// `G` of both signs; `keep`: for [`Moments::dual`] after the step.
    pub(super) fn lift(&mut self, scales: Scales, keep: bool) {
        let (x, root) = (&self.x, &self.root);
        for_each_mut(&mut self.signs, |_, moments| {
            moments.kept = keep.then(|| (moments.state.clone(), moments.lifted.clone()));
            moments.lift(x, root, scales);
        });
    }

    /// `P` and the step of both signs; `corners`: the common `(kappa a, delta u)` moments.
    pub(super) fn project(&mut self, corners: &[Mat<f64>; 2], scales: Scales, rho: f64) {
        for_each_mut(&mut self.signs, |s, moments| {
            moments.gap = 0.0;
            moments.size = 0.0;
            moments.project_products();
            moments.project_corner(&corners[s]);
            let m = moments.moment.len() / 2;
            for i in m..2 * m {
                let (p, shrink) = moments.onto_cone(i, 0.0, scales.tau());
                moments.take(i, p, shrink);
            }
        });
        self.project_outputs(scales, rho);
    }

    /// The rows of `(kappa a, z)`, where both signs meet in the loss: with `f` the row's output
    /// `c sum_s s p_s`, `p_s` is the cone's projection after a step `s c theta / (2 rho)`, `theta` minus
    /// the slope of the loss at `f`.
    fn project_outputs(&mut self, scales: Scales, rho: f64) {
        let tau = scales.tau();
        let [plus, minus] = &mut self.signs;
        for (i, &row) in self.rows.iter().enumerate() {
            let c = self.outputs[i];
            let step = c / (2.0 * rho);
            let point = RowPoint {
                plus: plus.at(i),
                minus: minus.at(i),
                c,
                step,
                tau,
            };
            let losses = &self.losses;
            let f = point.output(|f| (losses.theta(row, f), losses.curvature(row, f)));
            let theta = self.losses.theta(row, f);
            for (moments, s) in [(&mut *plus, 1.0), (&mut *minus, -1.0)] {
                let (p, shrink) = moments.onto_cone(i, s * step * theta, tau);
                moments.take(i, p, shrink);
            }
        }
    }
}

/// Eigenvalues, ascending, and eigenvectors, on one thread.
pub(super) fn eigen(a: &Mat<f64>) -> Result<(Vec<f64>, Mat<f64>), LinalgError> {
    let side = a.nrows();
    let (mut values, mut vectors) = (Diag::<f64>::zeros(side), Mat::zeros(side, side));
    let scratch =
        self_adjoint_evd_scratch::<f64>(side, ComputeEigenvectors::Yes, Par::Seq, default());
    self_adjoint_evd(
        a.as_ref(),
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        default(),
    )
    .map_err(|_| LinalgError::NoSvd {
        rows: side,
        cols: side,
    })?;
    let values = values.column_vector();
    Ok(((0..side).map(|k| values[k]).collect(), vectors))
}
