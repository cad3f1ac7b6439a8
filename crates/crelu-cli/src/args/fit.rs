//! The options of `crelu fit`.

use std::path::PathBuf;

use clap::Args;
use crelu_data::is_standard_input;
use crelu_model::path::{EarlyStop, PathSettings};
use crelu_model::{
    Activation, BackendChoice, Beta, ClassWeight, FormChoice, GateSampler, LossChoice, Precision,
    PrimalChoice, Prove, Splitting, Switch, Task, TrainMode,
};

use super::beta::{self, BetaArg};
use super::choice::Missing;
use super::held_out::{self, HeldOutArg};
use super::kind::Kind;
use super::search::SearchArgs;
use super::table::TableArgs;
use super::{choice, number};

/// `crelu fit`
#[derive(Debug, Args)]
pub(crate) struct FitArgs {
    /// The data: .csv .tsv .txt .dat .data .npz .npy .libsvm .svm *-ubyte .bin, each also with .gz; - is
    /// a table on standard input.
    pub(crate) data: PathBuf,

    /// Target column: a name, or an index counted from 0; several are a regression of all
    /// [default: the last column]
    #[arg(long, value_name = "COL[,COL...]", value_delimiter = ',')]
    pub(crate) target: Vec<String>,
    /// Column of the weights of the rows, numbers from 0; a row of weight 0 is as if it was not there
    #[arg(long, value_name = "COL")]
    pub(crate) weights: Option<String>,
    /// Weights of the classes in the loss: balanced, or LABEL=W,... (others 1)
    #[arg(long, value_name = "balanced|LABEL=W,...", value_parser = choice::class_weight)]
    pub(crate) class_weight: Option<ClassWeight>,
    /// What is done about missing features (empty cells, NA, N/A, NaN, null, ?): error, or impute: the
    /// median, or a level of their own, and a column that says where they were
    #[arg(long, value_name = "NAME", default_value = "error", value_parser = choice::missing)]
    pub(crate) missing: Missing,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// Labels of IDX images
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// classify or regress [default: guessed from the target]
    #[arg(long, value_name = "TASK", value_parser = choice::task)]
    pub(crate) task: Option<Task>,
    /// Test data, only scored; their columns are found by name where both files have names
    #[arg(long, value_name = "FILE", conflicts_with = "test_frac")]
    pub(crate) test: Option<PathBuf>,
    /// Labels of IDX test images
    #[arg(long, value_name = "FILE", requires = "test")]
    pub(crate) test_labels: Option<PathBuf>,
    /// Share of the rows that is kept for the test
    #[arg(long, value_name = "F", value_parser = number::share, allow_negative_numbers = true)]
    pub(crate) test_frac: Option<f64>,

    /// relu or gated
    #[arg(long, value_name = "NAME", default_value = "relu", value_parser = choice::activation)]
    pub(crate) activation: Activation,
    /// global (neurons are generated) or sampled (one convex programme over sampled patterns)
    /// [default: global; with --activation gated: sampled]
    #[arg(long, value_name = "MODE", value_parser = choice::train)]
    train: Option<TrainMode>,
    /// Activation patterns to sample (sampled)
    #[arg(long, value_name = "P", default_value = "100", value_parser = number::count, allow_negative_numbers = true)]
    pub(crate) patterns: usize,
    /// Gate vectors instead of sampled ones: d x P or (d+1) x P, the bias last (sampled)
    #[arg(long, value_name = "FILE.npy")]
    pub(crate) gates: Option<PathBuf>,
    /// gaussian or data (conv: not built yet)
    #[arg(long, value_name = "RULE", default_value = "gaussian", value_parser = choice::gate_sampler)]
    pub(crate) gate_sampler: GateSampler,

    /// The penalty of the mean objective, or cv: ten are tried, and one chosen by cross-validation
    /// [default: cv]
    #[arg(long, value_name = "B|cv", conflicts_with = "beta_frac", value_parser = beta::beta, allow_negative_numbers = true)]
    beta: Option<BetaArg>,
    /// The penalty as a fraction of beta_max
    #[arg(long, value_name = "F", value_parser = number::at_least_zero, allow_negative_numbers = true)]
    beta_frac: Option<f64>,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    /// End the training by the score of rows held out, a file or a share of the training rows, and keep the
    /// network that they score best; with a single penalty
    #[arg(long, value_name = "FILE|F", value_parser = held_out::held_out, allow_negative_numbers = true)]
    pub(crate) early_stop: Option<HeldOutArg>,
    /// Rounds (global) or checks (sampled) without a better score that end it [default: 10]
    #[arg(long, value_name = "N", requires = "early_stop", value_parser = number::count, allow_negative_numbers = true)]
    pub(crate) patience: Option<usize>,
    /// auto, squared, logistic (two classes), softmax (classes) or huber (numbers); auto: squared for
    /// numbers, logistic for two classes, softmax for more
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = choice::loss)]
    pub(crate) loss: LossChoice,
    /// The residual up to which the huber loss is quadratic [default: 1.345 deviations, from the
    /// median distance to the median]
    #[arg(long, value_name = "D", value_parser = number::positive, allow_negative_numbers = true)]
    pub(crate) huber_delta: Option<f64>,

    /// The linear solve: auto, cholesky, cg, pcg-jacobi, pcg-nystrom, rbcd (randomised block
    /// descent) or block-exact (block descent through one shared factor); global: of the programme
    /// over the network's own patterns, which the certificate is for
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = choice::primal)]
    pub(crate) primal: PrimalChoice,
    /// The system it solves: kernel (n x n), gram (rP x rP, formed), reduced (the same by products),
    /// full (both halves of every pair: the source's) or auto
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = choice::form)]
    pub(crate) form: FormChoice,
    /// Rank of the preconditioner of pcg-nystrom [default: found by its error]
    #[arg(long, value_name = "R", value_parser = number::count, allow_negative_numbers = true)]
    pub(crate) nystrom_rank: Option<usize>,
    /// The splitting of the ADMM: auto, two-block or three-block
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = choice::splitting)]
    pub(crate) splitting: Splitting,
    /// The Newton finish: auto, on or off
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = choice::switch)]
    pub(crate) newton: Switch,
    /// The working set of patterns: auto, on or off
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = choice::switch)]
    pub(crate) working_set: Switch,
    /// faer; nalgebra, the slow reference for cholesky and cg; wgpu, a graphics adapter (crelu devices); or auto
    #[arg(long, value_name = "NAME", default_value = "faer", value_parser = choice::backend)]
    pub(crate) backend: BackendChoice,
    /// f32, f64 or mixed: a factor or a sketch in f32, corrected in f64 [default: f64; mixed where the kernel matrix has over 64 million entries]
    #[arg(long, value_name = "NAME", value_parser = choice::precision)]
    pub(crate) precision: Option<Precision>,
    /// Bytes the solver may use; suffixes k, M, G [default: 6G]
    #[arg(long, value_name = "BYTES", value_parser = number::bytes, allow_negative_numbers = true)]
    pub(crate) memory_limit: Option<f64>,

    /// Relative gap at which the fit is converged: of the programme (sampled), or of a search of the
    /// largest size (global) [default: 1e-3]
    #[arg(long, value_name = "T", value_parser = number::at_least_zero, allow_negative_numbers = true)]
    pub(crate) tol: Option<f64>,
    /// Most iterations [default: sampled 2000; global 500 rounds]
    #[arg(long, value_name = "N", value_parser = number::count_or_zero, allow_negative_numbers = true)]
    pub(crate) max_iters: Option<usize>,
    /// Ascents a sign of the last searches (global) [default: 800]
    #[arg(long, value_name = "N", value_parser = number::count, allow_negative_numbers = true)]
    pub(crate) ascents: Option<usize>,
    /// Return the smallest network found whose J is at most 1 + EPS times the best (global)
    /// [default: 1e-3; with --max-neurons: 0]
    #[arg(long, value_name = "EPS", value_parser = number::at_least_zero, allow_negative_numbers = true)]
    pub(crate) thin: Option<f64>,
    /// Return the best network found with at most so many neurons (global)
    #[arg(long, value_name = "M", value_parser = number::count, allow_negative_numbers = true)]
    pub(crate) max_neurons: Option<usize>,
    /// End when, by the course of J over the work, at most half of this share of J is left to win; 0:
    /// never (global) [default: 1e-2, and 1e-3 in the first 3e11 flops; with --tol: T]
    #[arg(long, value_name = "S", value_parser = number::at_least_zero, allow_negative_numbers = true)]
    pub(crate) settle: Option<f64>,
    /// Go on until two searches of the largest size, over all rows, find nothing (global)
    #[arg(long)]
    pub(crate) thorough: bool,
    /// A model to start from (global)
    #[arg(long, value_name = "MODEL")]
    pub(crate) init: Option<PathBuf>,
    /// A certificate every so many iterations; 0: only at the end [default: 5]
    #[arg(long, value_name = "N", value_parser = number::count_or_zero, allow_negative_numbers = true)]
    pub(crate) check_every: Option<usize>,
    /// Seconds from program start after which the best network so far is written [default: none]
    #[arg(long, value_name = "SECONDS", value_parser = number::at_least_zero, allow_negative_numbers = true)]
    pub(crate) time_limit: Option<f64>,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = number::threads, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Seed of the patterns and of --test-frac
    #[arg(long, value_name = "S", default_value = "0", value_parser = number::seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,

    /// Take the features as they are
    #[arg(long)]
    pub(crate) no_standardize: bool,
    /// No feature of ones
    #[arg(long)]
    pub(crate) no_bias: bool,
    /// Do not take the mean from the targets of a regression
    #[arg(long)]
    pub(crate) no_center: bool,

    /// The model [default: the data's name with .safetensors, in this folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The report [default: the model's name with .json]
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Folder for the plots of the course of the run [default: no plots]
    #[arg(long, value_name = "DIR")]
    pub(crate) plots: Option<PathBuf>,
    /// No progress and no summary
    #[arg(long)]
    pub(crate) quiet: bool,

    /// Seconds for a tighter proven bound over all networks, beyond the quick one (0: the quick one
    /// alone, whatever it costs, in sampled mode too) [default: global: the quick one if it is cheap]
    #[arg(long, value_name = "SECONDS", value_parser = number::at_least_zero, allow_negative_numbers = true)]
    prove: Option<f64>,
    /// No proven bound over all networks
    #[arg(long, conflicts_with_all = ["prove", "certificate"])]
    no_prove: bool,
    /// Where the certificate of the proven bound goes, for crelu verify [default: nowhere]
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
}

/// Penalties that are tried.
const BETAS: usize = 10;
const BETAS_OF_PATH: usize = 20;

impl FitArgs {
    /// The penalty, where it is not chosen.
    pub(crate) fn single_beta(&self) -> Option<Beta> {
        match (self.beta, self.beta_frac) {
            (Some(BetaArg::Value(beta)), _) => Some(Beta::Absolute(beta)),
            (_, Some(fraction)) => Some(Beta::Fraction(fraction)),
            (Some(BetaArg::Cv) | None, None) => None,
        }
    }

    /// How the penalty is chosen; none where it is given.
    pub(crate) fn plan(&self, kind: Kind) -> Option<PathSettings> {
        match kind {
            Kind::Path => Some(self.search.plan(BETAS_OF_PATH).always(true).prove(true)),
            Kind::Fit => self
                .single_beta()
                .is_none()
                .then(|| self.search.plan(BETAS)),
        }
    }

    /// How rows held out end the training; none: they do not.
    pub(crate) fn early(&self) -> Option<EarlyStop> {
        self.early_stop.as_ref()?;
        let how = EarlyStop::default().metric(self.search.metric);
        Some(match self.patience {
            Some(patience) => how.patience(patience),
            None => how,
        })
    }

    /// How it is trained: what was asked for, or what suits the activation.
    pub(crate) fn train(&self) -> TrainMode {
        self.train.unwrap_or(match self.activation {
            Activation::Gated => TrainMode::Sampled,
            Activation::Relu => TrainMode::Global,
        })
    }

    /// What is done for a proven bound over all networks; a certificate asks for one.
    pub(crate) fn prove(&self) -> Prove {
        match (self.prove, self.no_prove) {
            (Some(seconds), _) => Prove::Seconds(seconds),
            (None, true) => Prove::Never,
            (None, false) if self.certificate.is_some() => Prove::Seconds(0.0),
            (None, false) => Prove::Quick,
        }
    }

    /// The first option that does not go with the others, and why.
    pub(crate) fn contradiction(&self, kind: Kind) -> Option<(&'static str, &'static str)> {
        const FIXED: &str = "global trains ReLU networks; the features of a gated network are fixed: --train sampled";
        const GATES: &str = "belongs to --train sampled; global generates its neurons";
        const INIT: &str = "belongs to --train global";
        const RELU: &str =
            "a proven bound speaks of all ReLU networks; a gated network has its dual bound";
        const BETA: &str = "without a penalty nothing is proven: --beta above 0";
        const TWICE: &str = "standard input is read once: it cannot be the data and the test data";
        const SINGLE: &str = "belongs to a single penalty: --beta B or --beta-frac F";
        const KEPT: &str =
            "--early-stop keeps a network as it stood after a round: it is not thinned";
        let early = self.early_stop.is_some();
        let gated = self.activation == Activation::Gated;
        let single = self.single_beta();
        let free = matches!(single, Some(Beta::Absolute(0.0) | Beta::Fraction(0.0)));
        let searches = self.plan(kind).is_some();
        let unused = self
            .search
            .given(self.early_stop.is_some())
            .filter(|_| !searches);
        let global = self.train() == TrainMode::Global;
        let twice =
            is_standard_input(&self.data) && self.test.as_deref().is_some_and(is_standard_input);
        [
            ("--test", twice, TWICE),
            (
                "--beta",
                kind == Kind::Path && self.beta.is_some(),
                "path tries many penalties: --betas B1,B2,... says which",
            ),
            (
                "--beta-frac",
                kind == Kind::Path && self.beta_frac.is_some(),
                "path tries many penalties: --betas B1,B2,... says which",
            ),
            (
                unused.unwrap_or_default(),
                unused.is_some(),
                "belongs to --beta cv and to crelu path, which choose the penalty",
            ),
            (
                "--train",
                global && self.activation == Activation::Gated,
                FIXED,
            ),
            ("--early-stop", early && searches, SINGLE),
            ("--thin", early && self.thin.is_some(), KEPT),
            ("--max-neurons", early && self.max_neurons.is_some(), KEPT),
            ("--gates", global && self.gates.is_some(), GATES),
            ("--init", !global && self.init.is_some(), INIT),
            ("--prove", gated && self.prove.is_some(), RELU),
            ("--certificate", gated && self.certificate.is_some(), RELU),
            ("--certificate", free && self.certificate.is_some(), BETA),
        ]
        .into_iter()
        .find(|(_, wrong, _)| *wrong)
        .map(|(name, _, why)| (name, why))
    }
}
