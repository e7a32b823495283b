//! Owns which inputs go into the record for the post step. The runner evaluates the post step's inputs anew, and a later
//! step may have changed what they come from: what the main step was given decides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::inputs::names::variable;
use crate::inputs::specs::{SPECS, Spec};
use crate::runner::secret::Secret;

/// Inputs that the post step takes as they are then.
const ANEW: [&str; 3] = ["api-token", "ca-certificate", "status"];
/// Inputs that may hold secrets and that no recovery needs.
const WITHHELD: [&str; 2] = ["env", "pass-env"];
/// Longer values, in bytes, are left out: the whole record has to fit into one variable.
const LONGEST: usize = 1024;

/// What the main step was given, by input. `None` stands for a value that is left out: the post step's own counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Recorded(BTreeMap<String, Option<String>>);

impl Recorded {
    /// What is given in `variables`; no value that holds `token`.
    pub(crate) fn read(variables: &BTreeMap<String, String>, token: &Secret) -> Self {
        let kept = |text: &String| text.len() <= LONGEST && !text.contains(token.reveal());
        let of = |spec: &Spec| {
            let text = value(variables, spec)?;
            Some((spec.name.to_owned(), Some(text).filter(kept)))
        };
        Self(recordable().filter_map(of).collect())
    }

    /// The variables of the post step, as if the main step's inputs were given to it.
    pub(crate) fn over(&self, variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let taken = |spec: &Spec| {
            let text = match self.0.get(spec.name) {
                Some(Some(text)) => Some(text.clone()),
                None if !ANEW.contains(&spec.name) => None,
                Some(None) | None => value(variables, spec),
            };
            text.map(|text| (variable(spec.name), text))
        };
        let given = SPECS.iter().filter(|spec| !WITHHELD.contains(&spec.name));
        given.filter_map(taken).collect()
    }

    /// The inputs whose values in `variables` are others.
    pub(crate) fn changed(&self, variables: &BTreeMap<String, String>) -> Vec<&'static str> {
        let differs = |spec: &&Spec| match self.0.get(spec.name) {
            Some(None) => false,
            Some(Some(text)) => value(variables, spec).as_ref() != Some(text),
            None => value(variables, spec).is_some(),
        };
        recordable().filter(differs).map(|spec| spec.name).collect()
    }
}

fn recordable() -> impl Iterator<Item = &'static Spec> {
    let left_out = |name| ANEW.contains(&name) || WITHHELD.contains(&name);
    SPECS.iter().filter(move |spec| !left_out(spec.name))
}

/// As it counts: trimmed, the default where there is one, nothing where it is blank.
fn value(variables: &BTreeMap<String, String>, spec: &Spec) -> Option<String> {
    let given = variables
        .get(&variable(spec.name))
        .map_or("", |text| text.trim());
    let text = if given.is_empty() {
        spec.default
    } else {
        given
    };
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, LONGEST, Recorded, Secret, variable};

    fn variables(given: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = given.iter();
        pairs
            .map(|(name, value)| (variable(name), (*value).to_owned()))
            .collect()
    }

    fn recorded(given: &[(&str, &str)]) -> Recorded {
        Recorded::read(&variables(given), &Secret::new("the-key".to_owned()))
    }

    #[test]
    fn what_the_main_step_was_given_counts_and_what_differs_is_named() {
        let recorded = recorded(&[("team", "7"), ("domain", "shop.example.com"), ("path", " ")]);
        let now = variables(&[
            ("team", "8"),
            ("path", "/"),
            ("plan", "x"),
            ("api-token", "the-key"),
        ]);
        let over = recorded.over(&now);
        let at = |name: &str| over.get(&variable(name)).map(String::as_str);
        assert_eq!(
            (
                at("team"),
                at("domain"),
                at("plan"),
                at("api-token"),
                at("flow")
            ),
            (
                Some("7"),
                Some("shop.example.com"),
                None,
                Some("the-key"),
                Some("simple")
            )
        );
        assert_eq!(recorded.changed(&now), ["team", "domain", "plan"]);
    }

    #[test]
    fn secrets_and_long_values_are_left_out() {
        let long = "x".repeat(LONGEST + 1);
        let given = [
            ("api-token", "the-key"),
            ("env", "PASSWORD=hunter2"),
            ("team", "my the-key"),
            ("health-body", &long),
        ];
        let recorded = recorded(&given);
        let text = serde_json::to_string(&recorded).unwrap();
        assert!(
            !text.contains("the-key") && !text.contains("hunter2") && !text.contains("xxx"),
            "{text}"
        );
        let over = recorded.over(&variables(&given));
        assert_eq!(over.get(&variable("health-body")), Some(&long));
        assert_eq!(over.get(&variable("env")), None);
        assert!(recorded.changed(&variables(&given)).is_empty());
    }
}
