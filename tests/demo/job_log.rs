//! Owns the job's log as people see it: commands to the runner are obeyed instead of shown, groups stay as they are.

use std::io::{Result, Write};

/// Shows what the action writes, line by line, the moment a line is whole.
pub(crate) struct JobLog<W> {
    out: W,
    unfinished: Vec<u8>,
    masks: Vec<String>,
    /// The word that switches commands on again, while they are off.
    paused: Option<String>,
}

impl<W: Write> JobLog<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            out,
            unfinished: Vec::new(),
            masks: Vec::new(),
            paused: None,
        }
    }

    fn line(&mut self, line: &str) -> Result<()> {
        let Some(mut shown) = self.shown(line) else {
            return Ok(());
        };
        for mask in &self.masks {
            shown = shown.replace(mask, "***");
        }
        writeln!(self.out, "{shown}")
    }

    /// The line as it is shown, if it is.
    fn shown(&mut self, line: &str) -> Option<String> {
        if let Some(word) = &self.paused {
            if line == format!("::{word}::") {
                self.paused = None;
                return None;
            }
            return Some(line.to_owned());
        }
        let Some((command, data)) = command(line) else {
            return Some(line.to_owned());
        };
        let (name, properties) = command.split_once(' ').unwrap_or((command, ""));
        let title = unescaped(properties.strip_prefix("title=").unwrap_or_default());
        match name {
            "add-mask" => {
                self.masks.push(unescaped(data));
                None
            }
            "stop-commands" => {
                self.paused = Some(data.to_owned());
                None
            }
            "debug" => None,
            "error" => Some(format!("Error: {title}: {}", unescaped(data))),
            "warning" => Some(format!("Warning: {title}: {}", unescaped(data))),
            "notice" => Some(format!("Notice: {title}: {}", unescaped(data))),
            _ => Some(line.to_owned()),
        }
    }
}

impl<W: Write> Write for JobLog<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.unfinished.extend(bytes);
        while let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unfinished.drain(..=end).collect();
            self.line(String::from_utf8_lossy(&line).trim_end_matches('\n'))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.out.flush()
    }
}

/// Name with properties, and data, of a line such as `::error title=A::B`.
fn command(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("::")?.split_once("::")
}

fn unescaped(text: &str) -> String {
    text.replace("%3A", ":")
        .replace("%2C", ",")
        .replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%25", "%")
}
