use core::fmt;

/// Why the device has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GpuError {
    /// The machine has no adapter.
    #[error(
        "no graphics adapter was found on this machine (`crelu devices` lists them); on Debian, `apt-get install mesa-vulkan-drivers libvulkan1` gives one in software"
    )]
    NoAdapter,
    /// No adapter has the name or number that was asked for.
    #[error("no graphics adapter `{asked}` here; there are: {known}")]
    UnknownAdapter {
        /// The name or number.
        asked: String,
        /// Those that there are.
        known: Names,
    },
    /// The adapter refuses to be opened.
    #[error("the adapter {adapter} cannot be opened: {reason}")]
    Refused {
        /// Its name.
        adapter: String,
        /// In the driver's words.
        reason: String,
    },
    /// The adapter offers less than every kernel needs.
    #[error("the adapter {adapter} allows {has} {what}, and {needed} are needed")]
    Limit {
        /// Its name.
        adapter: String,
        /// What it has too little of.
        what: &'static str,
        /// How much is needed.
        needed: u64,
        /// How much it has.
        has: u64,
    },
    /// An array is larger than the adapter binds.
    #[error(
        "{what} would take {needed} bytes in one piece, and the adapter {adapter} binds at most {limit}"
    )]
    TooLarge {
        /// The adapter's name.
        adapter: String,
        /// Which array.
        what: &'static str,
        /// Its bytes.
        needed: u64,
        /// The adapter's limit.
        limit: u64,
    },
    /// The device has no room for what was asked for.
    #[error("the adapter {adapter} is out of memory with {held} bytes in use by this run")]
    OutOfMemory {
        /// Its name.
        adapter: String,
        /// Bytes that were held or asked for.
        held: u64,
    },
    /// The device is gone: unplugged, reset, or stopped by its driver.
    #[error("the adapter {adapter} was lost: {reason}")]
    Lost {
        /// Its name.
        adapter: String,
        /// In the driver's words.
        reason: String,
    },
    /// The interface refused a call; a fault of this crate or of the driver.
    #[error("the adapter {adapter} refused a call: {reason}")]
    Call {
        /// Its name.
        adapter: String,
        /// In the interface's words.
        reason: String,
    },
    /// Two lengths that must agree do not.
    #[error("{what}: length {got}, expected {want}")]
    Shape {
        /// The argument.
        what: &'static str,
        /// The length it must have.
        want: usize,
        /// The length it has.
        got: usize,
    },
    /// A number outside what 32 bits index.
    #[error("{what}: {got} is more than the kernels count ({limit})")]
    Count {
        /// Which number.
        what: &'static str,
        /// Its value.
        got: usize,
        /// The largest allowed.
        limit: usize,
    },
    /// A result is not a number.
    #[error("{what} is not finite on the device in f32")]
    NotFinite {
        /// Which result.
        what: &'static str,
    },
    /// A system is not positive definite to the precision of the device.
    #[error("the system is not positive definite in f32 (inner iteration {iteration})")]
    NotPositiveDefinite {
        /// Where it was met.
        iteration: usize,
    },
}

/// The adapters of a machine, as a list in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{at}: {name}")?;
        }
        Ok(())
    }
}
