use codesphere_simulator::{App, DOMAIN, Fault, FaultKind, LIVE, Script};

use crate::harness::{Run, Scene, connect, new_commit};

/// So much of a key in a row gives something away.
const TELLING: usize = 6;
/// Where something of ours cuts, in characters or bytes.
const CUTS: [usize; 14] = [
    0, 40, 60, 80, 100, 120, 200, 300, 500, 1000, 2000, 4000, 4096, 10_000,
];
const FILLER: &str = "lorem ipsum dolor sit amet, ";

/// Always the same numbers.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_of<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }

    /// Any text that the action takes for a key.
    fn key(&mut self) -> String {
        let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let odd = "_-:#%&<>\"'\\+/=.~!*@$|`[](){}^?,;";
        let letters: Vec<char> = plain
            .chars()
            .chain(odd.chars().take(self.below(33)))
            .collect();
        let length = 12 + self.below(50);
        (0..length)
            .map(|_| letters[self.below(letters.len())])
            .collect()
    }

    /// The key, repeated in any form, somewhere in a text, often where that is cut.
    fn echo(&mut self, key: &str) -> String {
        let form = self.form(key);
        let before = self
            .one_of(&CUTS)
            .saturating_sub(self.below(form.len() + 9));
        let filler: String = FILLER.chars().cycle().take(before).collect();
        let lead = self.one_of(&["", " ", "Authorization: Bearer ", "Bearer ", "\"", "key="]);
        format!("{filler}{lead}{form} {FILLER}")
    }

    fn form(&mut self, key: &str) -> String {
        let middle = self.below(key.len());
        let (start, end) = key.split_at(middle);
        let escaped =
            |escape: &dyn Fn(u8) -> String| -> String { key.bytes().map(escape).collect() };
        let percent = |byte: u8| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        };
        match self.below(12) {
            0 => escaped(&percent),
            1 => escaped(&|byte| format!("%{byte:02x}")),
            2 => serde_json::to_string(key).unwrap(),
            3 => escaped(&|byte| format!("\\u{byte:04x}")),
            4 => escaped(&|byte| format!("&#{byte};")),
            5 => key
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('"', "&quot;"),
            6 => format!("{start}\u{1b}[1;31m{end}\u{1b}[0m"),
            7 => format!("{start}\u{0}{end}\u{1b}]8;;x\u{7}"),
            8 => format!("{start}\n{end}"),
            9 => format!("{start}\r\n{end}"),
            _ => key.to_owned(),
        }
    }
}

/// Asserts that nobody who reads anything of the run learns of the key.
fn tells_nothing(run: &Run, key: &str) {
    let (mask, log) = run.log.split_once('\n').unwrap();
    assert_eq!(mask, format!("::add-mask::{}", key.replace('%', "%25")));
    let values = run.outputs.values().chain(run.state.values());
    let read = values
        .chain([&run.summary])
        .map(String::as_str)
        .chain([log]);
    for text in read {
        for shown in [text.to_owned(), rendered(text), rendered(&rendered(text))] {
            for part in key.as_bytes().windows(TELLING) {
                let part = std::str::from_utf8(part).unwrap();
                assert!(!shown.contains(part), "{part:?} of {key:?}:\n{shown}");
            }
        }
    }
}

/// What a page or a curious reader makes of a text: escapes are read, and what is not seen is not there.
fn rendered(text: &str) -> String {
    let mut rendered = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let escape = [("%", 2, ""), ("\\u", 4, ""), ("&#", 3, ";"), ("&#", 2, ";")];
        let read = escape.iter().find_map(|(start, digits, end)| {
            let (digits, behind) = rest.strip_prefix(start)?.split_at_checked(*digits)?;
            let radix = if *start == "&#" { 10 } else { 16 };
            let code = u32::from_str_radix(digits, radix).ok()?;
            Some((char::from_u32(code)?, behind.strip_prefix(end)?))
        });
        let (c, behind) = read.unwrap_or((c, &rest[c.len_utf8()..]));
        rendered.push(c);
        rest = behind;
    }
    [
        "<!-- -->", "&amp;", "&lt;", "&quot;", "\\\"", "\\\\", "\u{200b}",
    ]
    .iter()
    .zip(["", "&", "<", "\"", "\"", "\\", ""])
    .fold(rendered, |text, (escape, plain)| {
        text.replace(escape, plain)
    })
}

/// No header holds control characters.
fn in_a_header(text: &str) -> String {
    let coloured = ["\u{1b}[1;31m", "\u{1b}[0m", "\u{1b}]8;;x\u{7}"];
    let plain = coloured
        .iter()
        .fold(text.to_owned(), |text, colour| text.replace(colour, ""));
    plain.replace(|c: char| c.is_control(), "")
}

fn with_key(scene: Scene, key: &str) -> Scene {
    let scene = scene.with("api-token", key);
    scene.world(|world| {
        key.clone_into(&mut world.token);
        // It may be redirected to whatever the key was put into.
        world.recorded = false;
    })
}

fn for_each(seeds: u64, mut case: impl FnMut(&mut Chance, &str) -> Run) {
    for seed in 1..=seeds {
        let mut chance = Chance(seed);
        let key = chance.key();
        let run = case(&mut chance, &key);
        tells_nothing(&run, &key);
    }
}

/// An answer that repeats the key wherever one can.
fn answer(chance: &mut Chance, key: &str) -> FaultKind {
    let mut echo = || chance.echo(key);
    let error =
        serde_json::json!({"status": 400, "title": echo(), "detail": echo(), "traceId": echo()});
    let bodies = [
        error.to_string(),
        echo(),
        format!("<html><body>{}</body>", echo()),
        format!("[{{\"id\": {}}}]", serde_json::json!(echo())),
        format!("{{\"id\": 1, \"name\": [{}]}}", serde_json::json!(echo())),
        format!("{}{}", " ".repeat(64 << 10), echo()),
    ];
    let headers = [
        ("content-type".to_owned(), in_a_header(&echo())),
        (
            "location".to_owned(),
            format!("https://{}.example.com/", in_a_header(&echo())),
        ),
        (
            "location".to_owned(),
            format!("/api/{}", in_a_header(&echo()).replace(' ', "+")),
        ),
    ];
    let body = bodies[chance.below(bodies.len())].clone();
    let headers = headers
        .into_iter()
        .filter(|_| chance.below(2) == 0)
        .collect();
    let status = chance.one_of(&[200, 307, 400, 401, 403, 404, 500]);
    FaultKind::Status {
        status,
        headers,
        body,
    }
}

#[test]
fn an_answer_of_the_api_that_repeats_the_key_tells_nobody() {
    let paths = [
        "/teams",
        "/metadata/workspace-plans",
        "/domains/**",
        "/workspaces/**",
    ];
    for_each(150, |chance, key| {
        let fault = Fault::on("GET", chance.one_of(&paths), answer(chance, key)).always();
        let scene = with_key(Scene::zero_downtime(), key).with("dry-run", "true");
        scene
            .variable("RUNNER_DEBUG", "1")
            .fault(fault)
            .run_anyhow()
    });
}

#[test]
fn an_answer_to_a_write_that_repeats_the_key_tells_nobody() {
    let calls = [
        ("POST", "/workspaces/4001/git/pull/**"),
        ("POST", "/workspaces/4001/execute"),
        ("PUT", "/workspaces/4001/env-vars"),
        ("POST", "/workspaces/4001/pipeline/prepare/start"),
        ("POST", "/workspaces/4001/landscape/deploy"),
        ("GET", "/workspaces/4001/logs/**"),
        ("GET", "/workspaces/4001/git/head"),
        ("GET", "/workspaces/4001/pipeline/run"),
    ];
    for_each(48, |chance, key| {
        let (method, path) = chance.one_of(&calls);
        let scene = with_key(Scene::simple(), key).with("env", "A=1");
        scene
            .fault(Fault::on(method, path, answer(chance, key)).times(4))
            .run_anyhow()
    });
}

#[test]
fn names_that_hold_the_key_tell_nobody() {
    for_each(60, |chance, key| {
        let mut name = || chance.echo(key);
        let names = [name(), name(), name(), name()];
        let scene = with_key(Scene::zero_downtime(), key).world(|world| {
            let [team, plan, workspace, edit] = names;
            world.teams[1].name = team;
            world.plans[1].title = plan;
            let live = world.workspaces.get_mut(&LIVE).unwrap();
            live.name.clone_from(&workspace);
            live.welcome_message = Some(workspace);
            live.dirty = vec![edit];
            connect(
                world,
                &format!("{}.example.com", key.to_lowercase()),
                "/",
                &[LIVE],
            );
        });
        let flow = chance.one_of(&["zero-downtime", "rollback", "cleanup", "candidate"]);
        let team = chance.one_of(&["Nobody", "Acme"]);
        let scene = scene
            .with("flow", flow)
            .with("team", team)
            .with("keep-releases", "1");
        scene
            .with("workspace-id", "")
            .with("dry-run", "true")
            .run_anyhow()
    });
}

#[test]
fn a_log_that_holds_the_key_tells_nobody() {
    for_each(36, |chance, key| {
        let lines: Vec<(char, String)> = (0..6)
            .map(|_| (chance.one_of(&['I', 'E']), chance.echo(key)))
            .collect();
        let fails = chance.below(2) == 0;
        let logs = chance.one_of(&["live", "on-failure"]);
        let scene = with_key(Scene::simple(), key)
            .with("logs", logs)
            .world(|world| {
                let ci = &mut new_commit(world).ci;
                ci.prepare = Script::failing(2.0, &[]);
                ci.prepare.steps[0].fails = fails;
                ci.prepare.steps[0].lines = lines;
                world.workspaces.get_mut(&LIVE).unwrap().dirty = vec![chance.echo(key)];
            });
        scene.run_anyhow()
    });
}

#[test]
fn an_application_that_repeats_the_key_tells_nobody() {
    for_each(36, |chance, key| {
        let location = in_a_header(&chance.echo(key));
        let app = App {
            status: chance.one_of(&[200, 303, 500]),
            body: chance.echo(key),
            headers: vec![("location".to_owned(), location)],
            ..App::default()
        };
        let scene = with_key(Scene::simple(), key).world(|world| new_commit(world).app = app);
        scene
            .with("health-body", "not there")
            .with("health-timeout", "3s")
            .run_anyhow()
    });
}

#[test]
fn a_key_in_another_input_is_not_told() {
    let inputs = [
        "flow",
        "api-url",
        "workspace-id",
        "branch",
        "remote",
        "commit",
        "profile",
        "prepare",
        "landscape",
        "health-path",
        "health-status",
        "health-timeout",
        "ca-certificate",
        "logs",
        "env",
        "domain",
        "dry-run",
    ];
    for_each(100, |chance, key| {
        let input = chance.one_of(&inputs);
        let value = if chance.below(2) == 0 {
            key.to_owned()
        } else {
            chance.echo(key)
        };
        let scene = if input == "domain" {
            Scene::zero_downtime()
        } else {
            Scene::simple()
        };
        // It is asked for something that is not there, whatever else is wrong.
        let scene = with_key(scene, key)
            .with("dry-run", "true")
            .with("workspace-id", "77")
            .with("stage-timeout", "x");
        scene.with(input, &value).run_anyhow()
    });
}

#[test]
fn another_key_in_the_wrong_input_is_not_told() {
    for input in ["workspace-id", "flow", "dry-run", "health-status", "domain"] {
        let run = Scene::zero_downtime()
            .with("workspace-id", "1")
            .with("api-token", "")
            .with(input, "cs_0123456789abcdefghij")
            .run();
        assert_eq!(run.exit, 1, "{}", run.log);
        assert!(
            !run.log.contains("cs_012") && !run.summary.contains("cs"),
            "{}",
            run.log
        );
    }
}

#[test]
fn values_that_others_repeat_are_not_told_but_where_they_stand_in_the_clear() {
    let env = format!(
        "URL='postgres://me:hunter2@db'\nCERT='-----BEGIN X-----\nMIIBaWNlcnQ1\n-----END X-----'\nSHORT=hunter2\nWORD=production\nHOST={DOMAIN}"
    );
    let said = format!("postgres://me:hunter2@db MIIBaWNlcnQ1 hunter2 production {DOMAIN}");
    let shown = format!("*** *** hunter2 production {DOMAIN}");
    let lines = said.clone();
    let scene = Scene::zero_downtime()
        .with("env", &env)
        .world(move |world| {
            new_commit(world).ci.prepare = Script::failing(2.0, &[&lines]);
            world.teams[1].name = lines;
        });
    let run = scene.run();
    run.tells(&[&format!("| {shown}"), &format!("It said last: {shown}")]);
    let read = [&run.log, &run.summary, run.output("result")].map(ToString::to_string);
    assert!(
        read.iter()
            .all(|text| !text.contains("hunter2@db") && !text.contains("MIIBa")),
        "{}",
        run.log
    );
    let error = scene.with("team", "Nobody").run().error();
    assert!(error.contains("*** *** hunter2 production"), "{error}");
}
