//! Owns the inputs `domain` and `path`: lines of `host` or `host/path`, as routes.

use crate::inputs::reader::Reader;
use crate::inputs::shown::shown;
use crate::inputs::values;
use crate::route::Route;

/// A line of `domain`, with the path that it brings.
struct Line {
    domain: String,
    path: Option<String>,
}

/// The routes, in the order in which they are given; none where `domain` may be blank and is.
pub(crate) fn routes(reader: &mut Reader, needed: bool) -> Option<Vec<Route>> {
    let text = if needed {
        reader.required("domain", |text| Ok(text.to_owned()))
    } else {
        Some(reader.text("domain").unwrap_or_default())
    };
    let lines = text.and_then(|text| lines(reader, &text));
    let path = reader.value("path", values::path);
    let (lines, path) = (lines?, path?);
    let all_bring_one = !lines.is_empty() && lines.iter().all(|line| line.path.is_some());
    if all_bring_one && path != "/" {
        reader.mistake(
            "path",
            format!("is {}, but every line of `domain` brings a path of its own. Good: leave `path` out, or take the path out of the line that it is for", shown(&path)),
        );
        return None;
    }
    without_doubles(reader, lines, &path)
}

fn lines(reader: &mut Reader, text: &str) -> Option<Vec<Line>> {
    let several = text.lines().count() > 1;
    let mut read = Vec::new();
    let mut good = true;
    let numbered = (1..).zip(text.lines().map(str::trim));
    for (number, text) in numbered.filter(|(_, text)| !text.is_empty()) {
        match line(text) {
            Ok(line) => read.push(line),
            Err(wanted) => {
                let which = if several {
                    format!("line {number} is")
                } else {
                    "is".to_owned()
                };
                let shown = shown(text);
                reader.mistake("domain", format!("{which} {shown}. Good: {wanted}"));
                good = false;
            }
        }
    }
    good.then_some(read)
}

fn line(text: &str) -> Result<Line, String> {
    let Some((domain, rest)) = text.split_once('/') else {
        return Ok(Line {
            domain: values::host(text)?,
            path: None,
        });
    };
    Ok(Line {
        domain: values::host(domain)?,
        path: Some(values::path(&format!("/{rest}"))?),
    })
}

fn without_doubles(reader: &mut Reader, lines: Vec<Line>, path: &str) -> Option<Vec<Route>> {
    let mut routes: Vec<Route> = Vec::new();
    let mut good = true;
    for line in lines {
        let route = Route {
            domain: line.domain,
            path: line.path.unwrap_or_else(|| path.to_owned()),
        };
        if routes.contains(&route) {
            let Route { domain, path } = route;
            reader.mistake(
                "domain",
                format!("names {domain}{path} twice. Good: each route once"),
            );
            good = false;
        } else {
            routes.push(route);
        }
    }
    good.then_some(routes)
}
