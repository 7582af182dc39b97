//! Chromium looks at a page, where it is installed: too heavy to be a prerequisite.

use story_tests::Story;

const FLAGS: &str = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir=$PWD/tmp/browser";

/// A page around the page: shows it in a frame as narrow as a phone, and writes down how wide it became, whatever it
/// tried to load (the browser lists attempts that the page's policy stopped, too), and its title.
const FRAME: &str = r#"<!DOCTYPE html><body><script>
const frame = document.createElement("iframe");
frame.style = "border: 0; width: 360px; height: 700px";
frame.onload = () => {
    const shown = frame.contentWindow, measured = document.createElement("pre");
    measured.textContent = "MEASURED " + JSON.stringify({
        wide: shown.document.documentElement.scrollWidth <= shown.innerWidth && shown.innerWidth == 360 ? "fits" : "scrolls",
        loaded: shown.performance.getEntriesByType("resource").map(entry => entry.name),
        title: shown.document.title,
    });
    document.body.append(measured);
};
frame.srcdoc = PAGE;
document.body.append(frame);
</script>"#;

/// Fails if the page is wider than a phone, loads something or runs a script.
pub fn judge(story: &Story, page: &str) {
    let html = String::from_utf8(story.read(page)).unwrap();
    let Some(clean) = measured(story, &html) else {
        eprintln!("skipped: no Chromium here to look at `{page}`: `apt-get install chromium`");
        return;
    };
    assert_eq!((&clean["wide"], &clean["loaded"]), (&"fits".into(), &serde_json::json!([])), "{clean}");
    // the judge sees what there is to see; and were there a script in the page, the policy would not let it run
    let trap = "<main><img src=\"http://127.0.0.1:9/x\"><script>document.title = 'ran'</script><p>";
    let trapped = html.replacen("<main>", trap, 1);
    let stopped = measured(story, &trapped).unwrap();
    assert_eq!(stopped["loaded"], serde_json::json!(["http://127.0.0.1:9/x"]));
    assert_eq!(stopped["title"], clean["title"]);
    let free = trapped.replacen("Content-Security-Policy", "x", 1);
    assert_eq!(measured(story, &free).unwrap()["title"], "ran");
    let long = html.replacen("<main>", &format!("<main><pre>{}</pre>", "x".repeat(500)), 1);
    assert_eq!(measured(story, &long).unwrap()["wide"], "scrolls");
}

fn measured(story: &Story, html: &str) -> Option<serde_json::Value> {
    let page = serde_json::to_string(html).unwrap().replace("</", "<\\/");
    story.write("frame.html", FRAME.replacen("PAGE", &page, 1));
    let dumped = story.does(&format!(
        "browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || exit 0
         timeout 60 $browser {FLAGS} --dump-dom file://$PWD/frame.html 2>/dev/null"
    ));
    if dumped.is_empty() {
        return None;
    }
    let json = dumped.split("<pre>MEASURED ").nth(1).and_then(|rest| rest.split("</pre>").next());
    let json = json.unwrap_or_else(|| panic!("nothing was measured: {dumped:.2000}"));
    Some(serde_json::from_str(&json.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")).unwrap())
}
