//! Owns the variables that a workspace gets: the lines of `env`, and those of this step's own `env:` that `pass-env`
//! names, exactly as they are. Messages hold names, never values.

use crate::ids::EnvVar;
use crate::inputs::dotenv::{self, is_reserved, is_variable_name};
use crate::inputs::reader::Reader;
use crate::text::{list, shortened};

/// Variables with these beginnings are the runner's own.
const RUNNERS: [&str; 3] = ["INPUT_", "STATE_", "ACTIONS_"];

/// All of them; none where one is wrong.
pub(super) fn environment(reader: &mut Reader) -> Option<Vec<EnvVar>> {
    let env = env(reader);
    let passed = passed(reader, env.as_deref().unwrap_or_default());
    let mut all = env?;
    all.extend(passed?);
    Some(all)
}

fn env(reader: &mut Reader) -> Option<Vec<EnvVar>> {
    // Not trimmed: a value may end with blanks inside quotes, and lines are counted from the first.
    let text = reader.untrimmed("env");
    good(reader, "env", dotenv::parse(&text))
}

fn passed(reader: &mut Reader, env: &[EnvVar]) -> Option<Vec<EnvVar>> {
    let text = reader.untrimmed("pass-env");
    let mut passed: Vec<EnvVar> = Vec::new();
    let mut mistakes = Vec::new();
    let entries = text.split([',', '\n', '\r']).map(str::trim);
    let entries = entries.filter(|name| !name.is_empty());
    for (number, name) in (1..).zip(entries) {
        match taken(name, reader, env, &passed) {
            Ok(variable) => passed.push(variable),
            Err(Wrong::NoName) => mistakes.push(format!("entry {number} is no name of a variable: letters, digits, `_`, `.` and `-`, not starting with a digit, `.` or `-`; names stand on lines of their own or between commas")),
            Err(Wrong::Named(why)) => mistakes.push(format!("names {}, {why}", shortened(name, 80))),
        }
    }
    let read = if mistakes.is_empty() {
        Ok(passed)
    } else {
        Err(mistakes)
    };
    good(reader, "pass-env", read)
}

/// What is wrong with a name; what is no name is not shown, for it may be a value.
enum Wrong {
    NoName,
    Named(&'static str),
}

fn taken(name: &str, reader: &Reader, env: &[EnvVar], passed: &[EnvVar]) -> Result<EnvVar, Wrong> {
    let is_among = |variables: &[EnvVar]| variables.iter().any(|its| its.name == name);
    let is_runners = RUNNERS.iter().any(|start| {
        let beginning = name.get(..start.len());
        beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(start))
    });
    if !is_variable_name(name) {
        return Err(Wrong::NoName);
    }
    if is_runners {
        return Err(Wrong::Named(
            "but names that begin with `INPUT_`, `STATE_` or `ACTIONS_` are the runner's own",
        ));
    }
    if is_reserved(name) {
        return Err(Wrong::Named("which this action keeps for itself"));
    }
    if is_among(env) {
        return Err(Wrong::Named("which `env` sets as well: give it once"));
    }
    if is_among(passed) {
        return Err(Wrong::Named("a second time"));
    }
    let value = reader.variable(name).ok_or(Wrong::Named(
        "which is not set: give it in the `env:` of this step",
    ))?;
    // What is not UTF-8 was replaced when the environment was read.
    if value.contains(char::REPLACEMENT_CHARACTER) {
        return Err(Wrong::Named("whose value is no UTF-8 text"));
    }
    Ok(EnvVar {
        name: name.to_owned(),
        value: value.to_owned(),
    })
}

fn good<T>(reader: &mut Reader, input: &'static str, read: Result<T, Vec<String>>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(mistakes) => {
            for what in mistakes {
                reader.mistake(input, what);
            }
            None
        }
    }
}

/// A warning where a blank value takes the place of one: GitHub gives a blank for a secret that does not exist.
pub(crate) fn blanked(env: &[EnvVar], before: &[EnvVar], whose: &str) -> Option<String> {
    let is_blank = |variable: &&EnvVar| variable.value.trim().is_empty();
    let had_one = |variable: &&EnvVar| {
        let old = before.iter().find(|old| old.name == variable.name);
        old.is_some_and(|old| !old.value.trim().is_empty())
    };
    let blanked = env.iter().filter(is_blank).filter(had_one);
    let names: Vec<&str> = blanked.map(|variable| variable.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "{} would be blank, and {whose} has a value there. GitHub gives a blank for a secret that does not exist, and for one of an environment that the job does not name: check the spelling in `env` and `pass-env`.",
            list(names)
        )
    })
}
