//! Owns one answer of an application: asked for, read, and judged.

use std::io::Read;

use crate::failure::Failure;
use crate::http::{Head, Over, Request, TransportError};
use crate::ids::WorkspaceId;
use crate::release::{Answered, Health, Statuses};
use crate::runner::door::Door;
use crate::runner::secret::Secret;
use crate::steps::RunContext;
use crate::steps::symptom::{Symptom, commit_in};

/// As much of an answer is searched for the expected text, in bytes.
const BODY_LIMIT: u64 = 1 << 20;
/// As much of a text of the application's is told.
const TOLD: usize = 120;
/// Pages of the platform that mean "not up", whatever their status.
const PLACEHOLDERS: [&str; 2] = ["Workspace server is starting", "Too Many Requests"];

/// What to ask, and what a good answer is.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(super) url: String,
    pub(super) statuses: Statuses,
    body: Option<String>,
    key: Option<Secret>,
    over: Over,
    /// What is good whatever the rest says: the version before answered like that.
    content_with: Vec<Answered>,
    /// What will not become good when it stays: the version before answers like that, too.
    pub(super) hopeless: Vec<Answered>,
}

/// As in `302 → /login`.
pub(super) fn describe(answered: &Answered, door: &Door) -> String {
    match answered.location.as_deref() {
        None | Some("") => answered.status.to_string(),
        Some(to) => format!("{} → {}", answered.status, door.excerpt(to, TOLD)),
    }
}

fn answered(url: &str, head: &Head) -> Answered {
    let location = head.location.as_deref().map(|to| without_host(url, to));
    Answered {
        url: url.to_owned(),
        status: head.status,
        location: location.map(str::to_owned),
    }
}

/// Where a redirect leads within its own host.
fn without_host<'l>(url: &str, location: &'l str) -> &'l str {
    let host = |url: &str| {
        let rest = url.split_once("://").map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split(['/', '?', '#']).next())
            .map(str::to_owned)
    };
    match (host(url), host(location)) {
        (Some(ours), Some(its)) if ours.eq_ignore_ascii_case(&its) => location
            .split_once("://")
            .and_then(|(_, rest)| rest.get(its.len()..))
            .unwrap_or(location),
        _ => location,
    }
}

impl Question {
    /// Asks `base` (`https://host`) as `health` says, expecting the version `commit` on workspace `id`.
    pub(crate) fn new(base: &str, health: &Health, commit: &str, id: WorkspaceId) -> Self {
        let short: String = commit.chars().take(7).collect();
        let filled = |text: &String| {
            text.replace("{sha}", commit)
                .replace("{short-sha}", &short)
                .replace("{workspace-id}", &id.to_string())
        };
        Self {
            url: format!("{}{}", base.trim_end_matches('/'), health.path),
            statuses: health.statuses.clone(),
            body: health.body.as_ref().map(filled),
            key: None,
            over: Over::New,
            content_with: Vec::new(),
            hopeless: Vec::new(),
        }
    }

    /// Asks over connections that are kept, as nothing else can ever answer there.
    pub(crate) fn over_kept_connections(mut self) -> Self {
        self.over = Over::Kept;
        self
    }

    /// Shows `key` to a restricted development domain, so that it answers instead of asking to sign in.
    pub(crate) fn with_key(mut self, key: Option<Secret>) -> Self {
        self.key = key;
        self
    }

    /// Any text is good, as any version may answer.
    pub(crate) fn of_any_version(mut self) -> Self {
        self.body = None;
        self
    }

    /// What the version before answered is good as well.
    #[must_use]
    pub(crate) fn content_with(mut self, before: &[Answered]) -> Self {
        self.content_with = before.to_vec();
        self
    }

    /// An answer that was not good from the version before will not become good when it stays.
    #[must_use]
    pub(super) fn hopeless_with(mut self, before: &[Answered]) -> Self {
        let bad = |answered: &&Answered| !self.statuses.contain(answered.status);
        self.hopeless = before.iter().filter(bad).cloned().collect();
        self
    }

    /// The address that is asked.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn request(&self) -> Request {
        // A compressed answer would be searched for nothing.
        let mut headers = vec![
            ("accept", "*/*".to_owned()),
            ("accept-encoding", "identity".to_owned()),
        ];
        if let Some(key) = &self.key {
            headers.push(("x-cs-authorization", format!("Bearer {}", key.reveal())));
        }
        Request {
            method: "GET",
            url: self.url.clone(),
            headers,
            body: None,
            over: self.over,
        }
    }
}

/// One answer, or that there was none.
pub(super) struct Answer {
    /// As in `answered 200`.
    pub(super) words: String,
    /// What is wrong with it; nothing: it is good.
    pub(super) symptom: Option<Symptom>,
    /// For comparing it with another version's; absent where the application itself did not answer in order.
    pub(super) orderly: Option<Answered>,
}

/// The start of a body, and whether that is all of it.
pub(super) type Page = (String, bool);

pub(super) fn ask(ctx: &RunContext<'_>, question: &Question) -> Result<Answer, Failure> {
    let answer = ctx.http.visit(question.request(), read);
    judge(ctx.log.door(), question, answer)
}

/// Half a page is judged as it is: a broken one lacks the expected text, or is good enough without.
pub(super) fn read(_: &Head, body: &mut dyn Read) -> Page {
    let mut bytes = Vec::new();
    let whole = body.take(BODY_LIMIT).read_to_end(&mut bytes).is_ok();
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if !whole || bytes.len() as u64 == BODY_LIMIT {
        text.push('…');
    }
    (text, whole)
}

pub(super) fn judge(
    door: &Door,
    question: &Question,
    answer: Result<(Head, Page), TransportError>,
) -> Result<Answer, Failure> {
    let (head, (body, whole)) = match answer {
        Err(TransportError::Cancelled) => return Err(Failure::cancelled()),
        Err(error) => {
            return Ok(Answer {
                words: format!("gave no answer: {error}"),
                symptom: Some(Symptom::NoAnswer),
                orderly: None,
            });
        }
        Ok(answer) => answer,
    };
    if let Some(page) = PLACEHOLDERS.iter().find(|page| body.contains(**page)) {
        return Ok(Answer {
            words: format!(
                "answered {} with the platform's page \"{page}\"",
                head.status
            ),
            symptom: Some(Symptom::Placeholder),
            orderly: None,
        });
    }
    let answered = answered(&question.url, &head);
    let symptom = wrong(question, &answered, &body, whole);
    let words = told(door, question, &head, body.trim(), symptom.as_ref());
    let is_orderly = answered.status < 500 && symptom != Some(Symptom::Throttled);
    Ok(Answer {
        words,
        symptom,
        orderly: Some(answered).filter(|_| is_orderly),
    })
}

fn wrong(question: &Question, answered: &Answered, body: &str, whole: bool) -> Option<Symptom> {
    let as_before = |before: &Answered| before.is_like(answered);
    if question.content_with.iter().any(as_before) {
        return None;
    }
    if !question.statuses.contain(answered.status) {
        return Some(Symptom::of_status(answered.status));
    }
    if !whole {
        return Some(Symptom::BrokeOff);
    }
    let wanted = question.body.as_ref()?;
    (!body.contains(wanted)).then(|| Symptom::WithoutText(commit_in(body)))
}

fn told(
    door: &Door,
    question: &Question,
    head: &Head,
    body: &str,
    symptom: Option<&Symptom>,
) -> String {
    let status = head.status;
    let start = door.excerpt(body, TOLD);
    match symptom {
        None => format!("answered {status}"),
        Some(Symptom::BrokeOff) => format!("answered {status}, but the body broke off"),
        Some(Symptom::WithoutText(commit)) => {
            let wanted = question.body.as_deref().unwrap_or_default();
            let names = commit.as_ref().map_or_else(String::new, |commit| {
                format!("; it seems to name commit {commit}")
            });
            format!(
                "answered {status}, but without \"{}\" (`health-body`); it begins \"{start}\"{names}",
                door.excerpt(wanted, 80)
            )
        }
        Some(_) => {
            let location = head.location.as_deref().unwrap_or_default();
            let to = match location {
                "" => String::new(),
                location => format!(" to {}", door.excerpt(location, TOLD)),
            };
            let sign_in = if (300..400).contains(&status) && location.contains("signin") {
                " (it asks visitors to sign in)"
            } else {
                ""
            };
            format!(
                "answered {status}{to}{sign_in}, wanted {}; it begins \"{start}\"",
                question.statuses
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answered, without_host};

    #[test]
    fn redirects_within_the_same_host_are_alike_under_any_host() {
        for (location, kept) in [
            ("/login", "/login"),
            ("https://shop.example.com/login?to=/", "/login?to=/"),
            ("http://SHOP.example.com", ""),
            (
                "https://shop.example.com.evil.org/",
                "https://shop.example.com.evil.org/",
            ),
            (
                "https://id.example.com/login",
                "https://id.example.com/login",
            ),
            ("login", "login"),
        ] {
            assert_eq!(without_host("https://shop.example.com/", location), kept);
        }
        let answered = |url: &str, status, location: &str| Answered {
            url: url.to_owned(),
            status,
            location: Some(location.to_owned()),
        };
        let one = answered("https://a/", 302, "/login");
        assert!(one.is_like(&answered("https://b/", 302, "/login")));
        assert!(!one.is_like(&answered("https://a/", 301, "/login")));
        assert!(!one.is_like(&answered("https://a/", 302, "/")));
    }
}
