/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A trained network.
    Model,
    /// A proven bound ([`CertificateFile`](super::CertificateFile)).
    Certificate,
}

impl FileKind {
    pub(super) const ALL: [Self; 2] = [Self::Model, Self::Certificate];

    /// The word for it in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Certificate => "certificate",
        }
    }

    /// The entry `format` of the file's metadata.
    #[must_use]
    pub fn format(self) -> &'static str {
        match self {
            Self::Model => "crelu",
            Self::Certificate => "crelu-certificate",
        }
    }

    /// The newest version of its layout, the entry `format_version`.
    #[must_use]
    pub fn newest(self) -> u64 {
        match self {
            Self::Model => 1,
            // losses other than squared, and rows that are merged
            Self::Certificate => 2,
        }
    }
}
