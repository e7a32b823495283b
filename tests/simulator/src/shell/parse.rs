//! The structure of a command line: lists, conditions, pipes and groups.

use super::lex::{Piece, Redirect, Token, Word};

/// A command and what it is made of.
#[derive(Debug)]
pub(super) enum Node {
    Simple(Vec<Word>, Vec<Redirect>),
    Group(Box<Node>, Vec<Redirect>),
    If {
        condition: Box<Node>,
        then: Box<Node>,
        otherwise: Option<Box<Node>>,
    },
    Not(Box<Node>),
    Pipe(Vec<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    List(Vec<Node>),
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

/// The structure of the tokens; an error names the one that does not fit.
pub(super) fn parse(tokens: Vec<Token>) -> Result<Node, String> {
    let mut parser = Parser {
        tokens: tokens.into_iter().peekable(),
    };
    let list = parser.list()?;
    match parser.tokens.next() {
        None => Ok(list),
        Some(token) => Err(format!("unexpected {token:?}")),
    }
}

impl Parser {
    fn list(&mut self) -> Result<Node, String> {
        let mut commands = Vec::new();
        loop {
            while self.operator(";") {}
            if self.at_end() {
                return Ok(Node::List(commands));
            }
            commands.push(self.conditional()?);
            if !self.operator(";") {
                return Ok(Node::List(commands));
            }
        }
    }

    fn at_end(&mut self) -> bool {
        let closing = ["then", "else", "elif", "fi", "}"];
        match self.tokens.peek() {
            None | Some(Token::Operator(")")) => true,
            Some(token) => closing.iter().any(|word| is_word(token, word)),
        }
    }

    fn operator(&mut self, operator: &str) -> bool {
        self.tokens
            .next_if(|token| matches!(token, Token::Operator(o) if *o == operator))
            .is_some()
    }

    fn keyword(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| is_word(token, word)).is_some()
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.keyword(word) {
            Ok(())
        } else {
            Err(format!("no {word}"))
        }
    }

    fn conditional(&mut self) -> Result<Node, String> {
        let mut left = self.pipe()?;
        loop {
            let and = self.operator("&&");
            if !and && !self.operator("||") {
                return Ok(left);
            }
            while self.operator(";") {}
            let right = Box::new(self.pipe()?);
            left = if and {
                Node::And(Box::new(left), right)
            } else {
                Node::Or(Box::new(left), right)
            };
        }
    }

    fn pipe(&mut self) -> Result<Node, String> {
        if self.keyword("!") {
            return Ok(Node::Not(Box::new(self.pipe()?)));
        }
        let mut parts = vec![self.command()?];
        while self.operator("|") {
            parts.push(self.command()?);
        }
        Ok(Node::Pipe(parts))
    }

    fn command(&mut self) -> Result<Node, String> {
        if self.keyword("if") {
            return self.branches();
        }
        if self.keyword("{") {
            let body = self.list()?;
            self.expect("}")?;
            return Ok(Node::Group(Box::new(body), self.redirects()));
        }
        if self.operator("(") {
            let body = self.list()?;
            if !self.operator(")") {
                return Err("no )".to_owned());
            }
            return Ok(Node::Group(Box::new(body), self.redirects()));
        }
        self.simple()
    }

    fn branches(&mut self) -> Result<Node, String> {
        let condition = Box::new(self.list()?);
        self.expect("then")?;
        let then = Box::new(self.list()?);
        let otherwise = if self.keyword("elif") {
            return Ok(Node::If {
                condition,
                then,
                otherwise: Some(Box::new(self.branches()?)),
            });
        } else if self.keyword("else") {
            Some(Box::new(self.list()?))
        } else {
            None
        };
        self.expect("fi")?;
        Ok(Node::If {
            condition,
            then,
            otherwise,
        })
    }

    fn redirects(&mut self) -> Vec<Redirect> {
        let mut redirects = Vec::new();
        while let Some(token) = self
            .tokens
            .next_if(|token| matches!(token, Token::Redirect(_)))
        {
            if let Token::Redirect(redirect) = token {
                redirects.push(redirect);
            }
        }
        redirects
    }

    fn simple(&mut self) -> Result<Node, String> {
        let (mut words, mut redirects) = (Vec::new(), Vec::new());
        while let Some(token) = self
            .tokens
            .next_if(|token| !matches!(token, Token::Operator(_)))
        {
            match token {
                Token::Word(word) => words.push(word),
                Token::Redirect(redirect) => redirects.push(redirect),
                Token::Operator(_) => {}
            }
        }
        if words.is_empty() && redirects.is_empty() {
            return Err("a command is missing".to_owned());
        }
        Ok(Node::Simple(words, redirects))
    }
}

fn is_word(token: &Token, text: &str) -> bool {
    matches!(token, Token::Word(word) if matches!(word.as_slice(), [Piece::Text(t)] if t == text))
}
