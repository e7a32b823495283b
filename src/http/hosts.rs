//! Owns which hosts are this machine, and which the proxy is not for.

use std::net::IpAddr;

/// Whether `host` is this machine, by name or number.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// curl's rule: an entry matches the host itself and what lies below it; ports and white space do not count.
pub(super) fn bypasses(except: &str, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    except.split([',', ' ']).any(|entry| {
        let entry = entry.trim().to_ascii_lowercase();
        let entry = entry.trim_start_matches('*').trim_start_matches('.');
        let entry = entry.split_once(':').map_or(entry, |(name, _)| name);
        if entry.is_empty() {
            return false;
        }
        host == entry
            || host
                .strip_suffix(entry)
                .is_some_and(|rest| rest.ends_with('.'))
    }) || except.split([',', ' ']).any(|entry| entry.trim() == "*")
}
