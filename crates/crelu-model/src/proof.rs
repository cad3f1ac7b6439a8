use crelu_bound::{
    BoundError, BoundProblem, CertificateFile, Completion, KnownNetwork, ProofProgress,
    ProofSettings, TrainedNetwork, prove_trained,
};
use faer::Mat;
use linalg_core::Control;

use crate::error::FitError;
use crate::fit::{Fit, FitObserver, Progress};
use crate::global::{GlobalProblem, Neurons, correct_weights, merge, slide};
use crate::network::Network;
use crate::prepared::Prepared;
use crate::programme::{Activation, relative_gap};
use crate::report::{HistoryEntry, Report, TrainMode};
use crate::settings::FitSettings;

/// How much is done for a proven bound over all networks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Prove {
    /// Nothing.
    Never,
    /// Global mode: the quick bound where it is cheap, and the prices of all neurons where the
    /// data lie in up to six dimensions. Sampled mode: nothing.
    #[default]
    Quick,
    /// The quick bound whatever it costs, in sampled mode too, and so many seconds for a tighter
    /// one.
    Seconds(f64),
}

/// Adds to a fit what can be proven of it.
pub(crate) fn prove_fit(
    prepared: &Prepared,
    settings: &FitSettings,
    fit: &mut Fit,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Result<(), FitError> {
    let proofs = ProofSettings::default().memory(settings.programme.memory_limit);
    let proofs = match settings.prove {
        Prove::Never => return Ok(()),
        Prove::Quick if fit.report.train_mode() == TrainMode::Sampled => return Ok(()),
        Prove::Quick => proofs.flops(flops_unasked(&fit.report)),
        Prove::Seconds(seconds) => proofs.seconds(seconds),
    };
    // a bound for the squared loss is none for another
    if !prepared.is_plain_squared() {
        return Ok(());
    }
    // no proof begins after the limit; one of numbers that lost digits on their way in is one of others
    let provable = prepared.exact && settings.activation == Activation::Relu;
    if !provable || control.halt().is_some() {
        return Ok(());
    }
    let begun = control.seconds();
    observer.progress(Progress::Doing("proving a bound"));
    let beta = fit.report.beta;
    let problem = match BoundProblem::new(prepared.inputs.transpose(), &prepared.target, beta) {
        Ok(problem) => problem,
        // without a penalty there is nothing to prove
        Err(BoundError::Beta(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let objective = fit.report.objective_network;
    let network = &fit.model.network;
    let mut completion = EngineNetwork {
        prepared,
        network,
        threshold: problem.threshold(),
        state: None,
    };
    let trained = TrainedNetwork {
        network: KnownNetwork {
            hidden: network.hidden.as_ref(),
            output: &network.output,
        },
        objective,
        completion: &mut completion,
    };
    let mut course = Course {
        trained: trained_entry(&fit.report),
        entries: Vec::new(),
        control,
        observer,
    };
    let proven = prove_trained(
        &problem,
        trained,
        &proofs.check()?,
        control,
        &mut |progress| course.note(progress),
    )?;
    fit.report.history.extend(course.entries);
    if let Some(proven) = proven {
        let bound = proven.bound.value;
        fit.report.proven_bound = Some(bound);
        fit.report.proven_gap = Some(relative_gap(objective, bound));
        fit.report.proof = Some(proven.certificate.proof.kind());
        let file = CertificateFile::new(&problem, proven.certificate, &proven.bound);
        fit.certificate = Some(file);
    }
    fit.report.seconds.proof = control.seconds() - begun;
    fit.report.seconds.total = control.seconds();
    Ok(())
}

/// Unless it is asked for, the quick bound may take this share of the training's flops ...
const SHARE: f64 = 0.1;
/// ... or this many, a fifth of a second of two cores, whichever is more.
const FREE_FLOPS: f64 = 3e10;
/// Its small products run at a quarter of the rate of the training's, at most: one of its flops counts
/// for so many of those.
const SLOWER: f64 = 4.0;

/// Flops of its own that the quick bound may take unasked.
fn flops_unasked(report: &Report) -> f64 {
    let training = report.work.map_or(0.0, |work| work.flops);
    (SHARE * training).max(FREE_FLOPS) / SLOWER
}

/// What the history says of the returned network, whose training is over.
fn trained_entry(report: &Report) -> HistoryEntry {
    let mut entry = HistoryEntry::of(
        (report.iterations, report.seconds.total),
        report.objective_network,
        report.neurons,
        report.train,
        report.test,
    );
    entry.dual_bound = Some(report.dual_bound);
    entry.gap = Some(report.gap);
    entry
}

/// The bounds in the order in which they were proven.
struct Course<'a> {
    trained: HistoryEntry,
    entries: Vec<HistoryEntry>,
    control: &'a Control<'a>,
    observer: &'a mut dyn FitObserver,
}

impl Course<'_> {
    /// Records a better bound; `false`: the caller has enough.
    fn note(&mut self, progress: ProofProgress) -> bool {
        let ProofProgress::Better(bound) = progress else {
            return self.observer.progress(Progress::Proof(progress));
        };
        self.entries.push(HistoryEntry {
            seconds: self.control.seconds(),
            proven_bound: Some(bound),
            ..self.trained
        });
        let gap = relative_gap(self.trained.objective_network, bound);
        self.observer.progress(Progress::Proven { bound, gap })
    }
}

/// Iterations of the slide that follows a neuron.
const SLIDE: usize = 200;

/// A trained network that the engine of global training completes, in the coordinates of the data's row
/// space; nothing is made before it is asked for.
struct EngineNetwork<'a> {
    prepared: &'a Prepared,
    network: &'a Network,
    threshold: f64,
    state: Option<(GlobalProblem, Neurons)>,
}

impl EngineNetwork<'_> {
    fn state(&mut self) -> Option<&mut (GlobalProblem, Neurons)> {
        if self.state.is_none() {
            let space = &self.prepared.space;
            // few columns: a sampled fit has given its own away
            let rows = space.reduce(self.prepared.inputs.as_ref());
            let target = self.prepared.target.clone();
            let problem = GlobalProblem::new(rows, target, self.threshold).ok()?;
            let neurons = Neurons::from_network(&Network {
                hidden: space.reduce(self.network.hidden.as_ref()),
                output: self.network.output.clone(),
                n_outputs: self.network.n_outputs,
                gates: None,
            });
            self.state = Some((problem, neurons));
        }
        self.state.as_mut()
    }
}

impl Completion for EngineNetwork<'_> {
    fn theta(&mut self) -> Option<Vec<f64>> {
        let (problem, neurons) = self.state()?;
        Some(problem.theta(&neurons.fitted(problem)))
    }

    fn take_in(&mut self, direction: &[f64], sign: f64, control: &Control<'_>) {
        let space = &self.prepared.space;
        let column = Mat::from_fn(direction.len(), 1, |k, _| direction[k]);
        let reduced = space.reduce(column.as_ref());
        let reduced: Vec<f64> = (0..reduced.nrows()).map(|k| reduced[(k, 0)]).collect();
        let Some((problem, neurons)) = self.state() else {
            return;
        };
        neurons.push(&reduced, sign, 0.0);
        correct_weights(problem, neurons, control);
        merge(problem, neurons);
        slide(problem, neurons, SLIDE, control);
        correct_weights(problem, neurons, control);
    }
}
