use admm::{
    AdmmError, AdmmSettings, AdmmState, CheckedAdmmSettings, GroupNorm, HostIteration, Iterate,
    Iteration, PenaltyRule, PrimalError, Proximal, Residuals, Status, Verdict,
};
use crelu_core::Backend;
use linalg_core::{LinalgError, LinearOperator, MaskedBlocks, Real, SettingsError};
use num_traits::Float;

use crate::certificate::{Multipliers, ProgrammeCertificate};
use crate::choice::{Choice, Form, Method};
use crate::device::DeviceIteration;
use crate::error::{ProgrammeError, ProgrammeSetting, is_of_device};
use crate::feasible_point::FeasiblePoint;
use crate::power_method::largest_singular_value;
use crate::primal::{OnDevice, System, by_columns, failed};
use crate::programme::{Programme, has_cones};
use crate::solution::WarmStart;
use crate::source_system::SourceSystem;
use crate::sparse_network::SparseNetwork;
use crate::three_primal::{ConeBasis, ThreeBlockInner, ThreeBlockPrimal};
use crate::tracker::{Totals, Tracker};
use crate::two_block::{first_rho, zero_start};

/// The scale of the cone copy: this over the largest singular value of the data.
const TAU: f64 = 10.0;
/// Power iterations for that singular value: two digits are enough for a scale.
const POWER: usize = 30;
/// Iterations of the start on thin cones before the two-block form takes over.
const CHANGE_OVER: usize = 50;
/// Iterations after which the network of the sparse copies is looked at, between the checks.
const EARLY: usize = 2;
/// From this many rows on `rho` changes less often: a factorisation costs ten iterations.
const LARGE: usize = 2000;
/// A check costs two and a half iterations here: every so many times the set interval.
const CHECK_FACTOR: usize = 5;

/// The penalty of the three-block form: block soft-thresholding of the first copy, the
/// non-negative part of the cone copy.
#[derive(Debug, Clone)]
pub struct ThreeBlockProx<T> {
    group: GroupNorm<T>,
    cone: usize,
}

impl<T: Real> ThreeBlockProx<T> {
    /// `blocks` groups of `rank` numbers, and `cone` numbers of the cone copy.
    ///
    /// # Errors
    /// [`SettingsError`] for a weight that is negative or not finite.
    pub fn new(rank: usize, blocks: usize, cone: usize, weight: T) -> Result<Self, SettingsError> {
        Ok(Self {
            group: GroupNorm::new(rank, blocks, weight)?,
            cone,
        })
    }
}

impl<T: Real> Proximal<T> for ThreeBlockProx<T> {
    fn dim(&self) -> usize {
        self.group.dim() + self.cone
    }

    fn set_penalty(&mut self, rho: T) {
        self.group.set_penalty(rho);
    }

    fn apply(&mut self, z: &[T], v: &mut [T]) {
        let split = self.group.dim();
        self.group.apply(&z[..split], &mut v[..split]);
        for (out, x) in v[split..].iter_mut().zip(&z[split..]) {
            *out = Float::max(*x, T::of(0.0));
        }
    }

    fn value(&self, v: &[T]) -> f64 {
        self.group.value(&v[..self.group.dim()])
    }

    fn shrinkage(&self, v: &[T]) -> Option<f64> {
        self.group.shrinkage(&v[..self.group.dim()])
    }
}

/// The operator the loop asks for images of `z` and `v`: the three-block primal step reads
/// neither, so none is computed.
struct Unread {
    rows: usize,
    cols: usize,
}

impl<T: Real> LinearOperator<T> for Unread {
    fn rows(&self) -> usize {
        self.rows
    }
    fn cols(&self) -> usize {
        self.cols
    }
    fn apply(&self, _x: &[T], y: &mut [T], _scratch: &mut [T]) {
        y.fill(T::of(0.0));
    }
    fn apply_adjoint(&self, _y: &[T], x: &mut [T], _scratch: &mut [T]) {
        x.fill(T::of(0.0));
    }
}

/// The three-block iteration; with `change_over` it ends as stalled, with a start for the
/// two-block form, after a few dozen iterations.
pub(crate) fn run<T: Real>(
    tracker: &mut Tracker<'_>,
    totals: &mut Totals,
    choice: &mut Choice,
    change_over: bool,
) -> Result<(Status, WarmStart), ProgrammeError> {
    let programme = tracker.programme;
    let control = tracker.control;
    let begun = control.seconds();
    let data = programme.data_as::<T>();
    let target: Vec<T> = programme.target().iter().map(|&y| T::of(y)).collect();
    let tau = TAU / largest_singular_value(data, POWER).max(f64::MIN_POSITIVE);
    let rho = first_rho(programme);
    let halted = || {
        let status = control.halt().map_or(Status::Interrupted, Status::from);
        Ok((status, zero_start(programme)))
    };
    let basis = match ConeBasis::new(data, programme.activation(), T::of(tau), &control) {
        Ok(basis) => basis,
        Err(PrimalError::Linalg(LinalgError::Halted)) => return halted(),
        Err(error) => return Err(failed(error)),
    };
    let masks = programme.masks();
    let system = System::new(basis.data(), masks, programme.lift(), choice.backend);
    let large = programme.n_samples() >= LARGE;
    let (first, growth, band) = if large { (10, 2.5, 2.0) } else { (5, 2.0, 1.5) };
    let limit = tracker.settings.max_iters.saturating_sub(totals.iterations);
    let most = match change_over {
        true => limit.min(CHANGE_OVER),
        false => limit,
    };
    let settings = AdmmSettings::default()
        .penalty_schedule(first, growth, band)
        .max_iters(most)
        .anderson(0)
        .penalty_rule(PenaltyRule::Balance)
        .check()
        .map_err(|_| ProgrammeError::Setting {
            setting: ProgrammeSetting::Iteration,
            problem: "settings out of range",
        })?;
    let job = Job {
        settings: &settings,
        changes_at: (change_over && most < limit).then_some(most),
        tau,
        begun,
    };
    if choice.backend == Backend::Wgpu {
        let narrow: Vec<f32> = target.iter().map(|y| f32::of(y.wide())).collect();
        // its rows are the columns of the transposed
        let inverse = basis.inverse();
        let inverse = inverse.map(|inverse| by_columns(inverse.transpose()));
        let built = system.iteration_on_device(
            choice,
            tracker.settings,
            (rho, control),
            &OnDevice {
                target: &narrow,
                inverse: inverse.as_deref(),
                tau,
                weight: programme.beta_sum(),
                relaxation: settings.get().relaxation,
            },
        );
        return match built {
            Ok(DeviceIteration {
                mut iteration,
                note,
            }) => {
                choice.note(note);
                job.run(iteration.as_mut(), tracker, totals)
            }
            Err(ProgrammeError::Linalg(LinalgError::Halted)) => halted(),
            Err(error) => Err(error),
        };
    }
    let source = choice.form == Form::Full
        && has_cones(programme)
        && matches!(
            choice.method,
            Method::Cg | Method::PcgJacobi | Method::PcgNystrom
        );
    let built = if source {
        let (method, tau) = (choice.method, T::of(tau));
        SourceSystem::new(
            MaskedBlocks::new(data, masks),
            &target,
            tau,
            method,
            tracker.settings,
            rho,
            control,
        )
        .map(|(system, note)| (ThreeBlockInner::Source(Box::new(system)), note))
    } else {
        system
            .build(choice, tracker.settings, rho, control)
            .map(|built| (ThreeBlockInner::Basis(built.primal), built.note))
    };
    let inner = match built {
        Ok((inner, note)) => {
            choice.note(note);
            inner
        }
        Err(ProgrammeError::Linalg(LinalgError::Halted)) => return halted(),
        Err(error) => return Err(error),
    };
    let mut primal = ThreeBlockPrimal::new(&basis, masks, &target, inner);
    let (n, blocks) = (programme.n_samples(), programme.n_blocks());
    let cone = if has_cones(programme) { n * blocks } else { 0 };
    let weight = T::of(programme.beta_sum());
    let mut prox =
        ThreeBlockProx::new(programme.rank(), blocks, cone, weight).map_err(AdmmError::from)?;
    let operator = Unread {
        rows: n,
        cols: prox.dim(),
    };
    let mut state = AdmmState::zero(n, prox.dim(), T::of(rho));
    let mut problem = admm::Splitting {
        operator: &operator,
        primal: &mut primal,
        prox: &mut prox,
    };
    let mut iteration = HostIteration::new(&mut problem, &settings, &mut state)?;
    job.run(&mut iteration, tracker, totals)
}

/// A run of the iteration, wherever its vectors are.
struct Job<'j> {
    settings: &'j CheckedAdmmSettings,
    /// The iteration at which the two-block form takes over.
    changes_at: Option<usize>,
    tau: f64,
    /// When it was begun to be built.
    begun: f64,
}

impl Job<'_> {
    fn run<U: Real, I: Iteration<U> + ?Sized>(
        &self,
        iteration: &mut I,
        tracker: &mut Tracker<'_>,
        totals: &mut Totals,
    ) -> Result<(Status, WarmStart), ProgrammeError> {
        let programme = tracker.programme;
        let control = tracker.control;
        totals.seconds.setup += control.seconds() - self.begun;
        let mut monitor = DenseMonitor {
            tracker: &mut *tracker,
            tau: self.tau,
            iteration: 0,
            checked: 0,
            products: 0.0,
        };
        let mut observe = |iteration: &mut I, residuals: &Residuals| match monitor.due() {
            Look::Away => Ok(Verdict::Continue),
            Look::NoMore => Ok(Verdict::Stop(Status::Interrupted)),
            Look::Network => {
                monitor.offer(iteration.penalised()?);
                Ok(Verdict::Continue)
            }
            Look::Check => Ok(monitor.look(&iteration.iterate()?, residuals)),
        };
        let outcome = admm::drive(iteration, self.settings, &control, &mut observe);
        let reached_change = outcome.as_ref().is_ok_and(|solution| {
            solution.status == Status::IterationLimit
                && Some(solution.iterations) == self.changes_at
        });
        if let Ok(solution) = &outcome
            && monitor.checked != solution.iterations
            && !reached_change
        {
            let begun = control.seconds();
            monitor.check(&iteration.iterate()?);
            monitor.tracker.conclude(solution.iterations);
            totals.seconds.monitor += control.seconds() - begun;
        }
        totals.products += monitor.products;
        if outcome.as_ref().is_err_and(is_of_device) {
            totals.iterations += monitor.iteration;
            monitor.tracker.before += monitor.iteration;
        }
        let solution = outcome?;
        #[expect(clippy::cast_precision_loss, reason = "an iteration count")]
        let made = solution.iterations as f64;
        totals.products += if has_cones(programme) {
            6.0 * made
        } else {
            2.0 * made
        };
        totals.add(&solution);
        tracker.before += solution.iterations;
        let status = match reached_change {
            true => Status::Stalled,
            false => solution.status,
        };
        Ok((
            status,
            next_start(programme, &iteration.iterate()?, self.tau),
        ))
    }
}

/// `z_b = v_b + s_b C_b / rho` and the multipliers of the cone copy, the largest first.
fn next_start<T: Real>(programme: &Programme, state: &Iterate<'_, T>, tau: f64) -> WarmStart {
    let (rank, n, blocks) = (
        programme.rank(),
        programme.n_samples(),
        programme.n_blocks(),
    );
    let rho = state.rho.wide();
    let theta: Vec<f64> = programme
        .target()
        .iter()
        .zip(state.fu)
        .map(|(y, p)| y - p.wide())
        .collect();
    let masked = programme.blocks();
    let mut price = vec![0.0; masked.cols()];
    masked.apply_adjoint(&theta, &mut price, &mut vec![0.0; masked.scratch_len()]);
    let mut z = vec![0.0; rank * blocks];
    let mut multipliers = Multipliers::none(blocks);
    for b in 0..blocks {
        let p = programme.pattern(b);
        for k in 0..rank {
            z[b * rank + k] =
                state.v[b * rank + k].wide() + programme.sign(b) * price[p * rank + k] / rho;
        }
        if has_cones(programme) {
            let alpha = cone_multipliers(state, rank * blocks + b * n, n, tau * rho);
            let mut rows: Vec<(usize, f64)> = alpha.enumerate().filter(|&(_, a)| a > 0.0).collect();
            rows.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            multipliers.blocks[b] = rows;
        }
    }
    WarmStart {
        rho,
        z,
        multipliers,
        split: None,
    }
}

/// `alpha = rho tau (s - z_s)`, non-negative.
fn cone_multipliers<'s, T: Real>(
    state: &Iterate<'s, T>,
    from: usize,
    n: usize,
    scale: f64,
) -> impl Iterator<Item = f64> + use<'s, T> {
    let (s, z) = (&state.v[from..from + n], &state.z[from..from + n]);
    s.iter()
        .zip(z)
        .map(move |(s, z)| (scale * (*s - *z).wide()).max(0.0))
}

/// What an iterate is looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Nothing.
    Away,
    /// The caller wants no more of them.
    NoMore,
    /// The network of the sparse copies alone.
    Network,
    /// Everything.
    Check,
}

struct DenseMonitor<'m, 'a> {
    tracker: &'m mut Tracker<'a>,
    tau: f64,
    iteration: usize,
    checked: usize,
    products: f64,
}

impl DenseMonitor<'_, '_> {
    /// Counts an iteration; what it is to be looked at for, before anything of it is read.
    fn due(&mut self) -> Look {
        self.iteration += 1;
        if !self.tracker.go_on(self.iteration) {
            return Look::NoMore;
        }
        let every = CHECK_FACTOR * self.tracker.settings.check_every;
        if every > 0 && self.iteration.is_multiple_of(every) {
            return Look::Check;
        }
        let serves = every > 0
            && self.iteration.is_multiple_of(EARLY)
            && SparseNetwork::serves(self.tracker.programme);
        match serves {
            true => Look::Network,
            false => Look::Away,
        }
    }

    /// Looks at the network of the sparse copies.
    fn offer<T: Real>(&mut self, v: &[T]) {
        let split = self.tracker.programme.rank() * self.tracker.programme.n_blocks();
        let v: Vec<f64> = v[..split].iter().map(|x| x.wide()).collect();
        self.tracker.offer_network(&v);
        self.tracker.show(self.iteration);
        self.products += 1.0;
    }

    fn look<T: Real>(&mut self, state: &Iterate<'_, T>, residuals: &Residuals) -> Verdict {
        self.check(state);
        self.tracker.moved(state.rho.wide(), residuals);
        self.tracker.conclude(self.iteration)
    }

    fn check<T: Real>(&mut self, state: &Iterate<'_, T>) {
        self.checked = self.iteration;
        let programme = self.tracker.programme;
        let (rank, n, blocks) = (
            programme.rank(),
            programme.n_samples(),
            programme.n_blocks(),
        );
        let theta: Vec<f64> = programme
            .target()
            .iter()
            .zip(state.fu)
            .map(|(y, p)| y - p.wide())
            .collect();
        if has_cones(programme) {
            let scale = self.tau * state.rho.wide();
            let alpha: Vec<f64> =
                cone_multipliers(state, rank * blocks, n * blocks, scale).collect();
            let bound = ProgrammeCertificate::evaluate_dense(programme, &theta, &alpha);
            self.products += 3.0;
            if bound > self.tracker.certificate.bound {
                let blocks = alpha.chunks_exact(n).map(|column| {
                    column
                        .iter()
                        .copied()
                        .enumerate()
                        .filter(|&(_, a)| a > 0.0)
                        .collect()
                });
                let multipliers = Multipliers {
                    blocks: blocks.collect(),
                };
                self.tracker.offer_certificate(ProgrammeCertificate {
                    theta,
                    multipliers,
                    bound,
                });
            }
        } else {
            let certificate =
                ProgrammeCertificate::evaluate(programme, theta, Multipliers::default());
            self.products += 1.0;
            self.tracker.offer_certificate(certificate);
        }
        let v: Vec<f64> = state.v[..rank * blocks].iter().map(|x| x.wide()).collect();
        if SparseNetwork::serves(programme) {
            self.tracker.offer_network(&v);
        }
        self.tracker
            .offer_point(FeasiblePoint::from_point(programme, &v));
    }
}
