use super::moments::cone;

/// A row's entries of both signs before their projection.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowPoint {
    /// Of the sign +: its `kappa a` entry and the length of its `delta u` part.
    pub(super) plus: (f64, f64),
    /// Of the sign -.
    pub(super) minus: (f64, f64),
    /// A row's output is `c` times the difference of the projections.
    pub(super) c: f64,
    /// What `theta` moves an entry by.
    pub(super) step: f64,
    /// The cone is `|s| <= tau p`.
    pub(super) tau: f64,
}

impl RowPoint {
    /// The output `f` with
    ///
    /// ```text
    ///     f = c (p_+ - p_-),   p_s = the cone's projection after a step s step theta(f)
    /// ```
    ///
    /// `slope`: `theta` and the second derivative of the row's loss at an output. `theta` does not rise,
    /// so that `f - c (p_+ - p_-)` rises at least as fast as `f` itself: Newton inside a bracket, and
    /// bisection where a step is not half of the one before. Between the two flat ends of a loss that
    /// saturates Newton's steps lead from one to the other and back.
    pub(super) fn output(&self, slope: impl Fn(f64) -> (f64, f64)) -> f64 {
        let value = |f: f64| {
            let (theta, curvature) = slope(f);
            let (p, dp) = cone(self.plus.0 + self.step * theta, self.plus.1, self.tau);
            let (q, dq) = cone(self.minus.0 - self.step * theta, self.minus.1, self.tau);
            let rise = self.c * self.step * (dp + dq) * curvature;
            (f - self.c * (p - q), 1.0 + rise)
        };
        let mut f = self.c * (self.plus.0.max(0.0) - self.minus.0.max(0.0));
        let (mut low, mut high, mut last) = (f64::NEG_INFINITY, f64::INFINITY, f64::INFINITY);
        for _ in 0..STEPS {
            let (v, rise) = value(f);
            // it rises by at least 1: the root is no farther than the value
            if v > 0.0 {
                high = f;
                low = low.max(f - v);
            } else {
                low = f;
                high = high.min(f - v);
            }
            let mut next = f - v / rise;
            let is_good = next >= low && next <= high && (next - f).abs() <= 0.5 * last;
            if !is_good {
                next = 0.5 * (low + high);
            }
            last = (next - f).abs();
            f = next;
            if last <= END * (f.abs() + 1.0) {
                break;
            }
        }
        f
    }
}

/// Enough for a bisection alone from a bracket of 1e5.
const STEPS: usize = 60;
const END: f64 = 1e-13;

#[cfg(test)]
mod tests {
    use testkit::Stream;

    use super::*;
    use crate::loss::BoundLoss;
    use crelu_core::Huber;

    /// Of the output, relative: the steps end at 1e-13, and `f` is the difference of two numbers up to a
    /// few times as large.
    const LEFT: f64 = 1e-11;

    #[test]
    fn output_of_a_row_solves_its_equation_for_every_loss_and_step() {
        let huber = Huber::new(0.4).unwrap();
        let losses = [
            BoundLoss::Squared,
            BoundLoss::Logistic,
            BoundLoss::Huber(huber),
        ];
        for seed in testkit::seeds(0..4) {
            let mut stream = Stream::new(seed);
            for trial in 0..600 {
                let loss = losses[trial % 3].scalar();
                let y = if stream.unit() > 0.0 { 1.0 } else { -1.0 };
                let size = [0.1_f64, 1.0, 10.0, 1e2, 1e3, 1e4, 1e5][trial % 7];
                let mut point = || {
                    (
                        size.sqrt() * stream.unit(),
                        size.sqrt() * stream.unit().abs(),
                    )
                };
                let at = RowPoint {
                    plus: point(),
                    minus: point(),
                    c: (2.0 * stream.unit()).exp(),
                    step: size * (2.0 * stream.unit()).exp(),
                    tau: 0.5,
                };
                let f = at.output(|f| (-loss.slope(f, y), loss.curvature(f, y)));
                let theta = -loss.slope(f, y);
                let (p, _) = cone(at.plus.0 + at.step * theta, at.plus.1, at.tau);
                let (q, _) = cone(at.minus.0 - at.step * theta, at.minus.1, at.tau);
                let left = (f - at.c * (p - q)).abs();
                // a rounding of theta moves the projections by so much
                let room =
                    LEFT * (1.0 + f.abs() + at.c * (at.plus.0.abs() + at.minus.0.abs() + at.step));
                assert!(
                    left <= room,
                    "{seed} {trial} {}: {left:e} at {f}",
                    loss.name()
                );
            }
        }
    }
}
