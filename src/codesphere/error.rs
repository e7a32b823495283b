//! Owns what the API's answers mean when they are not what was asked for, and whether another try can help.

use std::fmt::{self, Write};
use std::time::Duration;

use crate::failure::{Failure, Reason};
use crate::http::TransportError;
use crate::runner::door::Door;
use crate::text::{duration, shortened};

/// Nobody waits for longer within a run.
const LONG: Duration = Duration::from_mins(5);

/// A call that did not bring what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// Method and path, as in `GET /teams`.
    pub(crate) request: String,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// What came back, as it came.
    pub(crate) kind: Kind,
    /// The same in words that people may read.
    told: String,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An error status with the API's own words, as far as there were any.
    Refused(Box<Problem>),
    /// A good status, but not what the API promises.
    InvalidResponse(String),
    /// A redirect to a host that may not see the token.
    Redirect(String),
    /// No whole answer.
    TransportError(TransportError),
}

/// The API's words about an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: u16,
    /// What it is; or, from a proxy in front of the API, whatever came.
    pub(crate) title: String,
    /// Whether that is an HTML page.
    pub(crate) is_page: bool,
    /// More about it.
    pub(crate) detail: Option<String>,
    /// What Codesphere's support asks for.
    pub(crate) trace: Option<String>,
    /// How long it asks to wait before another try.
    pub(crate) retry_after: Option<Duration>,
}

/// Whether another try can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// No: the answer would be the same.
    Never,
    /// Perhaps, but it may be for ever: three times at most.
    AFewTimes,
    /// Yes, within the budget.
    Transient,
}

impl ApiError {
    /// Made where the answer is given up; `door` makes its words readable.
    pub(super) fn new(request: String, attempts: u32, kind: Kind, door: &Door) -> Self {
        Self {
            request,
            attempts,
            told: kind.told(door),
            kind,
        }
    }

    /// The one place that says which errors pass.
    pub(crate) fn retry(&self) -> Retry {
        match &self.kind {
            Kind::Refused(problem) => match problem.status {
                408 | 409 | 425 | 429 | 502 | 503 | 504 => Retry::Transient,
                500.. => Retry::AFewTimes,
                _ => Retry::Never,
            },
            Kind::InvalidResponse(_) => Retry::AFewTimes,
            Kind::Redirect(_) => Retry::Never,
            Kind::TransportError(error) => match error {
                TransportError::NotConnected(_) | TransportError::Lost(_) => Retry::Transient,
                TransportError::Certificate(_)
                | TransportError::Impossible(_)
                | TransportError::Proxy(_)
                | TransportError::Cancelled => Retry::Never,
            },
        }
    }

    /// Whether the request may have had its effect although no good answer came.
    pub(crate) fn may_have_acted(&self) -> bool {
        match &self.kind {
            Kind::Refused(problem) => problem.status == 408 || problem.status >= 500,
            Kind::InvalidResponse(_) => true,
            Kind::Redirect(_) => false,
            Kind::TransportError(error) => match error {
                TransportError::Lost(_) | TransportError::Cancelled => true,
                TransportError::NotConnected(_)
                | TransportError::Certificate(_)
                | TransportError::Impossible(_)
                | TransportError::Proxy(_) => false,
            },
        }
    }

    /// The status of an error answer.
    pub(crate) fn status(&self) -> Option<u16> {
        match &self.kind {
            Kind::Refused(problem) => Some(problem.status),
            Kind::InvalidResponse(_) | Kind::Redirect(_) | Kind::TransportError(_) => None,
        }
    }

    /// Whether it is a 404 of the API itself, which bears a trace id: what was asked for does not exist, or may not be
    /// seen. Other servers answer 404 as well.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(&self.kind, Kind::Refused(problem) if problem.status == 404 && problem.trace.is_some())
    }

    /// Whether it is a 400 whose words contain `words`, in any case.
    pub(crate) fn is_bad_request_about(&self, words: &str) -> bool {
        match &self.kind {
            Kind::Refused(problem) if problem.status == 400 => {
                let said = format!(
                    "{} {}",
                    problem.title,
                    problem.detail.as_deref().unwrap_or_default()
                );
                said.to_lowercase().contains(&words.to_lowercase())
            }
            _ => false,
        }
    }

    /// As a failure of the run; `doing` says what was tried, as in "reading the team".
    pub(crate) fn while_doing(&self, doing: &str) -> Failure {
        if self.kind == Kind::TransportError(TransportError::Cancelled) {
            return Failure::cancelled();
        }
        Failure::new(
            self.reason(),
            format!("Failed while {doing}: {self}."),
            self.next_step(),
        )
    }

    fn reason(&self) -> Reason {
        match &self.kind {
            Kind::Refused(problem) => match problem.status {
                401 | 403 => Reason::Unauthorized,
                404 => Reason::NotFound,
                408 | 429 => Reason::Unreachable,
                500.. => Reason::ApiError,
                _ => Reason::Refused,
            },
            Kind::InvalidResponse(_) | Kind::Redirect(_) => Reason::ApiError,
            Kind::TransportError(TransportError::Cancelled) => Reason::Cancelled,
            Kind::TransportError(_) => Reason::Unreachable,
        }
    }

    fn next_step(&self) -> String {
        match &self.kind {
            Kind::Refused(problem) => match problem.status {
                401 => "Check the input `api-token`: make a key in Codesphere under your avatar → User Settings → API Keys, store it as a secret of this repository or environment, and pass it as `api-token: ${{ secrets.CODESPHERE_API_TOKEN }}`.",
                403 => "The key in `api-token` is known but may not do this. Use a key of somebody who is a member of the team.",
                402 => "The team's payment or quota does not allow it. Look at the team's billing page in Codesphere.",
                404 if problem.trace.is_none() => "Check `api-url`: the address answers, but not as the Codesphere API does (no JSON, no traceId). It is the address of the installation, such as https://cloud.codesphere.com/api.",
                404 => "Check the id or name in the workflow, and that the owner of `api-token` belongs to the team.",
                _ if problem.retry_after > Some(LONG) => "Codesphere asks to wait for longer than a release can. Run the job again after that time.",
                408 | 429 => "Codesphere is busy or limits requests. Run the job again in some minutes.",
                500 => "Codesphere has trouble. Look at its status page, and run the job again later. If the answer stays the same, ask Codesphere's support and give them the trace id.",
                501.. => "Codesphere has trouble. Look at its status page, and run the job again later.",
                _ => "Read the answer above: the request will not pass as it is. Codesphere's support can look up the trace id.",
            },
            Kind::InvalidResponse(_) => "Check that `api-url` is the address of a Codesphere installation, with nothing in front of it that answers in its place.",
            Kind::Redirect(_) => "Check `api-url`. The token is sent to the installation's own hosts only; a private installation must be named by its own address.",
            Kind::TransportError(error) => match error {
                TransportError::NotConnected(_) => "Check `api-url`, and whether the runner may connect there (firewall, HTTPS_PROXY, NO_PROXY).",
                TransportError::Certificate(why) => why.next_step(),
                TransportError::Proxy(_) => "Correct that variable of the runner, with the user and password that the proxy wants: `http://user:password@host:port`. `NO_PROXY` names hosts that are asked directly.",
                TransportError::Impossible(_) => "Check `api-url` and the proxy variables of the runner.",
                TransportError::Lost(_) => "Look at Codesphere's status page and the runner's network, and run the job again.",
                TransportError::Cancelled => "Start it again when you are ready.",
            },
        }
        .to_owned()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.request, self.told)?;
        if self.attempts > 1 {
            write!(f, " (tried {} times)", self.attempts)?;
        }
        Ok(())
    }
}

impl Kind {
    /// In words that people may read.
    pub(crate) fn told(&self, door: &Door) -> String {
        match self {
            Self::Refused(problem) => format!("was answered {}", problem.told(door)),
            Self::InvalidResponse(why) => format!(
                "was answered with something that is not understood: {}",
                door.excerpt(why, 300)
            ),
            Self::Redirect(host) => format!(
                "was redirected to {}, which may not see the token",
                door.excerpt(host, 200)
            ),
            Self::TransportError(error) => match error {
                TransportError::NotConnected(why) | TransportError::Proxy(why) => {
                    format!("could not be sent: {why}")
                }
                TransportError::Certificate(why) => {
                    format!("was not sent, as the server's certificate is not trusted: {why}")
                }
                TransportError::Impossible(why) => format!("cannot be sent: {why}"),
                TransportError::Lost(why) => format!("got no whole answer: {why}"),
                TransportError::Cancelled => "was given up, as the run was cancelled".to_owned(),
            },
        }
    }
}

impl Problem {
    pub(super) fn told(&self, door: &Door) -> String {
        let mut told = self.status.to_string();
        let title = door.readable(&self.title);
        let title = if self.is_page {
            format!("an HTML page: {}", without_tags(&title))
        } else {
            title.trim().to_owned()
        };
        if !title.is_empty() {
            let _ = write!(told, " \"{}\"", shortened(&title, 200));
        }
        if let Some(detail) = &self.detail {
            let _ = write!(told, ", detail \"{}\"", door.excerpt(detail, 500));
        }
        if let Some(trace) = &self.trace {
            let _ = write!(told, ", traceId {}", door.excerpt(trace, 100));
        }
        if let Some(wait) = self.retry_after.filter(|wait| !wait.is_zero()) {
            let _ = write!(told, ", which asks to wait {}", duration(wait));
        }
        told
    }
}

/// The words of an HTML page.
fn without_tags(page: &str) -> String {
    let mut words = String::new();
    let mut inside = false;
    for c in page.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                words.push(' ');
            }
            c if !inside => words.push(c),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
