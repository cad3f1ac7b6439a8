use crelu_bound::{BoundProblem, KnownNetwork, QuickKind, QuickSettings, quick_bound};
use crelu_model::global::{GlobalProblem, GlobalSettings, Neurons, train};
use crelu_model::programme::Activation;
use crelu_model::{Clock, Control, Network};
use linalg_core::RowSpace;

use crate::convergence::programme;
use crate::sets::load;
use crate::stopwatch::Stopwatch;

pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let names: Vec<&str> = args[0].split(',').collect();
    let fractions: Vec<f64> = args[1]
        .split(',')
        .map(|f| f.parse().unwrap_or(0.1))
        .collect();
    for name in names {
        let set = load(name)?;
        let n = set.target.len();
        for &fraction in &fractions {
            let beta_sum = programme(&set, 100, fraction, Activation::Relu)?.beta_sum();
            let space = RowSpace::svd(set.inputs.transpose()).map_err(|e| e.to_string())?;
            let problem = GlobalProblem::new(space.rows().to_owned(), set.target.clone(), beta_sum)
                .map_err(|e| e.to_string())?;
            let clock = Stopwatch::start();
            let control = Control::with_clock(&clock).limit(Some(6.0));
            let how = GlobalSettings::default();
            let trained = train(
                &problem,
                Neurons::none(space.rank()),
                &how,
                &control,
                &mut (),
            );
            let j = trained.best_objective;
            println!(
                "{name} n {n} r {} {fraction}: J {j:.5} in {:.1}s, {} neurons",
                space.rank(),
                clock.seconds(),
                trained.best.len()
            );
            let network = Network::from_blocks(
                space.expand(trained.best.blocks().as_ref()).as_ref(),
                trained.best.signs(),
                None,
            );
            let bound = BoundProblem::new(set.inputs.transpose(), &set.target, beta_sum / n as f64)
                .map_err(|e| e.to_string())?;
            for (label, kind, warm) in [
                ("L0 warm", QuickKind::Plain, true),
                ("L0+ warm", QuickKind::Turned, true),
                ("L0+ cold", QuickKind::Turned, false),
            ] {
                let settings = QuickSettings::default().kind(kind);
                let start = warm.then_some(KnownNetwork {
                    hidden: network.hidden.as_ref(),
                    output: &network.output,
                });
                let clock = Stopwatch::start();
                let control = Control::with_clock(&clock);
                let found =
                    quick_bound(&bound, &settings, start, &control).map_err(|e| e.to_string())?;
                if let Some(found) = found {
                    let t = clock.seconds();
                    let _ = crelu_bound::verify(&bound, &found.certificate);
                    let j = j / n as f64;
                    println!(
                        "  {label}: gap {:.3} % (limit {:.3} %) {} evals {:.2}s, of which verification {:.2}",
                        100.0 * (1.0 - found.verified.value / j),
                        100.0 * (1.0 - found.limit / j),
                        found.evaluations,
                        t,
                        clock.seconds() - t
                    );
                }
            }
        }
    }
    Ok(())
}
