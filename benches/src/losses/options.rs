use crate::flags::{Flags, unknown};

/// The parts of the bench, in the order of the page.
const PARTS: [&str; 3] = ["peers", "rounds", "calibration"];

/// What was asked for.
pub(crate) struct Options {
    pub(crate) flags: Flags,
    only: Option<&'static str>,
}

impl Options {
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let mut only = None;
        let flags = Flags::parse(args, |option, more| {
            if option != "--only" {
                return unknown(option);
            }
            let text = more.next().ok_or("--only needs a part")?;
            let found = PARTS.iter().find(|part| *part == text);
            let none = || format!("no part named {text:?}; there are {PARTS:?}");
            only = Some(*found.ok_or_else(none)?);
            Ok(())
        })?;
        Ok(Self { flags, only })
    }

    pub(crate) fn wants(&self, part: &str) -> bool {
        !self.flags.page_only && self.only.is_none_or(|wanted| wanted == part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, String> {
        let args: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&args)
    }

    #[test]
    fn parse_takes_one_part_all_or_none() {
        let one = parse("--only rounds --quick").unwrap();
        assert!(one.flags.quick && one.wants("rounds") && !one.wants("peers"));
        let page = parse("--page --write").unwrap();
        assert!(page.flags.write && PARTS.iter().all(|part| !page.wants(part)));
        let all = parse("").unwrap();
        assert!(PARTS.iter().all(|part| all.wants(part)));
    }

    #[test]
    fn parse_refuses_what_it_does_not_know() {
        for text in ["--only", "--only speed", "--what", "--quick --write"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
