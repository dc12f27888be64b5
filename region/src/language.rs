//! The language in which people are spoken to.

/// The product's two languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese.
    Zh,
    /// English.
    En,
}

impl Language {
    /// The language that this process's environment asks for: `LC_ALL`, `LC_MESSAGES`, `LANG`, in this order.
    #[must_use]
    pub fn of_environment() -> Self {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let locale = names.iter().find_map(|name| std::env::var(name).ok().filter(|text| !text.is_empty()));
        Self::of_locale(locale.as_deref().unwrap_or_default())
    }

    /// Chinese for every Chinese locale, English for all others.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") { Self::Zh } else { Self::En }
    }

    /// The text in this language.
    #[must_use]
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn chinese_locales_are_chinese_and_all_others_english() {
        for locale in ["zh_CN.UTF-8", "zh", "zh-Hans", "ZH_TW"] {
            assert_eq!(Language::of_locale(locale), Language::Zh, "{locale}");
        }
        for locale in ["C.UTF-8", "en_GB", "", "de_DE@euro", "zhx"] {
            assert_eq!(Language::of_locale(locale), Language::En, "{locale}");
        }
    }
}
