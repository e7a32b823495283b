//! Owns what host names stand for: looked up once a minute at most, and anew where none of the addresses connects.

use std::cell::Cell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::uri::Scheme;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport,
};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_mins(1);
/// An address that takes longer to connect, or to be given up, is tried last from then on.
const SLOW: Duration = Duration::from_secs(1);

thread_local! {
    static CONNECTED: Cell<bool> = const { Cell::new(false) };
}

/// Whether `exchange`, in this thread, tried to connect; where not, it went over a kept connection.
pub(super) fn connects<T>(exchange: impl FnOnce() -> T) -> (T, bool) {
    CONNECTED.set(false);
    let done = exchange();
    (done, CONNECTED.get())
}

/// By host and port: when it was looked up, and what was found.
type Known = HashMap<String, (Instant, Vec<SocketAddr>)>;

/// The addresses that are known. Clones share them.
#[derive(Debug, Clone, Default)]
struct Addresses(Arc<Mutex<Known>>);

impl Addresses {
    fn get(&self, name: &str, now: Instant) -> Option<Vec<SocketAddr>> {
        let known = self.known();
        let (since, addresses) = known.get(name)?;
        (now.duration_since(*since) < KEPT).then(|| addresses.clone())
    }

    fn put(&self, name: &str, now: Instant, addresses: &[SocketAddr]) {
        let addresses = (now, alternating(addresses));
        self.known().insert(name.to_owned(), addresses);
    }

    fn forget(&self, name: &str) {
        self.known().remove(name);
    }

    /// Puts the first address behind the others.
    fn demote(&self, name: &str) {
        if let Some((_, addresses)) = self.known().get_mut(name)
            && !addresses.is_empty()
        {
            addresses.rotate_left(1);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// IPv6 and IPv4 in turns, so that where one of them is dead the second address is of the other.
fn alternating(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (Vec<SocketAddr>, Vec<SocketAddr>) = addresses
        .iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut turns = Vec::new();
    while !first.is_empty() || !second.is_empty() {
        turns.extend(first.drain(..first.len().min(1)));
        turns.extend(second.drain(..second.len().min(1)));
    }
    turns
}

fn host_and_port(uri: &Uri) -> Option<String> {
    let scheme = uri.scheme().unwrap_or(&Scheme::HTTPS);
    DefaultResolver::host_and_port(scheme, uri.authority()?)
}

/// Looks names up, unless it knows them.
#[derive(Debug)]
pub(super) struct Names {
    addresses: Addresses,
    inner: DefaultResolver,
}

/// Connects as `ureq` does, and notes how that went.
#[derive(Debug)]
pub(super) struct Connecting {
    addresses: Addresses,
    inner: DefaultConnector,
}

/// The two, which share what they know.
pub(super) fn connecting() -> (Connecting, Names) {
    let addresses = Addresses::default();
    let names = Names {
        addresses: addresses.clone(),
        inner: DefaultResolver::default(),
    };
    let inner = DefaultConnector::default();
    (Connecting { addresses, inner }, names)
}

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let name = host_and_port(uri).unwrap_or_default();
        let known = self.addresses.get(&name, Instant::now());
        let known = if let Some(known) = known {
            known
        } else {
            let found = self.inner.resolve(uri, config, timeout)?;
            self.addresses.put(&name, Instant::now(), &found);
            found.to_vec()
        };
        let mut addresses = self.empty();
        for address in known {
            addresses.push(address);
        }
        Ok(addresses)
    }
}

impl Connector for Connecting {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        CONNECTED.set(true);
        let begun = Instant::now();
        let connected = self.inner.connect(details, chained);
        let name = host_and_port(details.uri).unwrap_or_default();
        match &connected {
            Err(_) => self.addresses.forget(&name),
            Ok(_) if begun.elapsed() > SLOW => self.addresses.demote(&name),
            Ok(_) => {}
        }
        connected
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Instant;

    use super::{Addresses, KEPT};

    fn read(addresses: &[&str]) -> Vec<SocketAddr> {
        addresses.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_was_looked_up_is_kept_for_a_minute_or_until_nothing_connects() {
        let (addresses, now) = (Addresses::default(), Instant::now());
        let found = read(&["192.0.2.1:443"]);
        addresses.put("a:443", now, &found);
        assert_eq!(addresses.get("a:443", now), Some(found.clone()));
        assert_eq!(addresses.get("b:443", now), None);
        assert_eq!(addresses.get("a:443", now + KEPT), None);
        addresses.forget("a:443");
        assert_eq!(addresses.get("a:443", now), None);
    }

    #[test]
    fn a_dead_family_of_addresses_costs_little_and_only_once() {
        let (addresses, now) = (Addresses::default(), Instant::now());
        let found = read(&["[2001:db8::1]:443", "[2001:db8::2]:443", "192.0.2.1:443"]);
        addresses.put("a:443", now, &found);
        let turns = read(&["[2001:db8::1]:443", "192.0.2.1:443", "[2001:db8::2]:443"]);
        assert_eq!(addresses.get("a:443", now), Some(turns));
        addresses.demote("a:443");
        let first = addresses.get("a:443", now).unwrap();
        assert_eq!(first.first(), read(&["192.0.2.1:443"]).first());
    }
}
