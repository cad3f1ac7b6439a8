//! `docs/ARCHITECTURE.md` names the crates that exist, and no other.

use super::finding::Finding;
use crate::tree::Tree;

const PAGE: &str = "docs/ARCHITECTURE.md";

/// Every folder of `crates/` has a heading that links to it, with a paragraph and at least one
/// line of what the crate must never know; there is no such heading without a folder.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    if tree.crate_folders.is_empty() {
        return Vec::new();
    }
    let sections = sections(&tree.architecture);
    let mut findings = Vec::new();
    for folder in &tree.crate_folders {
        match sections.iter().find(|section| &section.name == folder) {
            None => {
                let wanted = format!("no heading `## [{folder}](../crates/{folder})`");
                findings.push(Finding::new(PAGE, wanted));
            }
            Some(section) if !section.says_never => {
                let wanted = format!("`{folder}` has no line that starts with **Never:**");
                findings.push(Finding::at(PAGE, section.line, wanted));
            }
            Some(_) => {}
        }
    }
    for section in &sections {
        if !tree.crate_folders.contains(&section.name) {
            let message = format!("`{}` is not in crates/", section.name);
            findings.push(Finding::at(PAGE, section.line, message));
        }
    }
    findings
}

struct Section {
    name: String,
    line: usize,
    says_never: bool,
}

/// The headings that link into `crates/`.
fn sections(page: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut open = false;
    for (line, text) in (1..).zip(page.lines()) {
        if text.starts_with('#') {
            open = false;
            if let Some(name) = linked_crate(text) {
                sections.push(Section {
                    name: name.into(),
                    line,
                    says_never: false,
                });
                open = true;
            }
        } else if let (true, Some(section)) = (open, sections.last_mut()) {
            section.says_never |= text.starts_with("**Never:**");
        }
    }
    sections
}

/// The crate of a heading such as `## [admm](../crates/admm)`.
fn linked_crate(heading: &str) -> Option<&str> {
    let (_, target) = heading.split_once("](../crates/")?;
    let end = target.find(['/', ')'])?;
    Some(&target[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_page(page: &str) -> Vec<Finding> {
        check(&Tree {
            crate_folders: vec!["admm".into(), "krylov".into()],
            architecture: page.into(),
            ..Tree::default()
        })
    }

    const GOOD: &str = "## [admm](../crates/admm)\nText.\n**Never:** files.\n\
        ## [krylov](../crates/krylov/)\nText.\n**Never:** a loss.\n## Planned\n### gpu-wgpu\n";

    #[test]
    fn check_complete_page_has_no_finding() {
        assert_eq!(check_page(GOOD), []);
    }

    #[test]
    fn check_missing_crate_extra_crate_and_missing_never_are_found() {
        assert_eq!(check_page(&GOOD.replace("krylov", "precond")).len(), 2);
        assert_eq!(check_page(&GOOD.replace("**Never:** a loss.", "")).len(), 1);
        assert_eq!(check_page("").len(), 2);
    }
}
