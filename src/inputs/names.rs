//! Owns which variables of the environment are inputs: those of the exact name, and no other. One that nearly has an
//! input's name is a mistake, for its writer believes that it counts.

use std::collections::BTreeMap;

use crate::inputs::mistake::Mistake;
use crate::inputs::specs::{SPECS, Spec};
use crate::text::shortened;

/// What the runner puts before an input's name.
const PREFIX: &str = "INPUT_";
/// Shorter names have too many neighbours: `INPUT_TEXT` is no `test`.
const LONG_NAME: usize = 6;

/// The one variable that holds an input.
pub(crate) fn variable(input: &str) -> String {
    format!("{PREFIX}{}", input.to_uppercase())
}

/// The variables that are inputs; blank ones are left out, for blank means "not given".
pub(super) fn given(variables: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let filled = |spec: &Spec| {
        let (name, value) = variables.get_key_value(&variable(spec.name))?;
        (!value.trim().is_empty()).then(|| (name.clone(), value.clone()))
    };
    SPECS.iter().filter_map(filled).collect()
}

/// Variables that are no inputs, but nearly have the name of one, and a value.
pub(super) fn near_misses(variables: &BTreeMap<String, String>) -> Vec<Mistake> {
    let filled = variables
        .iter()
        .filter(|(_, value)| !value.trim().is_empty());
    filled.filter_map(|(name, _)| near_miss(name)).collect()
}

fn near_miss(name: &str) -> Option<Mistake> {
    let rest = name.strip_prefix(PREFIX)?;
    if SPECS.iter().any(|spec| variable(spec.name) == name) {
        return None;
    }
    let plain = plain(rest);
    let meant = SPECS
        .iter()
        .find(|spec| bare(spec.name) == plain)
        .or_else(|| {
            SPECS
                .iter()
                .find(|spec| is_nearly(&bare(spec.name), &plain))
        })?;
    Some(Mistake {
        input: meant.name,
        what: format!(
            "may be meant by `{}`, which is no input and has no effect. Write `{}` in `with:`; variables of the job (`env:`, `GITHUB_ENV`) count too: one that is not meant for this action needs another name",
            shortened(name, 80),
            meant.name
        ),
    })
}

/// The name without what people mistake, and without further prefixes.
fn plain(name: &str) -> String {
    let prefix = bare(PREFIX);
    let mut rest = bare(name);
    while let Some(less) = rest.strip_prefix(&prefix) {
        rest = less.to_owned();
    }
    rest
}

/// Without case, `_`, spaces and hyphens.
fn bare(name: &str) -> String {
    let kept = name.chars().filter(|c| !matches!(c, '_' | ' ' | '-'));
    kept.flat_map(char::to_lowercase).collect()
}

/// Whether one letter more, less or other makes the one name the other.
fn is_nearly(input: &str, name: &str) -> bool {
    let (input, name): (Vec<char>, Vec<char>) = (input.chars().collect(), name.chars().collect());
    if input.len() < LONG_NAME || input.len().abs_diff(name.len()) > 1 {
        return false;
    }
    let (short, long) = if input.len() <= name.len() {
        (&input, &name)
    } else {
        (&name, &input)
    };
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let skipped = usize::from(short.len() == long.len());
    short.get(same + skipped..).unwrap_or_default() == long.get(same + 1..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::near_miss;
    use crate::inputs::SPECS;

    fn meant(name: &str) -> Option<&'static str> {
        near_miss(name).map(|mistake| mistake.input)
    }

    #[test]
    fn case_separators_and_repeated_prefixes_are_near_misses() {
        for (name, input) in [
            ("INPUT_DRY_RUN", "dry-run"),
            ("INPUT_DRYRUN", "dry-run"),
            ("INPUT_DRY RUN", "dry-run"),
            ("INPUT_dry-run", "dry-run"),
            ("INPUT_Api-Url", "api-url"),
            ("INPUT_INPUT_API-URL", "api-url"),
            ("INPUT_input-INPUT_API_URL", "api-url"),
            ("INPUT_flow", "flow"),
            ("INPUT_E-N-V", "env"),
        ] {
            assert_eq!(meant(name), Some(input), "{name}");
        }
    }

    #[test]
    fn one_letter_off_a_long_name_is_a_near_miss_and_off_a_short_one_is_not() {
        for (name, input) in [
            ("INPUT_DOMAINS", "domain"),
            ("INPUT_DOMAN", "domain"),
            ("INPUT_BRANCG", "branch"),
            ("INPUT_XREPLICAS", "replicas"),
            ("INPUT_WORKSPACE_IDS", "workspace-id"),
            ("INPUT_DRY_RUM", "dry-run"),
        ] {
            assert_eq!(meant(name), Some(input), "{name}");
        }
        for name in [
            "INPUT_TEXT",
            "INPUT_TEAMS",
            "INPUT_PATHS",
            "INPUT_PLANT",
            "INPUT_",
            "INPUT_NAME",
            "INPUT_DOMIANS",
            "INPUT_TOKEN",
            "INPUT",
            "MY_INPUT_DRY_RUN",
            "DRY_RUN",
        ] {
            assert_eq!(meant(name), None, "{name}");
        }
    }

    #[test]
    fn no_input_is_a_near_miss() {
        for spec in SPECS {
            assert_eq!(meant(&super::variable(spec.name)), None, "{}", spec.name);
        }
    }
}
