use admm::{Proximal, Status, Verdict};
use linalg_core::{Control, norm};

use crate::certificate::{Multipliers, ProgrammeCertificate, prices};
use crate::certified_prox::CertifiedProx;
use crate::choice::Choice;
use crate::choose::choose;
use crate::cone::ConeGroup;
use crate::error::ProgrammeError;
use crate::feasible_point::FeasiblePoint;
use crate::plain_run::{answer, is_breakdown, run};
use crate::programme::{Programme, has_cones};
use crate::settings::{Precision, ProgrammeSettings, Splitting, Switch};
use crate::solution::{Solution, WarmStart};
use crate::tracker::{Check, Observer, TOLERANCE_MARGIN, Totals, Tracker};

/// From this many patterns on a working set pays.
const MANY: usize = 300;
/// Patterns of the first working set.
const FIRST: usize = 16;
/// Fewest patterns added at a time.
const FEWEST: usize = 20;
/// A working set is solved to this share of the gap that stands.
const SHARE: f64 = 0.3;
/// Most rounds: far above what a few dozen patterns a round need.
const MOST_ROUNDS: usize = 200;

/// Whether to work on a subset of the patterns that grows by prices.
pub(crate) fn pays(programme: &Programme, settings: &ProgrammeSettings, choice: &Choice) -> bool {
    let p = programme.n_patterns();
    if p <= FIRST
        || choice.splitting == Splitting::ThreeBlock
        || settings.check_every == 0
        || settings.tol <= 0.0
    {
        return false;
    }
    match settings.working_set {
        Switch::On => true,
        Switch::Off => false,
        Switch::Auto => p >= MANY,
    }
}

/// After a limit all patterns are priced once more only where that takes no more than this, a tenth of
/// a second.
const LATE_FLOPS: f64 = 2e9;

/// Flops of a product with all patterns.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn price_flops(programme: &Programme) -> f64 {
    2.0 * (programme.n_samples() * programme.n_patterns()) as f64 * programme.rank() as f64
}

/// Solves on a working set of patterns, prices the others, adds the worst, until the gap over all
/// patterns is within the tolerance.
///
/// **Cost** the runs on the working sets, one product with all patterns a round, and a
/// projection for every pattern whose bare price exceeds the penalty.
/// **Source** column generation; the price of a pattern is the norm of the projection of its
/// gradient on its cone, whose multipliers also complete the certificate.
pub(crate) fn solve(
    tracker: &mut Tracker<'_>,
    choice: &mut Choice,
    warm: Option<&WarmStart>,
) -> Result<Solution, ProgrammeError> {
    let programme = tracker.programme;
    let settings = tracker.settings;
    let patterns = programme.n_patterns();
    let mut set = Set::first(programme, warm);
    let mut warm = warm.map(|w| set.restrict(programme, w));
    let mut totals = Totals::default();
    let mut status = Status::IterationLimit;
    let mut precision = Precision::F64;
    let mut largest = set.members.len();
    let mut tol = SHARE;
    let (mut inside, mut why) = (None, String::new());
    for _ in 0..MOST_ROUNDS {
        let part = programme.select(&set.members);
        let left = settings.max_iters.saturating_sub(totals.iterations);
        let inner = ProgrammeSettings {
            tol,
            max_iters: left,
            working_set: Switch::Off,
            settle: None,
            ..settings.clone()
        };
        let control = tracker.control;
        let before = totals.iterations;
        let mut relay = Relay {
            tracker: &mut *tracker,
            before,
        };
        let outcome = choose(&part, &inner).and_then(|mut inner_choice| {
            let mut inner_tracker = Tracker::new(&part, &inner, control, &mut relay);
            let solution = run(&mut inner_tracker, &mut inner_choice, warm.as_ref())?;
            Ok(solution)
        });
        let solution = match outcome {
            Ok(solution) => solution,
            Err(error)
                if tracker.progressed(&totals)
                    && (is_breakdown(&error) || matches!(error, ProgrammeError::Memory { .. })) =>
            {
                why = format!("; stopped ({error}): the best point so far");
                status = Status::Stalled;
                break;
            }
            Err(error) => return Err(error),
        };
        // where the next round starts, or the next run: of the members of this one
        warm = Some(solution.warm_start.clone());
        totals.iterations += solution.iterations;
        totals.newton_steps += solution.newton_steps;
        totals.inner_iterations += solution.inner_iterations;
        totals.factorisations += solution.factorisations;
        #[expect(clippy::cast_precision_loss, reason = "pattern counts")]
        let share = set.members.len() as f64 / patterns as f64;
        totals.products += share * solution.products + 1.0;
        totals.seconds.add(&solution.seconds);
        totals.polish_seconds += solution.polish_seconds;
        precision = solution.precision;
        inside = Some(solution.choice.clone());

        let begun = control.seconds();
        let point = FeasiblePoint::from_point(programme, &set.spread(programme, &solution.point));
        let active = point.active;
        tracker.offer_point(point);
        if let Some(halt) = control.halt()
            && price_flops(programme) > LATE_FLOPS
        {
            // the bound stays that of the last prices
            totals.seconds.monitor += control.seconds() - begun;
            tracker.before = totals.iterations;
            tracker.conclude(0);
            status = halt.into();
            break;
        }
        let prices = set.price(programme, &solution, control);
        tracker.offer_certificate(prices.certificate);
        totals.seconds.monitor += control.seconds() - begun;
        tracker.before = totals.iterations;
        let concluded = tracker.conclude(0);
        if tracker.gap() <= TOLERANCE_MARGIN * settings.tol {
            status = Status::Converged;
            break;
        }
        let halted = matches!(
            solution.status,
            Status::TimeLimit | Status::Interrupted | Status::IterationLimit
        );
        if halted || totals.iterations >= settings.max_iters {
            status = if halted {
                solution.status
            } else {
                Status::IterationLimit
            };
            break;
        }
        let added = set.grow(programme, &prices.sizes, active.max(FEWEST));
        warm = Some(set.extend(programme, &solution.warm_start));
        largest = largest.max(set.members.len());
        let tightest = 0.5 * SHARE * settings.tol;
        if added == 0 && (solution.status == Status::Stalled || tol <= tightest)
            || concluded == Verdict::Stop(Status::Stalled)
        {
            status = Status::Stalled;
            break;
        }
        tol = (SHARE * tracker.gap())
            .min(if added == 0 { 0.3 * tol } else { tol })
            .max(tightest);
    }
    choice.reason.push_str(&format!(
        "; working set of at most {largest} of {patterns} patterns{why}"
    ));
    if let Some(inside) = inside {
        choice.follow(&inside, "in its last round");
        choice.precision = inside.precision;
    }
    let start = warm.map(|w| set.spread_warm(programme, &w));
    Ok(answer(tracker, choice, totals, status, start, precision))
}

fn empty(programme: &Programme) -> WarmStart {
    WarmStart {
        rho: crate::two_block::first_rho(programme),
        z: vec![0.0; programme.rank() * programme.n_blocks()],
        multipliers: Multipliers::none(programme.n_blocks()),
        split: None,
    }
}

/// Passes iterations on; the checks of a part say nothing of the whole.
struct Relay<'r, 'a> {
    tracker: &'r mut Tracker<'a>,
    before: usize,
}

impl Observer for Relay<'_, '_> {
    fn iteration(&mut self, iteration: usize) -> bool {
        self.tracker.before = self.before;
        self.tracker.go_on(iteration)
    }

    fn check(&mut self, _check: &Check<'_>) {}
}

/// What every pattern's blocks cost.
struct Prices {
    /// `min_alpha |s R'D theta + R'(2D - I) alpha|` of every block outside
    /// the set, or a little above it; 0 inside.
    sizes: Vec<f64>,
    certificate: ProgrammeCertificate,
}

struct Set {
    members: Vec<usize>,
    /// Multipliers of the blocks outside, from the last pricing: the start of the next.
    outside: Multipliers,
}

impl Set {
    /// The patterns of the largest `|R' D y|`, and those a warm start uses.
    fn first(programme: &Programme, warm: Option<&WarmStart>) -> Self {
        let (rank, patterns) = (programme.rank(), programme.n_patterns());
        let price = prices(programme, programme.target());
        let mut order: Vec<usize> = (0..patterns).collect();
        // the largest of its outputs
        let mut sizes = vec![0.0_f64; patterns];
        for (k, part) in price.chunks_exact(rank.max(1)).enumerate() {
            sizes[k % patterns] = sizes[k % patterns].max(norm(part));
        }
        order.sort_by(|&a, &b| sizes[b].total_cmp(&sizes[a]).then(a.cmp(&b)));
        order.truncate(FIRST);
        if let Some(warm) = warm {
            for b in 0..programme.n_blocks() {
                let used = warm.z[b * rank..(b + 1) * rank].iter().any(|x| *x != 0.0);
                if used && !order.contains(&programme.pattern(b)) {
                    order.push(programme.pattern(b));
                }
            }
        }
        Self {
            members: order,
            outside: Multipliers::none(programme.n_blocks()),
        }
    }

    /// Blocks of the part and the block of the whole that each is.
    fn blocks<'s>(&'s self, programme: &'s Programme) -> impl Iterator<Item = (usize, usize)> + 's {
        let signs = programme.n_blocks() / programme.n_patterns().max(1);
        (0..signs).flat_map(move |s| {
            let (part, whole) = (s * self.members.len(), s * programme.n_patterns());
            self.members
                .iter()
                .enumerate()
                .map(move |(k, &p)| (part + k, whole + p))
        })
    }

    fn restrict(&self, programme: &Programme, warm: &WarmStart) -> WarmStart {
        let rank = programme.rank();
        let count = self.blocks(programme).count();
        let mut out = WarmStart {
            rho: warm.rho,
            z: vec![0.0; rank * count],
            multipliers: Multipliers::none(count),
            split: warm.split.clone(),
        };
        for (part, whole) in self.blocks(programme) {
            out.z[part * rank..(part + 1) * rank]
                .copy_from_slice(&warm.z[whole * rank..(whole + 1) * rank]);
            if let Some(rows) = warm.multipliers.blocks.get(whole) {
                out.multipliers.blocks[part].clone_from(rows);
            }
        }
        out
    }

    fn spread(&self, programme: &Programme, point: &FeasiblePoint) -> Vec<f64> {
        let rank = programme.rank();
        let mut v = vec![0.0; rank * programme.n_blocks()];
        for (part, whole) in self.blocks(programme) {
            for k in 0..rank {
                v[whole * rank + k] = point.v[(k, part)];
            }
        }
        v
    }

    fn spread_warm(&self, programme: &Programme, warm: &WarmStart) -> WarmStart {
        let rank = programme.rank();
        let mut out = WarmStart {
            rho: warm.rho,
            split: warm.split.clone(),
            ..empty(programme)
        };
        for (part, whole) in self.blocks(programme) {
            if warm.z.len() >= (part + 1) * rank {
                out.z[whole * rank..(whole + 1) * rank]
                    .copy_from_slice(&warm.z[part * rank..(part + 1) * rank]);
            }
            if let Some(rows) = warm.multipliers.blocks.get(part) {
                out.multipliers.blocks[whole].clone_from(rows);
            }
        }
        out
    }

    /// The warm start of the set before it grew, with zero blocks for the new members.
    fn extend(&self, programme: &Programme, warm: &WarmStart) -> WarmStart {
        let (rank, count) = (programme.rank(), self.members.len());
        let signs = programme.n_blocks() / programme.n_patterns().max(1);
        let old = warm.z.len() / (rank.max(1) * signs);
        let mut out = WarmStart {
            rho: warm.rho,
            z: vec![0.0; rank * count * signs],
            multipliers: Multipliers::none(count * signs),
            split: warm.split.clone(),
        };
        for s in 0..signs {
            for k in 0..old {
                let (from, to) = (s * old + k, s * count + k);
                out.z[to * rank..(to + 1) * rank]
                    .copy_from_slice(&warm.z[from * rank..(from + 1) * rank]);
                if let Some(rows) = warm.multipliers.blocks.get(from) {
                    out.multipliers.blocks[to].clone_from(rows);
                }
            }
        }
        out
    }

    /// Prices of all blocks outside the set at the part's dual point, and the bound of the whole.
    fn price(
        &mut self,
        programme: &Programme,
        solution: &Solution,
        control: Control<'_>,
    ) -> Prices {
        let (rank, patterns) = (programme.rank(), programme.n_patterns());
        let theta = &solution.certificate.theta;
        let gradient = prices(programme, theta);
        // a block's part of it, without its sign
        let bare = |b: usize| {
            let from = (programme.output(b) * patterns + programme.pattern(b)) * rank;
            &gradient[from..from + rank]
        };
        let mut inside = vec![false; programme.n_blocks()];
        let mut multipliers = Multipliers::none(programme.n_blocks());
        for (part, whole) in self.blocks(programme) {
            inside[whole] = true;
            if let Some(rows) = solution.certificate.multipliers.blocks.get(part) {
                multipliers.blocks[whole].clone_from(rows);
            }
        }
        let mut sizes: Vec<f64> = (0..programme.n_blocks())
            .map(|b| if inside[b] { 0.0 } else { norm(bare(b)) })
            .collect();
        // blocks of a pattern, over its signs and outputs
        let layers = programme.n_blocks() / patterns;
        if has_cones(programme) {
            // only where the bare norm does not settle it: the projection of the gradient on the cone
            let dear: Vec<usize> = (0..patterns)
                .filter(|&p| {
                    let mut all = (0..layers).map(|s| sizes[s * patterns + p]);
                    all.any(|size| size > programme.beta_sum())
                })
                .collect();
            for chunk in dear.chunks(256) {
                // a block without multipliers is priced higher, and still from above
                if control.halt().is_some() {
                    break;
                }
                let masks = programme.masks().select(chunk);
                let mut cone = ConeGroup::new(programme.data(), &masks, 0.0)
                    .outputs(programme.outputs())
                    .controlled(control);
                cone.set_penalty(1.0);
                let mut z = vec![0.0; layers * rank * chunk.len()];
                let mut known = Vec::with_capacity(layers * chunk.len());
                for s in 0..layers {
                    for (k, &p) in chunk.iter().enumerate() {
                        let (part, whole) = (s * chunk.len() + k, s * patterns + p);
                        let sign = programme.sign(whole);
                        let z = &mut z[part * rank..(part + 1) * rank];
                        for (z, g) in z.iter_mut().zip(bare(whole)) {
                            *z = sign * g;
                        }
                        known.push(self.outside.blocks[whole].clone());
                    }
                }
                cone.warm_start(&known);
                // a few rounds: any multipliers price from above, and these start the next pricing
                let mut v = vec![0.0; z.len()];
                cone.apply(&z, &mut v);
                let found = CertifiedProx::<f64>::multipliers(&cone);
                for (k, &p) in chunk.iter().enumerate() {
                    for s in 0..layers {
                        let (part, whole) = (s * chunk.len() + k, s * patterns + p);
                        sizes[whole] = norm(&v[part * rank..(part + 1) * rank]);
                        self.outside.blocks[whole].clone_from(&found.blocks[part]);
                        multipliers.blocks[whole].clone_from(&found.blocks[part]);
                    }
                }
            }
        } else {
            multipliers = Multipliers::default();
        }
        let certificate = ProgrammeCertificate::evaluate(programme, theta.clone(), multipliers);
        Prices { sizes, certificate }
    }

    /// Adds the patterns priced above the penalty, the dearest first; how many.
    fn grow(&mut self, programme: &Programme, sizes: &[f64], most: usize) -> usize {
        let patterns = programme.n_patterns();
        let dearest = |p: usize| {
            sizes[p..]
                .iter()
                .step_by(patterns)
                .copied()
                .fold(0.0, f64::max)
        };
        let mut order: Vec<usize> = (0..patterns)
            .filter(|&p| {
                dearest(p) > programme.beta_sum() * (1.0 + 1e-12) && !self.members.contains(&p)
            })
            .collect();
        order.sort_by(|&a, &b| dearest(b).total_cmp(&dearest(a)).then(a.cmp(&b)));
        order.truncate(most);
        self.members.extend_from_slice(&order);
        order.len()
    }
}
