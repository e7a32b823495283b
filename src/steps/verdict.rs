//! Owns the question to an address of the user's own, such as a metric system's verdict: 2xx is good.

use crate::failure::Failure;
use crate::http::{Over, Request, TransportError};
use crate::steps::RunContext;

/// Asks once, without any key: what a bad answer was, in words.
pub(crate) fn ask(ctx: &RunContext<'_>, url: &str) -> Result<Result<(), String>, Failure> {
    let request = Request {
        method: "GET",
        url: url.to_owned(),
        headers: vec![
            ("accept", "*/*".to_owned()),
            ("accept-encoding", "identity".to_owned()),
        ],
        body: None,
        over: Over::New,
    };
    match ctx.http.visit(request, |_, _| ()) {
        Ok((head, ())) if (200..300).contains(&head.status) => Ok(Ok(())),
        Ok((head, ())) => Ok(Err(format!("answered {}", head.status))),
        Err(TransportError::Cancelled) => Err(Failure::cancelled()),
        Err(error) => Ok(Err(format!("gave no answer: {error}"))),
    }
}
