//! The questions of age plugins, asked on our own terminal.

use age::Callbacks;
use age::secrecy::SecretString;
use contract_core::age_file::tidy;

use super::as_text;
use crate::prompt::{self, Wanted};
use crate::report::relay;

/// Prompts on the terminal; without one, the plugin gets no answer.
#[derive(Clone, Copy, Debug)]
pub struct Terminal;

const ANSWER: Wanted = Wanted { what: "what the plugin needs", otherwise: "run it on a terminal" };

impl Callbacks for Terminal {
    fn display_message(&self, message: &str) {
        relay(&tidy(message));
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let choice = no.map_or_else(|| format!("{yes}: enter"), |no| format!("{yes}: y, {no}: n"));
        match prompt::shown(ANSWER, &format!("{} ({choice}) ", tidy(message))).ok()?.as_str() {
            "y" | "Y" => Some(true),
            "" if no.is_none() => Some(true),
            _ => Some(false),
        }
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        prompt::shown(ANSWER, &format!("{}: ", tidy(description))).ok()
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        let typed = prompt::hidden(ANSWER, &format!("{}: ", tidy(description))).ok()?;
        as_text(typed, "the plugin").ok()
    }
}
