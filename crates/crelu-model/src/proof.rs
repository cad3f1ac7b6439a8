use std::sync::Arc;

use crelu_bound::{
    BoundError, BoundLoss, BoundProblem, CertificateFile, Completion, KnownNetwork, ProofProgress,
    ProofSettings, TrainedNetwork, prove_trained,
};
use crelu_core::Loss;
use faer::Mat;
use linalg_core::{Control, DenseRows};

use crate::class_weight::ClassWeight;
use crate::error::FitError;
use crate::fit::fitted::Fit;
use crate::fit::observer::{FitObserver, Progress};
use crate::prepared::Prepared;
use crate::report::{HistoryEntry, Report, TrainMode};
use crate::settings::{FitSettings, Prove};
use crelu_convex::{Activation, relative_gap};
use crelu_core::Network;
use crelu_global::{GlobalProblem, Neurons, correct_weights, merge, slide};

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
    if settings.activation == Activation::Relu && prepared.outputs() > 1 {
        observer.progress(Progress::NoProof(
            "it can be had of one output only: of several, the relaxations bound no price",
        ));
        return Ok(());
    }
    if prepared.sparse.is_some() {
        observer.progress(Progress::NoProof(
            "the relaxations need dense rows, and these are trained on sparse",
        ));
        return Ok(());
    }
    let Some(loss) = BoundLoss::of(prepared.learnt.targets.kind()) else {
        observer.progress(Progress::NoProof("there is none for this loss"));
        return Ok(());
    };
    // no proof begins after the limit; one of numbers that lost digits on their way in is one of others
    let provable = prepared.exact && settings.activation == Activation::Relu;
    if !provable || control.halt().is_some() {
        return Ok(());
    }
    let begun = control.seconds();
    observer.progress(Progress::Doing("proving a bound"));
    let beta = fit.report.beta;
    let rows = ProvenRows::new(prepared);
    let problem = match rows.problem(prepared, loss, beta) {
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
        rows: &rows,
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
        let mut file = CertificateFile::new(&problem, proven.certificate, &proven.bound);
        file.rows.clone_from(&rows.rows);
        if settings.class_weight != ClassWeight::Equal {
            file.class_weight = Some(settings.class_weight.to_json().to_string());
        }
        fit.certificate = Some(file);
    }
    fit.report.seconds.proof = control.seconds() - begun;
    fit.report.seconds.total = control.seconds();
    Ok(())
}

/// The training rows that a proof is about: those that weigh anything.
pub(crate) struct ProvenRows {
    /// Among the training rows.
    pub(crate) rows: Vec<usize>,
    /// Which columns of the inputs they are: equal rows may be one.
    columns: Vec<usize>,
    target: Vec<f64>,
    /// None: all weigh 1.
    weights: Option<Vec<f64>>,
    /// Those of them, where they are not all of the prepared inputs.
    inputs: Option<DenseRows<f64>>,
}

impl ProvenRows {
    fn new(prepared: &Prepared) -> Self {
        let targets = &prepared.learnt.targets;
        let all = targets.coded().targets(targets.kind());
        let mut out = Self::of(&all, targets.loss().as_ref());
        if let Some(place) = &prepared.place {
            out.columns = out.rows.iter().map(|&row| place[row]).collect();
        }
        let is_all = out
            .columns
            .iter()
            .enumerate()
            .all(|(i, column)| i == *column);
        if !is_all || out.columns.len() != prepared.inputs.n_rows() {
            out.inputs = Some(out.pick(&prepared.inputs));
        }
        out
    }

    /// Of coded targets and the loss of their rows; without inputs.
    pub(crate) fn of(target: &[f64], loss: &dyn Loss) -> Self {
        let rows: Vec<usize> = (0..loss.n_samples())
            .filter(|&row| loss.weight(row) > 0.0)
            .collect();
        let weights: Vec<f64> = rows.iter().map(|&row| loss.weight(row)).collect();
        Self {
            target: rows.iter().map(|&row| target[row]).collect(),
            weights: weights.iter().any(|w| *w != 1.0).then_some(weights),
            inputs: None,
            columns: rows.clone(),
            rows,
        }
    }

    /// These rows of the inputs.
    pub(crate) fn pick(&self, inputs: &DenseRows<f64>) -> DenseRows<f64> {
        inputs.select(&self.columns)
    }

    fn problem<'a>(
        &'a self,
        prepared: &'a Prepared,
        loss: BoundLoss,
        beta: f64,
    ) -> Result<BoundProblem<'a>, BoundError> {
        self.problem_of(self.inputs.as_ref().unwrap_or(&prepared.inputs), loss, beta)
    }

    pub(crate) fn problem_of<'a>(
        &'a self,
        inputs: &'a DenseRows<f64>,
        loss: BoundLoss,
        beta: f64,
    ) -> Result<BoundProblem<'a>, BoundError> {
        let problem =
            BoundProblem::new(inputs.matrix().transpose(), &self.target, beta)?.with_loss(loss)?;
        match &self.weights {
            Some(weights) => problem.with_weights(weights),
            None => Ok(problem),
        }
    }
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
    rows: &'a ProvenRows,
    threshold: f64,
    state: Option<(GlobalProblem, Neurons)>,
}

impl EngineNetwork<'_> {
    fn state(&mut self) -> Option<&mut (GlobalProblem, Neurons)> {
        if self.state.is_none() {
            let space = &self.prepared.space;
            let set = Arc::clone(&self.prepared.set);
            let problem = GlobalProblem::of_set(set, self.threshold).ok()?;
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
    fn outputs(&mut self) -> Option<Vec<f64>> {
        let columns = &self.rows.columns;
        let (problem, neurons) = self.state()?;
        let outputs = neurons.fitted(problem);
        Some(columns.iter().map(|&column| outputs[column]).collect())
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
