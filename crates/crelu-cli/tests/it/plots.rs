//! The plots of a run.

use crate::program::{Workplace, data, rings};

/// Whether every tag that opens closes, in order: the drawing is well-formed XML of plain tags.
fn check_well_formed(svg: &str) {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("a tag that does not end");
        let tag = &rest[start + 1..end];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in the wrong order");
        } else if !tag.ends_with('/') && !tag.starts_with(['?', '!']) {
            open.push(tag.split_whitespace().next().unwrap());
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    assert!(svg.trim_end().ends_with("</svg>"));
}

/// The numbers of points of the curves that are drawn.
fn curves(svg: &str) -> Vec<usize> {
    let parts = svg.split("<polyline").skip(1);
    let points = parts.map(|part| part.split("points=\"").nth(1).unwrap());
    let counts = points.map(|part| part.split('"').next().unwrap().split_whitespace().count());
    counts.filter(|count| *count > 2).collect()
}

#[test]
fn plots_of_a_classification_hold_every_series() {
    let here = Workplace::new();
    here.put("rings.csv", rings(150, 2, 20));
    here.run_to(
        0,
        &[
            "fit",
            "rings.csv",
            "--train",
            "sampled",
            "--test-frac",
            "0.3",
            "--plots",
            "new/plots",
            "--quiet",
        ],
    );
    let checks = here.report("rings.json")["history"]
        .as_array()
        .unwrap()
        .len();
    assert!(checks > 3, "{checks}");

    let convergence = here.text("new/plots/convergence.svg");
    check_well_formed(&convergence);
    for text in [
        "objective J",
        "dual bound",
        "gap",
        "tolerance",
        "seconds",
        "1e-3",
    ] {
        assert!(convergence.contains(text), "{text}");
    }
    // objective, bound and gap, at every check and at the end
    assert_eq!(
        curves(&convergence).iter().filter(|n| **n > checks).count(),
        3
    );

    let accuracy = here.text("new/plots/accuracy.svg");
    check_well_formed(&accuracy);
    for text in ["train", "test", "Accuracy"] {
        assert!(accuracy.contains(text), "{text}");
    }
    assert_eq!(curves(&accuracy).iter().filter(|n| **n > checks).count(), 2);
    assert!(!here.path("new/plots/r2.svg").exists());
}

#[test]
fn plots_of_a_regression_show_r2() {
    let here = Workplace::new();
    here.run_to(
        0,
        &["fit", &data("diabetes.csv"), "--plots", ".", "--quiet"],
    );
    let r2 = here.text("r2.svg");
    check_well_formed(&r2);
    assert!(r2.contains("r2") && r2.contains("train") && !r2.contains(">\ntest"));
    assert!(!here.path("accuracy.svg").exists());
}

#[test]
fn plots_of_a_run_without_iterations_are_still_drawn() {
    let here = Workplace::new();
    here.put("rings.csv", rings(50, 2, 21));
    here.run_to(
        2,
        &[
            "fit",
            "rings.csv",
            "--max-iters",
            "0",
            "--tol",
            "0",
            "--plots",
            "p",
            "--quiet",
        ],
    );
    check_well_formed(&here.text("p/convergence.svg"));
    check_well_formed(&here.text("p/accuracy.svg"));
}

#[test]
fn plots_of_global_training_show_the_search_and_the_frontier() {
    let here = Workplace::new();
    here.put("rings.csv", rings(150, 2, 22));
    here.run_to(0, &["fit", "rings.csv", "--plots", "p", "--quiet"]);
    let convergence = here.text("p/convergence.svg");
    check_well_formed(&convergence);
    assert!(convergence.contains("if no neuron is dearer"));
    assert!(convergence.contains("proven bound") && convergence.contains("proven gap"));
    let frontier = here.text("p/frontier.svg");
    check_well_formed(&frontier);
    assert!(frontier.contains("neurons"));
    let map = here.text("p/function.svg");
    check_well_formed(&map);
    for text in ["x0", "x1", "Outputs of the network"] {
        assert!(map.contains(text), "{text}");
    }
    // a cell a value, a filled disc and its rim a row, a line a neuron that bends inside
    assert!(map.matches("<rect").count() > 4000);
    assert!(map.matches("<circle").count() >= 300);
    assert!(map.matches("<polyline").count() > 3);
}

#[test]
fn plots_of_one_feature_mark_the_breakpoints() {
    let here = Workplace::new();
    let mut text = "dose,effect\n".to_owned();
    for i in -20..=20 {
        let x = f64::from(i) / 10.0;
        text.push_str(&format!("{x},{}\n", 3.0 + (x - 0.5).abs()));
    }
    here.put("bend.csv", text);
    here.run_to(
        0,
        &[
            "fit",
            "bend.csv",
            "--beta-frac",
            "0.001",
            "--plots",
            "p",
            "--quiet",
        ],
    );
    let drawn = here.text("p/function.svg");
    check_well_formed(&drawn);
    assert!(drawn.contains("dose") && drawn.contains("breakpoints"));
    assert!(curves(&drawn).iter().any(|points| *points >= 400));
    // more features have no such plot
    here.put("rings.csv", rings(60, 3, 24));
    here.run_to(0, &["fit", "rings.csv", "--plots", "q", "--quiet"]);
    assert!(!here.path("q/function.svg").exists());
}

#[test]
fn plots_of_three_classes_show_their_regions() {
    let here = Workplace::new();
    let mut text = "x0,x1,kind\n".to_owned();
    for i in 0..90 {
        let turn = f64::from(i) * 0.7;
        let reach = 1.0 + 0.3 * f64::from(i % 7);
        let (x, y) = (reach * turn.cos(), reach * turn.sin());
        let kind = match (x > 0.2, y > 0.0) {
            (true, _) => "east",
            (false, true) => "north",
            (false, false) => "south",
        };
        text.push_str(&format!("{x},{y},{kind}\n"));
    }
    here.put("winds.csv", text);
    let args = [
        "fit",
        "winds.csv",
        "--beta-frac",
        "0.01",
        "--plots",
        "p",
        "--quiet",
    ];
    here.run_to(0, &args);
    let map = here.text("p/function.svg");
    check_well_formed(&map);
    for text in [
        "x0",
        "x1",
        "Regions of the classes",
        "east",
        "north",
        "south",
    ] {
        assert!(map.contains(text), "{text}");
    }
    // every row of cells has its strips, in three tints; a disc and its rim a row of the data
    assert!(map.matches("<rect").count() > 300);
    for tint in ["#B3D5E8", "#F8E2B3", "#B3E2D5"] {
        assert!(map.contains(tint), "{tint}");
    }
    assert!(map.matches("<circle").count() >= 180);
    assert!(map.matches("<polyline").count() > 3);
}
