use std::io::Write;
use std::sync::{Arc, Mutex};

use codesphere_release::runner::door::Door;
use codesphere_release::runner::log::Log;

const REGISTERED: [&str; 15] = [
    "stop-commands",
    "set-env",
    "set-output",
    "save-state",
    "add-mask",
    "add-path",
    "add-matcher",
    "remove-matcher",
    "debug",
    "warning",
    "error",
    "notice",
    "group",
    "endgroup",
    "echo",
];

/// The command that the runner would see in a line.
pub(crate) fn command(line: &str, more: &[&str]) -> Option<String> {
    let registered = |name: &str| {
        let name = name.to_lowercase();
        (REGISTERED.contains(&name.as_str()) || more.contains(&name.as_str())).then_some(name)
    };
    let first_word = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
    let new_form = line
        .trim_start()
        .strip_prefix("::")
        .and_then(|rest| rest.split_once("::"));
    let old_form = line
        .split_once("##[")
        .and_then(|(_, rest)| rest.split_once(']'));
    new_form
        .and_then(|(head, _)| registered(&first_word(head)))
        .or_else(|| old_form.and_then(|(head, _)| registered(&first_word(head))))
}

#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What the log makes of it.
fn written(act: impl FnOnce(&Log)) -> String {
    let out = Out::default();
    act(&Log::new(Box::new(out.clone()), Door::default()));
    let bytes = out.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// Asserts that the runner sees `text` as text, on whichever way it reaches the log.
fn stays_text(text: &str) {
    let plain = written(|log| log.line(text));
    let foreign = written(|log| {
        log.foreign([("| ", text)]);
        log.group("ours");
    });
    let mut inside: Vec<&str> = foreign.lines().collect();
    let stop = inside.remove(0);
    let token = stop.strip_prefix("::stop-commands::").unwrap();
    assert_eq!(inside.pop(), Some("::group::ours"));
    assert_eq!(inside.pop(), Some(format!("::{token}::").as_str()));
    let titled = written(|log| log.warning(text, text));
    assert_eq!(titled.lines().count(), 1, "{titled:?}");
    assert_eq!(
        command(&titled, &[]).as_deref(),
        Some("warning"),
        "{titled:?}"
    );
    for line in plain.split(['\n', '\r']).chain(inside) {
        assert_eq!(command(line, &["tok123"]), None, "{text:?} became {line:?}");
    }
}

#[test]
fn generated_hostile_lines_stay_text() {
    let parts = [
        "::",
        "##[",
        "]",
        "error",
        "set-env name=A",
        "stop-commands",
        "tok123",
        " ",
        "\r",
        "\n",
        "\r\n",
        "\t",
        "\u{85}",
        "\u{2028}",
        "\u{a0}",
        "\u{200b}",
        "\u{feff}",
        "\u{1b}[0m",
        "\0",
        ":",
        "#",
        "%0A",
        "%",
        "x",
        "ü",
        "add-mask",
        "\u{b}",
        "\u{c}",
    ];
    let mut seed: u64 = 42;
    let mut next = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for _ in 0..20_000 {
        let text: String = (0..=next(9)).map(|_| parts[next(parts.len())]).collect();
        stays_text(&text);
    }
}

#[test]
fn lines_without_end_are_cut() {
    let out = written(|log| log.foreign([("| ", "ä".repeat(1_000_000).as_str())]));
    assert!(out.len() < 5000, "{}", out.len());
}

/// The vectors' own quoting: `\t` and `\uXXXX`; any other backslash is one.
fn unquoted(text: &str) -> String {
    let mut parts = text.trim_matches('"').split('\\');
    let mut line = parts.next().unwrap().to_owned();
    for part in parts {
        if let Some(rest) = part.strip_prefix('t') {
            line.push('\t');
            line.push_str(rest);
        } else if let Some((digits, rest)) = part
            .strip_prefix('u')
            .and_then(|hex| hex.split_at_checked(4))
        {
            let code = u32::from_str_radix(digits, 16).unwrap();
            line.push(char::from_u32(code).unwrap());
            line.push_str(rest);
        } else {
            line.push('\\');
            line.push_str(part);
        }
    }
    line
}

#[test]
#[ignore = "needs CODESPHERE_RUNNER_VECTORS, the path of the runner's parser vectors"]
fn runner_vectors_hold_for_our_parser_and_our_log() {
    let path = std::env::var("CODESPHERE_RUNNER_VECTORS").unwrap();
    let vectors: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let vectors = vectors["stdout"].as_array().unwrap();
    assert!(vectors.len() > 40);
    for vector in vectors {
        let (line, seen) = vector.as_str().unwrap().rsplit_once(" => ").unwrap();
        let line = unquoted(line);
        let expected = seen
            .split_once("cmd=")
            .map(|(_, rest)| rest.split(' ').next().unwrap().to_lowercase());
        assert_eq!(command(&line, &["tok123"]), expected, "{vector}");
        stays_text(&line);
    }
}
