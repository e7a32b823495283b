use std::collections::{BTreeMap, BTreeSet};

use crate::file;

/// The modules at the top of `src`, the lowest first. A module uses what stands in a line above its own, and nothing else.
const LAYERS: [&[&str]; 14] = [
    &["words"],
    &[
        "text",
        "background",
        "clock",
        "caution",
        "failure",
        "moment",
        "ids",
        "repository",
        "route",
        "profile",
    ],
    &[
        "release", "owner", "managed", "updated", "hold", "changes", "wait", "runner",
    ],
    &["inputs", "context", "http"],
    &["history", "secrets", "codesphere", "report"],
    &["steps"],
    &["undo"],
    &["flows"],
    &["given"],
    &["job"],
    &["run"],
    &["recover"],
    &["fuzzing", "lib"],
    &["usage", "main"],
];
const MOST_PUBLIC: usize = 200;
const LONGEST_FILE: usize = 300;
const LONGEST_FUNCTION: usize = 40;
const MOST_ARGUMENTS: usize = 6;

/// A file of `src`, by the path of its module.
type Module = Vec<String>;

#[test]
fn no_two_files_need_each_other() {
    let uses = uses();
    for module in uses.keys() {
        let circle = way(&uses, module);
        assert!(
            circle.is_empty(),
            "these files of src need each other in a circle: {}. Move what they share to a file below them",
            circle.join(" → ")
        );
    }
}

#[test]
fn a_module_uses_only_what_is_below_it() {
    let layer = |module: &Module| {
        let top = module.first().map_or("", String::as_str);
        LAYERS
            .iter()
            .position(|names| names.contains(&top))
            .unwrap_or_else(|| {
                panic!("src/{top} has no place in LAYERS in tests/contract/structure.rs")
            })
    };
    for (module, used) in uses() {
        for other in used.iter().filter(|other| other.first() != module.first()) {
            assert!(
                layer(other) < layer(&module),
                "src/{} uses src/{}, which is not below it",
                module.join("/"),
                other.join("/")
            );
        }
    }
}

#[test]
fn little_is_public() {
    let words = [
        "const fn", "fn", "struct", "enum", "trait", "type", "const", "static", "mod", "use",
    ];
    let is_public = |line: &&str| {
        let item = line.trim_start().strip_prefix("pub ");
        item.is_some_and(|item| {
            words
                .iter()
                .any(|word| item.starts_with(&format!("{word} ")))
        })
    };
    let sources = sources();
    let count = sources
        .values()
        .flat_map(|text| text.lines())
        .filter(is_public)
        .count();
    assert!(
        count <= MOST_PUBLIC,
        "{count} items of src are `pub`, and {MOST_PUBLIC} may be: what main, tests and demo do not need is `pub(crate)` at most"
    );
}

#[test]
fn files_are_short() {
    for (module, text) in sources() {
        let lines = without_tests(&text).lines().count();
        assert!(
            lines <= LONGEST_FILE,
            "src/{} has {lines} lines without its tests, and {LONGEST_FILE} are the most: split it by what it owns",
            module.join("/")
        );
    }
}

#[test]
fn functions_are_short_and_take_few_arguments() {
    for (module, text) in sources() {
        for function in functions(without_tests(&text)) {
            let Function {
                name,
                arguments,
                lines,
            } = function;
            let place = module.join("/");
            assert!(
                lines <= LONGEST_FUNCTION,
                "{name} in src/{place} has {lines} lines, and {LONGEST_FUNCTION} are the most: give its parts names"
            );
            assert!(
                arguments <= MOST_ARGUMENTS,
                "{name} in src/{place} takes {arguments} arguments, and {MOST_ARGUMENTS} are the most: what goes together is a type"
            );
        }
    }
}

#[test]
fn functions_are_read_as_rust_reads_them() {
    let found = functions(
        "fn one() {}\n\nimpl A {\n    fn two<F: Fn(u8, u8)>(\n        &self,\n        a: (u8, u8),\n        b: impl Fn(u8) -> B<C, D>,\n    ) {\n        a\n    }\n}\n",
    );
    let told = found
        .iter()
        .map(|found| (found.name.as_str(), found.arguments, found.lines));
    let told: Vec<_> = told.collect();
    assert_eq!(told, [("one", 0, 0), ("two", 3, 1)]);
}

/// A function, as it stands in a file.
struct Function {
    name: String,
    /// With `self`.
    arguments: usize,
    /// Of its body.
    lines: usize,
}

/// As rustfmt writes them: the last brace stands under the start.
fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let starts = lines.iter().enumerate().filter_map(|(at, line)| {
        let words = line.trim_start();
        let (before, after) = words.split_once("fn ")?;
        let modifiers = [
            "",
            "pub ",
            "pub(crate) ",
            "pub(super) ",
            "const ",
            "pub const ",
            "pub(crate) const ",
            "pub(super) const ",
        ];
        let is_one = modifiers.contains(&before) || before.starts_with("pub(in ");
        let name = after.split(['(', '<']).next()?;
        is_one.then(|| (at, line.len() - words.len(), name.to_owned()))
    });
    let whole = starts.map(|(at, indent, name)| {
        let rest = lines.get(at..).unwrap_or_default();
        let end = format!("{}}}", " ".repeat(indent));
        let is_one_line = rest.first().is_some_and(|line| line.ends_with(['}', ';']));
        let closing = rest.iter().position(|line| *line == end);
        let length = closing.filter(|_| !is_one_line).map_or(1, |last| last + 1);
        let signature: Vec<&str> = rest.iter().take(length).copied().collect();
        let opening = signature.iter().position(|line| line.ends_with('{'));
        Function {
            name,
            arguments: arguments(&signature.join(" ")),
            lines: length.saturating_sub(opening.unwrap_or(0) + 2),
        }
    });
    whole.collect()
}

/// How many the first brackets behind the name and its generics hold.
fn arguments(signature: &str) -> usize {
    let (mut depth, mut generics) = (0_u32, 0_u32);
    let mut inside = String::new();
    let mut before = ' ';
    for c in signature.chars() {
        match c {
            '<' => generics += 1,
            '>' if before != '-' => generics = generics.saturating_sub(1),
            '(' if generics == 0 || depth > 0 => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ => {}
        }
        if depth == 0 && c == ')' && generics == 0 {
            break;
        }
        let is_between = c == ',' && depth == 1 && generics == 0;
        if depth > 0 {
            inside.push(if is_between { '\n' } else { c });
        }
        before = c;
    }
    let each = inside.trim_start_matches('(').split('\n');
    each.filter(|argument| !argument.trim().is_empty()).count()
}

#[test]
fn use_trees_are_read_as_rust_reads_them() {
    assert_eq!(
        paths("crate::a::{self, b::{C, d}, E as F}"),
        [
            "crate::a",
            "crate::a::b::C",
            "crate::a::b::d",
            "crate::a::E"
        ]
    );
}

/// How `start` comes back to itself.
fn way(uses: &BTreeMap<Module, BTreeSet<Module>>, start: &Module) -> Vec<String> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        let nexts = way.last().and_then(|last| uses.get(last));
        for next in nexts.into_iter().flatten() {
            let mut longer = way.clone();
            longer.push(next.clone());
            if next == start {
                return longer.iter().map(|module| module.join("/")).collect();
            }
            if seen.insert(next.clone()) {
                ways.push(longer);
            }
        }
    }
    Vec::new()
}

/// Which files of `src` each needs.
fn uses() -> BTreeMap<Module, BTreeSet<Module>> {
    let sources = sources();
    let known: BTreeSet<Module> = sources.keys().cloned().collect();
    let needed = |module: &Module, text: &str| {
        let code = without_comments(without_tests(text));
        let named = named(&code).into_iter();
        let named = named.filter_map(|path| file_of(&path, module, &known));
        named.filter(|other| other != module).collect()
    };
    let uses = sources.iter();
    uses.map(|(module, text)| (module.clone(), needed(module, text)))
        .collect()
}

/// The paths that the code names: in `use`, and beginning with `crate::` anywhere.
fn named(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once("use ") {
        let is_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let Some((tree, behind)) = after.split_once(';').filter(|_| !is_word) else {
            rest = after;
            continue;
        };
        found.extend(paths(tree));
        rest = behind;
    }
    let inline = code.split("crate::").skip(1).map(|after| {
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        format!(
            "crate::{}",
            after.get(..end.unwrap_or(after.len())).unwrap_or_default()
        )
    });
    found.extend(inline.filter(|path| !path.ends_with("::")));
    found
}

/// The paths of a tree as `use` has it.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((start, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim();
        let whole = path.strip_suffix("::self").unwrap_or(path);
        return Vec::from_iter((!whole.is_empty()).then(|| whole.to_owned()));
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let parts = parts(inner).into_iter();
    parts
        .flat_map(|part| paths(&format!("{start}{}", part.trim())))
        .collect()
}

/// What stands between the commas that are in no braces.
fn parts(text: &str) -> Vec<String> {
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The file that a path leads to, as `module` sees it; none where it leads out of `src`.
fn file_of(path: &str, module: &Module, known: &BTreeSet<Module>) -> Option<Module> {
    let mut parts: Vec<&str> = path.split("::").map(str::trim).collect();
    let mut from: Vec<&str> = module.iter().map(String::as_str).collect();
    let first = *parts.first()?;
    if ["crate", "codesphere_release"].contains(&first) {
        from.clear();
        parts.remove(0);
    } else if first == "super" || first == "self" {
        while parts.first() == Some(&"super") {
            from.pop();
            parts.remove(0);
        }
        parts.retain(|part| *part != "self");
    } else if !known.contains(&owned(&[&from[..], &[first]].concat())) {
        return None;
    }
    let whole = [from, parts].concat();
    let lengths = (1..=whole.len()).rev();
    lengths
        .filter_map(|length| Some(owned(whole.get(..length)?)))
        .find(|module| known.contains(module))
}

fn owned(parts: &[&str]) -> Module {
    parts.iter().map(|part| (*part).to_owned()).collect()
}

/// The text of every file of `src`, by module.
fn sources() -> BTreeMap<Module, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec!["src".to_owned()];
    while let Some(folder) = folders.pop() {
        for name in names_in(&folder) {
            let path = format!("{folder}/{name}");
            let Some(module) = path.strip_suffix(".rs") else {
                folders.push(path);
                continue;
            };
            let parts = module.split('/').skip(1).filter(|part| *part != "mod");
            found.insert(parts.map(str::to_owned).collect(), file(&path));
        }
    }
    found
}

pub(crate) fn names_in(folder: &str) -> Vec<String> {
    let whole = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(&whole).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.collect()
}

fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

fn without_comments(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}
