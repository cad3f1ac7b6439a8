use super::Programme;
use super::solve::{PrimalChoice, ProgrammeSettings, Splitting};
use crate::error::FitError;

/// The linear solve of the primal step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A Cholesky factor.
    Cholesky,
    /// Conjugate gradients.
    Cg,
}

/// The system that is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `n_samples x n_samples`.
    Kernel,
    /// `rank n_patterns` on a side.
    Gram,
    /// The same, by products only.
    Reduced,
}

impl Method {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cholesky => "cholesky",
            Self::Cg => "cg",
        }
    }
}

impl Form {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Gram => "gram",
            Self::Reduced => "reduced",
        }
    }
}

/// What was chosen, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The linear solve.
    pub method: Method,
    /// The system.
    pub form: Form,
    /// The splitting the run starts with.
    pub splitting: Splitting,
    /// In words, with the figures that decided.
    pub reason: String,
}

/// Iterations a run is priced at: the median of the measured runs, rounded up.
const ITERATIONS: f64 = 100.0;
/// Factorisations a run is priced at: the penalty rule changes `rho` three or four times.
const FACTORISATIONS: f64 = 4.0;
/// Inner iterations of a conjugate-gradient step: 10 to 30 on well-conditioned data, some hundred
/// on others; priced for the latter, since its factor-free form is the one to fall back on.
const INNER: f64 = 100.0;
/// A triangular solve moves its factor through memory: its flops cost this many times those of
/// a product (measured, one right-hand side).
const SOLVE_PENALTY: f64 = 6.0;
/// From this rank on the cones are thin and the three-block form makes the start.
pub(super) const THIN_RANK: usize = 500;

/// Flops of the run and bytes at its peak.
#[derive(Debug, Clone, Copy)]
struct Price {
    flops: f64,
    bytes: f64,
}

#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
fn price(programme: &Programme, form: Form, width: f64, splitting: Splitting) -> Price {
    let (n, r, p) = (
        programme.n_samples() as f64,
        programme.rank() as f64,
        programme.n_patterns() as f64,
    );
    let one = 2.0 * n * r * p;
    let blocks = programme.n_blocks() as f64;
    // data twice (f64 for the certificate), masks, some fifteen copies of the variable
    let mut common = n * r * (8.0 + width) + n * p + 15.0 * r * blocks * width;
    if programme.activation() == super::Activation::Relu && splitting != Splitting::ThreeBlock {
        // factors of the held rows: measured up to half the rank, in every second block
        common += 0.5 * blocks * (0.5 * r.min(n)).powi(2) * 8.0;
    }
    match form {
        Form::Kernel => Price {
            flops: n * n * (r + p)
                + FACTORISATIONS * n.powi(3) / 3.0
                + ITERATIONS * (2.0 * n * n * SOLVE_PENALTY + one),
            bytes: common + n * n * width,
        },
        Form::Gram => Price {
            flops: n * (r * p).powi(2)
                + FACTORISATIONS * (r * p).powi(3) / 3.0
                + ITERATIONS * (2.0 * (r * p).powi(2) * SOLVE_PENALTY + 2.0 * one),
            bytes: common + (r * p).powi(2) * width,
        },
        Form::Reduced => Price {
            flops: ITERATIONS * INNER * 2.0 * one,
            bytes: common,
        },
    }
}

/// Chooses the primal step by flops within the memory limit, and the splitting by the rank.
pub(super) fn choose(
    programme: &Programme,
    settings: &ProgrammeSettings,
    width: f64,
) -> Result<Choice, FitError> {
    let splitting = match settings.splitting {
        Splitting::Auto if programme.activation() == super::Activation::Gated => {
            Splitting::TwoBlock
        }
        Splitting::Auto if programme.rank() > THIN_RANK => Splitting::ThreeBlock,
        Splitting::Auto => Splitting::TwoBlock,
        other => other,
    };
    let forms: &[Form] = match (settings.primal, splitting) {
        // the three-block system is solved through its n x n side only
        (PrimalChoice::Cholesky | PrimalChoice::Auto, Splitting::ThreeBlock) => &[Form::Kernel],
        (PrimalChoice::Auto, _) => &[Form::Kernel, Form::Gram, Form::Reduced],
        (PrimalChoice::Cholesky, _) => &[Form::Kernel, Form::Gram],
        (PrimalChoice::Cg, Splitting::ThreeBlock) => {
            return Err(FitError::Setting {
                name: "primal",
                problem: "cg works with the two-block splitting; with three-block use cholesky or auto",
            });
        }
        (PrimalChoice::Cg, _) => &[Form::Reduced],
    };
    let priced: Vec<(Form, Price)> = forms
        .iter()
        .map(|&f| (f, price(programme, f, width, splitting)))
        .collect();
    let fits = priced
        .iter()
        .filter(|(_, p)| p.bytes <= settings.memory_limit);
    let best = fits.min_by(|a, b| a.1.flops.total_cmp(&b.1.flops));
    let (form, cost) = match best {
        Some(&(form, cost)) => (form, cost),
        // the three-block form has one system; without room for it the two-block form serves
        None if splitting == Splitting::ThreeBlock && settings.splitting == Splitting::Auto => {
            let two = ProgrammeSettings {
                splitting: Splitting::TwoBlock,
                ..settings.clone()
            };
            return choose(programme, &two, width);
        }
        None => {
            let least = priced
                .iter()
                .map(|(_, p)| p.bytes)
                .fold(f64::INFINITY, f64::min);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "bytes, positive"
            )]
            return Err(FitError::Memory {
                needed: least as u64,
                limit: settings.memory_limit as u64,
            });
        }
    };
    let method = if form == Form::Reduced {
        Method::Cg
    } else {
        Method::Cholesky
    };
    let others: Vec<String> = priced
        .iter()
        .filter(|(f, _)| *f != form)
        .map(|(f, p)| {
            let over = if p.bytes > settings.memory_limit {
                ", over the memory limit"
            } else {
                ""
            };
            format!("{} {:.2e}{over}", f.name(), p.flops)
        })
        .collect();
    let mut reason = format!(
        "{} system: {:.2e} flops in {:.0} MB",
        form.name(),
        cost.flops,
        cost.bytes / 1e6
    );
    if !others.is_empty() {
        reason.push_str(&format!(" (against {})", others.join(", ")));
    }
    if settings.splitting == Splitting::Auto {
        reason.push_str(&match splitting {
            Splitting::ThreeBlock => format!(
                "; rank {} is above {THIN_RANK}: three-block start, changing over to two-block",
                programme.rank()
            ),
            _ => "; two-block splitting".to_owned(),
        });
    }
    Ok(Choice {
        method,
        form,
        splitting,
        reason,
    })
}
