//! How a room writes its refusals: one flat enum, order is precedence, stable codes never reused.

/// Declares a room's rejections: variant, stable code, message in plain words with the remedy.
macro_rules! rejections {
    ($(#[$doc:meta])* $name:ident in $room:literal {
        $($(#[$vdoc:meta])* $variant:ident $({ $($field:ident : $type:ty),+ $(,)? })?
            = $code:literal, $message:literal;)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[expect(missing_docs, reason = "fields are named by the message of their variant")]
        pub enum $name {
            $($(#[$vdoc])* #[error($message)] $variant $({ $($field: $type),+ })?,)+
        }

        impl $name {
            /// Every code of the room, in order of precedence.
            pub const CODES: &'static [&'static str] = &[$(concat!($room, "/", $code)),+];

            /// The stable code.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant $({ $($field: _),+ })? => concat!($room, "/", $code),)+
                }
            }
        }
    };
}
pub(crate) use rejections;
