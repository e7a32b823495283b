//! Owns YAML: parsed within a budget that every honest `ci.yml` keeps. The only module that knows `serde_saphyr`.

use std::fmt;

use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{DefaultMessageFormatter, MessageFormatter, Options};

/// So many values may repeat others.
const ALIASES: usize = 200;
/// So much may come of the text, repetitions included.
const VALUES: usize = 20_000;

/// Why a text is no YAML that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    route: Option<(u64, u64)>,
    what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.route {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.what)
    }
}

/// The file's only document.
pub(super) fn parse(text: &str) -> Result<Value, Mistake> {
    let parsed: Result<Option<Value>, _> = serde_saphyr::from_str_with_options(text, options());
    match parsed {
        Ok(value) => Ok(value.unwrap_or_default()),
        Err(error) => Err(mistake(&error)),
    }
}

fn options() -> Options {
    let budget = serde_saphyr::budget! {
        max_events: VALUES,
        max_nodes: VALUES,
        max_aliases: ALIASES,
        max_anchors: ALIASES,
        max_recorded_anchor_events: VALUES,
        max_recorded_anchor_bytes: super::LIMIT * 4,
        max_depth: 64,
        max_inclusion_depth: 0,
        max_documents: 2,
        max_total_scalar_bytes: super::LIMIT * 4,
    };
    let mut options = serde_saphyr::options! {
        budget: budget,
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        with_snippet: false,
    };
    options.alias_limits.max_total_replayed_events = VALUES;
    options
}

/// Without a snippet: a `ci.yml` may hold what is nobody's business. Nor is what draws snippets linked then.
fn mistake(error: &serde_saphyr::Error) -> Mistake {
    let route = error.location().map(|at| (at.line(), at.column()));
    let text = DefaultMessageFormatter.format_message(error);
    let what = text.split(" at line ").next().unwrap_or_default();
    Mistake {
        route: route.filter(|(line, _)| *line > 0),
        what: what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_mistake_names_line_and_column_and_quotes_nothing() {
        let mistake = parse("a: 1\nb: \"secret-value\nc: 3\n")
            .unwrap_err()
            .to_string();
        assert!(mistake.starts_with("line "), "{mistake}");
        assert!(!mistake.contains("secret-value"), "{mistake}");
        let mistake = parse("a: 1\n b: 2\n").unwrap_err().to_string();
        assert_eq!(
            mistake,
            "line 2, column 3: mapping values are not allowed in this context"
        );
    }

    #[test]
    fn what_explodes_is_refused() {
        let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..9 {
            let before = level - 1;
            let row = vec![format!("*a{before}"); 10].join(", ");
            laughs = format!("{laughs}a{level}: &a{level} [{row}]\n");
        }
        let deep = "[".repeat(100_000);
        let aliases = format!("a: &a 1\nb: [{}]\n", "*a, ".repeat(500));
        let documents = "---\na: 1\n".repeat(1000);
        let wide = format!("a: [{}]", "1, ".repeat(30_000));
        for bomb in [&laughs, &deep, &aliases, &documents, &wide] {
            assert!(parse(bomb).is_err());
        }
    }

    #[test]
    fn honest_anchors_and_merges_are_read() {
        let text = "x: &x { plan: 8 }\nweb: { <<: *x, replicas: 2 }\napi: *x\n";
        let value = parse(text).unwrap();
        assert_eq!(value["web"]["plan"], 8);
        assert_eq!(value["api"]["plan"], 8);
        let twice = parse("a: 1\na: 2\n").unwrap();
        assert_eq!(twice["a"], 2);
    }
}
