//! Owns where requests may go: the installation's address, and which hosts may see the token.

use crate::http::{Uri, is_loopback};

/// The address of an installation's API, ending in `/api`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    scheme: &'static str,
    host: String,
    port: Option<u16>,
    path: String,
}

impl Base {
    /// Reads an address with or without `/api` or a trailing slash.
    pub(crate) fn parse(address: &str) -> Result<Self, String> {
        let uri: Uri = address
            .trim()
            .parse()
            .map_err(|_| "it is no address".to_owned())?;
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        if host.is_empty() {
            return Err("it names no host".to_owned());
        }
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err("it must not hold a user name".to_owned());
        }
        if uri.query().is_some() || address.contains('#') {
            return Err("it must not hold a query or a fragment".to_owned());
        }
        let scheme = match uri.scheme_str() {
            Some("https") => "https",
            Some("http") if is_loopback(&host) => "http",
            Some("http") => {
                return Err("http would show the token to the network; use https".to_owned());
            }
            _ => return Err("it must start with https://".to_owned()),
        };
        let path = uri.path().trim_end_matches('/');
        let path = if path.ends_with("/api") {
            path.to_owned()
        } else {
            format!("{path}/api")
        };
        Ok(Self {
            scheme,
            host,
            port: uri.port_u16(),
            path,
        })
    }

    /// The whole address of `path`, which starts with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{}{path}", self.scheme, self.authority(), self.path)
    }

    /// The installation's host, with its port where one was given.
    pub(crate) fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// Where a redirect from `current` leads, when the token may go there.
    pub(crate) fn follow(&self, current: &str, location: &str) -> Result<String, String> {
        let absolute = absolute(current, location).ok_or_else(|| location.to_owned())?;
        let uri: Uri = absolute.parse().map_err(|_| location.to_owned())?;
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let named = uri
            .authority()
            .map_or_else(|| location.to_owned(), ToString::to_string);
        let same_port = uri.port_u16().or_else(|| default_port(uri.scheme_str()))
            == self.port.or_else(|| default_port(Some(self.scheme)));
        let userless = !named.contains('@');
        let allowed = uri.scheme_str() == Some(self.scheme)
            && same_port
            && userless
            && (host == self.host || (self.scheme == "https" && self.is_data_center(&host)));
        if !allowed {
            return Err(named);
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(format!("{}://{named}{path}", self.scheme))
    }

    /// Whether an address that the token may go to has the path of a call behind `/api`, and nothing more.
    pub(crate) fn leads_to(&self, url: &str, path: &str) -> bool {
        let Ok(uri) = url.parse::<Uri>() else {
            return false;
        };
        let base = uri.path().strip_suffix(path);
        uri.query().is_none() && base.is_some_and(|base| base == "/api" || base == self.path)
    }

    /// A data centre's own host: a number, then a dot, then the installation's host.
    /// Anything else below the host may belong to a user, and `7-acme.de` to anybody.
    fn is_data_center(&self, host: &str) -> bool {
        let public = ["cloud.codesphere.com", "codesphere.com"];
        let mut zones = vec![self.host.as_str()];
        if public.contains(&self.host.as_str()) {
            zones.extend(public);
        }
        zones.iter().any(|zone| {
            host.strip_suffix(zone)
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|number| {
                    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
                })
        })
    }
}

fn default_port(scheme: Option<&str>) -> Option<u16> {
    match scheme {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    }
}

fn absolute(current: &str, location: &str) -> Option<String> {
    if location.starts_with("//") || location.contains(['\\', ' ', '\t']) {
        return None;
    }
    if !location.starts_with('/') {
        return Some(location.to_owned());
    }
    let uri: Uri = current.parse().ok()?;
    Some(format!(
        "{}://{}{location}",
        uri.scheme_str()?,
        uri.authority()?
    ))
}

#[cfg(test)]
mod tests {
    use super::Base;

    #[test]
    fn an_address_is_taken_with_or_without_api_and_slash() {
        for address in [
            "https://cloud.codesphere.com",
            "https://cloud.codesphere.com/",
            "https://cloud.codesphere.com/api",
            "https://cloud.codesphere.com/api/",
        ] {
            assert_eq!(
                Base::parse(address).unwrap().url("/teams"),
                "https://cloud.codesphere.com/api/teams"
            );
        }
    }

    #[test]
    fn http_is_for_loopback_only() {
        assert!(Base::parse("http://127.0.0.1:8080/api").is_ok());
        assert!(Base::parse("http://[::1]:8080").is_ok());
        assert!(Base::parse("http://localhost").is_ok());
        for address in [
            "http://codesphere.example.com",
            "ftp://x",
            "codesphere.com",
            "",
            "https://",
            "https://me:x@codesphere.com",
            "https://codesphere.com/?a",
        ] {
            assert!(Base::parse(address).is_err(), "{address}");
        }
    }

    #[test]
    fn the_token_goes_to_the_installation_and_its_data_centers_only() {
        let base = Base::parse("https://cloud.codesphere.com").unwrap();
        let from = "https://cloud.codesphere.com/api/teams";
        for good in [
            "/api/other",
            "https://cloud.codesphere.com/api/x",
            "httPs://0777777777.codesphere.com/",
            "https://cloud.codesphere.com:443/api/x",
            "https://1.cloud.codesphere.com/api/x",
            "https://5.codesphere.com/api/x",
        ] {
            let followed = base.follow(from, good).unwrap();
            assert!(followed.starts_with("https://"), "{followed}");
        }
        for bad in [
            "http://cloud.codesphere.com/api/x",
            "https://cloud.codesphere.com:8443/api/x",
            "https://149-3000.1.cloud.codesphere.com/api/x",
            "https://12-cloud.codesphere.com/api/x",
            "https://7-codesphere.com/api/x",
            "https://evil.com/api/x",
            "https://1.evil.com/api/x",
            "https://xcloud.codesphere.com/x",
            "https://.cloud.codesphere.com/x",
            "https://x@cloud.codesphere.com/api",
            "//evil.com/api/x",
            "https://1.1.cloud.codesphere.com/",
            "javascript:alert(1)",
            "https://cloud.codesphere.com@evil.com/",
            "",
        ] {
            assert!(base.follow(from, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_redirected_write_keeps_its_path_behind_api() {
        let base = Base::parse("https://cs.example.com/below").unwrap();
        let leads = |url: &str| base.leads_to(url, "/workspaces/7");
        assert!(leads("https://1.cs.example.com/api/workspaces/7"));
        assert!(leads("https://1.cs.example.com/below/api/workspaces/7"));
        for other in [
            "https://cs.example.com/api/workspaces/8",
            "https://cs.example.com/api/workspaces/7/",
            "https://cs.example.com/api/workspaces/7?force=1",
            "https://cs.example.com/api/workspaces/77",
            "https://cs.example.com/api/workspaces/8/api/workspaces/7",
            "https://cs.example.com/workspaces/7",
            "nonsense",
        ] {
            assert!(!leads(other), "{other}");
        }
    }

    #[test]
    fn a_private_installation_has_its_own_data_centers() {
        let base = Base::parse("https://cs.example.com:8443").unwrap();
        let from = "https://cs.example.com:8443/api/teams";
        assert!(
            base.follow(from, "https://2.cs.example.com:8443/api/x")
                .is_ok()
        );
        assert!(
            base.follow(from, "https://2.codesphere.com:8443/api/x")
                .is_err()
        );
        assert!(base.follow(from, "https://2.cs.example.com/api/x").is_err());
    }
}
