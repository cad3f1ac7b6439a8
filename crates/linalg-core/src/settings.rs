/// A setting outside its range: what the `check` of every settings type of the numerical crates
/// refuses, and the constructors that take a number.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{name} = {value}: must be {must_be}")]
pub struct SettingsError {
    /// The setting.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// The range it must lie in.
    pub must_be: &'static str,
}

impl SettingsError {
    /// Refuses a value whose test failed. The test is written so that NaN fails it.
    ///
    /// # Errors
    /// Itself, when `holds` is false.
    pub fn unless(
        holds: bool,
        name: &'static str,
        value: f64,
        must_be: &'static str,
    ) -> Result<(), Self> {
        match holds {
            true => Ok(()),
            false => Err(Self {
                name,
                value,
                must_be,
            }),
        }
    }
}
