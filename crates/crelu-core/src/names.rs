use crate::{Activation, Backend};

/// Writes choices as their names, in files and on a screen: for types with a `name(self)`.
#[macro_export]
macro_rules! written_by_name {
    ($($choice:ty),* $(,)?) => {$(
        impl ::serde::Serialize for $choice {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl ::core::fmt::Display for $choice {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.name())
            }
        }
    )*};
}

crate::written_by_name!(Activation, Backend);
