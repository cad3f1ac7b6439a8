use super::sets::{FRACTIONS, SETS};

/// A part of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Table,
    Seeds,
    Heldout,
    Growth,
    Paper,
    /// Nothing is measured.
    Page,
}

const NAMES: [(&str, Part); 6] = [
    ("table", Part::Table),
    ("seeds", Part::Seeds),
    ("heldout", Part::Heldout),
    ("growth", Part::Growth),
    ("paper", Part::Paper),
    ("page", Part::Page),
];

/// What was asked for.
pub(crate) struct Options {
    /// A small part of the table, by a shorter Adam, into a record of its own.
    pub(crate) quick: bool,
    /// Rows that are recorded are not measured again.
    pub(crate) resume: bool,
    /// The page is written from the record.
    pub(crate) write: bool,
    pub(crate) parts: Vec<Part>,
    set: Option<String>,
    fraction: Option<f64>,
}

impl Options {
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let mut out = Self {
            quick: false,
            resume: false,
            write: false,
            parts: Vec::new(),
            set: None,
            fraction: None,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--quick" => out.quick = true,
                "--resume" => out.resume = true,
                "--write" => out.write = true,
                "--paper" => out.parts.push(Part::Paper),
                "--only" => out.parts.push(part(value()?)?),
                "--set" => out.set = Some(value()?.clone()),
                "--fraction" => {
                    let text = value()?;
                    let fraction = text.parse().ok().filter(|f| FRACTIONS.contains(f));
                    let wanted = || format!("--fraction: {text:?} is none of {FRACTIONS:?}");
                    out.fraction = Some(fraction.ok_or_else(wanted)?);
                }
                other => return Err(format!("unknown option {other:?}")),
            }
        }
        if out.quick && out.write {
            return Err("--quick measures too little to be written".to_owned());
        }
        if out.parts.is_empty() {
            out.parts = match out.quick {
                true => vec![Part::Table],
                false => vec![Part::Table, Part::Seeds, Part::Heldout, Part::Growth],
            };
        }
        if let Some(text) = &out.set
            && !SETS.iter().any(|name| name.contains(text.as_str()))
        {
            return Err(format!("no set named {text:?}; there are {SETS:?}"));
        }
        Ok(out)
    }

    /// Whether a set was asked for: any part of its name serves.
    pub(crate) fn wants(&self, set: &str) -> bool {
        self.set.as_ref().is_none_or(|text| set.contains(text))
    }

    /// The penalties asked for.
    pub(crate) fn fractions(&self) -> Vec<f64> {
        self.fraction.map_or(FRACTIONS.to_vec(), |f| vec![f])
    }
}

fn part(text: &str) -> Result<Part, String> {
    let found = NAMES.iter().find(|(name, _)| *name == text);
    found
        .map(|(_, part)| *part)
        .ok_or_else(|| format!("--only: no part named {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, String> {
        let args: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&args)
    }

    #[test]
    fn parse_takes_parts_sets_and_penalties() {
        let options = parse("--only seeds --set cancer --fraction 0.1 --resume").unwrap();
        assert_eq!(options.parts, [Part::Seeds]);
        assert!(options.wants("breast cancer") && !options.wants("diabetes"));
        assert_eq!(options.fractions(), [0.1]);
        assert!(options.resume && !options.write);
        assert_eq!(parse("").unwrap().parts.len(), 4);
    }

    #[test]
    fn parse_refuses_what_it_does_not_know() {
        for text in [
            "--only tables",
            "--set iris",
            "--fraction 0.2",
            "--fraction NaN",
            "--what",
            "--quick --write",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
