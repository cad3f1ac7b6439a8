//! Every pass on every unit of this machine, against loops in `f64`.

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Climb, Lane, Layout, Level, Open, Part, Slopes};

/// Roundings of a sum of so many terms of size one: each adds at most half a unit of its last place,
/// and the signs are random.
fn tolerance<T: Lane>(terms: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let spread = (terms as f64).sqrt();
    8.0 * T::EPS * (1.0 + spread)
}

struct Case<T> {
    n: usize,
    rank: usize,
    m: usize,
    rows: Vec<T>,
    weights: Vec<T>,
    outer: Vec<T>,
    theta: Vec<T>,
    /// `rows * weights` in `f64`, `m` numbers a row.
    images: Vec<f64>,
}

impl<T: Lane> Case<T> {
    fn new(n: usize, rank: usize, m: usize, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut normal = |count: usize| -> Vec<T> {
            let mut one = || -> f64 { StandardNormal.sample(&mut rng) };
            (0..count).map(|_| T::of(one())).collect()
        };
        let (rows, weights) = (normal(n * rank), normal(rank * m));
        let image = |at: usize| -> f64 {
            let (i, j) = (at / m, at % m);
            let row = rows[i * rank..(i + 1) * rank].iter();
            let column = &weights[j * rank..(j + 1) * rank];
            row.zip(column)
                .map(|(x, w): (&T, &T)| x.wide() * w.wide())
                .sum()
        };
        Self {
            n,
            rank,
            m,
            images: (0..n * m).map(image).collect(),
            rows: rows.clone(),
            weights: weights.clone(),
            outer: normal(m),
            theta: normal(n),
        }
    }

    fn image(&self, i: usize, j: usize) -> f64 {
        self.images[i * self.m + j]
    }

    /// An image this near to zero may be on either side of it.
    fn is_clear(&self, i: usize, j: usize) -> bool {
        self.image(i, j).abs() > 10.0 * tolerance::<T>(self.rank) * 3.0
    }

    /// What rows whose image is not clear may add to a slope.
    fn doubt(&self, j: usize) -> f64 {
        let unclear = (0..self.n).filter(|&i| !self.is_clear(i, j));
        unclear.map(|i| self.theta[i].wide().abs() * 5.0).sum()
    }

    fn check(&self, level: Level, at: &str) {
        let (n, rank, m) = (self.n, self.rank, self.m);
        let layout = Layout::new::<T>(level, m);
        let padded = layout.padded();
        let zeros = |count: usize| vec![T::of(0.0); count];
        let mut packed = zeros(rank * padded);
        layout.pack(rank, &self.weights, &mut packed);
        let mut back = zeros(rank * m);
        layout.unpack(rank, &packed, &mut back);
        assert_eq!(back, self.weights, "{at}: packed and unpacked");
        let mut outer = zeros(padded);
        outer[..m].copy_from_slice(&self.outer);

        let (mut tile, mut sums) = (zeros(n * padded), zeros(n * layout.lanes()));
        let mut fitted = zeros(n);
        let open = Open {
            layout: &layout,
            rank,
            rows: Part::dense(&self.rows, rank, n),
            weights: &packed,
            outer: &outer,
            tile: &mut tile,
            sums: &mut sums,
            fitted: &mut fitted,
        };
        T::dispatch(level, open);
        let size = tolerance::<T>(rank) * 3.0;
        for i in 0..n {
            let mut want = 0.0;
            for j in 0..m {
                let h = self.image(i, j).max(0.0);
                assert!(
                    (tile[i * padded + j].wide() - h).abs() <= size,
                    "{at}: tile"
                );
                want += self.outer[j].wide() * h;
            }
            let room = 3.0 * (tolerance::<T>(m) + size) * f64::from(u32::try_from(m).unwrap());
            assert!((fitted[i].wide() - want).abs() <= room, "{at}: fitted {i}");
        }

        let mut slopes = zeros(rank * padded);
        let mut along = zeros(padded);
        let pass = Slopes {
            layout: &layout,
            rank,
            rows: Part::dense(&self.rows, rank, n),
            theta: &self.theta,
            outer: &outer,
            tile: &tile,
            slopes: &mut slopes,
            along: &mut along,
        };
        T::dispatch(level, pass);
        let mut by_column = zeros(rank * m);
        layout.unpack(rank, &slopes, &mut by_column);
        self.check_slopes(
            &by_column,
            |j| self.outer[j].wide(),
            &format!("{at}: slopes"),
        );
        for (j, got) in along.iter().enumerate().take(m) {
            let terms = (0..n).map(|i| self.theta[i].wide() * self.image(i, j).max(0.0));
            let want: f64 = terms.sum();
            let room = 30.0 * tolerance::<T>(n + rank);
            let room = room * f64::from(u32::try_from(rank).unwrap()).sqrt();
            assert!((got.wide() - want).abs() <= room, "{at}: along {j}");
        }

        let mut slopes = zeros(rank * padded);
        let pass = Climb {
            layout: &layout,
            rank,
            rows: Part::dense(&self.rows, rank, n),
            theta: &self.theta,
            weights: &packed,
            slopes: &mut slopes,
        };
        T::dispatch(level, pass);
        layout.unpack(rank, &slopes, &mut by_column);
        self.check_slopes(&by_column, |_| 1.0, &format!("{at}: climb"));
    }

    fn check_slopes(&self, slopes: &[T], factor: impl Fn(usize) -> f64, at: &str) {
        for j in 0..self.m {
            let factor = factor(j);
            let room = factor.abs() * (20.0 * tolerance::<T>(self.n) + self.doubt(j)) + T::EPS;
            for k in 0..self.rank {
                let open = (0..self.n).filter(|&i| self.image(i, j) > 0.0);
                let terms =
                    open.map(|i| self.rows[i * self.rank + k].wide() * self.theta[i].wide());
                let want = factor * terms.sum::<f64>();
                let got = slopes[j * self.rank + k].wide();
                assert!(
                    (got - want).abs() <= room,
                    "{at} {j}, {k}: {got} {want} {room:e}"
                );
            }
        }
    }
}

fn check_all<T: Lane>() {
    for (place, level) in Level::all().into_iter().enumerate() {
        for rank in 1..70 {
            // odd and even, below and above the widths of panels and blocks of rows
            let (n, m) = (1 + (7 * rank) % 37, 1 + (13 * rank) % 101);
            let case = Case::<T>::new(n, rank, m, rank as u64);
            case.check(
                level,
                &format!("{} unit {place}, {n} x {rank} x {m}", T::NAME),
            );
        }
        for (n, rank, m) in [(0, 3, 4), (9, 100, 49), (40, 785, 17), (16, 5, 0)] {
            let case = Case::<T>::new(n, rank, m, 7);
            case.check(
                level,
                &format!("{} unit {place}, {n} x {rank} x {m}", T::NAME),
            );
        }
    }
}

#[test]
fn passes_in_f32_agree_with_loops_on_every_unit() {
    check_all::<f32>();
}

#[test]
fn passes_in_f64_agree_with_loops_on_every_unit() {
    check_all::<f64>();
}

#[test]
fn opening_and_slopes_are_adjoint() {
    // <theta, tile a> = <along, a>, and with a fixed tile <theta a', R W> = <slopes, W>
    for level in Level::all() {
        let case = Case::<f64>::new(75, 13, 29, 5);
        let layout = Layout::new::<f64>(level, case.m);
        let padded = layout.padded();
        let mut packed = vec![0.0; case.rank * padded];
        layout.pack(case.rank, &case.weights, &mut packed);
        let mut outer = vec![0.0; padded];
        outer[..case.m].copy_from_slice(&case.outer);
        let (mut tile, mut sums) = (vec![0.0; 75 * padded], vec![0.0; 75 * layout.lanes()]);
        let mut fitted = vec![0.0; 75];
        let open = Open {
            layout: &layout,
            rank: case.rank,
            rows: Part::dense(&case.rows, case.rank, case.n),
            weights: &packed,
            outer: &outer,
            tile: &mut tile,
            sums: &mut sums,
            fitted: &mut fitted,
        };
        f64::dispatch(level, open);
        let (mut slopes, mut along) = (vec![0.0; case.rank * padded], vec![0.0; padded]);
        let pass = Slopes {
            layout: &layout,
            rank: case.rank,
            rows: Part::dense(&case.rows, case.rank, case.n),
            theta: &case.theta,
            outer: &outer,
            tile: &tile,
            slopes: &mut slopes,
            along: &mut along,
        };
        f64::dispatch(level, pass);
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let want = dot(&case.theta, &fitted);
        let size: f64 = want.abs() + 1.0;
        assert!((dot(&along, &outer) - want).abs() <= 1e-11 * size);
        assert!((dot(&slopes, &packed) - want).abs() <= 1e-11 * size);
    }
}
