//! What the API answers: status, headers, body; and its errors.

use serde_json::{Value, json};

use super::LogSource;

/// An answer, before anything goes wrong with it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
    /// Whether the API's document knows of it; the published notes know of some more.
    pub(crate) documented: bool,
}

/// The body of an answer.
pub(crate) enum Body {
    Empty,
    Json(Value),
    Text(&'static str, String),
    /// A list that goes on with made-up workspaces.
    LongList {
        first: Vec<Value>,
        team: u64,
        more: u64,
    },
    Logs(LogSource),
}

impl Answer {
    pub(crate) fn empty() -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Body::Empty,
            documented: true,
        }
    }

    pub(crate) fn json(value: Value) -> Self {
        Self {
            body: Body::Json(value),
            ..Self::empty()
        }
    }

    pub(crate) fn text(content_type: &'static str, text: String) -> Self {
        Self {
            body: Body::Text(content_type, text),
            ..Self::empty()
        }
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn undocumented(mut self) -> Self {
        self.documented = false;
        self
    }

    /// What is kept of the body for those who look at the calls.
    pub(crate) fn recorded(&self) -> Value {
        match &self.body {
            Body::Json(value) => value.clone(),
            Body::LongList { first, .. } => first.clone().into(),
            Body::Empty | Body::Text(..) | Body::Logs(_) => Value::Null,
        }
    }

    /// The content type, if there is content.
    pub(crate) fn content_type(&self) -> Option<&'static str> {
        match &self.body {
            Body::Empty => None,
            Body::Json(_) | Body::LongList { .. } => Some("application/json"),
            Body::Text(content_type, _) => Some(content_type),
            Body::Logs(_) => Some("text/event-stream"),
        }
    }
}

/// An error of the API.
pub(crate) struct Problem {
    status: u16,
    title: String,
    detail: Option<String>,
    documented: bool,
}

impl Problem {
    pub(crate) fn new(status: u16, title: &str) -> Self {
        Self {
            status,
            title: title.to_owned(),
            detail: None,
            documented: true,
        }
    }

    pub(crate) fn detail(mut self, detail: &str) -> Self {
        self.detail = Some(detail.to_owned());
        self
    }

    /// An error that the notes tell of and the document does not.
    pub(crate) fn undocumented(mut self) -> Self {
        self.documented = false;
        self
    }

    /// A 500 that says nothing but that: the mark of a broken configuration file.
    pub(crate) fn bare_500() -> Self {
        Self::new(500, "An internal error occurred").undocumented()
    }

    pub(crate) fn schema(detail: &str) -> Self {
        Self::new(400, "Path or request body variable does not match schema.").detail(detail)
    }

    pub(crate) fn not_found(detail: &str) -> Self {
        Self::new(404, "Not found.").detail(detail)
    }

    pub(crate) fn not_running() -> Self {
        Self::new(400, "Workspace is not running")
    }

    pub(crate) fn git(detail: &str) -> Self {
        Self::new(400, "Git command failed.").detail(detail)
    }

    pub(crate) fn answer(self, trace: &str) -> Answer {
        let answer = Answer::json(self.json(trace)).with_status(self.status);
        if self.documented {
            answer
        } else {
            answer.undocumented()
        }
    }

    /// The same as the event of a stream, whose status is always 200.
    pub(crate) fn event(self, trace: &str) -> Answer {
        let text = format!("event: problem\ndata: {}\n\n", self.json(trace));
        Answer::text("text/event-stream", text)
    }

    fn json(&self, trace: &str) -> Value {
        let mut body = json!({ "status": self.status, "title": self.title, "traceId": trace });
        if let (Some(fields), Some(detail)) = (body.as_object_mut(), &self.detail) {
            fields.insert("detail".to_owned(), detail.clone().into());
        }
        body
    }
}
