//! Owns the ownership mark: a sentence in a workspace's `welcomeMessage`, for people, that is read back exactly.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::repository::Repository;
use crate::route::Place;

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
    /// The repository.
    pub repository: Repository,
    /// The workflow file's path.
    pub workflow: String,
    /// The flow, as the input spells it.
    pub flow: String,
    /// What it is meant for.
    pub purpose: Purpose,
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

/// What a workspace is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To serve these places, sorted and each once; none where that was left open.
    Places(Vec<Place>),
    /// To show a pull request.
    PullRequest(u64),
}

/// Stands for no place at all.
const NONE: &str = "-";

impl Purpose {
    /// To serve `places`, in whatever order they come.
    pub fn serve<'p>(places: impl IntoIterator<Item = &'p Place>) -> Self {
        let mut places: Vec<Place> = places.into_iter().cloned().collect();
        places.sort();
        places.dedup();
        Self::Places(places)
    }

    /// Whether `place` is among what it is meant for.
    #[must_use]
    pub fn includes(&self, place: &Place) -> bool {
        match self {
            Self::Places(places) => places.contains(place),
            Self::PullRequest(_) => false,
        }
    }

    /// Two lists of the same length, whose items hold no spaces; paths begin with `/`.
    fn read(domains: &str, paths: &str) -> Option<Self> {
        if (domains, paths) == (NONE, NONE) {
            return Some(Self::Places(Vec::new()));
        }
        let (domains, paths) = (domains.split(' '), paths.split(' '));
        if domains.clone().count() != paths.clone().count()
            || !paths.clone().all(|path| path.starts_with('/'))
        {
            return None;
        }
        let places: Vec<Place> = domains
            .zip(paths)
            .map(|(domain, path)| Place {
                domain: domain.to_owned(),
                path: path.to_owned(),
            })
            .collect();
        Some(Self::serve(&places))
    }
}

impl std::fmt::Display for Purpose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let places = match self {
            Self::PullRequest(number) => return write!(f, "pull request {number}"),
            Self::Places(places) => places,
        };
        let joined = |part: fn(&Place) -> &str| {
            let parts: Vec<&str> = places.iter().map(part).collect();
            if parts.is_empty() {
                NONE.to_owned()
            } else {
                encoded(&parts.join(" "))
            }
        };
        let (domains, paths) = (joined(|place| &place.domain), joined(|place| &place.path));
        write!(f, "domain {domains}, path {paths}")
    }
}

impl Mark {
    /// Reads a mark back; anything that was not written by this type's `Display` to the letter is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix(START)?.strip_suffix(END)?;
        let mut fields = inner.split(", ");
        let repository = decoded(fields.next()?)?;
        let shows_a_pull_request = fields.clone().any(|text| text.starts_with("pull request "));
        let mut field = |name: &str| decoded(fields.next()?.strip_prefix(name)?.strip_prefix(' ')?);
        let mark = Self {
            repository: Repository {
                name: repository,
                id: None,
            },
            workflow: field("workflow")?,
            flow: field("flow")?,
            purpose: if shows_a_pull_request {
                Purpose::PullRequest(field("pull request")?.parse().ok()?)
            } else {
                Purpose::read(&field("domain")?, &field("path")?)?
            },
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
        write!(
            f,
            "{START}{}, workflow {}, flow {}, {}, commit {}, run {}, attempt {}, number {}, launch {}{END}",
            encoded(&self.repository.name),
            encoded(&self.workflow),
            encoded(&self.flow),
            self.purpose,
            encoded(self.commit.as_deref().unwrap_or("unknown")),
            self.run_id,
            self.attempt,
            self.run_number,
            encoded(&self.launch),
        )
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, FIELD).to_string()
}

fn decoded(text: &str) -> Option<String> {
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::{Mark, Purpose};
    use crate::route::Place;

    fn place(domain: &str, path: &str) -> Place {
        Place {
            domain: domain.to_owned(),
            path: path.to_owned(),
        }
    }

    fn mark() -> Mark {
        Mark {
            repository: "acme/shop".into(),
            workflow: ".github/workflows/release, flow x.yml".to_owned(),
            flow: "zero-downtime".to_owned(),
            purpose: Purpose::serve(&[place("shop.example.com", "/")]),
            commit: Some("a".repeat(40)),
            run_id: u64::MAX,
            attempt: 2,
            run_number: 42,
            launch: "0123456789abcdef".to_owned(),
        }
    }

    fn meant_for(purpose: Purpose) -> Mark {
        Mark { purpose, ..mark() }
    }

    #[test]
    fn what_it_is_meant_for_is_written_in_one_way() {
        let (a, b) = (place("a.example.com", "/x"), place("b.example.com", "/"));
        for (purpose, text) in [
            (Purpose::serve([]), "domain -, path -"),
            (Purpose::serve([&b]), "domain b.example.com, path /"),
            (
                Purpose::serve([&b, &a, &b]),
                "domain a.example.com%20b.example.com, path /x%20/",
            ),
            (Purpose::PullRequest(12), "pull request 12"),
        ] {
            assert!(
                meant_for(purpose)
                    .to_string()
                    .contains(&format!(", flow zero-downtime, {text}, commit ")),
                "{text}"
            );
        }
    }

    #[test]
    fn a_mark_is_read_back_exactly() {
        let unknown = Mark {
            commit: None,
            purpose: Purpose::serve(&[place("shop.example.com", "/ä,b.%2C-%20")]),
            workflow: "pull request 7".to_owned(),
            ..mark()
        };
        let preview = meant_for(Purpose::PullRequest(u64::MAX));
        let open = meant_for(Purpose::serve([]));
        for mark in [mark(), unknown, preview, open] {
            assert_eq!(Mark::parse(&mark.to_string()), Some(mark));
        }
    }

    /// A few thousand places of every length and kind, always the same ones.
    #[test]
    fn whatever_places_it_is_meant_for_it_is_read_back_exactly() {
        let mut seed: u64 = 7;
        let mut next = |below: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let letters: Vec<char> = "abz09-._~!$&()*+,;=:@%2F/".chars().collect();
        for _ in 0..2000 {
            let mut places = Vec::new();
            for _ in 0..next(4) {
                let mut text = |most: u64| {
                    let length = next(most);
                    (0..length)
                        .map(|_| letters[usize::try_from(next(25)).unwrap()])
                        .collect::<String>()
                };
                places.push(place(
                    &format!("{}.example.com", text(6)),
                    &format!("/{}", text(9)),
                ));
            }
            let mark = meant_for(Purpose::serve(&places));
            assert_eq!(Mark::parse(&mark.to_string()), Some(mark), "{places:?}");
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
            text.replace("path /,", "path -,"),
            text.replace("path /,", "path /%20/,"),
            text.replace("domain shop.example.com, path /,", "pull request 012,"),
            text.replace("domain shop.example.com, path /,", "pull request -,"),
            text.replace(
                "domain shop.example.com, path /,",
                "domain b.example.com%20a.example.com, path /%20/,",
            ),
            text.to_uppercase(),
        ];
        for text in changed {
            assert_eq!(Mark::parse(&text), None, "{text}");
        }
    }
}
