use std::collections::BTreeSet;

use codesphere_release::inputs::SPECS;
use codesphere_release::report::Output;

use crate::inputs::{documented, flow_names, mistakes, needs, something};
use crate::markdown::{blocks, documentation};
use crate::{file, quoted};

const ACTION: &str = "uses: OWNER/codesphere-release@";

#[test]
fn every_flow_has_a_workflow_that_can_be_pasted() {
    let flows: BTreeSet<String> = workflows().iter().map(flow).collect();
    assert_eq!(
        flows,
        flow_names().into_iter().map(str::to_owned).collect(),
        "documentation: give each flow a block ```yaml with a step `{ACTION}…` that sets `flow`"
    );
}

#[test]
fn the_demo_shows_every_flow_and_the_readme_says_so() {
    let (demo, text) = (file("tests/demo/arguments.rs"), file("README.md"));
    let said = text
        .split("\n\n")
        .find(|paragraph| paragraph.starts_with("The demo "));
    for flow in flow_names() {
        assert!(
            demo.contains(&format!("\"{flow}\"")),
            "tests/demo/arguments.rs: add an entry for `{flow}`"
        );
        assert!(
            said.is_some_and(|said| quoted(said).iter().any(|word| word.ends_with(flow))),
            "README.md: name `{flow}` in the paragraph that begins with \"The demo\""
        );
    }
}

#[test]
fn every_flow_has_its_guarantees() {
    let text = file(".github/docs/guarantees.md");
    let mut documented: Vec<&str> = text
        .split("\n## With ")
        .skip(1)
        .filter(|part| part.contains("\n|---|"))
        .filter_map(|part| quoted(part).into_iter().next())
        .collect();
    let mut flows = flow_names();
    documented.sort_unstable();
    flows.sort_unstable();
    assert_eq!(
        documented, flows,
        ".github/docs/guarantees.md: give each flow a heading \"With `flow`\" and a table of what is guaranteed when something happens"
    );
}

#[test]
fn the_documented_yaml_uses_only_inputs_that_exist() {
    let names: BTreeSet<&str> = SPECS.iter().map(|spec| spec.name).collect();
    for with in blocks("yaml").iter().flat_map(|block| all_inputs_of(block)) {
        for (name, _) in with {
            assert!(
                names.contains(name.as_str()),
                "documentation: there is no input `{name}`; correct the example"
            );
        }
    }
}

#[test]
fn the_documented_workflows_give_what_their_flow_needs_and_nothing_of_the_other() {
    for with in workflows() {
        let flow = flow(&with);
        let given: BTreeSet<String> = with.iter().map(|(name, _)| name.clone()).collect();
        let missing: Vec<String> = needs(&flow).difference(&given).cloned().collect();
        assert!(
            missing.is_empty(),
            "documentation: the workflow for `{flow}` lacks {missing:?}; add them"
        );
        for (name, flows) in documented() {
            assert!(
                !given.contains(&name) || flows.contains(&flow.as_str()),
                "documentation: the workflow for `{flow}` gives `{name}`, which that flow does not use; take it out"
            );
        }
    }
}

#[test]
fn the_code_accepts_the_values_in_the_readmes_workflows() {
    for with in workflows() {
        let given: Vec<(&str, &str)> = with
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let wrong = mistakes(&given);
        assert!(
            wrong.is_empty(),
            "documentation: the code refuses these values of a workflow: {wrong:?}; correct the example"
        );
    }
}

#[test]
fn the_documented_workflows_use_only_outputs_that_exist() {
    let text = documentation();
    let names = Output::ALL.map(Output::name);
    for place in text.split(".outputs.").skip(1) {
        let name = place
            .split(|c: char| !c.is_ascii_lowercase() && c != '-')
            .next()
            .unwrap_or_default();
        assert!(
            names.contains(&name),
            "documentation: there is no output `{name}`; correct the example"
        );
    }
}

/// Name and value of each input of a step.
type With = Vec<(String, String)>;

/// The `with:` of every step that uses the action.
fn workflows() -> Vec<With> {
    let found: Vec<With> = blocks("yaml")
        .iter()
        .filter(|block| block.contains(ACTION))
        .flat_map(|block| all_inputs_of(block))
        .collect();
    assert!(
        !found.is_empty(),
        "documentation has no block ```yaml with a step `{ACTION}…`"
    );
    found
}

/// Which flow a step is for; blank is the default, as everywhere.
fn flow(with: &With) -> String {
    let given = with.iter().find(|(name, _)| name == "flow");
    given.map_or_else(|| "simple".to_owned(), |(_, value)| value.clone())
}

/// What stands below each `with:`; nothing in YAML of another kind.
fn all_inputs_of(block: &str) -> Vec<With> {
    let lines: Vec<&str> = block.lines().collect();
    (1..=lines.len())
        .filter_map(|after| {
            let (before, inside) = lines.split_at(after);
            let with = before.last().filter(|line| line.trim() == "with:")?;
            is_ours(before).then(|| inputs_below(with, inside))
        })
        .collect()
}

/// Whether the lines end within a step that uses the action, or in a part of one.
fn is_ours(before: &[&str]) -> bool {
    let mut uses = before.iter().rev().filter(|line| line.contains("uses: "));
    uses.next().is_none_or(|uses| uses.contains(ACTION))
}

fn inputs_below(with: &str, lines: &[&str]) -> With {
    let depth = indent(with) + 2;
    let lines = lines.iter().copied();
    let inside = lines.take_while(|line| line.trim().is_empty() || indent(line) >= depth);
    let mut found = With::new();
    for line in inside {
        if indent(line) == depth {
            let (name, value) = line
                .trim()
                .split_once(':')
                .unwrap_or_else(|| panic!("documentation: `{line}` is no `name: value`"));
            found.push((name.to_owned(), scalar(name, value)));
        } else if let Some((_, value)) = found.last_mut() {
            value.push_str(&without_expressions(line.trim()));
            value.push('\n');
        }
    }
    found
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn scalar(name: &str, value: &str) -> String {
    let value = value.trim();
    if value == "|" {
        return String::new();
    }
    if value.starts_with("${{") && value.ends_with("}}") {
        return something(name).to_owned();
    }
    without_expressions(value.trim_matches('"'))
}

/// Expressions within a text become a number, which also passes for a word: what they give is not known here.
fn without_expressions(text: &str) -> String {
    let mut parts = text.split("${{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push('1');
        out.push_str(part.split_once("}}").map_or(part, |(_, rest)| rest));
    }
    out
}
