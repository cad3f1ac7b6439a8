use faer::Mat;
use linalg_core::{LinalgError, RowSpace};

use super::dearest::DearestSearch;

/// One sign's half of a point with a moment direction added: its two columns of least weight
/// make room for `(1, u + rest)` and `(1, u - rest)` of mass `mass` together.
///
/// A factor whose columns have all fallen on the moments in use is at rest there, whatever lies
/// beside them: a saddle that a minimiser leaves slowly, this step at once.
pub(super) fn insert(
    half: &[f64],
    rank: usize,
    width: usize,
    dearest: &DearestSearch,
    mass: f64,
) -> Result<Vec<f64>, LinalgError> {
    let (vector, factor) = half.split_at(width);
    let size = linalg_core::norm(factor);
    let a = linalg_core::norm(vector);
    let scale = if size > 0.0 { a / size } else { 0.0 };
    let moments = Mat::from_fn(width, rank + 1, |j, k| match k {
        0 => vector[j],
        _ => scale * factor[j * rank + k - 1],
    });
    // rotated: columns of falling weight
    let space = RowSpace::svd(moments.as_ref())?;
    let spectrum = space.spectrum().unwrap_or_default();
    let basis = space.expand(Mat::identity(space.rank(), space.rank()).as_ref());
    let kept = space.rank().min(width - 2);
    let root = (0.5 * mass).sqrt();
    let entry = |j: usize, k: usize| -> f64 {
        if j < kept {
            basis[(k, j)] * spectrum[j]
        } else if j >= width - 2 {
            let side = if j == width - 1 { 1.0 } else { -1.0 };
            match k {
                0 => root,
                _ => root * (dearest.u[k - 1] + side * dearest.rest[k - 1]),
            }
        } else {
            0.0
        }
    };
    let mut out = vec![0.0; half.len()];
    for j in 0..width {
        out[j] = entry(j, 0);
        for k in 0..rank {
            out[width + j * rank + k] = entry(j, k + 1);
        }
    }
    Ok(out)
}
