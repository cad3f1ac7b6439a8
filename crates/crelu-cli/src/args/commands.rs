//! The options of the short commands.

use std::path::PathBuf;

use clap::Args;
use crelu_model::{BackendChoice, OnnxNumber};

use super::{TableArgs, choice, number};

/// `crelu demo`
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where model, report and plots go.
    #[arg(long, value_name = "DIR", default_value = "crelu-demo")]
    pub(crate) out_dir: PathBuf,
    /// Threads; all cores if not given.
    #[arg(long, value_name = "N", value_parser = number::threads, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// No progress.
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// `crelu predict`
#[derive(Debug, Args)]
pub(crate) struct PredictArgs {
    /// A model that `fit` wrote.
    pub(crate) model: PathBuf,
    /// The data: columns are found by name where model and file both have names, others and the target
    /// are ignored; otherwise the features in the order of training, with or without the target. - is
    /// standard input.
    pub(crate) data: PathBuf,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// faer; wgpu, a graphics adapter, in f32 (crelu devices); or auto
    #[arg(long, value_name = "NAME", default_value = "faer", value_parser = choice::backend)]
    pub(crate) backend: BackendChoice,
    /// Also the probability of each label.
    #[arg(long)]
    pub(crate) proba: bool,
    /// Write to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `crelu info`
#[derive(Debug, Args)]
pub(crate) struct InfoArgs {
    /// A model that `fit` wrote.
    pub(crate) model: PathBuf,
}

/// `crelu verify`
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A model that `fit` wrote.
    pub(crate) model: PathBuf,
    /// The data that it was trained on, as `fit` read them.
    pub(crate) data: PathBuf,
    /// The certificate that `fit --certificate` wrote.
    pub(crate) certificate: PathBuf,
    /// Labels of IDX images
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
}

/// `crelu export`
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// A model that `fit` wrote.
    pub(crate) model: PathBuf,
    /// Write the whole model, from raw columns to predictions, as an ONNX graph.
    #[arg(long, value_name = "FILE")]
    pub(crate) onnx: PathBuf,
    /// float32 or float64: the numbers that the graph takes and gives; inside it computes in float64.
    #[arg(long, value_name = "NAME", default_value = "float32", value_parser = choice::onnx_number)]
    pub(crate) dtype: OnnxNumber,
}
