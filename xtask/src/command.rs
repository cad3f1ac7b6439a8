//! The command line: a command and its few options, read by hand.

use crate::explore::Plan;
use crate::python::Extent;

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
Usage: cargo xtask <command>

  test [--install]       all that CI runs: fmt, lint, tidy, tests, docs, wasm, chromium,
                         deny; what the machine lacks is installed with --install or CI=true,
                         named otherwise; the tests of the device are then required (CRELU_GPU=off|auto|require)
  ci [--install]         the same
  explore [--minutes M] [--seed S] [--only NAME]
                         the random tests on fresh seeds, for M minutes (10), or once on the
                         seed S; each failure is shown with the line that repeats it
  py-test [--install] [--full] [--torch]
                         the Python package: built, and tested in target/python; --full: with the tests
                         that take minutes (installed from its source, Dask, JAX); --torch: with PyTorch
  tidy                   the rules of the source tree alone (layers, bans, names, sizes)
  bench <name> [--quick] one measurement of the benches crate, built in release; of the Python package:
                         comparison, overhead, tutorial
  demo-data [--check]    remake data/fashion from the Debian package dataset-fashion-mnist;
                         with --check, compare and write nothing
  help                   this text
";

/// One command with its options.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Test { install: bool },
    Explore(Plan),
    Tidy,
    PyTest { install: bool, extent: Extent },
    Bench(Vec<String>),
    DemoData { check: bool },
}

/// Reads the arguments after `cargo xtask`.
pub(crate) fn parse(arguments: &[String]) -> Result<Command, String> {
    let Some((name, rest)) = arguments.split_first() else {
        return Err("no command; `cargo xtask help` lists them".into());
    };
    let without_options = |command| match rest.first() {
        None => Ok(command),
        Some(option) => Err(format!("{name} takes no argument, got `{option}`")),
    };
    match name.as_str() {
        "help" | "--help" | "-h" => without_options(Command::Help),
        "test" | "ci" => flag(name, rest, "--install").map(|install| Command::Test { install }),
        "explore" => explore(rest).map(Command::Explore),
        "tidy" => without_options(Command::Tidy),
        "py-test" => py_test(rest),
        "bench" => Ok(Command::Bench(rest.to_vec())),
        "demo-data" => flag(name, rest, "--check").map(|check| Command::DemoData { check }),
        other => Err(format!(
            "unknown command `{other}`; `cargo xtask help` lists them"
        )),
    }
}

/// Whether the one option that a command has is there.
fn flag(name: &str, options: &[String], known: &str) -> Result<bool, String> {
    match options {
        [] => Ok(false),
        [option] if option == known => Ok(true),
        [option, ..] => Err(format!("{name} takes only {known}, got `{option}`")),
    }
}

/// The options of `py-test`.
fn py_test(options: &[String]) -> Result<Command, String> {
    let (mut install, mut extent) = (false, Extent::default());
    for option in options {
        match option.as_str() {
            "--install" => install = true,
            "--full" => extent.full = true,
            "--torch" => extent.torch = true,
            other => {
                return Err(format!(
                    "py-test takes --install, --full and --torch, got `{other}`"
                ));
            }
        }
    }
    Ok(Command::PyTest { install, extent })
}

/// The options of `explore`.
fn explore(options: &[String]) -> Result<Plan, String> {
    let mut plan = Plan::default();
    let mut words = options.iter();
    while let Some(option) = words.next() {
        let mut value = || {
            let word = words.next();
            word.ok_or_else(|| format!("explore {option} takes a value"))
        };
        match option.as_str() {
            "--minutes" => plan.minutes = minutes(value()?)?,
            "--seed" => {
                let word = value()?;
                let seed = word.parse();
                plan.seed = Some(seed.map_err(|_| format!("`{word}` is not a seed"))?);
            }
            "--only" => plan.only = Some(value()?.clone()),
            other => {
                return Err(format!(
                    "explore takes --minutes, --seed and --only, got `{other}`"
                ));
            }
        }
    }
    Ok(plan)
}

fn minutes(word: &str) -> Result<f64, String> {
    // a year: more would not be a duration
    let valid = |m: &f64| *m >= 0.0 && *m <= 525_600.0;
    let number = word.parse().ok().filter(valid);
    number.ok_or_else(|| format!("`{word}` is not a number of minutes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        parse(&words)
    }

    #[test]
    fn parse_ci_is_test() {
        assert_eq!(parse_line("ci"), parse_line("test"));
        assert_eq!(parse_line("test"), Ok(Command::Test { install: false }));
        assert_eq!(
            parse_line("ci --install"),
            Ok(Command::Test { install: true })
        );
    }

    #[test]
    fn parse_bench_hands_its_arguments_on() {
        let expected = Command::Bench(vec!["core".into(), "--quick".into()]);
        assert_eq!(parse_line("bench core --quick"), Ok(expected));
    }

    #[test]
    fn parse_py_test_reads_its_extent() {
        let extent = Extent {
            full: true,
            torch: false,
        };
        let expected = Command::PyTest {
            install: true,
            extent,
        };
        assert_eq!(parse_line("py-test --full --install"), Ok(expected));
        assert!(parse_line("py-test --fast").unwrap_err().contains("--fast"));
    }

    #[test]
    fn parse_unknown_word_is_named_in_the_error() {
        for line in ["tets", "tidy --fix", "demo-data --chek", "test --gpu off"] {
            let error = parse_line(line).unwrap_err();
            let culprit = line.split_whitespace().nth(usize::from(line != "tets"));
            assert!(error.contains(culprit.unwrap()), "{line}: {error}");
        }
        assert!(parse_line("").is_err());
    }

    #[test]
    fn parse_explore_reads_its_options() {
        let line = "explore --minutes 0.5 --seed 18446744073709551615 --only a::b";
        let plan = Plan {
            minutes: 0.5,
            seed: Some(u64::MAX),
            only: Some("a::b".into()),
        };
        assert_eq!(parse_line(line), Ok(Command::Explore(plan)));
        for (bad, culprit) in [
            ("explore --minutes", "--minutes"),
            ("explore --minutes -1", "`-1`"),
            ("explore --minutes nan", "`nan`"),
            ("explore --seed 1.5", "`1.5`"),
            ("explore admm", "`admm`"),
        ] {
            let error = parse_line(bad).unwrap_err();
            assert!(error.contains(culprit), "{bad}: {error}");
        }
    }

    #[test]
    fn parse_every_command_of_the_help_text_is_known() {
        let names = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
        let lines = HELP.lines().filter(names);
        let names = lines.filter_map(|line| line[2..].split(' ').next());
        for name in names.filter(|name| !name.is_empty()) {
            assert!(parse_line(name).is_ok(), "{name}");
        }
    }
}
