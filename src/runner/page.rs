//! Owns how a page of the summary stays below what the runner takes.

/// The runner refuses a summary of more than 1 MiB.
pub(crate) const LIMIT: usize = 900 * 1024;
const LEFT_OUT: &str = "> ⚠️ Parts of this summary are left out: GitHub takes no more than 1 MiB. The log of the step has the whole.\n";

/// Blocks of Markdown, one below the other. None is ever cut: what opens in a block closes in it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    blocks: Vec<String>,
}

impl Page {
    /// Adds a block, if there is anything in it.
    pub(crate) fn push(&mut self, block: impl Into<String>) {
        let block = block.into();
        if !block.trim().is_empty() {
            self.blocks.push(block);
        }
    }

    /// The whole page. Where it is too long, the longest blocks are left out, and the last line says so.
    pub(crate) fn into_markdown(mut self) -> String {
        let mut left_out = false;
        while self.length() + LEFT_OUT.len() > LIMIT {
            let longest = self.blocks.iter().enumerate();
            let Some((index, _)) = longest.max_by_key(|(_, block)| block.len()) else {
                break;
            };
            self.blocks.remove(index);
            left_out = true;
        }
        if left_out {
            self.blocks.push(LEFT_OUT.to_owned());
        }
        self.blocks.join("\n")
    }

    fn length(&self) -> usize {
        self.blocks.iter().map(|block| block.len() + 1).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, Page};

    #[test]
    fn what_is_too_long_is_left_out_as_a_whole_and_that_is_said() {
        let mut page = Page::default();
        page.push("## Headline\n");
        page.push(format!("<details>\n{}\n</details>\n", "x".repeat(LIMIT)));
        page.push("");
        page.push(format!("{}\n", "y".repeat(LIMIT / 2)));
        let markdown = page.into_markdown();
        assert!(markdown.len() < LIMIT);
        assert!(markdown.starts_with("## Headline\n\nyyy"));
        assert!(!markdown.contains("details"));
        assert!(markdown.ends_with("The log of the step has the whole.\n"));
    }

    #[test]
    fn a_page_that_fits_is_whole() {
        let mut page = Page::default();
        page.push("one\n");
        page.push("two\n");
        assert_eq!(page.into_markdown(), "one\n\ntwo\n");
    }
}
