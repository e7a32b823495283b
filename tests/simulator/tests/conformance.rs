//! Recorded exchanges against the API's own document: paths, parameters, bodies and answers.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a set-up that does not work fails the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};

/// How many findings are told at once.
const TOLD: usize = 20;

#[test]
#[ignore = "needs CODESPHERE_OPENAPI, the path of the API's OpenAPI document, and CODESPHERE_EXCHANGES, a folder of recorded exchanges"]
fn recorded_exchanges_conform_to_the_document() {
    let document = std::env::var("CODESPHERE_OPENAPI").expect("CODESPHERE_OPENAPI is set");
    let folder = std::env::var("CODESPHERE_EXCHANGES").expect("CODESPHERE_EXCHANGES is set");
    let document: Value = read(Path::new(&document));
    let exchanges = exchanges(Path::new(&folder));
    assert!(!exchanges.is_empty(), "there are no exchanges in {folder}");
    let mut check = Check {
        document: &document,
        checked: BTreeMap::new(),
        findings: BTreeSet::new(),
    };
    for exchange in &exchanges {
        check.exchange(exchange);
    }
    check.report(exchanges.len());
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("the document can be read");
    serde_json::from_str(&text).expect("the document is JSON")
}

fn exchanges(folder: &Path) -> Vec<Value> {
    let files = std::fs::read_dir(folder).expect("the folder can be read");
    let paths = files.map(|file| file.expect("an entry can be read").path());
    let recorded = paths.filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
    let texts = recorded.map(|path| std::fs::read_to_string(path).expect("a file can be read"));
    let texts: Vec<String> = texts.collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    lines
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

/// The check under way: what was looked at, and what was found.
struct Check<'a> {
    document: &'a Value,
    checked: BTreeMap<String, usize>,
    findings: BTreeSet<String>,
}

impl<'a> Check<'a> {
    fn exchange(&mut self, exchange: &Value) {
        let method = word(exchange, "method").to_lowercase();
        let path = word(exchange, "path");
        let Some((template, operation)) = self.operation(&method, path) else {
            self.findings
                .insert(format!("{method} {path}: not in the document"));
            return;
        };
        let name = format!("{method} {template}");
        *self.checked.entry(name.clone()).or_default() += 1;
        let mut findings = parameters(&template, path, operation);
        findings.extend(request(&exchange["body"], &operation["requestBody"]));
        findings.extend(answer(exchange, operation));
        self.findings.extend(
            findings
                .into_iter()
                .map(|finding| format!("{name}: {finding}")),
        );
    }

    /// The operation whose path has the most literal segments in common with the one asked for.
    fn operation(&self, method: &str, path: &str) -> Option<(String, &'a Value)> {
        let paths = self.document["paths"].as_object()?;
        let fitting = paths.iter().filter(|(template, operations)| {
            variables(template, path).is_some() && operations[method].is_object()
        });
        let (template, operations) =
            fitting.min_by_key(|(template, _)| template.matches('{').count())?;
        Some((template.clone(), &operations[method]))
    }

    #[expect(
        clippy::print_stdout,
        reason = "the numbers are what a reader of the log looks for"
    )]
    fn report(&self, total: usize) {
        println!("{total} exchanges");
        for (name, count) in &self.checked {
            println!("{count:6} {name}");
        }
        let told: Vec<&str> = self
            .findings
            .iter()
            .take(TOLD)
            .map(String::as_str)
            .collect();
        let count = self.findings.len();
        assert!(
            told.is_empty(),
            "{count} findings, such as\n{}",
            told.join("\n")
        );
    }
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// What the template's parameters stand for, if the path fits it.
fn variables(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (wanted, given): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut found = Vec::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        match wanted
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        {
            Some(name) => found.push((name.to_owned(), decoded(given))),
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(found)
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment)
        .decode_utf8_lossy()
        .into_owned()
}

fn parameters(template: &str, path: &str, operation: &Value) -> Vec<String> {
    let declared = operation["parameters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut findings = Vec::new();
    for (name, text) in variables(template, path).unwrap_or_default() {
        let schema = declared
            .iter()
            .find(|parameter| word(parameter, "name") == name);
        let schema = schema.map_or(Value::Bool(true), |parameter| parameter["schema"].clone());
        let number = schema["type"] == "integer" || schema["type"] == "number";
        let value = match serde_json::from_str(&text) {
            Ok(value) if number => value,
            _ => Value::String(text),
        };
        findings.extend(violations(&schema, &value, &name));
    }
    findings
}

fn request(body: &Value, declared: &Value) -> Vec<String> {
    match (body, declared.pointer("/content/application~1json/schema")) {
        (Value::Null, Some(_)) => vec!["the request's body is missing".to_owned()],
        (Value::Null, None) => Vec::new(),
        (_, None) => vec!["the request has a body".to_owned()],
        (body, Some(schema)) => violations(schema, body, "request"),
    }
}

fn answer(exchange: &Value, operation: &Value) -> Vec<String> {
    let Some(status) = exchange["status"].as_u64() else {
        return Vec::new();
    };
    if exchange["injected"] == true || (300..400).contains(&status) {
        return Vec::new();
    }
    let declared = &operation["responses"][status.to_string()];
    if declared.is_null() {
        return vec![format!("status {status} is not in the document")];
    }
    let kind = exchange["contentType"].as_str();
    match (declared["content"].as_object(), kind) {
        (None, None) => Vec::new(),
        (None, Some(kind)) => vec![format!("{status} has content of type {kind}")],
        (Some(kinds), kind) => content(kinds, kind, &exchange["answer"], status),
    }
}

fn content(
    kinds: &Map<String, Value>,
    kind: Option<&str>,
    body: &Value,
    status: u64,
) -> Vec<String> {
    match kind.and_then(|kind| kinds.get(kind)) {
        None => vec![format!("{status} has content of type {kind:?}")],
        Some(_) if kind == Some("text/event-stream") => Vec::new(),
        Some(declared) => {
            let place = format!("answer {status}");
            violations(&declared["schema"], body, &place)
        }
    }
}

/// Where the value does not fit; properties that the schema does not name count too.
fn violations(schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let schema = converted(schema);
    let validator = jsonschema::draft4::options()
        .should_validate_formats(true)
        .build(&schema);
    let validator = validator.expect("the document's schemas can be used");
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{place}{}: {error}", error.instance_path()))
        .collect()
}

/// An `OpenAPI` 3.0 schema as JSON schema: `nullable` becomes a type, and objects are closed.
fn converted(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(converted).collect(),
        Value::Object(fields) => {
            let mut fields: Map<String, Value> = fields
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "example" | "nullable"))
                .map(|(name, value)| (name.clone(), converted(value)))
                .collect();
            if schema["nullable"] == true && schema["type"].is_string() {
                fields.insert("type".to_owned(), json!([schema["type"], "null"]));
            }
            if schema["properties"].is_object() && schema["type"] == "object" {
                fields.entry("additionalProperties").or_insert(false.into());
            }
            Value::Object(fields)
        }
        other => other.clone(),
    }
}
