//! Owns what a file and the entries of its `run` are, by their keys.

use serde_json::{Map, Value};

/// Whether a file describes several servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One server runs everything.
    Flat,
    /// `run` is a map of services.
    Landscape,
    /// It cannot be told; why, in words.
    Unknown(&'static str),
}

/// What an entry of `run` is, by its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Steps in the platform's image; so many of them.
    Reactive(usize),
    /// An image of its own, without steps.
    Container,
    /// Managed by the platform, and gone with its workspace; the provider.
    Managed(String),
    /// A route to somewhere else, without a server.
    Route,
    /// None of these.
    Unknown,
}

/// A landscape is `schemaVersion` v0.2 or later, with a `run` that has no list of steps of its own.
pub(super) fn of(value: &Value) -> Shape {
    let Some(file) = value.as_object() else {
        return Shape::Unknown("the file is no map");
    };
    match file.get("schemaVersion").map(version) {
        None => Shape::Flat,
        Some(None) => Shape::Unknown("its `schemaVersion` is none that is known"),
        Some(Some(version)) if version < (0, 2) => Shape::Flat,
        Some(Some(_)) => match file.get("run").and_then(Value::as_object) {
            None => Shape::Unknown("its `run` is no map"),
            Some(run) if run.get("steps").is_some_and(Value::is_array) => Shape::Flat,
            Some(_) => Shape::Landscape,
        },
    }
}

pub(super) fn version(value: &Value) -> Option<(u64, u64)> {
    let (major, minor) = value.as_str()?.strip_prefix('v')?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The value under the key; null where there is none.
pub(super) fn at<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&Value::Null)
}

pub(super) fn entries<'a>(
    value: &'a Value,
    key: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    at(value, key).as_object().into_iter().flatten()
}

pub(super) fn kind(entry: &Map<String, Value>) -> Kind {
    let has = |key: &str| entry.contains_key(key);
    if has("provider") {
        let name = entry
            .get("provider")
            .and_then(|provider| provider.get("name"))
            .and_then(Value::as_str);
        return Kind::Managed(name.unwrap_or_default().to_owned());
    }
    if let Some(steps) = entry.get("steps") {
        return Kind::Reactive(steps.as_array().map_or(0, Vec::len));
    }
    if has("image") || has("baseImage") {
        return Kind::Container;
    }
    let targets = entry.get("network").map(|network| at(network, "paths"));
    let mut targets = targets.and_then(Value::as_array).into_iter().flatten();
    if targets.any(|path| !at(path, "target").is_null()) {
        return Kind::Route;
    }
    Kind::Unknown
}
