//! Owns what of a file breaks its schema, as far as that is known: the platform says no more than that something does.

use serde_json::Value;

use crate::profile::shape::{Kind, Shape, at, entries, kind, version};

/// The longest name of a service.
const NAME: usize = 32;
/// From this version on, a service sees the repository's files only where they are mounted.
const MOUNTS: (u64, u64) = (0, 3);

/// What breaks the schema, in words.
pub(super) fn of(file: &Value, shape: &Shape) -> Vec<String> {
    let stages: &[&str] = match shape {
        Shape::Flat => &["prepare", "test", "run"],
        Shape::Landscape | Shape::Unknown(_) => &["prepare", "test"],
    };
    let stages = stages.iter().filter_map(|name| stage(file, name));
    let mut found: Vec<String> = stages.collect();
    if *shape == Shape::Landscape {
        let mounts = version(at(file, "schemaVersion")).is_some_and(|its| its >= MOUNTS);
        found.extend(entries(file, "run").flat_map(|(name, entry)| service(name, entry, mounts)));
    }
    found
}

/// `^(?:[a-z]|[a-z][-a-z0-9]{0,30}[a-z0-9])$`
pub(crate) fn is_service_name(name: &str) -> bool {
    let within = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.len() <= NAME
        && name.chars().all(within)
}

fn stage(file: &Value, name: &str) -> Option<String> {
    match file.get(name) {
        None => Some(format!("`{name}` is missing (`steps: []` in it is enough)")),
        Some(stage) if at(stage, "steps").is_array() => None,
        Some(_) => Some(format!("`{name}` has no list of `steps`")),
    }
}

fn service(name: &str, entry: &Value, mounts: bool) -> Vec<String> {
    let kind = entry.as_object().map_or(Kind::Unknown, kind);
    let has_steps = match kind {
        Kind::Reactive(_) => true,
        Kind::Container => false,
        Kind::Managed(_) | Kind::Route => return Vec::new(),
        Kind::Unknown => return vec![format!("{name} is no kind of service that is known")],
    };
    let misnamed = (!is_service_name(name)).then(|| {
        format!("{name:?} is no name of a service (lower-case letters, digits and hyphens, a letter first, at most {NAME})")
    });
    let mounted = !at(entry, "volumeMounts").is_null();
    let unmounted =
        (has_steps && mounts && !mounted).then(|| format!("{name} has no `volumeMounts`"));
    [misnamed, network(name, at(entry, "network")), unmounted]
        .into_iter()
        .flatten()
        .collect()
}

fn network(name: &str, network: &Value) -> Option<String> {
    let lacks = |key: &str| at(network, key).is_null();
    if network.is_null() {
        return Some(format!("{name} has no `network`"));
    }
    // The old short form has `path` alone.
    let lacking = ["ports", "paths"].into_iter().find(|key| lacks(key))?;
    lacks("path").then(|| format!("`network` of {name} has no `{lacking}`"))
}

#[cfg(test)]
mod tests {
    use super::{is_service_name, of};
    use crate::profile::{shape, yaml};

    fn flaws(text: &str) -> Vec<String> {
        let file = yaml::parse(text).unwrap();
        of(&file, &shape::of(&file))
    }

    #[test]
    fn what_the_schema_wants_is_missed() {
        let file = "
schemaVersion: v0.4
prepare: { command: npm ci }
run:
  web: { steps: [{ command: a }] }
  api: { steps: [], network: { ports: [] }, volumeMounts: [] }
  Cache: { image: x, network: { ports: [], paths: [] } }
  odd: 5
  outside: { network: { paths: [{ path: /x, target: https://x.example.com }] } }
  db: { provider: { name: postgres } }
";
        assert_eq!(
            flaws(file),
            [
                "`prepare` has no list of `steps`",
                "`test` is missing (`steps: []` in it is enough)",
                "\"Cache\" is no name of a service (lower-case letters, digits and hyphens, a letter first, at most 32)",
                "`network` of api has no `paths`",
                "odd is no kind of service that is known",
                "web has no `network`",
                "web has no `volumeMounts`",
            ]
        );
    }

    #[test]
    fn a_file_for_one_server_has_three_stages() {
        let flaws = flaws("prepare: { steps: [] }\ntest: { steps: [] }\nrun: { web: 5 }\n");
        assert_eq!(flaws, ["`run` has no list of `steps`"]);
    }

    #[test]
    fn what_is_as_it_should_be_has_none() {
        let stages = "prepare: { steps: [] }\ntest: { steps: [] }\n";
        for run in [
            "run: { steps: [{ command: a }] }",
            "schemaVersion: v0.2\nrun: { web: { steps: [], network: { path: /, stripPath: true } } }",
            "schemaVersion: v0.4\nrun: { web: { steps: [], network: { ports: [], paths: [] }, volumeMounts: [] } }",
        ] {
            assert_eq!(flaws(&format!("{stages}{run}")), [""; 0], "{run}");
        }
    }

    #[test]
    fn names_are_what_the_api_says() {
        for good in ["a", "a1", "web-2", &"a".repeat(32)] {
            assert!(is_service_name(good), "{good}");
        }
        for bad in [
            "",
            "-",
            "a-",
            "1a",
            "Web",
            "a_b",
            "a b",
            "ä",
            &"a".repeat(33),
        ] {
            assert!(!is_service_name(bad), "{bad}");
        }
    }
}
