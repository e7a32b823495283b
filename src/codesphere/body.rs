//! Owns bodies: read with a limit, parsed as they come, turned into words where they are not what they should be.

use std::cell::Cell;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::rc::Rc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};

use crate::codesphere::error::{Kind, Problem};
use crate::codesphere::retry_after;
use crate::http::{Head, TransportError};

/// No object is larger, whether it is an answer or an element of a list, in bytes.
const OBJECT: u64 = 1 << 20;
/// No list is larger that is kept as a whole, in bytes.
const WHOLE_LIST: u64 = 8 << 20;
/// No list of workspaces is larger, in bytes.
const LIST: u64 = 64 << 20;
/// Of no list are more elements kept.
const ELEMENTS: usize = 20_000;
const ERROR_LIMIT: u64 = 64 << 10;
/// So much of what is not understood is told, in bytes.
const START: usize = 200;

/// Reads an answer that carries an object. An array is none, although serde would fill a struct from it.
pub(crate) fn object<T: DeserializeOwned>(head: &Head, body: &mut dyn Read) -> Result<T, Kind> {
    parse(head, body, OBJECT, |_| Object(PhantomData))
}

/// Reads a list of objects.
pub(crate) fn whole_list<T: DeserializeOwned>(
    head: &Head,
    body: &mut dyn Read,
) -> Result<Vec<T>, Kind> {
    parse(head, body, WHOLE_LIST, |room| Filtered {
        keep: |_: &T| true,
        room,
        kind: PhantomData,
    })
}

/// Reads a list of names.
pub(crate) fn names(head: &Head, body: &mut dyn Read) -> Result<Vec<String>, Kind> {
    parse(head, body, OBJECT, |_| PhantomData::<Vec<String>>)
}

/// Reads a list of objects and keeps what `keep` wants, without holding the rest.
pub(crate) fn list<T, K>(head: &Head, body: &mut dyn Read, keep: K) -> Result<Vec<T>, Kind>
where
    T: DeserializeOwned,
    K: FnMut(&T) -> bool,
{
    parse(head, body, LIST, |room| Filtered {
        keep,
        room,
        kind: PhantomData,
    })
}

/// Takes in an answer whose body does not matter. A page is none: it comes from something in between.
pub(crate) fn nothing(head: &Head, body: &mut dyn Read) -> Result<(), Kind> {
    let bytes = small(head, body)?;
    if bytes.trim_ascii().is_empty() || serde_json::from_slice::<IgnoredAny>(&bytes).is_ok() {
        return Ok(());
    }
    Err(unexpected(head, &bytes))
}

/// Takes in an answer that carries nothing: anything in it leaves open what was done.
pub(crate) fn blank(head: &Head, body: &mut dyn Read) -> Result<(), Kind> {
    let bytes = small(head, body)?;
    match bytes.trim_ascii() {
        b"" | b"{}" | b"null" => Ok(()),
        _ => Err(unexpected(head, &bytes)),
    }
}

fn small(head: &Head, body: &mut dyn Read) -> Result<Vec<u8>, Kind> {
    if !is_good(head) {
        return Err(problem(head, body));
    }
    let mut bytes = Vec::new();
    let read = Capped::new(body, ERROR_LIMIT).read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(|error| unreadable(&error))
}

fn unexpected(head: &Head, bytes: &[u8]) -> Kind {
    let (media, start) = (media(head), text(bytes, false));
    Kind::InvalidResponse(format!("{media}, it begins \"{}\"", start.trim()))
}

pub(super) fn is_good(head: &Head) -> bool {
    (200..300).contains(&head.status)
}

/// `seed` is given what is left of the object at hand: in a list, each element has as much.
fn parse<S, T>(
    head: &Head,
    body: &mut dyn Read,
    limit: u64,
    seed: impl FnOnce(Room) -> S,
) -> Result<T, Kind>
where
    S: for<'de> DeserializeSeed<'de, Value = T>,
{
    if !is_good(head) {
        return Err(problem(head, body));
    }
    let room = Room::new(Cell::new(OBJECT));
    let mut reader = Capped::new(body, limit);
    reader.room = Some(Room::clone(&room));
    let parsed = {
        let mut deserializer =
            serde_json::Deserializer::from_reader(io::BufReader::new(&mut reader));
        seed(room)
            .deserialize(&mut deserializer)
            .and_then(|value| deserializer.end().map(|()| value))
    };
    parsed.map_err(|error| {
        if error.is_io() {
            return unreadable(&io::Error::from(error));
        }
        let (media, shape) = (media(head), shape(&error));
        Kind::InvalidResponse(format!("{media} ({shape}): {}", reader.start()))
    })
}

fn media(head: &Head) -> String {
    match head.content_type.as_deref() {
        Some(kind) if kind.contains("html") => "an HTML page, not the API's JSON".to_owned(),
        Some(kind) if !kind.contains("json") => format!("{kind}, not JSON"),
        _ => "JSON of another shape".to_owned(),
    }
}

/// What is wrong with the JSON, without the text that came, which is escaped there.
fn shape(error: &serde_json::Error) -> String {
    let words = error.to_string();
    match (words.split_once('"'), words.rsplit_once('"')) {
        (Some((before, _)), Some((_, behind))) => format!("{before}\"…\"{behind}"),
        _ => words,
    }
}

fn unreadable(error: &io::Error) -> Kind {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return Kind::InvalidResponse("the body is larger than any answer should be".to_owned());
    }
    Kind::TransportError(TransportError::Lost(format!("the body broke off: {error}")))
}

/// The API's error object; or, from a proxy in front of it, the words of whatever came.
/// What a 400 is about matters: without its words it is no answer.
pub(super) fn problem(head: &Head, body: &mut dyn Read) -> Kind {
    let mut bytes = Vec::new();
    let whole = Capped::new(body, ERROR_LIMIT).read_to_end(&mut bytes);
    if let Err(error) = &whole
        && head.status == 400
    {
        return unreadable(error);
    }
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let field = |name: &str| Some(json.get(name)?.as_str()?.to_owned());
    let title = field("title");
    Kind::Refused(Box::new(Problem {
        status: head.status,
        is_page: title.is_none() && is_page(head, &bytes),
        title: title.unwrap_or_else(|| text(&bytes, whole.is_err())),
        detail: field("detail"),
        trace: field("traceId"),
        retry_after: retry_after::asked(head),
    }))
}

fn is_page(head: &Head, bytes: &[u8]) -> bool {
    let is_html = |kind: &String| kind.contains("html");
    head.content_type.as_ref().is_some_and(is_html) || bytes.trim_ascii_start().starts_with(b"<")
}

/// What was read, with `…` where that is not all.
fn text(bytes: &[u8], more: bool) -> String {
    let end = if more { "…" } else { "" };
    format!("{}{end}", String::from_utf8_lossy(bytes))
}

/// How many more bytes the object at hand may have.
type Room = Rc<Cell<u64>>;

/// A reader that refuses to go on past its limit, and remembers how it began.
struct Capped<'a> {
    inner: &'a mut dyn Read,
    left: u64,
    room: Option<Room>,
    start: Vec<u8>,
    ended: bool,
}

impl<'a> Capped<'a> {
    fn new(inner: &'a mut dyn Read, limit: u64) -> Self {
        Self {
            inner,
            left: limit,
            room: None,
            start: Vec::new(),
            ended: false,
        }
    }

    fn start(&self) -> String {
        match text(&self.start, !self.ended).trim() {
            "" => "an empty body".to_owned(),
            text => format!("it begins \"{text}\""),
        }
    }

    fn take(&mut self, count: u64) -> Option<()> {
        self.left = self.left.checked_sub(count)?;
        if let Some(room) = &self.room {
            room.set(room.get().checked_sub(count)?);
        }
        Some(())
    }
}

impl Read for Capped<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.take(count as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        self.ended = count == 0;
        let missing = START.saturating_sub(self.start.len());
        self.start.extend(buffer.iter().take(count.min(missing)));
        Ok(count)
    }
}

/// An object and nothing else.
struct Object<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for Object<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

struct Filtered<T, K> {
    keep: K,
    room: Room,
    kind: PhantomData<T>,
}

impl<'de, T: DeserializeOwned, K: FnMut(&T) -> bool> DeserializeSeed<'de> for Filtered<T, K> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: DeserializeOwned, K: FnMut(&T) -> bool> Visitor<'de> for Filtered<T, K> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut kept = Vec::new();
        while let Some(item) = items.next_element_seed(Object(PhantomData))? {
            self.room.set(OBJECT);
            if (self.keep)(&item) {
                kept.push(item);
            }
            if kept.len() > ELEMENTS {
                return Err(A::Error::custom(format!("more than {ELEMENTS} elements")));
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::marker::PhantomData;

    use super::{list, nothing, object, parse, whole_list};
    use crate::codesphere::error::Kind;
    use crate::codesphere::types::{Domain, Executed, Team};
    use crate::http::Head;
    use crate::ids::TeamId;
    use crate::runner::door::Door;

    fn head(status: u16) -> Head {
        Head {
            status,
            content_type: Some("application/json".to_owned()),
            ..Head::default()
        }
    }

    #[test]
    fn a_list_is_no_object_although_serde_would_fill_one_from_it() {
        let read = object::<Executed>(&head(200), &mut br#"["out", "err"]"#.as_slice());
        assert!(matches!(read, Err(Kind::InvalidResponse(_))), "{read:?}");
        let read = object::<Executed>(
            &head(200),
            &mut br#"{"output": "out", "new": [1]}"#.as_slice(),
        );
        assert_eq!(read.unwrap().output, "out");
    }

    #[test]
    fn what_writes_rest_on_is_there_or_there_is_no_answer() {
        let told = |body: &str| match whole_list::<Domain>(&head(200), &mut body.as_bytes()) {
            Err(Kind::InvalidResponse(why)) => why,
            other => panic!("{body}: {other:?}"),
        };
        for (body, why) in [
            (r#"[{"name": "a.b"}]"#, "missing field `workspaces`"),
            (
                r#"[{"name": "a.b", "connections": {}}]"#,
                "missing field `workspaces`",
            ),
            (
                r#"[{"name": "a.b", "workspaces": null}]"#,
                "invalid type: null",
            ),
            (r#"[{"workspaces": {}}]"#, "missing field `name`"),
            (
                r#"[{"name": "a.b", "workspaces": {}, "workspaces": {}}]"#,
                "duplicate field",
            ),
            (
                r#"[["a.b", 1, {}, null, null, null]]"#,
                "expected an object",
            ),
            ("[{}]", "missing field"),
            ("[null]", "invalid type: null"),
            ("null", "invalid type: null"),
        ] {
            assert!(told(body).contains(why), "{body}: {}", told(body));
        }
    }

    #[test]
    fn an_object_has_a_mebibyte_and_so_has_each_element_of_a_list() {
        let name = |length: usize| format!(r#"{{"id": 1, "name": "{}"}}"#, "x".repeat(length));
        let read = |body: String| whole_list::<Team>(&head(200), &mut body.as_bytes());
        let fits = format!("[{}]", [name(900_000), name(900_000)].join(","));
        assert_eq!(read(fits).unwrap().len(), 2);
        let too_large =
            Kind::InvalidResponse("the body is larger than any answer should be".to_owned());
        assert_eq!(
            read(format!("[{}]", name(1_100_000))).unwrap_err(),
            too_large
        );
        let one = object::<Team>(&head(200), &mut name(1_100_000).as_bytes());
        assert_eq!(one.unwrap_err(), too_large);
        let many = format!("[{}]", vec![name(1); 20_001].join(","));
        assert!(
            matches!(read(many), Err(Kind::InvalidResponse(why)) if why.contains("20000 elements"))
        );
        let nothings = format!(
            r#"{{"id": 1, "name": "x", "more": [{}{{}}]}}"#,
            "{},".repeat(400_000)
        );
        assert_eq!(read(format!("[{nothings}]")).unwrap_err(), too_large);
    }

    #[test]
    fn a_list_keeps_what_is_wanted_and_ends_where_it_ends() {
        let teams = br#"[{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]"#;
        let kept = list(&head(200), &mut teams.as_slice(), |team: &Team| {
            team.name == "b"
        })
        .unwrap();
        assert_eq!(
            kept.iter().map(|team| team.id).collect::<Vec<_>>(),
            [TeamId(2)]
        );
        for broken in ["[", "[{}]", "{}", "[] []", "", "<html>"] {
            let read = list(&head(200), &mut broken.as_bytes(), |_: &Team| true);
            assert!(
                matches!(read, Err(Kind::InvalidResponse(_))),
                "{broken}: {read:?}"
            );
        }
    }

    #[test]
    fn a_body_without_an_end_is_given_up() {
        let any = |_| PhantomData::<serde_json::Value>;
        let parsed = parse(&head(200), &mut io::repeat(b' '), 10_000, any).map(drop);
        for read in [parsed, nothing(&head(200), &mut io::repeat(b' '))] {
            let Err(Kind::InvalidResponse(words)) = read else {
                panic!("{read:?}");
            };
            assert_eq!(words, "the body is larger than any answer should be");
        }
    }

    #[test]
    fn an_error_is_told_in_the_api_s_words_or_whatever_came() {
        let told = |body: &str| match nothing(&head(403), &mut body.as_bytes()) {
            Err(Kind::Refused(problem)) => problem.told(&Door::default()),
            other => panic!("{other:?}"),
        };
        let words = r#"{"status": 403, "title": "No", "detail": "Not yours", "traceId": "t-1"}"#;
        assert_eq!(told(words), "403 \"No\", detail \"Not yours\", traceId t-1");
        assert_eq!(
            told("<html><b>Blocked</b> by us"),
            "403 \"an HTML page: Blocked by us\""
        );
        assert_eq!(told(""), "403");
    }
}
