use linalg_core::{Real, axpy, dot, sub_into};

/// Safeguarded Anderson acceleration, type II, of the step `z -> g(z)` with the image `F g`
/// carried along by linearity.
///
/// **Source** Anderson 1965; Walker & Ni 2011, eq. 2.2 (type II); the safeguard bounds the
/// coefficients and asks the residual for a decrease that is summable over the accelerated steps
/// (Zhang, O'Donoghue & Boyd 2020, algorithm 3), counted since the memory was last emptied: without
/// it accelerated steps can go round in a circle.
#[derive(Debug, Clone)]
pub(crate) struct Anderson<T> {
    memory: usize,
    count: usize,
    next: usize,
    /// Differences of the residuals, of the steps and of their images, a ring each.
    df: Vec<Vec<T>>,
    dg: Vec<Vec<T>>,
    dgf: Vec<Vec<T>>,
    gram: Vec<f64>,
    last: Option<Last<T>>,
    first_norm: f64,
    /// Accelerated steps since the memory was emptied.
    accepted: i32,
    residual: Vec<T>,
}

#[derive(Debug, Clone)]
struct Last<T> {
    f: Vec<T>,
    g: Vec<T>,
    gf: Vec<T>,
}

/// Ridge of the small least-squares problem, relative to the trace of its Gram matrix.
const RIDGE: f64 = 1e-10;
/// Largest coefficient that is trusted.
const MOST: f64 = 1e3;
/// Step number `k + 1` is accelerated if the residual is below this times the first one, over
/// `(1 + k)^(1 + EXCESS)`: twenty accelerated steps must have won a factor of three, which a useful
/// acceleration exceeds by far.
const GROWTH: f64 = 10.0;
const EXCESS: f64 = 0.1;

impl<T: Real> Anderson<T> {
    pub(crate) fn new(memory: usize, dim: usize, rows: usize) -> Self {
        let ring = |len: usize| vec![vec![T::of(0.0); len]; memory];
        Self {
            memory,
            count: 0,
            next: 0,
            df: ring(dim),
            dg: ring(dim),
            dgf: ring(rows),
            gram: vec![0.0; memory * memory],
            last: None,
            first_norm: 0.0,
            accepted: 0,
            residual: vec![T::of(0.0); if memory > 0 { dim } else { 0 }],
        }
    }

    /// Forgets everything: the map has changed.
    pub(crate) fn clear(&mut self) {
        self.count = 0;
        self.next = 0;
        self.last = None;
        self.accepted = 0;
    }

    /// Takes the plain step from `z` to `g` (image `gf`); with `accelerate`, overwrites `g`, `gf`
    /// by the accelerated step if the safeguards allow it.
    pub(crate) fn step(&mut self, z: &[T], g: &mut [T], gf: &mut [T], accelerate: bool) {
        if self.memory == 0 {
            return;
        }
        sub_into(g, z, &mut self.residual);
        match &mut self.last {
            None => {
                self.first_norm = dot(&self.residual, &self.residual).wide().sqrt();
                self.last = Some(Last {
                    f: self.residual.clone(),
                    g: g.to_vec(),
                    gf: gf.to_vec(),
                });
            }
            Some(last) => {
                let slot = self.next;
                sub_into(&self.residual, &last.f, &mut self.df[slot]);
                sub_into(g, &last.g, &mut self.dg[slot]);
                sub_into(gf, &last.gf, &mut self.dgf[slot]);
                last.f.copy_from_slice(&self.residual);
                last.g.copy_from_slice(g);
                last.gf.copy_from_slice(gf);
                self.next = (slot + 1) % self.memory;
                self.count = (self.count + 1).min(self.memory);
                for k in 0..self.count {
                    let value = dot(&self.df[slot], &self.df[k]).wide();
                    self.gram[slot * self.memory + k] = value;
                    self.gram[k * self.memory + slot] = value;
                }
            }
        }
        if accelerate && self.count > 0 {
            self.accelerate(g, gf);
        }
    }

    fn accelerate(&mut self, g: &mut [T], gf: &mut [T]) {
        let (m, stride) = (self.count, self.memory);
        let size = dot(&self.residual, &self.residual).wide().sqrt();
        let least = (1.0 + f64::from(self.accepted)).powf(1.0 + EXCESS);
        let is_tame = size < GROWTH * self.first_norm / least; // not so for NaN
        if !is_tame {
            return;
        }
        let trace: f64 = (0..m).map(|k| self.gram[k * stride + k]).sum();
        let mut system = vec![0.0; m * m];
        let mut gamma = vec![0.0; m];
        for i in 0..m {
            for j in 0..m {
                system[i * m + j] = self.gram[i * stride + j];
            }
            system[i * m + i] += RIDGE * trace;
            gamma[i] = dot(&self.df[i], &self.residual).wide();
        }
        let is_solved = solve_small(&mut system, &mut gamma, m);
        if !is_solved || !gamma.iter().all(|c| c.abs() < MOST) {
            return;
        }
        self.accepted = self.accepted.saturating_add(1);
        for (k, &c) in gamma.iter().enumerate() {
            axpy(T::of(-c), &self.dg[k], g);
            axpy(T::of(-c), &self.dgf[k], gf);
        }
    }
}

/// Cholesky of a system of at most 20 unknowns, in place; false if it is not positive definite.
fn solve_small(a: &mut [f64], b: &mut [f64], m: usize) -> bool {
    for j in 0..m {
        for i in j..m {
            let mut sum = a[i * m + j];
            for k in 0..j {
                sum -= a[i * m + k] * a[j * m + k];
            }
            if i == j {
                let is_pivot = sum > 0.0; // not so for NaN
                if !is_pivot {
                    return false;
                }
                a[j * m + j] = sum.sqrt();
            } else {
                a[i * m + j] = sum / a[j * m + j];
            }
        }
    }
    for i in 0..m {
        for k in 0..i {
            b[i] -= a[i * m + k] * b[k];
        }
        b[i] /= a[i * m + i];
    }
    for i in (0..m).rev() {
        for k in i + 1..m {
            b[i] -= a[k * m + i] * b[k];
        }
        b[i] /= a[i * m + i];
    }
    true
}
