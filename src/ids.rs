//! Enums whose variants have ids.

/// An enum with the id of each variant beside it, as results, messages and reports write it.
macro_rules! with_ids {
    (
        $(#[$about:meta])*
        pub enum $Name:ident { $($(#[$about_one:meta])* $One:ident = $id:literal,)+ }
    ) => {
        $(#[$about])*
        pub enum $Name {
            $($(#[$about_one])* $One,)+
        }

        impl $Name {
            /// Every one, in order.
            pub const ALL: [$Name; [$($id),+].len()] = [$($Name::$One),+];

            /// Its id.
            pub const fn id(self) -> &'static str {
                match self {
                    $($Name::$One => $id,)+
                }
            }
        }
    };
}
pub(crate) use with_ids;
