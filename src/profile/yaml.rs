//! Owns YAML: a text's events become values, within a budget that every honest `ci.yml` keeps. The only module that knows
//! `granit_parser`.

use std::collections::BTreeMap;
use std::fmt;

use granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput, Tag};
use serde_json::{Map, Value};

use super::scalar;

/// So many values may repeat others.
const ALIASES: usize = 200;
/// So much may come of the text, repetitions included: one for each value and key, and one more for so much text in it.
const BUDGET: usize = 20_000;
const TEXT: usize = 64;
/// So deep may values be nested, repetitions included.
const DEPTH: usize = 64;

/// Why a text is no YAML that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    line: usize,
    column: usize,
    what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.what
        )
    }
}

impl Mistake {
    fn at(mark: Marker, what: impl fmt::Display) -> Self {
        Self {
            line: mark.line(),
            column: mark.col() + 1,
            what: what.to_string(),
        }
    }
}

/// Quotes nothing: a `ci.yml` may hold what is nobody's business.
impl From<ScanError> for Mistake {
    fn from(error: ScanError) -> Self {
        Self::at(*error.marker(), error.kind())
    }
}

const TOO_DEEP: &str = "values are nested too deeply";
const TOO_MUCH: &str = "there is more in it than a `ci.yml` may describe";

/// The file's only document; null where there is none.
pub(super) fn parse(text: &str) -> Result<Value, Mistake> {
    Reader {
        events: Parser::new_from_str(text),
        mark: Marker::default(),
        left: BUDGET,
        anchors: BTreeMap::new(),
        aliases: 0,
    }
    .document()
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    /// Where the last event began.
    mark: Marker,
    left: usize,
    anchors: BTreeMap<usize, Value>,
    aliases: usize,
}

impl<'a> Reader<'a> {
    fn document(mut self) -> Result<Value, Mistake> {
        let mut document = None;
        loop {
            match self.event()? {
                Event::StreamEnd => return Ok(document.unwrap_or_default()),
                Event::DocumentStart(..) if document.is_some() => {
                    return self.mistake("there is more than one document");
                }
                event if event.is_node() => document = Some(self.value(event, DEPTH)?),
                _ => {}
            }
        }
    }

    fn event(&mut self) -> Result<Event<'a>, Mistake> {
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                self.mark = span.start;
                Ok(event)
            }
            Some(Err(error)) => Err(error.into()),
            None => Ok(Event::StreamEnd),
        }
    }

    /// What begins with the event, at most so many levels of it.
    fn value(&mut self, event: Event<'a>, depth: usize) -> Result<Value, Mistake> {
        let anchor = event.anchor_id();
        self.spend(1)?;
        let value = match event {
            Event::Scalar(text, style, _, tag) => self.scalar(&text, style, tag.as_deref())?,
            Event::SequenceStart(..) => self.list(self.deeper(depth)?)?,
            Event::MappingStart(..) => self.map(self.deeper(depth)?)?,
            Event::Alias(id) => return self.repeated(id, depth),
            _ => return self.mistake("a value is missing"),
        };
        if let Some(id) = anchor {
            self.spend(cost(&value))?;
            self.anchors.insert(id, value.clone());
        }
        Ok(value)
    }

    /// A tag of YAML's own decides, or else whether the text stands in quotes.
    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
    ) -> Result<Value, Mistake> {
        self.spend(text.len() / TEXT)?;
        let as_text = match tag.map(|tag| (tag.parts(), tag.core_suffix())) {
            Some((("", "!"), _) | (_, Some("str"))) => true,
            Some((_, Some(_))) => false,
            Some((_, None)) | None => style != ScalarStyle::Plain,
        };
        Ok(if as_text {
            text.into()
        } else {
            scalar::plain(text)
        })
    }

    fn list(&mut self, depth: usize) -> Result<Value, Mistake> {
        let mut items = Vec::new();
        loop {
            match self.event()? {
                Event::SequenceEnd => return Ok(items.into()),
                event => items.push(self.value(event, depth)?),
            }
        }
    }

    /// Of a key that is there twice the last one counts. What is merged (`<<`) never replaces.
    fn map(&mut self, depth: usize) -> Result<Value, Mistake> {
        let mut fields = Map::new();
        let mut merged = Vec::new();
        loop {
            let event = self.event()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.key(event)?;
            let value = self.event()?;
            match (key, self.value(value, depth)?) {
                (None, value) => merged.extend(self.maps(value)?),
                (Some(key), value) => _ = fields.insert(key, value),
            }
        }
        for (key, value) in merged.into_iter().flatten() {
            fields.entry(key).or_insert(value);
        }
        Ok(fields.into())
    }

    /// What can be merged: a map, several of them, or nothing.
    fn maps(&self, value: Value) -> Result<Vec<Map<String, Value>>, Mistake> {
        match value {
            Value::Null => Ok(Vec::new()),
            Value::Object(map) => Ok(vec![map]),
            Value::Array(items) => {
                let maps = items.into_iter().map(|item| self.maps(item));
                Ok(maps.collect::<Result<Vec<_>, _>>()?.concat())
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.mistake("only maps can be merged")
            }
        }
    }

    /// A key as it is written; none where it is the one that merges.
    fn key(&mut self, event: Event<'a>) -> Result<Option<String>, Mistake> {
        match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => Ok(None),
            Event::Scalar(ref text, ..) => {
                let key = text.to_string();
                self.spend(key.len() / TEXT)?;
                self.value(event, DEPTH)?;
                Ok(Some(key))
            }
            Event::Alias(id) => match self.repeated(id, DEPTH)? {
                Value::Array(_) | Value::Object(_) => self.mistake("a key is no text"),
                Value::String(key) => Ok(Some(key)),
                other => Ok(Some(other.to_string())),
            },
            _ => self.mistake("a key is no text"),
        }
    }

    /// What an alias stands for, unless it stands within it.
    fn repeated(&mut self, id: usize, depth: usize) -> Result<Value, Mistake> {
        let Some(value) = self.anchors.get(&id).cloned() else {
            return self.mistake("a value repeats itself");
        };
        self.aliases += 1;
        if self.aliases > ALIASES {
            return self.mistake(TOO_MUCH);
        }
        if height(&value) > depth {
            return self.mistake(TOO_DEEP);
        }
        self.spend(cost(&value))?;
        Ok(value)
    }

    fn deeper(&self, depth: usize) -> Result<usize, Mistake> {
        depth
            .checked_sub(1)
            .map_or_else(|| self.mistake(TOO_DEEP), Ok)
    }

    fn spend(&mut self, cost: usize) -> Result<(), Mistake> {
        match self.left.checked_sub(cost) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => self.mistake(TOO_MUCH),
        }
    }

    fn mistake<T>(&self, what: &str) -> Result<T, Mistake> {
        Err(Mistake::at(self.mark, what))
    }
}

/// What a value takes of the budget.
fn cost(value: &Value) -> usize {
    let inside = match value {
        Value::String(text) => text.len() / TEXT,
        Value::Array(items) => items.iter().map(cost).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, field)| 1 + key.len() / TEXT + cost(field))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    1 + inside
}

/// How many levels there are to a value.
fn height(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(height).max(),
        Value::Object(fields) => fields.values().map(height).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return 0,
    };
    1 + deepest.unwrap_or_default()
}
#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::parse;

    #[track_caller]
    fn refused(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
        (0..count).map(line).collect::<Vec<_>>().concat()
    }

    #[test]
    fn a_mistake_names_line_and_column_and_quotes_nothing() {
        let mistake = refused("a: 1\nb: \"secret-value\nc: 3\n");
        assert!(mistake.starts_with("line "), "{mistake}");
        assert!(!mistake.contains("secret-value"), "{mistake}");
        for (text, mistake) in [
            (
                "a: 1\n b: 2\n",
                "line 2, column 3: mapping values are not allowed in this context",
            ),
            (
                "é: *gone\n",
                "line 1, column 4: while parsing node, found unknown anchor",
            ),
            ("a: &a [*a]\n", "line 1, column 8: a value repeats itself"),
            ("? [a]\n: 1\n", "line 1, column 3: a key is no text"),
            ("a: &a [1]\n*a : 1\n", "line 2, column 1: a key is no text"),
            ("a:\n  <<: 5\n", "line 2, column 7: only maps can be merged"),
            (
                "<<: [{}, no]\n",
                "line 1, column 12: only maps can be merged",
            ),
        ] {
            assert_eq!(refused(text), mistake, "{text}");
        }
    }

    #[test]
    fn what_explodes_is_refused() {
        let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..9 {
            let before = level - 1;
            let row = vec![format!("*a{before}"); 10].join(", ");
            laughs = format!("{laughs}a{level}: &a{level} [{row}]\n");
        }
        let aliases = format!("a: &a 1\nb: [{}]\n", "*a, ".repeat(500));
        let wide = format!("a: [{}]", "1, ".repeat(30_000));
        let keys = lines(15_000, |key| format!("k{key}: 1\n"));
        let long = format!(
            "a: &a {}\nb: [{}]\n",
            "x".repeat(200_000),
            "*a, ".repeat(100)
        );
        let anchors = format!(
            "{}[{}]{}",
            "&a [".repeat(60),
            "1, ".repeat(1000),
            "]".repeat(60)
        );
        for bomb in [&laughs, &aliases, &wide, &keys, &long, &anchors] {
            let mistake = refused(bomb);
            assert!(
                mistake.ends_with("more in it than a `ci.yml` may describe"),
                "{mistake}"
            );
        }
    }

    #[test]
    fn merges_cannot_multiply() {
        let fields = lines(100, |key| format!("k{key}: 1, "));
        let text = format!(
            "a: &a {{ {fields} }}\nb: [{}]\n",
            "{ <<: *a }, ".repeat(150)
        );
        assert!(refused(&text).contains("more in it"));
    }

    #[test]
    fn depth_is_limited_for_lists_maps_and_what_is_repeated() {
        let lists = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        let block = |depth: usize| lines(depth, |level| format!("{}a:\n", " ".repeat(level)));
        assert!(parse(&lists(64)).is_ok() && parse(&block(64)).is_ok());
        for deep in [
            lists(65),
            block(65),
            "[".repeat(100_000),
            "{a: ".repeat(50_000),
            "- ".repeat(100_000),
        ] {
            assert!(parse(&deep).is_err());
        }
        let half = |aliases: &str| {
            format!(
                "a: &a {}\nb: {}{aliases}{}\n",
                lists(40),
                "[".repeat(30),
                "]".repeat(30)
            )
        };
        assert_eq!(
            refused(&half("*a")),
            "line 2, column 34: values are nested too deeply"
        );
        assert!(parse(&half("")).is_ok());
    }

    #[test]
    fn honest_anchors_and_merges_are_read() {
        let text = "x: &x { plan: 8 }\nweb: { <<: *x, replicas: 2 }\napi: *x\n";
        let value = parse(text).unwrap();
        assert_eq!(value["web"]["plan"], 8);
        assert_eq!(value["api"]["plan"], 8);
        for (text, value) in [
            ("a: 1\na: 2\n", json!({"a": 2})),
            ("a: 1\n<<: { a: 2, b: 3 }\n", json!({"a": 1, "b": 3})),
            ("<<: { a: 2 }\na: 1\n", json!({"a": 1})),
            ("<<: [{ a: 1 }, { a: 2, b: 3 }]\n", json!({"a": 1, "b": 3})),
            ("<<:\na: 1\n", json!({"a": 1})),
            ("\"<<\": 5\n", json!({"<<": 5})),
            (
                "a: &k key\n*k : &n 2\n*n : 3\n",
                json!({"a": "key", "key": 2, "2": 3}),
            ),
            ("a: &x 1\nb: &x 2\nc: *x\n", json!({"a": 1, "b": 2, "c": 2})),
        ] {
            assert_eq!(parse(text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn a_file_has_one_document() {
        for none in ["", "\n", "# nothing\n", "---\n", "---\n...\n"] {
            assert_eq!(parse(none).unwrap(), Value::Null, "{none}");
        }
        for one in ["---\na: 1\n", "%YAML 1.2\n---\na: 1\n...\n"] {
            assert_eq!(parse(one).unwrap(), json!({"a": 1}), "{one}");
        }
        assert_eq!(
            refused("a: 1\n---\nb: 2\n"),
            "line 2, column 1: there is more than one document"
        );
        assert!(parse(&"---\na: 1\n".repeat(1000)).is_err());
        assert!(parse("a: 1\n...\n}\n").is_err(), "what follows counts too");
    }

    #[test]
    fn line_ends_marks_and_tabs_are_as_yaml_has_them() {
        let plain = json!({"a": 1, "b": ["x", "y z"]});
        for text in [
            "a: 1\nb:\n  - x\n  - y z\n",
            "a: 1\r\nb:\r\n  - x\r\n  - y z\r\n",
            "\u{feff}a: 1\nb: [x, y z]\n",
            "a:\t1\nb:\t[x,\ty z]\t# c\n",
        ] {
            assert_eq!(parse(text).unwrap(), plain, "{text:?}");
        }
        assert_eq!(parse("a: |\r\n  x\r\n  y\r\n").unwrap()["a"], "x\ny\n");
        assert!(refused("a:\n\t- 1\n").starts_with("line 2, column 2: tabs"));
        assert!(parse("a: \0\n").is_err());
    }

    #[test]
    fn quotes_and_tags_decide_what_is_text() {
        for (text, value) in [
            ("5", json!(5)),
            ("'5'", json!("5")),
            ("\"true\"", json!("true")),
            ("''", json!("")),
            ("!!str 5", json!("5")),
            ("! 5", json!("5")),
            ("!!int '5'", json!(5)),
            ("!own 5", json!(5)),
            ("!own '5'", json!("5")),
            ("!!map { a: 1 }", json!({"a": 1})),
            ("!own [1]", json!([1])),
            (
                "{ 3000: a, true: b, 'x y': c }",
                json!({"3000": "a", "true": "b", "x y": "c"}),
            ),
        ] {
            assert_eq!(parse(text).unwrap(), value, "{text}");
        }
    }

    /// Each text that differs from an honest one in a few characters: read or refused, and never more than it may be.
    #[test]
    fn whatever_is_written_is_read_or_refused() {
        let honest = "x: &x { plan: 8 }\nrun:\n  web: { <<: *x, steps: [{ command: 'a' }] }\n  b:\n    - |\n      t\n";
        let pieces = [
            "\n", "  ", "- ", ": ", "{", "}", "[", "]", "&x ", "*x", "'", "\"", "\t", "\r", "<<: ",
            "!!str ", "|\n", "#", "---\n", "...\n", "%", "? ", ",", "\u{feff}", "\0",
        ];
        for at in (0..=honest.len()).filter(|&at| honest.is_char_boundary(at)) {
            let (before, after) = honest.split_at(at);
            for first in pieces {
                for second in ["", "*x", "]", "\n"] {
                    if let Ok(value) = parse(&format!("{before}{first}{second}{after}")) {
                        assert!(
                            super::cost(&value) < super::BUDGET
                                && super::height(&value) <= super::DEPTH
                        );
                    }
                }
                _ = parse(&format!("{before}{first}"));
            }
        }
    }
}
