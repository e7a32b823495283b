//! Owns what people must know at once where production is at risk: what may be live, and the steps that put it right.

/// Production is at risk, and nobody but people can put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caution {
    /// What may be live now, in whole sentences.
    pub(crate) risk: String,
    /// Why the run could not put it right, in whole sentences.
    pub(crate) cause: String,
    /// What puts it right, in order.
    pub(crate) steps: Vec<Remedy>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remedy {
    /// In words.
    pub(crate) words: String,
    /// The same as a request that can be pasted into a shell.
    pub(crate) command: Option<String>,
}

impl Remedy {
    /// A step in words only.
    pub(crate) fn words(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            command: None,
        }
    }

    /// A step that can also be done by a request; the words lead to it.
    pub(crate) fn request(words: &str, command: String) -> Self {
        Self {
            words: format!("{words} Or paste this request; it must answer 200:"),
            command: Some(command),
        }
    }

    /// The key that requests by hand need.
    pub(crate) fn key(is_refused: bool) -> Self {
        Self::words(if is_refused {
            "Make a new API key: Codesphere refuses the one in `api-token`. In Codesphere, click your avatar, then User Settings → API Keys. Save it as the secret that the workflow passes as `api-token`. For the requests below, put it into the variable `CODESPHERE_API_TOKEN` of your shell."
        } else {
            "For the requests below, put an API key into the variable `CODESPHERE_API_TOKEN` of your shell (`read -rs CODESPHERE_API_TOKEN`)."
        })
    }
}

impl Caution {
    /// Something that nobody needs to act on.
    pub(crate) const fn of(risk: String) -> Self {
        Self {
            risk,
            cause: String::new(),
            steps: Vec::new(),
        }
    }

    /// Both at once.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.risk = joined(&self.risk, &other.risk);
        self.cause = joined(&self.cause, &other.cause);
        let new = |step: &Remedy| !self.steps.contains(step);
        let more: Vec<Remedy> = other.steps.into_iter().filter(new).collect();
        self.steps.extend(more);
        self
    }

    /// The same, each text as `readable` makes it.
    pub(crate) fn map(&self, readable: impl Fn(&str) -> String) -> Self {
        let steps = self.steps.iter().map(|step| Remedy {
            words: readable(&step.words),
            command: step.command.as_deref().map(&readable),
        });
        Self {
            risk: readable(&self.risk),
            cause: readable(&self.cause),
            steps: steps.collect(),
        }
    }
}

fn joined(one: &str, other: &str) -> String {
    format!("{one} {other}").trim().to_owned()
}
