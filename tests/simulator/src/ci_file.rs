//! Owns the text of `ci.yml`: what a commit describes, written as people write it.

use std::fmt::Write;

use crate::{Ci, Kind, Lack, Script, Service};

/// The file's text.
pub(crate) fn text(ci: &Ci) -> String {
    if let Some(text) = &ci.text {
        return text.clone();
    }
    let mut text = String::new();
    if ci.is_landscape() {
        put(&mut text, 0, &format!("schemaVersion: v0.{}", ci.version));
    }
    let stages = [
        (Lack::Prepare, "prepare", &ci.prepare),
        (Lack::Test, "test", &ci.test),
    ];
    for (_, name, script) in stages.iter().filter(|(lack, ..)| !ci.lacks.contains(lack)) {
        put(&mut text, 0, &format!("{name}:"));
        steps(&mut text, 1, script.steps.len(), &commands(script));
    }
    put(&mut text, 0, "run:");
    if ci.is_landscape() {
        for service in &ci.services {
            entry(&mut text, service, ci);
        }
    } else {
        steps(&mut text, 1, 1, &["npm start".to_owned()]);
    }
    text
}

fn commands(script: &Script) -> Vec<String> {
    (1..=script.steps.len())
        .map(|number| format!("npm run step-{number}"))
        .collect()
}

fn put(text: &mut String, depth: usize, line: &str) {
    writeln!(text, "{}{line}", "  ".repeat(depth)).expect("a string takes everything");
}

fn steps(text: &mut String, depth: usize, count: usize, commands: &[String]) {
    if count == 0 {
        return put(text, depth, "steps: []");
    }
    put(text, depth, "steps:");
    for command in commands {
        put(text, depth + 1, &format!("- command: {command}"));
    }
}

fn entry(text: &mut String, service: &Service, ci: &Ci) {
    let has = |lack: Lack| !ci.lacks.contains(&lack);
    put(text, 1, &format!("{}:", key(&service.name)));
    match &service.kind {
        Kind::Reactive { first, .. } => {
            let mut commands = vec!["npm run migrate".to_owned(); first.len()];
            commands.push("npm start".to_owned());
            steps(text, 2, commands.len(), &commands);
            put(text, 2, &format!("replicas: {}", service.replicas));
        }
        Kind::Container => put(text, 2, "image: registry.example.com/cache:7"),
        Kind::Managed { provider } => managed(text, provider, ci.version),
        Kind::Route => {
            put(text, 2, "network:");
            put(text, 3, "paths:");
            put(text, 4, "- path: /outside");
            return put(text, 4, "  target: https://outside.example.com");
        }
    }
    if let Some(plan) = service.plan {
        put(text, 2, &format!("plan: {plan}"));
    }
    if let Some(endpoint) = &service.health_endpoint {
        put(text, 2, &format!("healthEndpoint: {endpoint}"));
    }
    if service.provider().is_none() {
        if has(Lack::Network) {
            network(text, service);
        }
        environment(text, service);
    }
    if ci.version >= 3 && service.steps() > 0 && has(Lack::VolumeMounts) {
        put(text, 2, "volumeMounts:");
        put(text, 3, "- name: _workspace");
        put(text, 3, "  mountPath: /home/user/app");
    }
}

/// The name, in quotes where it is an odd one.
fn key(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if plain {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

fn managed(text: &mut String, provider: &str, version: u8) {
    let key = if version >= 4 {
        "schemaVersion"
    } else {
        "version"
    };
    put(text, 2, "provider:");
    put(text, 3, &format!("name: {provider}"));
    put(text, 3, &format!("{key}: v1"));
    put(text, 2, "plan:");
    put(text, 3, "id: 0");
    put(text, 3, "parameters: {}");
}

fn network(text: &mut String, service: &Service) {
    put(text, 2, "network:");
    put(text, 3, "ports:");
    put(text, 4, "- port: 3000");
    put(text, 4, "  isPublic: false");
    if service.paths.is_empty() {
        return put(text, 3, "paths: []");
    }
    put(text, 3, "paths:");
    for path in &service.paths {
        put(text, 4, "- port: 3000");
        put(text, 4, &format!("  path: {path}"));
    }
}

fn environment(text: &mut String, service: &Service) {
    if service.env.is_empty() {
        return;
    }
    put(text, 2, "env:");
    for (name, value) in &service.env {
        put(text, 3, &format!("{name}: \"{value}\""));
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::{Ci, Service};

    #[test]
    fn a_landscape_is_written_out() {
        let ci = Ci {
            services: vec![
                Service::reactive("web")
                    .times(2)
                    .with("A", "${{ vault.A }}"),
                Service::managed("db", "postgres"),
            ],
            ..Ci::default()
        };
        let text = text(&ci);
        for part in [
            "schemaVersion: v0.4\nprepare:\n  steps:\n    - command: npm run step-1\n",
            "  web:\n    steps:\n      - command: npm start\n    replicas: 2\n",
            "      paths:\n        - port: 3000\n          path: /\n",
            "    env:\n      A: \"${{ vault.A }}\"\n",
            "  db:\n    provider:\n      name: postgres\n      schemaVersion: v1\n",
        ] {
            assert!(text.contains(part), "{part}\nin\n{text}");
        }
    }
}
