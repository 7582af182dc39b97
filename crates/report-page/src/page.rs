//! The page around everything: what a browser is told, the style, the verdict on top.

use crate::html::{Html, Mark};

/// `style-src` is for the one style sheet in the page: whatever a page were made to load is not loaded.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = include_str!("style.css");

/// A page that ends in a verdict, which it begins with.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// What kind of page it is: `Rehearsal of a boot`.
    pub kind: &'static str,
    /// What it is about: the name of a file.
    pub subject: &'a str,
    /// How it ended.
    pub mark: Mark,
    /// The same in words: `The guest would boot`.
    pub verdict: &'a str,
}

impl Page<'_> {
    /// The whole file. `lead` goes under the verdict, `body` holds the sections.
    pub fn write(&self, lead: impl FnOnce(&mut Html), body: impl FnOnce(&mut Html)) -> String {
        let Self { kind, subject, mark, verdict } = *self;
        let mut html = Html::default();
        html.constant("<!DOCTYPE html>\n");
        html.element("html", &[("lang", "en")], |html| {
            html.element("head", &[], |html| head(html, &format!("{verdict}: {subject}")));
            html.element("body", &[], |html| {
                html.element("header", &[("class", mark.class())], |html| {
                    html.element("p", &[("class", "kind")], |html| {
                        html.text(kind);
                        html.text(" · ");
                        html.text(subject);
                    });
                    html.element("h1", &[], |html| {
                        html.element("span", &[("class", "symbol"), ("aria-hidden", "true")], |html| {
                            html.text(mark.symbol());
                        });
                        html.text(" ");
                        html.text(verdict);
                    });
                    lead(html);
                });
                html.element("main", &[], body);
            });
        });
        html.into_string()
    }
}

fn head(html: &mut Html, title: &str) {
    html.open("meta", &[("charset", "utf-8")]);
    html.open("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]);
    html.open("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    html.open("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    html.open("meta", &[("name", "referrer"), ("content", "no-referrer")]);
    html.element("title", &[], |html| html.text(title));
    html.element("style", &[], |html| html.constant(STYLE));
}

#[cfg(test)]
mod tests;
