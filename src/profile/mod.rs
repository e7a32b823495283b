//! Owns what a `ci.yml` describes: the kinds of its services, their steps, plans, replicas and routes, and the names
//! that its templates refer to. Pure data: how the file is come by is others' business.

mod flaws;
mod scalar;
mod shape;
mod templates;
mod yaml;

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use shape::{at, entries, kind};
use templates::Templates;

pub(crate) use flaws::is_service_name;
pub(crate) use shape::{Kind, Shape};
pub(crate) use yaml::Mistake;

/// A file may be as long as this, in bytes.
pub(crate) const LIMIT: usize = 256 * 1024;

/// Where requests go if a file does not say.
pub(crate) const PORT: u64 = 3000;

/// What a `ci.yml` describes, as far as it could be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Whether it describes several servers.
    pub(crate) shape: Shape,
    /// How many steps `prepare` has, where that is known.
    pub(crate) prepare: Option<usize>,
    /// How many steps `test` has, where that is known.
    pub(crate) test: Option<usize>,
    /// The entries of `run` by name; none where it is not a landscape.
    pub(crate) services: Vec<Service>,
    /// The names of the secrets that its templates take from a vault.
    pub(crate) secrets: BTreeSet<String>,
    /// Templates that refer to nothing that is known, as they stand in the file.
    pub(crate) odd_templates: BTreeSet<String>,
    /// What breaks the schema, as far as it is known; in words.
    pub(crate) flaws: Vec<String>,
    /// Tells two texts apart whose differences are not read.
    text: u64,
}

/// An entry of `run`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// The plan that it names.
    pub(crate) plan: Option<u64>,
    /// How many replicas it has.
    pub(crate) replicas: u64,
    /// The paths that lead to it.
    pub(crate) paths: Vec<String>,
    /// The ports that these paths lead to.
    pub(crate) ports: Vec<u64>,
    /// Whether its paths are given at all: otherwise the platform has its own idea of them.
    pub(crate) has_network: bool,
    /// Where the platform asks for its health.
    pub(crate) health_endpoint: Option<String>,
}

impl Profile {
    /// Reads the file's text. What is not understood is left out.
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        let value = yaml::parse(text)?;
        let shape = shape::of(&value);
        let services = if shape == Shape::Landscape {
            entries(&value, "run").map(service).collect()
        } else {
            Vec::new()
        };
        let templates = Templates::of(&value);
        Ok(Self {
            flaws: flaws::of(&value, &shape),
            shape,
            prepare: steps(at(&value, "prepare")),
            test: steps(at(&value, "test")),
            services,
            secrets: templates.secrets,
            odd_templates: templates.odd,
            text: fingerprint(text),
        })
    }

    /// One of which nothing is known but why.
    pub(crate) const fn unknown(why: &'static str) -> Self {
        Self {
            shape: Shape::Unknown(why),
            prepare: None,
            test: None,
            services: Vec::new(),
            secrets: BTreeSet::new(),
            odd_templates: BTreeSet::new(),
            flaws: Vec::new(),
            text: 0,
        }
    }

    /// Whether it describes several servers.
    pub(crate) fn is_landscape(&self) -> bool {
        self.shape == Shape::Landscape
    }

    /// Name and provider of each managed service.
    pub(crate) fn managed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.services
            .iter()
            .filter_map(|service| match &service.kind {
                Kind::Managed(provider) => Some((service.name.as_str(), provider.as_str())),
                Kind::Reactive(_) | Kind::Container | Kind::Route | Kind::Unknown => None,
            })
    }

    /// The services that name a plan, and its number.
    pub(crate) fn planned(&self) -> impl Iterator<Item = (&Service, u64)> {
        let services = self.services.iter();
        services.filter_map(|service| Some((service, service.plan?)))
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::Flat => return f.write_str("one server"),
            Shape::Unknown(why) => return write!(f, "not understood ({why})"),
            Shape::Landscape => {}
        }
        let of = |wanted: fn(&Kind) -> bool| {
            let found = self
                .services
                .iter()
                .filter(move |service| wanted(&service.kind));
            found.map(ToString::to_string).collect::<Vec<_>>()
        };
        let groups = [
            ("landscape", of(|kind| matches!(kind, Kind::Reactive(_)))),
            ("containers", of(|kind| *kind == Kind::Container)),
            ("managed", of(|kind| matches!(kind, Kind::Managed(_)))),
            ("routes", of(|kind| *kind == Kind::Route)),
            ("unknown", of(|kind| *kind == Kind::Unknown)),
        ];
        let told = groups.iter().filter(|(_, found)| !found.is_empty());
        let told: Vec<String> = told
            .map(|(what, found)| format!("{what}: {}", found.join(", ")))
            .collect();
        f.write_str(&told.join("; "))
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.kind {
            Kind::Managed(provider) if !provider.is_empty() => write!(f, " ({provider})"),
            _ if self.replicas > 1 => write!(f, " ×{}", self.replicas),
            _ => Ok(()),
        }
    }
}

fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn service((name, entry): (&String, &Value)) -> Service {
    let network = at(entry, "network");
    let long = at(network, "paths").as_array().into_iter().flatten();
    let routes: Vec<&Value> = long
        .chain([network])
        .filter(|route| at(route, "path").is_string())
        .collect();
    // The old short form leads to one port only.
    let port = |route: &&Value| at(route, "port").as_u64().unwrap_or(PORT);
    Service {
        name: name.clone(),
        kind: entry.as_object().map_or(Kind::Unknown, kind),
        plan: at(entry, "plan").as_u64(),
        replicas: at(entry, "replicas").as_u64().unwrap_or(1),
        paths: routes
            .iter()
            .filter_map(|route| at(route, "path").as_str().map(str::to_owned))
            .collect(),
        ports: routes.iter().map(port).collect(),
        has_network: !network.is_null(),
        health_endpoint: at(entry, "healthEndpoint").as_str().map(str::to_owned),
    }
}

fn steps(stage: &Value) -> Option<usize> {
    at(stage, "steps").as_array().map(Vec::len)
}

#[cfg(test)]
mod tests {
    use super::{Kind, Profile, Shape};

    const LANDSCAPE: &str = r#"
schemaVersion: v0.4
prepare:
  steps:
    - name: Install
      command: npm ci
    - command: echo ${{ vault['BUILD_KEY'] }}
test: { steps: [] }
run:
  web:
    steps: [{ command: npm run migrate }, { command: npm start }]
    plan: 21
    replicas: 2
    healthEndpoint: http://localhost:3000/health
    network:
      ports: [{ port: 3000, isPublic: false }]
      paths: [{ port: 3000, path: /, stripPath: false }, { port: 3000, path: /admin }]
    env: { KEY: "${{ vault.STRIPE }}", TEAM: "${{ team.id }}" }
  api: { steps: [{ command: ./api }], network: { path: /api, stripPath: true } }
  cache: { image: "redis:7", command: [redis-server] }
  db:
    provider: { name: postgres, schemaVersion: v1 }
    plan: { id: 0, parameters: { storage: 10000 } }
  outside: { network: { paths: [{ path: /blog, target: https://blog.example.com }] } }
  odd: 5
"#;

    #[test]
    fn a_landscape_is_read() {
        let profile = Profile::parse(LANDSCAPE).unwrap();
        assert_eq!(profile.shape, Shape::Landscape);
        assert_eq!((profile.prepare, profile.test), (Some(2), Some(0)));
        let kinds: Vec<(&str, &Kind)> = profile
            .services
            .iter()
            .map(|service| (service.name.as_str(), &service.kind))
            .collect();
        assert_eq!(
            kinds,
            [
                ("api", &Kind::Reactive(1)),
                ("cache", &Kind::Container),
                ("db", &Kind::Managed("postgres".to_owned())),
                ("odd", &Kind::Unknown),
                ("outside", &Kind::Route),
                ("web", &Kind::Reactive(2)),
            ]
        );
        let web = &profile.services[5];
        assert_eq!((web.plan, web.replicas), (Some(21), 2));
        assert_eq!(web.paths, ["/", "/admin"]);
        assert_eq!(profile.services[0].paths, ["/api"]);
        assert_eq!(
            web.health_endpoint.as_deref(),
            Some("http://localhost:3000/health")
        );
        let secrets: Vec<&String> = profile.secrets.iter().collect();
        assert_eq!(secrets, ["BUILD_KEY", "STRIPE"]);
        assert_eq!(
            profile.to_string(),
            "landscape: api, web ×2; containers: cache; managed: db (postgres); routes: outside; unknown: odd"
        );
    }

    #[test]
    fn what_is_no_landscape_says_what_it_is() {
        let shape = |text: &str| Profile::parse(text).unwrap().shape;
        let flat = "prepare:\n  steps: []\nrun:\n  steps:\n    - command: npm start\n";
        assert_eq!(shape(flat), Shape::Flat);
        assert_eq!(shape(&format!("schemaVersion: v0.1\n{flat}")), Shape::Flat);
        assert_eq!(shape(&format!("schemaVersion: v0.2\n{flat}")), Shape::Flat);
        for (text, why) in [
            ("", "the file is no map"),
            ("- a\n- b", "the file is no map"),
            (
                "schemaVersion: 7\nrun: {}",
                "its `schemaVersion` is none that is known",
            ),
            ("schemaVersion: v0.4\nrun: 5", "its `run` is no map"),
        ] {
            assert_eq!(shape(text), Shape::Unknown(why), "{text}");
        }
        assert_eq!(
            shape("schemaVersion: v0.9\nnew: thing\nrun: {}"),
            Shape::Landscape,
            "later versions and unknown keys are no mistake"
        );
    }

    #[test]
    fn every_version_names_its_managed_services() {
        for (version, key) in [
            ("v0.2", "version"),
            ("v0.3", "version"),
            ("v0.4", "schemaVersion"),
        ] {
            let text = format!(
                "schemaVersion: {version}\nrun:\n  db:\n    provider:\n      name: s3\n      {key}: v1\n"
            );
            let profile = Profile::parse(&text).unwrap();
            assert_eq!(profile.to_string(), "managed: db (s3)", "{version}");
        }
    }

    #[test]
    fn names_that_are_none_and_keys_that_are_no_text_are_taken_as_they_are() {
        let text = "schemaVersion: v0.4\nrun:\n  3000: { steps: [] }\n  \"a b\": { image: x }\n";
        let profile = Profile::parse(text).unwrap();
        let names: Vec<&str> = profile.services.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(
            names.contains(&"3000") && names.contains(&"a b"),
            "{names:?}"
        );
    }
}
