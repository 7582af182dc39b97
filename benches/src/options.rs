//! The command line.

pub const USAGE: &str = "\
usage: cargo run --release -p benches [-- ceremony|archive|all] [OPTIONS]

  --rounds N      rounds of the ceremony (default 30)
  --passes N      rounds of the archive (default 5)
  --megabytes N   size of the archive's folder (default 256)
  --large N       size of the folder of the second memory measurement, 0 for none (default 1024)";

/// Which bench to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Three binaries against the documented shell procedure.
    Ceremony,
    /// A folder to a token against a pipe.
    Archive,
    /// Both.
    All,
}

/// What to measure, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub what: What,
    pub rounds: usize,
    pub passes: usize,
    pub megabytes: u64,
    pub large: u64,
}

impl Options {
    pub fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self { what: What::All, rounds: 30, passes: 5, megabytes: 256, large: 1024 };
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            let mut number = || {
                let value = arguments.next().ok_or_else(|| format!("`{argument}` needs a number"))?;
                value.parse::<u64>().map_err(|_| format!("`{argument} {value}`: not a number"))
            };
            match argument {
                "ceremony" => options.what = What::Ceremony,
                "archive" => options.what = What::Archive,
                "all" => options.what = What::All,
                "--rounds" => options.rounds = at_least_one(number()?),
                "--passes" => options.passes = at_least_one(number()?),
                "--megabytes" => options.megabytes = number()?.max(1),
                "--large" => options.large = number()?,
                other => return Err(format!("unknown argument `{other}`")),
            }
        }
        Ok(options)
    }
}

fn at_least_one(number: u64) -> usize {
    usize::try_from(number).expect("a count fits into memory").max(1)
}
