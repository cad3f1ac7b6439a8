//! `crelu fit --train global`, the default.

use crate::program::{Workplace, data, rings};

#[test]
fn global_is_the_default_and_reports_what_its_searches_found() {
    let here = Workplace::new();
    let fit = ["fit", &data("diabetes.csv"), "--quiet"];
    here.run_to(0, &[&fit[..], &["--out", "m", "--report", "r"]].concat());
    let report = here.report("r");
    assert_eq!(report["train_mode"], "global");
    assert_eq!(report["ascents"], 1600);
    let number = |key: &str| report[key].as_f64().unwrap();
    let (best, returned) = (number("best_objective"), number("objective_network"));
    assert!(best <= returned && returned <= 1.001 * best * (1.0 + 1e-12));
    assert!(number("search_gap") <= 0.01 && number("max_price") > 0.99);
    assert!(number("dual_bound") <= number("objective_convex"));
    let frontier = report["frontier"].as_array().unwrap();
    assert!(frontier.len() > 1);
    assert_eq!(frontier.last().unwrap()["neurons"], report["neurons"]);

    // a start from the answer is over sooner, and not worse
    here.run_to(0, &[&fit[..], &["--thin", "0", "--out", "whole"]].concat());
    let again = [
        "--thin", "0", "--init", "whole", "--out", "again", "--report", "w",
    ];
    here.run_to(0, &[&fit[..], &again].concat());
    let warm = here.report("w");
    let objective = warm["objective_network"].as_f64().unwrap();
    assert!(objective <= best * (1.0 + 1e-5), "{objective}, {best}");
}

#[test]
fn global_keeps_to_its_number_of_neurons_and_repeats_on_any_number_of_threads() {
    let here = Workplace::new();
    here.put("rings.csv", rings(200, 4, 40));
    let fit = ["fit", "rings.csv", "--max-neurons", "5", "--quiet"];
    here.run_to(0, &[&fit[..], &["--out", "a", "--threads", "1"]].concat());
    here.run_to(0, &[&fit[..], &["--out", "b", "--threads", "2"]].concat());
    assert_eq!(here.bytes("a"), here.bytes("b"));
    assert!(here.report("a.json")["neurons"].as_u64().unwrap() <= 5);
    here.run_to(0, &[&fit[..], &["--out", "c", "--seed", "1"]].concat());
    assert_ne!(here.bytes("a"), here.bytes("c"));
}
