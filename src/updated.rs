//! Owns what a preview's workspace remembers of its last update, in its environment: its mark cannot change later.

use std::time::Duration;

use crate::ids::EnvVar;
use crate::moment::Moment;

/// The variable that holds it.
pub const VARIABLE: &str = "CODESPHERE_RELEASE_UPDATED";

/// As the environment holds it: whole seconds since 1970, by the platform's clock.
#[must_use]
pub fn to_variable(moment: Moment) -> EnvVar {
    EnvVar {
        name: VARIABLE.to_owned(),
        value: moment.since_1970().as_secs().to_string(),
    }
}

/// Reads it among a workspace's variables; none where there is none, or where it is no number.
#[must_use]
pub fn among(env: &[EnvVar]) -> Option<Moment> {
    let variable = env.iter().find(|variable| variable.name == VARIABLE)?;
    let seconds = variable.value.parse().ok()?;
    Some(Moment::after_1970(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::{among, to_variable};
    use crate::moment::Moment;

    #[test]
    fn it_is_read_back_and_nonsense_is_none() {
        let moment = Moment::from_rfc3339("2026-11-23T21:04:43Z").unwrap();
        let mut variable = to_variable(moment);
        assert_eq!(variable.value, "1795467883");
        assert_eq!(among(std::slice::from_ref(&variable)), Some(moment));
        for nonsense in ["", "soon", "-1", "1.5", "99999999999999999999999"] {
            nonsense.clone_into(&mut variable.value);
            assert_eq!(among(std::slice::from_ref(&variable)), None, "{nonsense}");
        }
        assert_eq!(among(&[]), None);
    }
}
