//! The signature of a delivery: HMAC-SHA256 over its time and its body, so that neither is somebody else's, nor of long ago.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The value of `X-Outbound-Signature` for a body that is sent at a time, in seconds since 1970: `t=TIME,v1=HEX`, where HEX is the
/// HMAC-SHA256 of `TIME.BODY` with the webhook's secret.
pub fn signature(secret: &str, time_s: i64, body: &str) -> String {
    // A key may have any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{time_s}.{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|octet| format!("{octet:02x}")).collect();
    format!("t={time_s},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_other_programs_make_of_the_same() {
        // printf '1767225600.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let signed = signature("0123456789abcdef", 1_767_225_600, "{\"a\":1}");
        assert_eq!(
            signed,
            "t=1767225600,v1=539b0e21b535c5201ef7d1453c0a0de4ad132293226de9018be0cfbf0092faa6"
        );
    }
}
