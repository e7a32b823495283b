use codesphere_release::Step;

use crate::action::{below, entries, top};
use crate::file;

/// How the job went, which only the runner can say: the one expression that it is to evaluate.
const JOB_STATUS: &str = "${{ job.status }}";

/// Those of the Marketplace.
const COLOURS: [&str; 8] = [
    "white",
    "yellow",
    "blue",
    "green",
    "orange",
    "red",
    "purple",
    "gray-dark",
];

#[test]
fn action_yml_holds_no_expression_as_the_runner_would_evaluate_it() {
    let text = file("action.yml");
    let inputs = entries("inputs");
    let status = inputs
        .iter()
        .filter(|input| input.name == "status" && input.plain_default() == JOB_STATUS)
        .count();
    let found: Vec<(usize, &str)> = (1..)
        .zip(text.lines())
        .filter(|(_, line)| line.contains("${{"))
        .collect();
    assert_eq!(
        found.len(),
        status,
        "action.yml: write these lines without an expression: {found:?}; only the default of `status` may be {JOB_STATUS}"
    );
}

#[test]
fn the_marketplace_takes_the_metadata() {
    for key in ["name", "author", "description"] {
        assert!(!top(key).is_empty(), "action.yml: give it a `{key}`");
    }
    let colour = below("branding", "color");
    assert!(
        COLOURS.contains(&colour.as_str()),
        "action.yml: `{colour}` is none of the Marketplace's colours, {COLOURS:?}"
    );
    let icon = below("branding", "icon");
    assert!(
        !icon.is_empty() && icon.bytes().all(|b| b == b'-' || b.is_ascii_lowercase()),
        "action.yml: `{icon}` is no icon of Feather"
    );
    let second = concat!(env!("CARGO_MANIFEST_DIR"), "/action.yaml");
    assert!(
        !std::path::Path::new(second).exists(),
        "action.yaml: the Marketplace wants one metadata file, action.yml"
    );
}

#[test]
fn a_branch_is_built_and_a_release_names_its_image_by_digest() {
    let image = below("runs", "image");
    let digest = image
        .strip_prefix("docker://")
        .and_then(|name| name.split_once("@sha256:"));
    let pinned = digest.is_some_and(|(_, digest)| digest.len() == 64);
    assert!(
        image == "Dockerfile" || pinned,
        "action.yml: `image: {image}` is neither Dockerfile nor docker://…@sha256:…"
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
    assert_eq!(Step::of_program(&below("runs", "entrypoint")), Step::Main);
    assert_eq!(
        Step::of_program(&below("runs", "post-entrypoint")),
        Step::Post
    );
}

#[test]
fn the_post_step_runs_whatever_happened() {
    assert_eq!(
        below("runs", "post-if"),
        "always()",
        "action.yml: a step that failed or was cancelled is what the post step is for"
    );
}
