use faer::Mat;

use super::prove::Prove;
use super::{Beta, FitSettings, LossChoice, PatternSource};
use crate::class_weight::ClassWeight;
use crate::coding::Task;
use crate::report::TrainMode;
use crelu_convex::gates::GateSampler;
use crelu_convex::{
    Activation, Backend, FormChoice, Precision, PrimalChoice, ProgrammeSettings, Splitting, Switch,
};
use crelu_core::Network;

impl FitSettings {
    /// Sets what is predicted.
    #[must_use]
    pub fn task(mut self, task: impl Into<Option<Task>>) -> Self {
        self.task = task.into();
        self
    }

    /// Sets what a neuron computes.
    #[must_use]
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Sets the way of training.
    #[must_use]
    pub fn train(mut self, mode: impl Into<Option<TrainMode>>) -> Self {
        self.train = mode.into();
        self
    }

    /// Sets whether the targets of a regression are centred.
    #[must_use]
    pub fn center(mut self, center: bool) -> Self {
        self.center = center;
        self
    }

    /// Sets the gates, instead of sampled ones.
    #[must_use]
    pub fn gates(mut self, gates: Mat<f64>) -> Self {
        self.patterns = PatternSource::Given(gates);
        self
    }

    /// Sets the loss.
    #[must_use]
    pub fn loss(mut self, loss: LossChoice) -> Self {
        self.loss = loss;
        self
    }

    /// Sets the residual up to which the huber loss is quadratic.
    #[must_use]
    pub fn huber_delta(mut self, delta: impl Into<Option<f64>>) -> Self {
        self.huber_delta = delta.into();
        self
    }

    /// Sets the weights of the classes.
    #[must_use]
    pub fn class_weight(mut self, weights: ClassWeight) -> Self {
        self.class_weight = weights;
        self
    }

    /// Sets the penalty of the mean objective.
    #[must_use]
    pub fn beta(mut self, beta: f64) -> Self {
        self.beta = Beta::Absolute(beta);
        self
    }

    /// Sets the penalty as a fraction of `beta_max`.
    #[must_use]
    pub fn beta_frac(mut self, fraction: f64) -> Self {
        self.beta = Beta::Fraction(fraction);
        self
    }

    /// Sets the relative gap at which the fit is converged.
    #[must_use]
    pub fn tol(mut self, tol: impl Into<Option<f64>>) -> Self {
        self.tol = tol.into();
        self
    }

    /// Sets the most iterations, or rounds.
    #[must_use]
    pub fn max_iters(mut self, count: impl Into<Option<usize>>) -> Self {
        self.max_iters = count.into();
        self
    }

    /// Sets what may be left to win, relatively, when a global run ends by the course of its objective.
    #[must_use]
    pub fn settle(mut self, share: impl Into<Option<f64>>) -> Self {
        self.global = self.global.settle(share);
        self
    }

    /// Sets whether a global run goes on until its largest searches find nothing.
    #[must_use]
    pub fn thorough(mut self, thorough: bool) -> Self {
        self.global = self.global.thorough(thorough);
        self
    }

    /// Sets the ascents a sign of the largest searches.
    #[must_use]
    pub fn ascents(mut self, count: impl Into<Option<usize>>) -> Self {
        self.global = self.global.ascents(count);
        self
    }

    /// Sets how far above the best network's objective the returned one may be, relatively.
    #[must_use]
    pub fn thin(mut self, epsilon: impl Into<Option<f64>>) -> Self {
        self.global = self.global.thin(epsilon);
        self
    }

    /// Sets the most neurons of the returned network.
    #[must_use]
    pub fn max_neurons(mut self, most: impl Into<Option<usize>>) -> Self {
        self.global = self.global.max_neurons(most);
        self
    }

    /// Sets the network on preprocessed inputs that global training starts from.
    #[must_use]
    pub fn init(mut self, network: impl Into<Option<Network>>) -> Self {
        self.init = network.into();
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets whether features are scaled to mean 0 and deviation 1.
    #[must_use]
    pub fn standardize(mut self, yes: bool) -> Self {
        self.standardize = yes;
        self
    }

    /// Sets whether a feature of ones is appended.
    #[must_use]
    pub fn bias(mut self, yes: bool) -> Self {
        self.bias = yes;
        self
    }

    /// Sets what is done for a proven bound over all networks.
    #[must_use]
    pub fn prove(mut self, how: Prove) -> Self {
        self.prove = how;
        self
    }

    /// Sets all that a convex programme is solved with.
    #[must_use]
    pub fn programme(mut self, settings: ProgrammeSettings) -> Self {
        self.programme = settings;
        self
    }

    /// Sets the splitting.
    #[must_use]
    pub fn splitting(mut self, splitting: Splitting) -> Self {
        self.programme.splitting = splitting;
        self
    }

    /// Sets the linear solve.
    #[must_use]
    pub fn primal(mut self, primal: PrimalChoice) -> Self {
        self.programme.primal = primal;
        self
    }

    /// Sets the system that the linear solve works on.
    #[must_use]
    pub fn form(mut self, form: FormChoice) -> Self {
        self.programme.form = form;
        self
    }

    /// Sets the library of its products and factors.
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.programme.backend = backend;
        self
    }

    /// Sets the rank of a Nystrom preconditioner.
    #[must_use]
    pub fn nystrom_rank(mut self, rank: impl Into<Option<usize>>) -> Self {
        self.programme.nystrom_rank = rank.into();
        self
    }

    /// Sets the precision of the iteration.
    #[must_use]
    pub fn precision(mut self, precision: Precision) -> Self {
        self.programme.precision = precision;
        self
    }

    /// Sets whether there is a Newton finish.
    #[must_use]
    pub fn newton(mut self, switch: Switch) -> Self {
        self.programme.newton = switch;
        self
    }

    /// Sets whether there is a working set.
    #[must_use]
    pub fn working_set(mut self, switch: Switch) -> Self {
        self.programme.working_set = switch;
        self
    }

    /// Sets the bytes that may be used.
    #[must_use]
    pub fn memory_limit(mut self, bytes: f64) -> Self {
        self.programme.memory_limit = bytes;
        self
    }

    /// Sets a certificate every so many iterations; 0: only at the end.
    #[must_use]
    pub fn check_every(mut self, iterations: usize) -> Self {
        self.programme.check_every = iterations;
        self
    }

    /// Sets the number of sampled patterns.
    #[must_use]
    pub fn n_patterns(mut self, count: usize) -> Self {
        let sampler = match self.patterns {
            PatternSource::Sampled { sampler, .. } => sampler,
            PatternSource::Given(_) => GateSampler::Gaussian,
        };
        self.patterns = PatternSource::Sampled { count, sampler };
        self
    }

    /// Sets how patterns are sampled: their number stays, or is that of the gates given.
    #[must_use]
    pub fn gate_sampler(mut self, sampler: GateSampler) -> Self {
        let count = match &self.patterns {
            PatternSource::Sampled { count, .. } => *count,
            PatternSource::Given(gates) => gates.ncols(),
        };
        self.patterns = PatternSource::Sampled { count, sampler };
        self
    }
}
