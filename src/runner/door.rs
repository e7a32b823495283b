//! Owns the one door where text that others wrote becomes readable: escape sequences and control characters go, then
//! secrets, and only then is anything cut or escaped. Parsing and comparing come before it, on the text as it came.

use std::borrow::Cow;
use std::sync::Arc;

use crate::runner::escapes::seen;
use crate::runner::secrets::{Secrets, Span};
use crate::text::shortened;

const HIDDEN: &str = "***";

/// What knows all secrets of the run. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Door(Arc<Secrets>);

impl Door {
    /// Hides `key` in every form, and `values`.
    pub fn new(key: &str, values: &[String]) -> Self {
        Self(Arc::new(Secrets::new(key, values)))
    }

    /// `text` as people may read it.
    pub fn readable<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let seen = seen(text);
        let spans = self.0.all_in(&seen);
        if spans.is_empty() {
            return seen;
        }
        Cow::Owned(without(&seen, &spans))
    }

    /// At most `most` characters of it, with `…` where something was cut.
    pub fn excerpt(&self, text: &str, most: usize) -> String {
        shortened(&self.readable(text), most)
    }

    /// A value for the runner's files: as it is, but without the key.
    pub fn value<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let spans = self.0.keys_in(text);
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(without(text, &spans))
    }
}

fn without(text: &str, spans: &[Span]) -> String {
    let mut left = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in spans {
        left.push_str(text.get(from..*start).unwrap_or_default());
        left.push_str(HIDDEN);
        from = *end;
    }
    left.push_str(text.get(from..).unwrap_or_default());
    left
}
