//! Owns which of the environment's values are secret: the key, and values of variables that nothing else shows.

use std::collections::BTreeMap;

use crate::inputs::dotenv;
use crate::runner::door::Door;
use crate::runner::secret::Secret;

/// A value is secret from so many characters on; from more where it is letters only, as words are.
const SHORTEST: usize = 8;
const SHORTEST_WORD: usize = 16;
/// Inputs whose values are not shown.
const UNSHOWN: [&str; 3] = ["INPUT_API-TOKEN", "INPUT_ENV", "INPUT_PASS-ENV"];
/// What GitHub says of the run that stands in links and sentences.
const SHOWN: [&str; 11] = [
    "GITHUB_ACTOR",
    "GITHUB_BASE_REF",
    "GITHUB_EVENT_NAME",
    "GITHUB_HEAD_REF",
    "GITHUB_REF",
    "GITHUB_REF_NAME",
    "GITHUB_REPOSITORY",
    "GITHUB_RUN_ID",
    "GITHUB_SERVER_URL",
    "GITHUB_SHA",
    "GITHUB_WORKFLOW_REF",
];

/// The key as it was given, good or not; blank where none was.
pub(crate) fn key(variables: &BTreeMap<String, String>) -> Secret {
    let key = variables.get("INPUT_API-TOKEN");
    Secret::new(key.map_or_else(String::new, |key| key.trim().to_owned()))
}

/// What hides all that is secret among `variables`.
pub(crate) fn door(variables: &BTreeMap<String, String>) -> Door {
    let shown: Vec<&String> = variables
        .iter()
        .filter(|(name, _)| {
            let is_input = name.starts_with("INPUT_") && !UNSHOWN.contains(&name.as_str());
            is_input || SHOWN.contains(&name.as_str())
        })
        .map(|(_, value)| value)
        .collect();
    let is_shown = |value: &str| {
        let bare = value.strip_prefix("https://").unwrap_or(value);
        shown
            .iter()
            .any(|shown| shown.contains(bare.trim_end_matches('/')))
    };
    let secret: Vec<String> = values(variables)
        .iter()
        .flat_map(|value| std::iter::once(value.as_str()).chain(value.lines()))
        .map(str::trim)
        .filter(|value| is_long(value) && !is_shown(value))
        .map(str::to_owned)
        .collect();
    Door::new(key(variables).reveal(), &secret)
}

/// The values that a workspace gets. With a mistake in them none does, and nobody can repeat one.
fn values(variables: &BTreeMap<String, String>) -> Vec<String> {
    let text = |name: &str| variables.get(name).map_or("", String::as_str);
    let given = dotenv::parse(text("INPUT_ENV")).unwrap_or_default();
    let passed = text("INPUT_PASS-ENV")
        .split([',', '\n', '\r'])
        .map(str::trim);
    let passed = passed.filter_map(|name| variables.get(name).cloned());
    given
        .into_iter()
        .map(|variable| variable.value)
        .chain(passed)
        .collect()
}

fn is_long(value: &str) -> bool {
    let letters_only = value.chars().all(char::is_alphabetic);
    let shortest = if letters_only {
        SHORTEST_WORD
    } else {
        SHORTEST
    };
    value.chars().count() >= shortest
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::door;

    fn shown(env: &str, text: &str) -> String {
        let variables = [
            ("INPUT_API-TOKEN", " cs_key_1 \n"),
            ("INPUT_ENV", env),
            ("INPUT_PASS-ENV", "PASSED, OTHER\nMISSING"),
            ("INPUT_DOMAIN", "shop.example.com"),
            ("PASSED", "$passed 'on'"),
            ("UNUSED", "not-looked-at"),
            ("GITHUB_REPOSITORY", "acme/shop-1"),
            ("GITHUB_TOKEN", "ghs_github1"),
        ];
        let pairs = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        door(&BTreeMap::from(pairs)).readable(text).into_owned()
    }

    #[test]
    fn values_are_hidden_by_their_length_and_line_by_line() {
        for (value, hidden) in [
            ("1234567", false),
            ("12345678", true),
            ("ünïcödé1", true),
            ("production", false),
            ("abcdefghijklmno", false),
            ("abcdefghijklmnop", true),
            ("hello there", true),
            ("shop.example.com", false),
            ("https://shop.example.com/", false),
            ("acme/shop-1", false),
            ("ghs_github1", true),
        ] {
            let shown = shown(&format!("A={value}"), &format!("<{value}>"));
            assert_eq!(shown == "<***>", hidden, "{shown}");
        }
        let lines = "A='-----BEGIN KEY-----\nabc\nZm9vYmFy+1\n-----END KEY-----'";
        assert_eq!(shown(lines, "Zm9vYmFy+1"), "***");
        assert_eq!(shown(lines, "abc"), "abc");
    }

    #[test]
    fn the_key_and_what_is_passed_on_are_hidden() {
        let text = "cs_key_1 $passed 'on' not-looked-at";
        assert_eq!(shown("", text), "*** *** not-looked-at");
        assert_eq!(shown("no line of dotenv", text), "*** *** not-looked-at");
    }
}
