//! Owns what a mistake in the inputs is.

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The input, as the workflow file spells it.
    pub input: &'static str,
    /// What is wrong, and the good values.
    pub what: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` {}", self.input, self.what)
    }
}
