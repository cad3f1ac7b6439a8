//! The command line: a command and its few options, read by hand.

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
Usage: cargo xtask <command>

  test                   all that CI runs: fmt, lint, tidy, tests, docs, wasm, deny
  ci                     the same
  tidy                   the rules of the source tree alone (layers, bans, names, sizes)
  bench <name> [--quick] one measurement of the benches crate, built in release
  demo-data [--check]    remake data/fashion from the Debian package dataset-fashion-mnist;
                         with --check, compare and write nothing
  help                   this text
";

/// One command with its options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Test,
    Tidy,
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
        "test" | "ci" => without_options(Command::Test),
        "tidy" => without_options(Command::Tidy),
        "bench" => Ok(Command::Bench(rest.to_vec())),
        "demo-data" => match rest {
            [] => Ok(Command::DemoData { check: false }),
            [option] if option == "--check" => Ok(Command::DemoData { check: true }),
            [option, ..] => Err(format!("demo-data takes only --check, got `{option}`")),
        },
        other => Err(format!(
            "unknown command `{other}`; `cargo xtask help` lists them"
        )),
    }
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
        assert_eq!(parse_line("test"), Ok(Command::Test));
    }

    #[test]
    fn parse_bench_hands_its_arguments_on() {
        let expected = Command::Bench(vec!["core".into(), "--quick".into()]);
        assert_eq!(parse_line("bench core --quick"), Ok(expected));
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
    fn parse_every_command_of_the_help_text_is_known() {
        let lines = HELP.lines().filter(|line| line.starts_with("  "));
        let names = lines.filter_map(|line| line[2..].split(' ').next());
        for name in names.filter(|name| !name.is_empty()) {
            assert!(parse_line(name).is_ok(), "{name}");
        }
    }
}
