use crelu_core::{Activation, Backend};

use crate::choice::{Choice, Form, Method};
use crate::cost::{Cost, Sizes};
use crate::error::{ProgrammeError, ProgrammeSetting};
use crate::programme::Programme;
use crate::settings::{FormChoice, Precision, PrimalChoice, ProgrammeSettings, Splitting, Switch};

/// Kernel matrices of more entries than this are factored in `f32` by default.
const MIXED_FROM: f64 = 64e6;
/// From this rank on the cones are thin and the three-block form makes the start.
pub(crate) const THIN_RANK: usize = 500;

/// The precision that a method runs in, of what was asked for: `mixed` is for what has a factor or
/// a sketch.
fn precision(
    settings: &ProgrammeSettings,
    (method, form): (Method, Form),
    splitting: Splitting,
    n_samples: usize,
) -> Precision {
    #[expect(clippy::cast_precision_loss, reason = "a size far below 2^53")]
    let entries = (n_samples as f64).powi(2);
    let factor = (method, form) == (Method::Cholesky, Form::Kernel);
    if settings.backend == Backend::Wgpu {
        // the device has f32; what is around it, and what is certified, f64 unless asked otherwise
        return match settings.precision {
            Precision::F32 => Precision::F32,
            _ => Precision::Mixed,
        };
    }
    match settings.precision {
        Precision::Auto if factor && entries > MIXED_FROM && splitting != Splitting::ThreeBlock => {
            Precision::Mixed
        }
        Precision::Auto => Precision::F64,
        Precision::Mixed if factor || method == Method::PcgNystrom => Precision::Mixed,
        Precision::Mixed => Precision::F64,
        other => other,
    }
}

/// Refuses a method, a system and a library that do not go together.
///
/// # Errors
/// [`ProgrammeError::Setting`] names the option.
pub fn check_primal(
    settings: &ProgrammeSettings,
    activation: Activation,
) -> Result<(), ProgrammeError> {
    match on_host(settings, activation) {
        Some(_) => Ok(()),
        None => candidates(settings, activation).map(|_| ()),
    }
}

/// The host's settings, where the machine chose a device that does not have what is asked for.
fn on_host(settings: &ProgrammeSettings, activation: Activation) -> Option<ProgrammeSettings> {
    let by_machine = settings.backend == Backend::Wgpu && settings.backend_reason.is_some();
    let refused = candidates(settings, activation)
        .err()
        .filter(|_| by_machine)?;
    let host = ProgrammeSettings {
        backend: Backend::Faer,
        device: None,
        backend_reason: Some(refused.to_string()),
        ..settings.clone()
    };
    candidates(&host, activation).is_ok().then_some(host)
}

/// The methods and systems that the settings leave open.
fn candidates(
    settings: &ProgrammeSettings,
    activation: Activation,
) -> Result<Vec<(Method, Form)>, ProgrammeError> {
    use Method::{BlockExact, Cg, Cholesky, PcgJacobi, PcgNystrom, Rbcd};
    let methods: &[Method] = match settings.primal {
        PrimalChoice::Auto if settings.backend == Backend::Nalgebra => {
            &[Cholesky, Cg, PcgJacobi, PcgNystrom]
        }
        PrimalChoice::Auto if settings.backend == Backend::Wgpu => {
            &[Cg, PcgJacobi, PcgNystrom, Rbcd]
        }
        PrimalChoice::Auto => &[Cholesky, Cg, PcgJacobi, PcgNystrom, Rbcd],
        PrimalChoice::Cholesky => &[Cholesky],
        PrimalChoice::Cg => &[Cg],
        PrimalChoice::PcgJacobi => &[PcgJacobi],
        PrimalChoice::PcgNystrom => &[PcgNystrom],
        PrimalChoice::Rbcd => &[Rbcd],
        PrimalChoice::BlockExact => &[BlockExact],
    };
    let forms = |method: Method| -> &'static [Form] {
        match (settings.form, method) {
            (FormChoice::Auto, Cholesky) => &[Form::Kernel, Form::Gram],
            (FormChoice::Auto | FormChoice::Reduced, method) if method != Cholesky => {
                &[Form::Reduced]
            }
            (FormChoice::Kernel, Cholesky | Cg | PcgJacobi | PcgNystrom) => &[Form::Kernel],
            (FormChoice::Gram, Cholesky) => &[Form::Gram],
            // a gated programme has no pairs: its full system is the reduced one
            (FormChoice::Full, Cholesky) if activation == Activation::Gated => &[Form::Gram],
            (FormChoice::Full, _) if activation == Activation::Gated => &[Form::Reduced],
            (FormChoice::Full, _) => &[Form::Full],
            _ => &[],
        }
    };
    let list: Vec<(Method, Form)> = methods
        .iter()
        .flat_map(|&m| forms(m).iter().map(move |&f| (m, f)))
        .collect();
    if list.is_empty() {
        return Err(ProgrammeError::Setting {
            setting: ProgrammeSetting::Form,
            problem: "cholesky has kernel, gram and full; cg, pcg-jacobi and pcg-nystrom have kernel, reduced and full; rbcd and block-exact have reduced and full",
        });
    }
    if settings.backend == Backend::Wgpu {
        check_device(settings, &list)?;
    }
    if settings.backend == Backend::Nalgebra {
        let blocks = list.iter().any(|(m, _)| matches!(m, Rbcd | BlockExact));
        let source = list.iter().any(|(_, f)| *f == Form::Full);
        if cfg!(not(feature = "nalgebra")) {
            return Err(ProgrammeError::Setting {
                setting: ProgrammeSetting::Backend,
                problem: "built without the feature nalgebra",
            });
        }
        if blocks || source {
            return Err(ProgrammeError::Setting {
                setting: ProgrammeSetting::Backend,
                problem: "nalgebra is the reference for cholesky and conjugate gradients, without form full; the others run on faer",
            });
        }
    }
    Ok(list)
}

/// What a device does: inexact steps on the reduced system, in `f32`.
fn check_device(
    settings: &ProgrammeSettings,
    list: &[(Method, Form)],
) -> Result<(), ProgrammeError> {
    use Method::{Cg, PcgJacobi, PcgNystrom, Rbcd};
    let serves = |(method, form): &(Method, Form)| {
        matches!(method, Cg | PcgJacobi | PcgNystrom | Rbcd) && *form == Form::Reduced
    };
    for (is_wrong, setting, problem) in [
        (
            !list.iter().all(serves),
            ProgrammeSetting::Backend,
            "wgpu has cg, pcg-jacobi, pcg-nystrom and rbcd on the reduced system; the others run on faer",
        ),
        (
            settings.precision == Precision::F64,
            ProgrammeSetting::Precision,
            "wgpu computes in f32: mixed keeps the iteration around it in f64",
        ),
    ] {
        if is_wrong {
            return Err(ProgrammeError::Setting { setting, problem });
        }
    }
    Ok(())
}

crelu_core::written_by_name!(Form, Method);

/// Chooses the primal step by work within the memory limit, and the splitting by the rank.
pub(crate) fn choose(
    programme: &Programme,
    settings: &ProgrammeSettings,
) -> Result<Choice, ProgrammeError> {
    if let Some(host) = on_host(settings, programme.activation()) {
        return choose(programme, &host);
    }
    let is_plain = programme.is_plain();
    if settings.splitting == Splitting::ThreeBlock && !is_plain {
        return Err(ProgrammeError::Setting {
            setting: ProgrammeSetting::Splitting,
            problem: "three-block is for squared loss with one output; two-block takes every loss",
        });
    }
    let splitting = match settings.splitting {
        Splitting::Auto if !is_plain => Splitting::TwoBlock,
        Splitting::Auto if programme.activation() == Activation::Gated => Splitting::TwoBlock,
        Splitting::Auto if programme.rank() > THIN_RANK => Splitting::ThreeBlock,
        Splitting::Auto => Splitting::TwoBlock,
        other => other,
    };
    let sizes = Sizes::of(programme);
    let n = programme.n_samples();
    let priced: Vec<((Method, Form), Precision, Cost)> =
        candidates(settings, programme.activation())?
            .into_iter()
            .map(|which| {
                let precision = precision(settings, which, splitting, n);
                let cost = sizes.cost(which.0, which.1, precision, splitting, settings);
                (which, precision, cost)
            })
            .collect();
    let limit = settings.memory_limit;
    let fits = priced.iter().filter(|(_, _, p)| p.bytes <= limit);
    let best = fits.min_by(|a, b| a.2.flops.total_cmp(&b.2.flops));
    let Some(&((method, form), precision, cost)) = best else {
        // the cone copies of the three-block form may be what is too large
        if splitting == Splitting::ThreeBlock && settings.splitting == Splitting::Auto {
            let two = ProgrammeSettings {
                splitting: Splitting::TwoBlock,
                ..settings.clone()
            };
            return choose(programme, &two);
        }
        let least = priced.iter().map(|(_, _, p)| p.bytes);
        let least = least.fold(f64::INFINITY, f64::min);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bytes, positive"
        )]
        return Err(ProgrammeError::Memory {
            needed: least as u64,
            limit: limit as u64,
        });
    };
    let others: Vec<String> = priced
        .iter()
        .filter(|(which, _, _)| *which != (method, form))
        .map(|((m, f), _, p)| {
            let over = if p.bytes > limit {
                format!(", over the memory limit at {:.0} MB", p.bytes / 1e6)
            } else {
                String::new()
            };
            format!("{} {} {:.2e}{over}", m.name(), f.name(), p.flops)
        })
        .collect();
    let mut reason = format!(
        "{} on the {} system: {:.2e} flops in {:.0} MB",
        method.name(),
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
    if let Some(why) = &settings.backend_reason {
        reason.push_str(&format!("; {}: {why}", settings.backend.name()));
    }
    if !programme.is_least_squares() {
        reason.push_str("; the loss is split off at the outputs");
    }
    if !is_plain && settings.newton == Switch::On {
        reason.push_str("; no Newton finish: it is for squared loss with one output");
    }
    Ok(Choice {
        method,
        form,
        splitting,
        precision,
        backend: settings.backend,
        bytes: cost.bytes,
        reason,
    })
}
