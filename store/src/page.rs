//! Long lists, a page at a time.

use data_encoding::BASE64URL_NOPAD;

use crate::error::Error;

/// Most items of one page.
pub const PAGE_ITEMS_MAX: u32 = 1000;

/// Which page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Most items wanted, from 1 to [`PAGE_ITEMS_MAX`]; other values are moved into that range.
    pub limit: u32,
    /// [`Paged::next`] of the page before; none for the first.
    pub cursor: Option<String>,
}

impl Page {
    /// The first page.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self { limit, cursor: None }
    }

    pub(crate) fn items(&self) -> usize {
        self.limit.clamp(1, PAGE_ITEMS_MAX) as usize
    }

    /// The key after which the page begins.
    pub(crate) fn after(&self) -> Result<Option<String>, Error> {
        let wrong = || Error::refused("cursor", "not a cursor of this list; take `next` of the page before");
        let decode = |text: &String| {
            let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| wrong())?;
            String::from_utf8(bytes).map_err(|_| wrong())
        };
        self.cursor.as_ref().map(decode).transpose()
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::first(100)
    }
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

impl<T> Paged<T> {
    /// A page out of items of which one more than wanted was asked for.
    pub(crate) fn cut(mut items: Vec<T>, page: &Page, key: impl Fn(&T) -> String) -> Self {
        let more = items.len() > page.items();
        items.truncate(page.items());
        let last = items.last().filter(|_| more);
        let next = last.map(|item| BASE64URL_NOPAD.encode(key(item).as_bytes()));
        Self { items, next }
    }
}
