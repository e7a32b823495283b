//! Owns the inputs `finish` and `status`: when a release counts as finished, and how the job goes.

use crate::inputs::reader::Reader;
use crate::release::{Finish, JobStatus};

/// Whatever `status` says can be read: the post step must not fail over it.
pub(crate) fn finish(reader: &mut Reader) -> Option<Finish> {
    let status = status(reader.text("status"));
    reader.value("finish", |text| match text {
        "step" => Ok(Finish::Step),
        "job" => Ok(Finish::Job(status)),
        _ => Err("step or job".to_owned()),
    })
}

/// A blank one, and its default where nobody evaluates it, say nothing.
fn status(text: Option<String>) -> JobStatus {
    let text = text.unwrap_or_default();
    match text.to_ascii_lowercase().as_str() {
        "success" => JobStatus::Success,
        "failure" => JobStatus::Failure,
        "cancelled" => JobStatus::Cancelled,
        "" => JobStatus::Unsaid,
        text if text.starts_with("${{") => JobStatus::Unsaid,
        _ => JobStatus::Unknown(text),
    }
}
