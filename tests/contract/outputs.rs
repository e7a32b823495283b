use codesphere_release::failure::Reason;
use codesphere_release::report::{Outcome, Output};

use crate::action::entries;
use crate::inputs::find;
use crate::markdown::{cell, names, plain, table};
use crate::quoted;

#[test]
fn action_yml_and_the_code_have_the_same_outputs_in_the_same_order() {
    let ours = Output::ALL.map(Output::name);
    let theirs: Vec<String> = entries("outputs")
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(
        theirs, ours,
        "`outputs` of action.yml (left) and Output::ALL in src/report/ (right) differ: change both, and README.md"
    );
}

#[test]
fn the_readme_lists_the_same_outputs_in_the_same_order() {
    assert_eq!(
        names("output"),
        Output::ALL.map(Output::name),
        "the table of outputs in README.md (left) and Output::ALL in src/report/ (right) differ: correct the table"
    );
}

#[test]
fn the_readme_explains_every_reason_and_no_other() {
    assert_eq!(
        names("reason"),
        Reason::ALL.map(Reason::as_str),
        "the table of reasons in README.md (left) and Reason::ALL in src/failure.rs (right) differ: correct the table"
    );
}

#[test]
fn action_yml_lists_every_reason_and_no_other() {
    let outputs = entries("outputs");
    assert_eq!(
        quoted(&find(&outputs, "reason").description),
        Reason::ALL.map(Reason::as_str),
        "the description of `reason` in action.yml (left) and Reason::ALL in src/failure.rs (right) differ: correct the description"
    );
}

#[test]
fn the_readme_explains_every_outcome_with_its_exit_status() {
    let mut theirs: Vec<(String, String)> = table("outcome")
        .iter()
        .map(|row| (plain(cell(row, 0)), cell(row, 1).to_owned()))
        .collect();
    let mut ours: Vec<(String, String)> = Outcome::ALL
        .iter()
        .map(|outcome| (outcome.as_str().to_owned(), outcome.exit_code().to_string()))
        .collect();
    theirs.sort();
    ours.sort();
    assert_eq!(
        theirs, ours,
        "the table of outcomes in README.md (left) and Outcome in src/report/ (right) differ: correct the table"
    );
}

#[test]
fn action_yml_explains_every_outcome_and_no_other() {
    let outputs = entries("outputs");
    let mut theirs = quoted(&find(&outputs, "outcome").description);
    // What else stands in backticks there.
    theirs.retain(|word| {
        ![
            "dry-run",
            "zero-downtime",
            "candidate",
            "promote",
            "preview",
            "cleanup",
            "simple",
        ]
        .contains(word)
    });
    theirs.sort_unstable();
    let mut ours = Outcome::ALL.map(Outcome::as_str);
    ours.sort_unstable();
    assert_eq!(
        theirs, ours,
        "the description of `outcome` in action.yml (left) and Outcome::ALL in src/report/ (right) differ: correct the description"
    );
}

#[test]
fn what_is_guaranteed_is_written_in_words_that_exist() {
    let outcomes = Outcome::ALL.map(Outcome::as_str);
    let reasons = Reason::ALL.map(Reason::as_str);
    for row in table("event") {
        let [_, _, _, end] = row.as_slice() else {
            panic!("guarantees.md: a row has four cells: {row:?}");
        };
        // What stands in backticks there and is an input.
        let mut words = quoted(end);
        words.retain(|word| !word.contains(": "));
        assert!(
            !words.is_empty() || end == "none",
            "guarantees.md: name the outcome, or say `none` where the main step cannot tell: {row:?}"
        );
        for word in words {
            assert!(
                outcomes.contains(&word) || reasons.contains(&word),
                "guarantees.md: `{word}` is neither an outcome nor a reason; correct the row {row:?}"
            );
        }
    }
}

#[test]
fn every_outcome_of_a_release_is_in_the_tables_of_what_is_guaranteed() {
    let rows = table("event");
    let told: Vec<&str> = rows.iter().flat_map(|row| quoted(cell(row, 3))).collect();
    for outcome in Outcome::ALL {
        assert!(
            outcome == Outcome::Planned || told.contains(&outcome.as_str()),
            "guarantees.md: say when a release ends with `{}`",
            outcome.as_str()
        );
    }
}
