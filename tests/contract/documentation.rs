use std::path::Path;

use crate::file;
use crate::markdown::pages;

#[test]
fn the_readme_starts_people_and_stays_short() {
    let text = file("README.md");
    let (lines, words) = (text.lines().count(), text.split_whitespace().count());
    assert!(lines <= 420, "README.md has {lines} lines, 420 are allowed");
    assert!(
        words <= 4500,
        "README.md has {words} words, 4500 are allowed"
    );
    let start: Vec<&str> = text.lines().take(70).collect();
    let whole = start.join("\n");
    let workflow = whole.split("```yaml\n").nth(1);
    assert!(
        workflow.is_some_and(|rest| rest.contains("```") && rest.contains("uses: OWNER/")),
        "README.md: a whole workflow belongs in the first 70 lines"
    );
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let mut all = pages();
    all.extend([".github/CONTRIBUTING.md", ".github/SECURITY.md"].map(str::to_owned));
    for page in all {
        for link in links(&file(&page)) {
            assert!(
                leads_somewhere(&page, &link),
                "{page}: the link to {link} leads nowhere"
            );
        }
    }
}

/// The targets of all links but those to other sites.
fn links(text: &str) -> Vec<String> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://"))
        .map(str::to_owned)
        .collect()
}

fn leads_somewhere(page: &str, link: &str) -> bool {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let target = if path.is_empty() {
        page.to_owned()
    } else {
        folder.join(path).to_string_lossy().into_owned()
    };
    let there = Path::new(env!("CARGO_MANIFEST_DIR")).join(&target);
    there.exists() && (anchor.is_empty() || anchors(&file(&target)).contains(&anchor.to_owned()))
}

/// The headings of a page, as GitHub makes anchors of them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let kept = words
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}
