//! A fit that is stopped in its proof: the network stays, and what was not finished proves nothing.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crelu_model::{
    Control, Dataset, Fit, FitObserver, Progress, ProofKind, Status, TargetColumn, TrainMode, fit,
};
use faer::Mat;
use testkit::MovingClock;

/// Looks at the clock after a limit: the one that finds it, and those that take the time of what
/// there is.
const LATE: u64 = 8;

/// Rows all over the sphere, with targets that leave every neuron nearly the same price: training
/// takes a few rounds, and the enumeration looks everywhere.
fn even_rows() -> Dataset {
    let rows = 4000;
    // the golden angle
    let turn = std::f64::consts::PI * (3.0 - 5.0_f64.sqrt());
    let x = Mat::from_fn(3, rows, |k, i| {
        let height = 1.0 - (2 * i + 1) as f64 / rows as f64;
        let (sine, cosine) = (turn * i as f64).sin_cos();
        let radius = (1.0 - height * height).sqrt();
        [radius * cosine, radius * sine, height][k]
    });
    let y = (0..rows).map(|i| 1.0 + 1e-3 * (i % 7) as f64).collect();
    Dataset::from_columns(x, TargetColumn::numbers(y)).unwrap()
}

fn go(data: &Dataset, control: &Control<'_>, observer: &mut dyn FitObserver) -> Fit {
    let mut settings = crate::data::squared()
        .train(TrainMode::Global)
        .beta_frac(1.1)
        .ascents(1);
    (settings.bias, settings.standardize) = (false, false);
    fit(data, None, &settings.check().unwrap(), control, observer).unwrap()
}

/// Notes how often the clock had been read when training last said something.
struct Trained<'a> {
    clock: &'a MovingClock,
    readings: u64,
}

impl FitObserver for Trained<'_> {
    fn progress(&mut self, progress: Progress<'_>) -> bool {
        if !matches!(progress, Progress::Proven { .. }) {
            self.readings = self.clock.readings();
        }
        true
    }
}

#[test]
fn fit_stopped_in_its_enumeration_keeps_the_network_and_claims_no_proof() {
    let data = even_rows();
    let clock = MovingClock::ticking(1.0);
    let mut trained = Trained {
        clock: &clock,
        readings: 0,
    };
    let control = Control::with_clock(&clock).deadline(f64::MAX);
    let whole = go(&data, &control, &mut trained);
    assert_eq!(whole.report.proof, Some(ProofKind::Enumeration));
    let (from, to) = (trained.readings, clock.readings());
    // a search looks every million visits of a row
    assert!(
        to > from + 12,
        "a proof that looks at the clock: {from}, {to}"
    );
    for part in [1, 5, 8] {
        // within the search, which the last looks follow
        let stop_at = from + part * (to - LATE - from) / 10;
        // the flag goes up at a look, as the limit does
        let (looks, flag) = (AtomicU64::new(0), AtomicBool::new(false));
        let raising = || {
            let look = looks.fetch_add(1, Ordering::Relaxed);
            flag.store(look >= stop_at, Ordering::Relaxed);
            look as f64
        };
        let interrupted = Control::with_clock(&raising)
            .deadline(f64::MAX)
            .interrupt(&flag);
        let clock = MovingClock::ticking(1.0);
        let limited = Control::with_clock(&clock).deadline(stop_at as f64);
        for (what, control) in [("interrupted", &*interrupted), ("limited", &*limited)] {
            let cut = go(&data, control, &mut ());
            assert_ne!(
                cut.report.proof,
                Some(ProofKind::Enumeration),
                "{what} at {stop_at}"
            );
            assert_eq!(cut.report.status, Status::Converged, "{what} at {stop_at}");
            let (own, all) = (&cut.report, &whole.report);
            assert_eq!(own.objective_network, all.objective_network, "{what}");
            // an earlier end is no better a bound
            let some = own.proven_bound.unwrap_or(0.0);
            let most = all.proven_bound.unwrap();
            assert!(some <= most, "{what} at {stop_at}: {some} above {most}");
        }
        let late = clock.readings() - stop_at;
        assert!(late <= LATE, "{late} looks after the limit at {stop_at}");
    }
}
