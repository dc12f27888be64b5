//! Under which name an image is pulled.

use crate::Config;

/// An image as a template names it, by the name under which this cluster pulls it.
pub(super) fn pulled(config: &Config, image: &str) -> String {
    let (registry, path) = match image.split_once('/') {
        // A first part without dot, port or "localhost" is no registry.
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), rest),
        _ => (None, image),
    };
    match (registry, &config.default_registry) {
        (Some(registry), _) => {
            let mirror = config.registry_mirrors.get(registry).map_or(registry, String::as_str);
            format!("{mirror}/{path}")
        }
        (None, Some(default)) => format!("{default}/{path}"),
        (None, None) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_replace_registries_and_nothing_else() {
        let mut config = Config::new("sandboxes", "agent:1");
        assert_eq!(pulled(&config, "lab:1.4"), "lab:1.4");
        config.default_registry = Some("mirror.example.com/library".to_owned());
        config.registry_mirrors.insert("registry.example.com".to_owned(), "mirror.example.com".to_owned());
        for (named, expected) in [
            ("lab:1.4", "mirror.example.com/library/lab:1.4"),
            ("team/lab@sha256:00", "mirror.example.com/library/team/lab@sha256:00"),
            ("registry.example.com/team/lab:1", "mirror.example.com/team/lab:1"),
            ("other.example.com:5000/lab:1", "other.example.com:5000/lab:1"),
        ] {
            assert_eq!(pulled(&config, named), expected);
        }
    }
}
