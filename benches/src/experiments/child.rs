use crelu_model::programme::{Check, Observer, Programme, solve};
use crelu_model::{Clock, Control};
use serde_json::{Value, json};

use super::gaps::GAPS;
use super::methods::METHODS;
use super::wire;
use crate::stopwatch::{Stopwatch, peak_memory, reset_peak_memory, resident_memory};

/// The first argument of a process that runs one method, so that its peak memory is its own and
/// its failure is only its own.
pub(crate) const CHILD: &str = "one-run";
/// Checks of a run that are kept for the pictures.
const POINTS: usize = 80;

/// Reads the programme from standard input, solves it by one method and prints the row.
pub(crate) fn child(args: &[String]) -> Result<(), String> {
    let usage = || format!("{CHILD} needs a method, seconds and a tolerance");
    let [key, limit, tol] = args else {
        return Err(usage());
    };
    let method = METHODS.iter().find(|method| method.key() == *key);
    let method = method.ok_or_else(|| format!("no method {key:?}"))?;
    let limit: f64 = limit.parse().map_err(|_| usage())?;
    let tol: f64 = tol.parse().map_err(|_| usage())?;
    let programme = wire::receive(&mut std::io::stdin().lock())?;

    let own_peak = reset_peak_memory();
    let before = resident_memory();
    let clock = Stopwatch::start();
    let mut course = Course::default();
    let control = Control::with_clock(&clock).deadline(limit);
    let settings = method.settings(tol).check().map_err(|e| e.to_string())?;
    let row = match solve(&programme, &settings, &control, None, &mut course) {
        Err(error) => json!({ "error": error.to_string() }),
        Ok(solution) => {
            let seconds = &solution.seconds;
            json!({
                "status": solution.status.name(),
                "iterations": solution.iterations,
                "inner": solution.inner_iterations,
                "factorisations": solution.factorisations,
                "rho": solution.warm_start.rho / first_rho(&programme),
                "reached": course.reached(),
                "gap": solution.gap(),
                "objective": solution.point.objective,
                "bound": solution.certificate.bound,
                "seconds": {
                    "set-up": seconds.setup, "primal": seconds.primal, "prox": seconds.prox,
                    "dual": seconds.dual, "certificate": seconds.monitor,
                },
                "total": clock.seconds(),
                "peak": peak_memory().filter(|_| own_peak),
                "before": before,
                "method": solution.choice.method.name(),
                "form": solution.choice.form.name(),
                "precision": solution.precision,
                "reason": solution.choice.reason,
                "course": course.thinned(),
            })
        }
    };
    println!("{row}");
    Ok(())
}

/// `0.1 trace(F F') / n`, where a run begins.
fn first_rho(programme: &Programme) -> f64 {
    let (data, masks) = (programme.data(), programme.masks());
    let seen = |i: usize| (0..masks.n_blocks()).filter(move |&b| masks.column(b)[i] != 0);
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    let trace: f64 = (0..data.ncols())
        .map(|i| data.col(i).squared_norm_l2() * seen(i).count() as f64)
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let n = data.ncols() as f64;
    0.1 * programme.lift().factor() * trace / n
}

/// Iteration, second and gap at every check.
#[derive(Default)]
struct Course(Vec<(usize, f64, f64)>);

impl Observer for Course {
    fn check(&mut self, check: &Check<'_>) {
        let objective = check.point.objective;
        let gap = ((objective - check.dual_bound) / objective).max(0.0);
        self.0.push((check.iteration, check.seconds, gap));
    }
}

impl Course {
    /// Iteration and second at which each of the gaps was reached.
    fn reached(&self) -> Vec<Value> {
        let first = |limit: f64| self.0.iter().find(|at| at.2 <= limit);
        GAPS.iter()
            .map(|&limit| first(limit).map_or(Value::Null, |at| json!([at.0, at.1])))
            .collect()
    }

    /// At most `POINTS` of the checks, the last among them.
    fn thinned(&self) -> Vec<Value> {
        let step = self.0.len().div_ceil(POINTS).max(1);
        let last = self.0.len().saturating_sub(1);
        let kept = self.0.iter().enumerate();
        kept.filter(|(i, _)| (last - i).is_multiple_of(step))
            .map(|(_, &(iteration, seconds, gap))| json!([iteration, round(seconds), round(gap)]))
            .collect()
    }
}

/// Four figures are enough for a picture.
fn round(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reached_is_the_first_check_within_a_gap() {
        let course = Course(vec![(5, 0.1, 0.5), (10, 0.2, 9e-3), (15, 0.3, 2e-3)]);
        assert_eq!(course.reached(), [json!([10, 0.2]), Value::Null]);
        assert_eq!(Course::default().reached(), [Value::Null, Value::Null]);
    }

    #[test]
    fn thinned_keeps_few_checks_and_the_last() {
        let many = Course((0..1000).map(|i| (i, 0.25, 0.5)).collect());
        let kept = many.thinned();
        assert!(
            kept.len() <= POINTS && kept.len() > POINTS / 2,
            "{}",
            kept.len()
        );
        assert_eq!(kept.last(), Some(&json!([999, 0.25, 0.5])));
        assert_eq!(Course::default().thinned(), Vec::<Value>::new());
    }
}
