//! Runs started by a tool.

use std::process::Command;

/// The same run, started by a tool such as `taskset`.
pub(crate) fn under(tool: &str, args: &[&str], inner: &Command) -> Command {
    let mut command = Command::new(tool);
    command.args(args).arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}
