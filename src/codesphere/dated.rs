//! Owns what time it is for the platform: as the head of its latest good answer says.

use std::sync::{Arc, Mutex, PoisonError};

use crate::codesphere::body::is_good;
use crate::http::Head;
use crate::moment::Moment;

/// The platform's clock, as far as it was seen. Clones share what was seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Dated(Arc<Mutex<Option<Moment>>>);

impl Dated {
    /// Takes note of an answer. Errors may come from something in between.
    pub(super) fn note(&self, head: &Head) {
        let date = head.date.as_deref().and_then(Moment::from_http_date);
        if let Some(date) = date.filter(|_| is_good(head)) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(date);
        }
    }

    /// The date of the latest good answer that had one.
    pub(super) fn latest(&self) -> Option<Moment> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Dated;
    use crate::http::Head;
    use crate::moment::Moment;

    #[test]
    fn an_error_s_date_is_not_believed() {
        let head = |status, date: &str| Head {
            status,
            date: Some(date.to_owned()),
            ..Head::default()
        };
        let (dated, good) = (Dated::default(), "Thu, 01 Jan 2026 00:00:00 GMT");
        dated.note(&head(502, "Fri, 02 Jan 2026 00:00:00 GMT"));
        assert_eq!(dated.latest(), None);
        dated.note(&head(200, good));
        dated.note(&head(404, "Fri, 02 Jan 2026 00:00:00 GMT"));
        assert_eq!(dated.latest(), Moment::from_http_date(good));
    }
}
