//! Reads the documentation for users: its tables, its fenced blocks and its links.

use crate::file;

/// What users read, by path; README.md comes first.
pub(crate) fn pages() -> Vec<String> {
    let folder = format!("{}/.github/docs", env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut found: Vec<String> = names
        .filter(|name| name.split('.').next_back() == Some("md"))
        .map(|name| format!(".github/docs/{name}"))
        .collect();
    found.sort();
    found.insert(0, "README.md".to_owned());
    found
}

/// All pages as one text.
pub(crate) fn documentation() -> String {
    let texts: Vec<String> = pages().iter().map(|page| file(page)).collect();
    texts.join("\n")
}

/// The rows of the tables whose first heading is `first`, without the two heading rows.
pub(crate) fn table(first: &str) -> Vec<Vec<String>> {
    let text = documentation();
    let heading = format!("| {first} |");
    let mut lines = text.lines();
    let mut rows = Vec::new();
    while lines.any(|line| line.starts_with(&heading)) {
        let body = lines.by_ref().take_while(|line| line.starts_with('|'));
        rows.extend(body.skip(1).map(cells));
    }
    assert!(
        !rows.is_empty(),
        "the documentation has no table that starts with {heading}"
    );
    rows
}

/// The first column of a table, without backticks.
pub(crate) fn names(first: &str) -> Vec<String> {
    let rows = table(first);
    rows.iter().map(|row| plain(cell(row, 0))).collect()
}

/// A cell of a row; every row of ours is whole.
pub(crate) fn cell(row: &[String], index: usize) -> &str {
    row.get(index)
        .unwrap_or_else(|| panic!("documentation: this row has too few cells: {row:?}"))
}

/// A cell without backticks.
pub(crate) fn plain(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}

/// The text of all blocks fenced as `language`.
pub(crate) fn blocks(language: &str) -> Vec<String> {
    let text = documentation();
    let fence = format!("```{language}");
    let mut lines = text.lines();
    let mut found = Vec::new();
    while lines.any(|line| line == fence) {
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        found.push(block.join("\n"));
    }
    found
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|')
        .split('|')
        .map(|cell| cell.trim().to_owned())
        .collect()
}
