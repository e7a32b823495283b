//! Owns which repository is which: by its id, which survives a new name; by its name where an id is lacking.

/// A repository on GitHub.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repository {
    /// `owner/name`.
    pub name: String,
    /// GitHub's number for it.
    pub id: Option<u64>,
}

impl Repository {
    /// Whether both are the same. A repository without name and id is none, not even itself.
    pub fn is(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (Some(ours), Some(its)) => ours == its,
            _ => !self.name.is_empty() && self.name.eq_ignore_ascii_case(&other.name),
        }
    }
}

/// By its name alone.
impl From<&str> for Repository {
    fn from(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            id: None,
        }
    }
}

impl std::fmt::Display for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::Repository;

    fn repository(name: &str, id: Option<u64>) -> Repository {
        Repository {
            name: name.to_owned(),
            id,
        }
    }

    #[test]
    fn ids_decide_and_names_only_where_one_lacks_an_id() {
        for (ours, its, same) in [
            (("acme/shop", Some(1)), ("acme/shop", Some(1)), true),
            (("acme/shop", Some(1)), ("acme/store", Some(1)), true),
            (("acme/shop", Some(1)), ("acme/shop", Some(2)), false),
            (("acme/shop", None), ("Acme/Shop", Some(1)), true),
            (("acme/shop", Some(1)), ("acme/Shop", None), true),
            (("acme/shop", None), ("acme/store", Some(1)), false),
            (("", None), ("", None), false),
            (("", Some(1)), ("", None), false),
        ] {
            let (ours, its) = (repository(ours.0, ours.1), repository(its.0, its.1));
            assert_eq!(ours.is(&its), same, "{ours:?} {its:?}");
            assert_eq!(its.is(&ours), same, "{its:?} {ours:?}");
        }
    }
}
