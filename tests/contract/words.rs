//! Holds the words that people read: one name for one thing, and the field's own where it has one.

use crate::file;
use crate::structure::names_in;

/// What is not said, and what is said instead.
const WORDS: [(&str, &str); 9] = [
    ("dev domain", "development domain"),
    ("way back", "rollback, or recovery after a failure"),
    ("put back", "restored, or switched back"),
    ("answers well", "is healthy"),
    ("answer well", "be healthy"),
    ("undone", "reverted"),
    ("is told under", "is described under"),
    ("best of an", "preferably an"),
    ("twin", "duplicate"),
];

fn texts() -> Vec<(String, String)> {
    let docs = names_in(".github/docs").into_iter();
    let docs = docs.filter(|name| name.strip_suffix(".md").is_some());
    let docs = docs.map(|name| format!(".github/docs/{name}"));
    let mut texts: Vec<(String, String)> = ["README.md", "action.yml"]
        .map(str::to_owned)
        .into_iter()
        .chain(docs)
        .map(|path| (path.clone(), file(&path)))
        .collect();
    let mut folders = vec!["src".to_owned()];
    while let Some(folder) = folders.pop() {
        for name in names_in(&folder) {
            let path = format!("{folder}/{name}");
            if path.strip_suffix(".rs").is_some() {
                texts.push((path.clone(), literals(&file(&path))));
            } else {
                folders.push(path);
            }
        }
    }
    texts
}

/// What stands between quotes, a line each, but for tests.
fn literals(code: &str) -> String {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let literals = lines.map(|line| {
        let inside = line.split('"').skip(1).step_by(2);
        inside.collect::<Vec<_>>().join(" ")
    });
    literals.collect::<Vec<_>>().join("\n")
}

#[test]
fn one_thing_has_one_name() {
    let texts = texts();
    assert!(texts.len() > 100);
    for (path, text) in texts {
        let text = text.to_lowercase();
        for (word, instead) in WORDS {
            let found = text.lines().find(|line| line.contains(word));
            assert!(
                found.is_none(),
                "{path} says \"{word}\" where the others say \"{instead}\": {}",
                found.unwrap_or_default()
            );
        }
    }
}
