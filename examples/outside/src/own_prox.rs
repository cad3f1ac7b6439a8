//! The same matrix under a penalty of one's own: `x` in a box.

use admm::{AdmmSettings, Control, DenseOperator, LinearOperator, Proximal, least_squares};

use crate::expect::{Failed, expect};
use crate::lasso::data;

/// `-size <= x <= size`.
struct Bounded {
    dim: usize,
    size: f64,
}

impl Proximal<f64> for Bounded {
    fn dim(&self) -> usize {
        self.dim
    }

    fn set_penalty(&mut self, _rho: f64) {}

    fn apply(&mut self, z: &[f64], v: &mut [f64]) {
        for (v, z) in v.iter_mut().zip(z) {
            *v = z.clamp(-self.size, self.size);
        }
    }

    fn value(&self, _v: &[f64]) -> f64 {
        0.0
    }

    fn shrinkage(&self, _v: &[f64]) -> Option<f64> {
        None
    }
}

pub(crate) fn solve() -> Result<(), Failed> {
    let (a, b) = data();
    let a = DenseOperator::new(a.as_ref());
    let mut inside = Bounded { dim: 12, size: 0.7 };
    let settings = AdmmSettings::default().tol(1e-10).check()?;
    let found = least_squares(&a, &b, &mut inside, &settings, &Control::default())?;
    expect(found.run.status.is_converged(), || {
        format!("{:?}", found.run)
    })?;

    // the slope is zero inside, and points out of the box at its walls
    let residual: Vec<f64> = b.iter().zip(&found.fitted).map(|(b, p)| b - p).collect();
    let mut slope = [0.0; 12];
    a.apply_adjoint(&residual, &mut slope, &mut []);
    for (x, s) in found.x.iter().zip(slope) {
        let holds = match x.abs() < 0.7 {
            true => s.abs() < 1e-6,
            false => s * x > -1e-6,
        };
        expect(x.abs() <= 0.7 && holds, || format!("x = {x}: slope {s}"))?;
    }
    Ok(())
}
