//! Owns reading: which inputs were given, what a blank one means, and the list of mistakes.

use std::collections::{BTreeMap, BTreeSet};

use crate::inputs::mistake::Mistake;
use crate::inputs::shown::shown;
use crate::inputs::specs::SPECS;
use crate::inputs::{names, values};
use crate::release::Landscape;
use crate::runner::secret::Secret;
use crate::text::list;

/// A PEM bundle is smaller than this, in bytes.
const PEM_LIMIT: u64 = 4 << 20;

/// GitHub gives a blank for a secret that is not there; four causes are usual.
const EMPTY_KEY: &str = "is empty. One of four things is usual:
  1. The secret belongs to an environment that the job does not name: give the job `environment: production`, or whatever it is called.
  2. The name is misspelt: in `api-token: ${{ secrets.CODESPHERE_API_TOKEN }}` it must be that of the secret. GitHub gives a blank for one that does not exist.
  3. The run comes from a fork: GitHub gives it no secrets.
  4. Dependabot started the run: it has secrets of its own, under Settings → Secrets and variables → Dependabot.
  A key is made in Codesphere under your avatar → User Settings → API Keys";

pub(crate) struct Reader<'v> {
    variables: &'v BTreeMap<String, String>,
    given: BTreeMap<String, String>,
    read: BTreeSet<&'static str>,
    mistakes: Vec<Mistake>,
}

impl<'v> Reader<'v> {
    /// envy gets the names that are inputs and no other: it takes `INPUT_INPUT_Api-Url` for `api-url`.
    pub(crate) fn new(variables: &'v BTreeMap<String, String>) -> Result<Self, Vec<Mistake>> {
        let given = names::given(variables);
        let given = envy::prefixed("INPUT_").from_iter(given).map_err(|_| {
            // Its words are left out: they may hold a value.
            vec![Mistake {
                input: "flow",
                what: "and the other inputs could not be read".to_owned(),
            }]
        })?;
        Ok(Self {
            variables,
            given,
            read: BTreeSet::new(),
            mistakes: names::near_misses(variables),
        })
    }

    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Vec<Mistake>> {
        match read {
            Some(value) if self.mistakes.is_empty() => Ok(value),
            _ => Err(self.mistakes),
        }
    }

    /// What was given, trimmed.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.read.insert(name);
        self.given.get(name).map(|value| value.trim().to_owned())
    }

    /// Inputs that were given and that nobody has read so far; not those with a default, which are always given.
    pub(crate) fn unused(&self) -> Vec<&'static str> {
        let unused = SPECS.iter().filter(|spec| {
            spec.default.is_empty()
                && self.given.contains_key(spec.name)
                && !self.read.contains(spec.name)
        });
        unused.map(|spec| spec.name).collect()
    }

    /// An input with a default.
    pub(crate) fn value<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let default = SPECS.iter().find(|spec| spec.name == name)?.default;
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        self.check(name, &text, read)
    }

    /// An input that may be blank: the outer `Option` says whether it was readable.
    #[expect(
        clippy::option_option,
        reason = "unreadable and blank are different things"
    )]
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        match self.text(name) {
            None => Some(None),
            Some(text) => self.check(name, &text, read).map(Some),
        }
    }

    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if let Some(text) = self.text(name) {
            return self.check(name, &text, read);
        }
        let flow = self.text("flow").unwrap_or_else(|| "simple".to_owned());
        let forgotten = flow == "simple"
            && name == "workspace-id"
            && ["domain", "plan"]
                .iter()
                .all(|input| self.given.contains_key(*input));
        let hint = if forgotten {
            ". `domain` and `plan` are given: did you mean `flow: zero-downtime`?"
        } else {
            ""
        };
        self.mistake(
            name,
            format!("is missing: the flow `{flow}` needs it{hint}"),
        );
        None
    }

    pub(crate) fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        self.value(name, |text| {
            let found = choices.iter().find(|(word, _)| *word == text);
            found
                .map(|(_, choice)| *choice)
                .ok_or_else(|| list(choices.iter().map(|(word, _)| word)))
        })
    }

    pub(crate) fn landscape(&mut self) -> Option<Landscape> {
        self.value("landscape", |text| match values::boolean(text) {
            _ if text == "auto" => Ok(Landscape::Auto),
            Ok(true) => Ok(Landscape::Deploy),
            Ok(false) => Ok(Landscape::Skip),
            Err(_) => Err("true, false or auto".to_owned()),
        })
    }

    /// The key; whatever is wrong with it, it is not shown.
    pub(crate) fn token(&mut self) -> Option<Secret> {
        let Some(token) = self.text("api-token") else {
            self.mistake("api-token", EMPTY_KEY.to_owned());
            return None;
        };
        if !is_key(&token) {
            self.mistake("api-token", "holds white space or characters that no key has: copy it once more, and check the secret for a line break".to_owned());
            return None;
        }
        Some(Secret::new(token))
    }

    /// What was given, to the last blank.
    pub(crate) fn untrimmed(&mut self, name: &'static str) -> String {
        self.read.insert(name);
        self.given.get(name).cloned().unwrap_or_default()
    }

    /// A variable of this step's environment that is no input.
    pub(crate) fn variable(&self, name: &str) -> Option<&'v str> {
        self.variables.get(name).map(String::as_str)
    }

    /// What `read` makes of the PEM text of `ca-certificate`.
    pub(crate) fn certificates<T: Default>(
        &mut self,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Some(given) = self.text("ca-certificate") else {
            return Some(T::default());
        };
        let pem = if given.contains("-----BEGIN") {
            Ok(given)
        } else {
            pem_file(&given)
        };
        match pem.and_then(|pem| read(&pem)) {
            Ok(roots) => Some(roots),
            Err(why) => {
                self.mistake("ca-certificate", format!("is of no use: {why}. Good is PEM text, or the path of a PEM file in the checked out repository"));
                None
            }
        }
    }

    fn check<T>(
        &mut self,
        name: &'static str,
        text: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match read(text) {
            Ok(value) => Some(value),
            Err(good) => {
                self.mistake(name, format!("is {}. Good: {good}", shown(text)));
                None
            }
        }
    }

    pub(crate) fn mistake(&mut self, input: &'static str, what: String) {
        self.mistakes.push(Mistake { input, what });
    }
}

/// The key, if it is one, whatever is wrong with the other inputs.
pub(crate) fn token(variables: &BTreeMap<String, String>) -> Option<Secret> {
    let text = variables.get(&names::variable("api-token"))?.trim();
    (!text.is_empty() && is_key(text)).then(|| Secret::new(text.to_owned()))
}

fn is_key(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn pem_file(path: &str) -> Result<String, String> {
    use std::io::Read;
    let shown = shown(path);
    let file = std::fs::File::open(path)
        .map_err(|error| format!("the file {shown} cannot be read: {error}"))?;
    let mut text = String::new();
    file.take(PEM_LIMIT)
        .read_to_string(&mut text)
        .map_err(|error| format!("the file {shown} is no PEM text: {error}"))?;
    Ok(text)
}
