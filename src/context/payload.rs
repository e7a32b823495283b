//! Owns reading the event's payload: what is missing or of another kind is not there.

use serde_json::Value;

use crate::repository::Repository;

pub(super) fn at<'e>(event: &'e Value, pointer: &str) -> Option<&'e Value> {
    event.pointer(pointer).filter(|value| !value.is_null())
}

pub(super) fn string(event: &Value, pointer: &str) -> Option<String> {
    let value = at(event, pointer)?.as_str()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// The repository that the event describes there.
pub(super) fn repository(said: &Value) -> Option<Repository> {
    Some(Repository {
        name: string(said, "/full_name")?,
        id: number(said, "/id"),
    })
}

pub(super) fn number(event: &Value, pointer: &str) -> Option<u64> {
    at(event, pointer)?.as_u64()
}
