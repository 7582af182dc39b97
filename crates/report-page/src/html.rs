//! Writes HTML: markup is constant, and text from anywhere is escaped.

use cli_kit::report::visible;

/// Characters that fit on a line of a phone.
const SHORT: usize = 24;

/// A page that is being written.
#[derive(Debug, Default)]
pub struct Html(String);

/// A name, and its value.
pub type Fact<'a> = (&'a str, &'a dyn Fn(&mut Html));

/// A judgement. Shown as a symbol and a word; colour only repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// As it should be.
    Good,
    /// A person should read this.
    Warning,
    /// Refused, expired, wrong.
    Bad,
    /// Not judged: left out, or not known.
    Open,
}

impl Mark {
    /// The class in the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Open => "open",
        }
    }

    /// Characters of every common font, drawn in the colour of the text.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warning => "!",
            Self::Bad => "✕",
            Self::Open => "–",
        }
    }
}

impl Html {
    /// Text from anywhere.
    pub fn text(&mut self, text: &str) {
        for char in visible(text).chars() {
            match char {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                _ => self.0.push(char),
            }
        }
    }

    /// A sentence from anywhere. Text between two backticks is set as code.
    pub fn prose(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, code, behind)) = rest
            .split_once('`')
            .and_then(|(before, rest)| rest.split_once('`').map(|it| (before, it.0, it.1)))
        {
            self.text(before);
            // browsers break lines after hyphens, but `--at` is one word
            let short: &[_] = if code.chars().count() <= SHORT { &[("class", "short")] } else { &[] };
            self.element("code", short, |html| html.text(code));
            rest = behind;
        }
        self.text(rest);
    }

    /// A value to compare or copy: a digest, a fingerprint, a command. One click selects all of it.
    pub fn value(&mut self, text: &str) {
        self.element("code", &[("class", "value")], |html| html.text(text));
    }

    /// A SHA-256, in lines of equal length if it does not fit on one, to be compared easily.
    pub fn digest(&mut self, hex: &str) {
        self.element("code", &[("class", "value digest")], |html| html.text(hex));
    }

    /// A verdict: symbol and word.
    pub fn mark(&mut self, mark: Mark, word: &str) {
        self.element("span", &[("class", &format!("mark {}", mark.class()))], |html| {
            html.element("span", &[("class", "symbol"), ("aria-hidden", "true")], |html| {
                html.text(mark.symbol());
            });
            html.text(" ");
            html.text(word);
        });
    }

    /// An element with its content. Values of attributes are escaped like text.
    pub fn element(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        inside: impl FnOnce(&mut Self),
    ) {
        self.open(name, attributes);
        inside(self);
        self.0.extend(["</", name, ">"]);
        if !matches!(name, "span" | "code" | "strong") {
            self.0.push('\n');
        }
    }

    /// A start tag, which is the whole of an element like `meta`.
    pub(crate) fn open(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.0.extend(["<", name]);
        for (name, value) in attributes {
            self.0.extend([" ", name, "=\""]);
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.element("p", &[], |html| html.prose(text));
    }

    /// A note on its surroundings, in quieter type.
    pub fn note(&mut self, text: &str) {
        self.element("p", &[("class", "note")], |html| html.prose(text));
    }

    /// A part of the page with its heading.
    pub fn section(&mut self, heading: &'static str, inside: impl FnOnce(&mut Self)) {
        self.element("section", &[], |html| {
            html.element("h2", &[], |html| html.text(heading));
            inside(html);
        });
    }

    /// A heading within a section.
    pub fn heading(&mut self, heading: &str) {
        self.element("h3", &[], |html| html.text(heading));
    }

    /// A list of facts.
    pub fn facts(&mut self, facts: &[Fact<'_>]) {
        self.element("dl", &[], |html| {
            for (name, fact) in facts {
                html.element("dt", &[], |html| html.text(name));
                html.element("dd", &[], |html| fact(html));
            }
        });
    }

    /// Items, each with the same mark.
    pub fn list<'a>(&mut self, mark: Mark, items: impl IntoIterator<Item = &'a str>) {
        // Safari drops the role of a list without bullets
        self.element("ul", &[("class", mark.class()), ("role", "list")], |html| {
            for item in items {
                html.element("li", &[], |html| {
                    html.element("span", &[("class", "symbol"), ("aria-hidden", "true")], |html| {
                        html.text(mark.symbol());
                    });
                    html.text(" ");
                    html.prose(item);
                });
            }
        });
    }

    /// Constant markup: the style sheet.
    pub(crate) fn constant(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Html)) -> String {
        let mut html = Html::default();
        write(&mut html);
        html.into_string()
    }

    #[test]
    fn text_never_becomes_markup() {
        let hostile = "<script>alert('x')</script>&amp;\"\u{202e}\u{0}\n";
        let shown = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;&quot;\\u{202e}\\u{0}\\n";
        assert_eq!(written(|html| html.text(hostile)), shown);
        assert_eq!(written(|html| html.value(hostile)), format!("<code class=\"value\">{shown}</code>"));
        let attribute = written(|html| html.element("span", &[("title", hostile)], |_| ()));
        assert_eq!(attribute, format!("<span title=\"{shown}\"></span>"));
    }

    #[test]
    fn backticks_set_code_and_nothing_else() {
        assert_eq!(
            written(|html| html.prose("`<b>`: see ``, ` alone")),
            "<code class=\"short\">&lt;b&gt;</code>: see <code class=\"short\"></code>, ` alone"
        );
    }

    #[test]
    fn a_verdict_is_a_word_too() {
        let shown = written(|html| html.mark(Mark::Bad, "refused"));
        assert_eq!(
            shown,
            "<span class=\"mark bad\"><span class=\"symbol\" aria-hidden=\"true\">✕</span> refused</span>"
        );
    }
}
