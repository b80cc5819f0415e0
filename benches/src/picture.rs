//! The tables' ratios as bars.

use std::fmt::Write;

use crate::table::{Cell, Table};

const WIDTH: f64 = 760.0;
const LEFT: f64 = 300.0;
const ROW: f64 = 20.0;

/// The value above which a bar is cut.
const MOST: f64 = 3.0;

/// One picture of the first ratio of each table.
pub(crate) fn draw(tables: &[Table], machine: &str) -> String {
    let mut body = String::new();
    let mut y = 30.0;
    for table in tables {
        y = draw_table(&mut body, table, y);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {0}\" width=\"{WIDTH}\" \
         height=\"{0}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}\
         <text x=\"10\" y=\"{y}\" fill=\"#666\" font-size=\"9\">{1}</text>\n</svg>\n",
        y + 12.0,
        escape(machine)
    )
}

fn draw_table(body: &mut String, table: &Table, mut y: f64) -> f64 {
    let ratio = |cells: &[Cell]| {
        let at = cells
            .iter()
            .position(|cell| matches!(cell, Cell::Ratio(_) | Cell::Figure(_, "", _)))?;
        match &cells[at] {
            Cell::Ratio(ratio) => Some((at, ratio.median)),
            Cell::Figure(value, ..) => Some((at, *value)),
            Cell::Text(_) => None,
        }
    };
    let bars = table
        .rows
        .iter()
        .filter_map(|(name, cells)| Some((name, ratio(cells)?)));
    let bars: Vec<_> = bars.collect();
    let Some((_, (column, _))) = bars.first() else {
        return y;
    };
    let title = format!("{}: {}", table.title, table.columns[*column]);
    let _ = writeln!(
        body,
        "<text x=\"10\" y=\"{y}\" font-weight=\"bold\">{}</text>",
        escape(&title)
    );
    let scale = (WIDTH - LEFT - 60.0) / MOST;
    let top = y + 6.0;
    for (name, (_, value)) in &bars {
        y += ROW;
        let colour = if name.contains("daemon-rt") || name.contains("Server") {
            "#c2410c"
        } else {
            "#94a3b8"
        };
        let length = value.clamp(0.0, MOST) * scale;
        let _ = writeln!(
            body,
            "<text x=\"{}\" y=\"{y}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{LEFT}\" y=\"{}\" width=\"{length:.1}\" height=\"14\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"{y}\">{value:.2}</text>",
            LEFT - 8.0,
            escape(name),
            y - 11.0,
            LEFT + length + 5.0
        );
    }
    let one = LEFT + scale;
    let _ = writeln!(
        body,
        "<path d=\"M{one:.1} {top}V{}\" stroke=\"#334155\" stroke-dasharray=\"3 3\"/>",
        y + 4.0
    );
    y + 2.0 * ROW
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
