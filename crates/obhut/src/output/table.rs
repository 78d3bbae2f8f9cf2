//! A list for a person: columns under their headings, as wide as what stands in them.
use std::fmt;

/// Rows under headings.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    empty: String,
}

/// Between two columns.
const GAP: usize = 2;

impl Table {
    /// A table with these headings.
    pub(crate) fn new<'h>(headings: impl IntoIterator<Item = &'h str>) -> Self {
        Self { rows: vec![headings.into_iter().map(str::to_owned).collect()], empty: String::new() }
    }
    /// What is said when there is no row.
    pub(crate) fn or(mut self, empty: &str) -> Self {
        empty.clone_into(&mut self.empty);
        self
    }
    /// Adds a row. What would break the line is shown as a space.
    pub(crate) fn row<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let clean =
            |cell: C| cell.into().chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        self.rows.push(cells.into_iter().map(clean).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.len() < 2 {
            return f.write_str(&self.empty);
        }
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count()) + GAP));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let mut table = Table::new(["NAME", "ID"]).or("nothing\n");
        assert_eq!(table.to_string(), "nothing\n");
        table.row(["Müller", "1"]);
        table.row(["A\nB", "22"]);
        assert_eq!(table.to_string(), "NAME    ID\nMüller  1\nA B     22\n");
    }
}
