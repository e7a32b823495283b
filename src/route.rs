//! Owns what a route is: a path of a custom domain, where people reach a release.

use serde::{Deserialize, Serialize};

/// A path of a custom domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The domain's name.
    pub domain: String,
    /// The path.
    pub path: String,
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "https://{}{}",
            self.domain,
            self.path.trim_end_matches('/')
        )
    }
}
