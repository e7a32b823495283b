//! Owns how single input values read: each function takes text and gives the value, or the good values in words.

use std::time::Duration;

use crate::ids::CommitId;
use crate::release::{IdOrName, Statuses};

/// No input is longer.
const LONGEST: Duration = Duration::from_hours(30 * 24);

type Read<T> = Result<T, String>;

pub(crate) fn boolean(text: &str) -> Read<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Ok(true),
        "false" | "no" | "off" => Ok(false),
        _ => Err("true or false (also yes, no, on, off)".to_owned()),
    }
}

pub(crate) fn duration(text: &str) -> Read<Duration> {
    let good = || "a duration such as 45s, 5m or 1h30m, at most 30d".to_owned();
    let mut seconds: u64 = 0;
    let mut number = String::new();
    let mut last_unit = u64::MAX;
    for c in text.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            _ => return Err(good()),
        };
        let count: u64 = number.parse().map_err(|_| good())?;
        if unit >= last_unit {
            return Err(good());
        }
        last_unit = unit;
        number.clear();
        seconds = count
            .checked_mul(unit)
            .and_then(|more| seconds.checked_add(more))
            .ok_or_else(good)?;
    }
    let time = Duration::from_secs(seconds);
    if number.is_empty() && last_unit != u64::MAX && time <= LONGEST {
        return Ok(time);
    }
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    Err(good())
}

/// A limit that could only harm if it were none.
pub(crate) fn patience(text: &str) -> Read<Duration> {
    match duration(text)? {
        Duration::ZERO => Err("a duration of at least 1s, such as 10m".to_owned()),
        time => Ok(time),
    }
}

pub(crate) fn mebibytes(text: &str) -> Read<u32> {
    positive(text)
        .map_err(|_| "MiB as a whole number without a unit, such as 10240 for 10 GiB".to_owned())
}

pub(crate) fn whole_number<T: std::str::FromStr>(text: &str) -> Read<T> {
    text.parse().map_err(|_| "a whole number".to_owned())
}

pub(crate) fn positive(text: &str) -> Read<u32> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("a whole number of at least 1".to_owned()),
    }
}

pub(crate) fn id_or_name(text: &str) -> Read<IdOrName> {
    if text.contains(char::is_control) {
        return Err("an id or an exact name, on one line".to_owned());
    }
    let id = text.parse().map(IdOrName::Id);
    Ok(id.unwrap_or_else(|_| IdOrName::Name(text.to_owned())))
}

pub(crate) fn host(text: &str) -> Read<String> {
    let name = text.to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let good = name.len() <= 253
        && name.contains('.')
        && name.split('.').all(label)
        && !name
            .split('.')
            .all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    if good {
        return Ok(name);
    }
    Err("a host name such as shop.example.com, alone or with a path as in shop.example.com/api, each route on a line of its own: no https://, no port; other letters in their xn-- form".to_owned())
}

pub(crate) fn path(text: &str) -> Read<String> {
    let good = text.starts_with('/')
        && !text.starts_with("//")
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"?#\\<>\"'`|".contains(&b));
    if good {
        Ok(text.to_owned())
    } else {
        Err("a path such as / or /api".to_owned())
    }
}

pub(crate) fn health_path(text: &str) -> Read<String> {
    let good = text.starts_with('/')
        && !text.starts_with("//")
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"#\\<>\"`|{}".contains(&b));
    if good {
        Ok(text.to_owned())
    } else {
        Err("a path such as / or /health?full=1".to_owned())
    }
}

pub(crate) fn statuses(text: &str) -> Read<Statuses> {
    let good = || "status codes and ranges such as 200-299 or 200,204,300-399".to_owned();
    let code = |text: &str| match text.trim().parse::<u16>() {
        Ok(code @ 100..=599) => Ok(code),
        _ => Err(good()),
    };
    let ranges = text.split(',').map(|part| match part.split_once('-') {
        None => code(part).map(|only| (only, only)),
        Some((from, to)) => match (code(from)?, code(to)?) {
            (from, to) if from <= to => Ok((from, to)),
            _ => Err(good()),
        },
    });
    ranges.collect::<Result<_, _>>().map(Statuses::new)
}

pub(crate) fn commit(text: &str) -> Read<CommitId> {
    let commit = CommitId::try_from(text.to_ascii_lowercase());
    commit
        .ok()
        .filter(|commit| commit.len() == 40)
        .ok_or_else(|| {
            "the commit's full 40 hexadecimal digits, such as ${{ github.sha }}".to_owned()
        })
}

pub(crate) fn app(text: &str) -> Read<String> {
    let good = text.len() <= 63
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if good {
        Ok(text.to_owned())
    } else {
        Err("letters, digits and hyphens, such as web or api-v2".to_owned())
    }
}

/// A branch by its name; git's own form of it loses `refs/heads/`.
pub(crate) fn branch(text: &str) -> Read<String> {
    let name = text.strip_prefix("refs/heads/").unwrap_or(text);
    let good = !name.is_empty()
        && !name.starts_with('-')
        && !name.starts_with("refs/")
        && !name.contains("..")
        && !name
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c));
    if good {
        Ok(name.to_owned())
    } else {
        Err("a branch name such as main or feature/x".to_owned())
    }
}

pub(crate) fn remote(text: &str) -> Read<String> {
    let good = !text.starts_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if good {
        Ok(text.to_owned())
    } else {
        Err("the name of a git remote such as origin".to_owned())
    }
}

/// An address that is asked without any key.
pub(crate) fn https_url(text: &str) -> Read<String> {
    let rest = text.strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let good = !host.is_empty()
        && !host.contains('@')
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"\\<>\"`|{}".contains(&b));
    if good {
        return Ok(text.to_owned());
    }
    Err(
        "an address such as https://metrics.example.com/verdict, without a password in it"
            .to_owned(),
    )
}

pub(crate) fn git_url(text: &str) -> Read<String> {
    let known = ["https://", "http://", "ssh://", "git@"];
    let bare = !text.chars().any(|c| c.is_control() || c.is_whitespace());
    let authority = text
        .split_once("://")
        .map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    let password = authority
        .split_once('@')
        .is_some_and(|(user, _)| user.contains(':'));
    if known.iter().any(|start| text.starts_with(start)) && bare && !password {
        return Ok(text.to_owned());
    }
    Err("a clone URL such as https://github.com/acme/shop.git, without a password in it".to_owned())
}

/// `prod` and `ci.prod.yml` are the same profile; `ci.yml` is none.
pub(crate) fn profile(text: &str) -> Read<Option<String>> {
    if text == "ci.yml" {
        return Ok(None);
    }
    let name = text
        .strip_prefix("ci.")
        .and_then(|rest| rest.strip_suffix(".yml"))
        .unwrap_or(text);
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    if name.split('.').all(part) {
        return Ok(Some(name.to_owned()));
    }
    Err("a profile such as prod, for the file ci.prod.yml".to_owned())
}

/// The placeholders that `workspace-name` knows.
pub(crate) const PLACEHOLDERS: [&str; 6] = [
    "repository",
    "branch",
    "sha",
    "short-sha",
    "run-id",
    "run-number",
];

pub(crate) fn template(text: &str) -> Read<String> {
    let good = || {
        let names: Vec<String> = PLACEHOLDERS
            .iter()
            .map(|name| format!("{{{name}}}"))
            .collect();
        format!("a name with the placeholders {}", names.join(" "))
    };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, end) = after.split_once('}').ok_or_else(good)?;
        if before.contains('}') || !PLACEHOLDERS.contains(&name) {
            return Err(good());
        }
        rest = end;
    }
    if rest.contains('}') {
        Err(good())
    } else {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        let seconds = |text| duration(text).map(|time| time.as_secs());
        assert_eq!(seconds("45s"), Ok(45));
        assert_eq!(seconds("5m"), Ok(300));
        assert_eq!(seconds("1h30m"), Ok(5400));
        assert_eq!(seconds("14d"), Ok(14 * 86400));
        assert_eq!(seconds("0s"), Ok(0));
        assert_eq!(seconds("0"), Ok(0));
        for bad in [
            "",
            "5",
            "soon",
            "-5s",
            "5 m",
            "1m1h",
            "1m2m",
            "5ms",
            "m",
            "1.5h",
            "99999999999999999999s",
            "31d",
            "1h30",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn booleans_are_never_silently_false() {
        for yes in ["true", "True", "YES", "on"] {
            assert_eq!(boolean(yes), Ok(true));
        }
        for no in ["false", "No", "OFF"] {
            assert_eq!(boolean(no), Ok(false));
        }
        for bad in ["1", "0", "y", "wahr", "true "] {
            assert!(boolean(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn statuses_are_codes_and_ranges() {
        let read = statuses("200-204, 301").unwrap();
        assert!(read.contain(200) && read.contain(204) && read.contain(301));
        assert!(!read.contain(205) && !read.contain(300));
        for bad in ["", "2xx", "299-200", "99", "600", "200-", "200,,201"] {
            assert!(statuses(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hosts_are_names_and_nothing_else() {
        assert_eq!(host("Shop.Example.com").unwrap(), "shop.example.com");
        for bad in [
            "https://shop.example.com",
            "shop",
            "shop.example.com/x",
            "shop.example.com:443",
            "a..b",
            "-a.b",
            "a b.c",
            "10.0.0.1",
            "bücher.de",
            "*.example.com",
        ] {
            assert!(host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn profiles_are_the_middle_of_a_file_name() {
        assert_eq!(profile("ci.yml"), Ok(None));
        assert_eq!(profile("prod"), Ok(Some("prod".to_owned())));
        assert_eq!(profile("ci.prod.yml"), Ok(Some("prod".to_owned())));
        assert_eq!(profile("ci.eu.prod.yml"), Ok(Some("eu.prod".to_owned())));
        for bad in ["../x", "a b", "ci..yml", "x/y", ".", "a."] {
            assert!(profile(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_reaches_a_shell_or_an_address_is_checked() {
        let read = commit(&"A".repeat(40)).map(String::from);
        assert_eq!(read, Ok("a".repeat(40)));
        for bad in ["abc", "HEAD", "$(reboot)aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(commit(bad).is_err(), "{bad}");
        }
        assert!(branch("feature/x").is_ok());
        for bad in ["--upload-pack=x", "a b", "a..b", "a\nb", "a:b"] {
            assert!(branch(bad).is_err(), "{bad}");
        }
        assert!(git_url("git@github.com:acme/shop.git").is_ok());
        for bad in [
            "https://me:secret@github.com/x",
            "file:///etc/passwd",
            "-x",
            "ext::sh -c x",
        ] {
            assert!(git_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn templates_know_their_placeholders() {
        assert!(template("{repository}-{short-sha}-{run-id}").is_ok());
        for bad in ["{owner}", "{", "}", "{repository", "a}b{"] {
            assert!(template(bad).is_err(), "{bad}");
        }
    }
}
