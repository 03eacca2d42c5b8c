//! The text format 0.0.4 of Prometheus.

use std::fmt::{Display, Write as _};

/// Labels of a sample.
pub type Labels<'a> = &'a [(&'a str, &'a str)];

/// A page in the making. Samples belong to the family that was begun last.
#[derive(Default)]
pub struct Page {
    text: String,
    family: &'static str,
}

impl Page {
    /// Begins a family.
    pub fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.family = name;
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// Adds a sample.
    pub fn sample(&mut self, labels: Labels<'_>, value: impl Display) {
        self.sample_of("", labels, value);
    }

    /// Adds a sample whose name has an ending, such as `_sum`.
    pub fn sample_of(&mut self, ending: &str, labels: Labels<'_>, value: impl Display) {
        let family = self.family;
        self.line(format_args!("{family}{ending}"));
        for (index, (name, text)) in labels.iter().enumerate() {
            let before = if index == 0 { '{' } else { ',' };
            self.line(format_args!("{before}{name}=\"{}\"", escaped(text)));
        }
        let after = if labels.is_empty() { "" } else { "}" };
        self.line(format_args!("{after} {value}\n"));
    }

    /// The page.
    pub fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("writing to a string does not fail");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_families_of_samples() {
        let mut page = Page::default();
        page.family("a_total", "counter", "How many.");
        page.sample(&[], 3);
        page.sample(&[("x", "q\"\\\n"), ("y", "")], 0.5);
        page.family("b", "summary", "How long.");
        page.sample_of("_sum", &[("op", "o")], 1.25);
        let expected = "# HELP a_total How many.\n# TYPE a_total counter\na_total 3\n\
            a_total{x=\"q\\\"\\\\\\n\",y=\"\"} 0.5\n# HELP b How long.\n# TYPE b summary\nb_sum{op=\"o\"} 1.25\n";
        assert_eq!(page.finish(), expected);
    }
}
