//! A child process that never outlives this one, nor do its own.
//!
//! On Unix it is started by a shell as the leader of a process group of its own. The shell leaves a guard behind in
//! that group: a second shell that waits for the other end of the child's standard error, a socket that nothing but this
//! process holds, to be closed. That happens when this process ends, in whatever way: by itself, by `exit` in the middle
//! of a run, by Ctrl-C, by SIGKILL. The guard then kills its whole group, itself included. Only what leaves the group on
//! purpose (`setsid`) escapes. Elsewhere the child is killed when it is dropped, and that is all.

use std::io::{self, Read};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

/// What the shell does before it becomes the child: it leaves the guard.
#[cfg(unix)]
const GUARDED: &str = r#"(read -r _ <&2; kill -s KILL 0) </dev/null >/dev/null & exec "$@""#;

/// A running child; dropping it kills it and its group.
pub(crate) struct Guarded {
    /// Its status, its input and its output; both are piped.
    pub(crate) child: Child,
    killed: bool,
}

/// What a child writes to standard error.
#[cfg(unix)]
pub(crate) type Errors = std::os::unix::net::UnixStream;
/// What a child writes to standard error.
#[cfg(not(unix))]
pub(crate) type Errors = std::process::ChildStderr;

impl Guarded {
    /// Starts what `command` names, with its arguments and its environment. What is returned beside it ends once the child
    /// and its guard have been killed, not before.
    ///
    /// # Errors
    /// The system's, where no shell can be started. A program that cannot be is a shell's exit status (126, 127) on Unix.
    #[cfg(unix)]
    pub(crate) fn spawn(command: &Command) -> io::Result<(Guarded, Errors)> {
        use std::os::fd::OwnedFd;
        use std::os::unix::process::CommandExt;

        // Closed in each program that this process starts, so nobody else holds it.
        let (ours, theirs) = Errors::pair()?;
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", GUARDED, "guard"]).arg(command.get_program()).args(command.get_args());
        copy_environment(command, &mut shell);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(OwnedFd::from(theirs)).process_group(0);
        let child = shell.spawn()?;
        Ok((Guarded { child, killed: false }, ours))
    }

    /// As on Unix, but the child has no guard.
    #[cfg(not(unix))]
    pub(crate) fn spawn(command: &Command) -> io::Result<(Guarded, Errors)> {
        let mut own = Command::new(command.get_program());
        own.args(command.get_args());
        copy_environment(command, &mut own);
        let mut child = own.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let errors = child.stderr.take().expect("standard error is piped");
        Ok((Guarded { child, killed: false }, errors))
    }

    /// Kills the child and its group, if that was not done before.
    pub(crate) fn kill(&mut self) {
        if std::mem::replace(&mut self.killed, true) {
            return;
        }
        // While the guard lives the group does, so its number is nobody else's.
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.kill();
    }
}

fn copy_environment(of: &Command, to: &mut Command) {
    for (name, value) in of.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
}

/// Runs `command` to its end, without input, and returns all it wrote.
///
/// # Errors
/// As [`Guarded::spawn`].
pub(crate) fn output(command: &Command) -> io::Result<Output> {
    let (mut guarded, mut errors) = Guarded::spawn(command)?;
    drop(guarded.child.stdin.take());
    let mut output = Output { status: Default::default(), stdout: Vec::new(), stderr: Vec::new() };
    let listener = thread::Builder::new().spawn(move || {
        let mut text = Vec::new();
        let _ = errors.read_to_end(&mut text);
        text
    })?;
    if let Some(mut pipe) = guarded.child.stdout.take() {
        pipe.read_to_end(&mut output.stdout)?;
    }
    output.status = guarded.child.wait()?;
    guarded.kill();
    output.stderr = listener.join().unwrap_or_default();
    Ok(output)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("GIVEN", "a b").env_remove("HOME");
        command
    }

    #[test]
    fn a_guarded_command_is_run_as_it_is() {
        let ran = output(&sh(r#"echo "$GIVEN$HOME"; echo no >&2; exit 3"#)).unwrap();
        assert_eq!((ran.status.code(), &ran.stdout[..], &ran.stderr[..]), (Some(3), &b"a b\n"[..], &b"no\n"[..]));
        let missing = output(&Command::new("/no/such/program")).unwrap();
        assert_eq!(missing.status.code(), Some(127));
    }

    #[test]
    fn what_a_child_leaves_behind_is_killed_with_it() {
        let (mut guarded, _errors) = Guarded::spawn(&sh("sleep 1000 & echo $!; exec sleep 1000")).unwrap();
        let mut pid = [0; 16];
        let mut pipe = guarded.child.stdout.take().unwrap();
        let read = pipe.read(&mut pid).unwrap();
        let pid: i32 = std::str::from_utf8(&pid[..read]).unwrap().trim().parse().unwrap();
        let left = rustix::process::Pid::from_raw(pid).unwrap();
        assert!(rustix::process::test_kill_process(left).is_ok());
        guarded.kill();
        // Its end of the pipe is closed when it has gone: it was the last to hold it.
        assert_eq!(pipe.read(&mut [0; 16]).unwrap(), 0);
    }
}
