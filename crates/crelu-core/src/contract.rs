//! What every loss must keep, for tests of losses.

use crate::loss::{Loss, ScalarLoss};

/// What rounding leaves of identities between numbers of the size compared.
const ROUNDING: f64 = 1e-9;
/// A central difference of this step leaves the third derivative times its square.
const STEP: f64 = 1e-5;
const DIFFERENCE: f64 = 1e-5;
/// Proximal points solve their equation to this.
const PROX: f64 = 1e-8;
/// Outputs beyond which exponentials overflow: `e^800`.
const FAR: f64 = 800.0;

/// Checks a loss of one output at outputs `points` and a target: slope against differences, convexity
/// along the points, Fenchel and Young, the proximal point's equation.
///
/// # Panics
/// If the loss does not keep one of them.
pub fn assert_scalar_loss(loss: &dyn ScalarLoss, points: &[f64], y: f64) {
    let name = loss.name();
    for &f in points {
        let value = loss.value(f, y);
        let theta = -loss.slope(f, y);
        assert!(value.is_finite() && theta.is_finite(), "{name}: at {f}");
        assert!(value >= -ROUNDING, "{name}: below 0 at {f}: {value}");
        let above = loss.value(f + STEP, y);
        let below = loss.value(f - STEP, y);
        let slope = (above - below) / (2.0 * STEP);
        let room = DIFFERENCE * (1.0 + value.abs() + loss.curvature(f, y));
        assert!((slope + theta).abs() <= room, "{name}: slope at {f}");
        // Fenchel and Young: l(g) >= dual(theta) - theta g for every g, with equality at f
        let (low, high) = loss.domain(y);
        assert!(low <= theta && theta <= high, "{name}: domain at {f}");
        let dual = loss.dual(theta, y);
        let room = ROUNDING * (1.0 + value.abs() + dual.abs() + (theta * f).abs());
        let off = value - (dual - theta * f);
        assert!(off.abs() <= room, "{name}: Fenchel and Young at {f}: {off}");
        for &g in points {
            let room = ROUNDING * (1.0 + loss.value(g, y).abs() + dual.abs() + (theta * g).abs());
            let off = loss.value(g, y) - (dual - theta * g);
            assert!(
                off >= -room,
                "{name}: Fenchel and Young, {f} and {g}: {off}"
            );
            let rises = (loss.slope(g, y) - loss.slope(f, y)) * (g - f);
            let most = loss.curvature_bound() * (g - f) * (g - f);
            assert!(rises >= -ROUNDING, "{name}: convex between {f} and {g}");
            assert!(
                rises <= most * (1.0 + ROUNDING) + ROUNDING,
                "{name}: curvature, {f} and {g}"
            );
        }
        for rho in [0.01, 1.0, 100.0] {
            let p = loss.prox(f, y, rho);
            let rest = loss.slope(p, y) + rho * (p - f);
            let room = PROX * (1.0 + rho) * (1.0 + f.abs() + y.abs());
            assert!(rest.abs() <= room, "{name}: prox of {f}, rho {rho}: {rest}");
        }
    }
    for f in [-FAR, FAR] {
        assert!(!loss.value(f, y).is_nan(), "{name}: at {f}");
        assert!(!loss.slope(f, y).is_nan(), "{name}: slope at {f}");
    }
}

/// Checks a loss of rows at outputs: the slope against differences, rows alone against all, Fenchel
/// and Young through the dual, Moreau's identity, curvature, the best scale, and outputs of 800.
///
/// **Shapes** `fitted`, `other`: `K` numbers a row.
///
/// # Panics
/// If the loss does not keep one of them.
pub fn assert_loss(loss: &dyn Loss, fitted: &[f64], other: &[f64]) {
    let (name, n, k) = (loss.name(), loss.n_samples(), loss.outputs());
    assert!(
        fitted.len() == n * k && other.len() == n * k,
        "{name}: shapes"
    );
    let mut slope = vec![0.0; n * k];
    let value = loss.value_slope(0..n, fitted, &mut slope);
    let size = 1.0 + value.abs();
    let mut ignored = vec![0.0; n * k];
    for at in (0..n * k).step_by(1 + n * k / 37) {
        let mut moved = fitted.to_vec();
        moved[at] += STEP;
        let above = loss.value_slope(0..n, &moved, &mut ignored);
        moved[at] = fitted[at] - STEP;
        let below = loss.value_slope(0..n, &moved, &mut ignored);
        let off = (above - below) / (2.0 * STEP) - slope[at];
        assert!(off.abs() <= DIFFERENCE * size, "{name}: slope {at}: {off}");
    }
    // rows alone
    let half = n / 2;
    let parts = loss.value_slope(0..half, &fitted[..half * k], &mut ignored[..half * k])
        + loss.value_slope(half..n, &fitted[half * k..], &mut ignored[half * k..]);
    assert!((parts - value).abs() <= ROUNDING * size, "{name}: parts");
    assert_eq!(ignored, slope, "{name}: slopes of parts");
    // Fenchel and Young: the dual value at scale c is at most l(g) + c theta'g for every g
    let theta = loss.theta(fitted);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for most in [0.0, 0.3, 1.0, f64::INFINITY] {
        let best = loss.dual(&theta, most);
        assert!((0.0..=most).contains(&best.scale), "{name}: scale");
        for g in [fitted, other, &vec![0.0; n * k]] {
            let primal = loss.value(g) + best.scale * dot(&theta, g);
            let room = f64::EPSILON * (size + primal.abs());
            assert!(best.value <= primal + room, "{name}: weak duality");
        }
    }
    let whole = loss.dual(&theta, 1.0);
    if whole.scale >= 1.0 {
        let off = whole.value - (value + dot(&theta, fitted));
        let room = ROUNDING * (size + dot(&theta, fitted).abs());
        assert!(
            off.abs() <= room,
            "{name}: strong duality at its own theta: {off}"
        );
    }
    // no scale nearby is better
    let best = loss.dual(&theta, f64::INFINITY);
    for share in [0.5, 0.9, 0.999] {
        let near = loss.dual(&theta, share * best.scale);
        assert!(
            near.value <= best.value + ROUNDING * size,
            "{name}: best scale"
        );
    }
    // Moreau: the step of the proximal point is minus the slope there over rho
    for rho in [0.05, 1.0, 30.0] {
        let mut prox = vec![0.0; n * k];
        loss.prox_into(0..n, fitted, rho, &mut prox);
        loss.value_slope(0..n, &prox, &mut slope);
        for at in 0..n * k {
            let rest = slope[at] + rho * (prox[at] - fitted[at]);
            let room = PROX * (1.0 + rho) * (1.0 + fitted[at].abs());
            assert!(rest.abs() <= room, "{name}: prox {at}, rho {rho}: {rest}");
        }
    }
    // curvature: the loss lies below its bound along a line
    let mut curvature = vec![0.0; n * k];
    loss.curvature_into(0..n, fitted, &mut curvature);
    assert!(curvature.iter().all(|c| *c >= 0.0), "{name}: curvature");
    let step: Vec<f64> = other.iter().zip(fitted).map(|(b, a)| b - a).collect();
    let bound = loss.curvature_bound();
    if bound.is_finite() {
        let most = curvature.iter().all(|c| *c <= bound * (1.0 + ROUNDING));
        assert!(most, "{name}: the bound on curvature");
        let above = value - dot(&theta, &step) + 0.5 * bound * dot(&step, &step);
        assert!(
            loss.value(other) <= above + ROUNDING * (size + above.abs()),
            "{name}: majoriser"
        );
    }
    let moved: Vec<f64> = fitted
        .iter()
        .zip(&step)
        .map(|(f, s)| f + STEP * s)
        .collect();
    let grown = dot(&theta, &step) - dot(&loss.theta(&moved), &step);
    let along = step
        .iter()
        .zip(&curvature)
        .map(|(s, c)| c * s * s)
        .sum::<f64>();
    // a curvature may change by its own size where an output moves by 1
    let longest = step.iter().fold(1.0_f64, |most, s| most.max(s.abs()));
    let room = DIFFERENCE * (size + longest * along) + ROUNDING / STEP;
    assert!(grown / STEP <= along + room, "{name}: local curvature");
    // the best scale of the outputs
    for penalty in [0.0, 0.1 * value] {
        let t = loss.best_scale(fitted, penalty);
        let at = |t: f64| {
            let scaled: Vec<f64> = fitted.iter().map(|f| t * f).collect();
            loss.value(&scaled) + t * penalty
        };
        for near in [0.0, 0.9 * t, 1.1 * t, t + 0.01] {
            assert!(
                at(t) <= at(near) + ROUNDING * size,
                "{name}: scale {t} against {near}"
            );
        }
    }
    for far in [-FAR, FAR] {
        let value = loss.value_slope(0..n, &vec![far; n * k], &mut ignored);
        let finite = !value.is_nan() && ignored.iter().all(|s| !s.is_nan());
        assert!(finite, "{name}: at {far}");
    }
}
