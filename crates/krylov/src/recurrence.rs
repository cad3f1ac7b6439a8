//! The iteration behind every entry point: columns that descend together and are checked together.

use linalg_core::{Control, LinearOperator, Preconditioner, Real, axpy, dot, norm};

use crate::error::KrylovError;
use crate::observer::{CgObserver, CgProgress};
use crate::power::{Power, Size, size};
use crate::report::{CgReport, CgStatus};
use crate::settings::CheckedCgSettings;
use crate::workspace::{CgWorkspace, Column};

/// How often a column starts anew from its true residual when the recurrence claims more than is
/// true: each restart wins the digits that rounding had spoiled, the last wins nothing.
const RESTARTS: usize = 3;

/// Roundings of `|r| |P^-1 r|` below which `r'P^-1 r` has no sign: the sum's own error, with room
/// for that of the preconditioner. What is below it and not positive ends the descent; what is
/// more negative is an error.
const NO_SIGN: f64 = 8.0;

/// What is solved, and what watches over it.
pub(crate) struct Task<'a, T> {
    pub(crate) op: &'a dyn LinearOperator<T>,
    pub(crate) preconditioner: Option<&'a dyn Preconditioner<T>>,
    pub(crate) settings: &'a CheckedCgSettings,
    pub(crate) control: &'a Control<'a>,
    pub(crate) observer: &'a mut dyn CgObserver,
}

/// `X` for `k` columns from the start in `x`; the reports are left in `work`.
pub(crate) fn solve<T: Real>(
    mut task: Task<'_, T>,
    k: usize,
    b: &[T],
    x: &mut [T],
    work: &mut CgWorkspace<T>,
) -> Result<(), KrylovError> {
    work.prepare(task.op, task.preconditioner, k, b, x)?;
    let n = task.op.cols();
    work.reports.clear();
    work.active.clear();
    for j in 0..k {
        work.reports.push(CgReport {
            status: CgStatus::Converged,
            iterations: 0,
            residual: 0.0,
        });
        work.columns[j] = Column {
            best: f64::INFINITY,
            ..Column::default()
        };
        let b = column(b, n, j);
        match size(b) {
            Size::NotFinite => return Err(KrylovError::NotFinite { iteration: 0 }),
            Size::Zero => x[j * n..(j + 1) * n].fill(T::of(0.0)),
            Size::Exponent(unit) => {
                let scaled = &mut work.residual[..n];
                rescale(b, -unit, scaled);
                work.columns[j].size = norm(scaled).wide();
                work.columns[j].size_unit = unit;
                work.active.push(j);
            }
        }
    }
    while !work.active.is_empty() {
        check(&task, b, x, work)?;
        if !work.active.is_empty() {
            descend(&mut task, x, work)?;
            let open = (0..k).filter(|&j| work.columns[j].size > 0.0 && !work.columns[j].finished);
            work.active.extend(open);
        }
    }
    Ok(())
}

/// `out = 2^e x`.
fn rescale<T: Real>(x: &[T], e: i32, out: &mut [T]) {
    let factor = Power::of(e);
    for (out, x) in out.iter_mut().zip(x) {
        *out = factor.times(*x);
    }
}

/// Computes the true residual of every active column and keeps those that shall descend (again),
/// with their residuals in place.
fn check<T: Real>(
    task: &Task<'_, T>,
    b: &[T],
    x: &[T],
    work: &mut CgWorkspace<T>,
) -> Result<(), KrylovError> {
    let (n, settings) = (task.op.cols(), task.settings.get());
    let count = work.active.len();
    for (place, &j) in work.active.iter().enumerate() {
        // the product is made of x in units of 2^unit
        let x = column(x, n, j);
        let state = &mut work.columns[j];
        state.unit = match size(x) {
            Size::Zero => 0,
            Size::Exponent(unit) => unit,
            Size::NotFinite => {
                let iteration = state.iterations;
                return Err(KrylovError::NotFinite { iteration });
            }
        };
        rescale(
            x,
            -state.unit,
            &mut work.direction[place * n..(place + 1) * n],
        );
    }
    multiply(task.op, n, count, work);
    let halted = task.control.halt().is_some();
    let mut kept = 0;
    for place in 0..count {
        let j = work.active[place];
        let image = &work.image[place * n..(place + 1) * n];
        let residual = &mut work.residual[kept * n..(kept + 1) * n];
        let state = &mut work.columns[j];
        let iteration = state.iterations;
        let is_finite = subtract(column(b, n, j), image, residual, state);
        let left = state.relative();
        if !is_finite || !left.is_finite() {
            return Err(KrylovError::NotFinite { iteration });
        }
        let status = if left <= settings.tol {
            CgStatus::Converged
        } else if state.iterations >= settings.max_iters {
            CgStatus::IterationLimit
        } else if halted {
            CgStatus::Halted
        } else if left >= 0.5 * state.best || state.descents > RESTARTS {
            CgStatus::Stagnated
        } else {
            // A fall by one rounding is all that the vectors can follow: past it the recurrence
            // would go on down to where its squares underflow and a curvature reads as zero.
            state.best = left;
            state.descents += 1;
            state.enough = state.square.sqrt() * (settings.tol / left).max(T::EPS);
            work.active[kept] = j;
            kept += 1;
            continue;
        };
        state.finished = true;
        work.reports[j] = CgReport {
            status,
            iterations: state.iterations,
            residual: left,
        };
    }
    work.active.truncate(kept);
    Ok(())
}

/// `residual = b - 2^unit image` and its square, in a unit of its own, which becomes that of the
/// column; whether all of it is finite.
fn subtract<T: Real>(b: &[T], image: &[T], residual: &mut [T], state: &mut Column) -> bool {
    let image_unit = state.unit;
    let unit = match size(image) {
        Size::Zero => state.size_unit,
        Size::Exponent(e) => state.size_unit.max(image_unit + e),
        Size::NotFinite => return false,
    };
    let (of_b, of_image) = (Power::of(-unit), Power::of(image_unit - unit));
    for ((r, b), image) in residual.iter_mut().zip(b).zip(image) {
        *r = of_b.times(*b) - of_image.times(*image);
    }
    state.unit = unit;
    if let Size::Exponent(e) = size(residual) {
        let factor = Power::of(-e);
        for r in residual.iter_mut() {
            *r = factor.times(*r);
        }
        state.unit = unit + e;
    }
    state.square = dot(residual, residual).wide();
    true
}

impl Column {
    /// `|r| / |b|`, at most the largest number.
    fn relative(&self) -> f64 {
        let ratio = self.square.sqrt() / self.size;
        match ratio.is_finite() {
            true => Power::of(self.unit - self.size_unit)
                .times(ratio)
                .min(f64::MAX),
            false => ratio,
        }
    }

    /// A square in the units of the residual, as it is.
    fn unscaled(&self, square: f64) -> f64 {
        Power::of(self.unit).times(Power::of(self.unit).times(square))
    }
}

/// Runs the recurrence on the active columns from their residuals, each until it has fallen
/// enough; none is active at the end.
fn descend<T: Real>(
    task: &mut Task<'_, T>,
    x: &mut [T],
    work: &mut CgWorkspace<T>,
) -> Result<(), KrylovError> {
    let (op, preconditioner, settings) = (task.op, task.preconditioner, task.settings.get());
    let n = op.cols();
    precondition(preconditioner, n, work);
    let mut place = 0;
    while place < work.active.len() {
        let at = place * n..(place + 1) * n;
        match product(preconditioner.is_some(), n, place, work)? {
            Some(first) => {
                work.columns[work.active[place]].product = first;
                let source = match preconditioner {
                    Some(_) => &work.preconditioned[at.clone()],
                    None => &work.residual[at.clone()],
                };
                work.direction[at].copy_from_slice(source);
                place += 1;
            }
            None => remove(n, place, preconditioner.is_some(), work),
        }
    }
    while !work.active.is_empty() {
        if task.control.halt().is_some() {
            work.active.clear();
            break;
        }
        multiply(op, n, work.active.len(), work);
        for place in 0..work.active.len() {
            step(n, place, x, work)?;
            let column = work.active[place];
            let state = &work.columns[column];
            task.observer.observe(&CgProgress {
                column,
                iteration: state.iterations,
                residual: state.relative(),
            });
        }
        let mut place = 0;
        while place < work.active.len() {
            let state = &work.columns[work.active[place]];
            if state.square.sqrt() <= state.enough || state.iterations >= settings.max_iters {
                remove(n, place, preconditioner.is_some(), work);
            } else {
                place += 1;
            }
        }
        precondition(preconditioner, n, work);
        let mut place = 0;
        while place < work.active.len() {
            match product(preconditioner.is_some(), n, place, work)? {
                Some(next) => {
                    turn(n, place, next, preconditioner.is_some(), work);
                    place += 1;
                }
                None => remove(n, place, preconditioner.is_some(), work),
            }
        }
    }
    Ok(())
}

/// One step of the column at `place` along its direction, whose image is at hand.
fn step<T: Real>(
    n: usize,
    place: usize,
    x: &mut [T],
    work: &mut CgWorkspace<T>,
) -> Result<(), KrylovError> {
    let at = place * n..(place + 1) * n;
    let j = work.active[place];
    let state = &mut work.columns[j];
    let (direction, image) = (&work.direction[at.clone()], &work.image[at.clone()]);
    state.iterations += 1;
    let iteration = state.iterations;
    let curvature = dot(direction, image);
    if !curvature.wide().is_finite() {
        return Err(KrylovError::NotFinite { iteration });
    }
    if curvature.wide() <= 0.0 {
        let curvature = state.unscaled(curvature.wide());
        return Err(KrylovError::NotPositiveDefinite {
            curvature,
            iteration,
        });
    }
    let length = T::of(state.product) / curvature;
    let in_x = Power::of(state.unit).times(length);
    axpy(in_x, direction, &mut x[j * n..(j + 1) * n]);
    let residual = &mut work.residual[at];
    axpy(-length, image, residual);
    state.square = dot(residual, residual).wide();
    Ok(())
}

/// `r'P^-1 r` of the column at `place`; nothing where rounding leaves it no sign.
fn product<T: Real>(
    preconditioned: bool,
    n: usize,
    place: usize,
    work: &CgWorkspace<T>,
) -> Result<Option<f64>, KrylovError> {
    let state = &work.columns[work.active[place]];
    if !preconditioned {
        return Ok(Some(state.square));
    }
    let at = place * n..(place + 1) * n;
    let (r, z) = (&work.residual[at.clone()], &work.preconditioned[at]);
    let (product, iteration) = (dot(r, z).wide(), state.iterations);
    if !product.is_finite() {
        return Err(KrylovError::NotFinite { iteration });
    }
    let size = norm(z).wide() * state.square.sqrt();
    if product > 0.0 {
        Ok(Some(product))
    } else if size > 0.0 && -product <= NO_SIGN * T::EPS * size {
        Ok(None)
    } else {
        let product = state.unscaled(product);
        Err(KrylovError::PreconditionerNotPositiveDefinite { product, iteration })
    }
}

/// The next direction of the column at `place`: `P^-1 r + (next / last) p`.
fn turn<T: Real>(
    n: usize,
    place: usize,
    next: f64,
    preconditioned: bool,
    work: &mut CgWorkspace<T>,
) {
    let at = place * n..(place + 1) * n;
    let state = &mut work.columns[work.active[place]];
    let beta = T::of(next) / T::of(state.product);
    state.product = next;
    let source = match preconditioned {
        true => &work.preconditioned[at.clone()],
        false => &work.residual[at.clone()],
    };
    for (p, z) in work.direction[at].iter_mut().zip(source) {
        *p = *z + beta * *p;
    }
}

/// `image = A direction` of the first `count` columns.
fn multiply<T: Real>(
    op: &dyn LinearOperator<T>,
    n: usize,
    count: usize,
    work: &mut CgWorkspace<T>,
) {
    let (from, to) = (&work.direction[..count * n], &mut work.image[..count * n]);
    match count {
        1 => op.apply(from, to, &mut work.scratch),
        _ => op.apply_block(count, from, to, &mut work.scratch),
    }
}

/// `preconditioned = P^-1 residual` of the active columns.
fn precondition<T: Real>(
    preconditioner: Option<&dyn Preconditioner<T>>,
    n: usize,
    work: &mut CgWorkspace<T>,
) {
    let Some(preconditioner) = preconditioner else {
        return;
    };
    let count = work.active.len();
    let (from, to) = (
        &work.residual[..count * n],
        &mut work.preconditioned[..count * n],
    );
    match count {
        1 => preconditioner.apply_inverse(from, to, &mut work.scratch),
        _ => preconditioner.apply_inverse_block(count, from, to, &mut work.scratch),
    }
}

/// Takes the column at `place` out: the last active one moves to its place.
fn remove<T: Real>(n: usize, place: usize, preconditioned: bool, work: &mut CgWorkspace<T>) {
    let last = work.active.len() - 1;
    work.active.swap_remove(place);
    if place < last {
        let from = last * n..(last + 1) * n;
        work.residual.copy_within(from.clone(), place * n);
        work.direction.copy_within(from.clone(), place * n);
        if preconditioned {
            work.preconditioned.copy_within(from, place * n);
        }
    }
}

fn column<T>(x: &[T], n: usize, j: usize) -> &[T] {
    &x[j * n..(j + 1) * n]
}
