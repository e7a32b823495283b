//! A very small shell: the commands that a release tool plausibly runs in a workspace.

mod commands;
mod git;
mod lex;
mod parse;

use std::collections::BTreeMap;

use lex::{Piece, Redirect, Word};
use parse::Node;

use crate::{Repository, Workspace};

/// What came of a command line.
pub(crate) struct Ran {
    pub(crate) output: String,
    pub(crate) error: String,
    pub(crate) seconds: f64,
    pub(crate) not_understood: Vec<String>,
}

/// Runs a command line in the workspace.
pub(crate) fn run(
    workspace: &mut Workspace,
    repository: Option<&Repository>,
    command: &str,
    env: &BTreeMap<String, String>,
) -> Ran {
    let mut variables = workspace.env.clone();
    variables.extend(env.clone());
    let mut shell = Shell {
        workspace,
        repository,
        variables,
        sinks: vec![String::new(), String::new(), String::new()],
        input: String::new(),
        status: 0,
        exited: false,
        seconds: 0.0,
        not_understood: Vec::new(),
    };
    shell.script(command, Streams { out: OUT, err: ERR });
    let mut sinks = shell.sinks.into_iter();
    Ran {
        output: sinks.next().unwrap_or_default(),
        error: sinks.next().unwrap_or_default(),
        seconds: shell.seconds,
        not_understood: shell.not_understood,
    }
}

/// Numbers of sinks.
const OUT: usize = 0;
const ERR: usize = 1;
const NULL: usize = 2;

/// Which sinks a command writes to.
#[derive(Clone, Copy)]
struct Streams {
    out: usize,
    err: usize,
}

struct Shell<'a> {
    workspace: &'a mut Workspace,
    repository: Option<&'a Repository>,
    variables: BTreeMap<String, String>,
    sinks: Vec<String>,
    input: String,
    status: i32,
    exited: bool,
    seconds: f64,
    not_understood: Vec<String>,
}

impl Shell<'_> {
    fn script(&mut self, text: &str, streams: Streams) {
        match lex::tokens(text).and_then(parse::parse) {
            Ok(node) => self.run(&node, streams),
            Err(error) => self.give_up(&format!("{text} ({error})"), streams),
        }
    }

    fn give_up(&mut self, text: &str, streams: Streams) {
        self.not_understood.push(text.to_owned());
        self.write(streams.err, &format!("bash: {text}: command not found\n"));
        self.status = 127;
    }

    fn write(&mut self, sink: usize, text: &str) {
        if sink != NULL
            && let Some(sink) = self.sinks.get_mut(sink)
        {
            sink.push_str(text);
        }
    }

    fn run(&mut self, node: &Node, streams: Streams) {
        if self.exited {
            return;
        }
        match node {
            Node::Simple(words, redirects) => self.simple(words, redirects, streams),
            Node::Group(body, redirects) => match redirected(redirects, streams) {
                Some(streams) => self.run(body, streams),
                None => self.give_up("redirection", streams),
            },
            Node::If {
                condition,
                then,
                otherwise,
            } => {
                self.run(condition, streams);
                match (self.status, otherwise) {
                    (0, _) => self.run(then, streams),
                    (_, Some(otherwise)) => self.run(otherwise, streams),
                    (_, None) => self.status = 0,
                }
            }
            Node::Not(command) => {
                self.run(command, streams);
                self.status = i32::from(self.status == 0);
            }
            Node::Pipe(parts) => self.pipe(parts, streams),
            Node::And(left, right) => {
                self.run(left, streams);
                if self.status == 0 {
                    self.run(right, streams);
                }
            }
            Node::Or(left, right) => {
                self.run(left, streams);
                if self.status != 0 {
                    self.run(right, streams);
                }
            }
            Node::List(commands) => commands
                .iter()
                .for_each(|command| self.run(command, streams)),
        }
    }

    fn pipe(&mut self, parts: &[Node], streams: Streams) {
        let Some((last, first)) = parts.split_last() else {
            return;
        };
        for part in first {
            self.input = self.captured(|shell, out| shell.run(part, Streams { out, ..streams }));
        }
        self.run(last, streams);
        self.input.clear();
    }

    /// What the action writes to the sink that it is given.
    fn captured(&mut self, action: impl FnOnce(&mut Self, usize)) -> String {
        self.sinks.push(String::new());
        action(self, self.sinks.len() - 1);
        self.sinks.pop().unwrap_or_default()
    }

    fn simple(&mut self, words: &[Word], redirects: &[Redirect], streams: Streams) {
        let words: Vec<String> = words.iter().filter_map(|word| self.expand(word)).collect();
        let text = words.join(" ");
        let Some(streams) = redirected(redirects, streams) else {
            return self.give_up(&format!("{text} with a redirection"), streams);
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let [assignment] = words.as_slice()
            && let Some((name, value)) = assignment.split_once('=')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            self.variables.insert(name.to_owned(), value.to_owned());
            self.status = 0;
            return;
        }
        match self.command(&words, streams) {
            Some(status) => self.status = status,
            None => self.give_up(&text, streams),
        }
    }

    /// The word's text; nothing for an unquoted word that comes out empty.
    fn expand(&mut self, word: &Word) -> Option<String> {
        let mut text = String::new();
        let mut quoted = false;
        for piece in word {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Quoted(part) => {
                    quoted = true;
                    text.push_str(part);
                }
                Piece::Variable(name) if name == "?" => text.push_str(&self.status.to_string()),
                Piece::Variable(name) => {
                    text.push_str(self.variables.get(name).map_or("", String::as_str));
                }
                Piece::Command(script) => {
                    let output = self.captured(|shell, out| {
                        shell.script(script, Streams { out, err: ERR });
                        shell.exited = false;
                    });
                    text.push_str(output.trim_end_matches('\n'));
                }
            }
        }
        (quoted || !text.is_empty()).then_some(text)
    }
}

/// Where the streams go after the redirections; `None` when that is a file.
fn redirected(redirects: &[Redirect], mut streams: Streams) -> Option<Streams> {
    for redirect in redirects {
        match redirect {
            Redirect::Join('1', '2') => streams.out = streams.err,
            Redirect::Join('2', '1') => streams.err = streams.out,
            Redirect::Join(..) => {}
            Redirect::File(_, path) if path != "/dev/null" => return None,
            Redirect::File('2', _) => streams.err = NULL,
            Redirect::File('1', _) => streams.out = NULL,
            Redirect::File(..) => {
                streams = Streams {
                    out: NULL,
                    err: NULL,
                }
            }
        }
    }
    Some(streams)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Ran, run};
    use crate::{NEW, OLD, REPOSITORY, World};

    fn bash(command: &str) -> Ran {
        let mut world = World::standard();
        let repository = world.repository(REPOSITORY).cloned();
        let workspace = world.workspaces.get_mut(&crate::LIVE).expect("it is there");
        workspace.dirty = vec!["src/app.js".to_owned()];
        let env = BTreeMap::from([("SHA".to_owned(), NEW.to_owned())]);
        run(workspace, repository.as_ref(), command, &env)
    }

    fn output(command: &str) -> String {
        let ran = bash(command);
        assert!(ran.not_understood.is_empty(), "{:?}", ran.not_understood);
        ran.output
    }

    #[test]
    fn exit_codes_are_printed_when_asked_for() {
        assert_eq!(output("test -f ci.yml; echo rc=$?"), "rc=0\n");
        assert_eq!(output("[ -f ci.prod.yml ]; echo \"rc=$?\""), "rc=1\n");
        assert_eq!(output("false && echo a || echo b"), "b\n");
        assert_eq!(output("ls ci.yml >/dev/null 2>&1 && echo there"), "there\n");
        assert_eq!(
            output("if [ ! -f ci.x.yml ]; then echo no; else echo yes; fi"),
            "no\n"
        );
    }

    #[test]
    fn git_knows_what_the_clone_has() {
        assert_eq!(output("git rev-parse HEAD"), format!("{OLD}\n"));
        assert_eq!(
            output("git status --porcelain --untracked-files=no"),
            " M src/app.js\n"
        );
        assert_eq!(
            output("git cat-file -e \"$SHA^{commit}\" 2>/dev/null; echo $?"),
            "128\n"
        );
        let reset = format!("git reset --hard {OLD} && git status --porcelain; echo rc=$?");
        assert_eq!(output(&reset), "HEAD is now at 1111111 commit\nrc=0\n");
        assert_eq!(
            output("git fetch origin && git reset -q --hard $SHA; echo $?"),
            "0\n"
        );
        assert_eq!(
            output("x=$(git rev-parse HEAD); printf '%s\\n' \"${x}\""),
            format!("{OLD}\n")
        );
        assert_eq!(output("git status --porcelain | head -n 1 | wc -l"), "1\n");
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let ran = bash("rm -rf /; echo rc=$?");
        assert_eq!(ran.output, "rc=127\n");
        assert_eq!(ran.not_understood, ["rm -rf /"]);
        assert!(ran.error.contains("command not found"));
    }
}
