//! The frame of a page: settings for the browser, style, and the verdict at the top.

use crate::html::{Html, Mark};

/// Allows only the style sheet inside the page: nothing is loaded.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = include_str!("style.css");

/// A page with a verdict at the top.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The kind of page: `Rehearsal of a boot`.
    pub kind: &'static str,
    /// Its subject: the name of a file.
    pub subject: &'a str,
    /// The mark of the verdict.
    pub mark: Mark,
    /// The verdict in words: `The guest would boot`.
    pub verdict: &'a str,
}

impl Page<'_> {
    /// Returns the whole file. `lead` goes under the verdict, `body` contains the sections.
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
