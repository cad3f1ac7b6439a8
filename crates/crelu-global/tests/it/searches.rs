//! Searches over a sample of the rows, and what a run says of its searches when a limit strikes.

use admm::Status;
use crelu_global::{GlobalSettings, Neurons, SearchSize, Searcher, prices, search, train};
use linalg_core::Control;
use testkit::MovingClock;

use crate::problems::{problem, teacher};

/// A sample of the rows and all of them end this near to each other.
const SAME: f64 = 1e-3;

#[test]
fn search_over_a_sample_prices_on_all_rows() {
    let (data, target) = teacher(6000, 5, 80);
    let problem = problem(&data, &target, 0.02);
    let theta = problem.theta(&vec![0.0; 6000]);
    let size = SearchSize {
        // enough of them that an eighth is more than the hundred that climb on in any case
        ascents: 800,
        steps: 50,
        keep: 50,
        rows: Some(500),
        broad: false,
    };
    let none = Neurons::none(5);
    let searcher = Searcher { seed: 1, round: 5 };
    let control = Control::default();
    let found = search(&problem, &theta, &none, size, 1.0, searcher, &control);
    assert!(found.found.len() > 4, "{}", found.found.len());
    let again = prices(&problem, &theta, &found.found);
    for (price, again) in found.prices.iter().zip(&again) {
        assert!(*price > 1.0 && (price - again).abs() <= 1e-9 * again);
    }
    assert!(found.prices.iter().all(|p| *p <= found.max_price));
    // a search of all rows finds no more than a few per mille above
    let whole = SearchSize { rows: None, ..size };
    let whole = search(&problem, &theta, &none, whole, 1.0, searcher, &control);
    assert!(found.max_price >= whole.max_price * (1.0 - 5e-3));
    let share = found.products / whole.products;
    assert!(share < 0.2, "{share}");
}

#[test]
fn search_that_is_broad_finds_more_neurons_in_less_work() {
    let (data, target) = teacher(3000, 5, 83);
    let problem = problem(&data, &target, 0.002);
    let theta = problem.theta(&vec![0.0; 3000]);
    let whole = SearchSize {
        ascents: 200,
        steps: 100,
        keep: 400,
        rows: None,
        broad: false,
    };
    let broad = SearchSize {
        steps: 5,
        broad: true,
        ..whole
    };
    let none = Neurons::none(5);
    let searcher = Searcher { seed: 2, round: 0 };
    let control = Control::default();
    let look = |size| search(&problem, &theta, &none, size, 1.0, searcher, &control);
    let (broad, whole) = (look(broad), look(whole));
    // none of its ascents is given up, and most end at neurons of their own
    assert!(
        broad.found.len() > 2 * whole.found.len(),
        "{}",
        broad.found.len()
    );
    assert!(broad.products < 0.2 * whole.products);
    let again = prices(&problem, &theta, &broad.found);
    for (price, again) in broad.prices.iter().zip(&again) {
        assert!(*price > 1.0 && (price - again).abs() <= 1e-9 * again);
    }
    // the best of them is not the best there is
    assert!(broad.max_price <= whole.max_price * (1.0 + 1e-6));
    assert!(broad.max_price > 0.8 * whole.max_price);
}

#[test]
fn train_with_a_sample_of_the_rows_ends_as_with_all() {
    let (data, target) = teacher(6000, 5, 81);
    let problem = problem(&data, &target, 0.05);
    let run = |sample: usize| {
        let mut settings = GlobalSettings::default();
        settings.thin = Some(0.0);
        settings.ascents = Some(200);
        settings.sample = sample;
        settings.thorough = true;
        settings.tol = 1e-2;
        let none = Neurons::none(5);
        train(
            &problem,
            none,
            &settings.check().unwrap(),
            &Control::default(),
            &mut (),
        )
    };
    let (some, all) = (run(600), run(usize::MAX));
    let off = some.best_objective / all.best_objective - 1.0;
    assert!(off.abs() <= SAME, "{off:e}");
    assert_eq!(some.status, Status::Converged);
    assert_eq!(all.status, Status::Converged);
    assert!(some.max_price.unwrap() <= 1.001);
}

#[test]
fn train_cut_anywhere_says_what_the_searches_saw_at_the_best_network() {
    let (data, target) = teacher(120, 4, 82);
    let problem = problem(&data, &target, 0.02);
    let mut settings = GlobalSettings::default();
    settings.thorough = true;
    let mut seen = [0; 2];
    for looks in (1..4000).step_by(97) {
        let clock = MovingClock::ticking(1.0);
        let control = Control::with_clock(&clock).deadline(f64::from(looks));
        let ended = train(
            &problem,
            Neurons::none(4),
            &settings.clone().check().unwrap(),
            &control,
            &mut (),
        );
        assert_eq!(ended.status, Status::TimeLimit, "{looks}");
        let Some(price) = ended.max_price else {
            assert_eq!(ended.rounds, 0, "{looks}: a search was made");
            seen[0] += 1;
            continue;
        };
        seen[1] += 1;
        let theta = problem.theta(&ended.best.fitted(&problem));
        let own = prices(&problem, &theta, &ended.best);
        for p in own {
            assert!(p <= price * (1.0 + 1e-12), "{looks}: {p} above {price}");
        }
        let bound = problem.search_bound(&theta, price);
        // a search of the largest size at an earlier network may have said more
        let told = ended.search_bound.unwrap();
        assert!(told >= bound * (1.0 - 1e-9), "{looks}: {told} {bound}");
        assert!(told <= ended.best_objective * (1.0 + 1e-12) && ended.ascents.unwrap() > 0);
    }
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}
