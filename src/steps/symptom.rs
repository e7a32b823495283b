//! Owns what is wrong with an answer, and what that says about what to do next.

/// The log, and what mostly stands in it.
const READ_THE_LOG: &str = "Read the log of `run` in the workspace's CI pipeline: whether its start command stays up, whether it has memory enough (`plan`), and whether it listens on 0.0.0.0:3000. If it only needs longer to start, raise `health-timeout`.";
/// The same for the service of a landscape.
const READ_THE_LOGS: &str = "Read the log of the service that serves this path, under `run` in the workspace's CI pipeline: whether its last step stays up, whether it has memory enough (the service's `plan` in the CI profile), and whether it listens on 0.0.0.0, at the port that `network.paths` names. If it only needs longer to start, raise `health-timeout`.";
const COMMIT: usize = 40;
/// Shorter ones are believed where they have digits and letters.
const SHORT_COMMIT: std::ops::RangeInclusive<usize> = 7..=12;

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Symptom {
    /// None came.
    NoAnswer,
    /// The platform answers in the application's place: it is not up. Asking hard can lock a client out.
    Placeholder,
    /// It was asked too often.
    Throttled,
    /// An error of the application, or of what leads to it.
    Error,
    /// A redirect, which is judged and not followed.
    Redirect(u16),
    /// Who asks has to sign in first.
    SignIn(u16),
    /// Another status than one that is wanted.
    Status(u16),
    /// The body ended too soon.
    BrokeOff,
    /// The text that proves the version is missing; the commit that it seems to name instead.
    WithoutText(Option<String>),
}

impl Symptom {
    pub(super) const fn of_status(status: u16) -> Self {
        match status {
            429 => Self::Throttled,
            300..=399 => Self::Redirect(status),
            401 | 403 => Self::SignIn(status),
            500.. => Self::Error,
            _ => Self::Status(status),
        }
    }

    /// Whether asking less often is called for.
    pub(super) const fn wants_patience(&self) -> bool {
        matches!(self, Self::Placeholder | Self::Throttled)
    }

    /// What to do about it; `in_landscape`: where a service of several answers.
    pub(crate) fn next_step(&self, in_landscape: bool) -> String {
        let read_the_log = if in_landscape {
            READ_THE_LOGS
        } else {
            READ_THE_LOG
        };
        match self {
            Self::NoAnswer => format!(
                "Check whether the runner may connect to that address (firewall, HTTPS_PROXY, `ca-certificate`). {read_the_log}"
            ),
            Self::Placeholder | Self::Throttled | Self::Error | Self::BrokeOff => {
                read_the_log.to_owned()
            }
            Self::Redirect(status) => format!(
                "Redirects are judged, not followed: choose a `health-path` that answers by itself, or add {status} to `health-status` if a healthy version answers like this."
            ),
            Self::SignIn(status) => format!(
                "Choose a `health-path` that is open to everybody, or add {status} to `health-status` if a healthy version answers like this."
            ),
            Self::Status(status) => format!(
                "Choose a `health-path` that the application serves, or add {status} to `health-status` if a healthy version answers like this."
            ),
            Self::WithoutText(commit) => {
                let older = commit.as_ref().map_or_else(String::new, |commit| {
                    format!(" If {commit} is an older commit, `run` serves what was built before: look whether `prepare` builds where `run` reads.")
                });
                format!(
                    "The application answers, but without the text that `health-body` wants. Let it show its commit: for example with `git rev-parse HEAD > public/version.txt` as the last step of `prepare` in `ci.yml`, `health-path: /version.txt` and `health-body: \"{{sha}}\"`.{older}"
                )
            }
        }
    }
}

/// The commit that a page seems to name: a whole hash, else a short one.
pub(super) fn commit_in(page: &str) -> Option<String> {
    let words = || page.split(|c: char| !c.is_ascii_alphanumeric());
    let is_hash = |word: &&str| {
        word.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mixed = |word: &&str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits > 0 && digits < word.len()
    };
    let whole = words().find(|word| word.len() == COMMIT && is_hash(word));
    let short =
        || words().find(|word| SHORT_COMMIT.contains(&word.len()) && is_hash(word) && mixed(word));
    whole.or_else(short).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::commit_in;

    #[test]
    fn a_hash_is_found_where_there_is_one() {
        let whole = "0123456789abcdef0123456789abcdef01234567";
        for (page, found) in [
            (format!("<p>version {whole}</p>"), Some(whole)),
            (format!("build 1a2b3c4, {whole}"), Some(whole)),
            ("v1.2 (1a2b3c4)".to_owned(), Some("1a2b3c4")),
            ("call 0123456789 or visit the facade".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(commit_in(&page).as_deref(), found, "{page}");
        }
    }
}
