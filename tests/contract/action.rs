//! Reads action.yml, line by line: the format is ours, two spaces a level and one key a line.

use crate::file;

/// An input or output, as action.yml has it.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) description: String,
    /// As written, quotes included.
    pub(crate) default: Option<String>,
    pub(crate) required: bool,
}

impl Entry {
    /// The default without its quotes; empty where there is none.
    pub(crate) fn plain_default(&self) -> &str {
        self.default
            .as_deref()
            .unwrap_or_default()
            .trim_matches('"')
    }
}

/// The entries of `inputs` or `outputs`, in order.
pub(crate) fn entries(section: &str) -> Vec<Entry> {
    let text = file("action.yml");
    let heading = format!("{section}:");
    let inside = text
        .lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    let mut found: Vec<Entry> = Vec::new();
    for line in inside {
        let depth = line.len() - line.trim_start().len();
        let word = line.trim();
        match (depth, found.last_mut()) {
            (2, _) if !word.starts_with('#') => found.push(Entry {
                name: word.trim_end_matches(':').to_owned(),
                ..Entry::default()
            }),
            (4, Some(entry)) => attribute(entry, word),
            (6.., Some(entry)) => {
                entry.description.push_str(word);
                entry.description.push('\n');
            }
            _ => {}
        }
    }
    assert!(
        !found.is_empty(),
        "action.yml has no `{heading}` with entries"
    );
    found
}

/// The value of a key that stands at the left margin.
pub(crate) fn top(key: &str) -> String {
    let start = format!("{key}: ");
    let text = file("action.yml");
    let value = text.lines().find_map(|line| line.strip_prefix(&start));
    value
        .unwrap_or_else(|| panic!("action.yml has no `{key}` at the left margin"))
        .trim_matches('"')
        .to_owned()
}

/// The value of a key below one that stands at the left margin.
pub(crate) fn below(section: &str, key: &str) -> String {
    let (heading, start) = (format!("{section}:"), format!("  {key}: "));
    let text = file("action.yml");
    let mut inside = text
        .lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    let value = inside.find_map(|line| line.strip_prefix(&start));
    value
        .unwrap_or_else(|| panic!("action.yml has no `{key}` below `{section}`"))
        .to_owned()
}

fn attribute(entry: &mut Entry, word: &str) {
    match word.split_once(':') {
        Some(("description", rest)) => assert_eq!(
            rest.trim(),
            "|",
            "action.yml: write the description of `{}` as a block, `description: |`",
            entry.name
        ),
        Some(("default", value)) => entry.default = Some(value.trim().to_owned()),
        Some(("required", value)) => entry.required = value.trim() == "true",
        _ => panic!("action.yml: `{word}` of `{}` is not known here", entry.name),
    }
}
