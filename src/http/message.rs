//! Owns what goes into an exchange and what comes out: requests, heads of answers.

/// Which connection a request goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// One that was kept, or a new one. For reads: where a kept one fails before the answer has begun, the request is
    /// sent again at once on a new one.
    Kept,
    /// One that was used a moment ago, or a new one. For writes: an older one may be closed without a word.
    Recent,
    /// A new one, which is not kept: a kept one may lead to what has served before.
    New,
}

/// One request, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `GET`, `POST`, …
    pub(crate) method: &'static str,
    /// The whole address.
    pub(crate) url: String,
    /// Header names and values.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body, where the method has one.
    pub(crate) body: Option<Vec<u8>>,
    /// Which connection it goes over.
    pub(crate) over: Over,
}

/// What came before the body of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Head {
    /// The status code.
    pub(crate) status: u16,
    /// Where a redirect leads.
    pub(crate) location: Option<String>,
    /// When to come back, as sent.
    pub(crate) retry_after: Option<String>,
    /// The media type, as sent.
    pub(crate) content_type: Option<String>,
    /// When it was sent, by the server's clock, as sent.
    pub(crate) date: Option<String>,
}
