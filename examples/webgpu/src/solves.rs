use std::sync::Arc;

use gpu_wgpu::{CgSolve, DescentSolve, Device, GpuError, MaskedSystem, Preconditioning, Solved};
use linalg_core::Masks;

use crate::numbers::Numbers;

/// Rows, coordinates and blocks: no multiple of a quadruple, a tile or a word, and more unknowns than rows.
const SHAPE: (usize, usize, usize) = (301, 19, 37);
const PENALTY: f32 = 10.0;
/// What a solve is asked for ...
const TOLERANCE: f32 = 1e-4;
/// ... and the most that its residual, evaluated in `f64`, may be of the right-hand side.
const RESIDUAL: f64 = 1e-3;

/// `(A'A + rho) x = A' t` by conjugate gradients, with and without a preconditioner, and
/// `(A'A + rho) x = -A' t` by descent.
pub(crate) async fn check(device: &Arc<Device>) -> Result<String, String> {
    let case = Case::new();
    let words = |error: GpuError| error.to_string();
    let masks = Masks::from_columns(SHAPE.0, case.masks.clone()).expect("whole columns");
    let made = MaskedSystem::new(device, &case.rows, SHAPE.1, &masks);
    let system = Arc::new(made.map_err(words)?);
    let jacobi = Preconditioning::Jacobi(case.squares());
    let mut line = format!("{} x {} x {} solves", SHAPE.0, SHAPE.1, SHAPE.2);
    for (name, preconditioning) in [("cg", Preconditioning::Identity), ("jacobi", jacobi)] {
        let made = case.by_cg(&system, &preconditioning).await;
        let (solved, x) = made.map_err(words)?;
        line += &case.line(name, &solved, &x, 1.0)?;
    }
    let (solved, x) = case.by_descent(&system).await.map_err(words)?;
    line += &case.line("descent", &solved, &x, -1.0)?;
    // what is compared must matter
    match case.line("descent", &solved, &x, 1.0) {
        Err(_) => Ok(line),
        Ok(_) => Err("a solution is taken for that of the other right-hand side".to_owned()),
    }
}

struct Case {
    rows: Vec<f32>,
    masks: Vec<u8>,
    t: Vec<f32>,
}

impl Case {
    fn new() -> Self {
        let (n, rank, blocks) = SHAPE;
        let mut numbers = Numbers(3);
        Self {
            rows: numbers.vector(n * rank),
            masks: numbers.mask(n * blocks),
            t: numbers.vector(n),
        }
    }

    async fn by_cg(
        &self,
        system: &Arc<MaskedSystem>,
        preconditioning: &Preconditioning,
    ) -> Result<(Solved, Vec<f32>), GpuError> {
        let mut solve = CgSolve::new(system, preconditioning, 1.0, 500)?;
        solve.set_penalty(PENALTY)?;
        let solved = solve.solve(&self.t, TOLERANCE, || true).await?;
        Ok((solved, solve.solution().await?.0))
    }

    async fn by_descent(&self, system: &Arc<MaskedSystem>) -> Result<(Solved, Vec<f32>), GpuError> {
        let mut solve = DescentSolve::new(system, 1.0, 500, 1)?;
        solve.set_penalty(PENALTY)?;
        let carried = length(self.t.iter().map(|t| f64::from(*t)));
        let tolerance = f64::from(TOLERANCE);
        let solved = solve.solve(&self.t, carried, tolerance, || true).await?;
        Ok((solved, solve.solution().await?.0))
    }

    /// An entry of `A`.
    fn entry(&self, row: usize, col: usize) -> f64 {
        let (n, rank, _) = SHAPE;
        let mask = f64::from(self.masks[col / rank * n + row]);
        mask * f64::from(self.rows[row * rank + col % rank])
    }

    /// The diagonal of `A'A`.
    fn squares(&self) -> Vec<f32> {
        let (n, rank, blocks) = SHAPE;
        let square = |col| -> f64 { (0..n).map(|row| self.entry(row, col).powi(2)).sum() };
        (0..blocks * rank).map(|col| square(col) as f32).collect()
    }

    /// The residual of a solution for `sign A' t`, in words.
    fn line(&self, name: &str, solved: &Solved, x: &[f32], sign: f64) -> Result<String, String> {
        let (n, rank, blocks) = SHAPE;
        let cols = blocks * rank;
        if x.len() != cols {
            return Err(format!("{name}: {} unknowns of {cols}", x.len()));
        }
        let image = |row: usize| -> f64 {
            let terms = x.iter().enumerate();
            terms
                .map(|(col, x)| self.entry(row, col) * f64::from(*x))
                .sum()
        };
        let images: Vec<f64> = (0..n).map(image).collect();
        let against = |v: &dyn Fn(usize) -> f64, col: usize| -> f64 {
            (0..n).map(|row| self.entry(row, col) * v(row)).sum()
        };
        let wanted = |col: usize| sign * against(&|row| f64::from(self.t[row]), col);
        let left = |col: usize| {
            let shifted = f64::from(PENALTY) * f64::from(x[col]);
            wanted(col) - against(&|row| images[row], col) - shifted
        };
        let residual = length((0..cols).map(left)) / length((0..cols).map(wanted));
        // not so for NaN either
        if !solved.short && residual <= RESIDUAL {
            return Ok(format!(
                ", {name} {residual:.1e} after {}",
                solved.iterations
            ));
        }
        Err(format!(
            "{name}: {solved:?}, the residual is {residual:.1e} of the right-hand side"
        ))
    }
}

fn length(each: impl Iterator<Item = f64>) -> f64 {
    each.map(|x| x * x).sum::<f64>().sqrt()
}
