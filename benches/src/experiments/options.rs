use super::cases::CASES;
use super::condition_rows::SETS;
use crate::flags::{Flags, unknown};

/// What was asked for; in quick, two small sets with short limits.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) flags: Flags,
    set: Option<String>,
}

impl Options {
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let mut set = None;
        let flags = Flags::parse(args, |option, more| {
            if option != "--set" {
                return unknown(option);
            }
            let text = more.next().ok_or("--set needs a value")?;
            let small = SETS.iter().map(|(name, _)| *name);
            let names: Vec<&str> = CASES.iter().map(|c| c.name).chain(small).collect();
            if !names.iter().any(|name| name.contains(text.as_str())) {
                let names = names.join("; ");
                return Err(format!("no set named {text:?}; there are: {names}"));
            }
            set = Some(text.clone());
            Ok(())
        })?;
        Ok(Self { flags, set })
    }

    /// Whether a set was asked for: any part of its name serves.
    pub(crate) fn wants(&self, set: &str) -> bool {
        self.set.as_ref().is_none_or(|text| set.contains(text))
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
    fn parse_takes_a_part_of_a_name() {
        let options = parse("--set cancer --resume").unwrap();
        assert!(options.wants("breast cancer") && !options.wants("teacher 1000 x 3072"));
        assert!(options.flags.resume && !options.flags.write && !options.flags.quick);
        assert!(parse("").unwrap().wants("breast cancer"));
    }

    #[test]
    fn parse_refuses_what_it_does_not_know() {
        for text in ["--set iris", "--set", "--what", "--quick --write"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
