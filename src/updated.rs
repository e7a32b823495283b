//! Owns what a preview's workspace remembers of its last update, in its environment: its owner label cannot change later.

use std::time::Duration;

use crate::ids::EnvVar;
use crate::moment::Moment;

/// The variable that holds it.
pub(crate) use crate::ids::UPDATED as VARIABLE;

/// The last second of the year 9999.
const LAST: u64 = 253_402_300_799;

/// As the environment holds it: whole seconds since 1970, by the platform's clock.
pub(crate) fn to_variable(moment: Moment) -> EnvVar {
    EnvVar {
        name: VARIABLE.to_owned(),
        value: moment.since_1970().as_secs().to_string(),
    }
}

/// Reads it among a workspace's variables; none where there is none.
pub(crate) fn among(env: &[EnvVar]) -> Result<Option<Moment>, String> {
    let variable = env.iter().find(|variable| variable.name == VARIABLE);
    let read = |variable: &EnvVar| {
        let text = &variable.value;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = text
            .parse()
            .ok()
            .filter(|seconds| digits && *seconds <= LAST);
        seconds
            .map(|seconds| Moment::after_1970(Duration::from_secs(seconds)))
            .ok_or_else(|| format!("its variable {VARIABLE} is no time that this action writes"))
    };
    variable.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::{among, to_variable};
    use crate::moment::Moment;

    #[test]
    fn it_is_read_back_and_nonsense_is_told() {
        let moment = Moment::from_rfc3339("2026-11-23T21:04:43Z").unwrap();
        let mut variable = to_variable(moment);
        assert_eq!(variable.value, "1795467883");
        assert_eq!(among(std::slice::from_ref(&variable)), Ok(Some(moment)));
        for nonsense in [
            "",
            "soon",
            "-1",
            "+1",
            "1.5",
            "253402300800",
            "99999999999999999999999",
        ] {
            nonsense.clone_into(&mut variable.value);
            assert!(
                among(std::slice::from_ref(&variable)).is_err(),
                "{nonsense}"
            );
        }
        assert_eq!(among(&[]), Ok(None));
    }
}
