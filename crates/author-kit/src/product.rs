//! The product that `init` makes a folder for: named, or asked for.

use clap::Args;
use cli_kit::prompt::{self, Wanted};
use cli_kit::{Failure, Report};
use contract_pki::platform::Platform;

/// The product of the guest image.
#[derive(Args, Clone, Debug)]
pub struct ProductArguments {
    /// The product of your guest image: hpvs, ccrt, ccrv or ccco [default: asked for on a terminal]
    #[arg(long, help_heading = "Input")]
    platform: Option<Platform>,
}

const WANTED: Wanted = Wanted { what: "the platform", otherwise: HINT };
const HINT: &str =
    "name it: `--platform hpvs`, `ccrt`, `ccrv` or `ccco`; docs/platforms.md shows which product you have";

impl ProductArguments {
    /// The product, with a note if it ends. There is no default: a folder for another product makes contracts that its guests
    /// refuse.
    pub fn platform(&self, report: &Report) -> Result<Platform, Failure> {
        let platform = match self.platform {
            Some(platform) => platform,
            None if prompt::can_ask() => ask(report)?,
            None => {
                return Err(
                    Failure::usage("`--platform` is missing, and there is no terminal to ask").hint(HINT)
                );
            }
        };
        if let Some(note) = platform.end_note() {
            report.note(&note);
        }
        Ok(platform)
    }
}

fn ask(report: &Report) -> Result<Platform, Failure> {
    for platform in Platform::ALL {
        report.note(&format!("{platform}  {}", platform.product().title));
    }
    let answer = prompt::shown(WANTED, "which product is your guest image for? ")?;
    answer.trim().parse().map_err(|error: String| Failure::usage(error).hint(HINT))
}
