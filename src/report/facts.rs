//! Owns what a run knows of itself so far, and the output `result` made of it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::changes::Difference;
use crate::ids::CommitId;
use crate::moment::Moment;
use crate::report::words::Output;

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepStatus {
    /// It did what it should.
    Well,
    /// It was cancelled.
    Cancelled,
    /// It did not; why, in words.
    Badly(String),
}

impl StepStatus {
    /// The word in `result` and in the log.
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::Well => "success",
            Self::Cancelled => "cancelled",
            Self::Badly(_) => "failure",
        }
    }

    /// The sign in the summary.
    pub(super) const fn sign(&self) -> &'static str {
        match self {
            Self::Well => "✅",
            Self::Cancelled => "⏹️",
            Self::Badly(_) => "❌",
        }
    }
}

/// One step of a run, as it went.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) status: StepStatus,
    /// From the start of the run.
    pub(super) start: Duration,
    pub(super) time: Duration,
}

impl Step {
    pub(super) fn end(&self) -> Duration {
        self.start + self.time
    }
}

#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) outputs: BTreeMap<Output, String>,
    pub(super) steps: Vec<Step>,
    /// When the run only waited for the platform, from its start.
    pub(super) waits: Vec<(Duration, Duration)>,
    pub(super) wanted: Option<CommitId>,
    pub(super) plan: Vec<String>,
    pub(super) warnings: Vec<String>,
    pub(super) notes: Vec<(&'static str, String)>,
    /// What served before, and its commit.
    pub(super) before: Option<(String, Option<CommitId>)>,
    /// Workspaces that stay alongside the release, and what they are.
    pub(super) kept: Vec<(String, &'static str)>,
    pub(super) deleted: Vec<String>,
    /// Where people reach what served before.
    pub(super) serves: Option<String>,
    pub(super) healthy: Option<Healthy>,
    /// Whether the release was verified, and the job decides whether it stays.
    pub(super) left_to_job: bool,
    /// From when to when visitors were without the application.
    pub(super) down: Option<(Moment, Option<Moment>)>,
    pub(super) return_hint: Option<String>,
    /// Requests that bring back what served before.
    pub(super) by_hand: Vec<String>,
    pub(super) judged: Vec<Judged>,
    pub(super) changes: Option<Told>,
}

/// What is known of the changes, readable.
#[derive(Debug)]
pub(super) enum Told {
    Known(Difference),
    /// Why they are not.
    Unknown(String),
}

/// A healthy answer.
#[derive(Debug)]
pub(super) struct Healthy {
    pub(super) url: String,
    pub(super) workspace: String,
    pub(super) at: Moment,
}

/// A workspace of this repository, and what became of it in a clean-up.
#[derive(Debug)]
pub struct Judged {
    /// Its number.
    pub workspace: String,
    /// Its name, and what it is.
    pub what: String,
    /// `kept`, `deleted` or `still there`.
    pub became: &'static str,
    /// Why.
    pub why: String,
}

impl Facts {
    pub(super) fn value(&self, output: Output, blank: &str) -> String {
        self.outputs
            .get(&output)
            .cloned()
            .unwrap_or_else(|| blank.to_owned())
    }
}

/// The output `result`. Numbers are numbers, lists are lists; no log text.
pub(super) fn result(facts: &Facts, took: Duration) -> Value {
    let mut result = json!({ "schema-version": 1 });
    for output in Output::ALL {
        let text = facts.value(output, "");
        let value = match output {
            Output::Result => continue,
            Output::DurationSeconds => json!(took.as_secs()),
            Output::PreviousWorkspaceIds => {
                serde_json::from_str(&text).unwrap_or_else(|_| json!([]))
            }
            Output::WorkspaceId | Output::Changes | Output::LeadTimeSeconds => text
                .parse::<u64>()
                .map_or(Value::Null, |number| json!(number)),
            Output::RollbackReady => text.parse::<bool>().map_or(Value::Null, |is| json!(is)),
            Output::Outcome
            | Output::CompareUrl
            | Output::Reason
            | Output::WorkspaceUrl
            | Output::Url
            | Output::Commit => json!(text),
        };
        if let Some(fields) = result.as_object_mut() {
            fields.insert(output.name().to_owned(), value);
        }
    }
    let steps = facts.steps.iter().map(
        |step| json!({ "name": step.name, "state": step.status.as_str(), "seconds": tenths(step.time) }),
    );
    if let Some(fields) = result.as_object_mut() {
        fields.insert("finished".to_owned(), json!(!facts.left_to_job));
        fields.insert("commits".to_owned(), listed(facts));
        fields.insert("steps".to_owned(), steps.collect());
    }
    result
}

/// The commits, for the output `result`.
fn listed(facts: &Facts) -> Value {
    let Some(Told::Known(difference)) = &facts.changes else {
        return json!([]);
    };
    let each = difference.commits.iter().map(|change| {
        json!({
            "commit": change.commit.as_str(),
            "live": change.is_live,
            "author": change.author,
            "subject": change.subject,
        })
    });
    each.collect()
}

fn tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}
