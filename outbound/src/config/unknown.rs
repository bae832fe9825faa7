//! What is said about a key that nobody knows.

use figment::error::Kind;

/// The error of a config, with the nearest known key where the key is unknown.
pub(crate) fn with_nearest(error: figment::Error) -> anyhow::Error {
    let Kind::UnknownField(field, known) = &error.kind else {
        return anyhow::Error::msg(error.to_string());
    };
    let place = error.path.iter().chain([field]).cloned().collect::<Vec<_>>().join(".");
    match known.iter().max_by(|a, b| similarity(field, a).total_cmp(&similarity(field, b))) {
        Some(nearest) => {
            anyhow::anyhow!("unknown key `{place}`: did you mean `{nearest}`? (known: {})", known.join(", "))
        }
        None => anyhow::anyhow!("unknown key `{place}`"),
    }
}

fn similarity(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(a, b)
}
