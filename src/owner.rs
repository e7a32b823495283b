//! Owns the owner label: a sentence in a workspace's `welcomeMessage`, for people, that is read back exactly.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::ids::CommitId;
use crate::repository::Repository;
use crate::route::Route;

const START: &str = "Made by Codesphere Release for ";
const END: &str = ". Keep this sentence: the action knows its own workspaces by it.";
/// Instead of a commit that is not known.
const UNKNOWN: &str = "unknown";
/// Everything that could end a field is written as `%XX`.
const FIELD: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'/');

/// Who made a workspace, for what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerLabel {
    /// The repository.
    pub repository: Repository,
    /// What of it, and what it is made of; absent in owner labels of the first form, which say nothing of it.
    pub made_of: Option<MadeOf>,
    /// The workflow file's path.
    pub workflow: String,
    /// The flow, as the input spells it.
    pub flow: String,
    /// What it is meant for.
    pub purpose: Purpose,
    /// The commit, 40 digits; absent where the pulled head counts.
    pub commit: Option<CommitId>,
    /// The run that made it.
    pub run_id: u64,
    /// The attempt of that run.
    pub attempt: u64,
    /// The run's number within its workflow.
    pub run_number: u64,
    /// A random word, new for each creation.
    pub launch: String,
}

/// What of a repository a workspace is, and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeOf {
    /// One of several applications of the repository.
    pub app: Option<String>,
    /// The CI profile; absent: the default one.
    pub profile: Option<String>,
    /// The branch that was pulled.
    pub branch: String,
}

impl MadeOf {
    /// How it differs from what is wanted, in words.
    fn differs(&self, wanted: &Self) -> Option<String> {
        if self.profile != wanted.profile {
            let name =
                |profile: &Option<String>| profile.clone().unwrap_or_else(|| "ci.yml".to_owned());
            return Some(format!(
                "its profile is {}, not {}",
                name(&self.profile),
                name(&wanted.profile)
            ));
        }
        (self.branch != wanted.branch)
            .then(|| format!("its branch is {}, not {}", self.branch, wanted.branch))
    }
}

impl std::fmt::Display for MadeOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named = |name: &Option<String>| encoded(name.as_deref().unwrap_or(NONE));
        write!(
            f,
            "app {}, profile {}, branch {}",
            named(&self.app),
            named(&self.profile),
            encoded(&self.branch)
        )
    }
}

/// What a workspace is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To serve these routes, sorted and each once; none where that was left open.
    Routes(Vec<Route>),
    /// To show a pull request.
    PullRequest(u64),
}

/// Stands for no route at all.
const NONE: &str = "-";

impl Purpose {
    /// To serve `routes`, in whatever order they come.
    pub fn serve<'p>(routes: impl IntoIterator<Item = &'p Route>) -> Self {
        let mut routes: Vec<Route> = routes.into_iter().cloned().collect();
        routes.sort();
        routes.dedup();
        Self::Routes(routes)
    }

    /// Whether `route` is among what it is meant for.
    pub fn includes(&self, route: &Route) -> bool {
        match self {
            Self::Routes(routes) => routes.contains(route),
            Self::PullRequest(_) => false,
        }
    }

    /// Two lists of the same length, whose items hold no spaces; paths begin with `/`.
    fn read(domains: &str, paths: &str) -> Option<Self> {
        if (domains, paths) == (NONE, NONE) {
            return Some(Self::Routes(Vec::new()));
        }
        let (domains, paths) = (domains.split(' '), paths.split(' '));
        if domains.clone().count() != paths.clone().count()
            || !paths.clone().all(|path| path.starts_with('/'))
        {
            return None;
        }
        let routes: Vec<Route> = domains
            .zip(paths)
            .map(|(domain, path)| Route {
                domain: domain.to_owned(),
                path: path.to_owned(),
            })
            .collect();
        Some(Self::serve(&routes))
    }
}

impl std::fmt::Display for Purpose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let routes = match self {
            Self::PullRequest(number) => return write!(f, "pull request {number}"),
            Self::Routes(routes) => routes,
        };
        let joined = |part: fn(&Route) -> &str| {
            let parts: Vec<&str> = routes.iter().map(part).collect();
            if parts.is_empty() {
                NONE.to_owned()
            } else {
                encoded(&parts.join(" "))
            }
        };
        let (domains, paths) = (joined(|route| &route.domain), joined(|route| &route.path));
        write!(f, "domain {domains}, path {paths}")
    }
}

impl OwnerLabel {
    /// The app; owner labels of the first form have the blank one.
    pub fn app(&self) -> Option<&str> {
        self.made_of.as_ref()?.app.as_deref()
    }

    /// Whether it was made for this app of this repository.
    pub(crate) fn is_of(&self, repository: &Repository, app: Option<&str>) -> bool {
        self.repository.is(repository) && self.app() == app
    }

    /// Whether an earlier attempt of the same run made it for the same purpose, whatever else it differs in.
    pub(crate) fn is_earlier_attempt_of(&self, ours: &Self) -> bool {
        self.attempt < ours.attempt
            && (self.run_id, self.run_number) == (ours.run_id, ours.run_number)
            && self.repository.is(&ours.repository)
            && (&self.workflow, &self.flow, &self.purpose)
                == (&ours.workflow, &ours.flow, &ours.purpose)
    }

    /// How what it was made of differs from what `wanted` is made of, in words; owner labels of the first form fit any profile
    /// and branch.
    pub(crate) fn differs(&self, wanted: &Self) -> Option<String> {
        if self.app() != wanted.app() {
            let name = |app: Option<&str>| {
                app.map_or_else(|| "no app".to_owned(), |app| format!("the app {app}"))
            };
            return Some(format!(
                "it is of {}, not of {}",
                name(self.app()),
                name(wanted.app())
            ));
        }
        if wanted.commit.is_none() || self.commit != wanted.commit {
            return Some("its commit is another, or not known".to_owned());
        }
        self.made_of.as_ref()?.differs(wanted.made_of.as_ref()?)
    }

    /// Reads an owner label back; anything that was not written by this type's `Display` to the letter is none.
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix(START)?.strip_suffix(END)?;
        let mut fields = inner.split(", ");
        let mut repository = Repository::from(decoded(fields.next()?)?.as_str());
        let shows_a_pull_request = fields.clone().any(|text| text.starts_with("pull request "));
        let is_first_form = !fields.clone().any(|text| text.starts_with("id "));
        let mut field = |name: &str| decoded(fields.next()?.strip_prefix(name)?.strip_prefix(' ')?);
        let given = |text: String| Some(text).filter(|text| text != NONE);
        let mut made_of = None;
        if !is_first_form {
            if let Some(id) = given(field("id")?) {
                repository.id = Some(id.parse().ok()?);
            }
            made_of = Some(MadeOf {
                app: given(field("app")?),
                profile: given(field("profile")?),
                branch: field("branch")?,
            });
        }
        let label = Self {
            repository,
            made_of,
            workflow: field("workflow")?,
            flow: field("flow")?,
            purpose: if shows_a_pull_request {
                Purpose::PullRequest(field("pull request")?.parse().ok()?)
            } else {
                Purpose::read(&field("domain")?, &field("path")?)?
            },
            commit: match field("commit")? {
                unknown if unknown == UNKNOWN => None,
                commit => Some(CommitId::try_from(commit).ok()?),
            },
            run_id: field("run")?.parse().ok()?,
            attempt: field("attempt")?.parse().ok()?,
            run_number: field("number")?.parse().ok()?,
            launch: field("launch")?,
        };
        (label.to_string() == text).then_some(label)
    }
}

impl std::fmt::Display for OwnerLabel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{START}{}", encoded(&self.repository.name))?;
        if let Some(made_of) = &self.made_of {
            let id = self.repository.id;
            let id = id.map_or_else(|| NONE.to_owned(), |id| id.to_string());
            write!(f, ", id {id}, {made_of}")?;
        }
        write!(
            f,
            ", workflow {}, flow {}, {}, commit {}, run {}, attempt {}, number {}, launch {}{END}",
            encoded(&self.workflow),
            encoded(&self.flow),
            self.purpose,
            encoded(self.commit.as_deref().unwrap_or(UNKNOWN)),
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
    use super::{MadeOf, OwnerLabel, Purpose};
    use crate::ids::CommitId;
    use crate::repository::Repository;
    use crate::route::Route;

    fn route(domain: &str, path: &str) -> Route {
        Route {
            domain: domain.to_owned(),
            path: path.to_owned(),
        }
    }

    fn label() -> OwnerLabel {
        OwnerLabel {
            repository: Repository {
                name: "acme/shop".to_owned(),
                id: Some(u64::MAX),
            },
            made_of: Some(MadeOf {
                app: Some("web".to_owned()),
                profile: Some("prod".to_owned()),
                branch: "feature/a, b".to_owned(),
            }),
            workflow: ".github/workflows/release, flow x.yml".to_owned(),
            flow: "zero-downtime".to_owned(),
            purpose: Purpose::serve(&[route("shop.example.com", "/")]),
            commit: CommitId::try_from("a".repeat(40)).ok(),
            run_id: u64::MAX,
            attempt: 2,
            run_number: 42,
            launch: "0123456789abcdef".to_owned(),
        }
    }

    fn meant_for(purpose: Purpose) -> OwnerLabel {
        OwnerLabel { purpose, ..label() }
    }

    #[test]
    fn what_it_is_meant_for_is_written_in_one_way() {
        let (a, b) = (route("a.example.com", "/x"), route("b.example.com", "/"));
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
        let unknown = OwnerLabel {
            commit: None,
            purpose: Purpose::serve(&[route("shop.example.com", "/ä,b.%2C-%20")]),
            workflow: "pull request 7".to_owned(),
            ..label()
        };
        let preview = meant_for(Purpose::PullRequest(u64::MAX));
        let open = meant_for(Purpose::serve([]));
        let blank = OwnerLabel {
            made_of: Some(MadeOf {
                app: None,
                profile: None,
                branch: "id 7".to_owned(),
            }),
            repository: "acme/shop".into(),
            ..label()
        };
        let first_form = OwnerLabel {
            made_of: None,
            ..blank.clone()
        };
        for label in [label(), unknown, preview, open, blank, first_form] {
            assert_eq!(OwnerLabel::parse(&label.to_string()), Some(label));
        }
    }

    /// A few thousand routes of every length and kind, always the same ones.
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
            let mut routes = Vec::new();
            for _ in 0..next(4) {
                let mut text = |most: u64| {
                    let length = next(most);
                    (0..length)
                        .map(|_| letters[usize::try_from(next(25)).unwrap()])
                        .collect::<String>()
                };
                routes.push(route(
                    &format!("{}.example.com", text(6)),
                    &format!("/{}", text(9)),
                ));
            }
            let label = meant_for(Purpose::serve(&routes));
            assert_eq!(
                OwnerLabel::parse(&label.to_string()),
                Some(label),
                "{routes:?}"
            );
        }
    }

    #[test]
    fn a_mark_of_the_first_form_is_read_and_fits_any_profile_and_the_blank_app() {
        let text = format!(
            "Made by Codesphere Release for acme/shop, workflow release.yml, flow zero-downtime, domain shop.example.com, path /, commit {}, run 7, attempt 1, number 3, launch 0123456789abcdef. Keep this sentence: the action knows its own workspaces by it.",
            "a".repeat(40)
        );
        let first = OwnerLabel::parse(&text).unwrap();
        assert_eq!(
            (first.run_id, first.app(), &first.made_of),
            (7, None, &None)
        );
        let wanted = |app: Option<&str>| OwnerLabel {
            made_of: Some(MadeOf {
                app: app.map(str::to_owned),
                profile: Some("prod".to_owned()),
                branch: "main".to_owned(),
            }),
            ..first.clone()
        };
        assert_eq!(first.differs(&wanted(None)), None);
        assert!(first.differs(&wanted(Some("web"))).is_some());
        let ours = Repository {
            name: "Acme/Shop".to_owned(),
            id: Some(1),
        };
        assert!(first.is_of(&ours, None) && !first.is_of(&ours, Some("web")));
    }

    #[test]
    fn anything_but_a_mark_is_none() {
        let text = label().to_string();
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
            text.replace("app web, ", ""),
            text.replace(&format!("id {}, ", u64::MAX), ""),
            text.replace(&format!("id {}, ", u64::MAX), "id 07, "),
            text.replace(&format!("id {}, ", u64::MAX), "id x, "),
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
            assert_eq!(OwnerLabel::parse(&text), None, "{text}");
        }
    }
}
