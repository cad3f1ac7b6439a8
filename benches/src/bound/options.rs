use super::sets::{FRACTIONS, sets};
use crate::flags::{Flags, unknown};

/// What was asked for; in quick, at 10 % of `beta_max` and 1 s of the tight bound only.
pub(crate) struct Options {
    pub(crate) flags: Flags,
    /// The growth of the cost instead of the sets.
    pub(crate) growth: bool,
    set: Option<&'static str>,
}

impl Options {
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let (mut growth, mut set) = (false, None);
        let flags = Flags::parse(args, |option, more| match option {
            "--growth" => {
                growth = true;
                Ok(())
            }
            "--set" => {
                let text = more.next().ok_or("--set needs a name")?;
                let names = || sets().collect::<Vec<_>>();
                let found = sets().find(|name| name == text);
                let none = || format!("no set named {text:?}; there are {:?}", names());
                set = Some(found.ok_or_else(none)?);
                Ok(())
            }
            other => unknown(other),
        })?;
        if growth && (flags.quick || flags.page_only || set.is_some()) {
            return Err("--growth has sizes of its own, and no set".to_owned());
        }
        Ok(Self { flags, growth, set })
    }

    pub(crate) fn wants(&self, set: &str) -> bool {
        self.set.is_none_or(|wanted| wanted == set)
    }

    /// The penalties asked for.
    pub(crate) fn fractions(&self) -> &'static [f64] {
        if self.flags.quick {
            &FRACTIONS[1..2]
        } else {
            &FRACTIONS
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[&str]) -> Result<Options, String> {
        let args: Vec<String> = text.iter().map(|&t| t.to_owned()).collect();
        Options::parse(&args)
    }

    #[test]
    fn parse_takes_one_set_or_all() {
        let all = parse(&[]).unwrap();
        assert!(all.wants("wine") && all.fractions().len() == FRACTIONS.len());
        let one = parse(&["--set", "diabetes", "--resume", "--quick"]).unwrap();
        assert!(one.wants("diabetes") && !one.wants("wine") && one.flags.resume);
        assert_eq!(one.fractions(), [0.1]);
    }

    #[test]
    fn parse_refuses_what_it_does_not_know() {
        for text in [
            &["--set", "iris"][..],
            &["--set"],
            &["--what"],
            &["--quick", "--write"],
            &["--growth", "--quick"],
            &["--growth", "--set", "wine"],
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
