//! Parts of a page that stand between two lines of its own.

/// The page with what stands between the lines `from` and `to` replaced.
///
/// # Errors
/// Names the page and the lines, where they are missing.
pub(crate) fn replaced(
    page: &str,
    text: &str,
    [from, to]: [&str; 2],
    new: &str,
) -> Result<String, String> {
    let (Some(begin), Some(end)) = (text.find(from), text.find(to)) else {
        return Err(format!("{page}: the lines {from} and {to} are missing"));
    };
    Ok(format!(
        "{}{from}\n\n{new}\n{}",
        &text[..begin],
        &text[end..]
    ))
}
