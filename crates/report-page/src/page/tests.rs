use super::*;

fn page() -> String {
    let page = Page { kind: "A test", subject: "</title><script>", mark: Mark::Bad, verdict: "It fails" };
    page.write(|html| html.text("lead"), |html| html.section("Part", |html| html.text("body")))
}

#[test]
fn the_page_is_complete_in_itself() {
    let page = page();
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{page:.200}");
    for word in ["<script", "src=", "href=", "url(", "http:", "https:", "@import", "@font-face", " style="] {
        assert!(!page.contains(word), "{word}");
    }
    let policy = page.find("Content-Security-Policy").unwrap();
    assert!(policy < page.find("<style>").unwrap(), "a policy holds for what follows it");
    assert!(page.contains("<title>It fails: &lt;/title&gt;&lt;script&gt;</title>"));
}

#[test]
fn headings_are_in_order() {
    let page = page();
    let at = |tag: &str| page.find(tag).unwrap();
    assert!(at("<h1") < at("<h2"));
    assert_eq!(page.matches("<h1").count(), 1);
}

/// Each theme's colours on its paper, by the formula of WCAG 2.2: text wants 4.5.
#[test]
fn every_colour_can_be_read_in_every_theme() {
    let themes: Vec<_> = STYLE.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    assert_eq!(themes.len(), 3, "light, dark, print");
    for theme in themes {
        let paper = luminance(colour(theme, "paper"));
        for name in ["ink", "quiet", "good", "warning", "bad", "open"] {
            let ink = luminance(colour(theme, name));
            let ratio = (paper.max(ink) + 0.05) / (paper.min(ink) + 0.05);
            assert!(ratio >= 4.5, "--{name}: {ratio:.2} in {theme}");
        }
    }
}

fn colour<'a>(theme: &'a str, name: &str) -> &'a str {
    theme.split(&format!("--{name}: #")).nth(1).unwrap().split(';').next().unwrap()
}

fn luminance(hex: &str) -> f64 {
    let wide: String =
        if hex.len() == 3 { hex.chars().flat_map(|c| [c, c]).collect() } else { hex.to_owned() };
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&wide[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}
