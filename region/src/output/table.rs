//! Tables for people: no frames, so that they can be copied and searched.

use comfy_table::{ContentArrangement, Table, presets};

/// A table with a header; an empty one is `nothing` in words.
#[must_use]
pub fn table<const N: usize>(header: [&str; N], rows: Vec<[String; N]>, nothing: &str) -> String {
    if rows.is_empty() {
        return nothing.to_owned();
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.map(str::to_uppercase));
    table.add_rows(rows);
    flush_left(&table)
}

/// Names and values, one a line.
#[must_use]
pub fn fields(rows: Vec<(&str, String)>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.add_rows(rows.into_iter().map(|(name, value)| [name.to_owned(), value]));
    flush_left(&table)
}

/// Without the padding that the first and last column bring along.
fn flush_left(table: &Table) -> String {
    table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_in_both_scripts() {
        let rows = vec![["青椒".to_owned(), "x".to_owned()], ["pepper".to_owned(), "y".to_owned()]];
        let shown = table(["name", "value"], rows, "none");
        assert_eq!(shown, "NAME    VALUE\n青椒    x\npepper  y\n");
    }

    #[test]
    fn nothing_is_said_in_words() {
        assert_eq!(table(["name"], Vec::new(), "no templates yet"), "no templates yet");
    }
}
