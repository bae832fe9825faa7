//! Certificate and key of the TLS listener.

use std::io;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{self, ServerConfig};

/// What the server shows of itself to clients that come by TLS 1.2 or 1.3.
#[derive(Clone)]
pub struct Tls {
    pub(super) acceptor: TlsAcceptor,
}

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file is no PEM, or holds no certificate.
    #[error("no certificate: PEM with at least one block BEGIN CERTIFICATE expected")]
    NoCertificate,
    /// The key file is no PEM, or holds no private key.
    #[error("no private key: PEM with an unencrypted block BEGIN PRIVATE KEY expected")]
    NoKey,
    /// The two do not belong together, or are of a kind that is not known.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

impl Tls {
    /// Takes the certificate with its chain, the own one first, and its private key, both as PEM.
    ///
    /// # Errors
    /// [`TlsError`] says which of the two cannot be used.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsError::NoCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

impl Tls {
    /// The handshake with a client, for a front door of another protocol. It is not bounded in time.
    ///
    /// # Errors
    /// The client speaks no TLS, or none that is spoken here; or the connection is gone.
    pub async fn accept(
        &self,
        stream: TcpStream,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Unpin + Send + 'static + use<>> {
        self.acceptor.accept(stream).await
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls(...)")
    }
}
