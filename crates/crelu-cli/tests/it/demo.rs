//! `crelu demo`

use crate::program::Workplace;

fn accuracy(line: &str) -> f64 {
    let after = line.split("test accuracy ").nth(1).unwrap();
    after.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn demo_in_an_empty_folder_shows_what_the_hidden_layer_buys() {
    let here = Workplace::new();
    let run = here.run_to(0, &["demo"]);
    assert_eq!(here.names(), ["crelu-demo"]);

    let row = |name: &str| {
        let mut lines = run.out.lines();
        lines
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    let [linear, sampled, gated, global] = ["linear", "sampled", "gated", "global"].map(row);
    assert!(accuracy(&linear) > 0.9, "{linear}");
    assert!(
        accuracy(&sampled) > accuracy(&linear),
        "{sampled}, {linear}"
    );
    assert!(accuracy(&gated) > accuracy(&linear), "{gated}, {linear}");

    assert!(accuracy(&global) > accuracy(&linear), "{global}, {linear}");

    let report = here.report("crelu-demo/report.json");
    assert_eq!(report["status"], "iteration_limit");
    assert_eq!(
        format!("{:.3}", report["test"]["accuracy"].as_f64().unwrap()),
        format!("{:.3}", accuracy(&global))
    );
    for key in ["objective_network", "dual_bound"] {
        let value = report[key].as_f64().unwrap();
        assert!(global.contains(&format!("{value:.6}")), "{key}: {global}");
    }
    assert!(here.text("crelu-demo/convergence.svg").starts_with("<svg"));
    assert!(here.text("crelu-demo/accuracy.svg").starts_with("<svg"));
    let info = here
        .run_to(0, &["info", "crelu-demo/model.safetensors"])
        .out;
    assert!(
        info.contains("Sandal") && info.contains("Sneaker"),
        "{info}"
    );
}

#[test]
fn demo_into_a_place_that_is_no_folder_is_refused() {
    let here = Workplace::new();
    here.put("file", "");
    for place in ["file", "file/below"] {
        let run = here.run(&["demo", "--out-dir", place]);
        assert!(run.complaint().starts_with("--out-dir"), "{run:?}");
    }
}
