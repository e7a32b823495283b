//! Owns the dotenv lines of the input `env`. No substitution: `$` is a dollar sign. Errors name the line, never the value.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use crate::ids::{EnvVar, RESERVED};

/// Reads all variables.
pub(crate) fn parse(text: &str) -> Result<Vec<EnvVar>, Vec<String>> {
    let mut parser = Parser {
        rest: text.trim_start_matches('\u{feff}').chars().peekable(),
        line: 1,
    };
    let mut found = Vec::new();
    let mut first_lines: BTreeMap<String, usize> = BTreeMap::new();
    let mut mistakes = Vec::new();
    while let Some(entry) = parser.next_entry() {
        let (line, entry) = entry;
        match entry {
            Err(mistake) => mistakes.push(format!("line {line} {mistake}")),
            Ok(variable) => match first_lines.insert(variable.name.clone(), line) {
                Some(first) => mistakes.push(format!(
                    "line {line} sets {} a second time (first in line {first})",
                    variable.name
                )),
                None => found.push(variable),
            },
        }
    }
    if mistakes.is_empty() {
        Ok(found)
    } else {
        Err(mistakes)
    }
}

/// Whether the API takes `name` as the name of a variable: `^[A-Za-z_][A-Za-z0-9_.-]*$`.
pub(super) fn is_variable_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

/// Whether this action keeps the variable for itself.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

struct Parser<'t> {
    rest: Peekable<Chars<'t>>,
    line: usize,
}

impl Parser<'_> {
    /// The next line that says something, with its number.
    fn next_entry(&mut self) -> Option<(usize, Result<EnvVar, String>)> {
        loop {
            self.skip_blanks();
            let line = self.line;
            match self.rest.peek()? {
                '\n' | '\r' => {
                    self.advance();
                }
                '#' => self.skip_line(),
                _ => {
                    let entry = self.entry();
                    self.skip_line();
                    return Some((line, entry));
                }
            }
        }
    }

    fn entry(&mut self) -> Result<EnvVar, String> {
        let name = self.name()?;
        let after_blanks = self.skip_blanks();
        let value = match self.rest.peek() {
            Some(&quote @ ('"' | '\'')) => {
                self.advance();
                self.quoted(quote)?
            }
            Some('#') if after_blanks => String::new(),
            _ => self.bare(),
        };
        Ok(EnvVar { name, value })
    }

    fn name(&mut self) -> Result<String, String> {
        let mut left = String::new();
        while let Some(c) = self.rest.next_if(|c| *c != '=' && !is_line_end(*c)) {
            left.push(c);
        }
        if self.rest.next_if_eq(&'=').is_none() {
            return Err("has no `=`: write NAME=value".to_owned());
        }
        let name = left.trim();
        let name = name
            .strip_prefix("export")
            .filter(|rest| rest.starts_with([' ', '\t']))
            .map_or(name, str::trim);
        if !is_variable_name(name) {
            return Err("has a name that Codesphere refuses: letters, digits, `_`, `.` and `-`, not starting with a digit, `.` or `-`".to_owned());
        }
        if is_reserved(name) {
            return Err(format!("sets {name}, which this action keeps for itself"));
        }
        Ok(name.to_owned())
    }

    /// Up to the end of the line, or to a `#` after white space: right behind `=` it belongs to the value.
    fn bare(&mut self) -> String {
        let mut value = String::new();
        while let Some(c) = self.rest.next_if(|c| !is_line_end(*c)) {
            if c == '#' && value.ends_with(char::is_whitespace) {
                break;
            }
            value.push(c);
        }
        value.trim_end().to_owned()
    }

    /// Up to the closing quote, over as many lines as it takes.
    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut value = String::new();
        loop {
            match self.advance() {
                None => return Err("opens a quote that is never closed".to_owned()),
                Some(c) if c == quote => break,
                Some('\\') if quote == '"' => self.escape(&mut value),
                Some(c) => value.push(c),
            }
        }
        self.skip_blanks();
        match self.rest.peek() {
            None | Some('\n' | '\r') => Ok(value),
            Some('#') => self.commented(quote).map(|()| value),
            Some(_) => Err("has text after the closing quote".to_owned()),
        }
    }

    /// A comment that holds the quote may be the rest of a value that holds it.
    fn commented(&mut self, quote: char) -> Result<(), String> {
        let mut is_cut = false;
        while let Some(c) = self.rest.next_if(|c| !is_line_end(*c)) {
            is_cut |= c == quote;
        }
        if is_cut {
            return Err("has a quote inside its quotes, or in a comment behind them: pass such a value with `pass-env`, and put such a comment on a line of its own".to_owned());
        }
        Ok(())
    }

    fn escape(&mut self, value: &mut String) {
        match self.advance() {
            Some('n') => value.push('\n'),
            Some('r') => value.push('\r'),
            Some('t') => value.push('\t'),
            Some(c @ ('"' | '\\' | '$')) => value.push(c),
            Some(c) => value.extend(['\\', c]),
            None => value.push('\\'),
        }
    }

    fn advance(&mut self) -> Option<char> {
        let c = self.rest.next();
        let ends_line = match c {
            Some('\n') => true,
            Some('\r') => self.rest.peek() != Some(&'\n'),
            _ => false,
        };
        if ends_line {
            self.line += 1;
        }
        c
    }

    /// Whether there were any.
    fn skip_blanks(&mut self) -> bool {
        let mut any = false;
        while self.rest.next_if(|c| *c == ' ' || *c == '\t').is_some() {
            any = true;
        }
        any
    }

    fn skip_line(&mut self) {
        while self.rest.next_if(|c| !is_line_end(*c)).is_some() {}
    }
}

/// Inside quotes they are part of the value.
const fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text)
            .unwrap()
            .into_iter()
            .map(|var| (var.name, var.value))
            .collect()
    }

    fn one(text: &str) -> String {
        let mut found = pairs(text);
        assert_eq!(found.len(), 1, "{text:?}");
        found.remove(0).1
    }

    #[test]
    fn comments_blank_lines_and_export_are_understood() {
        let text =
            "# comment\n\n  # indented\nA=1\nexport B=2\n\texport\tC = 3 \nexported=4\nexport=5";
        let expected = [
            ("A", "1"),
            ("B", "2"),
            ("C", "3"),
            ("exported", "4"),
            ("export", "5"),
        ];
        let expected: Vec<_> = expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        assert_eq!(pairs(text), expected);
    }

    #[test]
    fn values_keep_what_people_mean() {
        assert_eq!(one("A="), "");
        assert_eq!(one("A=\"\""), "");
        assert_eq!(one("A=a=b==c"), "a=b==c");
        assert_eq!(one("A=two words  "), "two words");
        assert_eq!(one("A=value # comment"), "value");
        assert_eq!(one("A=value#no-comment"), "value#no-comment");
        assert_eq!(one("A=#1 of many"), "#1 of many");
        assert_eq!(one("A=#ff0000 # red"), "#ff0000");
        assert_eq!(one("A= # only a comment"), "");
        assert_eq!(one("A='x # y' # z"), "x # y");
        assert_eq!(one("A=$HOME ${X} $$"), "$HOME ${X} $$");
        assert_eq!(one("A=\"$HOME\""), "$HOME");
        assert_eq!(one(r#"A="a\nb\t\"c\" \\ \$ \x""#), "a\nb\t\"c\" \\ $ \\x");
        assert_eq!(one(r"A='a\nb'"), r"a\nb");
        assert_eq!(one("A=\"line 1\nline 2\""), "line 1\nline 2");
        assert_eq!(
            one("A='-----BEGIN\r\nx=\r\n-----END'\r\n"),
            "-----BEGIN\r\nx=\r\n-----END"
        );
        assert_eq!(one("\u{feff}A=ü"), "ü");
        assert_eq!(one("A=it's"), "it's");
        assert_eq!(one("a.b-c_1=x"), "x");
    }

    #[test]
    fn every_mistake_is_told_by_its_line_and_without_its_value() {
        let text = "GOOD=1\nhunter2secret\n1BAD=hunter2\nA=\"x\ny\" hunter2\nGOOD=hunter2\n=hunter2\nÄ=hunter2\nA B=hunter2\nCODESPHERE_RELEASE_PREVIOUS=hunter2\nLAST='hunter2";
        let mistakes = parse(text).unwrap_err();
        let lines: Vec<String> = mistakes
            .iter()
            .map(|mistake| mistake.split(' ').take(2).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            lines,
            [
                "line 2", "line 3", "line 4", "line 6", "line 7", "line 8", "line 9", "line 10",
                "line 11"
            ]
        );
        assert!(!mistakes.join(" ").contains("hunter2"), "{mistakes:?}");
    }

    #[test]
    fn a_quoted_value_that_its_own_quote_cuts_is_a_mistake() {
        for text in [
            "A='ab' #cd'",
            "A='ab' #c'd'",
            "A=\"ab\" #cd\"",
            "A='ab' # don't",
        ] {
            let mistakes = parse(text).unwrap_err();
            assert!(mistakes[0].contains("has a quote inside"), "{mistakes:?}");
            assert!(!mistakes[0].contains("cd"), "{mistakes:?}");
        }
        assert_eq!(one("A='ab' # \"cd\""), "ab");
    }

    #[test]
    fn line_ends_count_outside_of_quotes_and_stay_inside() {
        assert_eq!(pairs("A=1\r\nB=2\rC=3\r\n").len(), 3);
        assert_eq!(one("A=\"1\r\n2\""), "1\r\n2");
        let mistakes = parse("A=1\r\nB='\r\n'\rbad\r\n").unwrap_err();
        assert!(mistakes[0].starts_with("line 4 "), "{mistakes:?}");
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(pairs("").is_empty());
        assert!(pairs("\n \n#\n").is_empty());
    }
}
