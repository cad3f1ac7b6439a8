//! What a step needs and a machine may lack: installed where that is wanted, named otherwise.

use std::process::Command;

use crate::process;

/// Whether to install what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Install {
    /// `--install`: what cannot be had is an error.
    Asked,
    /// `CI=true`: a machine that is there for the tests. A step that can be left out says so.
    Ci,
    No,
}

/// Something that a step needs.
pub(crate) struct Tool<'a, F> {
    pub(crate) name: &'a str,
    pub(crate) is_there: F,
    /// What installs it.
    pub(crate) commands: &'a [&'a [&'a str]],
}

impl Install {
    /// By the option and the environment.
    pub(crate) fn wanted(asked: bool) -> Self {
        let is_ci = || std::env::var("CI").is_ok_and(|value| value == "true");
        match asked {
            true => Self::Asked,
            false if is_ci() => Self::Ci,
            false => Self::No,
        }
    }

    /// The tool is there, or has been installed; the error names what would install it.
    pub(crate) fn ensure(self, tool: &Tool<'_, impl Fn() -> bool>) -> Result<(), String> {
        if (tool.is_there)() {
            return Ok(());
        }
        let lines: Vec<String> = tool.commands.iter().map(|words| words.join(" ")).collect();
        let (name, lines) = (tool.name, lines.join("; "));
        if self == Self::No {
            return Err(format!(
                "{name} is not installed; `{lines}` installs it, and so does --install or CI=true"
            ));
        }
        println!("{name} is not installed: {lines}");
        for words in tool.commands {
            let [program, rest @ ..] = words else {
                continue;
            };
            process::run(Command::new(program).args(rest))?;
        }
        match (tool.is_there)() {
            true => Ok(()),
            false => Err(format!("{name} is still missing after `{lines}`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn ensure_installs_only_where_it_is_wanted() {
        let name = format!("xtask-install-{}", std::process::id());
        let path: PathBuf = std::env::temp_dir().join(name);
        let file = path.to_str().unwrap();
        let tool = Tool {
            name: "the file",
            is_there: || path.exists(),
            commands: &[&["touch", file]],
        };
        let refused = Install::No.ensure(&tool).unwrap_err();
        assert!(refused.contains(&format!("touch {file}")), "{refused}");
        assert!(!path.exists());
        Install::Asked.ensure(&tool).unwrap();
        assert!(path.exists());
        // what is there is left alone
        Install::No.ensure(&tool).unwrap();
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn ensure_of_what_does_not_help_is_an_error() {
        let tool = |commands| Tool {
            name: "it",
            is_there: || false,
            commands,
        };
        let useless: &[&[&str]] = &[&["true"]];
        let error = Install::Asked.ensure(&tool(useless)).unwrap_err();
        assert!(error.contains("still missing"), "{error}");
        let failing: &[&[&str]] = &[&["false"]];
        assert!(Install::Asked.ensure(&tool(failing)).is_err());
    }
}
