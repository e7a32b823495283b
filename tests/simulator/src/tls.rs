//! The certificate authority behind every certificate that the proxy shows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// An authority of its own, and the certificates that it has signed.
pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    stranger: Issuer<'static, KeyPair>,
    key: KeyPair,
    certificates: Mutex<BTreeMap<(String, Signer), Shown>>,
}

/// Who vouches for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signer {
    /// Our authority.
    Ours,
    /// An authority that nobody trusts.
    Stranger,
    /// The server itself, as an authority of its own.
    Itself,
}

/// What a server shows, and the same as text.
#[derive(Clone)]
struct Shown {
    configuration: Arc<ServerConfig>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let (pem, issuer) = authority("Codesphere simulator");
        let (_, stranger) = authority("Nobody's authority");
        let key = KeyPair::generate().expect("a key is made");
        Self {
            pem,
            issuer,
            stranger,
            key,
            certificates: Mutex::default(),
        }
    }

    /// The authority's certificate.
    pub(crate) fn pem(&self) -> String {
        self.pem.clone()
    }

    /// What a server for the host needs.
    pub(crate) fn configuration(&self, host: &str, signer: Signer) -> Arc<ServerConfig> {
        self.shown(host, signer).configuration
    }

    /// The certificate that a server for the host shows.
    pub(crate) fn certificate(&self, host: &str, signer: Signer) -> String {
        self.shown(host, signer).pem
    }

    fn shown(&self, host: &str, signer: Signer) -> Shown {
        let mut cache = self
            .certificates
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let key = (host.to_owned(), signer);
        let made = cache.entry(key);
        made.or_insert_with(|| self.make(host, signer)).clone()
    }

    fn make(&self, host: &str, signer: Signer) -> Shown {
        let mut params = CertificateParams::new([host.to_owned()]).expect("a host's name");
        params.distinguished_name.push(DnType::CommonName, host);
        params.use_authority_key_identifier_extension = true;
        let certificate = match signer {
            Signer::Ours => params.signed_by(&self.key, &self.issuer),
            Signer::Stranger => params.signed_by(&self.key, &self.stranger),
            Signer::Itself => {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                params.self_signed(&self.key)
            }
        }
        .expect("a certificate is signed");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let mut configuration =
            ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("the provider knows the protocol's versions")
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], key)
                .expect("the key fits the certificate");
        configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
        Shown {
            configuration: Arc::new(configuration),
            pem: certificate.pem(),
        }
    }
}

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().expect("a key is made");
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key).expect("a certificate is signed");
    (certificate.pem(), Issuer::new(params, key))
}
