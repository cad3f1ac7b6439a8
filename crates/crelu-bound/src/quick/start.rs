use faer::{Mat, MatRef};
use linalg_core::{LinalgError, RowSpace};

use crate::certificate::SIGNS;
use crate::network::KnownNetwork;

/// Whether any neuron says anything; not so where one is not finite.
pub(super) fn has_mass(network: &KnownNetwork<'_>) -> bool {
    let mass: f64 = (network.output.iter().enumerate())
        .map(|(j, a)| a.abs() * network.hidden.col(j).norm_l2())
        .sum();
    mass > 0.0 && mass.is_finite()
}

/// Size of what fills the columns that a start leaves free, relative to it: room to grow.
const FILL: f64 = 1e-2;

/// A point `[v_a, N]` for both signs from the moments of a network, the largest of them where it
/// has more neurons than there are columns.
pub(super) fn from_network(
    network: KnownNetwork<'_>,
    space: &RowSpace,
    width: usize,
) -> Result<Vec<f64>, LinalgError> {
    let (rank, reduced) = (space.rank(), space.reduce(network.hidden));
    let mut point = Vec::with_capacity(2 * width * (rank + 1));
    for (sign, seed) in SIGNS.into_iter().zip(1..) {
        // balanced neurons: |u| = a
        let mut moments = Mat::<f64>::zeros(rank + 1, width.max(network.output.len()));
        for (j, a) in network.output.iter().enumerate() {
            let length = reduced.col(j).norm_l2();
            let root = (length * a.abs()).sqrt();
            if a * sign > 0.0 && root > 0.0 {
                moments[(0, j)] = root;
                for k in 0..rank {
                    moments[(k + 1, j)] = reduced[(k, j)] * root / length;
                }
            }
        }
        let size = moments.norm_l2();
        let kept = RowSpace::svd(moments.transpose())?;
        let mut noise = Noise(seed);
        let fill = FILL * if size > 0.0 { size } else { 1.0 };
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let fill = fill / ((rank + 1) as f64).sqrt();
        // columns of `U S`: the moments again, the heaviest first
        let basis = kept.expand(Mat::identity(kept.rank(), kept.rank()).as_ref());
        let spectrum = kept.spectrum().unwrap_or_default();
        let column = |j: usize, k: usize| match spectrum.get(j) {
            Some(s) if size > 0.0 => basis[(k, j)] * s,
            _ => 0.0,
        };
        let mut half = vec![0.0; width * (rank + 1)];
        let (vector, factor) = half.split_at_mut(width);
        for j in 0..width {
            vector[j] = column(j, 0) + fill * noise.next();
            for k in 0..rank {
                factor[j * rank + k] = column(j, k + 1) + fill * noise.next();
            }
        }
        point.extend(half);
    }
    Ok(point)
}

/// A point without a network: directions at random, as much mass as the targets ask for.
///
/// **Shapes** `data`: `rank x n_samples`.
pub(super) fn from_data(data: MatRef<'_, f64>, width: usize) -> Vec<f64> {
    let rank = data.nrows();
    let mut noise = Noise(3);
    let mut half = || {
        let mut half: Vec<f64> = (0..width * (rank + 1)).map(|_| noise.next()).collect();
        let length = linalg_core::norm(&half[..width]);
        linalg_core::scale(mass(data).sqrt() / length, &mut half[..width]);
        half
    };
    let mut point = half();
    point.extend(half());
    point
}

/// The mass of a sign whose outputs are about half of targets of deviation 1: `a^2 |N'x| / |N|` is
/// about `a^2 |x| / sqrt(rank)`.
pub(super) fn mass(data: MatRef<'_, f64>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    let entries = (data.nrows() * data.ncols()).max(1) as f64;
    let row = data.norm_l2() / entries.sqrt();
    if row > 0.0 { 0.5 / row } else { 0.5 }
}

/// Numbers that look random, roughly of mean 0 and deviation 1, the same in every run.
struct Noise(u64);

impl Noise {
    /// **Source** Steele, Lea & Flood 2014 (splitmix64); the sum of four uniform numbers.
    fn next(&mut self) -> f64 {
        let mut uniform = || {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            #[expect(clippy::cast_precision_loss, reason = "53 bits")]
            let value = (z >> 11) as f64 / (1_u64 << 53) as f64;
            value - 0.5
        };
        let sum: f64 = (0..4).map(|_| uniform()).sum();
        sum * 3.0_f64.sqrt()
    }
}
