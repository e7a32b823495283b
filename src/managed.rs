//! Owns what a workspace remembers of its managed services, in its environment: they live and die with it.

use std::collections::BTreeSet;

use crate::ids::{EnvVar, MANAGED};

/// The names as the environment holds them: a list in JSON.
pub(crate) fn to_variable(names: &BTreeSet<String>) -> EnvVar {
    EnvVar {
        name: MANAGED.to_owned(),
        value: serde_json::json!(names).to_string(),
    }
}

/// Reads the names among a workspace's variables; none where it remembers nothing, not even that there are none.
///
/// # Errors
/// Where it is not what this action writes: whoever can write to the workspace can write this.
pub(crate) fn among(env: &[EnvVar]) -> Result<Option<BTreeSet<String>>, String> {
    let variable = env.iter().find(|variable| variable.name == MANAGED);
    let read = |variable: &EnvVar| {
        serde_json::from_str(&variable.value)
            .map_err(|_| format!("its variable {MANAGED} is nothing that this action writes"))
    };
    variable.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::{among, to_variable};
    use crate::ids::EnvVar;

    #[test]
    fn names_are_read_back_and_nonsense_is_told() {
        let names = ["a,b\"c".to_owned(), "db".to_owned()].into();
        assert_eq!(among(&[to_variable(&names)]), Ok(Some(names)));
        assert_eq!(among(&[]), Ok(None));
        let odd = EnvVar {
            value: "db".to_owned(),
            ..to_variable(&[].into())
        };
        assert!(among(&[odd]).is_err());
    }
}
