#[cfg(feature = "algebra")]
use faer::Mat;
#[cfg(feature = "algebra")]
use linalg_core::{Masks, Real};

/// Random numbers good enough for test data, the same everywhere.
///
/// **Source** Steele, Lea & Flood 2014 (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Stream(u64);

impl Stream {
    /// The stream of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `[0, 1)`.
    pub const fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number in `[-1, 1)`.
    pub const fn unit(&mut self) -> f64 {
        2.0 * self.uniform() - 1.0
    }

    /// About normal, of mean 0 and deviation 1: the sum of twelve uniform numbers.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// A whole number below `n`.
    ///
    /// # Panics
    /// If `n` is zero.
    pub fn below(&mut self, n: usize) -> usize {
        let rest = self.bits() % n as u64;
        usize::try_from(rest).expect("a number below a usize is one")
    }

    /// A whole number in `from..=to`.
    ///
    /// # Panics
    /// If `to < from`.
    pub fn between(&mut self, from: usize, to: usize) -> usize {
        let span = to.checked_sub(from).expect("from at most to") as u128 + 1;
        // the share of 53 bits, times the span, rounded down
        let steps = (u128::from(self.bits() >> 11) * span) >> 53;
        from + usize::try_from(steps).expect("a number below a usize is one")
    }

    /// Normal numbers.
    pub fn normals(&mut self, len: usize) -> Vec<f64> {
        (0..len).map(|_| self.normal()).collect()
    }
}

#[cfg(feature = "algebra")]
impl Stream {
    /// Numbers in `[-1, 1)`.
    pub fn vector<T: Real>(&mut self, len: usize) -> Vec<T> {
        (0..len).map(|_| T::of(self.unit())).collect()
    }

    /// A matrix of numbers in `[-1, 1)`, drawn column by column.
    pub fn matrix<T: Real>(&mut self, rows: usize, cols: usize) -> Mat<T> {
        Mat::from_fn(rows, cols, |_, _| T::of(self.unit()))
    }

    /// A matrix of 0 and 1, `n_samples x n_blocks`.
    ///
    /// # Panics
    /// If there are blocks and no samples.
    pub fn masks(&mut self, n_samples: usize, n_blocks: usize) -> Masks {
        let bytes = (0..n_samples * n_blocks).map(|_| u8::from(self.unit() > 0.0));
        Masks::from_columns(n_samples, bytes.collect()).expect("bytes of 0 and 1, as many as said")
    }

    /// A symmetric matrix with the eigenvalues given, in a random basis.
    pub fn with_spectrum(&mut self, values: &[f64]) -> Mat<f64> {
        let n = values.len();
        let (basis, _) = linalg_core::orthogonal(self.matrix::<f64>(n, n).as_ref(), n);
        let half = Mat::from_fn(n, n, |i, k| basis[(i, k)] * values[k]);
        let full = &half * basis.transpose();
        Mat::from_fn(n, n, |i, j| 0.5 * (full[(i, j)] + full[(j, i)]))
    }
}

#[cfg(test)]
mod tests {
    use super::Stream;

    #[test]
    fn stream_of_seed_zero_is_the_published_one() {
        let mut stream = Stream::new(0);
        // the first two numbers of the reference implementation
        assert_eq!(stream.bits(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(stream.bits(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn draws_stay_within_their_ranges_and_reach_both_ends() {
        let mut stream = Stream::new(1);
        let (mut seen, mut sum) = ([0_usize; 3], 0.0);
        for _ in 0..3000 {
            seen[stream.between(4, 6) - 4] += 1;
            let (uniform, unit) = (stream.uniform(), stream.unit());
            assert!((0.0..1.0).contains(&uniform) && (-1.0..1.0).contains(&unit));
            sum += stream.normal();
        }
        // a third of 3000 each, within five deviations of a binomial count (26)
        assert!(
            seen.iter().all(|count| count.abs_diff(1000) < 130),
            "{seen:?}"
        );
        // the mean of 3000 normal numbers has deviation 0.018
        assert!(sum.abs() / 3000.0 < 0.09, "{sum}");
    }
}
