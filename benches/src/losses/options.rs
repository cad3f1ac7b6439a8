/// The parts of the bench, in the order of the page.
const PARTS: [&str; 3] = ["peers", "rounds", "calibration"];

/// What was asked for.
pub(crate) struct Options {
    /// Small sets and few repetitions, into a record of its own.
    pub(crate) quick: bool,
    /// Rows that are recorded are not measured again.
    pub(crate) resume: bool,
    /// The page is written from the record.
    pub(crate) write: bool,
    /// Nothing is measured.
    page_only: bool,
    only: Option<&'static str>,
}

impl Options {
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let mut out = Self {
            quick: false,
            resume: false,
            write: false,
            page_only: false,
            only: None,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => out.quick = true,
                "--resume" => out.resume = true,
                "--write" => out.write = true,
                "--page" => out.page_only = true,
                "--only" => {
                    let text = args.next().ok_or("--only needs a part")?;
                    let found = PARTS.iter().find(|part| *part == text);
                    let none = || format!("no part named {text:?}; there are {PARTS:?}");
                    out.only = Some(found.ok_or_else(none)?);
                }
                other => return Err(format!("unknown option {other:?}")),
            }
        }
        match out.quick && out.write {
            true => Err("--quick measures too little to be written".to_owned()),
            false => Ok(out),
        }
    }

    pub(crate) fn wants(&self, part: &str) -> bool {
        !self.page_only && self.only.is_none_or(|wanted| wanted == part)
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
        assert!(one.quick && one.wants("rounds") && !one.wants("peers"));
        let page = parse("--page --write").unwrap();
        assert!(page.write && PARTS.iter().all(|part| !page.wants(part)));
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
