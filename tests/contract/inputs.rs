use std::collections::{BTreeMap, BTreeSet};

use codesphere_release::inputs::{Inputs, SPECS};

use crate::action::{Entry, entries};
use crate::markdown::{cell, plain, table};

const FLOWS: [&str; 2] = ["simple", "zero-downtime"];
/// What no input that is checked takes for good.
const NONSENSE: &str = "} no good value {";

#[test]
fn action_yml_and_the_code_have_the_same_inputs_and_defaults_in_the_same_order() {
    let ours: Vec<_> = SPECS.iter().map(|spec| (spec.name, spec.default)).collect();
    let action = entries("inputs");
    let theirs: Vec<_> = action
        .iter()
        .map(|entry| (entry.name.as_str(), entry.plain_default()))
        .collect();
    assert_eq!(
        theirs, ours,
        "action.yml (left) and SPECS in src/inputs/ (right) differ: change both, and README.md"
    );
}

#[test]
fn every_default_is_quoted_so_that_yaml_leaves_it_alone() {
    for entry in entries("inputs") {
        let Some(default) = &entry.default else {
            continue;
        };
        assert!(
            default.len() > 1 && default.starts_with('"') && default.ends_with('"'),
            "action.yml: put the default of `{}` in double quotes: {default}",
            entry.name
        );
    }
}

#[test]
fn action_yml_requires_exactly_what_every_flow_needs() {
    let theirs: Vec<String> = entries("inputs")
        .into_iter()
        .filter(|entry| entry.required)
        .map(|entry| entry.name)
        .collect();
    let [simple, zero_downtime] = FLOWS.map(needs);
    let ours: Vec<&String> = simple.intersection(&zero_downtime).collect();
    assert_eq!(
        theirs.iter().collect::<Vec<_>>(),
        ours,
        "action.yml: `required: true` (left) belongs to what both flows need (right), and to nothing else"
    );
}

#[test]
fn the_readme_lists_the_same_inputs_and_defaults_in_the_same_order() {
    let ours: Vec<_> = SPECS
        .iter()
        .map(|spec| (spec.name.to_owned(), spec.default.to_owned()))
        .collect();
    let theirs: Vec<_> = table("input")
        .iter()
        .map(|row| (plain(cell(row, 0)), plain(cell(row, 1))))
        .collect();
    assert_eq!(
        theirs, ours,
        "the table of inputs in README.md (left) and SPECS in src/inputs/ (right) differ: correct the table"
    );
}

#[test]
fn what_a_flow_needs_is_documented_as_needed() {
    for (name, flows) in documented() {
        let needed: Vec<&str> = FLOWS
            .into_iter()
            .filter(|flow| needs(flow).contains(&name))
            .collect();
        let rows = table("input");
        let row = rows.iter().find(|row| plain(cell(row, 0)) == name);
        let says_needed = row.is_some_and(|row| cell(row, 2).ends_with(", needed"));
        let expected = if says_needed { flows } else { Vec::new() };
        assert_eq!(
            expected, needed,
            "`{name}`: README.md (left) and the code (right) do not agree on which flow needs it: `, needed` in its third column"
        );
    }
}

#[test]
fn action_yml_and_the_readme_name_the_same_flow_for_an_input() {
    let action = entries("inputs");
    for (name, flows) in documented() {
        let entry = find(&action, &name);
        let needed = FLOWS.iter().any(|flow| needs(flow).contains(&name));
        let start = beginning(&flows, needed);
        // The first input chooses the flow; its description is about all of them.
        assert!(
            name == "flow" || entry.description.starts_with(&start),
            "`{name}`: README.md says {flows:?}, so its description in action.yml must begin \"{start}\""
        );
    }
}

#[test]
fn an_input_that_a_flow_reads_is_documented_for_that_flow() {
    for (name, documented) in documented() {
        let read: Vec<&str> = FLOWS
            .into_iter()
            .filter(|flow| objects(flow, &name))
            .collect();
        // Free text is never objected to: nothing can be told from it.
        if name == "flow" || read.is_empty() {
            continue;
        }
        assert_eq!(
            documented, read,
            "`{name}`: README.md (left) and the code (right) do not agree on which flow reads it: correct the third column, and action.yml"
        );
    }
}

#[test]
fn an_input_without_a_default_that_the_flow_does_not_use_causes_a_warning() {
    for (name, flows) in documented() {
        let default = SPECS.iter().find(|spec| spec.name == name);
        let warns = default.is_some_and(|spec| spec.default.is_empty());
        for flow in FLOWS.into_iter().filter(|flow| !flows.contains(flow)) {
            let mut given: Vec<(&str, &str)> = vec![("flow", flow), (&name, NONSENSE)];
            let needed = needs(flow);
            given.extend(needed.iter().map(|name| (name.as_str(), something(name))));
            let unused = Inputs::read(&variables(&given)).map(|inputs| inputs.unused);
            let expected = if warns {
                vec![name.as_str()]
            } else {
                Vec::new()
            };
            assert_eq!(
                unused,
                Ok(expected),
                "`{name}` with `flow: {flow}`: README.md says that it has no effect there, with a warning (right) only where there is no default"
            );
        }
    }
}

/// The inputs of the README's table with their flows.
pub(crate) fn documented() -> Vec<(String, Vec<&'static str>)> {
    let rows = table("input");
    let flows = |row: &Vec<String>| match cell(row, 2).trim_end_matches(", needed") {
        "both" => FLOWS.to_vec(),
        word => match FLOWS.into_iter().find(|flow| *flow == word) {
            Some(only) => vec![only],
            None => panic!("README.md: the third column of inputs is `both` or a flow: {row:?}"),
        },
    };
    rows.iter()
        .map(|row| (plain(cell(row, 0)), flows(row)))
        .collect()
}

/// The inputs that `flow` cannot do without.
pub(crate) fn needs(flow: &str) -> BTreeSet<String> {
    mistakes(&[("flow", flow)])
}

/// A value that the code takes for a needed input.
fn something(name: &str) -> &'static str {
    if name == "domain" {
        "shop.example.com"
    } else {
        "7"
    }
}

/// The inputs that the code finds fault with.
pub(crate) fn mistakes(given: &[(&str, &str)]) -> BTreeSet<String> {
    let mistakes = Inputs::read(&variables(given)).err().unwrap_or_default();
    mistakes
        .iter()
        .map(|mistake| mistake.input.to_owned())
        .collect()
}

fn variables(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    given
        .iter()
        .map(|(name, value)| {
            (
                format!("INPUT_{}", name.to_uppercase()),
                (*value).to_owned(),
            )
        })
        .collect()
}

fn objects(flow: &str, name: &str) -> bool {
    let blank = needs(flow).contains(name);
    let bad = mistakes(&[("flow", flow), (name, NONSENSE)]).contains(name);
    blank || bad
}

/// How the description of an input begins in action.yml.
fn beginning(flows: &[&str], needed: bool) -> String {
    match (flows, needed) {
        ([only], true) => format!("`{only}` only, which needs it:"),
        ([only], false) => format!("`{only}` only:"),
        (_, true) => "Both flows need it:".to_owned(),
        (_, false) => "Both flows:".to_owned(),
    }
}

/// An input's description in action.yml.
pub(crate) fn find<'e>(entries: &'e [Entry], name: &str) -> &'e Entry {
    entries
        .iter()
        .find(|entry| entry.name == name)
        .unwrap_or_else(|| panic!("action.yml has no `{name}`"))
}
