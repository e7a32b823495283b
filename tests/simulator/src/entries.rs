//! Stages, states and entries: the words in which the API speaks of a pipeline.

use serde_json::{Value, json};

use crate::time::stamp;

/// A stage of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Builds.
    Prepare,
    /// Tests.
    Test,
    /// Runs the application.
    Run,
}

impl Stage {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "prepare" => Some(Self::Prepare),
            "test" => Some(Self::Test),
            "run" => Some(Self::Run),
            _ => None,
        }
    }
}

/// The state of an entry or a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not in the API's document: see [`Quirks::unknown_state`](crate::Quirks::unknown_state).
    Queued,
    /// Not begun.
    Waiting,
    /// Under way, or up.
    Running,
    /// Ended well.
    Success,
    /// Ended badly.
    Failure,
    /// Stopped.
    Aborted,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Aborted => "aborted",
        }
    }

    /// Whether nothing follows it.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Success | Self::Failure | Self::Aborted)
    }
}

/// A step as the API shows it.
#[derive(Clone, Debug)]
pub struct StepEntry {
    /// Its state.
    pub state: State,
    /// When it began.
    pub started_at: Option<f64>,
    /// When it ended.
    pub finished_at: Option<f64>,
}

impl StepEntry {
    pub(crate) const WAITING: Self = Self {
        state: State::Waiting,
        started_at: None,
        finished_at: None,
    };

    fn json(&self, ahead: Option<f64>) -> Value {
        let mut object = json!({ "state": self.state.name() });
        if let Some(ahead) = ahead {
            let stamped = |time: Option<f64>| time.map(|time| time + ahead);
            put_stamp(&mut object, "startedAt", stamped(self.started_at));
            put_stamp(&mut object, "finishedAt", stamped(self.finished_at));
        }
        object
    }
}

/// A server's replica as the API shows it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The server.
    pub server: String,
    /// The replica's name.
    pub replica: String,
    /// State and times.
    pub whole: StepEntry,
    /// The steps.
    pub steps: Vec<StepEntry>,
}

impl Entry {
    pub(crate) fn new(server: &str, replica: u64, whole: StepEntry, steps: Vec<StepEntry>) -> Self {
        Self {
            server: server.to_owned(),
            replica: replica.to_string(),
            whole,
            steps,
        }
    }

    pub(crate) fn waiting(server: &str) -> Self {
        Self::new(server, 0, StepEntry::WAITING, Vec::new())
    }

    /// Turns it into an entry of a stage that was never started.
    pub(crate) fn forget(&mut self) {
        self.whole = StepEntry::WAITING;
        self.steps.fill(StepEntry::WAITING);
    }

    /// With timestamps that are so far ahead of the simulator's start, or without any.
    pub(crate) fn json(&self, ahead: Option<f64>) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(|step| step.json(ahead)).collect();
        let mut object = self.whole.json(ahead);
        if let Some(fields) = object.as_object_mut() {
            fields.insert("steps".to_owned(), steps.into());
            fields.insert("replica".to_owned(), self.replica.clone().into());
            fields.insert("server".to_owned(), self.server.clone().into());
        }
        object
    }
}

fn put_stamp(object: &mut Value, name: &str, time: Option<f64>) {
    if let (Some(fields), Some(time)) = (object.as_object_mut(), time) {
        fields.insert(name.to_owned(), stamp(time).into());
    }
}
