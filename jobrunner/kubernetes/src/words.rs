//! The cluster's words, made fit for a cause: one line, not too long.

/// The longest text that is passed on, in characters.
const CHARACTERS_MAX: usize = 300;

/// A text as one line of bounded length; none when it says nothing.
pub(crate) fn short(text: &str) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= CHARACTERS_MAX {
        return (!line.is_empty()).then_some(line);
    }
    Some(line.chars().take(CHARACTERS_MAX - 1).chain(['…']).collect())
}

/// `CPU, memory and disk`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_one_bounded_line() {
        assert_eq!(short(" a\n  b\t"), Some("a b".to_owned()));
        assert_eq!(short("\n"), None);
        let long = short(&"汉".repeat(1000)).unwrap();
        assert_eq!((long.chars().count(), long.chars().last()), (CHARACTERS_MAX, Some('…')));
    }

    #[test]
    fn lists_end_in_and() {
        let of = |items: &[&str]| list(&items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[]), "");
        assert_eq!(of(&["CPU"]), "CPU");
        assert_eq!(of(&["CPU", "memory", "disk"]), "CPU, memory and disk");
    }
}
