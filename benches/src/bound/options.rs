use super::{FRACTIONS, sets};

/// What was asked for.
pub(crate) struct Options {
    /// At 10 % of `beta_max` and 1 s of the tight bound only, into a record of its own.
    pub(crate) quick: bool,
    /// The growth of the cost instead of the sets.
    pub(crate) growth: bool,
    /// Rows that are recorded are not measured again.
    pub(crate) resume: bool,
    /// The page and its pictures are written from the record.
    pub(crate) write: bool,
    /// Nothing is measured.
    pub(crate) page_only: bool,
    set: Option<&'static str>,
}

impl Options {
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let mut out = Self {
            quick: false,
            growth: false,
            resume: false,
            write: false,
            page_only: false,
            set: None,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => out.quick = true,
                "--growth" => out.growth = true,
                "--resume" => out.resume = true,
                "--write" => out.write = true,
                "--page" => out.page_only = true,
                "--set" => {
                    let text = args.next().ok_or("--set needs a name")?;
                    let names = || sets().collect::<Vec<_>>();
                    let found = sets().find(|name| name == text);
                    let none = || format!("no set named {text:?}; there are {:?}", names());
                    out.set = Some(found.ok_or_else(none)?);
                }
                other => return Err(format!("unknown option {other:?}")),
            }
        }
        if out.quick && out.write {
            return Err("--quick measures too little to be written".to_owned());
        }
        if out.growth && (out.quick || out.page_only || out.set.is_some()) {
            return Err("--growth has sizes of its own, and no set".to_owned());
        }
        Ok(out)
    }

    pub(crate) fn wants(&self, set: &str) -> bool {
        self.set.is_none_or(|wanted| wanted == set)
    }

    /// The penalties asked for.
    pub(crate) fn fractions(&self) -> &'static [f64] {
        if self.quick {
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
        assert!(one.wants("diabetes") && !one.wants("wine") && one.resume);
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
