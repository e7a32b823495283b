//! Owns the state that the main step hands to the post step: one record under one exact name, with a code beside it that
//! only the main step of this very step could have made. The job's environment may hold a forged one.

use ring::hmac::{self, HMAC_SHA256, Key};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::runner::door::Door;
use crate::runner::secret::Secret;

/// The name under which the runner keeps the record.
pub(crate) const NAME: &str = "made";
/// The variable in which the post step finds it, in this spelling and no other.
pub(crate) const VARIABLE: &str = "STATE_made";
/// What the key is derived for; another form of the record gets another label.
const LABEL: &[u8] = b"codesphere-release: state for the post step, form 1";

/// How far the main step came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Progress<T> {
    /// Nothing was made or changed yet.
    NothingYet,
    /// This was made or changed, or may have been.
    Unfinished(T),
    /// Nothing is left to undo.
    Finished,
}

/// What the post step reads.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record<I, T> {
    /// What the main step was given.
    pub(crate) inputs: I,
    /// How far it came.
    pub(crate) progress: Progress<T>,
    /// When what is unfinished was verified and left to the job, in seconds after the start of 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "left-to-job")]
    pub(crate) left_to_job: Option<u64>,
}

/// Makes and checks the code beside a record.
#[derive(Debug, Clone)]
pub(crate) struct Seal {
    key: Key,
    step: Vec<String>,
}

impl Seal {
    /// A seal of the holder of `token` that fits one step of one attempt only.
    pub(crate) fn new(token: &Secret, step: Vec<String>) -> Self {
        let token = Key::new(HMAC_SHA256, token.reveal().as_bytes());
        let derived = hmac::sign(&token, LABEL);
        Self {
            key: Key::new(HMAC_SHA256, derived.as_ref()),
            step,
        }
    }

    /// The record with its code behind it.
    fn sealed(&self, record: &str) -> String {
        let code = hmac::sign(&self.key, self.message(record).as_bytes());
        format!("{record} {}", hex(code.as_ref()))
    }

    /// The record, if its code is right.
    pub(crate) fn opened<'t>(&self, sealed: &'t str) -> Option<&'t str> {
        let (record, code) = sealed.trim().rsplit_once(' ')?;
        let message = self.message(record);
        hmac::verify(&self.key, message.as_bytes(), &bytes(code)?).ok()?;
        Some(record)
    }

    /// JSON keeps the parts apart: no two steps and records give the same text.
    fn message(&self, record: &str) -> String {
        json!([self.step, record]).to_string()
    }
}

/// What every record of this step is written with.
#[derive(Debug, Clone)]
pub(crate) struct State {
    seal: Seal,
    inputs: Value,
    left_to_job: Option<u64>,
}

impl State {
    /// `inputs` stand in every record.
    pub(crate) const fn new(seal: Seal, inputs: Value) -> Self {
        Self {
            seal,
            inputs,
            left_to_job: None,
        }
    }

    /// From then on, in seconds after the start of 1970, what is unfinished is left to the job.
    pub(crate) const fn leave_to_job(&mut self, at: u64) {
        self.left_to_job = Some(at);
    }

    /// The value that the runner keeps. The record passes the door before it is sealed: nothing may change it later.
    pub(crate) fn value(&self, progress: Progress<impl Serialize>, door: &Door) -> String {
        let record = Record {
            inputs: &self.inputs,
            progress,
            left_to_job: self.left_to_job,
        };
        // Numbers, texts, lists and objects always become JSON.
        let record = serde_json::to_string(&record).unwrap_or_default();
        self.seal.sealed(&door.value(&record))
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..hex.len()).step_by(2).map(|at| hex.get(at..at + 2));
    pairs
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Door, Progress, Seal, State, json};
    use crate::runner::secret::Secret;

    fn seal(token: &str, step: &[&str]) -> Seal {
        let step = step.iter().map(|part| (*part).to_owned()).collect();
        Seal::new(&Secret::new(token.to_owned()), step)
    }

    #[test]
    fn a_record_is_readable_and_opens_with_the_seal_that_closed_it() {
        let seal = seal("key", &["77", "1"]);
        let value = State::new(seal.clone(), json!({"flow": "simple"}))
            .value(Progress::Unfinished("a workspace"), &Door::new("", &[]));
        let record = r#"{"inputs":{"flow":"simple"},"progress":{"unfinished":"a workspace"}}"#;
        assert!(value.starts_with(&format!("{record} ")), "{value}");
        assert_eq!(seal.opened(&value), Some(record));
    }

    #[test]
    fn no_other_key_step_record_or_code_opens_it() {
        let ours = seal("key", &["77", "1"]);
        let value = ours.sealed("{}");
        for other in [
            seal("key2", &["77", "1"]),
            seal("key", &["77", "2"]),
            seal("key", &["771", ""]),
            seal("key", &["77", "1", ""]),
        ] {
            assert_eq!(other.opened(&value), None);
        }
        let (record, code) = value.split_once(' ').unwrap();
        let shorter = code.get(2..).unwrap();
        for forged in [
            format!("[] {code}"),
            format!("{record} {shorter}"),
            format!("{record} {code}00"),
            format!("{record} {}", code.replace(char::is_numeric, "a")),
            format!("{record} "),
            format!("{record} {shorter}é"),
            record.to_owned(),
            code.to_owned(),
            String::new(),
        ] {
            assert_eq!(ours.opened(&forged), None, "{forged}");
        }
    }
}
