//! Owns which step of which run this is: the same in main and post step, and in no other.

use std::collections::BTreeMap;

/// The runner's variables that tell it. No step can set them: the runner's own values win.
const NAMES: [&str; 5] = [
    "GITHUB_REPOSITORY_ID",
    "GITHUB_RUN_ID",
    "GITHUB_RUN_ATTEMPT",
    "GITHUB_JOB",
    "GITHUB_ACTION",
];

/// Repository, run, attempt, job and step, in this order; blank where the runner does not say.
pub(crate) fn identity(variables: &BTreeMap<String, String>) -> Vec<String> {
    let value = |name: &str| {
        variables
            .get(name)
            .map_or("", |value| value.trim())
            .to_owned()
    };
    NAMES.into_iter().map(value).collect()
}
