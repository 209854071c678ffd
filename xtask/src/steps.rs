//! Steps: commands that are run one after another, or in two rows at the same time, each with its name, outcome and time,
//! and a summary at the end.

use std::ffi::OsStr;
use std::io::{self, Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What became of a step.
enum Outcome {
    Failed,
    Passed,
    Skipped(String),
}

/// Steps that ran, in order.
pub(crate) struct Steps {
    done: Vec<(String, Outcome, Duration)>,
    started: Instant,
    /// Whether others run at the same time: what a command says is then printed whole, once it has ended.
    is_beside: bool,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self { done: Vec::new(), started: Instant::now(), is_beside: false }
    }

    /// Runs two rows of steps at the same time: many a command keeps one core busy, and leaves the others idle. A row that
    /// panics keeps what it has done, and fails.
    pub(crate) fn beside(
        &mut self,
        first: impl FnOnce(&mut Self) + Send,
        second: impl FnOnce(&mut Self) + Send,
    ) {
        let (first, second) = thread::scope(|scope| {
            let other = scope.spawn(move || Self::row("the second row of steps", second));
            (Self::row("the first row of steps", first), other.join())
        });
        let second = second.unwrap_or_else(|panic| resume_unwind(panic));
        self.done.extend(first.into_iter().chain(second));
    }

    /// Runs one of two rows; gives what became of its steps.
    fn row(name: &str, run: impl FnOnce(&mut Self)) -> Vec<(String, Outcome, Duration)> {
        let mut steps = Self { is_beside: true, ..Self::new() };
        // Steps are only added to a list, which is whole whenever a row stops.
        if catch_unwind(AssertUnwindSafe(|| run(&mut steps))).is_err() {
            steps.record(name, Err("it panicked".to_string()));
        }
        steps.done
    }

    /// Runs a command in the workspace's root; a failure is remembered and later steps run all the same.
    pub(crate) fn run(&mut self, name: &str, command: &mut Command) -> bool {
        let is_beside = self.is_beside;
        self.time(name, command, |command| {
            if !is_beside {
                return command.status().map(|status| (status.success(), Vec::new()));
            }
            whole(command)
        })
    }

    /// As `run`, for a command that says much: of that, only lines that are worth keeping are printed, unless it fails.
    pub(crate) fn run_quietly(&mut self, name: &str, command: &mut Command, keep: fn(&str) -> bool) -> bool {
        self.time(name, command, |command| {
            let (passed, said) = whole(command)?;
            let text = String::from_utf8_lossy(&said);
            let kept = text.lines().filter(|line| !passed || keep(line));
            Ok((passed, kept.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()))
        })
    }

    /// Times a step, which gives whether it passed and what is still to be printed of it.
    fn time(
        &mut self,
        name: &str,
        command: &mut Command,
        run: impl FnOnce(&mut Command) -> io::Result<(bool, Vec<u8>)>,
    ) -> bool {
        println!("\n== {name}: {}", line(command));
        let started = Instant::now();
        let (passed, said) = run(command.current_dir(root())).unwrap_or_else(|error| {
            let program = command.get_program().to_string_lossy();
            (false, format!("{program} cannot be run: {error}\n").into_bytes())
        });
        let time = started.elapsed();
        let mut out = io::stdout().lock();
        if self.is_beside && !said.is_empty() {
            let _ = writeln!(out, "\n== {name}, what it said:");
        }
        let _ = out.write_all(&said);
        let word = if passed { "passed" } else { "FAILED" };
        let _ = writeln!(out, "== {name}: {word} in {:.1} s", time.as_secs_f64());
        self.done.push((name.to_string(), if passed { Outcome::Passed } else { Outcome::Failed }, time));
        passed
    }

    /// Remembers what became of a step that is no command.
    pub(crate) fn record(&mut self, name: &str, outcome: Result<(), String>) {
        let passed = match outcome {
            Ok(()) => true,
            Err(message) => {
                println!("\n== {name}: FAILED: {message}");
                false
            }
        };
        let outcome = if passed { Outcome::Passed } else { Outcome::Failed };
        self.done.push((name.to_string(), outcome, Duration::ZERO));
    }

    /// Remembers that a step could not run because a tool is missing: a failure where `CI=true`, else a skip that the
    /// summary counts.
    pub(crate) fn missing(&mut self, name: &str, what: &str) {
        let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        println!("\n== {name}: {} {what}", if in_ci { "FAILED:" } else { "skipped:" });
        let outcome = if in_ci { Outcome::Failed } else { Outcome::Skipped(what.to_string()) };
        self.done.push((name.to_string(), outcome, Duration::ZERO));
    }

    /// Prints the summary, if there is more than one step to sum up, and gives the exit code.
    pub(crate) fn finish(self) -> ExitCode {
        let count =
            |wanted: fn(&Outcome) -> bool| self.done.iter().filter(|(_, outcome, _)| wanted(outcome)).count();
        let failed = count(|outcome| matches!(outcome, Outcome::Failed));
        if self.done.len() > 1 {
            println!("\n== summary");
            for (name, outcome, time) in &self.done {
                let word = match outcome {
                    Outcome::Failed => "FAILED".to_string(),
                    Outcome::Passed => format!("passed {:>7.1} s", time.as_secs_f64()),
                    Outcome::Skipped(what) => format!("skipped ({what})"),
                };
                println!("   {name:<28} {word}");
            }
            println!(
                "== {} passed, {failed} failed, {} skipped in {:.0} s",
                count(|outcome| matches!(outcome, Outcome::Passed)),
                count(|outcome| matches!(outcome, Outcome::Skipped(_))),
                self.started.elapsed().as_secs_f64(),
            );
        }
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// The cargo that runs this, with arguments.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Runs a command and keeps all that it says, in the order in which it says it.
fn whole(command: &mut Command) -> io::Result<(bool, Vec<u8>)> {
    let (mut reader, writer) = io::pipe()?;
    let mut child = command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer).spawn()?;
    // The command holds the ends that are written to, and what is read ends only once nobody does.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut said = Vec::new();
    reader.read_to_end(&mut said)?;
    Ok((child.wait()?.success(), said))
}

/// Whether a program answers.
pub(crate) fn answers(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    let words = command.get_args().map(|word| word.to_string_lossy());
    std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
}
