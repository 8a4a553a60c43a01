#!/usr/bin/env bash
# ReFrame's ssh scheduler brings a job's files home only if the job's script ends with status 0.
#
# A good guess: files that a job wrote are there afterwards, above all if it failed and one wants to know why; ReFrame's own
# `keep_files` and stage folders say so, and with its local scheduler it is so. Seen: with the ssh scheduler the stage
# folder on the remote host is copied back when the script has succeeded. After another status it stays there, in a temporary folder
# that nothing names, and the local stage folder has only the job's script and what it printed. A suite whose status says
# "something was wrong", with results that are worth keeping, therefore ends its script with `true` and lets the sanity check read
# what was printed: fleet/reframe_miscount.py does.
#
# Seen with reframe-hpc 4.10.4 (PyPI) and OpenSSH 9.2 on loopback. Needs python3 with venv, ssh, sshd and ssh-keygen; no root.
set -euo pipefail

version=4.10.4
for tool in python3 ssh ssh-keygen; do
    command -v "$tool" >/dev/null || { echo "needs $tool" >&2; exit 2; }
done
sshd="$(PATH="$PATH:/usr/sbin:/sbin" command -v sshd)" || { echo "needs sshd" >&2; exit 2; }

folder="$(mktemp -d)"
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "reframe-hpc==$version"

ssh-keygen -q -t ed25519 -N "" -f "$folder/host"
ssh-keygen -q -t ed25519 -N "" -f "$folder/key"
if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd; fi
"$sshd" -D -e -f /dev/null -p 16823 -h "$folder/host" -o ListenAddress=127.0.0.1 -o StrictModes=no -o PidFile=none -o "Subsystem=sftp internal-sftp" \
    -o AuthorizedKeysFile="$folder/key.pub" 2>"$folder/sshd.log" &
server=$!
options=(-o Port=16823 -i "$folder/key" -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR)
for _ in $(seq 100); do
    if ssh -o BatchMode=yes "${options[@]}" 127.0.0.1 true 2>/dev/null; then break; fi
    sleep 0.1
done

cat >"$folder/settings.py" <<SETTINGS
options = ["-o Port=16823", "-i $folder/key", "-o UserKnownHostsFile=/dev/null", "-o StrictHostKeyChecking=no", "-o LogLevel=ERROR"]
site_configuration = {
    "systems": [{"name": "here", "hostnames": [".*"], "partitions": [
        {"name": "local", "scheduler": "local", "launcher": "local", "environs": ["none"]},
        {"name": "ssh", "scheduler": "ssh", "launcher": "local", "environs": ["none"], "access": options,
         "sched_options": {"ssh_hosts": ["127.0.0.1"]}},
    ]}],
    "environments": [{"name": "none"}],
}
SETTINGS
cat >"$folder/check.py" <<'CHECK'
import reframe as rfm
import reframe.utility.sanity as sn
from reframe.core.builtins import parameter, run_before, sanity_function


@rfm.simple_test
class Writes(rfm.RunOnlyRegressionTest):
    status = parameter([0, 1])
    valid_systems = ["*"]
    valid_prog_environs = ["*"]
    sourcesdir = None
    executable = "echo measured > result.txt;"

    @run_before("run")
    def end(self):
        self.postrun_cmds = [f"exit {self.status}"]

    @sanity_function
    def nothing_is_checked(self):
        return sn.assert_true(True)
CHECK

# How many stage folders have the file that each job wrote: of the job that ends with 0, of the one that ends with 1.
brought() {
    local partition="$1" status found
    for status in 0 1; do
        rm -rf "$folder/$partition"
        "$folder/venv/bin/reframe" -C "$folder/settings.py" --system="here:$partition" --prefix "$folder/$partition" --keep-stage-files \
            -c "$folder/check.py" -n "Writes.*%status=$status" -r >"$folder/log" 2>&1 || true
        found="$(find "$folder/$partition" -name result.txt | wc -l)"
        echo "$partition, status $status: $found"
    done
}

seen="$(brought local; brought ssh)"
echo "$seen"
expected="local, status 0: 1
local, status 1: 1
ssh, status 0: 1
ssh, status 1: 0"
if [ "$seen" != "$expected" ]; then
    echo "CHANGED: expected" >&2
    echo "$expected" >&2
    exit 1
fi
echo "as seen with reframe-hpc $version: files of a failed job stay on the remote host"
