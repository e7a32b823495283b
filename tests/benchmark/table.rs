//! Owns how figures are shown: tables in Markdown, and what misses its target said so.

use std::io::{self, Write};

/// A table that is printed at once.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// One with these headings.
    pub(crate) fn new(headings: &[&str]) -> Self {
        let rows = vec![headings.iter().map(ToString::to_string).collect()];
        Self { rows }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, name: impl Into<String>, cells: &[String], target: &str) {
        let mut row = vec![name.into()];
        row.extend(cells.iter().cloned());
        row.push(target.to_owned());
        self.rows.push(row);
    }

    /// Prints it with its columns aligned.
    pub(crate) fn print(&self) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let mut out = io::stdout();
        writeln!(out)?;
        for (number, row) in self.rows.iter().enumerate() {
            line(&mut out, row, &widths)?;
            if number == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                line(&mut out, &rule, &widths)?;
            }
        }
        out.flush()
    }
}

fn line(out: &mut impl Write, cells: &[String], widths: &[usize]) -> io::Result<()> {
    for (cell, width) in cells.iter().zip(widths) {
        write!(out, "| {cell:width$} ")?;
    }
    writeln!(out, "|")
}

/// A figure as text; beyond its target, where it has one, it is marked.
pub(crate) fn figure(text: String, missed: bool) -> String {
    if missed { text + " (missed)" } else { text }
}

/// Seconds, to the hundredth.
pub(crate) fn seconds(time: f64) -> String {
    format!("{time:.2} s")
}

/// Bytes as megabytes; whole ones only up to four billion, which is enough.
pub(crate) fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6
}
