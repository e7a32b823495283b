use codesphere_release::Step;

use crate::action::{run_by, top};
use crate::file;

#[test]
fn action_yml_holds_no_expression_as_the_runner_would_evaluate_it() {
    let text = file("action.yml");
    let found: Vec<(usize, &str)> = (1..)
        .zip(text.lines())
        .filter(|(_, line)| line.contains("${{"))
        .collect();
    assert!(
        found.is_empty(),
        "action.yml: write these lines without an expression: {found:?}"
    );
}

#[test]
fn the_description_is_short_enough_for_the_marketplace() {
    let description = top("description");
    let length = description.chars().count();
    assert!(
        length < 125,
        "action.yml: `description` has {length} characters, 124 are allowed: {description}"
    );
}

#[test]
fn the_changelog_knows_the_version() {
    let version = env!("CARGO_PKG_VERSION");
    let log = file("CHANGELOG.md");
    let known = ["Unreleased", version].map(|word| format!("## [{word}]"));
    assert!(
        log.lines()
            .any(|line| known.iter().any(|heading| line.starts_with(heading))),
        "CHANGELOG.md: add a section `## [{version}]`, the version of Cargo.toml, or `## [Unreleased]`"
    );
}

#[test]
fn action_yml_starts_the_binary_under_the_names_that_it_tells_its_steps_by() {
    assert_eq!(Step::of_program(&run_by("entrypoint")), Step::Main);
    assert_eq!(Step::of_program(&run_by("post-entrypoint")), Step::Post);
}

#[test]
fn the_post_step_runs_whatever_happened() {
    assert_eq!(
        run_by("post-if"),
        "always()",
        "action.yml: a step that failed or was cancelled is what the post step is for"
    );
}
