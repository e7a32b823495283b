//! Owns the ownership mark: a sentence in a workspace's `welcomeMessage`, for people, that is read back exactly.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const START: &str = "Made by Codesphere Release for ";
const END: &str = ". Keep this sentence: the action knows its own workspaces by it.";
/// Everything that could end a field is written as `%XX`.
const FIELD: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'/');

/// Who made a workspace, for what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// `owner/name` of the repository.
    pub repository: String,
    /// The workflow file's path.
    pub workflow: String,
    /// The flow, as the input spells it.
    pub flow: String,
    /// The domain that it is meant for.
    pub domain: String,
    /// The path of the domain.
    pub path: String,
    /// The commit, 40 digits; absent where the pulled head counts.
    pub commit: Option<String>,
    /// The run that made it.
    pub run_id: u64,
    /// The attempt of that run.
    pub attempt: u64,
    /// The run's number within its workflow.
    pub run_number: u64,
    /// A random word, new for each creation.
    pub launch: String,
}

impl Mark {
    /// Reads a mark back; anything that was not written by this type's `Display` to the letter is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix(START)?.strip_suffix(END)?;
        let mut fields = inner.split(", ");
        let repository = decoded(fields.next()?)?;
        let mut field = |name: &str| decoded(fields.next()?.strip_prefix(name)?.strip_prefix(' ')?);
        let mark = Self {
            repository,
            workflow: field("workflow")?,
            flow: field("flow")?,
            domain: field("domain")?,
            path: field("path")?,
            commit: field("commit").map(|commit| (commit != "unknown").then_some(commit))?,
            run_id: field("run")?.parse().ok()?,
            attempt: field("attempt")?.parse().ok()?,
            run_number: field("number")?.parse().ok()?,
            launch: field("launch")?,
        };
        (mark.to_string() == text).then_some(mark)
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let encoded = |text: &str| utf8_percent_encode(text, FIELD).to_string();
        write!(
            f,
            "{START}{}, workflow {}, flow {}, domain {}, path {}, commit {}, run {}, attempt {}, number {}, launch {}{END}",
            encoded(&self.repository),
            encoded(&self.workflow),
            encoded(&self.flow),
            encoded(&self.domain),
            encoded(&self.path),
            encoded(self.commit.as_deref().unwrap_or("unknown")),
            self.run_id,
            self.attempt,
            self.run_number,
            encoded(&self.launch),
        )
    }
}

fn decoded(text: &str) -> Option<String> {
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::Mark;

    fn mark() -> Mark {
        Mark {
            repository: "acme/shop".to_owned(),
            workflow: ".github/workflows/release, flow x.yml".to_owned(),
            flow: "zero-downtime".to_owned(),
            domain: "shop.example.com".to_owned(),
            path: "/".to_owned(),
            commit: Some("a".repeat(40)),
            run_id: u64::MAX,
            attempt: 2,
            run_number: 42,
            launch: "0123456789abcdef".to_owned(),
        }
    }

    #[test]
    fn a_mark_is_read_back_exactly() {
        let unknown = Mark {
            commit: None,
            path: "/ä, b. %2C".to_owned(),
            ..mark()
        };
        for mark in [mark(), unknown] {
            assert_eq!(Mark::parse(&mark.to_string()), Some(mark));
        }
    }

    #[test]
    fn anything_but_a_mark_is_none() {
        let text = mark().to_string();
        assert_eq!(text, text.trim());
        let changed = [
            String::new(),
            "Welcome!".to_owned(),
            format!("{text} "),
            format!(" {text}"),
            text.replace("attempt 2", "attempt 02"),
            text.replace("attempt 2", "attempt +2"),
            text.replace("acme/shop", "acme%2Fshop"),
            text.replace(", number 42", ""),
            text.replace("run 1", "run -1"),
            text.to_uppercase(),
        ];
        for text in changed {
            assert_eq!(Mark::parse(&text), None, "{text}");
        }
    }
}
