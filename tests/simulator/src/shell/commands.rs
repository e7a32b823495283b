//! The commands other than git.

use super::{Shell, Streams};

impl Shell<'_> {
    /// Runs a command; `None` when it is not understood.
    pub(super) fn command(&mut self, words: &[&str], streams: Streams) -> Option<i32> {
        match words {
            [] | ["true" | ":" | "cd", ..] | ["set", "-u"] => Some(0),
            ["false"] => Some(1),
            ["exit"] => Some(self.exit(self.status)),
            ["exit", status] => Some(self.exit(status.parse().ok()?)),
            ["sleep", seconds] => self.sleep(seconds),
            ["echo", "-n", words @ ..] => Some(self.print(&words.join(" "), streams)),
            ["echo", words @ ..] => Some(self.print(&format!("{}\n", words.join(" ")), streams)),
            ["printf", format, words @ ..] => self.printf(format, words, streams),
            ["test", condition @ ..] | ["[", condition @ .., "]"] => self.test(condition),
            ["ls", files @ ..] => Some(self.list(files, streams)),
            ["cat"] => {
                let input = std::mem::take(&mut self.input);
                Some(self.print(&input, streams))
            }
            ["cat", file] => Some(self.concatenate(file, streams)),
            ["head", rest @ ..] => self.head(rest, streams),
            ["wc", "-l"] => {
                let lines = self.input.lines().count();
                Some(self.print(&format!("{lines}\n"), streams))
            }
            ["git", rest @ ..] => self.git(rest, streams),
            _ => None,
        }
    }

    fn exit(&mut self, status: i32) -> i32 {
        self.exited = true;
        status
    }

    fn sleep(&mut self, seconds: &str) -> Option<i32> {
        self.seconds += seconds.parse::<f64>().ok()?;
        Some(0)
    }

    pub(super) fn print(&mut self, text: &str, streams: Streams) -> i32 {
        self.write(streams.out, text);
        0
    }

    fn printf(&mut self, format: &str, words: &[&str], streams: Streams) -> Option<i32> {
        let format = format.replace("\\n", "\n").replace("%d", "%s");
        let holes = format.matches("%s").count();
        if format.matches('%').count() != holes || (holes == 0 && !words.is_empty()) {
            return None;
        }
        let mut words = words.iter();
        loop {
            let mut text = format.clone();
            for _ in 0..holes {
                text = text.replacen("%s", words.next().unwrap_or(&""), 1);
            }
            self.print(&text, streams);
            if words.len() == 0 {
                return Some(0);
            }
        }
    }

    fn test(&self, condition: &[&str]) -> Option<i32> {
        let holds = match condition {
            ["!", rest @ ..] => self.test(rest)? != 0,
            ["-f" | "-e" | "-r" | "-s", file] => self.has_file(file),
            ["-d", folder] => *folder == ".git" || *folder == ".",
            ["-n", text] | [text] => !text.is_empty(),
            ["-z", text] => text.is_empty(),
            [left, "=" | "==" | "-eq", right] => left == right,
            [left, "!=" | "-ne", right] => left != right,
            _ => return None,
        };
        Some(i32::from(!holds))
    }

    pub(super) fn has_file(&self, file: &str) -> bool {
        self.workspace
            .head_commit()
            .is_some_and(|commit| commit.has_file(file))
    }

    fn concatenate(&mut self, file: &str, streams: Streams) -> i32 {
        let commit = self.workspace.head_commit();
        if let Some(text) = commit.and_then(|commit| commit.text_of(file)) {
            return self.print(&text, streams);
        }
        let text = format!("cat: {file}: No such file or directory\n");
        self.write(streams.err, &text);
        1
    }

    fn list(&mut self, files: &[&str], streams: Streams) -> i32 {
        let mut status = 0;
        for file in files.iter().filter(|file| !file.starts_with('-')) {
            if self.has_file(file) {
                self.write(streams.out, &format!("{file}\n"));
            } else {
                let text = format!("ls: cannot access '{file}': No such file or directory\n");
                self.write(streams.err, &text);
                status = 2;
            }
        }
        status
    }

    fn head(&mut self, words: &[&str], streams: Streams) -> Option<i32> {
        if let ["-c", count] = words {
            let bytes: Vec<u8> = self.input.bytes().take(count.parse().ok()?).collect();
            return Some(self.print(&String::from_utf8_lossy(&bytes), streams));
        }
        let count = match words {
            [] => 10,
            ["-n", count] => count.parse().ok()?,
            [count] => count
                .trim_start_matches("-n")
                .trim_start_matches('-')
                .parse()
                .ok()?,
            _ => return None,
        };
        let lines: String = self.input.split_inclusive('\n').take(count).collect();
        Some(self.print(&lines, streams))
    }
}
