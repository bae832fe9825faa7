//! What is said about a key that nobody knows.

use figment::error::Kind;

/// The error of a config, with the nearest known key where the key is unknown.
pub(crate) fn with_nearest(error: figment::Error) -> anyhow::Error {
    let Kind::UnknownField(field, known) = &error.kind else {
        return anyhow::Error::msg(error.to_string());
    };
    // The path ends with the field itself where figment knows it, and above it where it does not.
    let above = error.path.iter().filter(|part| !part.eq_ignore_ascii_case(field)).cloned();
    let place = above.chain([field.clone()]).collect::<Vec<_>>().join(".");
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
