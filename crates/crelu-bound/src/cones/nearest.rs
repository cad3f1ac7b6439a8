use crate::enumerate::space::{Point, ROUND, add, dot, norm};

/// Most changes of the corners in use, a corner.
const CHANGES: usize = 3;

/// The point of the cone of `corners` that is nearest to `g`, as well as rounding allows.
///
/// **Source** non-negative least squares by an active set (Lawson and Hanson 1974).
pub(super) fn nearest<const R: usize>(corners: &[Point<R>; R], g: Point<R>) -> Point<R> {
    let along: Point<R> = core::array::from_fn(|k| dot(corners[k], g));
    let least = ROUND * norm(g);
    let mut parts = [0.0; R];
    let mut in_use = [false; R];
    let mut out = [0.0; R];
    for _ in 0..CHANGES * R {
        // the corner towards which the distance falls most
        let gain = |k: usize| along[k] - dot(corners[k], out);
        let unused = (0..R).filter(|k| !in_use[*k]);
        let Some(next) = unused.max_by(|a, b| gain(*a).total_cmp(&gain(*b))) else {
            break;
        };
        let is_nearer = gain(next) > least; // not so for NaN
        if !is_nearer {
            break;
        }
        in_use[next] = true;
        loop {
            let wanted = solve(corners, &along, &in_use);
            // how far to go until a part in use vanishes
            let mut step = 1.0;
            let mut first = None;
            for k in (0..R).filter(|k| in_use[*k]) {
                let is_kept = wanted[k] > 0.0;
                let share = parts[k] / (parts[k] - wanted[k]);
                if !is_kept && (first.is_none() || share < step) {
                    (step, first) = (share, Some(k));
                }
            }
            let Some(first) = first else {
                parts = wanted;
                break;
            };
            if first == next && parts[next] == 0.0 {
                // rounding: no gain after all
                return out;
            }
            for k in 0..R {
                parts[k] += step * (wanted[k] - parts[k]);
                if k == first || parts[k] <= 0.0 {
                    (parts[k], in_use[k]) = (0.0, false);
                }
            }
        }
        out = (0..R).fold([0.0; R], |sum, k| add(sum, corners[k], parts[k]));
    }
    out
}

/// The unconstrained parts of the corners in use; zero for the others. Elimination in the Gram
/// matrix.
fn solve<const R: usize>(
    corners: &[Point<R>; R],
    along: &Point<R>,
    in_use: &[bool; R],
) -> Point<R> {
    let mut gram: [Point<R>; R] = core::array::from_fn(|a| {
        core::array::from_fn(|b| match in_use[a] && in_use[b] {
            true => dot(corners[a], corners[b]),
            false if a == b => 1.0,
            false => 0.0,
        })
    });
    let mut out: Point<R> = core::array::from_fn(|k| if in_use[k] { along[k] } else { 0.0 });
    for c in 0..R {
        for row in c + 1..R {
            let factor = gram[row][c] / gram[c][c];
            if factor != 0.0 {
                gram[row] = add(gram[row], gram[c], -factor);
                out[row] -= factor * out[c];
            }
        }
    }
    for c in (0..R).rev() {
        let known: f64 = (c + 1..R).map(|k| gram[c][k] * out[k]).sum();
        out[c] = (out[c] - known) / gram[c][c];
    }
    out
}
