//! The result of a measure, as a table for people.

use std::fmt;

use benches::Ratio;

/// One measure's results.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub title: String,
    pub columns: Vec<&'static str>,
    pub rows: Vec<(String, Vec<Cell>)>,
    /// A note that explains the figures.
    pub note: String,
}

#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Ratio(Ratio),
    /// A figure, its unit, and how many digits of it mean something.
    Figure(f64, &'static str, usize),
    Text(String),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(ratio) => ratio.fmt(f),
            Self::Figure(value, unit, digits) => write!(f, "{value:.digits$} {unit}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// As Markdown, with columns of one width.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self
            .rows
            .iter()
            .map(|(name, _)| name.len())
            .max()
            .unwrap_or(0);
        let cells = |at: usize| {
            self.rows
                .iter()
                .map(move |(_, cells)| cells[at].to_string().len())
        };
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| cells(at).chain([column.len()]).max().unwrap_or(0))
            .collect();
        writeln!(f, "## {}\n", self.title)?;
        write!(f, "| {:first$} |", "")?;
        for (column, width) in self.columns.iter().zip(&widths) {
            write!(f, " {column:>width$} |")?;
        }
        write!(f, "\n|{}|", "-".repeat(first + 2))?;
        for width in &widths {
            write!(f, "{}:|", "-".repeat(width + 1))?;
        }
        for (name, cells) in &self.rows {
            write!(f, "\n| {name:first$} |")?;
            for (cell, width) in cells.iter().zip(&widths) {
                write!(f, " {:>width$} |", cell.to_string())?;
            }
        }
        writeln!(f, "\n\n{}", self.note)
    }
}
