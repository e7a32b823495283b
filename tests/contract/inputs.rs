use std::collections::{BTreeMap, BTreeSet};

use codesphere_release::flows::FLOWS;
use codesphere_release::given::Inputs;
use codesphere_release::inputs::SPECS;

use crate::action::{Entry, entries};
use crate::markdown::{cell, plain, table};

/// Every flow there is, as the registry has them.
pub(crate) fn flow_names() -> Vec<&'static str> {
    FLOWS.iter().map(|flow| flow.name).collect()
}

/// Words for several flows: in README.md, at the beginning of a description in action.yml, and what they stand for;
/// `all` stands for whatever the registry has.
const GROUPS: [(&str, &str, &[&str]); 3] = [
    ("all", "Every flow", &[]),
    (
        "build",
        "Flows that build",
        &["simple", "zero-downtime", "candidate", "preview"],
    ),
    (
        "create",
        "Flows that create",
        &["zero-downtime", "candidate", "preview"],
    ),
];
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
    let everywhere = |name: &String| flow_names().iter().all(|flow| needs(flow).contains(name));
    let ours: Vec<String> = needs("simple").into_iter().filter(everywhere).collect();
    assert_eq!(
        theirs, ours,
        "action.yml: `required: true` (left) belongs to what every flow needs (right), and to nothing else"
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
    for (name, uses) in uses() {
        let needed: Vec<&str> = flow_names()
            .into_iter()
            .filter(|flow| needs(flow).contains(&name))
            .collect();
        let told = flows(uses.iter().filter(|used| used.needed));
        assert_eq!(
            told, needed,
            "`{name}`: README.md (left) and the code (right) do not agree on which flow needs it: bold in its third column"
        );
    }
}

#[test]
fn action_yml_and_the_readme_name_the_same_flows_for_an_input() {
    let action = entries("inputs");
    for (name, uses) in uses() {
        let entry = find(&action, &name);
        let start = beginning(&uses);
        let description = entry.description.replace('\n', " ");
        // The first input chooses the flow; its description is about all of them.
        assert!(
            name == "flow" || description.starts_with(&start),
            "`{name}`: README.md says {uses:?}, so its description in action.yml must begin \"{start}\""
        );
    }
}

#[test]
fn an_input_that_a_flow_reads_is_documented_for_that_flow() {
    for (name, documented) in documented() {
        let read: Vec<&str> = flow_names()
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
        for flow in flow_names()
            .into_iter()
            .filter(|flow| !flows.contains(flow))
        {
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

/// A flow or a group of flows in the third column of the README's table of inputs.
#[derive(Debug)]
struct Use {
    word: String,
    needed: bool,
}

impl Use {
    fn flows(&self) -> Vec<&'static str> {
        let group = GROUPS.iter().find(|(word, ..)| *word == self.word);
        let only = flow_names().into_iter().find(|flow| *flow == self.word);
        match (group, only) {
            (Some(("all", ..)), _) => flow_names(),
            (Some((_, _, flows)), _) => flows.to_vec(),
            (None, Some(only)) => vec![only],
            (None, None) => panic!(
                "README.md: the third column of inputs names flows or one of {GROUPS:?}, not {:?}",
                self.word
            ),
        }
    }

    /// How action.yml names it.
    fn name(&self) -> String {
        let group = GROUPS.iter().find(|(word, ..)| *word == self.word);
        group.map_or_else(
            || format!("`{}`", self.word),
            |(_, name, _)| (*name).to_owned(),
        )
    }
}

/// The inputs of the README's table with their third column.
fn uses() -> Vec<(String, Vec<Use>)> {
    let used = |part: &str| Use {
        word: part.trim_matches('*').to_owned(),
        needed: part.starts_with("**"),
    };
    let rows = table("input");
    let column = |row: &Vec<String>| cell(row, 2).split(", ").map(used).collect();
    rows.iter()
        .map(|row| (plain(cell(row, 0)), column(row)))
        .collect()
}

fn flows<'u>(uses: impl Iterator<Item = &'u Use>) -> Vec<&'static str> {
    let named: BTreeSet<&str> = uses.flat_map(Use::flows).collect();
    flow_names()
        .into_iter()
        .filter(|flow| named.contains(flow))
        .collect()
}

/// The inputs of the README's table with their flows.
pub(crate) fn documented() -> Vec<(String, Vec<&'static str>)> {
    let all = uses().into_iter();
    all.map(|(name, uses)| (name, flows(uses.iter()))).collect()
}

/// The inputs that `flow` cannot do without.
pub(crate) fn needs(flow: &str) -> BTreeSet<String> {
    mistakes(&[("flow", flow)])
}

/// A value that the code takes for a needed input.
pub(crate) fn something(name: &str) -> &'static str {
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
fn beginning(uses: &[Use]) -> String {
    let is_plural = |used: &&Use| ["build", "create"].contains(&used.word.as_str());
    let (need, may): (Vec<&Use>, Vec<&Use>) = uses.iter().partition(|used| used.needed);
    let verb = match need.as_slice() {
        [only] if !is_plural(only) => "needs",
        _ => "need",
    };
    match (need.as_slice(), may.as_slice()) {
        ([only], []) if only.flows().len() == 1 => format!("{} only, which needs it:", only.name()),
        ([], [only]) if only.flows().len() == 1 => format!("{} only:", only.name()),
        ([], _) => format!("{}:", sentence(&may)),
        (_, []) => format!("{} {verb} it:", sentence(&need)),
        (_, _) => format!(
            "{} {verb} it, {} may have it:",
            sentence(&need),
            sentence(&may)
        ),
    }
}

/// `A, b and c`, the first with a capital where it is a word of ours.
fn sentence(uses: &[&Use]) -> String {
    let mut names: Vec<String> = uses.iter().map(|used| used.name()).collect();
    for name in names.iter_mut().skip(1) {
        *name = name.replace("Flows", "flows").replace("Every", "every");
    }
    let last = names.pop().unwrap_or_default();
    if names.is_empty() {
        return last;
    }
    format!("{} and {last}", names.join(", "))
}

/// An input's description in action.yml.
pub(crate) fn find<'e>(entries: &'e [Entry], name: &str) -> &'e Entry {
    entries
        .iter()
        .find(|entry| entry.name == name)
        .unwrap_or_else(|| panic!("action.yml has no `{name}`"))
}
