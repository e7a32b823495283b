//! Words and operators of a command line.

use std::iter::Peekable;
use std::str::Chars;

/// A word, an operator or a redirection.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(Word),
    Operator(&'static str),
    Redirect(Redirect),
}

/// Where a file descriptor goes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Redirect {
    /// `2>&1`
    Join(char, char),
    /// `>/dev/null`; `&` stands for both descriptors.
    File(char, String),
}

pub(super) type Word = Vec<Piece>;

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    /// Quoted text, which keeps a word alive even when it is empty.
    Quoted(String),
    Variable(String),
    Command(String),
}

struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
    tokens: Vec<Token>,
    word: Word,
}

/// Takes a command line apart; an error says what stays open.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut lexer = Lexer {
        chars: text.chars().peekable(),
        tokens: Vec::new(),
        word: Word::new(),
    };
    while let Some(character) = lexer.chars.next() {
        lexer.take(character)?;
    }
    lexer.end_word();
    Ok(lexer.tokens)
}

impl Lexer<'_> {
    fn take(&mut self, character: char) -> Result<(), String> {
        match character {
            ' ' | '\t' => self.end_word(),
            '#' if self.word.is_empty() => while self.chars.next_if(|c| *c != '\n').is_some() {},
            '\'' => {
                let text = self.until('\'')?;
                self.word.push(Piece::Quoted(text));
            }
            '"' => self.double_quoted()?,
            '\\' => self.escaped(),
            '$' => self.dollar()?,
            '`' => {
                let command = self.until('`')?;
                self.word.push(Piece::Command(command));
            }
            ';' | '\n' => self.operator(";"),
            '(' => self.operator("("),
            ')' => self.operator(")"),
            '|' if self.chars.next_if_eq(&'|').is_some() => self.operator("||"),
            '|' => self.operator("|"),
            '&' if self.chars.next_if_eq(&'&').is_some() => self.operator("&&"),
            '&' if self.chars.next_if_eq(&'>').is_some() => self.redirect('&')?,
            '>' => {
                let descriptor = self.descriptor();
                self.redirect(descriptor)?;
            }
            '&' | '<' => return Err(format!("unexpected {character}")),
            other => self.push(other),
        }
        Ok(())
    }

    fn push(&mut self, character: char) {
        match self.word.last_mut() {
            Some(Piece::Text(text)) => text.push(character),
            _ => self.word.push(Piece::Text(character.to_string())),
        }
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.tokens
                .push(Token::Word(std::mem::take(&mut self.word)));
        }
    }

    fn operator(&mut self, operator: &'static str) {
        self.end_word();
        self.tokens.push(Token::Operator(operator));
    }

    fn until(&mut self, end: char) -> Result<String, String> {
        let mut text = String::new();
        for character in self.chars.by_ref() {
            if character == end {
                return Ok(text);
            }
            text.push(character);
        }
        Err(format!("no closing {end}"))
    }

    fn escaped(&mut self) {
        match self.chars.next() {
            Some('\n') | None => {}
            Some(character) => self.word.push(Piece::Quoted(character.to_string())),
        }
    }

    fn double_quoted(&mut self) -> Result<(), String> {
        self.word.push(Piece::Quoted(String::new()));
        loop {
            match self.chars.next() {
                None => return Err("no closing \"".to_owned()),
                Some('"') => return Ok(()),
                Some('$') => self.dollar()?,
                Some('\\') => {
                    let next = self.chars.next_if(|next| "\"\\$`\n".contains(*next));
                    self.word
                        .push(Piece::Quoted(next.unwrap_or('\\').to_string()));
                }
                Some(other) => self.word.push(Piece::Quoted(other.to_string())),
            }
        }
    }

    fn dollar(&mut self) -> Result<(), String> {
        let piece = match self.chars.peek() {
            Some('(') => Piece::Command(self.parenthesized()?),
            Some('{') => {
                self.chars.next();
                Piece::Variable(self.until('}')?)
            }
            Some('?') => {
                self.chars.next();
                Piece::Variable("?".to_owned())
            }
            Some(first) if first.is_ascii_alphabetic() || *first == '_' => {
                let mut name = String::new();
                let part = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
                while let Some(character) = self.chars.next_if(part) {
                    name.push(character);
                }
                Piece::Variable(name)
            }
            _ => Piece::Quoted("$".to_owned()),
        };
        self.word.push(piece);
        Ok(())
    }

    fn parenthesized(&mut self) -> Result<String, String> {
        self.chars.next();
        let mut text = String::new();
        let mut depth = 1;
        for character in self.chars.by_ref() {
            depth += i32::from(character == '(') - i32::from(character == ')');
            if depth == 0 {
                return Ok(text);
            }
            text.push(character);
        }
        Err("no closing )".to_owned())
    }

    /// The descriptor written just before `>`, else standard output.
    fn descriptor(&mut self) -> char {
        let digit = match self.word.as_slice() {
            [Piece::Text(text)] if text == "1" || text == "2" => text.chars().next(),
            _ => None,
        };
        if digit.is_some() {
            self.word.clear();
        }
        self.end_word();
        digit.unwrap_or('1')
    }

    fn redirect(&mut self, descriptor: char) -> Result<(), String> {
        self.end_word();
        self.chars.next_if_eq(&'>');
        let redirect = if self.chars.next_if_eq(&'&').is_some() {
            let target = self.chars.next().filter(|target| "12".contains(*target));
            Redirect::Join(descriptor, target.ok_or("bad redirection")?)
        } else {
            while self.chars.next_if_eq(&' ').is_some() {}
            let mut path = String::new();
            while let Some(character) = self.chars.next_if(|c| !" \t\n;|&()<>".contains(*c)) {
                path.push(character);
            }
            Redirect::File(descriptor, path)
        };
        self.tokens.push(Token::Redirect(redirect));
        Ok(())
    }
}
