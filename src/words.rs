//! Owns the one table from which an enum of words is made: each variant, what it means, and the word for it. A list of all
//! of them that is kept by hand forgets the next.

/// Declares an enum with `ALL`, in the order of the table, and the word of each under the name that is given.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident, $word:ident {
        $($(#[$doc:meta])* $variant:ident => $text:literal,)+
    }) => {
        $(#[$meta])*
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// Every one, in the order of the interface.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// The word for it, as `action.yml` spells it.
            pub const fn $word(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

pub(crate) use words;
