use super::cases::CASES;
use super::condition::SETS;

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    /// Two small sets with short limits, into a record of their own.
    pub(crate) quick: bool,
    /// Rows that are recorded are not measured again.
    pub(crate) resume: bool,
    /// The page and its pictures are written from the record.
    pub(crate) write: bool,
    /// Nothing is measured.
    pub(crate) page_only: bool,
    set: Option<String>,
}

impl Options {
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let mut out = Self {
            quick: false,
            resume: false,
            write: false,
            page_only: false,
            set: None,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => out.quick = true,
                "--resume" => out.resume = true,
                "--write" => out.write = true,
                "--page" => out.page_only = true,
                "--set" => {
                    let text = args.next().ok_or("--set needs a value")?;
                    let small = SETS.iter().map(|(name, _)| *name);
                    let names: Vec<&str> = CASES.iter().map(|c| c.name).chain(small).collect();
                    if !names.iter().any(|name| name.contains(text.as_str())) {
                        let names = names.join("; ");
                        return Err(format!("no set named {text:?}; there are: {names}"));
                    }
                    out.set = Some(text.clone());
                }
                other => return Err(format!("unknown option {other:?}")),
            }
        }
        if out.quick && out.write {
            return Err("--quick measures too little to be written".to_owned());
        }
        Ok(out)
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
        assert!(options.resume && !options.write && !options.quick);
        assert!(parse("").unwrap().wants("breast cancer"));
    }

    #[test]
    fn parse_refuses_what_it_does_not_know() {
        for text in ["--set iris", "--set", "--what", "--quick --write"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
