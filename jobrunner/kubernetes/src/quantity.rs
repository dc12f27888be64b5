//! Kubernetes' amounts (`500m`, `2Gi`, `1e3`) as numbers.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

const SUFFIXES: [(&str, f64); 15] = [
    ("Ki", 1024.0),
    ("Mi", 1024.0 * 1024.0),
    ("Gi", 1024.0 * 1024.0 * 1024.0),
    ("Ti", 1024.0 * 1024.0 * 1024.0 * 1024.0),
    ("Pi", 1024.0 * 1024.0 * 1024.0 * 1024.0 * 1024.0),
    ("Ei", 1024.0 * 1024.0 * 1024.0 * 1024.0 * 1024.0 * 1024.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
];
const MIB: f64 = 1024.0 * 1024.0;
const MILLIS: f64 = 1000.0;

/// Thousandths, rounded up: what is asked for is not undercounted.
pub(crate) fn millis(quantity: &Quantity) -> u64 {
    whole(exact(value(quantity) * MILLIS).ceil())
}

/// MiB, rounded up.
pub(crate) fn mib(quantity: &Quantity) -> u64 {
    whole(exact(value(quantity) / MIB).ceil())
}

/// MiB, rounded down: what there is is not overcounted.
pub(crate) fn whole_mib(quantity: &Quantity) -> u64 {
    whole(exact(value(quantity) / MIB).floor())
}

/// A count.
pub(crate) fn count(quantity: &Quantity) -> u64 {
    whole(value(quantity))
}

/// The number; 0 for what is no amount.
fn value(quantity: &Quantity) -> f64 {
    let text = quantity.0.trim();
    let suffix = SUFFIXES.iter().find(|(suffix, _)| text.ends_with(suffix));
    let (number, factor) = match suffix {
        Some((suffix, factor)) => (text.strip_suffix(suffix).unwrap_or(text), *factor),
        None => (text, 1.0),
    };
    number.parse::<f64>().map_or(0.0, |number| number * factor)
}

/// Without the last digits, in which a decimal fraction is never exact.
fn exact(value: f64) -> f64 {
    const DIGITS: f64 = 1e6;
    (value * DIGITS).round() / DIGITS
}

fn whole(value: f64) -> u64 {
    // Casts of floats saturate, and a negative amount is none.
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read() {
        let quantity = |text: &str| Quantity(text.to_owned());
        for (text, expected) in
            [("500m", 500), ("2", 2000), ("1500u", 2), ("1e1", 10_000), ("0", 0), ("x", 0)]
        {
            assert_eq!(millis(&quantity(text)), expected, "{text}");
        }
        for (text, up, down) in [
            ("128Mi", 128, 128),
            ("2Gi", 2048, 2048),
            ("131896332Ki", 128_806, 128_805),
            ("1G", 954, 953),
            ("1", 1, 0),
            ("-1Mi", 0, 0),
        ] {
            assert_eq!((mib(&quantity(text)), whole_mib(&quantity(text))), (up, down), "{text}");
        }
        assert_eq!(count(&quantity("4")), 4);
    }
}
