use crelu_model::gates::{GateSampler, sample};
use crelu_model::programme::{
    Activation, Check, Observer, Precision, Programme, ProgrammeSettings, Solution, Splitting,
    Switch, solve,
};
use crelu_model::{Clock, Control};
use linalg_core::RowSpace;
use serde_json::{Value, json};

use crate::record;
use crate::sets::{REAL, SYNTHETIC, Set, load};
use crate::stopwatch::Stopwatch;

const SEED: u64 = 0;
/// The page's head.
const PAGE: &str = "\
# Convergence

Made by `cargo xtask bench convergence --write docs/results/CONVERGENCE.md`: iterations and seconds to a certified
relative gap, at 30, 10, 1 and 0.3 % of the zero threshold. Every cell is the first check (a check every
fifth iteration, and after every Newton round) at which the best feasible point and the best lower
bound so far, both in f64, were within the gap. Iterations count Newton steps, and are summed over
working sets; a product is one of `2 n r P` flops with all patterns, whatever made it. The runs stop at
1e-6 (ReLU, rank <= 50, f64) or at 1e-4. Seconds are of the run that made the page and vary with the machine;
iterations do not. A row asked for in f32 that names f64 was finished in f64 because f32 got no further.

Sets: breast cancer, diabetes, digits (first 600 rows, even against odd), wine (class 1 against the rest) and
fashion (sandal against sneaker, 14 x 14) from `data/`, standardised, a bias column, the diabetes target
centred and scaled; `teacher n x d`: Gaussian rows and the sign of ten ReLU neurons about its median;
`spread`: the same with singular values that fall geometrically by 1e4. The generators are in
`benches/src/sets.rs`. Patterns: Gaussian gates of seed 0.

";
/// The gaps whose first crossing is reported.
const GAPS: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-6];

/// The programme of a set, as `fit` makes it.
pub(crate) fn programme(
    set: &Set,
    patterns: usize,
    fraction: f64,
    activation: Activation,
) -> Result<Programme, String> {
    let inputs = set.inputs.as_ref();
    let (d, n) = (inputs.nrows(), inputs.ncols());
    let found = sample(
        inputs,
        &set.target,
        true,
        GateSampler::Gaussian,
        patterns,
        SEED,
    )
    .map_err(|e| e.to_string())?;
    let space = if d > n {
        RowSpace::qr(inputs.transpose())
    } else if d <= 128 {
        RowSpace::svd(inputs.transpose()).map_err(|e| e.to_string())?
    } else {
        RowSpace::columns(inputs.transpose())
    };
    let gates = space.reduce(found.gates.as_ref());
    let programme = Programme::new(
        space.rows().to_owned(),
        found.masks,
        gates,
        set.target.clone(),
        0.0,
        activation,
    )
    .map_err(|e| e.to_string())?;
    let beta = fraction * programme.zero_threshold();
    Ok(programme.with_beta_sum(beta))
}

/// First iteration and second at which each gap was reached.
#[derive(Default)]
struct Crossings {
    reached: [Option<(usize, f64)>; GAPS.len()],
}

impl Observer for Crossings {
    fn check(&mut self, check: &Check<'_>) {
        let gap = (check.point.objective - check.dual_bound) / check.point.objective;
        for (slot, limit) in self.reached.iter_mut().zip(GAPS) {
            if gap <= limit && slot.is_none() {
                *slot = Some((check.iteration, check.seconds));
            }
        }
    }
}

pub(crate) struct Options {
    pub(crate) quick: bool,
    set: Option<String>,
    write: Option<String>,
    splitting: Splitting,
    newton: Switch,
    working_set: Switch,
    tol: Option<f64>,
}

impl Options {
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let mut out = Self {
            quick: false,
            set: None,
            write: None,
            splitting: Splitting::Auto,
            newton: Switch::Auto,
            working_set: Switch::Auto,
            tol: None,
        };
        let switch = |text: &str| match text {
            "auto" => Ok(Switch::Auto),
            "on" => Ok(Switch::On),
            "off" => Ok(Switch::Off),
            other => Err(format!("{other:?} is not auto, on or off")),
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--quick" => out.quick = true,
                "--set" => out.set = Some(value()?.clone()),
                "--write" => out.write = Some(value()?.clone()),
                "--newton" => out.newton = switch(value()?)?,
                "--working-set" => out.working_set = switch(value()?)?,
                "--tol" => {
                    out.tol = Some(
                        value()?
                            .parse()
                            .map_err(|_| "--tol needs a number".to_owned())?,
                    )
                }
                "--splitting" => {
                    out.splitting = match value()?.as_str() {
                        "auto" => Splitting::Auto,
                        "two-block" => Splitting::TwoBlock,
                        "three-block" => Splitting::ThreeBlock,
                        other => return Err(format!("{other:?} is no splitting")),
                    }
                }
                other => return Err(format!("unknown option {other:?}")),
            }
        }
        Ok(out)
    }
}

pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let options = Options::parse(args)?;
    let (counts, fractions, precisions): (&[usize], &[f64], &[Precision]) = if options.quick {
        (&[10], &[0.1, 0.01], &[Precision::F64])
    } else {
        (
            &[10, 50, 100, 200],
            &[0.3, 0.1, 0.01, 0.003],
            &[Precision::F64, Precision::F32],
        )
    };
    let names: Vec<&str> = match &options.set {
        Some(name) => vec![name],
        None if options.quick => vec!["wine", "diabetes"],
        None => REAL.iter().chain(&SYNTHETIC).copied().collect(),
    };
    let head = "| set (n, r) | P | beta/beta_max | model | precision | 1e-2 | 1e-3 | 1e-4 | 1e-6 | iterations (Newton) | products | programme gap | status |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
    let mut text = head.to_owned();
    print!("{head}");
    let mut rows = Vec::new();
    for name in names {
        let set = load(name)?;
        for &activation in &[Activation::Relu, Activation::Gated] {
            for &count in counts {
                for &fraction in fractions {
                    for &precision in precisions {
                        let programme = programme(&set, count, fraction, activation)?;
                        let (line, row) =
                            one(&set, &programme, count, fraction, precision, &options)?;
                        println!("{line}");
                        text.push_str(&line);
                        text.push('\n');
                        rows.push(row);
                    }
                }
            }
        }
    }
    let words = summary(&rows);
    print!("{words}");
    let file = record::write("convergence", SEED, rows)?;
    println!("written to {}", file.display());
    if let Some(path) = &options.write {
        let page = format!("{PAGE}{words}\n{text}");
        crelu_data::write_atomic(path.as_ref(), page.as_bytes()).map_err(|e| e.to_string())?;
    }
    Ok(())
}

fn one(
    set: &Set,
    programme: &Programme,
    count: usize,
    fraction: f64,
    precision: Precision,
    options: &Options,
) -> Result<(String, Value), String> {
    let rank = programme.rank();
    let relu = programme.activation() == Activation::Relu;
    let mut settings = ProgrammeSettings::default();
    // small ranks: the Newton finish goes to 1e-6 in f64; else to 1e-4
    settings.tol = options
        .tol
        .unwrap_or(if relu && rank <= 50 && precision == Precision::F64 {
            1e-6
        } else {
            1e-4
        });
    settings.precision = precision;
    settings.splitting = options.splitting;
    settings.newton = options.newton;
    settings.working_set = options.working_set;
    let settings = settings.check().map_err(|e| e.to_string())?;
    let clock = Stopwatch::start();
    let mut crossings = Crossings::default();
    let solution: Solution = solve(
        programme,
        &settings,
        &Control::with_clock(&clock),
        None,
        &mut crossings,
    )
    .map_err(|e| format!("{}: {e}", set.name))?;
    let total = clock.seconds();
    let cell = |slot: &Option<(usize, f64)>| match slot {
        Some((iteration, seconds)) => format!("{iteration} / {seconds:.3} s"),
        None => "-".to_owned(),
    };
    let [a, b, c, d] = &crossings.reached;
    let model = if relu { "ReLU" } else { "gated" };
    let line = format!(
        "| {} ({}, {}) | {} | {} | {} | {} | {} | {} | {} | {} | {} ({}) | {:.0} | {:.1e} | {} |",
        set.name,
        programme.n_samples(),
        rank,
        count,
        fraction,
        model,
        solution.precision,
        cell(a),
        cell(b),
        cell(c),
        cell(d),
        solution.iterations,
        solution.newton_steps,
        solution.products,
        solution.gap(),
        solution.status.name(),
    );
    let row = json!({
        "set": set.name, "n": programme.n_samples(), "rank": rank, "patterns": count,
        "beta_frac": fraction, "model": model, "precision": solution.precision, "asked": if precision == Precision::F32 { "f32" } else { "f64" },
        "crossings": crossings.reached.iter().map(|s| s.map(|(i, t)| json!([i, t]))).collect::<Vec<_>>(),
        "iterations": solution.iterations, "newton_steps": solution.newton_steps,
        "products": solution.products, "gap": solution.gap(), "status": solution.status.name(),
        "objective": solution.point.objective, "seconds": total, "reason": solution.choice.reason,
    });
    Ok((line, row))
}

/// How many rows keep the promises, in words.
fn summary(rows: &[Value]) -> String {
    let count = |model: &str, asked: &str, limit: u64| {
        let of: Vec<&Value> = rows
            .iter()
            .filter(|r| {
                r["model"] == model
                    && r["asked"] == asked
                    && r["rank"].as_u64().is_some_and(|r| r <= 400)
            })
            .collect();
        let ok = of
            .iter()
            .filter(|r| r["crossings"][1][0].as_u64().is_some_and(|i| i <= limit))
            .count();
        (ok, of.len())
    };
    let mut words = String::new();
    for asked in ["f64", "f32"] {
        let ((relu, relus), (gated, gateds)) =
            (count("ReLU", asked, 200), count("gated", asked, 120));
        if relus + gateds > 0 {
            words.push_str(&format!(
                "- 1e-3 in {asked}: within 200 iterations {relu} of {relus} ReLU rows of rank <= 400, within 120 {gated} of {gateds} gated rows.\n"
            ));
        }
    }
    let small: Vec<&Value> = rows
        .iter()
        .filter(|r| {
            r["model"] == "ReLU"
                && r["asked"] == "f64"
                && r["rank"].as_u64().is_some_and(|r| r <= 50)
        })
        .collect();
    let fine = small
        .iter()
        .filter(|r| r["gap"].as_f64().is_some_and(|g| g <= 1e-6))
        .count();
    words.push_str(&format!(
        "- 1e-6 in f64: {fine} of {} ReLU rows of rank <= 50.\n",
        small.len()
    ));
    // f32 and f64 of one problem stand in one group: their objectives differ by no more than a gap
    let key = |r: &Value| {
        format!(
            "{} {} {} {}",
            r["set"], r["patterns"], r["beta_frac"], r["model"]
        )
    };
    let number = |r: &Value, name: &str| r[name].as_f64().unwrap_or(f64::NAN);
    let (mut pairs, mut agree) = (0, 0);
    for (i, a) in rows.iter().enumerate() {
        for b in rows[i + 1..].iter().filter(|b| key(a) == key(b)) {
            pairs += 1;
            let apart = (number(a, "objective") - number(b, "objective")).abs();
            let allowed = number(a, "gap").max(number(b, "gap"))
                * number(a, "objective").max(number(b, "objective"));
            agree += usize::from(apart <= allowed * (1.0 + 1e-6) + 1e-9 * number(a, "objective"));
        }
    }
    if pairs > 0 {
        words.push_str(&format!("- f32 and f64 agree on the objective within the larger gap: {agree} of {pairs} pairs.\n"));
    }
    words
}
