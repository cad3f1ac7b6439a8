use admm::Proximal;
use faer::{Accum, MatMut};
use linalg_core::{Control, LinearOperator, Masks, axpy, norm, product};

use crate::error::FitError;
use crelu_convex::{
    self, Activation, CheckedProgrammeSettings, ConeGroup, FeasiblePoint, Multipliers, Programme,
    ProgrammeCertificate, Solution, WarmStart,
};
use crelu_global::{GlobalProblem, Neurons};

/// What the convex programme over a network's own patterns says of it.
#[derive(Debug)]
pub struct OwnProgramme {
    /// The programme: a pattern for each distinct one of the network.
    pub programme: Programme,
    /// Its best feasible point known: the network itself, or a better one.
    pub point: FeasiblePoint,
    /// A lower bound on its optimum, in sum scaling.
    pub bound: f64,
    /// The run that improved on the first bound, if there was one.
    pub solution: Option<Solution>,
}

/// The programme over the patterns of `neurons`, solved to `settings` (its tolerance and most
/// iterations keep it cheap). Before the run the network is its feasible point, and its residual
/// with the multipliers of the cones the dual point: near the end of the training that is within
/// the tolerance. The run starts from there. There is an answer when `control` has halted, too, where
/// it takes no time.
///
/// None if there is no neuron, if the rows are sparse, if it would take long after a halt, or with more than one output: neurons that share outputs are no points of a
/// programme, whose neurons belong to one output each.
///
/// # Errors
/// [`FitError`] where the programme cannot be made.
pub fn own_programme(
    problem: &GlobalProblem,
    neurons: &Neurons,
    settings: &CheckedProgrammeSettings,
    control: &Control<'_>,
) -> Result<Option<OwnProgramme>, FitError> {
    let n = problem.n_samples();
    let Some(data) = problem.data() else {
        return Ok(None);
    };
    if neurons.is_empty() || problem.outputs() > 1 {
        return Ok(None);
    }
    let size = n * neurons.rank() * neurons.len();
    let mut bytes = vec![0; n * neurons.len()];
    let mut images = vec![0.0; n * TILE.min(neurons.len())];
    for (t, bytes) in bytes.chunks_mut(n * TILE).enumerate() {
        if control.halt().is_some() && size > LATE_NUMBERS {
            return Ok(None);
        }
        let some = bytes.len() / n;
        let images = &mut images[..n * some];
        product(
            MatMut::from_column_major_slice_mut(images, n, some),
            Accum::Replace,
            data.transpose(),
            neurons.directions().subcols(t * TILE, some),
            1.0,
        );
        for (bit, h) in bytes.iter_mut().zip(&*images) {
            *bit = u8::from(*h >= 0.0);
        }
    }
    let programme = Programme::of_set(
        problem.set(),
        Masks::from_columns(n, bytes)?,
        neurons.directions().to_owned(),
        problem.beta_sum(),
        Activation::Relu,
    )?;
    let (rank, m) = (neurons.rank(), neurons.len());
    let mut v = vec![0.0; rank * programme.n_blocks()];
    let blocks = neurons.blocks();
    for i in 0..m {
        let block = if neurons.signs()[i] > 0.0 { i } else { m + i };
        for k in 0..rank {
            v[block * rank + k] = blocks[(k, i)];
        }
    }
    let point = FeasiblePoint::from_point(&programme, &v);
    let theta = programme.theta(&point.fitted);
    let budget = (problem.flops() / SHARE).max(FREE_FLOPS);
    let line = problem.beta_sum() * (1.0 + DEAR * settings.get().tol);
    let (rows, wide) = (n as u64, neurons.rank() as u64);
    let projection = PROJECTION * rows * wide + HELD.saturating_mul(wide.pow(3));
    let most = budget / (2 * projection).max(1);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let (prices, multipliers) = cone_prices(&programme, &theta, line, most, control);
    let bound = ProgrammeCertificate::evaluate(&programme, theta, multipliers.clone()).bound;
    let mut out = OwnProgramme {
        programme,
        point,
        bound,
        solution: None,
    };
    let gap = crelu_convex::relative_gap(out.point.objective, bound);
    let sizes = [8, settings.get().max_iters, n, rank, m].map(|size| size as u64);
    let products = sizes.into_iter().fold(1_u64, u64::saturating_mul);
    let slower = SLOWER + SLOWER_THIN / wide.max(1);
    let is_cheap = products.saturating_mul(slower) <= budget;
    if gap > settings.get().tol
        && control.halt().is_none()
        && settings.get().max_iters > 0
        && is_cheap
    {
        // z = v + s R'D theta / rho is where the iteration would rest at an optimum
        let rho = crelu_convex::first_rho(&out.programme);
        axpy(1.0 / rho, &prices, &mut v);
        let warm = WarmStart {
            rho,
            z: v,
            multipliers,
            split: None,
        };
        out.solve(settings, &warm, control)?;
    }
    Ok(Some(out))
}

/// Neurons whose patterns are found between two looks at the control.
const TILE: usize = 32;
/// After a halt there is a programme only where making it takes no more than a tenth of a second: so many
/// products of numbers.
const LATE_NUMBERS: usize = 30_000_000;
/// The bound is a figure beside the answer: it may take one part in so many of the problem's flops ...
const SHARE: u64 = 10;
/// ... or this many, a fifth of a second of two cores, whichever is more.
const FREE_FLOPS: u64 = 30_000_000_000;
/// Flops of a projection on a cone for each number of the rows, and for the cube of the rank, as whose
/// square the factor of the rows that it holds is changed, a row at a time and up to the rank of them; and
/// how much slower than those of the training the flops of the splitting are, at large rank and, over the rank,
/// at small. All at the rate of the training, by profiles: at rank 785 a projection takes 2.8 s of a core, of
/// which those changes are nearly all; at rank 11 the splitting of 970 patterns of 19 020 rows 55 s.
const PROJECTION: u64 = 600;
const HELD: u64 = 540;
const SLOWER: u64 = 10;
const SLOWER_THIN: u64 = 300;
/// A pattern whose price is above the threshold by less than this share of the tolerance is not
/// projected: what it costs the bound is as little.
const DEAR: f64 = 0.25;
/// Patterns that are projected between two looks at the control.
const BETWEEN: usize = 16;

/// `g_b = s_b R'D_b theta` of every block and the multipliers `a_b` of its projection on the cone: the
/// least `|g_b + A_b'a_b|`, what the dearest neuron inside the cone costs. Blocks with `|g_b|` at most
/// `line` need none; of the others the `most` longest are projected, and after a halt the rest have
/// none.
///
/// **Cost** a projection on a cone a block, as one iteration of the splitting.
fn cone_prices(
    programme: &Programme,
    theta: &[f64],
    line: f64,
    most: usize,
    control: &Control<'_>,
) -> (Vec<f64>, Multipliers) {
    let (rank, patterns) = (programme.rank(), programme.n_patterns());
    let blocks = programme.blocks();
    let mut prices = vec![0.0; 2 * blocks.cols()];
    let (positive, negative) = prices.split_at_mut(rank * patterns);
    blocks.apply_adjoint(theta, positive, &mut vec![0.0; blocks.scratch_len()]);
    for (n, p) in negative.iter_mut().zip(&*positive) {
        *n = -p;
    }
    let mut multipliers = Multipliers::none(programme.n_blocks());
    let length = |p: usize| norm(&prices[p * rank..(p + 1) * rank]);
    let mut dear: Vec<usize> = (0..patterns).filter(|&p| length(p) > line).collect();
    dear.sort_by(|&p, &q| length(q).total_cmp(&length(p)).then(p.cmp(&q)));
    dear.truncate(most);
    for some in dear.chunks(BETWEEN) {
        if control.halt().is_some() {
            break;
        }
        let part = programme.select(some);
        // without a norm the proximal step is the projection
        let mut cones = ConeGroup::new(part.data(), part.masks(), 0.0).controlled(*control);
        cones.set_penalty(1.0);
        let of = |k: usize| (k / some.len()) * patterns + some[k % some.len()];
        let z: Vec<f64> = (0..2 * some.len())
            .flat_map(|k| prices[of(k) * rank..(of(k) + 1) * rank].iter().copied())
            .collect();
        let mut projected = vec![0.0; z.len()];
        cones.apply_fully(&z, &mut projected);
        for k in 0..2 * some.len() {
            multipliers.blocks[of(k)] = cones.multipliers(k).filter(|&(_, a)| a > 0.0).collect();
        }
    }
    (prices, multipliers)
}

impl OwnProgramme {
    fn solve(
        &mut self,
        settings: &CheckedProgrammeSettings,
        warm: &WarmStart,
        control: &Control<'_>,
    ) -> Result<(), FitError> {
        let solution =
            crelu_convex::solve(&self.programme, settings, control, Some(warm), &mut ())?;
        if solution.point.objective < self.point.objective {
            self.point = solution.point.clone();
        }
        self.bound = self.bound.max(solution.certificate.bound);
        self.solution = Some(solution);
        Ok(())
    }
}
